"""The voice changes, by hand or by a remake: who sings along has its words and notes, and nobody else moves."""

from dataclasses import replace

import pytest

from daiw.composer.reference import VOICES
from daiw.editing.following import changed_bars, followed, runs
from daiw.editing.rewrite import rewritten, with_part
from daiw.editing.trained import part_writers
from daiw.errors import PromptError
from daiw.files.lyrics import parse_lyrics
from daiw.files.preset import find_preset
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.lyrics import COMPANIONS, HELD
from daiw.music.score import Part
from daiw.music.take import Lock, Take
from daiw.pipeline import arrange, compose, plan

WORDS = "[Verse]\nThe window is open tonight\nAnd the kitchen smells of rain\n[Chorus]\nLeave a light on for me\nLeave a light on\n"


def sung(composer="reference", preset="pop"):
    wishes = Wishes(bars=16, sung=True, company=("harmonies", "doubles", "whispers", "ad-libs"))
    intent = Intent("a letter", Emotion(0.3, 0.4), wishes, seed=3, lyrics=parse_lyrics(WORDS))
    style = find_preset(preset)
    outline = plan(intent, style, composer=composer)
    score = compose(outline, style, composer=composer)
    return Take(
        intent=intent, preset=style, plan=outline, score=score, arrangement=arrange(score, outline, style), composer=composer
    )  # fmt: skip


@pytest.fixture(scope="module")
def take():
    return sung()


@pytest.fixture(scope="module")
def neural():
    return sung("neural")


def edited(take, index, **change):
    """The take whose voice has one note changed."""
    part = take.score.part("vocal")
    notes = [replace(note, **change) if i == index else note for i, note in enumerate(part.notes)]
    return replace(take, score=with_part(take.score, Part("vocal", tuple(notes))))


def spot(take, lyric, section):
    ticks = take.plan.meter.bar_ticks
    return next(
        i
        for i, n in enumerate(take.score.part("vocal").notes)
        if n.lyric == lyric and take.plan.section_at(n.start // ticks).name == section
    )


def words(part, bar, ticks):
    return [note.lyric for note in part.notes if note.start // ticks == bar]


def test_a_new_word_is_sung_by_everybody_who_sings_it(take):
    at, ticks = spot(take, "light", "chorus"), take.plan.meter.bar_ticks
    new = edited(take, at, lyric="lamp", phonemes=("L", "AE1", "M", "P"))
    bar = new.score.part("vocal").notes[at].start // ticks
    bars = changed_bars(take.score.part("vocal"), new.score.part("vocal"), ticks)
    assert bars == {bar}
    score, told = followed(new, bars)
    roles = {each.role for each in told if each.bars}
    assert roles >= {"double left", "double right", "whisper"}
    for role in ("double left", "double right", "whisper"):
        assert words(score.part(role), bar, ticks) == words(new.score.part("vocal"), bar, ticks)
        assert "lamp" in words(score.part(role), bar, ticks)
    assert "lamp" in words(score.part("backing"), bar, ticks)
    for part in take.score.parts:
        other = score.part(part.role)
        if part.role in COMPANIONS:
            near = range(bar, bar + 3) if part.role == "ad-libs" else (bar,)
            assert [n for n in part.notes if n.start // ticks not in near] == [n for n in other.notes if n.start // ticks not in near]
        elif part.role != "vocal":
            assert part == other


def test_a_moved_note_moves_the_takes_and_the_harmony(take):
    at, ticks = spot(take, "light", "chorus"), take.plan.meter.bar_ticks
    note = take.score.part("vocal").notes[at]
    new = edited(take, at, pitch=note.pitch - 3)
    score, _ = followed(new, {note.start // ticks})
    for role in ("double left", "double right"):
        assert next(n.pitch for n in score.part(role).notes if n.start == note.start) == note.pitch - 3
    harmony = next((n.pitch for n in score.part("backing").notes if n.start == note.start), None)
    assert harmony is None or 3 <= abs(harmony - (note.pitch - 3)) <= 9


def test_the_last_word_is_answered_as_it_now_is(take):
    part, ticks = take.score.part("ad-libs"), take.plan.meter.bar_ticks
    assert part.notes
    answered = part.notes[0]
    lead = take.score.part("vocal").notes
    at = max(i for i, n in enumerate(lead) if n.start < answered.start and n.lyric != HELD)
    new = edited(take, at, lyric="yeah", phonemes=("Y", "AE1"))
    score, told = followed(new, {lead[at].start // ticks})
    assert "ad-libs" in {each.role for each in told if each.bars}
    assert next(n for n in score.part("ad-libs").notes if n.start >= lead[at].start).lyric == "yeah"


def test_what_is_locked_keeps_its_word_and_that_is_said(take):
    at, ticks = spot(take, "light", "chorus"), take.plan.meter.bar_ticks
    new = edited(take, at, lyric="lamp", phonemes=("L", "AE1", "M", "P"))
    bar = new.score.part("vocal").notes[at].start // ticks
    score, told = followed(replace(new, locks=(Lock("double left", (bar, bar + 1)), Lock("whisper"))), {bar})
    assert score.part("double left") == take.score.part("double left")
    assert score.part("whisper") == take.score.part("whisper")
    assert "lamp" in words(score.part("double right"), bar, ticks)
    by_role = {each.role: each for each in told}
    assert (by_role["double left"].bars, by_role["double left"].locked) == ((), ((bar, bar + 1),))
    assert "locked" in str(by_role["whisper"])


def test_nobody_follows_where_nothing_changed(take):
    bars = range(take.plan.bars)
    score, told = followed(take, bars)
    assert score == take.score
    assert told == ()
    assert runs([]) == ()


def test_an_instrument_that_doubles_the_voice_follows_it(take):
    sections = tuple(replace(s, roles=("melody", *s.roles)) if "vocal" in s.roles else s for s in take.plan.sections)
    doubling = replace(take, plan=replace(take.plan, lead="double", sections=sections))
    others = tuple(part for part in take.score.parts if part.role != "melody")
    melody = VOICES["melody"](doubling.plan, doubling.preset.compose, others)
    doubling = replace(doubling, score=replace(take.score, parts=(*others, melody)))
    at, ticks = spot(take, "light", "chorus"), take.plan.meter.bar_ticks
    note = take.score.part("vocal").notes[at]
    score, _ = followed(edited(doubling, at, pitch=note.pitch - 3), {note.start // ticks})
    assert next(n.pitch for n in score.part("melody").notes if n.start == note.start) == note.pitch - 3


@pytest.mark.parametrize("which", ["take", "neural"])
def test_a_remade_voice_keeps_its_words_and_is_followed(which, request):
    old = request.getfixturevalue(which)
    plan, ticks = old.plan, old.plan.meter.bar_ticks
    section = next(section for section in plan.sections if section.name == "chorus")
    span = (section.start_bar, section.start_bar + section.bars)
    writers, asked = part_writers(old), []
    assert ("vocal" in writers) == (which == "neural")

    def watched(*wanted):
        asked.append(wanted[2])
        return writers["vocal"](*wanted)

    score = rewritten(old, ("vocal",), (span,), 7, writers | {"vocal": watched} if "vocal" in writers else writers)
    assert bool(asked) == (which == "neural")
    before, after = old.score.part("vocal").notes, score.part("vocal").notes
    assert [(n.start, n.duration, n.lyric, n.phonemes) for n in before] == [(n.start, n.duration, n.lyric, n.phonemes) for n in after]
    moved = [a.start for a, b in zip(before, after, strict=True) if a.pitch != b.pitch]
    assert len(moved) >= 0.3 * sum(span[0] <= n.start // ticks < span[1] for n in before)
    assert {span[0] <= tick // ticks < span[1] for tick in moved} == {True}
    assert plan.voice is not None
    assert all(plan.voice.low <= n.pitch <= plan.voice.high for n in after)
    sung_there = {n.start: n.pitch for n in after}
    for role in ("double left", "double right"):
        assert all(sung_there[n.start] == n.pitch for n in score.part(role).notes)
    assert score == rewritten(old, ("vocal",), (span,), 7, writers)
    assert score != rewritten(old, ("vocal",), (span,), 8, writers)


@pytest.mark.parametrize("which", ["take", "neural"])
def test_a_remade_instrument_stays_out_of_the_voices_way(which, request):
    old = request.getfixturevalue(which)
    sections = tuple(replace(s, roles=("melody", *s.roles)) if "vocal" in s.roles else s for s in old.plan.sections)
    answering = replace(old, plan=replace(old.plan, lead="answer", sections=sections))
    others = tuple(part for part in old.score.parts if part.role != "melody")
    melody = VOICES["melody"](answering.plan, answering.preset.compose, others)
    answering = replace(answering, score=replace(old.score, parts=(*others, melody)))
    section = next(section for section in old.plan.sections if section.name == "chorus")
    span = (section.start_bar, section.start_bar + section.bars)
    score = rewritten(answering, ("melody",), (span,), 5, part_writers(answering))
    lead, ticks = score.part("vocal").notes, old.plan.meter.bar_ticks
    new = [n for n in score.part("melody").notes if span[0] <= n.start // ticks < span[1]]
    assert new != [n for n in melody.notes if span[0] <= n.start // ticks < span[1]]
    assert new
    assert not any(a.start < b.end and b.start < a.end for a in new for b in lead)
    assert score.part("vocal") == old.score.part("vocal")


def test_an_instrument_that_doubles_the_voice_has_no_way_of_its_own(take):
    sections = tuple(replace(s, roles=("melody", *s.roles)) if "vocal" in s.roles else s for s in take.plan.sections)
    doubling = replace(take, plan=replace(take.plan, lead="double", sections=sections))
    others = tuple(part for part in take.score.parts if part.role != "melody")
    melody = VOICES["melody"](doubling.plan, doubling.preset.compose, others)
    doubling = replace(doubling, score=replace(take.score, parts=(*others, melody)))
    section = next(section for section in take.plan.sections if section.name == "chorus")
    with pytest.raises(PromptError, match="no second way"):
        rewritten(doubling, ("melody",), ((section.start_bar, section.start_bar + section.bars),), 5)


def test_an_answer_may_come_a_bar_later(take):
    """The voice's last note held to the barline: its echo is in the next bar."""
    lead, ticks = take.score.part("vocal").notes, take.plan.meter.bar_ticks
    answered = take.score.part("ad-libs").notes[0]
    at = max(i for i, n in enumerate(lead) if n.start < answered.start and n.lyric != HELD)
    bar = lead[at].start // ticks
    late = [n for n in lead if n.start // ticks > bar]
    held = replace(lead[at], duration=(bar + 1) * ticks - lead[at].start, lyric="yeah", phonemes=("Y", "AE1"))
    room = [n for n in late if n.start >= (bar + 2) * ticks]
    new = with_part(take.score, Part("vocal", (*lead[:at], held, *room)))
    score, _ = followed(replace(take, score=new), {bar})
    assert "yeah" in words(score.part("ad-libs"), bar + 1, ticks)
