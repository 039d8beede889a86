import numpy as np
import pytest

from daiw.errors import ModelError
from daiw.nets.emotion_heads import EmotionReader
from daiw.nets.feeling_layers import FeelingLayers, shapes
from daiw.nets.tensor_file import write_tensors
from daiw.nets.text_encoder import MAX_TOKENS, TextEncoder

TEXTS = ("rain on the roof", "we danced until the lights came on and the neighbours came over to complain", "no")


def test_the_packages_own_layers_give_the_packages_own_meaning(tmp_path):
    """So the graph is the network's arithmetic, and the states are those before its last two layers."""
    pytest.importorskip("onnx", reason="reads the package's weights")
    from daiw.train.feeling_layers import packaged_layers

    write_tensors(tmp_path / "layers.safetensors", packaged_layers(), {})
    layers, encoder = FeelingLayers(tmp_path / "layers.safetensors"), TextEncoder()
    for text in (*TEXTS, "the sea is calm " * MAX_TOKENS):
        read = encoder.read(text)
        assert np.abs(layers.vector(read.middle) - read.meaning).max() < 1e-5


def test_torch_and_the_graph_hear_the_same(tmp_path):
    torch = pytest.importorskip("torch", reason="training needs torch")
    pytest.importorskip("onnx", reason="reads the package's weights")
    from daiw.train.feeling_layers import LayerRecipe, layers_model, packaged_layers, padded, save_layers

    rng = np.random.default_rng(3)
    weights = {name: array + 0.01 * rng.standard_normal(array.shape).astype(np.float32) for name, array in packaged_layers().items()}
    halves = {name: array.astype(np.float16).astype(np.float32) for name, array in weights.items()}
    model = layers_model(halves, LayerRecipe()).eval()
    save_layers(model, tmp_path / "layers.safetensors")
    layers, encoder = FeelingLayers(tmp_path / "layers.safetensors"), TextEncoder()
    states = [encoder.read(text).middle[0] for text in TEXTS]
    with torch.no_grad():
        vectors = model.vectors(*padded([one.astype(np.float32) for one in states])).numpy()
    for vector, one in zip(vectors, states, strict=True):
        assert layers.vector([one]) == pytest.approx(vector / np.linalg.norm(vector), abs=1e-5)


def test_layers_that_are_cut_short_or_another_versions_are_named(tmp_path):
    path = tmp_path / "layers.safetensors"
    path.write_bytes(b"\x10\x00")
    with pytest.raises(ModelError, match=r"layers\.safetensors"):
        FeelingLayers(path).load()
    some = {name: np.zeros(shape, np.float16) for name, shape in list(shapes().items())[:-1]}
    write_tensors(path, some, {})
    with pytest.raises(ModelError, match="another version"):
        EmotionReader(layers=FeelingLayers(path)).feel("x")


def test_learning_lowers_the_error_of_what_is_learnt():
    torch = pytest.importorskip("torch", reason="training needs torch")
    pytest.importorskip("onnx", reason="reads the package's weights")
    from daiw.train.emotion_data import Example
    from daiw.train.feeling_layers import LayerRecipe, States, errors, padded, train_layers

    known = frozenset(("joy", "sadness"))
    glad = [
        Example(f"a {word} day", (0.8, 0.4, 0.2), frozenset(("joy",)), known, source="own") for word in ("glad", "merry", "sunny", "bright")
    ]
    sad = [
        Example(f"a {word} day", (-0.8, -0.4, -0.2), frozenset(("sadness",)), known, source="own")
        for word in ("sad", "grey", "black", "cold")
    ]
    recipe, states = LayerRecipe(epochs=12, warm_up=2, tokens=40, head_rate=1e-2), States()
    model = train_layers([*glad, *sad], states, recipe, 5, lambda line: None)
    with torch.no_grad():
        out = model(*padded([states.of(example.text) for example in (*glad, *sad)]))
    assert float(errors(out, [*glad, *sad], recipe)) < 0.4 * float(errors(torch.zeros_like(out), [*glad, *sad], recipe))
    assert float(out[:4, 9].min()) > float(out[4:, 9].max())
