import numpy as np
import pytest

from daiw.host.synth.shape import cycles, hertz
from daiw.host.synth.wavetable import Wave, oscillate, stack

RATE = 48_000


SAW = Wave()


def tone(pitch: float, wave: Wave = SAW, *, cutoff_hz: float = 20_000.0, resonance_db: float = 0.0, frames: int = RATE) -> np.ndarray:
    hz = hertz(pitch)
    tables = stack(wave, hz, RATE, resonance_db)
    return oscillate(tables, cycles(hz, 0.0, frames, RATE), tables.rows(np.full(frames, cutoff_hz, np.float32)))


def beside_harmonics_db(sound: np.ndarray, hz: float) -> float:
    """Power that lies on no harmonic of `hz`, against all power."""
    power = np.abs(np.fft.rfft(sound * np.kaiser(len(sound), 18))) ** 2
    at = np.fft.rfftfreq(len(sound), 1 / RATE) / hz
    beside = np.abs(at - np.maximum(1, np.round(at))) * hz > 25.0
    return float(10 * np.log10(power[beside].sum() / power.sum()))


@pytest.mark.parametrize("pitch", [24, 48, 72, 96, 108, 120])
@pytest.mark.parametrize(
    "wave", [Wave(), Wave(saw=0.0, square=1.0, pulse=0.3), Wave(saw=0.0, triangle=1.0)], ids=["saw", "pulse", "triangle"]
)
def test_nothing_sounds_beside_the_harmonics(pitch, wave):
    assert beside_harmonics_db(tone(pitch, wave), hertz(pitch)) < -75.0


def test_a_naive_saw_would_fail_the_same_measure():
    phase = cycles(hertz(96), 0.0, RATE, RATE)
    assert beside_harmonics_db(2.0 * (phase % 1.0) - 1.0, hertz(96)) > -35.0


@pytest.mark.parametrize(
    ("wave", "levels"),
    [
        (Wave(), [1.0, 1 / 2, 1 / 3, 1 / 4]),
        (Wave(saw=0.0, square=1.0), [2.0, 0.0, 2 / 3, 0.0]),
        (Wave(saw=0.0, triangle=1.0), [4 / np.pi, 0.0, 4 / np.pi / 9, 0.0]),
    ],
    ids=["saw", "square", "triangle"],
)
def test_the_harmonics_are_those_of_the_shape(wave, levels):
    spectrum = np.abs(np.fft.rfft(tone(69, wave) * np.hanning(RATE))) / (RATE / 4)
    measured = [spectrum[round(hertz(69) * k) - 3 : round(hertz(69) * k) + 4].max() for k in range(1, 5)]
    for level, expected in zip(measured, levels, strict=True):
        assert level == pytest.approx(expected * 2 / np.pi, abs=0.05)


def test_the_filter_falls_by_24_db_an_octave():
    spectrum = np.abs(np.fft.rfft(tone(36, cutoff_hz=500.0) * np.hanning(RATE)))
    reference = np.abs(np.fft.rfft(tone(36) * np.hanning(RATE)))
    hz = hertz(36)

    def drop(k: int) -> float:
        window = slice(round(hz * k) - 3, round(hz * k) + 4)
        return float(20 * np.log10(spectrum[window].max() / reference[window].max()))

    assert drop(1) == pytest.approx(0.0, abs=0.3)
    assert drop(32) - drop(64) == pytest.approx(24.0, abs=1.0)


def test_resonance_lifts_the_cutoff():
    plain, sharp = (np.abs(np.fft.rfft(tone(36, cutoff_hz=hertz(36) * 8, resonance_db=r) * np.hanning(RATE))) for r in (0.0, 12.0))
    window = slice(round(hertz(36) * 8) - 3, round(hertz(36) * 8) + 4)
    assert 20 * np.log10(sharp[window].max() / plain[window].max()) == pytest.approx(12.0, abs=1.0)


def test_a_fast_sweep_makes_no_step():
    hz = hertz(36)
    tables = stack(Wave(saw=0.0, triangle=1.0), hz, RATE, 6.0)
    cutoff = np.geomspace(100, 10_000, RATE // 20).astype(np.float32)
    swept = oscillate(tables, cycles(hz, 0.0, len(cutoff), RATE), tables.rows(cutoff))
    assert np.abs(np.diff(swept, 2)).max() < 0.02


def test_a_pitch_above_the_band_is_silent():
    assert not tone(140).any()
