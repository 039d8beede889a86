import numpy as np
import pytest
from scipy import signal

from daiw.dsp.reverb import Room, room_impulse

RATE = 48_000


def decay_s(response: np.ndarray, low: float, high: float) -> float:
    """Schroeder's backward integration, fitted from -5 to -35 dB."""
    band = signal.sosfilt(signal.butter(4, (low, high), "bandpass", fs=RATE, output="sos"), response)
    left = np.cumsum(band[::-1] ** 2)[::-1]
    level = 10 * np.log10(left / left[0] + 1e-12)
    a, b = np.argmax(level < -5), np.argmax(level < -35)
    return float((b - a) / RATE * 2)


@pytest.mark.parametrize("kind", ["room", "chamber", "plate", "hall"])
@pytest.mark.parametrize("wanted_s", [0.5, 2.0, 5.0])
def test_decays_in_the_time_asked_for(kind: str, wanted_s: float):
    left, right = room_impulse(Room(kind, wanted_s, 0.5, 10.0), RATE)
    for ear in (left, right):
        assert decay_s(ear, 700.0, 1400.0) == pytest.approx(wanted_s, rel=0.12)


def test_damping_shortens_the_highs():
    bright, dark = (room_impulse(Room("hall", 2.0, damping, 0.0), RATE)[0] for damping in (0.0, 1.0))
    assert decay_s(dark, 5600.0, 11000.0) < 0.5 * decay_s(bright, 5600.0, 11000.0)
    assert decay_s(dark, 100.0, 200.0) > decay_s(dark, 5600.0, 11000.0)


def test_ears_hear_different_tails_but_one_bass():
    left, right = room_impulse(Room("plate", 1.6), RATE)
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.3
    low = signal.butter(4, 100.0, fs=RATE, output="sos")
    left, right = signal.sosfilt(low, left), signal.sosfilt(low, right)
    assert np.corrcoef(left, right)[0, 1] > 0.8
    assert (left**2).sum() > 0.5 * 100.0 / (RATE / 2), "there must be a bass to be heard"


def test_energy_is_one_after_silence_of_the_predelay():
    response = room_impulse(Room("room", 1.0, 0.5, 25.0), RATE)
    np.testing.assert_allclose((response**2).sum(axis=1), 1.0, atol=0.01)
    assert not response[:, : round(0.025 * RATE)].any()


def test_is_the_same_every_time():
    np.testing.assert_array_equal(room_impulse(Room(), RATE), room_impulse(Room(), RATE))
