import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.dsp.dynamics import apply_gain
from daiw.dsp.limiter import Limiter, limiter_gain

HZ = 3000.0


@given(st.lists(st.tuples(st.integers(0, 1999), st.floats(0.0, 30.0)), max_size=40), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_never_lets_a_peak_through(spikes: list[tuple[int, float]], seed: int):
    peaks = np.random.default_rng(seed).exponential(0.3, 2000).astype(np.float32)
    for place, level in spikes:
        peaks[place] = level
    gain = limiter_gain(peaks, Limiter(0.9), HZ)
    assert gain.shape == peaks.shape
    assert (peaks * gain).max() <= 0.9 * (1 + 1e-6)
    after = np.append(gain[1:], gain[-1])
    assert (peaks * after).max() <= 0.9 * (1 + 1e-6), "the line to the next value must stay below the ceiling too"
    assert gain.max() <= 1.0 + 1e-12


def test_leaves_quiet_sound_alone():
    np.testing.assert_array_equal(limiter_gain(np.full(500, 0.89, np.float32), Limiter(0.9), HZ), 1.0)


def test_looks_ahead_and_recovers():
    peaks = np.full(3000, 0.1, np.float32)
    peaks[1000] = 2.0
    gain = limiter_gain(peaks, Limiter(1.0, lookahead_ms=3.0), HZ)
    assert gain[1000] == pytest.approx(0.5, abs=1e-3)
    assert gain[985] == 1.0
    assert 0.5 < gain[997] < 1.0
    assert gain[1400] > 0.99
    assert np.abs(np.diff(20 * np.log10(gain))).max() < 1.6, "no step may be heard as a click"


@pytest.mark.parametrize("hz", [40, 55, 110])
def test_bass_under_limiting_stays_clean(hz: int):
    t = np.arange(3 * 48_000) / 48_000
    wave = 2.0 * np.sin(2 * np.pi * hz * t)
    peaks = np.abs(wave).reshape(-1, 16).max(axis=1).astype(np.float32)
    samples = wave[None].astype(np.float32)
    apply_gain(samples, limiter_gain(peaks, Limiter(0.9), 3000.0), 16)
    spectrum = np.abs(np.fft.rfft(samples[0, 48_000:96_000] * np.hanning(48_000)))
    harmonics = np.sqrt(sum(spectrum[k * hz] ** 2 for k in range(2, 12)))
    assert harmonics / spectrum[hz] < 0.002
