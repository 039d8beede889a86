"""An independent judge of what music expresses: learnt from composers' own markings of art songs, and from nothing of ours.

The conditions that our networks learnt from were computed from the notes by a model of the literature; a judge of those would agree with
itself.  Here valence and arousal are told apart by two logistic regressions over what is heard, and the truth is what Schumann and
Chaminade wrote above the first bar (`quadrants_train.py`).
"""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from daiw.errors import ModelError
from daiw.train.corpus import write_whole
from daiw.train.hearing import CUES, LOUDNESS_CUES, TEMPO_CUES

PATH = Path(__file__).parent.parent / "models" / "quadrants" / "probe.npz"
NOTES = tuple(name for name in CUES if name not in LOUDNESS_CUES + TEMPO_CUES)
SETS = {"notes": NOTES, "notes, loudness": (*NOTES, *LOUDNESS_CUES), "notes, tempo": (*NOTES, *TEMPO_CUES), "all": CUES}
"""What a judge hears.  The tempo of a score is the composer's or the transcriber's number beside the words, so it is left out of some."""
HALVES = ("valence", "arousal")
PENALTY = 0.1
"""Of squared weights, against a mean loss; the best for the composers of eight of the folds (train/log.md)."""

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Half:
    """One regression.  cues: what it hears.  mean, spread, weights: of these.  score > 0: the upper half."""

    cues: tuple[str, ...]
    mean: Vector
    spread: Vector
    weights: Vector
    bias: float

    def scores(self, values: Vector) -> Vector:
        """(n,) of (n, len(CUES)), columns as in CUES; log odds of the upper half, where both are as frequent.  nan is as the mean."""
        chosen = values[:, [CUES.index(name) for name in self.cues]]
        result: Vector = np.nan_to_num((chosen - self.mean) / self.spread) @ self.weights + self.bias
        return result


def fit_half(values: Vector, signs: NDArray[np.int64], cues: tuple[str, ...], penalty: float = PENALTY) -> Half:
    """Learn a half from (n, len(CUES)) and signs, 1 and -1; either counts as much, however rare.  Raises ValueError for one sign alone."""
    from scipy.optimize import minimize

    if set(signs.tolist()) != {1, -1}:
        raise ValueError("a half is learnt from both of its signs")
    chosen = values[:, [CUES.index(name) for name in cues]]
    mean, spread = np.nanmean(chosen, axis=0), np.nanstd(chosen, axis=0) + 1e-9
    z = np.nan_to_num((chosen - mean) / spread)
    share = np.where(signs > 0, 0.5 / np.sum(signs > 0), 0.5 / np.sum(signs < 0))

    def loss(point: Vector) -> tuple[float, Vector]:
        margin = signs * (z @ point[:-1] + point[-1])
        pull = share * signs / (1.0 + np.exp(np.clip(margin, -50, 50)))
        value = float(share @ np.logaddexp(0.0, -margin) + penalty / 2 * point[:-1] @ point[:-1])
        return value, np.append(-pull @ z + penalty * point[:-1], -pull.sum())

    best = minimize(loss, np.zeros(z.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return Half(cues, mean, spread, best[:-1], float(best[-1]))


Probe = dict[str, dict[str, Half]]
"""Set of cues -> half -> regression."""


def save_probe(probe: Probe, path: Path) -> None:
    """Write the regressions, one array each: mean, spread, weights as rows, the bias in the last column."""
    arrays = {
        f"{name}/{half}": np.column_stack([np.stack([one.mean, one.spread, one.weights]), [0.0, 1.0, one.bias]])
        for name, halves in probe.items()
        for half, one in halves.items()
    }
    write_whole(path, arrays)


def load_probe(path: Path = PATH) -> Probe:
    """The shipped regressions; raises ModelError."""
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            arrays = {(name, half): file[f"{name}/{half}"].astype(float) for name in SETS for half in HALVES}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ModelError(f"{path}: the probe of quadrants cannot be read ({error}); reinstall daiw") from error
    probe: Probe = {name: {} for name in SETS}
    for (name, half), array in arrays.items():
        if array.shape != (3, len(SETS[name]) + 1) or not np.isfinite(array).all():
            raise ModelError(f"{path}: the probe of quadrants is of another version; reinstall daiw")
        probe[name][half] = Half(SETS[name], array[0, :-1], array[1, :-1], array[2, :-1], float(array[2, -1]))
    return probe


def separation(scores: Vector, signs: NDArray[np.int64]) -> dict[str, float]:
    """Of rows with a sign: n of each, area under the ROC curve, accuracy, mean of both signs' accuracies, and the majority's share."""
    from scipy.stats import rankdata

    known = signs != 0
    scores, up = scores[known], signs[known] > 0
    n, high = len(up), int(up.sum())
    if high in (0, n):
        raise ValueError("a half is judged on both of its signs")
    area = (float(rankdata(scores)[up].sum()) - high * (high + 1) / 2) / (high * (n - high))
    right = (scores > 0) == up
    return {
        "high": high, "low": n - high, "auc": area, "accuracy": float(right.mean()),
        "balanced": float((right[up].mean() + right[~up].mean()) / 2), "majority": max(high, n - high) / n,
    }  # fmt: skip


def quadrants(valence: NDArray[np.float64] | NDArray[np.int64], arousal: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.int64]:
    """1..4 by the signs; 0 where one is 0."""
    table = {(1, 1): 1, (-1, 1): 2, (-1, -1): 3, (1, -1): 4}
    return np.array([table.get((int(np.sign(v)), int(np.sign(a))), 0) for v, a in zip(valence, arousal, strict=True)], np.int64)


def confusion(meant: NDArray[np.int64], heard: NDArray[np.int64]) -> dict[str, object]:
    """Of rows with a quadrant: accuracy, mean of the quadrants' accuracies, the majority's share, rows by meant (heard 1..4 in each)."""
    rows = [[int(np.sum((meant == a) & (heard == b))) for b in range(1, 5)] for a in range(1, 5)]
    counts = np.array(rows)
    sizes = counts.sum(axis=1)
    there = sizes > 0
    shares = np.diag(counts)[there] / sizes[there]
    n = int(sizes.sum())
    return {
        "n": n, "accuracy": float(np.trace(counts) / n), "balanced": float(shares.mean()), "majority": float(sizes.max() / n), "rows": rows,
    }  # fmt: skip
