"""Bars of chords, bass and drums written anew by the networks in a song that they composed."""

from dataclasses import replace

import pytest

from daiw.editing.rewrite import rewritten
from daiw.editing.trained import BAND, part_writers
from daiw.editing.vary import varied
from daiw.music.cells import bar_span, changed_notes, inside
from daiw.nets.band_sheet import VOICE_OF_PITCH

BARS = (6, 8)


@pytest.fixture(scope="module")
def neural(pop_take):
    return replace(pop_take, composer="neural")


def split(score, role, plan):
    notes, span = score.part(role).notes, bar_span(BARS, plan.meter.bar_ticks)
    return inside(notes, span), [note for note in notes if not span[0] <= note.start < span[1]]


@pytest.mark.parametrize("role", BAND)
def test_the_network_writes_those_bars_and_no_other_note_changes(neural, role):
    plan, writers = neural.plan, part_writers(neural)
    asked = []

    def watched(*wanted):
        asked.append(wanted[2])
        return writers[role](*wanted)

    score = rewritten(neural, (role,), (BARS,), 3, {role: watched})
    new, outside = split(score, role, plan)
    old, before = split(neural.score, role, plan)
    assert asked == [BARS]
    assert outside == before
    assert new
    assert new != old
    assert new != split(rewritten(neural, (role,), (BARS,), 4, writers), role, plan)[0]
    assert score == rewritten(neural, (role,), (BARS,), 3, writers)
    for other in score.parts:
        assert other.role == role or other == neural.score.part(other.role)
    style = neural.preset.compose
    if role == "drums":
        assert any(note.late_ms for note in new)
        assert [note for note in new if note.pitch not in VOICE_OF_PITCH] == [note for note in old if note.pitch not in VOICE_OF_PITCH]
    else:
        own = style.bass if role == "bass" else style.chords
        assert {own.low <= note.pitch <= own.high for note in new} == {True}


def test_the_reference_composers_songs_stay_with_it(take):
    assert set(part_writers(take)) == {"melody"}
    assert set(part_writers(replace(take, composer="neural"))) == {"melody", *BAND}


def test_what_the_drummer_cannot_play_is_left_to_the_reference(neural):
    resting = replace(neural.plan, sections=tuple(replace(section, name="build") for section in neural.plan.sections))
    there = replace(neural, plan=resting)
    assert part_writers(there)["drums"](there, there.score.part("drums"), BARS, 1) is None


def test_a_figure_that_a_style_is_known_by_is_left_to_the_reference(band_take):
    funk = replace(band_take, composer="neural")
    for role in ("chords", "bass"):
        assert part_writers(funk)[role](funk, funk.score.part(role), BARS, 1) is None


def test_varying_asks_the_networks_and_changes_about_as_much_as_asked(neural):
    plan, asked = neural.plan, []
    writers = {
        role: lambda take, part, bars, seed, write=write: asked.append(bars) or write(take, part, bars, seed)
        for role, write in part_writers(neural).items()
    }
    score = varied(neural, 0.4, ("bass", "drums"), ((0, plan.bars),), 2, writers)
    assert asked
    assert {last - first for first, last in asked} <= {1, 2, 3, 4}
    changed = sum(changed_notes(neural.score.part(role).notes, score.part(role).notes) for role in ("bass", "drums"))
    total = sum(len(neural.score.part(role).notes) for role in ("bass", "drums"))
    assert 0.15 <= changed / total <= 0.65
    assert score.part("chords") == neural.score.part("chords")


def test_in_a_mixed_song_the_drummer_writes_drums_and_theory_the_rest(band_take):
    assert set(part_writers(replace(band_take, composer="mixed"))) == {"melody", "drums"}
    assert set(part_writers(replace(band_take, composer="reference"))) == {"melody"}
