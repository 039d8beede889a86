import numpy as np
import pytest

from daiw.host.synth.shape import attack, cycles, ending, fall

RATE = 48_000


def test_attack_rises_in_its_time_without_a_corner():
    line = attack(RATE, RATE, 10.0)
    assert line[0] == 0.0
    assert line[240] == pytest.approx(0.5, abs=0.01)
    assert np.all(line[480:] == 1.0)
    assert np.abs(np.diff(line, 2)).max() < 1e-4


def test_fall_reaches_a_factor_e_in_its_time():
    line = fall(RATE, RATE, 100.0, 0.2, after_ms=50.0)
    assert line[2400] == 1.0
    assert line[2400 + 4800] == pytest.approx(0.2 + 0.8 / np.e, rel=1e-3)


def test_the_ending_starts_whole_and_ends_at_nothing():
    line = ending(1000)
    assert line[0] == pytest.approx(1.0)
    assert 0.0 <= line[-1] < 1e-3
    assert np.all(np.diff(line) < 0)


def test_phase_follows_a_bend_exactly():
    steady = cycles(440.0, 12.0, RATE, RATE)
    line = cycles(440.0, np.full(RATE, 12.0, np.float32), RATE, RATE)
    np.testing.assert_allclose(steady, line, atol=1e-6)
    assert steady[-1] == pytest.approx(880.0 * (RATE - 1) / RATE)
