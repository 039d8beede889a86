"""The harmony network on ONNX Runtime: the writers' graphs without conditions, in float32, the same on any number of threads."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from daiw.nets.decoder import Opening, Sessions
from daiw.nets.harmony_transformer import HarmonyWeights
from daiw.nets.transformer import Array


@lru_cache(maxsize=2)
def sessions_of(weights: HarmonyWeights) -> Sessions:
    """The sessions of these weights, made when they are first asked for."""
    return Sessions(weights, int8=False)


class ChartOpening(Opening):
    """What charts go on from: `groups` streams of as many tokens.  `decoder.Rows` writes on."""

    def __init__(self, weights: HarmonyWeights, groups: int) -> None:
        shape = weights.shape
        nothing = np.repeat(np.array([0, 1], np.float32), [shape.width, 2 * shape.layers * shape.width])
        super().__init__(sessions_of(weights), groups, np.tile(nothing, (groups, 1)), {})

    def read_streams(self, features: NDArray[np.int64]) -> Array:
        """Logits (groups, SIZE) after n tokens; features: (groups, n, len(FEATURES))."""
        return self.read(features, np.zeros(features.shape[1], np.int64))
