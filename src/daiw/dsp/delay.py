"""Echoes as an impulse response: ping-pong repeats, each darker and thinner than the last."""

from dataclasses import dataclass
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from daiw.dsp.filters import Band, impulse

_KERNEL = 1024


@dataclass(frozen=True, slots=True)
class Echo:
    """time_s: between repeats.  feedback: 0 to 0.9, level of each repeat against the one before.

    lowpass_hz, highpass_hz: what every repeat passes through once more.  cross: 0 repeats in the middle .. 1 hard left and right in turn.
    """

    time_s: float
    feedback: float = 0.35
    lowpass_hz: float = 5000.0
    highpass_hz: float = 250.0
    cross: float = 0.8


def echo_impulse(echo: Echo, sample_rate: int) -> NDArray[np.float64]:
    """(2, taps) for one channel in; repeats until they are 60 dB down, the first at unity before filtering."""
    step = max(1, round(echo.time_s * sample_rate))
    repeats = 1 if echo.feedback < 0.001 else min(64, ceil(log(0.001) / log(min(echo.feedback, 0.9))))
    bands = (Band("highpass", echo.highpass_hz), Band("lowpass", echo.lowpass_hz))
    taps = np.zeros((2, step * repeats + _KERNEL))
    for i in range(repeats):
        kernel = impulse(bands * min(i + 1, 8), sample_rate, _KERNEL) * echo.feedback**i
        near, far = (1 + echo.cross) / 2, (1 - echo.cross) / 2
        start = step * (i + 1)
        taps[i % 2, start : start + _KERNEL] += near * kernel
        taps[1 - i % 2, start : start + _KERNEL] += far * kernel
    return taps
