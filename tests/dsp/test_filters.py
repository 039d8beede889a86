import numpy as np
import pytest
from scipy import signal

from daiw.dsp.filters import Band, biquad, impulse, minimum_phase

RATE = 48_000


def gain_db(band: Band, hz: float) -> float:
    response = signal.sosfreqz(biquad(band, RATE)[None], [hz], fs=RATE)[1][0]
    return float(20 * np.log10(abs(response)))


@pytest.mark.parametrize(
    ("band", "hz", "want_db"),
    [
        (Band("peak", 1000.0, 6.0, 1.0), 1000.0, 6.0),
        (Band("peak", 1000.0, -9.0, 1.0), 20.0, 0.0),
        (Band("low_shelf", 200.0, -5.0), 10.0, -5.0),
        (Band("low_shelf", 200.0, -5.0), 200.0, -2.5),
        (Band("high_shelf", 8000.0, 4.0), 20000.0, 4.0),
        (Band("high_shelf", 8000.0, 4.0), 100.0, 0.0),
        (Band("highpass", 100.0), 100.0, -3.01),
        (Band("highpass", 100.0), 50.0, -12.3),
        (Band("lowpass", 5000.0), 5000.0, -3.01),
        (Band("lowpass", 5000.0), 50.0, 0.0),
    ],
)
def test_biquads_do_what_their_band_says(band: Band, hz: float, want_db: float):
    assert gain_db(band, hz) == pytest.approx(want_db, abs=0.15)


def test_one_impulse_holds_the_whole_chain():
    chain = (Band("highpass", 80.0), Band("peak", 300.0, -3.0, 0.8), Band("high_shelf", 8000.0, 2.0))
    hz, by_impulse = signal.freqz(impulse(chain, RATE), worN=[60.0, 300.0, 1000.0, 12000.0], fs=RATE)
    by_sections = signal.sosfreqz(np.array([biquad(band, RATE) for band in chain]), hz, fs=RATE)[1]
    np.testing.assert_allclose(20 * np.log10(np.abs(by_impulse)), 20 * np.log10(np.abs(by_sections)), atol=0.02)


def test_no_bands_leave_sound_alone():
    response = impulse((), RATE, 64)
    assert response[0] == 1.0
    assert not response[1:].any()


def test_minimum_phase_has_the_magnitude_and_comes_at_once():
    hz = np.fft.rfftfreq(8192, 1 / RATE)
    wanted = 10 ** (3 * np.tanh((np.log2(np.maximum(hz, 1.0)) - 10) / 2) / 20)
    response = minimum_phase(wanted, 2048)
    got = np.abs(np.fft.rfft(response, 8192))
    inside = (hz > 60) & (hz < 20000)
    np.testing.assert_allclose(20 * np.log10(got[inside] / wanted[inside]), 0.0, atol=0.1)
    energy = np.cumsum(response**2) / (response**2).sum()
    assert energy[8] > 0.9
