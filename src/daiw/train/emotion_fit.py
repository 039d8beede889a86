"""Fit the emotion heads to vectors of sentences: five small networks by bagging, and a kernel regression on our own; plain numpy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daiw.nets.emotion_heads import AXES_OUT, TEACHERS, Heads
from daiw.train.emotion_data import LABELS, SOURCE_TEACHERS, Example, texts_of

Array = NDArray[np.float32]
PLAIN_SHARES = np.array([0.05, 0.05, 0.05, 0.3, 0.85, 0.0])
"""Of the networks' outputs (EmoBank, GoEmotions, MusicCaps, our sentences), of the anchors, and the offset, before calibration.

Near what a ridge regression chose on our own sentences, each read by the members that had not seen it and by the other anchors alone.
"""


class Vectors(Protocol):
    """Texts as vectors."""

    def embeddings(self, texts: Sequence[str]) -> Array:
        """(texts, 384), of unit length."""
        ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train.  hidden: units.  rate: Adam's step at the start, falling to 0 along a cosine.  decay: AdamW's, per step times rate.

    kernel_width, kernel_noise: of the regression on our own sentences.
    """

    members: int = 5
    hidden: int = 192
    epochs: int = 16
    batch: int = 256
    rate: float = 3e-3
    decay: float = 0.05
    input_dropout: float = 0.15
    hidden_dropout: float = 0.3
    label_share: float = 8.0
    kernel_width: float = 0.2
    kernel_noise: float = 0.2


@dataclass(frozen=True, slots=True)
class Table:
    """Examples as arrays: x (n, 384), vad (n, 3) with NaN where unknown, y and known (n, labels), weight (n,), teacher (n,) of vad."""

    x: Array
    vad: Array
    y: Array
    known: Array
    weight: Array
    teacher: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> "Table":
        """Those rows."""
        return Table(self.x[rows], self.vad[rows], self.y[rows], self.known[rows], self.weight[rows], self.teacher[rows])

    def targets(self) -> Array:
        """(n, teachers * 3): the three numbers in the columns of their teacher, NaN in those of the others."""
        wide = np.full((len(self.vad), len(TEACHERS), 3), np.nan, np.float32)
        wide[np.arange(len(wide)), self.teacher] = self.vad
        return wide.reshape(len(wide), -1)


def tabulate(examples: Sequence[Example], cache: Vectors) -> Table:
    """Examples as arrays."""
    index = {label: i for i, label in enumerate(LABELS)}
    y = np.zeros((len(examples), len(LABELS)), np.float32)
    known = np.zeros_like(y)
    for row, example in enumerate(examples):
        y[row, [index[label] for label in example.labels]] = 1.0
        known[row, [index[label] for label in example.known]] = 1.0
    vad = np.array([example.vad for example in examples], np.float32)
    weight = np.array([example.weight for example in examples], np.float32)
    teacher = np.array([SOURCE_TEACHERS[example.source] for example in examples], np.int64)
    return Table(cache.embeddings(texts_of(examples)), vad, y, known, weight, teacher)


def train_member(table: Table, recipe: Recipe, rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """One network (w1, b1, w2, b2) on standardised embeddings, by AdamW with dropout on squared and logistic errors."""
    size, outputs = table.x.shape[1], AXES_OUT + table.y.shape[1]
    weights = [
        rng.standard_normal((size, recipe.hidden)).astype(np.float32) * np.sqrt(2.0 / size),
        np.zeros(recipe.hidden, np.float32),
        rng.standard_normal((recipe.hidden, outputs)).astype(np.float32) * np.sqrt(1.0 / recipe.hidden),
        np.concatenate([np.zeros(AXES_OUT), np.full(outputs - AXES_OUT, -3.0)]).astype(np.float32),
    ]
    first = [np.zeros_like(array) for array in weights]
    second = [np.zeros_like(array) for array in weights]
    steps = recipe.epochs * (len(table.x) // recipe.batch)
    step = 0
    for _ in range(recipe.epochs):
        order = rng.permutation(len(table.x))
        for start in range(0, len(order) - recipe.batch + 1, recipe.batch):
            gradients = _gradients(weights, table.take(order[start : start + recipe.batch]), recipe, rng)
            step += 1
            rate = recipe.rate * 0.5 * (1 + np.cos(np.pi * step / steps))
            for i, gradient in enumerate(gradients):
                first[i] = 0.9 * first[i] + 0.1 * gradient
                second[i] = 0.999 * second[i] + 0.001 * gradient**2
                stride = (first[i] / (1 - 0.9**step)) / (np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8)
                weights[i] = (weights[i] - rate * (stride + recipe.decay * weights[i] * (i % 2 == 0))).astype(np.float32)
    return weights[0], weights[1], weights[2], weights[3]


def _gradients(weights: list[Array], batch: Table, recipe: Recipe, rng: np.random.Generator) -> list[Array]:
    """Gradients of the mean error of one batch with respect to w1, b1, w2, b2."""
    w1, b1, w2, b2 = weights
    x = batch.x * (rng.random(batch.x.shape, np.float32) >= recipe.input_dropout) / (1 - recipe.input_dropout)
    before = x @ w1 + b1
    keep = (rng.random(before.shape, np.float32) >= recipe.hidden_dropout) / (1 - recipe.hidden_dropout)
    hidden = np.maximum(before, 0.0) * keep
    out = hidden @ w2 + b2
    targets = batch.targets()
    vad_error = np.where(np.isnan(targets), 0.0, out[:, :AXES_OUT] - np.nan_to_num(targets))
    label_error = (1 / (1 + np.exp(-out[:, AXES_OUT:])) - batch.y) * batch.known * recipe.label_share
    d_out = (np.concatenate([2 * vad_error, label_error], axis=1) * batch.weight[:, None] / len(x)).astype(np.float32)
    d_before = (d_out @ w2.T) * keep * (before > 0)
    return [x.T @ d_before, d_before.sum(axis=0), hidden.T @ d_out, d_out.sum(axis=0)]


def regress(x: Array, vad: Array, recipe: Recipe) -> Array:
    """(anchors, 3): the pull of each anchor x (anchors, 384) in a kernel ridge regression of valence, arousal and dominance."""
    kernel = np.exp((x @ x.T - 1.0) / recipe.kernel_width).astype(np.float64)
    pull = np.linalg.solve(kernel + recipe.kernel_noise * np.eye(len(kernel)), vad.astype(np.float64))
    return pull.astype(np.float32)


def train_heads(table: Table, anchors: Table, recipe: Recipe, seed: int) -> Heads:
    """The networks, each on its own resampling, and the anchors; not yet calibrated."""
    anchors = replace(anchors, vad=np.nan_to_num(anchors.vad))  # negations say nothing of dominance: neither helpless nor in control
    mean, scale = table.x.mean(axis=0), table.x.std(axis=0) + 1e-4
    standard = replace(table, x=(table.x - mean) / scale)
    members = []
    for member in range(recipe.members):
        rng = np.random.default_rng([seed, member])
        rows = rng.integers(0, len(table.x), len(table.x))
        members.append(train_member(standard.take(rows), recipe, rng))
        print(f"member {member + 1} of {recipe.members} trained", flush=True)
    w1, b1, w2, b2 = (np.stack(arrays) for arrays in zip(*members, strict=True))
    return Heads(
        mean=mean, scale=scale, w1=w1, b1=b1, w2=w2, b2=b2, anchors=anchors.x, pull=regress(anchors.x, anchors.vad, recipe),
        width=np.array(recipe.kernel_width, np.float32), calibration=np.array([PLAIN_SHARES] * 3, np.float32),
        expected_error=np.full(3, 0.4, np.float32), prior_weights=np.zeros(2, np.float32), labels=LABELS,
    )  # fmt: skip
