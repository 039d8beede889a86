"""The writers' network over one more token in every row, as an ONNX graph."""

from daiw.nets.decoder_graph import EPSILON, Network, Writer
from daiw.nets.onnx_model import MICROSOFT


class Step(Writer):
    """One token a row.  Rows lie in equal groups; what rows wrote is their own, a context is a group's where it is `shared`."""

    def __init__(self, weights: Network, *, int8: bool, shared: bool) -> None:
        super().__init__(weights, ("rows",), int8=int8)
        g = self.graph
        self.shared = shared
        self.start, self.slots = g.input("start", "int64", 1), g.input("slots", "int64", "rows", 1, 1, 2)
        self.by_group, self.phrases_by_group = g.input("by_group", "int64", 3), g.input("phrases_by_group", "int64", 3)
        self.mask = g.input("mask", "float32", "heard")
        if shared:
            self.sizes, self.by_row = g.input("sizes", "int64", 2), g.input("by_row", "int64", 3)
            self.heard_by_group = g.input("heard_by_group", "int64", 3)

    def attend(self, i: int, x: str) -> str:
        """What layer `i` takes from the tokens before and from this one."""
        g, heads, head = self.graph, self.shape.heads, self.shape.head
        turned, value = g.several(
            "Split", (f"turned{i}", f"value{i}"), self.shape_of(self.fused(i, x), heads + 2, 1, head), g.shape(heads + 1, 1), axis=1
        )
        normed = g.op("SimplifiedLayerNormalization", turned, self.halves, axis=-1, epsilon=EPSILON)
        query, key = g.several(
            "Split", (f"query{i}", f"key{i}"), g.op("RotaryEmbedding", normed, self.start, self.cos, self.sin, domain=MICROSOFT),
            g.shape(heads, 1), axis=1,
        )  # fmt: skip
        mixed = self.heard(i, self.shape_of(query, heads, head), key, value)
        return self.matrix(self.shape_of(mixed, self.shape.width), self.weights.matrices[f"{i}.out"])

    def heard(self, i: int, query: str, key: str, value: str) -> str:
        """What queries (rows, heads, head) take from all tokens, this one's key and value (rows, 1, 1, head) among them."""
        g, head = self.graph, self.shape.head
        written = ("float32", "rows", "room", head)
        keys, values = (self.with_new(name, new, self.slots, *written) for name, new in ((f"keys{i}", key), (f"values{i}", value)))
        scores = g.op("FusedMatMul", query, keys, domain=MICROSOFT, transB=1)
        if self.shared:
            return self.beside_context(i, query, scores, values)
        return g.op("MatMul", g.op("Softmax", g.op("Add", scores, self.mask), axis=-1), values)

    def beside_context(self, i: int, query: str, near: str, values: str) -> str:
        """Attention to the group's context and to what the row wrote, for which there are scores, `near`, and values."""
        g, heads, head = self.graph, self.shape.heads, self.shape.head
        shared_keys = g.input(f"shared_keys{i}", "float32", "groups", head, "context")
        shared_values = g.input(f"shared_values{i}", "float32", "groups", "context", head)
        far = g.op("Reshape", g.op("MatMul", g.op("Reshape", query, self.by_group), shared_keys), self.by_row)
        chances = g.op("Softmax", g.op("Add", g.op("Concat", far, near, axis=2), self.mask), axis=-1)
        far, near = g.several("Split", (f"far{i}", f"near{i}"), chances, self.sizes, axis=2)
        far = g.op("Reshape", g.op("MatMul", g.op("Reshape", far, self.heard_by_group), shared_values), g.shape(-1, heads, head))
        return g.op("Add", far, g.op("MatMul", near, values))

    def with_new(self, name: str, new: str, slots: str, element: str, *axes: str | int) -> str:
        """What rows wrote, with this token's."""
        g = self.graph
        return g.output(g.op("ScatterND", g.input(name, element, *axes), slots, new, into=f"kept_{name}"), element, *axes)

    def cross(self, i: int, x: str) -> str:
        """What layer `i` takes from the phrases' memory, which is its group's."""
        g, shape = self.graph, self.shape
        keys, values = self.cross_inputs(i, "groups")
        scores = g.op("MatMul", g.op("Reshape", self.cross_query(i, x), self.by_group), keys)
        near = g.op("Reshape", self.nearness(i), self.phrases_by_group)
        chances = g.op("Softmax", g.op("Add", scores, near), axis=-1)
        mixed = g.op("Reshape", g.op("MatMul", chances, values), g.shape(-1, shape.width))
        return self.matrix(mixed, self.weights.matrices[f"{i}.cross_out"])


def step_graph(weights: Network, *, shared: bool) -> bytes:
    """A model in float32 that reads one token in every row, behind a context that its group shares or that lies before what it wrote.

    Inputs as in `context_graph` without n, cross keys and values by groups, and: start (1,), the tokens' position; slots (rows, 1, 1, 2),
    row and place of `room` where its key and value go before it listens; by_group (3,) = groups, -1, head; phrases_by_group (3,) = groups,
    -1, phrases; mask (context + room,), or (room,); keys<i>, values<i> (rows, room, head).  Where shared also: sizes (2,) = context, room;
    by_row (3,) = -1, heads, context; heard_by_group (3,) = groups, -1, context; shared_keys<i> (groups, head, context),
    shared_values<i> (groups, context, head).
    Outputs: logits (rows, vocabulary); kept_keys<i>, kept_values<i>, the inputs with what was added, which may be the same memory.
    """
    return Step(weights, int8=False, shared=shared).whole()
