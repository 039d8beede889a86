"""Where a sound stands between left and right."""

from math import cos, pi, sin, sqrt

import numpy as np
from numpy.typing import NDArray

_FLOOR = 1e-20


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


def spread(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """(1, n) or (2, n) to a new (2, n)."""
    if samples.shape[0] not in (1, 2):
        raise ValueError(f"want mono or stereo, got {samples.shape[0]} channels")
    return np.repeat(samples, 2, axis=0) if samples.shape[0] == 1 else samples.copy()
