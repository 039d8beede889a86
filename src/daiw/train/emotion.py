"""Train the emotion heads: python -m daiw.train.emotion --data DIR --out DIR --seed 0

DIR of --data holds goemotions/, emobank/ and musiccaps/ (see models/emotion/card.toml for their sources). Plain numpy on
one or two cores: about eight minutes, nearly all of it the encoding of 60,000 sentences, which --cache keeps.
"""

import argparse
import csv
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daiw.nets.emotion_heads import AXES_OUT, TEACHERS, Heads, tempo_prior
from daiw.nets.text_encoder import TextEncoder
from daiw.train.emotion_data import LABELS, Example, briefs, emobank, goemotions, musiccaps, negations, own_sentences, states, texts_of
from daiw.words.genres import genre_arousal
from daiw.words.hygiene import spell_emoji
from daiw.words.tempo import find_tempos
from daiw.words.wishes import without_figures

Array = NDArray[np.float32]
PLAIN_SHARES = np.array([0.05, 0.05, 0.05, 0.3, 0.85, 0.0])
"""Of the networks' outputs (EmoBank, GoEmotions, MusicCaps, our sentences), of the anchors, and the offset, before calibration.

Near what a ridge regression chose on our own sentences, each read by the members that had not seen it and by the other anchors alone.
"""
ANCHOR_BRIEFS = 362
"""How many composed briefs join the anchors: every genre alone and some of the random ones; more did not help, and weights weigh."""
LABEL_THRESHOLD = 0.15
"""A label holds from this chance on; .15 had the best macro F1 on the development split of GoEmotions (.12, .15, .2, .25 were tried)."""
SOURCE_TEACHERS = {"emobank": 0, "goemotions": 1, "musiccaps": 2, "own": 3, "composed": 3}


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
    kernel_width: float = 0.33
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


class EmbeddingCache:
    """Sentence embeddings by the hash of the sentence, kept in one .npz between runs."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._encoder = TextEncoder()
        self._known: dict[bytes, NDArray[np.float16]] = {}
        if path and path.exists():
            with np.load(path) as archive:
                self._known = {bytes(key): value for key, value in zip(archive["keys"], archive["values"], strict=True)}

    def embeddings(self, texts: Sequence[str]) -> Array:
        """(texts, 384)."""
        rows = []
        for text in texts:
            key = hashlib.sha1(text.encode()).digest()
            if key not in self._known:
                self._known[key] = self._encoder.encode(text).astype(np.float16)
            rows.append(self._known[key])
        return np.stack(rows).astype(np.float32)

    def save(self) -> None:
        """Write the cache, if it has a place."""
        if self._path:
            keys = np.array([np.frombuffer(key, np.uint8) for key in self._known])
            np.savez(self._path, keys=keys, values=np.stack(list(self._known.values())))


def tabulate(examples: Sequence[Example], cache: EmbeddingCache) -> Table:
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


@dataclass(frozen=True, slots=True)
class Prompts:
    """Hand-labelled prompts: embeddings, valence and arousal, and the priors of tempo and genre (NaN where none)."""

    x: Array
    va: Array
    tempo: Array
    genre: Array


def read_prompts(path: Path, split: str, cache: EmbeddingCache) -> Prompts:
    """One half of tests/golden/prompts.tsv, prepared as the understand stage prepares a prompt."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["split"] == split]
    nan = float("nan")
    tempi = [find_tempos(row["prompt"]) for row in rows]
    genres = [genre_arousal(row["prompt"]) for row in rows]
    return Prompts(
        x=cache.embeddings([spell_emoji(without_figures(row["prompt"])) for row in rows]),
        va=np.array([[float(row["valence"]), float(row["arousal"])] for row in rows], np.float32),
        tempo=np.array([tempo_prior(found[0].value) if found else nan for found in tempi], np.float32),
        genre=np.array([found[1] if found else nan for found in genres], np.float32),
    )


def with_priors(arousal: NDArray[np.float64], prompts: Prompts, weights: Sequence[float]) -> NDArray[np.float64]:
    """Arousal moved towards the priors of tempo, then genre, where they are known; the same sum as `EmotionReader.feel`."""
    for prior, weight in zip((prompts.tempo, prompts.genre), weights, strict=True):
        arousal = np.where(np.isnan(prior), arousal, arousal + weight * (np.nan_to_num(prior) - arousal))
    return arousal


def calibrate(heads: Heads, prompts: Prompts) -> Heads:
    """Shares and offsets of valence and arousal, prior weights and expected errors, fitted on the development half alone."""
    networks = heads.outputs(prompts.x)[0].mean(axis=0).astype(np.float64)
    kernel = heads.kernel(prompts.x)
    calibration = np.array([PLAIN_SHARES] * 3)
    ridge = np.diag([10.0] * len(TEACHERS) + [10.0, 20.0])
    for axis in (0, 1):  # shrunk towards the plain shares: the set is small
        design = np.column_stack([networks[:, :, axis], kernel[:, axis], np.ones(len(kernel))])
        calibration[axis] = np.linalg.solve(design.T @ design + ridge, design.T @ prompts.va[:, axis] + ridge @ PLAIN_SHARES)
    calibration[2] = PLAIN_SHARES
    heads = replace(heads, calibration=calibration.astype(np.float32))
    axes = heads.axes(prompts.x).mean(axis=0)
    grid = [(tempo, genre) for tempo in np.arange(0, 0.81, 0.1) for genre in np.arange(0, 0.61, 0.1)]
    best = min(grid, key=lambda weights: float(np.mean((with_priors(axes[:, 1], prompts, weights) - prompts.va[:, 1]) ** 2)))
    guess = np.stack([axes[:, 0], with_priors(axes[:, 1], prompts, best)], axis=1)
    errors = np.sqrt(np.mean((guess - prompts.va) ** 2, axis=0))
    expected = np.array([*errors, max(errors)], np.float32)
    return replace(heads, expected_error=expected, prior_weights=np.array(best, np.float32))


def with_anchors(heads: Heads, own: Table, prompts: Prompts, recipe: Recipe) -> Heads:
    """The development prompts among the anchors, after they have served to calibrate; their dominance is what the heads read."""
    dominance = heads.axes(prompts.x).mean(axis=0)[:, 2:]
    x = np.concatenate([own.x, prompts.x])
    vad = np.concatenate([own.vad, np.concatenate([prompts.va, dominance], axis=1)]).astype(np.float32)
    return replace(heads, anchors=x, pull=regress(x, vad, recipe))


def measure(heads: Heads, prompts: Prompts) -> dict[str, float]:
    """Sign accuracy (labels of .1 and more), Pearson r and quadrant accuracy on hand-labelled prompts."""
    axes = heads.axes(prompts.x).mean(axis=0)
    guess = np.stack([axes[:, 0], with_priors(axes[:, 1], prompts, [float(weight) for weight in heads.prior_weights])], axis=1)
    figures = {"n": float(len(guess))}
    same = np.sign(guess) == np.sign(prompts.va)
    clear = np.abs(prompts.va) >= 0.1
    for axis, name in enumerate(("valence", "arousal")):
        figures[f"{name}_sign"] = float(same[clear[:, axis], axis].mean())
        figures[f"{name}_r"] = float(np.corrcoef(guess[:, axis], prompts.va[:, axis])[0, 1])
    figures["quadrant"] = float(same[clear.all(axis=1)].all(axis=1).mean())
    return {name: round(value, 3) for name, value in figures.items()}


def measure_public(heads: Heads, emobank_test: Table, goemotions_test: Table) -> dict[str, float]:
    """Pearson r on EmoBank's test split; macro F1 of GoEmotions' 28 labels on its test split; each by its own outputs."""
    guess = heads.outputs(emobank_test.x)[0][:, :, 0].mean(axis=0)
    figures = {f"emobank_{name}_r": float(np.corrcoef(guess[:, i], emobank_test.vad[:, i])[0, 1]) for i, name in enumerate("vad")}
    said, true = heads.chances(goemotions_test.x)[:, :28] > LABEL_THRESHOLD, goemotions_test.y[:, :28] > 0.5
    hits = (said & true).sum(axis=0)
    figures["goemotions_macro_f1"] = float(np.mean(2 * hits / np.maximum(said.sum(axis=0) + true.sum(axis=0), 1)))
    return {name: round(value, 3) for name, value in figures.items()}


def save(heads: Heads, path: Path) -> None:
    """Write the .npz that `Heads.load` reads; the large matrices as float16."""
    half = {name: getattr(heads, name).astype(np.float16) for name in ("w1", "w2", "anchors")}
    whole = {
        name: getattr(heads, name)
        for name in ("mean", "scale", "b1", "b2", "pull", "width", "calibration", "expected_error", "prior_weights")
    }
    np.savez_compressed(path, **half, **whole, labels=np.array(heads.labels))


def main() -> None:
    """Read the data, train, calibrate on the development prompts, measure, write heads.npz and metrics.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--prompts", type=Path, default=Path("tests/golden/prompts.tsv"))
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--held", action="store_true", help="measure on the held half too; every look makes it less of a test")
    options = parser.parse_args()
    began = time.monotonic()
    cache = EmbeddingCache(options.cache)
    bank = emobank(options.data / "emobank")
    public = [*bank["train"], *goemotions(options.data / "goemotions", "train"), *musiccaps(options.data / "musiccaps")]
    composed = briefs(np.random.default_rng([options.seed, 1]))
    ours = [*own_sentences(), *states(), *negations(), *composed]
    table = tabulate([*public, *ours], cache)
    held_table = tabulate(bank["test"], cache), tabulate(goemotions(options.data / "goemotions", "test"), cache)
    dev = read_prompts(options.prompts, "dev", cache)
    cache.save()
    print(f"{len(table.x)} examples read in {time.monotonic() - began:.0f} s", flush=True)
    anchors, recipe = tabulate([*own_sentences(), *negations(), *composed[:ANCHOR_BRIEFS]], cache), Recipe()
    heads = calibrate(train_heads(table, anchors, recipe, options.seed), dev)
    before = measure(heads, dev)
    heads = with_anchors(heads, replace(anchors, vad=np.nan_to_num(anchors.vad)), dev, recipe)
    options.out.mkdir(parents=True, exist_ok=True)
    save(heads, options.out / "heads.npz")
    heads = Heads.load(options.out / "heads.npz")
    metrics = {"dev before its prompts became anchors": before, "public": measure_public(heads, *held_table)}
    if options.held:
        metrics["held"] = measure(heads, read_prompts(options.prompts, "held", cache))
    metrics["examples"] = {"public": float(len(public)), "own": float(len(ours))}
    (options.out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    print(json.dumps(metrics, indent=2), f"\n{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
