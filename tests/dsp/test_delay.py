import numpy as np
import pytest

from daiw.dsp.delay import Echo, echo_impulse

RATE = 48_000


def test_repeats_lie_on_the_beat_and_change_sides():
    response = echo_impulse(Echo(0.375, 0.5, cross=1.0), RATE)
    step = round(0.375 * RATE)
    first, second = (np.abs(response[:, step * i : step * i + 400]).max(axis=1) for i in (1, 2))
    assert not response[:, :step].any()
    assert first[0] > 0.1
    assert first[1] == 0.0
    assert second[1] > 0.03
    assert second[0] == 0.0


def test_every_repeat_is_quieter_and_darker():
    response = echo_impulse(Echo(0.2, 0.6, lowpass_hz=3000.0, cross=0.0), RATE)
    step = round(0.2 * RATE)
    repeats = [response[0, step * i : step * i + 1024] for i in (1, 2, 3)]
    levels = [np.sqrt((repeat**2).sum()) for repeat in repeats]
    assert levels[0] > 1.3 * levels[1] > 1.6 * levels[2]
    spectra = [np.abs(np.fft.rfft(repeat)) ** 2 for repeat in repeats]
    centroids = [float((spectrum * np.arange(len(spectrum))).sum() / spectrum.sum()) for spectrum in spectra]
    assert centroids == sorted(centroids, reverse=True)


def test_no_feedback_is_one_repeat():
    assert echo_impulse(Echo(0.1, 0.0), RATE).shape[1] == round(0.1 * RATE) + 1024
    assert echo_impulse(Echo(0.1, 0.9), RATE).shape[1] == pytest.approx(64 * 0.1 * RATE + 1024, abs=2)
