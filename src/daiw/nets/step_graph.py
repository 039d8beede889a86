"""The writers' network over one more token in every row, as an ONNX graph."""

import numpy as np

from daiw.nets.decoder_graph import EPSILON, Network, Writer, byte_kind, key_scale, zero_level
from daiw.nets.onnx_model import MICROSOFT


class _Step(Writer):
    """One token a row.  Rows lie in equal groups; what rows wrote is their own, a context is a group's where it is `shared`."""

    def __init__(self, weights: Network, *, int8: bool, shared: bool) -> None:
        super().__init__(weights, ("rows",), int8=int8)
        g = self.graph
        self.shared = shared
        self.start, self.slots = g.input("start", "int64", 1), g.input("slots", "int64", "rows", 1, 1, 2)
        self.by_group, self.phrases_by_group = g.input("by_group", "int64", 3), g.input("phrases_by_group", "int64", 3)
        self.mask = g.input("mask", "float32", "room")
        if shared:
            self.sizes, self.by_row = g.input("sizes", "int64", 2), g.input("by_row", "int64", 3)
            self.heard_by_group = g.input("heard_by_group", "int64", 3)

    def attend(self, i: int, x: str) -> str:
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
        g = self.graph
        keys, values = (self.with_new(name, new, self.slots) for name, new in ((f"keys{i}", key), (f"values{i}", value)))
        scores = g.op("Add", g.op("FusedMatMul", query, keys, domain=MICROSOFT, transB=1), self.mask)
        if not self.shared:
            return g.op("MatMul", g.op("Softmax", scores, axis=-1), values)
        far, near = self.apart(i, g.op("Softmax", self.beside_context(i, query, scores), axis=-1))
        return g.op("Add", self.from_context(i, far), g.op("MatMul", near, values))

    def beside_context(self, i: int, query: str, near: str) -> str:
        """The scores of what rows wrote behind those of their group's context."""
        g, heads, head = self.graph, self.shape.heads, self.shape.head
        keys = g.input(f"shared_keys{i}", "float32", "groups", head, "context")
        far = g.op("Reshape", g.op("MatMul", g.op("Reshape", query, self.by_group), keys), self.by_row)
        return g.op("Concat", far, near, axis=2)

    def apart(self, i: int, chances: str) -> tuple[str, ...]:
        """What falls to the context, and what to the rows' own."""
        return self.graph.several("Split", (f"far{i}", f"near{i}"), chances, self.sizes, axis=2)

    def from_context(self, i: int, chances: str) -> str:
        """What rows take from their group's context."""
        g, heads, head = self.graph, self.shape.heads, self.shape.head
        values = g.input(f"shared_values{i}", "float32", "groups", "context", head)
        return g.op("Reshape", g.op("MatMul", g.op("Reshape", chances, self.heard_by_group), values), g.shape(-1, heads, head))

    def with_new(self, name: str, new: str, slots: str, element: str = "float32", last: tuple[str | int, ...] = ()) -> str:
        """What rows wrote, with this token's.  last: its axes behind the rows, (room, head) unless told."""
        g, axes = self.graph, ("rows", *(last or ("room", self.shape.head)))
        return g.output(g.op("ScatterND", g.input(name, element, *axes), slots, new, into=f"kept_{name}"), element, *axes)

    def cross(self, i: int, x: str) -> str:
        g, shape = self.graph, self.shape
        keys, values = self.cross_inputs(i, "groups")
        scores = g.op("MatMul", g.op("Reshape", self.cross_query(i, x), self.by_group), keys)
        near = g.op("Reshape", self.nearness(i), self.phrases_by_group)
        chances = g.op("Softmax", g.op("Add", scores, near), axis=-1)
        mixed = g.op("Reshape", g.op("MatMul", chances, values), g.shape(-1, shape.width))
        return self.matrix(mixed, self.weights.matrices[f"{i}.cross_out"])


class _ByteStep(_Step):
    """The same with keys and values of the rows' own in bytes: a quarter to read, and in integers, which cost half as much.

    What multiplies the values is exp(score - the row's best), at most 1 and so rounded to 255ths: what has less than a 510th of the best
    one's weight is not heard.
    """

    def __init__(self, weights: Network, *, shared: bool) -> None:
        super().__init__(weights, int8=True, shared=shared)
        g, kind = self.graph, byte_kind()
        self.element, self.zero = kind.name, g.constant(np.array(zero_level(), kind))
        self.zeros = g.constant(np.full(self.shape.head, zero_level(), kind))
        self.key_scale = g.constant(np.array(key_scale(self.shape.head), np.float32))
        self.key_slots = g.input("key_slots", "int64", "rows", self.shape.head, 3)

    def heard(self, i: int, query: str, key: str, value: str) -> str:
        g, head = self.graph, self.shape.head
        scale = g.input(f"value_scale{i}", "float32", head)
        key = self.shape_of(g.op("QuantizeLinear", key, self.key_scale, self.zero), head)
        value = g.op("QuantizeLinear", value, scale, self.zeros, axis=3)
        keys = self.with_new(f"keys{i}", key, self.key_slots, self.element, (head, "room"))
        values = self.with_new(f"values{i}", value, self.slots, self.element)
        scores = g.op("DynamicQuantizeMatMul", query, keys, self.key_scale, self.zero, self.mask, domain=MICROSOFT)
        if self.shared:
            scores = self.beside_context(i, query, scores)
        raised = g.op("Exp", g.op("Sub", scores, g.op("ReduceMax", scores, axes=(2,))))
        far, near = self.apart(i, raised) if self.shared else ("", raised)
        mixed = g.op("DynamicQuantizeMatMul", near, values, scale, self.zero, domain=MICROSOFT)
        if self.shared:
            mixed = g.op("Add", self.from_context(i, far), mixed)
        return g.op("Div", mixed, g.op("ReduceSum", raised, g.shape(2)))


def step_graph(weights: Network, *, int8: bool, shared: bool) -> bytes:
    """A model that reads one token in every row, behind a context that its group shares or that lies before what it wrote.

    Inputs as in `context_graph` without n, cross keys and values by groups, and: start (1,), the tokens' position; slots (rows, 1, 1, 2),
    row and place of `room` where its key and value go before it listens; by_group (3,) = groups, -1, head; phrases_by_group (3,) = groups,
    -1, phrases; mask (room,); keys<i>, values<i> (rows, room, head).  Where int8 they are bytes, keys<i> (rows, head, room), and there are
    key_slots (rows, head, 3), where a key goes, and value_scale<i> (head,), what a level of a value stands for.  Where shared also:
    sizes (2,) = context, room; by_row (3,) = -1, heads, context; heard_by_group (3,) = groups, -1, context; shared_keys<i> (groups, head, context),
    shared_values<i> (groups, context, head).
    Outputs: logits (rows, vocabulary); kept_keys<i>, kept_values<i>, the inputs with what was added, which may be the same memory.
    """
    writer = _ByteStep(weights, shared=shared) if int8 else _Step(weights, int8=False, shared=shared)
    return writer.whole()
