"""Decode with ONNX Runtime: read a context, then step many rows together, each with keys and values of its own behind the shared ones."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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


class Context:
    """What rows go on from: windows with different controls that open with the same tokens.  controls: (groups, window_bars, columns)."""

    def __init__(self, engine: Engine, controls: NDArray[np.int64]) -> None:
        self.engine, self.shape, self.groups = engine, engine.weights.shape, len(controls)
        self.table, self.cross = conditions_of(engine.weights, controls)
        self.length = 0
        self.shared: dict[str, Array] = {}

    def read(self, features: NDArray[np.int64], bars: NDArray[np.int64]) -> Array:
        """Logits (groups, vocabulary) after n tokens; features: (n, columns), bars: (n,).

        Every group is read on a thread of its own.
        """
        with ThreadPoolExecutor(self.groups) as pool:
            found = list(pool.map(lambda group: self._read(group, features, bars), range(self.groups)))
        names = self._names()
        whole = [np.concatenate(parts) for parts in zip(*found, strict=True)]
        self.shared = {f"shared{name[-1]}_{name[:-1]}": array for name, array in zip(names[1:], whole[1:], strict=True)}
        self.length = len(bars)
        logits: Array = whole[0][:, -1]
        return logits

    def _names(self) -> list[str]:
        return ["logits", *(f"{what}{i}" for i in range(self.shape.layers) for what in ("keys", "values"))]

    def _read(self, group: int, features: NDArray[np.int64], bars: NDArray[np.int64]) -> list[Array]:
        """One group's logits, keys and values."""
        count = len(bars)
        feed = {
            "features": (features + self.engine.weights.offsets)[None],
            "place": (bars + group * self.shape.window_bars)[None],
            "phrase": (bars // PHRASE_BARS)[None],
            "mask": np.triu(np.full((count, count), HIDDEN, np.float32), 1),
            "conditions": self.table,
        }
        cross = {name: array[group : group + 1] for name, array in self.cross.items()}
        found: list[Array] = self.engine.context.run(self._names(), feed | cross)
        return found


class Rows:
    """Token streams that go on from a context, `count` for each of its groups, all of a group one after another."""

    def __init__(self, context: Context, count: int) -> None:
        self.context, self.shape = context, context.shape
        self.count, self.room, self.written = count * context.groups, ROOM, 0
        self._keys, self._values = self._empty()
        self._bind()

    def _empty(self) -> tuple[Array, Array]:
        shape = self.shape
        return (
            np.zeros((shape.layers, self.count, shape.head, self.room), np.float32),
            np.zeros((shape.layers, self.count, self.room, shape.head), np.float32),
        )

    def _bind(self) -> None:
        """Give the session its inputs and outputs as memory that this object writes and reads."""
        shape, rows, heard, groups = self.shape, self.count, self.context.length, self.context.groups
        self._features = np.zeros((rows, len(shape.table.features)), np.int64)
        self._place, self._phrase, self._start = np.zeros(rows, np.int64), np.zeros(rows, np.int64), np.zeros(1, np.int64)
        self._mask = np.zeros(heard + self.room + 1, np.float32)
        self._mask[heard + self.written : heard + self.room] = HIDDEN
        self._logits = np.zeros((rows, shape.table.vocabulary), np.float32)
        self._new = tuple(np.zeros((rows, shape.layers * shape.head), np.float32) for _ in range(2))
        inputs: dict[str, NDArray[Any]] = {
            "features": self._features, "place": self._place, "phrase": self._phrase, "start": self._start, "mask": self._mask,
            "conditions": self.context.table, "sizes": np.array([heard, self.room, 1]), "by_group": np.array([groups, -1, shape.head]),
            "by_row": np.array([-1, shape.heads, heard]), "group_chances": np.array([groups, -1, heard]),
            "group_phrases": np.array([groups, -1, shape.phrases]),
        }  # fmt: skip
        inputs |= self.context.shared | self.context.cross
        for i in range(shape.layers):
            inputs[f"own{i}_keys"], inputs[f"own{i}_values"] = self._keys[i], self._values[i]
        outputs = {"logits": self._logits, "new_keys": self._new[0], "new_values": self._new[1]}
        self._binding = self.context.engine.step.io_binding()
        self._alive = (inputs, outputs)
        for name, array in inputs.items():
            self._binding.bind_input(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        for name, array in outputs.items():
            self._binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)

    def step(self, features: Sequence[Sequence[int]] | NDArray[np.int64], bars: Sequence[int] | NDArray[np.int64]) -> Array:
        """Logits (rows, vocabulary) after one more token in every row, valid until the next step.

        features, bars: of as many rows as a group has, where all groups go on alike, or of all.
        """
        shape, context = self.shape, self.context
        if self.written == self.room:
            self._grow()
        each = len(bars)
        for first in range(0, self.count, each):
            self._features[first : first + each] = features
            self._phrase[first : first + each] = bars
            self._place[first : first + each] = bars
        self._features += context.engine.weights.offsets
        self._phrase //= PHRASE_BARS
        self._place += np.arange(self.count) // (self.count // context.groups) * shape.window_bars
        self._start[0] = context.length + self.written
        context.engine.step.run_with_iobinding(self._binding)
        keys, values = (new.reshape(self.count, shape.layers, shape.head).transpose(1, 0, 2) for new in self._new)
        self._keys[:, :, :, self.written] = keys
        self._values[:, :, self.written] = values
        self._mask[context.length + self.written] = 0.0
        self.written += 1
        return self._logits

    def _grow(self) -> None:
        """More room for what rows write."""
        keys, values, filled = self._keys, self._values, self.room
        self.room += ROOM
        self._keys, self._values = self._empty()
        self._keys[..., :filled], self._values[:, :, :filled] = keys, values
        self._bind()

    def keep(self, rows: NDArray[np.int64]) -> None:
        """Go on with these rows alone, as many of every group as of the others."""
        self._keys, self._values = self._keys[:, rows].copy(), self._values[:, rows].copy()
        self.count = len(rows)
        self._bind()
