"""Decode with ONNX Runtime: read a context, then step many rows together, each with keys and values of its own behind the shared ones."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daiw.nets.decoder_graph import context_graph, step_graph
from daiw.nets.transformer import Array, Weights, conditions_of
from daiw.tokens.controls import PHRASE_BARS

ROOM = 128
"""Tokens of a row for which room is made at once."""

HIDDEN = np.float32(-1e9)


class Engine:
    """The two sessions of one set of weights, on one thread each; made once, used from any thread.

    int8: quantised matrices (one scale an output channel); False computes in float32 throughout.
    """

    def __init__(self, weights: Weights, *, int8: bool = True) -> None:
        self.weights, self.int8 = weights, int8
        self.context, self.step = (_session(graph(weights, int8=int8)) for graph in (context_graph, step_graph))


@lru_cache(maxsize=6)
def engine_of(weights: Weights, *, int8: bool = True) -> Engine:
    """The sessions of these weights, made when they are first asked for."""
    return Engine(weights, int8=int8)


def _session(model: bytes) -> Any:  # noqa: ANN401 - onnxruntime is untyped
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class Stepper:
    """Rows of token streams that go on from contexts.

    controls: (groups, window_bars, columns).  `read` once, then `fan` and `step` as often as wanted.
    """

    def __init__(self, engine: Engine, controls: NDArray[np.int64]) -> None:
        self.engine, self.shape, self.groups = engine, engine.weights.shape, len(controls)
        self.table, self.cross = conditions_of(engine.weights, controls)
        self.length = self.rows = 0
        self.shared: dict[str, Array] = {}

    def read(self, features: NDArray[np.int64], bars: NDArray[np.int64]) -> Array:
        """Logits (groups, n, vocabulary) of a context; features: (groups, n, columns), bars: (groups, n)."""
        shape, count = self.shape, features.shape[1]
        names = ["logits", *(f"{what}{i}" for i in range(shape.layers) for what in ("keys", "values"))]
        feed = {
            "features": features + self.engine.weights.offsets,
            "place": bars + np.arange(self.groups)[:, None] * shape.window_bars,
            "phrase": bars // PHRASE_BARS,
            "mask": np.triu(np.full((count, count), HIDDEN, np.float32), 1),
            "conditions": self.table,
        }
        found = self.engine.context.run(names, feed | self.cross)
        self.shared = {f"shared{name[-1]}_{name[:-1]}": array for name, array in zip(names[1:], found[1:], strict=True)}
        self.length = self.context = count
        logits: Array = found[0]
        return logits

    def fan(self, count: int) -> None:
        """Let `count` rows go on from every context, in the order of the contexts."""
        self.rows = self.groups * count
        self._room = ROOM
        self._own = self._empty(self.rows, ROOM)
        self._bind()

    def _empty(self, rows: int, room: int) -> tuple[Array, Array]:
        shape = self.shape
        return (
            np.zeros((shape.layers, rows, shape.head, room), np.float32),
            np.zeros((shape.layers, rows, room, shape.head), np.float32),
        )

    def _bind(self) -> None:
        """Give the session its inputs and outputs as memory that this object writes and reads."""
        shape, rows, context, room = self.shape, self.rows, self.context, self._room
        written = self.length - context
        self._features = np.zeros((rows, len(shape.table.features)), np.int64)
        self._place, self._phrase, self._start = np.zeros(rows, np.int64), np.zeros(rows, np.int64), np.zeros(1, np.int64)
        self._mask = np.zeros(context + room + 1, np.float32)
        self._mask[context + written : context + room] = HIDDEN
        self._logits = np.zeros((rows, shape.table.vocabulary), np.float32)
        self._new = tuple(np.zeros((rows, shape.layers * shape.head), np.float32) for _ in range(2))
        self._base = np.repeat(np.arange(self.groups), rows // self.groups) * shape.window_bars
        inputs: dict[str, NDArray[Any]] = {
            "features": self._features, "place": self._place, "phrase": self._phrase, "start": self._start, "mask": self._mask,
            "conditions": self.table, "sizes": np.array([context, room, 1]), "by_group": np.array([self.groups, -1, shape.head]),
            "by_row": np.array([-1, shape.heads, context]), "group_chances": np.array([self.groups, -1, context]),
            "group_phrases": np.array([self.groups, -1, shape.phrases]),
        }  # fmt: skip
        inputs |= self.shared | self.cross
        for i in range(shape.layers):
            inputs[f"own{i}_keys"], inputs[f"own{i}_values"] = self._own[0][i], self._own[1][i]
        outputs = {"logits": self._logits, "new_keys": self._new[0], "new_values": self._new[1]}
        self._binding = self.engine.step.io_binding()
        self._alive = (inputs, outputs)
        for name, array in inputs.items():
            self._binding.bind_input(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        for name, array in outputs.items():
            self._binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)

    def step(self, features: NDArray[np.int64], bars: NDArray[np.int64]) -> Array:
        """Logits (rows, vocabulary) after one more token a row; features: (rows, columns), bars: (rows,).  Valid until the next step."""
        shape = self.shape
        written = self.length - self.context
        if written == self._room:
            self._grow()
        np.add(features, self.engine.weights.offsets, out=self._features)
        np.add(bars, self._base, out=self._place)
        np.floor_divide(bars, PHRASE_BARS, out=self._phrase)
        self._start[0] = self.length
        self.engine.step.run_with_iobinding(self._binding)
        keys, values = (new.reshape(self.rows, shape.layers, shape.head).transpose(1, 0, 2) for new in self._new)
        self._own[0][:, :, :, written] = keys
        self._own[1][:, :, written] = values
        self._mask[self.context + written] = 0.0
        self.length += 1
        return self._logits

    def _grow(self) -> None:
        """More room for what rows write."""
        keys, values = self._own
        self._room += ROOM
        self._own = self._empty(self.rows, self._room)
        self._own[0][..., : keys.shape[3]], self._own[1][:, :, : values.shape[2]] = keys, values
        self._bind()

    def keep(self, rows: NDArray[np.int64]) -> None:
        """Go on with these rows alone, as many of every context as of the others."""
        self._own = (self._own[0][:, rows].copy(), self._own[1][:, rows].copy())
        self.rows = len(rows)
        self._bind()
