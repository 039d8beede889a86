"""Make room for the kick: a gain curve taken from the drums alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from daiw.dsp.dynamics import CONTROL_HOP

_KICK_HZ = 110.0


@dataclass(frozen=True, slots=True)
class Duck:
    """release_s: time back to half depth after a kick.  lead_ms: how early the gain gives way."""

    release_s: float = 0.12
    lead_ms: float = 3.0


def kick_envelope(drums: NDArray[np.float32], duck: Duck, sample_rate: int) -> NDArray[np.float64]:
    """0 untouched .. 1 fully ducked, one value each `CONTROL_HOP` frames, from the drums' band below 110 Hz.

    A kick opens it at once and it closes in a straight line over twice `release_s`; a drum part without low end leaves it at 0.
    """
    hops = -(-drums.shape[1] // CONTROL_HOP)
    if not drums.any():
        return np.zeros(hops)
    mono = drums.mean(axis=0, dtype=np.float32)
    rows = np.pad(mono, (0, -len(mono) % CONTROL_HOP)).reshape(-1, 16).mean(axis=1, dtype=np.float64)
    rate = sample_rate / 16
    low = np.abs(signal.sosfilt(signal.butter(3, (25.0, _KICK_HZ), "bandpass", fs=rate, output="sos"), rows))
    level = low.reshape(hops, -1).max(axis=1)
    loud = np.percentile(level, 99.5)
    if loud < 1e-4 or loud < 0.02 * float(np.abs(mono).max(initial=0.0)):
        return np.zeros(hops)
    opened = np.clip((level / loud - 0.35) / 0.4, 0.0, 1.0)
    control_hz = sample_rate / CONTROL_HOP
    lead = max(0, round(duck.lead_ms * control_hz / 1000))
    opened = np.concatenate([opened[lead:], np.zeros(min(lead, hops))])
    fall = 1 / max(1.0, 2 * duck.release_s * control_hz)
    slope = fall * np.arange(hops)
    held = np.maximum.accumulate(opened + slope) - slope
    smooth = np.convolve(held, np.ones(3) / 3, "same") if hops >= 3 else held
    result: NDArray[np.float64] = np.clip(smooth, 0.0, 1.0)
    return result
