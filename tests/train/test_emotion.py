import numpy as np
import pytest

from daiw.train.emotion_data import LABELS, SOURCE_TEACHERS, own_sentences
from daiw.train.emotion_decontaminate import too_near
from daiw.train.emotion_fit import Recipe, Table, regress

VECTORS = {"a": (1.0, 0.0), "b": (0.59, 0.807), "c": (0.61, 0.792), "d e f": (0.0, 1.0), "e f g": (0.0, -1.0)}


class FixedCache:
    """Embeddings from a table."""

    def embeddings(self, texts):
        return np.array([VECTORS[text] for text in texts], np.float32)


def test_paraphrases_and_shared_words_are_too_near():
    assert too_near(["b", "c"], ["a"], FixedCache()) == {"c"}
    assert too_near(["e f g"], ["d e f"], FixedCache()) == {"e f g"}


def test_each_teacher_has_columns_of_its_own():
    ones = np.ones((2, 1), np.float32)
    table = Table(ones, np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], np.float32), ones, ones, ones[:, 0], np.array([1, 3]))
    wide = table.targets()
    assert wide.shape == (2, 12)
    assert wide[0, 3:6] == pytest.approx([0.1, 0.2, 0.3])
    assert wide[1, 9:] == pytest.approx([0.4, 0.5, 0.6])
    assert np.isnan(wide).sum() == 18
    assert max(SOURCE_TEACHERS.values()) == 3


def test_a_regression_without_noise_meets_its_anchors():
    x = np.eye(3, dtype=np.float32)
    vad = np.array([[0.5, -0.5, 0.0], [-0.5, 0.5, 0.1], [0.1, 0.2, 0.3]], np.float32)
    pull = regress(x, vad, Recipe(kernel_noise=0.0))
    assert np.exp((x @ x.T - 1.0) / Recipe().kernel_width) @ pull == pytest.approx(vad, abs=1e-5)


def test_own_sentences_are_many_distinct_and_labelled_within_range():
    sentences = own_sentences()
    assert len(sentences) >= 3000
    assert len({example.text for example in sentences}) == len(sentences)
    assert all(-1.0 <= number <= 1.0 for example in sentences for number in example.vad)
    assert all(example.labels <= set(LABELS) for example in sentences)
