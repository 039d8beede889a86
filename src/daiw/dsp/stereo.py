"""Where a sound stands between left and right."""

from math import cos, pi, sin, sqrt
from zlib import crc32

import numpy as np
from numpy.typing import NDArray


def pan_gains(position: float) -> tuple[float, float]:
    """Equal-power gains, left and right, for -1 left .. 1 right; the centre is unity on both sides.

    >>> [round(gain, 3) for gain in pan_gains(0.0)]
    [1.0, 1.0]
    """
    angle = (position + 1) * pi / 4
    return sqrt(2) * cos(angle), sqrt(2) * sin(angle)


def mid_side(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """(2, n) left, right to mid, side, or back, both scaled by 1/sqrt 2: its own inverse."""
    half = np.float32(sqrt(0.5))
    return np.stack([(samples[0] + samples[1]) * half, (samples[0] - samples[1]) * half])


def decorrelator(sample_rate: int) -> NDArray[np.float64]:
    """A 25 ms velvet-noise response of energy 1 whose output sounds like its input and resembles it little, the same every time.

    B. Alary, A. Politis and V. Valimaki, "Velvet-noise decorrelator", DAFx 2017: sparse unit pulses of random sign under a falling
    envelope.  The first pulse comes after 2 ms, so that the source keeps its place.
    """
    chance = np.random.default_rng(crc32(b"decorrelator"))
    frames, pulses = round(0.025 * sample_rate), 30
    taps = np.zeros(frames)
    cells = np.linspace(0.002 * sample_rate, frames - 1, pulses + 1)
    places = np.floor(cells[:-1] + chance.random(pulses) * np.diff(cells)).astype(np.int64)
    taps[places] = chance.choice((-1.0, 1.0), pulses) * np.exp(-3.0 * np.arange(pulses) / pulses)
    result: NDArray[np.float64] = taps / np.sqrt((taps**2).sum())
    return result


def spread(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """(1, n) or (2, n) to a new (2, n)."""
    if samples.shape[0] not in (1, 2):
        raise ValueError(f"want mono or stereo, got {samples.shape[0]} channels")
    return np.repeat(samples, 2, axis=0) if samples.shape[0] == 1 else samples.copy()
