"""What a window's controls mean to every step in it, as an ONNX graph: worked out once a window, the same on any number of threads."""

import numpy as np

from daiw.nets.byte_step_graph import LEVELS, REACH
from daiw.nets.onnx_model import Graph
from daiw.nets.transformer import Weights
from daiw.tokens.controls import PHRASE_BARS

EPSILON = 1e-5


def conditions_graph(weights: Weights) -> bytes:
    """A model from controls to what the graphs of `decoder_graph` are told, in float32.

    Input: controls (rows, window_bars, columns), the tables' offsets added.  Outputs: conditions (rows * window_bars,
    (1 + 2 * layers) * width), of every bar what is added and the scales of all norms; value_scale<i> (head,), as `byte_step_graph` takes
    it; and the keys cross<i>_keys (rows, head, phrases) and values cross<i>_values (rows, phrases, head) of the phrases' memory.
    """
    g, shape, matrices = Graph(), weights.shape, weights.matrices
    tables = g.constant(np.concatenate(weights.controls))
    controls = g.input("controls", "int64", "rows", shape.window_bars, len(shape.table.controls))
    summed = g.op("ReduceSum", g.op("Gather", tables, controls, axis=0), g.shape(2), keepdims=0)
    told = g.op("SimplifiedLayerNormalization", summed, g.constant(np.ones(shape.condition, np.float32)), axis=-1, epsilon=EPSILON)
    joined = np.concatenate([matrices["control_in"], *(matrices[f"{i}.scale"] for i in range(shape.layers))], axis=1)
    about = np.repeat(np.array([0, 1], np.float32), [shape.width, 2 * shape.layers * shape.width])
    flat = g.op("Reshape", told, g.shape(-1, shape.condition))
    g.op("Add", g.op("MatMul", flat, g.constant(joined)), g.constant(about), into="conditions")
    g.output("conditions", "float32", "places", joined.shape[1])
    _value_scales(g, weights)
    phrases = g.op("Reshape", told, g.shape(0, shape.phrases, PHRASE_BARS, shape.condition))
    memory = g.op("ReduceMean", phrases, axes=(2,), keepdims=0)
    for i in shape.cross:
        both = g.op("MatMul", memory, g.constant(matrices[f"{i}.cross_key_value"]))
        key, _ = g.several("Split", (f"key{i}", f"cross{i}_values"), both, g.shape(shape.head, shape.head), axis=2)
        g.op("Transpose", key, into=f"cross{i}_keys", perm=(0, 2, 1))
        g.output(f"cross{i}_keys", "float32", "rows", shape.head, shape.phrases)
        g.output(f"cross{i}_values", "float32", "rows", shape.phrases, shape.head)
    return bytes(g)


def _value_scales(g: Graph, weights: Weights) -> None:
    """What a level of a value stands for where values are kept in bytes: REACH standard deviations, if what is normed has no direction."""
    shape = weights.shape
    told = g.several(
        "Split", ("told", *(f"scale{i}" for i in range(2 * shape.layers))), "conditions", g.shape(*(shape.width,) * (1 + 2 * shape.layers)),
        axis=1,
    )  # fmt: skip
    for i in range(shape.layers):
        power = g.op("ReduceMean", g.op("Mul", told[1 + 2 * i], told[1 + 2 * i]), axes=(0,))
        spread = weights.matrices[f"{i}.key_value"][:, shape.head :] * np.float32(REACH / LEVELS)
        variance = g.op("MatMul", power, g.constant(np.square(spread)))
        g.op("Reshape", g.op("Sqrt", variance), g.shape(shape.head), into=f"value_scale{i}")
        g.output(f"value_scale{i}", "float32", shape.head)
