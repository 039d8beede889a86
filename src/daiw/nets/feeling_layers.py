"""The last two layers of the text encoder, trained to hear feelings, as an ONNX graph built from their weights.

all-MiniLM-L6-v2 puts texts on one topic near each other, whatever is felt about it.  These layers go on from its fourth layer and were
trained on what texts express (`train/feeling_layers.py`); a text is read once, and its meaning comes from the package's own last layers.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from daiw.errors import ModelError
from daiw.nets.onnx_model import MICROSOFT, Graph
from daiw.nets.tensor_file import read_tensors
from daiw.nets.text_encoder import EMBEDDING_SIZE, pooled

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

LAYERS_PATH = Path(__file__).parents[1] / "models" / "emotion" / "layers.safetensors"
LAYERS, HEADS, HEAD, INNER = 2, 12, 32, 1536
EPSILON = 1e-12

Array = NDArray[np.float32]


def shapes() -> dict[str, tuple[int, ...]]:
    """Name -> shape of every weight; matrices are (in, out)."""
    one = {
        "query": (EMBEDDING_SIZE, EMBEDDING_SIZE), "key": (EMBEDDING_SIZE, EMBEDDING_SIZE), "value": (EMBEDDING_SIZE, EMBEDDING_SIZE),
        "out": (EMBEDDING_SIZE, EMBEDDING_SIZE), "up": (EMBEDDING_SIZE, INNER), "down": (INNER, EMBEDDING_SIZE),
    }  # fmt: skip
    found: dict[str, tuple[int, ...]] = {}
    for i in range(LAYERS):
        for name, shape in one.items():
            found |= {f"{i}.{name}": shape, f"{i}.{name}.bias": shape[1:]}
        for norm in ("attended", "thought"):
            found |= {f"{i}.{norm}.scale": (EMBEDDING_SIZE,), f"{i}.{norm}.bias": (EMBEDDING_SIZE,)}
    return found


def feeling_graph(weights: dict[str, Array]) -> bytes:
    """A model from `states` (tokens, 384) to `felt` (tokens, 384): layers of a BERT encoder (Devlin et al. 2019), normed after each sum."""
    g = Graph()

    def linear(x: str, name: str) -> str:
        return g.op("Add", g.op("MatMul", x, g.constant(weights[name])), g.constant(weights[f"{name}.bias"]))

    def norm(x: str, name: str, into: str = "") -> str:
        scale, bias = g.constant(weights[f"{name}.scale"]), g.constant(weights[f"{name}.bias"])
        return g.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=EPSILON, into=into)

    x = g.input("states", "float32", "tokens", EMBEDDING_SIZE)
    for i in range(LAYERS):
        split = {name: g.op("Reshape", linear(x, f"{i}.{name}"), g.shape(0, HEADS, HEAD)) for name in ("query", "key", "value")}
        query, value = (g.op("Transpose", split[name], perm=(1, 0, 2)) for name in ("query", "value"))
        near = g.op("MatMul", query, g.op("Transpose", split["key"], perm=(1, 2, 0)))
        attention = g.op("Softmax", g.op("Mul", near, g.constant(np.array(HEAD**-0.5, np.float32))), axis=-1)
        heard = g.op("Transpose", g.op("MatMul", attention, value), perm=(1, 0, 2))
        x = norm(g.op("Add", x, linear(g.op("Reshape", heard, g.shape(0, EMBEDDING_SIZE)), f"{i}.out")), f"{i}.attended")
        inner = g.op("Gelu", linear(x, f"{i}.up"), domain=MICROSOFT)
        x = norm(g.op("Add", x, linear(inner, f"{i}.down")), f"{i}.thought", "felt" if i == LAYERS - 1 else "")
    g.output(x, "float32", "tokens", EMBEDDING_SIZE)
    return bytes(g)


class FeelingLayers:
    """The layers, loaded at the first text."""

    def __init__(self, path: Path = LAYERS_PATH) -> None:
        self._path = path

    @cached_property
    def _session(self) -> "InferenceSession":
        import onnxruntime

        weights, _ = read_tensors(self._path)
        if {name: array.shape for name, array in weights.items()} != shapes():
            raise ModelError(f"{self._path}: the layers that hear feelings have the shape of another version; reinstall daiw")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(feeling_graph(weights), options, providers=["CPUExecutionProvider"])

    def load(self) -> None:
        """Load the weights; raises ModelError.  Otherwise the first text does, which two threads should not do at once."""
        _ = self._session

    def vector(self, windows: Sequence[Array]) -> Array:
        """(384,), unit length: what is felt in a text whose windows have these states, (tokens, 384) each."""
        return pooled([self._session.run(["felt"], {"states": states})[0] for states in windows])
