import numpy as np
import pytest

from daiw.dsp.dynamics import Ballistics, apply_gain, compression_db, follow, highest, mean_square


def test_mean_square_of_a_square_wave():
    samples = np.full((2, 130), 0.5, np.float32)
    got = mean_square(samples)
    np.testing.assert_allclose(got[:2], 0.25)
    assert got[2] == pytest.approx(0.25 * 2 / 64)


def test_follower_covers_63_percent_in_its_time():
    control_hz = 1000.0
    step = np.concatenate([np.zeros(1), np.ones(200), np.zeros(400)])
    got = follow(step, Ballistics(20.0, 100.0), control_hz)
    assert got[20] == pytest.approx(1 - np.exp(-1), abs=0.02)
    assert got[300] == pytest.approx(got[200] * np.exp(-1), abs=0.02)


@pytest.mark.parametrize(("level_db", "want_db"), [(-40.0, 0.0), (-20.0, 0.5625), (-10.0, 5.0), (0.0, 10.0)])
def test_compressor_curve(level_db: float, want_db: float):
    # ratio 2, threshold -20, knee 9: at the threshold (knee / 2) ** 2 / (2 knee) / 2
    assert compression_db(np.array([level_db]), -20.0, 2.0, 9.0)[0] == pytest.approx(want_db)


def test_gain_runs_in_straight_lines_between_its_values():
    samples = np.ones((1, 10), np.float32)
    apply_gain(samples, np.array([0.0, 1.0, 0.5]), hop=4)
    np.testing.assert_allclose(samples[0], [0, 0.25, 0.5, 0.75, 1, 0.875, 0.75, 0.625, 0.5, 0.5], atol=1e-6)


@pytest.mark.parametrize("frames", [0, 1, 15, 16, 1000, 4096])
def test_the_highest_of_each_hop_is_its_largest_magnitude(frames):
    samples = np.random.default_rng(frames).standard_normal(frames).astype(np.float32)
    want = [np.abs(samples[start : start + 16]).max() for start in range(0, frames, 16)]
    np.testing.assert_array_equal(highest(samples, 16), np.array(want, np.float32))
