"""The harmony network's arithmetic in numpy, with a cache of keys and values; the twin of `daiw.train.harmony_model`."""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daiw.errors import ModelError
from daiw.nets.harmony_shape import HarmonyShape
from daiw.nets.tensor_file import read_tensors
from daiw.nets.transformer import Array, norm, rotary, rotate, silu, softmax
from daiw.tokens.harmony import FEATURES

MODEL_FOLDER = Path(__file__).parent.parent / "models" / "harmony"
WEIGHTS_PATH = MODEL_FOLDER / "harmony.safetensors"
MOST_LAYERS = 64


class HarmonyWeights:
    """A trained network ready to decode: matrices transposed for row vectors, all embedding tables in one."""

    def __init__(self, shape: HarmonyShape, tensors: dict[str, Array]) -> None:
        for name, size in shape.weights().items():
            if name not in tensors or tensors[name].shape != size:
                raise ModelError(
                    f"the harmony weights do not fit this version: {name} should be {size}; install daiw again, or train your own again"
                )
        self.shape = shape
        self.tables = np.concatenate([tensors[f"feature.{name}"] for name in FEATURES])
        sizes = [len(tensors[f"feature.{name}"]) for name in FEATURES]
        self.offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        self.biases: dict[int, Array] = {}
        self.matrices = {name: np.ascontiguousarray(tensors[name].T) for name in shape.weights() if not name.startswith("feature.")}


@lru_cache(maxsize=2)
def load_harmony(path: Path = WEIGHTS_PATH) -> HarmonyWeights:
    """The trained weights, read once; raises ModelError where they are missing, damaged or of another version."""
    tensors, about = read_tensors(path)
    try:
        shape = HarmonyShape(**json.loads(about["shape"]))
        if shape.layers > MOST_LAYERS:
            raise ValueError("too many layers")
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not the weights of a harmony network; install daiw again") from error
    return HarmonyWeights(shape, dict(tensors))


class HarmonyDecoder:
    """Rows of streams that grow together.  capacity: the most tokens a row may hold."""

    def __init__(self, weights: HarmonyWeights, rows: int, capacity: int) -> None:
        self.weights, self.shape, self.length = weights, weights.shape, 0
        self.keys = np.zeros((self.shape.layers, rows, capacity, self.shape.head), np.float32)
        self.values = np.zeros_like(self.keys)

    def extend(self, features: NDArray[np.int64]) -> Array:
        """Logits (rows, SIZE) after n more tokens a row; features: (rows, n, len(FEATURES)).  Raises ValueError where they do not fit."""
        logits: Array = norm(self._states(features)[:, -1]) @ self.weights.matrices["head"]
        return logits

    def extend_each(self, features: NDArray[np.int64]) -> Array:
        """Logits (rows, n, SIZE) after each of n more tokens a row; otherwise as `extend`."""
        logits: Array = norm(self._states(features)) @ self.weights.matrices["head"]
        return logits

    def _states(self, features: NDArray[np.int64]) -> Array:
        """(rows, n, width) after n more tokens a row."""
        shape, matrices, (rows, count, _) = self.shape, self.weights.matrices, features.shape
        end = self.length + count
        if end > self.keys.shape[2]:
            raise ValueError(f"room for {self.keys.shape[2]} tokens, {end} asked for")
        x: Array = self.weights.tables[features + self.weights.offsets].sum(axis=2, dtype=np.float32)
        cos, sin = rotary(self.length, count, shape.head)
        hidden = np.arange(end)[None] > (self.length + np.arange(count))[:, None]
        for i in range(shape.layers):
            h = norm(x)
            query = (h @ matrices[f"{i}.query"]).reshape(rows, count, shape.heads, shape.head)
            both = h @ matrices[f"{i}.key_value"]
            self.keys[i, :, self.length : end] = rotate(norm(both[..., : shape.head]), cos, sin)
            self.values[i, :, self.length : end] = both[..., shape.head :]
            turned = rotate(norm(query), cos[:, None], sin[:, None]).reshape(rows, count * shape.heads, shape.head)
            scores = (turned @ self.keys[i, :, :end].transpose(0, 2, 1)).reshape(rows, count, shape.heads, end)
            scores = np.where(hidden[None, :, None], np.float32(-1e9), scores * np.float32(2.0 * shape.head**-0.5))
            mixed = softmax(scores).reshape(rows, count * shape.heads, end) @ self.values[i, :, :end]
            x = x + mixed.reshape(rows, count, shape.width) @ matrices[f"{i}.out"]
            gate, up = np.split(norm(x) @ matrices[f"{i}.gate_up"], 2, axis=-1)
            x = x + (silu(gate) * up) @ matrices[f"{i}.down"]
        self.length = end
        return x

    def keep(self, rows: NDArray[np.int64]) -> None:
        """Go on with copies of these rows, in this order; duplicates allowed."""
        self.keys, self.values = self.keys[:, rows].copy(), self.values[:, rows].copy()
