"""The writers' arithmetic as ONNX graphs built from their weights: one reads a whole context, one takes a step in every row.

Both are twins of `nets.transformer` and of torch's model in `daiw.train.model`.  Rows that go on from one context share its keys and
values.  Matrices are float32, or int8 with a scale for every output channel, what they multiply being quantised as it comes (ONNX
Runtime's DynamicQuantizeMatMul; the scheme of Jacob et al. 2018).
"""

import numpy as np

from daiw.nets.onnx_model import MICROSOFT, Graph
from daiw.nets.transformer import Array, Weights, rotary

POSITIONS = 8192
"""The longest row that the tables of rotations cover."""

EPSILON = 1e-5


class _Writer:
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
        self.mask = g.input("mask", "float32", *axes[1:], "heard")

    def matrix(self, x: str, weight: Array) -> str:
        """x @ weight, which is (in, out)."""
        g = self.graph
        if not self.int8:
            return g.op("MatMul", x, g.constant(weight))
        scale = np.maximum(np.abs(weight).max(axis=0), 1e-12).astype(np.float32) / np.float32(127.0)
        return g.op("DynamicQuantizeMatMul", x, g.constant(np.rint(weight / scale).astype(np.int8)), g.constant(scale), domain=MICROSOFT)

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
        self.finish(self.matrix(self.normed(x, joined)[1], matrices["head"]))
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

    def attend(self, i: int, x: str) -> str:
        raise NotImplementedError

    def cross(self, i: int, x: str) -> str:
        raise NotImplementedError

    def finish(self, logits: str) -> None:
        """Declare the outputs."""
        self.graph.op("Identity", logits, into="logits")
        self.graph.output("logits", "float32", *self.axes, self.shape.table.vocabulary)


class _Context(_Writer):
    """All tokens at once."""

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
        self.start, self.sizes = g.input("start", "int64", 1), g.input("sizes", "int64", 3)
        self.by_group, self.by_row = g.input("by_group", "int64", 3), g.input("by_row", "int64", 3)
        self.group_chances, self.group_phrases = g.input("group_chances", "int64", 3), g.input("group_phrases", "int64", 3)
        self.new_keys: list[str] = []
        self.new_values: list[str] = []

    def attend(self, i: int, x: str) -> str:
        g, shape = self.graph, self.shape
        heads, head = shape.heads, shape.head
        shared_keys = g.input(f"shared{i}_keys", "float32", "groups", head, "context")
        shared_values = g.input(f"shared{i}_values", "float32", "groups", "context", head)
        own_keys = g.input(f"own{i}_keys", "float32", "rows", head, "room")
        own_values = g.input(f"own{i}_values", "float32", "rows", "room", head)
        turned, value = g.several(
            "Split", (f"turned{i}", f"value{i}"), self.shape_of(self.fused(i, x), heads + 2, 1, head), g.shape(heads + 1, 1), axis=1
        )
        normed = g.op("SimplifiedLayerNormalization", turned, self.halves, axis=-1, epsilon=EPSILON)
        query, key = g.several(
            "Split", (f"query{i}", f"key{i}"), g.op("RotaryEmbedding", normed, self.start, self.cos, self.sin, domain=MICROSOFT),
            g.shape(heads, 1), axis=1,
        )  # fmt: skip
        query = self.shape_of(query, heads, head)
        self.new_keys.append(self.shape_of(key, head))
        self.new_values.append(self.shape_of(value, head))
        scores = (
            g.op("Reshape", g.op("MatMul", g.op("Reshape", query, self.by_group), shared_keys), self.by_row),
            g.op("MatMul", query, own_keys),
            g.op("MatMul", query, self.shape_of(key, head, 1)),
        )
        chances = g.op("Softmax", g.op("Add", g.op("Concat", *scores, axis=2), self.mask), axis=-1)
        far, near, here = g.several("Split", (f"far{i}", f"near{i}", f"here{i}"), chances, self.sizes, axis=2)
        mixed = g.op(
            "Sum",
            g.op("Reshape", g.op("MatMul", g.op("Reshape", far, self.group_chances), shared_values), g.shape(-1, heads, head)),
            g.op("MatMul", near, own_values),
            g.op("MatMul", here, self.shape_of(value, 1, head)),
        )
        return self.matrix(self.shape_of(mixed, shape.width), self.weights.matrices[f"{i}.out"])

    def cross(self, i: int, x: str) -> str:
        g, shape = self.graph, self.shape
        keys, values = self.cross_inputs(i, "groups")
        query = g.op("Reshape", self.cross_query(i, x), self.by_group)
        scores = g.op("Reshape", g.op("MatMul", query, keys), g.shape(-1, shape.heads, shape.phrases))
        chances = g.op("Softmax", g.op("Add", scores, self.nearness(i)), axis=-1)
        mixed = g.op("MatMul", g.op("Reshape", chances, self.group_phrases), values)
        return self.matrix(g.op("Reshape", mixed, g.shape(-1, shape.width)), self.weights.matrices[f"{i}.cross_out"])

    def finish(self, logits: str) -> None:
        g, shape = self.graph, self.shape
        super().finish(logits)
        for name, parts in (("new_keys", self.new_keys), ("new_values", self.new_values)):
            g.output(g.op("Concat", *parts, axis=1, into=name), "float32", "rows", shape.layers * shape.head)


def context_graph(weights: Weights, *, int8: bool) -> bytes:
    """A model that reads n tokens a row.

    Inputs: features (rows, n, columns), the tables' offsets added; place (rows, n), of rows of `conditions`; phrase (rows, n), of the bar;
    mask (n, n), added to scores; conditions (places, (1 + 2 * layers) * width); cross<i>_keys (rows, head, phrases), cross<i>_values
    (rows, phrases, head).  Outputs: logits (rows, n, vocabulary), keys<i> (rows, head, n), values<i> (rows, n, head).
    """
    return _Context(weights, ("rows", "n"), int8=int8).whole()


def step_graph(weights: Weights, *, int8: bool) -> bytes:
    """A model that reads one token a row and hears the context of the row's group, the row's own tokens, and this one.

    Inputs as above without n, cross keys and values by groups, and: start (1,), the token's position; sizes (3,) = context, room, 1;
    by_group (3,) = groups, -1, head; by_row (3,) = -1, heads, context; group_chances (3,) = groups, -1, context; group_phrases (3,) =
    groups, -1, phrases; mask (context + room + 1,); shared<i>_keys (groups, head, context), shared<i>_values (groups, context, head);
    own<i>_keys (rows, head, room), own<i>_values (rows, room, head).
    Outputs: logits (rows, vocabulary), new_keys and new_values (rows, layers * head).
    """
    return _Step(weights, int8=int8).whole()
