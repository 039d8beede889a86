import numpy as np
import pytest

from daiw.host.soundfont.font import open_font
from daiw.host.soundfont.voice import envelope, release, release_frames, waveform
from daiw.host.soundfont.zone import zones_of

RATE = 48_000
MODES, ATTACK, HOLD, DECAY, SUSTAIN, RELEASE = 54, 34, 35, 36, 37, 38
CUTOFF, Q, ENV_TO_FILTER, MOD_DECAY, VIB_TO_PITCH = 8, 9, 11, 28, 6
LOOP = (MODES, 1)


def timecents(seconds: float) -> int:
    return round(1200 * np.log2(seconds))


@pytest.fixture
def zone(make_font):
    def make(*generators):
        (only,) = zones_of(open_font(make_font(list(generators))), 0, 0)
        return only

    return make


def hertz_of(wave: np.ndarray) -> float:
    """By zero crossings, interpolated."""
    line = wave.astype(np.float64)
    i = np.flatnonzero((line[:-1] < 0) & (line[1:] >= 0))
    at = i + line[i] / (line[i] - line[i + 1])
    return RATE * (len(at) - 1) / (at[-1] - at[0])


@pytest.mark.parametrize("key", [21, 59, 71, 83, 100])
def test_every_key_is_in_tune(zone, key):
    wave = waveform(zone(LOOP), key, RATE, RATE)
    expected = 440.0 * 2 ** ((key - 69) / 12)
    assert abs(1200 * np.log2(hertz_of(wave) / expected)) < 1.0


def test_a_loop_goes_on_without_a_seam_and_a_plain_sample_ends(zone):
    looped = waveform(zone(LOOP), 71, RATE, RATE)
    assert len(looped) == RATE
    assert np.abs(np.diff(looped)).max() < 1.1 * 0.61 * 2 * np.pi * 494 / RATE  # the steepest step a sine of this level takes
    assert len(waveform(zone(), 71, RATE, RATE)) == pytest.approx(64 * 8 * RATE / 32_000 * 500 / 493.88, abs=8)


def test_interpolation_leaves_little_beside_the_tone(zone):
    wave = waveform(zone(LOOP), 76, RATE, RATE) * np.blackman(RATE)
    power = np.abs(np.fft.rfft(wave)) ** 2
    peak = int(np.argmax(power))
    beside = power.copy()
    beside[peak - 40 : peak + 41] = 0.0
    assert 10 * np.log10(beside.sum() / power.sum()) < -75.0


def test_bend_moves_pitch_by_semitones(zone):
    still = hertz_of(waveform(zone(LOOP), 71, RATE, RATE))
    assert 12 * np.log2(hertz_of(waveform(zone(LOOP), 71, RATE, RATE, 2.0)) / still) == pytest.approx(2.0, abs=0.01)
    line = np.full(RATE, -1.0, np.float32)
    assert 12 * np.log2(hertz_of(waveform(zone(LOOP), 71, RATE, RATE, line)) / still) == pytest.approx(-1.0, abs=0.01)


def test_the_envelope_takes_the_times_it_is_given(zone):
    shape = envelope(zone((ATTACK, timecents(0.1)), (HOLD, timecents(0.2)), (DECAY, timecents(1.0)), (SUSTAIN, 250)), 60, RATE * 2, RATE)
    assert shape[round(0.05 * RATE)] == pytest.approx(0.5, abs=0.01)
    assert shape[round(0.15 * RATE)] == pytest.approx(1.0)
    assert 20 * np.log10(shape[round(0.4 * RATE)]) == pytest.approx(-9.6, abs=0.1)  # a tenth of the way down 96 dB
    assert 20 * np.log10(shape[-1]) == pytest.approx(-24.0, abs=0.1)


def test_release_falls_by_96_db_in_its_time(zone):
    frames = release_frames(zone((RELEASE, timecents(0.5))), RATE)
    assert frames == pytest.approx(RATE / 2, rel=1e-3)
    assert 20 * np.log10(release(frames, frames)[frames // 2]) == pytest.approx(-48.0, abs=0.1)


def test_the_filter_cuts_by_the_book(zone):
    open_, cut = (waveform(zone(LOOP, *more), 83, RATE, RATE) for more in ((), ((CUTOFF, 6000), (Q, 0))))
    drop = 20 * np.log10(np.std(cut[4800:]) / np.std(open_[4800:]))
    ratio = 987.8 / (8.176 * 2**5)
    q = 10 ** (-3.01 / 20)
    expected = 20 * np.log10(1 / np.hypot(1 - ratio**2, ratio / q))
    assert drop == pytest.approx(expected, abs=0.3)


def test_an_envelope_sweeps_the_filter(zone):
    wave = waveform(zone(LOOP, (CUTOFF, 5000), (ENV_TO_FILTER, 6000), (MOD_DECAY, timecents(0.5)), (29, 1000)), 83, RATE, RATE)
    start, end = np.std(wave[480:2400]), np.std(wave[-4800:])
    assert 20 * np.log10(start / end) > 20.0
    assert np.abs(np.diff(wave)).max() < 0.15


def test_vibrato_swings_by_its_cents(zone):
    wave = waveform(zone(LOOP, (VIB_TO_PITCH, 50)), 71, RATE, RATE).astype(np.float64)
    i = np.flatnonzero((wave[:-1] < 0) & (wave[1:] >= 0))
    at = i + wave[i] / (wave[i] - wave[i + 1])
    cents = 1200 * np.log2(RATE / np.diff(at) / 493.88)
    assert cents.max() == pytest.approx(50, abs=4)
    assert cents.min() == pytest.approx(-50, abs=4)
