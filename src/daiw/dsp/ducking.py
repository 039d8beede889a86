"""Make room for the kick: a gain curve taken from the drums alone."""

from collections.abc import Sequence
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


Hit = tuple[int, int, float]
"""One kick: its first control hop, how many hops it lasts, how far it opens the envelope, 0..1."""

_BRIDGE_HOPS = 8
"""Gaps up to here, the crossings of a low note through zero, do not part a kick in two."""


def kick_envelope(drums: NDArray[np.float32], duck: Duck, sample_rate: int) -> NDArray[np.float64]:
    """0 untouched .. 1 fully ducked, one value each `CONTROL_HOP` frames, from the drums' band below 110 Hz."""
    return duck_envelope(kick_hits(drums, sample_rate), duck, -(-drums.shape[1] // CONTROL_HOP), sample_rate)


def kick_hits(drums: NDArray[np.float32], sample_rate: int) -> tuple[Hit, ...]:
    """The kicks in the drums' band below 110 Hz, in order; none where a drum part has no low end."""
    hops = -(-drums.shape[1] // CONTROL_HOP)
    if not drums.any():
        return ()
    mono = drums.mean(axis=0, dtype=np.float32)
    rows = np.pad(mono, (0, -len(mono) % CONTROL_HOP)).reshape(-1, 16).mean(axis=1, dtype=np.float64)
    rate = sample_rate / 16
    low = np.abs(signal.sosfilt(signal.butter(3, (25.0, _KICK_HZ), "bandpass", fs=rate, output="sos"), rows))
    level = low.reshape(hops, -1).max(axis=1)
    loud = np.percentile(level, 99.5)
    if loud < 1e-4 or loud < 0.02 * float(np.abs(mono).max(initial=0.0)):
        return ()
    opened = np.round(np.clip((level / loud - 0.35) / 0.4, 0.0, 1.0), 3)
    open_hops = np.flatnonzero(opened)
    runs = np.split(open_hops, np.flatnonzero(np.diff(open_hops) > _BRIDGE_HOPS) + 1)
    return tuple((int(run[0]), int(run[-1] - run[0]) + 1, float(opened[run].max())) for run in runs if len(run))


def duck_envelope(hits: Sequence[Hit], duck: Duck, hops: int, sample_rate: int) -> NDArray[np.float64]:
    """(hops,) 0 untouched .. 1 fully ducked: a kick opens it at once, and it closes in a straight line over twice `release_s`."""
    if not hits:
        return np.zeros(hops)
    opened = np.zeros(hops)
    for first, length, depth in hits:
        opened[first : first + length] = np.maximum(opened[first : first + length], depth)
    control_hz = sample_rate / CONTROL_HOP
    lead = max(0, round(duck.lead_ms * control_hz / 1000))
    opened = np.concatenate([opened[lead:], np.zeros(min(lead, hops))])
    fall = 1 / max(1.0, 2 * duck.release_s * control_hz)
    slope = fall * np.arange(hops)
    held = np.maximum.accumulate(opened + slope) - slope
    smooth = np.convolve(held, np.ones(3) / 3, "same") if hops >= 3 else held
    result: NDArray[np.float64] = np.clip(smooth, 0.0, 1.0)
    return result
