"""The writers' arithmetic as ONNX graphs built from their weights, but for attention: `context_graph` and `step_graph` have each its own.

They are twins of `nets.transformer` and of torch's model in `daiw.train.model`.  Matrices are float32, or int8 with a scale for every
output channel, what they multiply being quantised as it comes (ONNX Runtime's DynamicQuantizeMatMul; the scheme of Jacob et al. 2018).
On x86 processors without VNNI, products of an unsigned by a signed byte saturate (OpenVINO, "Saturation (overflow) issue workaround"):
there the weights are unsigned, about a zero of 128, which gives the same numbers.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daiw.nets.onnx_model import MICROSOFT, Graph
from daiw.nets.transformer import Array, rotary
from daiw.tokens.layout import Layout

POSITIONS = 8192
"""The longest row that the tables of rotations cover."""

EPSILON = 1e-5

ZERO = 128
"""The level that stands for a weight of 0."""


def quantised(graph: Graph, x: str, weight: Array) -> str:
    """x @ weight, (in, out), in bytes with one scale for every output channel."""
    scale = np.maximum(np.abs(weight).max(axis=0), 1e-12).astype(np.float32) / np.float32(127.0)
    levels = np.rint(weight / scale)
    if signed_bytes_are_exact():
        return graph.op("DynamicQuantizeMatMul", x, graph.constant(levels.astype(np.int8)), graph.constant(scale), domain=MICROSOFT)
    unsigned, zero = graph.constant((levels + ZERO).astype(np.uint8)), graph.constant(np.full(len(scale), ZERO, np.uint8))
    return graph.op("DynamicQuantizeMatMul", x, unsigned, graph.constant(scale), zero, domain=MICROSOFT)


@cache
def signed_bytes_are_exact() -> bool:
    """Whether this processor multiplies unsigned by signed bytes without loss, found by multiplying the largest there are."""
    import onnxruntime

    graph, full = Graph(), np.full((64, 16), 127, np.int8)
    product = graph.op("MatMulInteger", graph.input("x", "uint8", "rows", 64), graph.constant(full), into="y")
    graph.output(product, "int32", "rows", 16)
    session = onnxruntime.InferenceSession(bytes(graph), providers=["CPUExecutionProvider"])
    found = session.run(None, {"x": np.full((8, 64), 255, np.uint8)})[0]
    return bool((found == 255 * 127 * 64).all())


def key_size(head: int) -> float:
    """The root mean square of keys, and of queries, once normed, by which their products are scaled."""
    return float(np.sqrt(2.0 * head**-0.5))


class Dimensions(Protocol):
    """A network's size; fields as in `transformer_shape.Shape`."""

    @property
    def width(self) -> int: ...  # noqa: D102
    @property
    def layers(self) -> int: ...  # noqa: D102
    @property
    def heads(self) -> int: ...  # noqa: D102
    @property
    def head(self) -> int: ...  # noqa: D102
    @property
    def inner(self) -> int: ...  # noqa: D102
    @property
    def cross(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def phrases(self) -> int: ...  # noqa: D102
    @property
    def window_bars(self) -> int: ...  # noqa: D102
    @property
    def table(self) -> Layout: ...  # noqa: D102


class Network(Protocol):
    """Weights ready to decode; fields as in `transformer.Weights`."""

    @property
    def shape(self) -> Dimensions: ...  # noqa: D102
    @property
    def tables(self) -> Array: ...  # noqa: D102
    @property
    def offsets(self) -> NDArray[np.int64]: ...  # noqa: D102
    @property
    def matrices(self) -> Mapping[str, Array]: ...  # noqa: D102
    @property
    def biases(self) -> Mapping[int, Array]: ...  # noqa: D102


class Writer(ABC):
    """What the graphs have in common: embedding, norms, feed-forward and head around an attention of their own.

    axes: names of the leading dimensions, ("rows", "n") or ("rows",).
    """

    def __init__(self, weights: Network, axes: tuple[str, ...], *, int8: bool) -> None:
        self.weights, self.shape, self.axes, self.int8 = weights, weights.shape, axes, int8
        self.graph = Graph()
        g, shape = self.graph, self.shape
        self.kept = (0,) * len(axes)
        self.ones = g.constant(np.ones(shape.width, np.float32))
        self.halves = g.constant(np.full(shape.head, key_size(shape.head), np.float32))
        self.cos, self.sin = (g.constant(table) for table in rotary(0, POSITIONS, shape.head))
        self.features = g.input("features", "int64", *axes, len(shape.table.features))
        self.place, self.phrase = g.input("place", "int64", *axes), g.input("phrase", "int64", *axes)

    def matrix(self, x: str, weight: Array) -> str:
        """x @ weight, which is (in, out)."""
        return quantised(self.graph, x, weight) if self.int8 else self.graph.op("MatMul", x, self.graph.constant(weight))

    def shape_of(self, x: str, *dims: int) -> str:
        """x with its last axes reshaped to `dims`."""
        return self.graph.op("Reshape", x, self.graph.shape(*self.kept, *dims))

    def whole(self) -> bytes:
        """The model."""
        g, shape, matrices = self.graph, self.shape, self.weights.matrices
        last = len(self.axes)
        table = g.input("conditions", "float32", "places", (1 + 2 * shape.layers) * shape.width)
        told = g.several(
            "Split", ("told", *(f"scale{i}" for i in range(2 * shape.layers))), g.op("Gather", table, self.place, axis=0),
            g.shape(*(shape.width,) * (1 + 2 * shape.layers)), axis=last,
        )  # fmt: skip
        embedded = g.op("Gather", g.constant(self.weights.tables), self.features, axis=0)
        x, joined = g.op("ReduceSum", embedded, g.shape(last), keepdims=0), told[0]
        for i in range(shape.layers):
            x, h = self.normed(x, joined)
            joined = self.attend(i, g.op("Mul", h, told[1 + 2 * i]))
            if i in shape.cross:
                x, h = self.normed(x, joined)
                joined = self.cross(i, h)
            x, h = self.normed(x, joined)
            both = self.matrix(g.op("Mul", h, told[2 + 2 * i]), matrices[f"{i}.gate_up"])
            gate, up = g.several("Split", (f"gate{i}", f"up{i}"), both, g.shape(shape.inner, shape.inner), axis=last)
            joined = self.matrix(g.op("Mul", g.op("QuickGelu", gate, domain=MICROSOFT, alpha=1.0), up), matrices[f"{i}.down"])
        logits = g.op("Identity", self.matrix(self.normed(x, joined)[1], matrices["head"]), into="logits")
        g.output(logits, "float32", *self.axes, shape.table.vocabulary)
        return bytes(g)

    def normed(self, x: str, joined: str) -> tuple[str, str]:
        """(x + joined, its root-mean-square norm)."""
        number = len(self.graph.nodes)
        norm, _, _, total = self.graph.several(
            "SkipSimplifiedLayerNormalization", (f"norm{number}", "", "", f"sum{number}"), x, joined, self.ones, domain=MICROSOFT,
            epsilon=EPSILON,
        )  # fmt: skip
        return total, norm

    def fused(self, i: int, x: str) -> str:
        """Queries, keys and values in one product."""
        matrices = self.weights.matrices
        return self.matrix(x, np.concatenate([matrices[f"{i}.query"], matrices[f"{i}.key_value"]], axis=1))

    def cross_query(self, i: int, x: str) -> str:
        """Queries to the phrases' memory, scaled already."""
        return self.matrix(x, self.weights.matrices[f"{i}.cross_query"] * np.float32(self.shape.head**-0.5))

    def cross_inputs(self, i: int, rows: str) -> tuple[str, str]:
        """The memory's keys and values."""
        shape = self.shape
        keys = self.graph.input(f"cross{i}_keys", "float32", rows, shape.head, shape.phrases)
        return keys, self.graph.input(f"cross{i}_values", "float32", rows, shape.phrases, shape.head)

    def nearness(self, i: int) -> str:
        """The bias of every phrase, heads by phrases, for where the token stands."""
        here = np.arange(self.shape.phrases)
        bias = self.weights.biases[i][here[None] - here[:, None] + self.shape.phrases - 1]
        return self.graph.op("Gather", self.graph.constant(bias.transpose(0, 2, 1)), self.phrase, axis=0)

    @abstractmethod
    def attend(self, i: int, x: str) -> str:
        """What layer `i` takes from the tokens before."""

    @abstractmethod
    def cross(self, i: int, x: str) -> str:
        """What layer `i` takes from the phrases' memory."""
