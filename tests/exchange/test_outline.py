"""Tempo, key, sections, chords and length come back; what a file does not say stays."""

from dataclasses import replace

import pytest

from daiw.exchange.outline import reconcile_plan
from daiw.files.foreign import Foreign
from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.roman import numeral_of
from daiw.music.score import Arrangement, Note, Track
from daiw.music.time import Meter, Tempo, TempoMap

BAR = 1920
ALL = frozenset(("tempo", "meter", "key", "markers", "harmony"))


@pytest.fixture
def plan(arrangement):
    sections = tuple(
        Section(name, letter, 4 * i, 4, energy, Emotion(0, 0), 0.5, ("melody", "chords"))
        for i, (name, letter, energy) in enumerate((("verse", "A", 0.4), ("chorus", "B", 0.8)))
    )
    harmony = tuple(ChordSpan(bar * BAR, BAR, Chord.parse(name), name) for bar, name in enumerate(("Dm", "G") * 4))
    cues = Cues(96, 0, 70, 0.5, 0.2, 80, 0.9, 0, 0, 1, 0.5)
    return Plan("x", Key.parse("D dorian"), Meter(4, 4), arrangement.timeline, "", sections, harmony, ("melody",), cues, 0)


def outline(plan, kind="midi", *, said=ALL, harmony=None, notes=(), **timeline):
    symbols = tuple((span.start, span.chord) for span in plan.harmony) if harmony is None else harmony
    arrangement = Arrangement((Track("melody", "x", notes),), replace(plan.timeline, **timeline))
    return reconcile_plan(plan, plan.timeline, Foreign(kind, "x", arrangement, said, (), symbols))


def test_the_same_outline_changes_nothing(plan):
    result = outline(plan)
    assert result.plan is plan
    assert result.changes == result.remarks == ()
    strange = {"tempos": TempoMap(), "keys": (), "markers": (), "meters": ((0, Meter(3, 4)),)}
    assert outline(plan, said=frozenset(), **strange).plan is plan


def test_tempos_are_taken_over(plan):
    tempos = TempoMap((Tempo(0, 100.0), Tempo(BAR, 80.0)))
    result = outline(plan, tempos=tempos)
    assert result.plan.timeline.tempos == tempos
    assert result.changes == ("tempo 92 -> 100 bpm",)
    rounded = TempoMap(tuple(Tempo(change.tick + (change.tick > 0), change.bpm + 0.02) for change in plan.timeline.tempos.changes))
    assert outline(plan, tempos=rounded).plan is plan


def test_one_tempo_moves_the_whole_map(plan):
    kept = outline(plan, tempos=TempoMap((Tempo(0, 92.0),)))
    assert kept.plan is plan
    assert "thinned out" in kept.remarks[0]
    rounded = TempoMap((Tempo(0, 92.0), Tempo(6 * BAR, 88.0)))
    assert outline(plan, tempos=rounded).plan is plan
    assert outline(plan, "dawproject", tempos=rounded).plan.timeline.tempos == rounded
    assert outline(plan, "dawproject", tempos=TempoMap((Tempo(0, 92.0),))).remarks == ()
    faster = outline(plan, tempos=TempoMap((Tempo(0, 184.0),))).plan.timeline.tempos
    assert [(change.tick, change.bpm) for change in faster.changes] == [(0, 184.0), (6 * BAR, 177.0)]


def test_keys_are_compared_by_what_survives(plan):
    assert outline(plan, keys=((0, Key.parse("A minor")),)).plan is plan  # a signature has no modes
    assert outline(plan, "musicxml", keys=((0, Key.parse("C major")),)).plan is plan  # MuseScore leaves the mode out
    result = outline(plan, keys=((0, Key.parse("E minor")),))
    assert result.plan.key == Key.parse("E minor")
    assert result.plan.harmony[0].numeral == numeral_of(plan.harmony[0].chord, Key.parse("E minor"))
    assert [span.chord for span in result.plan.harmony] == [span.chord for span in plan.harmony]


def test_sections_follow_their_markers(plan):
    result = outline(plan, markers=((0, "verse"), (2 * BAR + 30, "lift"), (4 * BAR, "chorus")))
    assert [(section.name, section.start_bar, section.bars) for section in result.plan.sections] == [
        ("verse", 0, 2), ("lift", 2, 2), ("chorus", 4, 4),
    ]  # fmt: skip
    assert [section.energy for section in result.plan.sections] == [0.4, 0.4, 0.8]
    assert result.plan.timeline.markers == ((0, "verse"), (2 * BAR, "lift"), (4 * BAR, "chorus"))
    assert sum(section.bars for section in result.plan.sections) == plan.bars
    assert result.changes == ("sections verse:4 chorus:4 -> verse:2 lift:2 chorus:4",)


def test_chord_symbols_become_the_harmony(plan):
    symbols = ((BAR, Chord.parse("Am7")), (3 * BAR, Chord.parse("G")))
    result = outline(plan, "musicxml", harmony=symbols)
    assert [(span.start, span.duration, str(span.chord)) for span in result.plan.harmony] == [
        (0, BAR, "Dm"), (BAR, 2 * BAR, "Am7"), (3 * BAR, 5 * BAR, "G"),
    ]  # fmt: skip
    assert result.changes == ("1 chord symbols",)


def test_notes_behind_the_end_lengthen_the_song(plan):
    result = outline(plan, notes=(Note(9 * BAR, 480, 60, 80),))
    assert result.plan.bars == 10
    assert result.plan.timeline.end == 10 * BAR
    assert result.plan.harmony[-1].start + result.plan.harmony[-1].duration == 10 * BAR


def test_a_new_meter_is_told_and_left(plan):
    result = outline(plan, meters=((0, Meter(3, 4)),))
    assert result.plan is plan
    assert "3/4" in result.remarks[0]
