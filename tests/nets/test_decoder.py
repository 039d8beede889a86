import os
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest

from daiw.nets import byte_step_graph, decoder_graph, onnx_model
from daiw.nets.composer import BAND_PATH, KIT_PATH, WEIGHTS_PATH, load_weights
from daiw.nets.decoder import ROOM, SHORT, Context, Engine, Rows, engine_of
from daiw.nets.lead_rules import Window
from daiw.nets.onnx_model import Graph
from daiw.nets.picking import Chance
from daiw.nets.sampler import draw
from daiw.nets.transformer import Decoder, Weights
from daiw.nets.transformer_shape import Shape
from daiw.tokens.layout import LAYOUTS
from daiw.tokens.sheet import no_events

SHAPES = {
    name: Shape(width=32, layers=3, heads=2, head=16, inner=48, condition=16, cross=(1,), window_bars=table.window_bars, layout=name)
    for name, table in LAYOUTS.items()
}


def tensors(shape, seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, 0.3, size).astype(np.float32) for name, size in shape.weights().items()}


def random_input(shape, rows, count, seed=1):
    rng = np.random.default_rng(seed)
    features = np.stack([rng.integers(0, size, (rows, count)) for _, size in shape.table.features], axis=-1)
    bars = np.sort(rng.integers(0, shape.window_bars, (rows, count)), axis=1)
    controls = np.stack([rng.integers(0, size, (rows, shape.window_bars)) for _, size in shape.table.controls], axis=-1)
    return features, bars, controls


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_steps_behind_a_context_are_what_numpy_computes(layout, shared, monkeypatch):
    """Two contexts, three rows behind each, more steps than there is room at first, rows dropped on the way."""
    monkeypatch.setattr("daiw.nets.decoder.SHORT", 0 if shared else SHORT)
    shape = SHAPES[layout]
    weights = Weights(shape, tensors(shape))
    features, bars, controls = random_input(shape, 2, 9)
    features, bars = features[:1].repeat(2, 0), np.minimum(bars[:1].repeat(2, 0), shape.window_bars - 3)
    twin, context = Decoder(weights, controls, 9 + ROOM + 40), Context(Engine(weights, int8=False), controls)
    np.testing.assert_allclose(context.read(features[0], bars[0]), twin.extend(features, bars)[:, -1], atol=2e-4)
    stepper = Rows(context, 3)
    assert stepper.shared == shared
    twin.keep(np.repeat([0, 1], 3))
    rng = np.random.default_rng(2)
    for number in range(ROOM + 20):
        if number == 11:
            stepper.keep([0, 2])
            twin.keep(np.array([0, 2, 3, 5]))
        count = twin.rows // 2
        more = np.stack([rng.integers(0, size, count) for _, size in shape.table.features], axis=-1)
        here = np.full(count, shape.window_bars - 2)
        found = stepper.step(more, here)
        expected = twin.extend(np.concatenate([more, more])[:, None], np.concatenate([here, here])[:, None])[:, 0]
        np.testing.assert_allclose(found, expected, atol=5e-4)
        np.testing.assert_array_equal(found.argmax(-1), expected.argmax(-1))


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_keys_and_values_in_bytes_are_nearly_what_numpy_computes(layout, signed, monkeypatch):
    """Float32 but for the rows' own keys and values: more steps than there is room at first, rows dropped on the way."""
    for module in (decoder_graph, byte_step_graph):
        monkeypatch.setattr(module, "signed_bytes_are_exact", lambda: signed)
    monkeypatch.setattr(decoder_graph, "quantised", lambda graph, x, weight: graph.op("MatMul", x, graph.constant(weight)))
    shape = SHAPES[layout]
    weights = Weights(shape, tensors(shape))
    features, bars, controls = random_input(shape, 1, 40)
    controls, bars = controls.repeat(2, 0), np.minimum(bars, shape.window_bars - 3)
    controls[1] = 0
    twin, context = Decoder(weights, controls, 40 + ROOM + 20), Context(Engine(weights), controls)
    context.read(features[0], bars[0])
    twin.extend(features.repeat(2, 0), bars.repeat(2, 0))
    stepper = Rows(context, 3)
    assert not stepper.shared
    twin.keep(np.repeat([0, 1], 3))
    rng, off, spread = np.random.default_rng(2), [], []
    for number in range(ROOM + 10):
        if number == 11:
            stepper.keep([2, 0])
            twin.keep(np.array([2, 0, 5, 3]))
        count = twin.rows // 2
        more = np.stack([rng.integers(0, size, count) for _, size in shape.table.features], axis=-1)
        here = np.full(count, shape.window_bars - 2)
        found = stepper.step(more, here)
        expected = twin.extend(np.concatenate([more, more])[:, None], np.concatenate([here, here])[:, None])[:, 0]
        off.append(np.square(found - expected).mean())
        spread.append(expected.var())
    assert 1e-6 < np.sqrt(np.mean(off) / np.mean(spread)) < 0.06


@pytest.mark.parametrize("layout", LAYOUTS)
def test_conditions_are_what_numpy_computes(layout):
    shape = SHAPES[layout]
    weights = Weights(shape, tensors(shape))
    controls = random_input(shape, 3, 1)[2]
    expected, context = Decoder(weights, controls, 0).conditions, Context(Engine(weights, int8=False), controls)
    found = context.table.reshape(3, shape.window_bars, -1)
    np.testing.assert_allclose(found, np.concatenate([expected.added, *expected.scales], axis=-1), atol=1e-5)
    for i in shape.cross:
        np.testing.assert_allclose(context.cross[f"cross{i}_keys"].transpose(0, 2, 1), expected.keys[i], atol=1e-5)
        np.testing.assert_allclose(context.cross[f"cross{i}_values"], expected.values[i], atol=1e-5)


DRAW = """
import numpy as np
from daiw.nets.composer import load_weights
from daiw.nets.lead_rules import Window
from daiw.nets.picking import Chance
from daiw.nets.sampler import draw
controls = np.random.default_rng(1).integers(0, 2, (32, len(load_weights().shape.table.controls)))
window = Window(4, 48, np.array([(48 * bar, 7 * bar % 12, 0) for bar in range(5)], np.int32), controls)
print([(line.tokens, line.bits) for line in draw(load_weights(), window, Chance(candidates=3), np.random.default_rng(1))])
"""


def test_lines_are_the_same_however_many_threads_numpy_multiplies_on():
    """OpenBLAS sums in another order on one thread than on two; a line drawn by such sums is another line."""
    said = [
        subprocess.run(
            [sys.executable, "-c", DRAW], capture_output=True, text=True, check=True, env=os.environ | {"OPENBLAS_NUM_THREADS": threads}
        ).stdout
        for threads in ("1", "2")
    ]
    assert said[0].startswith("[((")
    assert said[0] == said[1]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_torch_and_onnx_agree_token_for_token(layout):
    torch = pytest.importorskip("torch", reason="training needs torch")
    from daiw.train.model import ComposerModel

    shape = SHAPES[layout]
    model = ComposerModel(shape).eval()
    features, bars, controls = random_input(shape, 2, 24)
    with torch.no_grad():
        for name, array in tensors(shape).items():
            model.weight(name).copy_(torch.from_numpy(array))
        expected = model(*(torch.from_numpy(array) for array in (features, bars, controls))).numpy()
    for row in range(2):
        context = Context(Engine(Weights(shape, tensors(shape)), int8=False), controls[row : row + 1])
        found = [context.read(features[row, :5], bars[row, :5])]
        rows = Rows(context, 1)
        found += [rows.step(features[row, i : i + 1], bars[row, i : i + 1]).copy() for i in range(5, 24)]
        np.testing.assert_allclose(np.concatenate(found), expected[row, 4:], atol=3e-4)
        np.testing.assert_array_equal(np.concatenate(found).argmax(-1), expected[row, 4:].argmax(-1))


def logits_of(context, features, bars):
    """The first fifth read at once, the rest step by step."""
    found = [context.read(features[:8], bars[:8])]
    rows = Rows(context, 1)
    found += [rows.step(features[i : i + 1], bars[i : i + 1]).copy() for i in range(8, len(bars))]
    return np.concatenate(found).astype(np.float64)


@pytest.mark.parametrize("path", [WEIGHTS_PATH, BAND_PATH, KIT_PATH], ids=lambda path: path.stem)
def test_int8_costs_next_to_nothing_under_the_shipped_weights(path):
    """Of what the network itself would say, int8 is surprised by hardly more: a relative entropy of less than .02 bits a token."""
    weights = load_weights(path)
    features, bars, controls = random_input(weights.shape, 1, 40)
    features = np.minimum(features, 12)  # small values are common ones
    exact, rough = (logits_of(Context(Engine(weights, int8=int8), controls), features[0], bars[0]) for int8 in (False, True))
    exact, rough = (logits - np.log(np.exp(logits).sum(-1, keepdims=True)) for logits in (exact, rough))
    entropy = (np.exp(exact) * (exact - rough)).sum(-1) / np.log(2)
    assert 0 < entropy.mean() < 0.02


@pytest.mark.parametrize("exact", [True, False])
def test_bytes_that_saturate_are_multiplied_unsigned(monkeypatch, exact):
    """Two full products of an unsigned by a signed byte exceed 16 bits, in which x86 without VNNI adds them; unsigned ones are exact."""
    kinds, constant = set(), Graph.constant
    monkeypatch.setattr(Graph, "constant", lambda self, array: kinds.add(array.dtype.name) or constant(self, array))
    if exact and not decoder_graph.signed_bytes_are_exact():
        pytest.skip("this processor has no VNNI, and takes the unsigned bytes of the other case")
    monkeypatch.setattr(decoder_graph, "signed_bytes_are_exact", lambda: exact)
    graph, weight = Graph(), np.stack([np.full(64, 0.5), np.full(64, -0.5), np.linspace(-1, 1, 64)], axis=1).astype(np.float32)
    graph.op("Identity", decoder_graph.quantised(graph, graph.input("x", "float32", "rows", 64), weight), into="y")
    graph.output("y", "float32", "rows", 3)
    x = np.stack([np.ones(64), np.linspace(0, 1, 64)]).astype(np.float32)
    session = onnxruntime.InferenceSession(bytes(graph), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"x": x})[0], x @ weight, atol=0.2)
    assert ("int8" in kinds, "uint8" in kinds) == (exact, not exact)


def test_engines_are_made_once():
    weights = Weights(SHAPES["kit"], tensors(SHAPES["kit"]))
    assert engine_of(weights) is engine_of(weights)


def test_threads_that_draw_at_once_have_a_session_each(monkeypatch):
    asked, step = [], Engine.step
    monkeypatch.setattr(
        Engine, "step", lambda self, *, shared, lane: asked.append((lane, step(self, shared=shared, lane=lane))) or asked[-1][1]
    )
    weights = Weights(SHAPES["lead"], tensors(SHAPES["lead"]))
    window = Window(2, 48, no_events(), np.zeros((32, len(weights.shape.table.controls)), np.int64))
    engine = engine_of(weights)
    for _ in range(2):
        asked.clear()
        draw(weights, window, Chance(candidates=2), np.random.default_rng(1))
        (first, one), (second, other) = sorted(asked, key=lambda each: each[0])
        assert (first, second) == (0, 1)
        assert one is step(engine, shared=False, lane=0)
        assert other is step(engine, shared=False, lane=1) is not one


def test_graphs_without_the_onnx_package_are_valid_to_it():
    onnx = pytest.importorskip("onnx", reason="a second opinion from the train extra")
    graph = Graph()
    x = graph.input("x", "float32", "rows", 3)
    y = graph.op("Mul", x, graph.constant(np.array([2.0, -1.0, 0.5], np.float32)))
    graph.op("ReduceSum", y, graph.constant(np.array([-1], np.int64)), keepdims=0, into="y")
    graph.output("y", "float32", "rows")
    model = onnx.load_from_string(bytes(graph))
    onnx.checker.check_model(model)
    assert [node.op_type for node in model.graph.node] == ["Mul", "ReduceSum"]
    session = onnxruntime.InferenceSession(bytes(graph), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"x": np.float32([[1, 2, 4]])})[0], [2.0])
    assert model.ir_version == onnx_model.IR_VERSION
