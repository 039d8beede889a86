"""Calibrate the emotion heads on the development prompts, measure them, and write them down."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daiw.nets.emotion_heads import TEACHERS, Heads, tempo_prior
from daiw.train.emotion_fit import PLAIN_SHARES, Array, Recipe, Table, Vectors, regress
from daiw.words.genres import genre_arousal
from daiw.words.hygiene import spell_emoji
from daiw.words.tempo import find_tempos
from daiw.words.wishes import without_figures

LABEL_THRESHOLD = 0.15
"""A label holds from this chance on; .15 had the best macro F1 on the development split of GoEmotions (.12, .15, .2, .25 were tried)."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """Hand-labelled prompts: embeddings, valence and arousal, and the priors of tempo and genre (NaN where none)."""

    x: Array
    va: Array
    tempo: Array
    genre: Array


def read_prompts(path: Path, split: str, cache: Vectors) -> Prompts:
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
