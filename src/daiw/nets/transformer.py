"""The composer's arithmetic in numpy, with a cache of keys and values; the twin of `daiw.train.model` without torch.

Many rows (candidates, and each again without its felt controls for guidance) step together: one row costs as much as reading the
weights, eight cost little more.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daiw.errors import ModelError
from daiw.nets.transformer_shape import Shape
from daiw.tokens.controls import PHRASE_BARS

Array = NDArray[np.floating[Any]]
ROTARY_BASE = 10000.0


def norm(x: Array) -> Array:
    """Root-mean-square norm over the last axis."""
    mean = np.einsum("...i,...i->...", x, x)[..., None] * np.float32(1.0 / x.shape[-1])
    result: Array = x / np.sqrt(mean + np.float32(1e-5))
    return result


def softmax(x: Array) -> Array:
    """Over the last axis."""
    raised = np.exp(x - x.max(axis=-1, keepdims=True))
    result: Array = raised / raised.sum(axis=-1, keepdims=True)
    return result


def silu(x: Array) -> Array:
    """x * sigmoid(x)."""
    half = x * np.float32(0.5)
    result: Array = half * (1.0 + np.tanh(half))
    return result


def rotary(first: int, count: int, head: int) -> tuple[Array, Array]:
    """cos and sin of positions first..first+count-1, each (count, head / 2)."""
    rates = ROTARY_BASE ** (-np.arange(0, head, 2, dtype=np.float32) / head)
    angles = np.arange(first, first + count, dtype=np.float32)[:, None] * rates[None]
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def rotate(x: Array, cos: Array, sin: Array) -> Array:
    """Turn the two halves of the last axis."""
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)


class Weights:
    """A trained composer, ready to decode: matrices transposed for row vectors, all embedding tables in one."""

    def __init__(self, shape: Shape, tensors: dict[str, Array]) -> None:
        wanted = shape.weights()
        for name, size in wanted.items():
            if name not in tensors or tensors[name].shape != size:
                raise ModelError(f"the composer's weights do not fit this version: {name} should be {size}; install daiw again")
        self.shape = shape
        self.tables = np.concatenate([tensors[f"feature.{name}"] for name, _ in shape.table.features])
        sizes = [size for _, size in shape.table.features]
        self.offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        self.controls = [tensors[f"control.{name}"] for name, _ in shape.table.controls]
        sizes = [size for _, size in shape.table.controls]
        self.control_offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        self.matrices = {
            name: np.ascontiguousarray(tensors[name].T)
            for name in wanted
            if not name.startswith(("feature.", "control.")) and not name.endswith("cross_bias")
        }
        self.biases = {i: tensors[f"{i}.cross_bias"] for i in shape.cross}


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the controls of a window become, once per window: (rows, bars, ...) arrays, and the memory's keys and values."""

    added: Array
    scales: tuple[Array, ...]
    keys: dict[int, Array]
    values: dict[int, Array]


class Decoder:
    """Rows of token streams under their controls.

    controls: (rows, window_bars, number of controls).  capacity: the most tokens a row may hold.
    """

    def __init__(self, weights: Weights, controls: NDArray[np.int64], capacity: int) -> None:
        self.weights, self.shape = weights, weights.shape
        self.rows, self.length = len(controls), 0
        shape = self.shape
        self.keys = np.zeros((shape.layers, self.rows, capacity, shape.head), np.float32)
        self.values = np.zeros_like(self.keys)
        self.conditions = self._conditions(controls)

    def _conditions(self, controls: NDArray[np.int64]) -> Conditions:
        shape, matrices = self.shape, self.weights.matrices
        wanted = (shape.window_bars, len(shape.table.controls))
        if controls.shape[1:] != wanted:
            raise ValueError(f"controls must be (rows, {wanted[0]}, {wanted[1]}), got {controls.shape}")
        told = norm(np.sum([table[controls[..., i]] for i, table in enumerate(self.weights.controls)], axis=0, dtype=np.float32))
        memory = told.reshape(self.rows, shape.phrases, PHRASE_BARS, -1).mean(axis=2)
        both = {i: memory @ matrices[f"{i}.cross_key_value"] for i in shape.cross}
        return Conditions(
            told @ matrices["control_in"],
            tuple(1.0 + told @ matrices[f"{i}.scale"] for i in range(shape.layers)),
            {i: pair[..., : shape.head] for i, pair in both.items()},
            {i: pair[..., shape.head :] for i, pair in both.items()},
        )

    def extend(self, features: NDArray[np.int64], bars: NDArray[np.int64]) -> Array:
        """Logits (rows, n, vocabulary) after n more tokens a row.  features: (rows, n, number of features).  bars: (rows, n), from 0."""
        weights, shape, count = self.weights, self.shape, features.shape[1]
        if self.length + count > self.keys.shape[2]:
            raise ValueError(f"room for {self.keys.shape[2]} tokens, {self.length + count} asked for")
        rows = np.arange(self.rows)[:, None]
        x: Array = weights.tables[features + weights.offsets].sum(axis=2, dtype=np.float32) + self.conditions.added[rows, bars]
        turn = rotary(self.length, count, shape.head)
        distance = np.arange(shape.phrases) - (bars // PHRASE_BARS)[..., None] + shape.phrases - 1
        for i in range(shape.layers):
            scale = self.conditions.scales[i][rows, bars]
            x = x + self._attend(i, norm(x) * scale[..., : shape.width], *turn)
            if i in shape.cross:
                x = x + self._cross(i, norm(x), distance)
            both = (norm(x) * scale[..., shape.width :]) @ weights.matrices[f"{i}.gate_up"]
            x = x + (silu(both[..., : shape.inner]) * both[..., shape.inner :]) @ weights.matrices[f"{i}.down"]
        self.length += count
        logits: Array = norm(x) @ weights.matrices["head"]
        return logits

    def _attend(self, i: int, x: Array, cos: Array, sin: Array) -> Array:
        """Attention of the new tokens to all so far; one key-value head for all query heads."""
        shape, matrices, (rows, count, _) = self.shape, self.weights.matrices, x.shape
        query = (x @ matrices[f"{i}.query"]).reshape(rows, count, shape.heads, shape.head)
        both = x @ matrices[f"{i}.key_value"]
        end = self.length + count
        self.keys[i, :, self.length : end] = rotate(norm(both[..., : shape.head]), cos, sin)
        self.values[i, :, self.length : end] = both[..., shape.head :]
        turned = rotate(norm(query), cos[:, None], sin[:, None]).reshape(rows, count * shape.heads, shape.head)
        scores = (turned @ self.keys[i, :, :end].transpose(0, 2, 1)).reshape(rows, count, shape.heads, end) * np.float32(
            2.0 * shape.head**-0.5
        )
        if count > 1:
            hidden = np.arange(end)[None] > (self.length + np.arange(count))[:, None]
            scores = np.where(hidden[None, :, None], np.float32(-1e9), scores)
        chances = softmax(scores).reshape(rows, count * shape.heads, end)
        mixed = (chances @ self.values[i, :, :end]).reshape(rows, count, shape.width)
        result: Array = mixed @ matrices[f"{i}.out"]
        return result

    def _cross(self, i: int, x: Array, distance: NDArray[np.int64]) -> Array:
        """Attention to the memory of phrases, biased by how many phrases away each is."""
        shape, matrices, (rows, count, _) = self.shape, self.weights.matrices, x.shape
        query = (x @ matrices[f"{i}.cross_query"]).reshape(rows, count * shape.heads, shape.head)
        scores = (query @ self.conditions.keys[i].transpose(0, 2, 1)).reshape(rows, count, shape.heads, -1) * np.float32(shape.head**-0.5)
        scores = scores + self.weights.biases[i][distance].transpose(0, 1, 3, 2)
        mixed = (softmax(scores).reshape(rows, count * shape.heads, -1) @ self.conditions.values[i]).reshape(rows, count, shape.width)
        result: Array = mixed @ matrices[f"{i}.cross_out"]
        return result

    def keep(self, rows: NDArray[np.int64]) -> None:
        """Go on with copies of these rows, in this order (duplicates allowed); their controls go with them."""
        self.keys, self.values = self.keys[:, rows].copy(), self.values[:, rows].copy()
        kept = self.conditions
        self.conditions = Conditions(
            kept.added[rows],
            tuple(scale[rows] for scale in kept.scales),
            {i: key[rows] for i, key in kept.keys.items()},
            {i: value[rows] for i, value in kept.values.items()},
        )
        self.rows = len(rows)
