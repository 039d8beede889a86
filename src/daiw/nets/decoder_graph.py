"""The writers' arithmetic as ONNX graphs built from their weights: one reads a whole context, one takes a step in every row.

Both are twins of `nets.transformer` and of torch's model in `daiw.train.model`.  Rows that go on from one context share its keys and
values.  Matrices are float32, or int8 with a scale for every output channel, what they multiply being quantised as it comes (ONNX Runtime's
DynamicQuantizeMatMul; the scheme of Jacob et al. 2018).  On x86 processors without VNNI, products of an unsigned by a signed byte saturate
(OpenVINO, "Saturation (overflow) issue workaround"): there the weights are unsigned, about a zero of 128, which gives the same numbers.
"""

from abc import ABC, abstractmethod
from functools import cache

import numpy as np

from daiw.nets.onnx_model import MICROSOFT, Graph
from daiw.nets.transformer import Array, Weights, rotary

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


class _Writer(ABC):
    """What both graphs have in common: embedding, norms, feed-forward and head around an attention of their own.

    axes: names of the leading dimensions, ("rows", "n") or ("rows",).
    """

    def __init__(self, weights: Weights, axes: tuple[str, ...], *, int8: bool) -> None:
        self.weights, self.shape, self.axes, self.int8 = weights, weights.shape, axes, int8
        self.graph = Graph()
        g, shape = self.graph, self.shape
        self.kept = (0,) * len(axes)
        self.ones = g.constant(np.ones(shape.width, np.float32))
        self.halves = g.constant(np.full(shape.head, np.sqrt(2.0 * shape.head**-0.5), np.float32))
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


class _Context(_Writer):
    """All tokens at once."""

    def __init__(self, weights: Weights, *, int8: bool) -> None:
        super().__init__(weights, ("rows", "n"), int8=int8)
        self.mask = self.graph.input("mask", "float32", "n", "n")

    def attend(self, i: int, x: str) -> str:
        g, shape = self.graph, self.shape
        turned, value = g.several(
            "Split", (f"turned{i}", f"value{i}"), self.shape_of(self.fused(i, x), shape.heads + 2, shape.head), g.shape(shape.heads + 1, 1),
            axis=2,
        )  # fmt: skip
        normed = g.op("SimplifiedLayerNormalization", turned, self.halves, axis=-1, epsilon=EPSILON)
        first = g.constant(np.zeros(1, np.int64))
        flat = self.shape_of(normed, (shape.heads + 1) * shape.head)
        query, key = g.several(
            "Split", (f"query{i}", f"key{i}"), g.op("RotaryEmbedding", flat, first, self.cos, self.sin, domain=MICROSOFT),
            g.shape(shape.width, shape.head), axis=2,
        )  # fmt: skip
        keys = g.op("Transpose", key, into=f"keys{i}", perm=(0, 2, 1))
        values = g.op("Reshape", value, g.shape(0, 0, shape.head), into=f"values{i}")
        g.output(keys, "float32", "rows", shape.head, "n")
        g.output(values, "float32", "rows", "n", shape.head)
        heads = g.op("Transpose", self.shape_of(query, shape.heads, shape.head), perm=(0, 2, 1, 3))
        scores = g.op("Add", g.op("MatMul", heads, g.op("Unsqueeze", keys, g.shape(1))), self.mask)
        mixed = g.op("MatMul", g.op("Softmax", scores, axis=-1), g.op("Unsqueeze", values, g.shape(1)))
        flat = self.shape_of(g.op("Transpose", mixed, perm=(0, 2, 1, 3)), shape.width)
        return self.matrix(flat, self.weights.matrices[f"{i}.out"])

    def cross(self, i: int, x: str) -> str:
        g, shape = self.graph, self.shape
        keys, values = self.cross_inputs(i, "rows")
        query = self.shape_of(self.cross_query(i, x), shape.heads, shape.head)
        scores = g.op("Add", g.op("MatMul", query, g.op("Unsqueeze", keys, g.shape(1))), self.nearness(i))
        mixed = g.op("MatMul", g.op("Softmax", scores, axis=-1), g.op("Unsqueeze", values, g.shape(1)))
        return self.matrix(self.shape_of(mixed, shape.width), self.weights.matrices[f"{i}.cross_out"])


class _Step(_Writer):
    """One token a row.  Rows lie in equal groups that share a context; what rows wrote since is their own."""

    def __init__(self, weights: Weights, *, int8: bool) -> None:
        super().__init__(weights, ("rows",), int8=int8)
        g = self.graph
        self.start, self.slots = g.input("start", "int64", 1), g.input("slots", "int64", "rows", 1, 1, 2)
        self.sizes, self.by_row = g.input("sizes", "int64", 2), g.input("by_row", "int64", 3)
        self.by_group, self.heard_by_group = g.input("by_group", "int64", 3), g.input("heard_by_group", "int64", 3)
        self.phrases_by_group = g.input("phrases_by_group", "int64", 3)
        self.mask = g.input("mask", "float32", "heard")

    def attend(self, i: int, x: str) -> str:
        g, shape = self.graph, self.shape
        heads, head = shape.heads, shape.head
        shared_keys = g.input(f"shared_keys{i}", "float32", "groups", head, "context")
        shared_values = g.input(f"shared_values{i}", "float32", "groups", "context", head)
        turned, value = g.several(
            "Split", (f"turned{i}", f"value{i}"), self.shape_of(self.fused(i, x), heads + 2, 1, head), g.shape(heads + 1, 1), axis=1
        )
        normed = g.op("SimplifiedLayerNormalization", turned, self.halves, axis=-1, epsilon=EPSILON)
        query, key = g.several(
            "Split", (f"query{i}", f"key{i}"), g.op("RotaryEmbedding", normed, self.start, self.cos, self.sin, domain=MICROSOFT),
            g.shape(heads, 1), axis=1,
        )  # fmt: skip
        keys = self.with_new(f"keys{i}", key)
        values = self.with_new(f"values{i}", value)
        far = g.op("Reshape", g.op("MatMul", g.op("Reshape", query, self.by_group), shared_keys), self.by_row)
        near = g.op("FusedMatMul", self.shape_of(query, heads, head), keys, domain=MICROSOFT, transB=1)
        chances = g.op("Softmax", g.op("Add", g.op("Concat", far, near, axis=2), self.mask), axis=-1)
        far, near = g.several("Split", (f"far{i}", f"near{i}"), chances, self.sizes, axis=2)
        far = g.op("Reshape", g.op("MatMul", g.op("Reshape", far, self.heard_by_group), shared_values), g.shape(-1, heads, head))
        mixed = g.op("Add", far, g.op("MatMul", near, values))
        return self.matrix(self.shape_of(mixed, shape.width), self.weights.matrices[f"{i}.out"])

    def with_new(self, name: str, new: str) -> str:
        """What rows wrote, with this token's."""
        g, head = self.graph, self.shape.head
        result = g.op("ScatterND", g.input(name, "float32", "rows", "room", head), self.slots, new, into=f"kept_{name}")
        return g.output(result, "float32", "rows", "room", head)

    def cross(self, i: int, x: str) -> str:
        g, shape = self.graph, self.shape
        keys, values = self.cross_inputs(i, "groups")
        scores = g.op("MatMul", g.op("Reshape", self.cross_query(i, x), self.by_group), keys)
        near = g.op("Reshape", self.nearness(i), self.phrases_by_group)
        chances = g.op("Softmax", g.op("Add", scores, near), axis=-1)
        mixed = g.op("Reshape", g.op("MatMul", chances, values), g.shape(-1, shape.width))
        return self.matrix(mixed, self.weights.matrices[f"{i}.cross_out"])


def context_graph(weights: Weights, *, int8: bool) -> bytes:
    """A model that reads n tokens a row.

    Inputs: features (rows, n, columns), the tables' offsets added; place (rows, n), of rows of `conditions`; phrase (rows, n), of the bar;
    mask (n, n), added to scores; conditions (places, (1 + 2 * layers) * width); cross<i>_keys (rows, head, phrases), cross<i>_values
    (rows, phrases, head).  Outputs: logits (rows, n, vocabulary), keys<i> (rows, head, n), values<i> (rows, n, head).
    """
    return _Context(weights, int8=int8).whole()


def step_graph(weights: Weights, *, int8: bool) -> bytes:
    """A model that reads one token in every row.

    Inputs as above without n, cross keys and values by groups, and: start (1,), the tokens' position; slots (rows, 1, 1, 2), row and place
    of `room` where its key and value go before it listens; sizes (2,) = context, room; by_row (3,) = -1, heads, context; by_group (3,) =
    groups, -1, head; heard_by_group (3,) = groups, -1, context; phrases_by_group (3,) = groups, -1, phrases; mask (context + room,);
    shared_keys<i> (groups, head, context), shared_values<i> (groups, context, head); keys<i>, values<i> (rows, room, head).
    Outputs: logits (rows, vocabulary); kept_keys<i>, kept_values<i>, the inputs with what was added, which may be the same memory.
    """
    return _Step(weights, int8=int8).whole()
