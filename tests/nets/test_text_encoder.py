import numpy as np
import pytest

from daiw.errors import ModelError
from daiw.nets.text_encoder import EMBEDDING_SIZE, MAX_TOKENS, TextEncoder


@pytest.fixture(scope="module")
def encoder():
    return TextEncoder()


def test_a_text_is_a_unit_vector_and_always_the_same(encoder):
    first, again = encoder.encode("rain on the roof"), TextEncoder().encode("rain on the roof")
    assert first.shape == (EMBEDDING_SIZE,)
    assert np.linalg.norm(first) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(first, again)


def test_texts_of_like_meaning_are_nearer(encoder):
    sad, sorrow, party = (encoder.encode(text) for text in ("I am very sad", "I feel deep sorrow", "a loud street party"))
    assert sad @ sorrow > sad @ party + 0.2


def test_the_end_of_a_long_text_is_heard(encoder):
    words = "the sea is calm and blue today " * MAX_TOKENS
    plain, turned = encoder.encode(words), encoder.encode(words + "but my brother was murdered in a war " * 60)
    assert float(plain @ turned) < 0.98


def test_a_broken_tokenizer_is_named(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text("{")
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        TextEncoder(path).encode("x")
