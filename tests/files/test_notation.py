from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.files.notation import VALUES, bars, on_paper, pieces, voice
from daiw.music.groove import GROOVES, Groove
from daiw.music.score import Note, Part, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap
from daiw.planning.feel import Feel, perform

METERS = st.sampled_from(
    [Meter.parse(text) for text in ("4/4", "3/4", "2/4", "6/8", "12/8", "9/8", "5/4", "7/8", "3/8", "2/2", "5/16", "1/64")]
)


def measures(text, count=4):
    meter = Meter.parse(text)
    return bars(Timeline(TempoMap(), ((0, meter),), end=count * meter.bar_ticks), count * meter.bar_ticks)


def written(notes, text="4/4", groove=None, *, drums=False, bpm=100.0):
    """(start in the bar, value, dots, triplet, number of notes, first, last) of the first measure's pieces."""
    grid = measures(text, 2)
    events = voice(on_paper(Track("x", "x", notes, drums=drums), grid, groove or Groove(), bpm), grid, drums=drums)
    return [
        (piece.start, piece.kind + "." * piece.dots, piece.triplet, len(piece.notes), piece.first, piece.last)
        for piece in pieces([event for event in events if event.start < grid[0].end], grid[0])
    ]


def test_a_plain_bar():
    notes = (Note(10, 470, 60, 80), Note(470, 500, 62, 80), Note(962, 700, 64, 80), Note(962, 700, 67, 80))
    assert written(notes) == [
        (0, "quarter", False, 1, True, True), (480, "quarter", False, 1, True, True), (960, "half", False, 2, True, True),
    ]  # fmt: skip


def test_a_syncopation_across_the_middle_is_tied_there():
    notes = (Note(0, 720, 60, 80), Note(720, 1200, 62, 80))
    assert written(notes) == [
        (0, "quarter.", False, 1, True, True), (720, "eighth", False, 1, True, False), (960, "half", False, 1, False, True),
    ]  # fmt: skip


def test_triplets_stay_within_their_beat():
    notes = tuple(Note(start, 150, 60, 80) for start in (0, 165, 318, 480, 640, 800))
    found = written(notes, "2/4")
    assert [(kind, triplet) for _, kind, triplet, *_ in found] == [("eighth", True)] * 6
    grid = measures("2/4", 1)
    spelled = pieces(voice(on_paper(Track("x", "x", notes), grid, Groove(), 100.0), grid), grid[0])
    assert [(piece.opens, piece.closes) for piece in spelled] == [(True, False), (False, False), (False, True)] * 2


def test_a_compound_bar_shows_its_beats():
    notes = (Note(0, 960, 60, 80), Note(960, 480, 62, 80))
    assert written(notes, "6/8") == [
        (0, "quarter.", False, 1, True, False), (720, "eighth", False, 1, False, True), (960, "quarter", False, 1, True, True),
    ]  # fmt: skip
    assert written((Note(0, 1440, 60, 80),), "6/8")[0][1] == "half."


def test_short_notes_are_followed_by_rests_and_almost_full_ones_are_not():
    assert [(kind, notes) for _, kind, _, notes, *_ in written((Note(0, 100, 60, 80), Note(960, 900, 60, 80)))] == [
        ("eighth", 1), ("eighth", 0), ("quarter", 0), ("half", 1),
    ]  # fmt: skip
    assert written((Note(0, 350, 60, 80), Note(480, 1400, 60, 80)))[0][1] == "quarter"


def test_strokes_of_one_pitch_stay_apart():
    roll = tuple(Note(start, 40, 42, 80) for start in (0, 60, 120, 240, 360))
    assert len(on_paper(Track("x", "x", roll, drums=True), measures("4/4"), Groove(), 100.0)) == 5
    double = Note(0, 100, 60, 50), Note(3, 100, 60, 100), Note(5, 100, 60, 70)
    assert [note.velocity for note in on_paper(Track("x", "x", double), measures("4/4"), Groove(), 100.0)] == [100]


def test_the_last_note_stays_within_the_song():
    notes = Note(0, 1900, 60, 80), Note(1915, 5, 62, 80)
    assert [note.start for note in on_paper(Track("x", "x", notes), measures("4/4", 1), Groove(), 100.0)] == [0, 1860]


def test_a_triplet_in_a_shuffle_is_a_triplet():
    notes = tuple(Note(start, 150, 60, 80) for start in (3, 158, 318))
    assert [note.start for note in on_paper(Track("x", "x", notes), measures("4/4"), GROOVES["swing"], 140.0)] == [0, 160, 320]


def test_swung_eighths_are_written_straight():
    swung = tuple(Note(beat * 480 + late, 150, 60, 80) for beat in range(4) for late in (4, 320))
    assert [kind for _, kind, *_ in written(swung, groove=GROOVES["swing"], bpm=140.0)] == ["eighth"] * 8
    assert {triplet for _, _, triplet, *_ in written(swung)} == {True}


@pytest.mark.parametrize("name", sorted(GROOVES))
@pytest.mark.parametrize("bpm", [70.0, 128.0])
def test_what_our_players_play_comes_back_as_it_was_written(name, bpm):
    """Every groove, with the constants, the swing and the wandering of its players; where eighths shuffle, no sixteenths."""
    meter, tempos = Meter(4, 4), TempoMap((Tempo(0, bpm),))
    shuffled = GROOVES[name].swing_steps == 8 and GROOVES[name].swing_percent >= 60
    bar = (0, 240, 480, 720, 960, 1200, 1680) if shuffled else (0, 240, 480, 600, 720, 960, 1200, 1440, 1560, 1680, 1800)
    for role, pitch in (("melody", 72), ("bass", 40), ("drums", 42)):
        part = Part(role, tuple(Note(number * 1920 + start, 110, pitch, 80) for number in range(8) for start in bar))
        played = perform(part, Feel(GROOVES[name], tempos, meter, 5.0, 0.5, 7), 0.0, 8 * 1920)
        track = Track(role, "x", tuple(Note(a, max(1, b - a), pitch, 80) for a, b in played), drums=role == "drums")
        grid = bars(Timeline(tempos, ((0, meter),), end=8 * 1920), 8 * 1920)
        found = [note.start for note in on_paper(track, grid, GROOVES[name], bpm)]
        assert found == [note.start for note in part.notes]


NOTES = st.lists(
    st.builds(Note, st.integers(0, 9000), st.integers(1, 4000), st.integers(30, 90), st.integers(1, 127)), min_size=1, max_size=40
)


@settings(deadline=None)
@given(NOTES, METERS, METERS, st.integers(1, 9000), st.booleans(), st.sampled_from(sorted(GROOVES)))
def test_anything_fills_its_measures_exactly(notes, meter, other, change, drums, groove):
    end = max(note.end for note in notes)
    grid = bars(Timeline(TempoMap(), ((0, meter), (change, other)), end=end), end)
    assert grid[0].start == 0
    assert all(a.end == b.start for a, b in pairwise(grid))
    assert grid[-1].end >= end
    track = Track("x", "x", tuple(sorted(notes)), drums=drums)
    on_grid = on_paper(track, grid, GROOVES[groove], 100.0)
    assert len(on_grid) <= len(notes)
    events = voice(on_grid, grid, drums=drums)
    assert sum(len(event.notes) for event in events) == len(on_grid)
    seen = {}
    for bar in grid:
        here = pieces([event for event in events if event.start < bar.end and event.end > bar.start], bar)
        assert here[0].start == bar.start
        assert all(a.start + a.ticks == b.start for a, b in pairwise(here))
        assert here[-1].start + here[-1].ticks == bar.end
        for piece in here:
            assert VALUES[piece.ticks * 3 // 2 if piece.triplet else piece.ticks] == (piece.kind, piece.dots)
            for note in piece.notes:
                seen.setdefault((note.start, note.pitch), []).append(piece)
    assert len(seen) == len(on_grid)
    for tied in seen.values():
        assert [piece.first for piece in tied] == [True] + [False] * (len(tied) - 1)
        assert [piece.last for piece in tied] == [False] * (len(tied) - 1) + [True]
