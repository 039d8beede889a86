import numpy as np
import pytest

from daiw.host import colour

RATE = 48_000


def tone(hz: float, seconds: float = 2.0) -> np.ndarray:
    line = np.sin(2 * np.pi * hz * np.arange(int(RATE * seconds)) / RATE).astype(np.float32) * np.float32(0.5)
    return np.stack((line, line))


def cents_off(sound: np.ndarray, hz: float) -> np.ndarray:
    """Instantaneous pitch against `hz` from zero crossings."""
    line = sound[0].astype(np.float64)
    i = np.flatnonzero((line[:-1] < 0) & (line[1:] >= 0))
    at = i + line[i] / (line[i] - line[i + 1])
    return 1200 * np.log2(RATE / np.diff(at)[5:-5] / hz)


def test_tape_wows_by_the_cents_it_is_told():
    bent = colour.tape(tone(1000.0, 6.0), RATE, wow_cents=20.0, flutter_cents=0.0, drive_db=0.0, hiss_db=-120.0, cutoff_hz=20_000.0)
    off = cents_off(bent, 1000.0)
    assert 20.0 < np.abs(off).max() < 32.0  # 20 at 0.6 Hz and half of it at 0.37 Hz
    still = colour.tape(tone(1000.0), RATE, wow_cents=0.0, flutter_cents=0.0, drive_db=0.0, hiss_db=-120.0, cutoff_hz=20_000.0)
    assert np.abs(cents_off(still, 1000.0)).max() < 0.1


def test_tape_hiss_has_its_level():
    silence = np.zeros((2, RATE), np.float32)
    hiss = colour.tape(silence, RATE, wow_cents=0.0, flutter_cents=0.0, drive_db=0.0, hiss_db=-60.0, cutoff_hz=20_000.0)
    assert 20 * np.log10(np.std(hiss)) == pytest.approx(-60.0, abs=1.5)


def test_ensemble_widens_what_is_mono():
    wide = colour.ensemble(tone(440.0), RATE, rate_hz=0.6, depth_ms=2.0, mix=0.5)
    assert np.corrcoef(wide)[0, 1] < 0.98
    assert np.array_equal(colour.ensemble(tone(440.0), RATE, rate_hz=0.6, depth_ms=2.0, mix=0.0), tone(440.0))


def test_tremolo_swings_opposite_ways_in_stereo():
    swung = colour.tremolo(tone(440.0), RATE, rate_hz=2.0, depth=0.5, stereo=1.0)
    block = RATE // 100
    left, right = np.abs(swung).reshape(2, -1, block).max(axis=2)
    assert np.corrcoef(left, right)[0, 1] < -0.9
    assert left.min() == pytest.approx(0.25, abs=0.02)
    assert left.max() == pytest.approx(0.5, abs=0.02)


def test_vinyl_crackles_as_often_as_told():
    silence = np.zeros((2, RATE * 20), np.float32)
    dust = colour.vinyl(silence, RATE, crackle_db=-30.0, per_second=5.0, rumble_db=-120.0)
    loud = np.abs(dust).max(axis=0) > 0.05 * np.abs(dust).max()
    clicks = np.count_nonzero(loud[1:] & ~loud[:-1])
    assert 50 < clicks < 150
    assert np.abs(dust).max() <= 10 ** (-30 / 20)


def test_the_deesser_turns_down_hiss_and_leaves_vowels_alone():
    vowel = tone(220.0)
    hiss = np.random.default_rng(1).standard_normal(vowel.shape).astype(np.float32) * np.float32(0.1)
    hiss -= np.float32(0.5) * (hiss + np.roll(hiss, 1, axis=1))  # most of it high up
    both = vowel.copy()
    both[:, RATE : RATE * 3 // 2] = hiss[:, RATE : RATE * 3 // 2]
    done = colour.deess(both, RATE, split_hz=5500.0, threshold_db=-6.0, most_db=8.0)
    middle, s = slice(RATE // 4, RATE * 3 // 4), slice(RATE * 5 // 4 - 4000, RATE * 5 // 4 + 4000)
    assert np.abs(done[:, middle] - both[:, middle]).max() < 1e-4
    fall_db = 20 * np.log10(np.std(done[:, s]) / np.std(both[:, s]))
    assert -9.0 < fall_db < -3.0
    none = colour.deess(both, RATE, split_hz=5500.0, threshold_db=-6.0, most_db=0.0)
    assert np.abs(none - both).max() < 1e-5
