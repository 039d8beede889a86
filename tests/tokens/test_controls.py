import numpy as np

from daiw.tokens.controls import CHORD_TONES, COLUMN, DISPLACED, controls, degree, feelings, phrase_cues, phrases
from daiw.tokens.sheet import SECTION_KINDS, Sheet
from daiw.tokens.vocab import chord_class


def sheet(pitches, step=12, quality=0, bpm=100.0, minor=False, sections=()):
    notes = np.array([(i * step, pitch, min(step, 12)) for i, pitch in enumerate(pitches)], np.int32)
    bars = max(1, -(-len(pitches) * step // 48))
    return Sheet("x", "pop909", "4/4", bars, notes, np.array([(0, 0, quality)], np.int32), sections, bpm, minor)


def test_major_fast_and_high_is_felt_as_brighter_and_more_excited_than_minor_slow_and_low():
    bright = feelings(phrase_cues(sheet([72, 76, 79, 84] * 4, 6, 0, 160.0), 0, 2))
    dark = feelings(phrase_cues(sheet([57, 60, 57, 60], 24, 1, 60.0, minor=True), 0, 2))
    assert bright[0] > dark[0] + 0.5
    assert bright[1] > dark[1] + 0.5
    assert all(-1 <= value <= 1 for value in (*bright, *dark))


def test_phrases_are_counted_from_every_section():
    song = sheet([60] * 4 * 11, sections=((0, SECTION_KINDS.index("verse")), (6, SECTION_KINDS.index("chorus"))))
    assert phrases(song) == [(0, 4), (4, 6), (6, 10), (10, 11)]
    rows = controls(song)
    assert rows[:, COLUMN["since"]].tolist() == [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5]
    assert rows[:, COLUMN["left"]].tolist() == [6, 5, 4, 3, 2, 1, 5, 4, 3, 2, 1]


def test_denser_and_higher_phrases_fall_into_higher_bins():
    sparse, dense = controls(sheet([60] * 4, 24)), controls(sheet([84] * 16, 6))
    for name in ("density", "register"):
        assert dense[0, COLUMN[name]] > sparse[0, COLUMN[name]] > 0


def test_a_silent_phrase_has_no_register():
    rows = controls(Sheet("x", "pop909", "4/4", 4, np.zeros((0, 3), np.int32)))
    assert rows[0, COLUMN["density"]] == 1
    assert rows[0, COLUMN["register"]] == 0


def test_degrees_span_the_circle():
    assert [degree(value) for value in (-1.0, 0.0, 1.0)] == [1, 5, 9]


def test_a_degree_is_displaced_by_the_chord_that_has_it_in_another_form():
    def displaced(root, quality=""):
        return set(np.flatnonzero(DISPLACED[chord_class(quality), root]).tolist())

    assert displaced(2) == displaced(2, "7") == {5}  # D: F sharp for F
    assert displaced(4) == {7}  # E: G sharp for G
    assert displaced(9) == {0}  # A: C sharp for C
    assert displaced(5, "m") == {9}  # F minor: A flat for A
    assert displaced(0, "7") == displaced(10) == {11}  # B flat for B
    assert displaced(8) == {9, 4}  # A flat: A flat and E flat
    assert displaced(11, "dim7") == {9}  # A flat, a diminished seventh above B
    assert displaced(0) == displaced(7) == displaced(9, "m") == set()
    assert not (DISPLACED & np.stack([np.roll(CHORD_TONES, root, axis=1) for root in range(12)], axis=1)).any()
