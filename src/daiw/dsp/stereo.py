"""Where a sound stands between left and right."""

from math import cos, pi, sin, sqrt
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 16


def pan_gains(position: float) -> tuple[float, float]:
    """Equal-power gains, left and right, for -1 left .. 1 right; the centre is unity on both sides.

    >>> [round(gain, 3) for gain in pan_gains(0.0)]
    [1.0, 1.0]
    """
    angle = (position + 1) * pi / 4
    return sqrt(2) * cos(angle), sqrt(2) * sin(angle)


def mid_side(samples: NDArray[np.float32], out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """(2, n) left, right to mid, side, or back, both scaled by 1/sqrt 2: its own inverse.  out: where to, `samples` itself if wished."""
    half = np.float32(sqrt(0.5))
    result = np.empty_like(samples) if out is None else out
    for start in range(0, samples.shape[1], _BLOCK):
        one, other = samples[:, start : start + _BLOCK]
        difference = (one - other) * half
        np.add(one, other, out=result[0, start : start + _BLOCK])
        result[0, start : start + _BLOCK] *= half
        result[1, start : start + _BLOCK] = difference
    return result


def scale_sides(samples: NDArray[np.float32], factor: float) -> None:
    """Multiply in place what differs between left and right."""
    half = np.float32(factor / 2)
    for start in range(0, samples.shape[1], _BLOCK):
        left, right = samples[:, start : start + _BLOCK]
        middle, sides = (left + right) * np.float32(0.5), (left - right) * half
        np.add(middle, sides, out=left)
        np.subtract(middle, sides, out=right)


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
    """(1, n) to a new (2, n); (2, n) as it is."""
    if samples.shape[0] not in (1, 2):
        raise ValueError(f"want mono or stereo, got {samples.shape[0]} channels")
    return np.repeat(samples, 2, axis=0) if samples.shape[0] == 1 else samples
