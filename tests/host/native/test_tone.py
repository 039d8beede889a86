"""daiw-tone, heard through pedalboard: a wire at rest, and each control in its direction."""

import numpy as np
import pytest

from .conftest import RATE, decibels, spectrum

pytestmark = pytest.mark.system
REST = {"tilt_db": 0.0, "pivot_hz": 800.0, "drive_db": 0.0, "warmth": 20.0, "width": 100.0, "mono_below_hz": 0.0, "vulnerability": 0.0}


@pytest.fixture
def set_tone(tone):
    def use(**settings):
        for name, value in (REST | {"mix": 100.0, "output_db": 0.0} | settings).items():
            setattr(tone, name, value)
        return lambda sound, rate=RATE, **more: tone(np.asarray(sound, np.float32), rate, reset=True, **more)

    return use


def noise(seconds=2.0, level=0.1, seed=0):
    return (np.random.default_rng(seed).standard_normal((2, round(seconds * RATE))) * level).astype(np.float32)


def sine(hz, level=0.25, seconds=1.5):
    return np.tile(level * np.sin(2.0 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE), (2, 1))


def test_at_rest_it_is_a_wire_and_its_latency_is_told(set_tone, tone):
    sound = noise()
    np.testing.assert_array_equal(set_tone()(sound), sound)  # pedalboard takes the latency out, so it was reported to the frame
    assert tone.reported_latency_samples == 32


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_latency_holds_at_other_rates_and_with_drive(set_tone, rate):
    click = np.zeros((2, 4096), np.float32)
    click[:, 1000] = 0.1
    assert np.argmax(np.abs(set_tone(drive_db=12.0)(click, rate)[0])) == 1000


def test_tilt_turns_the_spectrum_about_its_pivot(set_tone):
    sound = noise()
    before, hz = spectrum(sound[0].astype(float))
    after, _ = spectrum(set_tone(tilt_db=8.0)(sound)[0].astype(float))
    near = [(hz > f / 1.2) & (hz < f * 1.2) for f in (60, 800, 10_000)]
    gain = [decibels(after[band].sum() / before[band].sum()) for band in near]
    assert gain[0] == pytest.approx(-4.0, abs=0.5)
    assert abs(gain[1]) < 2.5
    assert gain[2] == pytest.approx(4.0, abs=0.6)


def test_drive_adds_harmonics_keeps_the_level_and_does_not_fold_back(set_tone):
    thirds = []
    for drive in (0.0, 6.0, 12.0, 24.0):
        sound = set_tone(drive_db=drive, warmth=0.0)(sine(1000.0))[0, 24_000:56_768].astype(float)
        power, hz = spectrum(sound)
        thirds.append(decibels(power[np.abs(hz - 3000) < 20].max() / power.max()))
        assert abs(20.0 * np.log10(sound.std() * 2**0.5 / 0.25)) < 3.02, drive  # its peak stays; a square is 3 dB louder
    assert thirds[0] < -100.0
    assert thirds == sorted(thirds)
    power, hz = spectrum(set_tone(drive_db=12.0, warmth=30.0)(sine(4100.0))[0, 24_000:56_768].astype(float))
    foreign = (np.abs(hz - np.round(hz / 4100.0) * 4100.0) > 20.0) & (hz < 20_000.0) & (hz > 20.0)
    assert decibels(power[foreign].max() / power.max()) < -75.0


def test_warmth_adds_even_harmonics_and_no_offset(set_tone):
    seconds = []
    for warmth in (0.0, 50.0, 100.0):
        sound = set_tone(drive_db=9.0, warmth=warmth)(sine(500.0))[0, 24_000:56_768].astype(float)
        power, hz = spectrum(sound)
        seconds.append(decibels(power[np.abs(hz - 1000) < 20].max() / power.max()))
        assert abs(sound.mean()) < 3e-3
    assert seconds[0] < -90.0 < -45.0 < seconds[1] < seconds[2]


def test_width_scales_the_sides_and_the_bass_can_stay_in_the_middle(set_tone):
    def side(sound):
        return float(np.std(sound[0] - sound[1]) / np.std(sound[0] + sound[1]))

    sound = noise()
    assert side(set_tone(width=0.0)(sound)) < 1e-6
    assert side(set_tone(width=150.0)(sound)) == pytest.approx(1.5 * side(sound), rel=0.01)
    low = sine(60.0)
    low[1] *= -1.0
    assert np.std(set_tone(mono_below_hz=300.0)(low)) < 0.35 * np.std(low)


def test_vulnerability_closes_in_and_darkens_and_takes_the_drive_away(set_tone):
    sound = noise(level=0.05)
    widths, centres, bent = [], [], []
    for open_ in (0.0, 30.0, 60.0, 100.0):
        act = set_tone(vulnerability=open_, drive_db=18.0, warmth=0.0)
        out = act(sound)[:, 9600:].astype(float)
        power, hz = spectrum(out[0])
        widths.append(float(np.std(out[0] - out[1]) / np.std(out[0] + out[1])))
        centres.append(float((power * hz).sum() / power.sum()))
        power, hz = spectrum(act(sine(300.0))[0, 24_000:56_768].astype(float))
        bent.append(decibels(power[np.abs(hz - 900) < 20].max() / power.max()))
    for falling in (widths, centres, bent):
        assert falling == sorted(falling, reverse=True)
        assert len(set(falling)) == 4
    assert bent[-1] < -90.0 < -20.0 < bent[0]
    assert widths[-1] < 0.5 * widths[0]


def test_what_is_loud_breaks_through_the_veil(set_tone):
    quiet, loud = (set_tone(vulnerability=100.0)(noise(level=level))[:, 9600:].astype(float) for level in (0.003, 0.3))
    centres = []
    for sound in (quiet, loud):
        power, hz = spectrum(sound[0])
        centres.append(float((power * hz).sum() / power.sum()))
    assert centres[1] > 1.5 * centres[0]


def test_the_size_of_the_buffer_changes_no_bit(set_tone):
    act = set_tone(drive_db=14.0, vulnerability=40.0, tilt_db=-3.0, width=130.0)
    sound = noise()
    first = act(sound, buffer_size=64)
    for buffer_size in (100, 512, 8192):
        np.testing.assert_array_equal(first, act(sound, buffer_size=buffer_size))
