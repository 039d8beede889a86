"""Decode with ONNX Runtime: read a context, then step many rows together, each with keys and values of its own behind the shared ones."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daiw.nets.byte_step_graph import byte_step_graph, in_bytes, key_scale
from daiw.nets.conditions_graph import conditions_graph
from daiw.nets.context_graph import context_graph
from daiw.nets.decoder_graph import Network
from daiw.nets.step_graph import step_graph
from daiw.nets.transformer import Array, Weights
from daiw.tokens.controls import PHRASE_BARS

ROOM = 64
"""Tokens of a row for which room is made at once."""

SHORT = 32
"""The longest context that is read on one thread, and of which many rows take a copy each in float32; longer ones they share."""

HIDDEN = np.float32(-1e9)


class Sessions:
    """What reads a context and what steps behind it, with one set of weights, on one thread each; used from any thread.

    int8: the matrices quantised (one scale an output channel), and the keys and values of rows; False computes in float32 throughout.
    """

    def __init__(self, weights: Network, *, int8: bool) -> None:
        self.shape, self.offsets, self.int8 = weights.shape, weights.offsets, int8
        self.context = _session(context_graph(weights, int8=int8))
        self._weights, self._steps = weights, dict[tuple[bool, int], Any]()
        self.step(shared=False, lane=0)

    def step(self, *, shared: bool, lane: int) -> Any:  # noqa: ANN401 - onnxruntime is untyped
        """What steps, made when it is first asked for.

        shared: whether rows share their context; in bytes they never do, since a copy for each costs less than both kinds of attention.
        lane: of the threads that step at once.  Each has a session, since those of one session share an arena of memory: in one process
        of three, steps then took 1.4 times as long.
        """
        found = self._steps.get((shared, lane))
        if found is None:
            graph = byte_step_graph(self._weights) if self.int8 else step_graph(self._weights, shared=shared)
            found = self._steps[shared, lane] = _session(graph)
        return found


class Engine(Sessions):
    """The same of a writer, and what works out its conditions.  int8: of the decoder's matrices; conditions are always float32."""

    def __init__(self, weights: Weights, *, int8: bool = True) -> None:
        super().__init__(weights, int8=int8)
        self.weights = weights
        self.conditions = _session(conditions_graph(weights))


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


class Opening:
    """What rows go on from: groups of them that open with as many tokens.

    table: conditions of every place of a window, group after group.  cross: keys and values of the phrases' memory by groups.
    value_scales: name -> what a level of a value stands for where sessions keep values in bytes.
    """

    def __init__(
        self, sessions: Sessions, groups: int, table: Array, cross: dict[str, Array], value_scales: dict[str, Array] | None = None
    ) -> None:
        self.sessions, self.shape, self.groups = sessions, sessions.shape, groups
        self.table, self.cross, self.value_scales = table, cross, value_scales or {}
        self.length = 0
        self.shared: dict[str, Array] = {}

    def read(self, features: NDArray[np.int64], bars: NDArray[np.int64]) -> Array:
        """Logits (groups, vocabulary) after n tokens; features: (n, columns), or (groups, n, columns); bars: (n,).

        Every group of a long context is read on a thread of its own.
        """
        each = np.broadcast_to(features, (self.groups, *features.shape[-2:]))
        if len(bars) > SHORT:
            with ThreadPoolExecutor(self.groups) as pool:
                found = list(pool.map(lambda group: self._read(group, each[group], bars), range(self.groups)))
        else:
            found = [self._read(group, each[group], bars) for group in range(self.groups)]
        whole = [np.concatenate(parts) for parts in zip(*found, strict=True)]
        self.shared = {f"shared_{name}": array for name, array in zip(self._names()[1:], whole[1:], strict=True)}
        self.length = len(bars)
        logits: Array = whole[0][:, -1]
        return logits

    def laid_out(self, first: int) -> Array:
        """Keys and values (2, layers, groups, length - first, head) of the tokens from `first` on."""
        keys = [self.shared[f"shared_keys{i}"][:, :, first:].transpose(0, 2, 1) for i in range(self.shape.layers)]
        values = [self.shared[f"shared_values{i}"][:, first:] for i in range(self.shape.layers)]
        return np.array([keys, values])

    def _names(self) -> list[str]:
        return ["logits", *(f"{what}{i}" for i in range(self.shape.layers) for what in ("keys", "values"))]

    def _read(self, group: int, features: NDArray[np.int64], bars: NDArray[np.int64]) -> list[Array]:
        """One group's logits, keys and values."""
        count = len(bars)
        feed = {
            "features": (features + self.sessions.offsets)[None],
            "place": (bars + group * self.shape.window_bars)[None],
            "phrase": (bars // PHRASE_BARS)[None],
            "mask": np.triu(np.full((count, count), HIDDEN, np.float32), 1),
            "conditions": self.table,
        }
        cross = {name: array[group : group + 1] for name, array in self.cross.items()}
        found: list[Array] = self.sessions.context.run(self._names(), feed | cross)
        return found


class Context(Opening):
    """Windows with different controls that open with the same tokens.  controls: (groups, window_bars, columns)."""

    def __init__(self, engine: Engine, controls: NDArray[np.int64]) -> None:
        crossing = [f"cross{i}_{what}" for i in engine.shape.cross for what in ("keys", "values")]
        scales = [f"value_scale{i}" for i in range(engine.shape.layers)] if engine.int8 else []
        names = ["conditions", *crossing, *scales]
        found = dict(zip(names, engine.conditions.run(names, {"controls": controls + engine.weights.control_offsets}), strict=True))
        told = ({name: found[name] for name in each} for each in (crossing, scales))
        super().__init__(engine, len(controls), found["conditions"], *told)


class Rows:
    """Token streams that go on from a context, `count` for each of its groups, all of a group one after another.

    written: tokens of a row's own, among them the context's where the rows do not share it.  lane: as in `Sessions.step`.
    """

    def __init__(self, context: Opening, count: int, lane: int = 0) -> None:
        self.context, self.shape = context, context.shape
        self.shared = not context.sessions.int8 and count > 1 and context.length > SHORT
        self._session = context.sessions.step(shared=self.shared, lane=lane)
        self._binding = self._session.io_binding()
        self._bound: dict[str, NDArray[Any]] = {}
        self._set_out(count)
        self._ahead = context.length if self.shared else 0
        self.written = context.length - self._ahead
        keys, values = context.laid_out(self._ahead)
        if context.sessions.int8:
            scales = np.array([context.value_scales[f"value_scale{i}"] for i in range(self.shape.layers)])
            keys, values = in_bytes(keys, key_scale(self.shape.head)), in_bytes(values, scales[:, None, None])
        self._make_room(*(each.repeat(count, axis=1) for each in (keys, values)))

    def _set_out(self, count: int) -> None:
        """Give the session memory for `count` rows a group that this object writes and reads."""
        shape, context = self.shape, self.context
        groups, heard, rows = context.groups, context.length, context.groups * count
        self.count = count
        self._features = np.zeros((groups, count, len(shape.table.features)), np.int64)
        self._place, self._phrase = np.zeros((groups, count), np.int64), np.zeros((groups, count), np.int64)
        self._first_place, self._start = np.arange(groups)[:, None] * shape.window_bars, np.zeros(1, np.int64)
        self._slots = np.zeros((rows, 1, 1, 2), np.int64)
        self._slots[..., 0] = np.arange(rows)[:, None, None]
        self._key_slots = np.zeros((rows, shape.head, 3), np.int64)
        self._key_slots[..., 0], self._key_slots[..., 1] = np.arange(rows)[:, None], np.arange(shape.head)
        self._logits = np.zeros((rows, shape.table.vocabulary), np.float32)
        inputs: dict[str, NDArray[Any]] = {
            "features": self._features.reshape(rows, -1), "place": self._place.ravel(), "phrase": self._phrase.ravel(),
            "start": self._start, "slots": self._slots, "conditions": context.table,
            "by_group": np.array([groups, -1, shape.head]), "phrases_by_group": np.array([groups, -1, shape.phrases]),
        }  # fmt: skip
        if self.shared:
            inputs |= {"by_row": np.array([-1, shape.heads, heard]), "heard_by_group": np.array([groups, -1, heard])} | context.shared
        if context.sessions.int8:
            inputs |= {"key_slots": self._key_slots} | context.value_scales
        self._bind(inputs | context.cross, {"logits": self._logits})

    def _make_room(self, keys: NDArray[Any], values: NDArray[Any]) -> None:
        """Lay out what was written, each (layers, rows, at least `written`, head), with room behind it."""
        written, layers = self.written, range(self.shape.layers)
        self._room = (written // ROOM + 1) * ROOM
        size, head = (*keys.shape[:2],), self.shape.head
        stored = np.zeros((*size, head, self._room) if self.context.sessions.int8 else (*size, self._room, head), keys.dtype)
        self._keys = stored.swapaxes(2, 3) if self.context.sessions.int8 else stored
        self._values = np.zeros((*size, self._room, head), values.dtype)
        self._keys[:, :, :written], self._values[:, :, :written] = keys[:, :, :written], values[:, :, :written]
        self._mask = np.zeros(self._ahead + self._room, np.float32)
        self._mask[self._ahead + written :] = HIDDEN
        inputs: dict[str, NDArray[Any]] = {"mask": self._mask} | ({"sizes": np.array([self._ahead, self._room])} if self.shared else {})
        kept = {f"keys{i}": stored[i] for i in layers} | {f"values{i}": self._values[i] for i in layers}
        self._bind(inputs | kept, {f"kept_{name}": array for name, array in kept.items()})

    def _bind(self, inputs: dict[str, NDArray[Any]], outputs: dict[str, NDArray[Any]]) -> None:
        """Let the session read and write these arrays, which are kept alive."""
        for name, array in inputs.items():
            self._binding.bind_input(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        for name, array in outputs.items():
            self._binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        self._bound |= inputs | outputs

    def step(self, features: Sequence[Sequence[int]] | NDArray[np.int64], bars: Sequence[int] | NDArray[np.int64]) -> Array:
        """Logits (groups * count, vocabulary) after one more token a row; valid until the next step.

        features: (count, columns), the same in every group, or (groups, count, columns).  bars: (count,).
        """
        context, here = self.context, np.asarray(bars)
        if self.written == self._room:
            self._make_room(self._keys, self._values)
        self._features[:] = np.asarray(features) + context.sessions.offsets
        np.add(self._first_place, here, out=self._place)
        self._phrase[:] = here // PHRASE_BARS
        self._slots[..., 1] = self._key_slots[..., 2] = self.written
        self._start[0] = self._ahead + self.written
        self._mask[self._ahead + self.written] = 0.0
        self._session.run_with_iobinding(self._binding)
        self.written += 1
        return self._logits

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these of every group's rows alone, in this order."""
        every = np.add.outer(np.arange(self.context.groups) * self.count, list(rows)).ravel()
        self._set_out(len(rows))
        self._make_room(self._keys[:, every], self._values[:, every])
