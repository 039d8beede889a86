"""A look-ahead peak limiter: the gain that keeps a peak envelope under a ceiling, smooth on both sides of each peak."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


@dataclass(frozen=True, slots=True)
class Limiter:
    """ceiling: linear.  lookahead_ms: how early the gain starts to fall.  hold_ms: how long it stays down after a peak.

    release_db_s, slow_release_db_s: how fast it recovers from single peaks and from sustained reduction.
    """

    ceiling: float
    lookahead_ms: float = 4.0
    hold_ms: float = 6.0
    release_db_s: float = 120.0
    slow_release_db_s: float = 12.0


def limiter_gain(peaks: NDArray[np.float32], limiter: Limiter, control_hz: float) -> NDArray[np.float64]:
    """Linear gain <= 1 for each value of a peak envelope at `control_hz`, never more than ceiling / peak there or between.

    The reduction in dB falls back in straight lines, which makes the release a running maximum and the whole vectorised.
    The attack is a running maximum over half the look-ahead, averaged over as much, so it reaches its depth in time.
    """
    need = np.maximum(0.0, 20 * np.log10(np.maximum(peaks.astype(np.float64), 1e-12) / limiter.ceiling))
    if not need.any():
        return np.ones(len(need))
    ahead = max(1, round(limiter.lookahead_ms * control_hz / 2000))
    hold = max(1, round(limiter.hold_ms * control_hz / 1000))
    wide = ndimage.maximum_filter1d(need, 2 * ahead + 3)
    held = ndimage.maximum_filter1d(wide, hold, origin=(hold - 1) // 2)
    sustained = ndimage.uniform_filter1d(np.minimum(held, _percentile_cap(held)), max(1, round(0.3 * control_hz)))
    reduction = np.maximum(_fall(held, limiter.release_db_s / control_hz), _fall(0.7 * sustained, limiter.slow_release_db_s / control_hz))
    smooth = ndimage.uniform_filter1d(ndimage.uniform_filter1d(reduction, ahead | 1), ahead | 1)
    result: NDArray[np.float64] = 10 ** (-smooth / 20)
    return result


def _fall(reduction: NDArray[np.float64], step_db: float) -> NDArray[np.float64]:
    """Follow rises at once, fall by at most `step_db` a value."""
    slope = step_db * np.arange(len(reduction))
    result: NDArray[np.float64] = np.maximum.accumulate(reduction + slope) - slope
    return result


def _percentile_cap(reduction: NDArray[np.float64]) -> float:
    """Keeps a lone huge peak from counting as sustained."""
    return float(np.percentile(reduction, 99))
