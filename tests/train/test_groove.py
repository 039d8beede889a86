import numpy as np
import pytest

from daiw.train.groove import VOICE_OF_PITCH, drift, grid_units, without_swing


def test_a_beat_is_read_in_sixteenths_or_in_triplets_as_a_whole():
    straight = np.array([0.2, 2.8, 6.1, 9.3])
    shuffled = np.array([12.1, 16.2, 19.9])
    assert grid_units(np.concatenate([straight, shuffled])).tolist() == [0, 3, 6, 9, 12, 16, 20]


def test_a_stroke_a_little_before_the_barline_belongs_to_the_bar():
    assert grid_units(np.array([47.6, 59.4])).tolist() == [48, 60]
    assert grid_units(np.array([-0.4])).tolist() == [0]


def test_a_constant_lag_and_a_constant_swing_leave_nothing():
    units = np.arange(64) * 3
    late = 12.0 + np.where(units % 6 == 3, 25.0, 0.0)
    assert np.abs(without_swing(units, late)).max() == pytest.approx(0.0)


def test_a_slow_drift_is_taken_off_and_a_single_late_stroke_is_kept():
    units = np.arange(256) * 3
    late = units / 48.0 * 2.0
    late[100] += 20.0
    left = without_swing(units, late)
    assert left[100] == pytest.approx(20.0, abs=3.0)
    assert np.abs(np.delete(left, 100))[16:-16].max() < 3.0
    assert drift(units, late)[128] == pytest.approx(16.0, abs=2.5)


def test_every_pad_of_the_kit_that_was_recorded_has_a_voice():
    assert len(set(VOICE_OF_PITCH.values())) == 12
