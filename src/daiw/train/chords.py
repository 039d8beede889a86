"""Name the chord in a handful of sounding notes."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.controls import CHORD_TONES

ROOT_BONUS = 0.15
"""How much the lowest note speaks for being the root, of 1."""


@lru_cache(maxsize=1 << 15)
def name_counted(counts: tuple[int, ...], bass: int) -> tuple[int, int] | None:
    """`name_chord` of how often each of the twelve pitch classes sounds; remembered, since songs use few."""
    return name_chord(np.array(counts, float), bass)


def name_chord(weights: NDArray[np.float64], bass: int | None) -> tuple[int, int] | None:
    """(root, index of CHORD_CLASSES) that fits best, or None where fewer than two pitch classes sound.

    weights: (12,) how long each pitch class sounds.  bass: the lowest pitch class.
    Score: share of the sounding weight that the chord explains, less the share of its tones that are missing, half-weighted.
    """
    total = weights.sum()
    if total <= 0 or (weights > 0).sum() < 2:
        return None
    best, answer = -1e9, (0, 0)
    present = weights > 0.02 * total
    for root in range(12):
        rolled, here = np.roll(weights, -root), np.roll(present, -root)
        explained = CHORD_TONES @ rolled / total
        missing = (CHORD_TONES & ~here).sum(axis=1) / CHORD_TONES.sum(axis=1)
        scores = explained - 0.5 * missing + (ROOT_BONUS if root == bass else 0.0)
        quality = int(np.argmax(scores))
        if scores[quality] > best + 1e-9:
            best, answer = float(scores[quality]), (root, quality)
    return answer
