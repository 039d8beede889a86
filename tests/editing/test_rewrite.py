"""Edit, don't reroll: outside the bars that are written anew every note is the note it was, on paper and as played."""

from dataclasses import replace
from itertools import pairwise

import pytest

from daiw.editing.rewrite import rewritten
from daiw.editing.sounding import performed
from daiw.editing.trained import part_writers
from daiw.errors import PromptError
from daiw.measure.melody import stray_notes
from daiw.music.cells import ONE_VOICE, bar_span, inside
from daiw.music.take import Lock

ROLES = ("melody", "chords", "bass", "drums", "pad", "counter")
BARS = (16, 20)


@pytest.fixture(scope="module")
def edited(take):
    return {role: replace(take, score=rewritten(take, (role,), (BARS,), 1, part_writers(take))) for role in ROLES}


def notes(take, role, *, of_bars: bool):
    span = bar_span(BARS, take.plan.meter.bar_ticks)
    return [note for note in take.score.part(role).notes if (span[0] <= note.start < span[1]) == of_bars]


@pytest.mark.parametrize("role", ROLES)
def test_only_those_bars_of_that_part_are_new(take, edited, role):
    assert set(ROLES) == {part.role for part in take.score.parts}
    assert notes(edited[role], role, of_bars=False) == notes(take, role, of_bars=False)
    assert notes(edited[role], role, of_bars=True) != notes(take, role, of_bars=True)
    assert notes(edited[role], role, of_bars=True)
    for other in set(ROLES) - {role}:
        assert edited[role].score.part(other) == take.score.part(other)


@pytest.mark.parametrize("role", ROLES)
def test_nothing_else_is_played_differently(take, edited, role):
    """Every performed note whose score note stays is the same note; other tracks are equal, controls and all."""
    new = performed(take, edited[role])
    span = bar_span(BARS, take.plan.meter.bar_ticks)
    for old, track in zip(take.arrangement.tracks, new.arrangement.tracks, strict=True):
        if track.role != role:
            assert track == old
            continue
        assert (track.instrument, track.program) == (old.instrument, old.program)
        score, before = new.score.part(role).notes, take.score.part(role).notes
        kept = [note for note, i in zip(old.notes, old.sources, strict=True) if not span[0] <= before[i].start < span[1]]
        left = [note for note, i in zip(track.notes, track.sources, strict=True) if not span[0] <= score[i].start < span[1]]
        assert left == kept
        assert track.notes != old.notes
        ends: dict[int, int] = {}
        for note in track.notes:
            assert note.start >= ends.get(note.pitch, 0)
            ends[note.pitch] = note.end


@pytest.mark.parametrize("role", sorted(ONE_VOICE & set(ROLES)))
def test_one_voice_stays_one_voice(edited, role):
    part = edited[role].score.part(role).notes
    assert all(a.end <= b.start for a, b in pairwise(part))


def test_the_new_melody_keeps_to_the_chords(edited):
    new = edited["melody"]
    span = bar_span(BARS, new.plan.meter.bar_ticks)
    assert len(stray_notes(inside(new.score.part("melody").notes, span), new.plan)) <= 1


@pytest.mark.parametrize("role", ROLES)
def test_the_seed_decides(take, edited, role):
    again = rewritten(take, (role,), (BARS,), 1, part_writers(take))
    assert again == edited[role].score
    others = [rewritten(take, (role,), (BARS,), seed, part_writers(take)).part(role) for seed in (2, 3, 4)]
    assert any(other != again.part(role) for other in others)


def test_the_reference_writes_melodies_too(take):
    score = rewritten(take, ("melody",), (BARS,), 1)
    new = replace(take, score=score)
    assert notes(new, "melody", of_bars=False) == notes(take, "melody", of_bars=False)
    assert notes(new, "melody", of_bars=True) != notes(take, "melody", of_bars=True)
    joints = [n for n in score.part("melody").notes if abs(n.start - BARS[0] * 1920) < 1920]
    assert all(abs(a.pitch - b.pitch) <= 12 for a, b in pairwise(joints))


def test_locked_bars_stay(take):
    held = replace(take, locks=(Lock("bass", (17, 19)), Lock("drums")))
    score = rewritten(held, ("bass", "drums", "pad"), (BARS,), 1)
    ticks = take.plan.meter.bar_ticks
    locked = bar_span((17, 19), ticks)
    assert inside(score.part("bass").notes, locked) == inside(take.score.part("bass").notes, locked)
    assert score.part("bass") != take.score.part("bass")
    assert score.part("drums") == take.score.part("drums")
    with pytest.raises(PromptError, match=r"drums in bars 17-20 is locked; see daiw unlock"):
        rewritten(held, ("drums",), (BARS,), 1)


def test_returns_return_what_was_written(long_take):
    """All choruses are written anew, and where they were the same music they are the same again."""
    plan = long_take.plan
    letter = next(s.letter for s in plan.sections if sum(o.letter == s.letter for o in plan.sections) > 1 and "chords" in s.roles)
    spans = [(s.start_bar, s.start_bar + s.bars) for s in plan.sections if s.letter == letter]

    def content(score, role, span):
        first = span[0] * plan.meter.bar_ticks
        return [(n.start - first, n.duration, n.pitch) for n in inside(score.part(role).notes, bar_span(span, plan.meter.bar_ticks))]

    alike = [
        role
        for role in ("chords", "bass", "melody")
        if content(long_take.score, role, spans[0]) == content(long_take.score, role, spans[1])
    ]
    assert alike
    score = rewritten(long_take, alike, spans, 2)
    for role in alike:
        assert content(score, role, spans[0]) != content(long_take.score, role, spans[0])
        assert content(score, role, spans[0]) == content(score, role, spans[1])


def test_a_resting_part_is_said_to_rest(take):
    quiet = next((s.start_bar, s.start_bar + s.bars) for s in take.plan.sections if "melody" not in s.roles)
    with pytest.raises(PromptError, match="the part rests there"):
        rewritten(take, ("melody",), (quiet,), 1)
