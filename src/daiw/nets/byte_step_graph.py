"""The writers' network over one more token in every row, all in bytes: what rows wrote costs half as much to hear as in float32.

Keys and values go into bytes by a scale that is known before they are: both are sums over a normed vector, so their spread follows from
the weights.  What multiplies the values is exp(score - the row's best), at most 1; what weighs less than a 510th of the best goes unheard.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from daiw.nets.decoder_graph import ZERO, Network, key_size, signed_bytes_are_exact
from daiw.nets.onnx_model import MICROSOFT
from daiw.nets.step_graph import Step
from daiw.nets.transformer import Array

REACH = 6.0
"""So many standard deviations of a key or a value reach the last level of its byte; in two songs the farthest value lay 6.5 away."""

LEVELS = 127.0
"""Levels of a byte on either side of 0."""


def byte_kind() -> np.dtype[Any]:
    """What keys and values are kept as."""
    return np.dtype(np.int8 if signed_bytes_are_exact() else np.uint8)


def zero_level() -> int:
    """The level of them that stands for 0."""
    return 0 if signed_bytes_are_exact() else ZERO


def key_scale(head: int) -> np.float32:
    """What a level of a key stands for."""
    return np.float32(REACH * key_size(head) / LEVELS)


def in_bytes(x: Array, scale: Array | np.float32) -> NDArray[np.integer[Any]]:
    """Keys or values of any shape as the graph keeps them.  scale: what a level stands for; what lies beyond the last takes the last."""
    span = np.iinfo(byte_kind())
    levels: NDArray[np.integer[Any]] = (np.rint(x / scale) + zero_level()).clip(span.min, span.max).astype(byte_kind())
    return levels


class _ByteStep(Step):
    """One token a row, whose keys and values are bytes."""

    def __init__(self, weights: Network) -> None:
        super().__init__(weights, int8=True, shared=False)
        g, head = self.graph, self.shape.head
        self.zero = g.constant(np.array(zero_level(), byte_kind()))
        self.one = g.constant(np.array(1.0, np.float32))
        self.key_scale = g.constant(np.array(key_scale(head)))
        self.key_slots = g.input("key_slots", "int64", "rows", head, 3)

    def heard(self, i: int, query: str, key: str, value: str) -> str:
        g, head, kind = self.graph, self.shape.head, byte_kind().name
        scale = g.input(f"value_scale{i}", "float32", head)
        key = self.shape_of(g.op("QuantizeLinear", key, self.key_scale, self.zero), head)
        value = g.op("QuantizeLinear", g.op("Div", value, scale), self.one, self.zero)  # a scale a channel takes it four times as long
        keys = self.with_new(f"keys{i}", key, self.key_slots, kind, "rows", head, "room")
        values = self.with_new(f"values{i}", value, self.slots, kind, "rows", "room", head)
        scores = g.op("DynamicQuantizeMatMul", query, keys, self.key_scale, self.zero, self.mask, domain=MICROSOFT)
        raised = g.op("Exp", g.op("Sub", scores, g.op("ReduceMax", scores, axes=(2,))))
        mixed = g.op("DynamicQuantizeMatMul", raised, values, scale, self.zero, domain=MICROSOFT)
        return g.op("Div", mixed, g.op("ReduceSum", raised, g.shape(2)))


def byte_step_graph(weights: Network) -> bytes:
    """A model that reads one token in every row, whose context lies before what it wrote.

    Inputs and outputs as in `step_graph`, not shared, but that keys<i> (rows, head, room) and values<i> (rows, room, head) are bytes, and:
    key_slots (rows, head, 3), row, channel and place of `room` where keys go; value_scale<i> (head,), what a level of a value stands for.
    """
    return _ByteStep(weights).whole()
