import numpy as np
import pytest

from daiw.errors import ModelError
from daiw.nets.tensor_file import read_tensors, write_tensors
from daiw.nets.transformer import Decoder, Weights
from daiw.nets.transformer_shape import Shape
from daiw.tokens.controls import CONTROLS
from daiw.tokens.vocab import SIZE
from daiw.tokens.walk import FEATURE_SIZES, FEATURES

SHAPE = Shape(width=32, layers=3, heads=2, head=16, inner=48, condition=16, cross=(1,))


def random_tensors(shape, seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, 0.3, size).astype(np.float32) for name, size in shape.weights().items()}


def random_input(rows, count, seed=1):
    rng = np.random.default_rng(seed)
    features = np.stack([rng.integers(0, FEATURE_SIZES.get(name, SIZE), (rows, count)) for name in FEATURES], axis=-1)
    bars = np.sort(rng.integers(0, SHAPE.window_bars, (rows, count)), axis=1)
    controls = np.stack([rng.integers(0, size, (rows, SHAPE.window_bars)) for _, size in CONTROLS], axis=-1)
    return features, bars, controls


def test_one_token_at_a_time_gives_what_all_at_once_gives():
    weights = Weights(SHAPE, random_tensors(SHAPE))
    features, bars, controls = random_input(3, 20)
    whole = Decoder(weights, controls, 20).extend(features, bars)
    decoder = Decoder(weights, controls, 20)
    parts = [decoder.extend(features[:, a:b], bars[:, a:b]) for a, b in ((0, 7), *((i, i + 1) for i in range(7, 20)))]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-4)


def test_the_future_changes_nothing():
    weights = Weights(SHAPE, random_tensors(SHAPE))
    features, bars, controls = random_input(1, 12)
    other = features.copy()
    other[:, 8:] = random_input(1, 12, seed=9)[0][:, 8:]
    a, b = (Decoder(weights, controls, 12).extend(f, bars) for f in (features, other))
    np.testing.assert_allclose(a[:, :8], b[:, :8], atol=1e-5)
    assert np.abs(a[:, 8:] - b[:, 8:]).max() > 1e-2


def test_kept_rows_go_on_as_they_were():
    weights = Weights(SHAPE, random_tensors(SHAPE))
    features, bars, controls = random_input(3, 10)
    straight = Decoder(weights, controls, 10)
    straight.extend(features[:, :6], bars[:, :6])
    expected = straight.extend(features[:, 6:], bars[:, 6:])
    kept = Decoder(weights, controls, 10)
    kept.extend(features[:, :6], bars[:, :6])
    kept.keep(np.array([2, 0, 2]))
    np.testing.assert_allclose(kept.extend(features[[2, 0, 2], 6:], bars[[2, 0, 2], 6:]), expected[[2, 0, 2]], atol=1e-5)


def test_controls_reach_the_logits():
    weights = Weights(SHAPE, random_tensors(SHAPE))
    features, bars, controls = random_input(1, 5)
    other = controls.copy()
    other[..., 7] = (other[..., 7] + 1) % 10
    assert np.abs(Decoder(weights, controls, 5).extend(features, bars) - Decoder(weights, other, 5).extend(features, bars)).max() > 1e-3


def test_torch_and_numpy_agree():
    torch = pytest.importorskip("torch", reason="training needs torch; CI does not install it")
    from daiw.train.model import ComposerModel

    tensors = random_tensors(SHAPE)
    model = ComposerModel(SHAPE).eval()
    with torch.no_grad():
        for name, array in tensors.items():
            model.weight(name).copy_(torch.from_numpy(array))
        features, bars, controls = random_input(2, 30)
        expected = model(*(torch.from_numpy(array) for array in (features, bars, controls))).numpy()
    found = Decoder(Weights(SHAPE, tensors), controls, 30).extend(features, bars)
    np.testing.assert_allclose(found, expected, atol=2e-4)
    np.testing.assert_array_equal(found.argmax(-1), expected.argmax(-1))


def test_weights_survive_the_file(tmp_path):
    path = tmp_path / "weights.safetensors"
    tensors = {name: array.astype(np.float16) for name, array in random_tensors(SHAPE).items()}
    write_tensors(path, tensors, {"step": "7"})
    found, about = read_tensors(path)
    assert about == {"step": "7"}
    assert found.keys() == tensors.keys()
    for name, array in tensors.items():
        np.testing.assert_array_equal(found[name], array.astype(np.float32))


@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"x" * 200, lambda data: data[:8] + b"[" + data[9:]]
)
def test_a_damaged_file_is_one_clear_error(tmp_path, damage):
    path = tmp_path / "weights.safetensors"
    write_tensors(path, {"a": np.zeros((3, 4), np.float16)}, {})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ModelError, match=r"weights\.safetensors"):
        read_tensors(path)


def test_weights_of_another_version_are_refused():
    tensors = random_tensors(SHAPE)
    tensors["head"] = tensors["head"][:-1]
    with pytest.raises(ModelError, match="do not fit"):
        Weights(SHAPE, tensors)
