import numpy as np

from daiw.tokens.sheet import Sheet
from daiw.train.accompaniment import accompaniment, heard_chords, played_rows, split_hands


def notes(*rows):
    return np.array(rows, np.int64).reshape(-1, 4)


def test_the_lowest_key_is_the_bass_and_the_rest_are_the_keys():
    bass, keys = split_hands(notes((0, 960, 36, 80), (0, 960, 60, 70), (0, 960, 64, 70), (480, 240, 67, 60)))
    assert bass[:, 2].tolist() == [36]
    assert sorted(keys[:, 2].tolist()) == [60, 64, 67]


def test_an_arpeggio_over_a_held_bass_goes_to_the_keys_beyond_an_octave():
    bass, keys = split_hands(notes((0, 1920, 33, 80), (480, 240, 45, 70), (960, 240, 48, 70)))
    assert bass[:, 2].tolist() == [33, 45]
    assert keys[:, 2].tolist() == [48]


def test_a_high_lowest_note_is_no_bass():
    bass, keys = split_hands(notes((0, 480, 62, 80), (480, 480, 65, 80)))
    assert not len(bass)
    assert len(keys) == 2


def test_velocities_are_counted_from_their_mean_and_rows_lie_on_the_grid():
    rows = played_rows(notes((10, 470, 40, 60), (490, 200, 43, 100)), 48, 5)
    assert rows[:, 0].tolist() == [0, 12]
    assert rows[:, 1].tolist() == [45, 48]
    assert rows[:, 3].tolist() == [-20, 20]


def test_a_bass_ends_where_its_next_note_begins():
    sheet = Sheet("pop909/001.0", "pop909", "4/4", 1, np.zeros((0, 3), np.int32), np.array([(0, 0, 0)], np.int32))
    made = accompaniment(sheet, "pop909", notes((0, 1800, 36, 80), (480, 1400, 43, 80)), notes())
    assert made.bass[:, 2].tolist() == [12, 36]


def test_chords_are_heard_from_everything_that_sounds():
    sounding = notes(
        (0, 960, 36, 80),
        (0, 960, 60, 80),
        (0, 960, 64, 80),
        (0, 960, 67, 80),
        (960, 960, 41, 80),
        (960, 960, 65, 80),
        (960, 960, 69, 80),
        (960, 960, 72, 80),
    )
    assert heard_chords(sounding, 48, 0, 24)[:, :2].tolist() == [[0, 0], [24, 5]]
