"""Pick one token among those that may come: nucleus sampling, leaning by guidance, and how surprising the choice was."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.vocab import BAR

NEVER = np.float32(-1e9)
"""Added to the logit of what may not come."""


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """What may come next.  ids: tokens, rising.  added: to their logits.  bars: which of them open or end a bar."""

    ids: NDArray[np.int64]
    added: NDArray[np.float32]
    bars: NDArray[np.int64]


def options_of(added: NDArray[np.float32]) -> Options:
    """The options that additions to the whole vocabulary's logits leave."""
    ids = np.flatnonzero(added > NEVER / 2)
    return Options(ids, added[ids], np.flatnonzero((ids >= BAR.first) & (ids < BAR.end)))


def only_bars(options: Options) -> Options:
    """The options that end a bar."""
    return Options(options.ids[options.bars], options.added[options.bars], np.arange(len(options.bars)))


def draw_from(logits: NDArray[np.float32], temperature: float, top_p: float, rng: np.random.Generator) -> int:
    """An index by nucleus sampling (Holtzman et al. 2020)."""
    chances = np.exp((logits - logits.max()).astype(np.float64) / temperature)
    order = np.argsort(-chances, kind="stable")
    share = np.cumsum(chances[order])
    kept = min(len(order), int(np.searchsorted(share, top_p * share[-1])) + 1)
    return int(order[min(kept - 1, int(np.searchsorted(share, rng.random() * share[kept - 1], side="right")))])


def surprise(logits: NDArray[np.float32], index: int) -> float:
    """Bits of one of these."""
    top = logits.max()
    return float((top + np.log(np.exp(logits - top).sum()) - logits[index]) / np.log(2))
