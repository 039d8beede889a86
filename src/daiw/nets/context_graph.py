"""The writers' network over a whole context at once, as an ONNX graph."""

import numpy as np

from daiw.nets.decoder_graph import EPSILON, Network, Writer
from daiw.nets.onnx_model import MICROSOFT


class _Context(Writer):
    """All tokens at once."""

    def __init__(self, weights: Network, *, int8: bool) -> None:
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


def context_graph(weights: Network, *, int8: bool) -> bytes:
    """A model that reads n tokens a row.

    Inputs: features (rows, n, columns), the tables' offsets added; place (rows, n), of rows of `conditions`; phrase (rows, n), of the bar;
    mask (n, n), added to scores; conditions (places, (1 + 2 * layers) * width); cross<i>_keys (rows, head, phrases), cross<i>_values
    (rows, phrases, head).  Outputs: logits (rows, n, vocabulary), keys<i> (rows, head, n), values<i> (rows, n, head).
    """
    return _Context(weights, int8=int8).whole()
