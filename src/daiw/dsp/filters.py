"""Equalisers: biquads by the Audio EQ Cookbook, run as minimum-phase impulse responses.

A whole chain of bands becomes one impulse response and costs one convolution, whatever the number of bands.
"""

from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

Kind = Literal["highpass", "lowpass", "peak", "low_shelf", "high_shelf"]


@dataclass(frozen=True, slots=True)
class Band:
    """One biquad.  hz: corner or centre.  gain_db: of peaks and shelves.  q: 0.71 is Butterworth."""

    kind: Kind
    hz: float
    gain_db: float = 0.0
    q: float = 0.7071


def biquad(band: Band, sample_rate: int) -> NDArray[np.float64]:
    """One second-order section of a band (R. Bristow-Johnson, Audio EQ Cookbook); corners above 0.49 of the rate are moved there."""
    w = 2 * pi * min(band.hz, 0.49 * sample_rate) / sample_rate
    alpha, c, a = sin(w) / (2 * band.q), cos(w), 10 ** (band.gain_db / 40)
    root = 2 * sqrt(a) * alpha
    table = {
        "highpass": ((1 + c) / 2, -(1 + c), (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha),
        "lowpass": ((1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha),
        "peak": (1 + alpha * a, -2 * c, 1 - alpha * a, 1 + alpha / a, -2 * c, 1 - alpha / a),
        "low_shelf": (
            *(a * (a + 1 - (a - 1) * c + root), 2 * a * (a - 1 - (a + 1) * c), a * (a + 1 - (a - 1) * c - root)),
            *(a + 1 + (a - 1) * c + root, -2 * (a - 1 + (a + 1) * c), a + 1 + (a - 1) * c - root),
        ),
        "high_shelf": (
            *(a * (a + 1 + (a - 1) * c + root), -2 * a * (a - 1 + (a + 1) * c), a * (a + 1 + (a - 1) * c - root)),
            *(a + 1 - (a - 1) * c + root, 2 * (a - 1 - (a + 1) * c), a + 1 - (a - 1) * c - root),
        ),
    }
    section = np.array(table[band.kind])
    result: NDArray[np.float64] = section / section[3]
    return result


def impulse(bands: tuple[Band, ...], sample_rate: int, taps: int = 4096) -> NDArray[np.float64]:
    """The first `taps` frames of the chain's impulse response, faded at the end; no bands give a unit impulse."""
    response = np.zeros(taps)
    response[0] = 1.0
    if bands:
        response = signal.sosfilt(np.array([biquad(band, sample_rate) for band in bands]), response)
    fade = taps // 8
    response[-fade:] *= np.cos(np.linspace(0, pi / 2, fade)) ** 2
    result: NDArray[np.float64] = response
    return result


def minimum_phase(magnitude: NDArray[np.float64], taps: int) -> NDArray[np.float64]:
    """A causal impulse response with the given magnitude, by the folded cepstrum (Oppenheim and Schafer, chapter 13).

    magnitude: linear, at the n/2 + 1 bins of an even FFT of n >= 4 taps; zeros are raised to -160 dB.
    """
    size = 2 * (len(magnitude) - 1)
    cepstrum = fft.irfft(np.log(np.maximum(magnitude, 1e-8)), size)
    fold = np.zeros(size)
    fold[0] = fold[size // 2] = 1.0
    fold[1 : size // 2] = 2.0
    response = fft.irfft(np.exp(fft.rfft(cepstrum * fold)), size)[:taps]
    fade = taps // 8
    response[-fade:] *= np.cos(np.linspace(0, pi / 2, fade)) ** 2
    result: NDArray[np.float64] = response
    return result
