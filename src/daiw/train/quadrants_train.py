"""Teaches the judge of quadrants from marked art songs, and says what it is worth on composers that it has not learnt from.

daiw train quadrants --data DIR --out F.npz
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.errors import FileFormatError
from daiw.train.hearing import CUES, cues_of
from daiw.train.passages import Passage, lieder_passages
from daiw.train.quadrants import HALVES, PENALTY, SETS, Probe, Vector, confusion, fit_half, quadrants, save_probe, separation

FOLDS = 12


@dataclass(frozen=True)
class Table:
    """What is heard and meant in passages.  values: (n, len(CUES)).  valence, arousal: 1, -1 or 0.  composers, songs: whose."""

    values: Vector
    valence: NDArray[np.int64]
    arousal: NDArray[np.int64]
    composers: NDArray[np.str_]
    songs: NDArray[np.str_]

    def half(self, name: str) -> NDArray[np.int64]:
        """The signs of "valence" or "arousal"."""
        return self.valence if name == "valence" else self.arousal

    def where(self, chosen: NDArray[np.bool_]) -> "Table":
        """Those rows."""
        return Table(self.values[chosen], self.valence[chosen], self.arousal[chosen], self.composers[chosen], self.songs[chosen])


def table_of(passages: Sequence[Passage]) -> Table:
    """Passages in which enough sounds."""
    heard = [(one, cues) for one in passages if (cues := cues_of(one.piece)) is not None]
    return Table(
        np.array([list(cues.values()) for _, cues in heard], float).reshape(-1, len(CUES)),
        np.array([one.meant.valence for one, _ in heard], np.int64),
        np.array([one.meant.arousal for one, _ in heard], np.int64),
        np.array([one.composer for one, _ in heard], np.str_),
        np.array([one.song for one, _ in heard], np.str_),
    )


def folds_of(composers: NDArray[np.str_]) -> NDArray[np.int64]:
    """Fold 0..11 of every row, by a hash of the composer's name, so that no composer is in two."""
    return np.array([int(hashlib.sha256(name.encode()).hexdigest(), 16) % FOLDS for name in composers.tolist()], np.int64)


def left_out_scores(learnt: Table, judged: Table, half: str, cues: tuple[str, ...], penalty: float = PENALTY) -> Vector:
    """Every row of `judged` by a regression that learnt from the other folds' composers of `learnt`."""
    own, other = folds_of(judged.composers), folds_of(learnt.composers)
    signs = learnt.half(half)
    scores = np.zeros(len(own))
    for fold in range(FOLDS):
        here, rest = own == fold, (other != fold) & (signs != 0)
        if here.any():
            scores[here] = fit_half(learnt.values[rest], signs[rest], cues, penalty).scores(judged.values[here])
    return scores


def spread_over_composers(scores: Vector, signs: NDArray[np.int64], composers: NDArray[np.str_], draws: int = 200) -> float:
    """Standard error of the area under the curve when composers are drawn anew."""
    rng = np.random.default_rng(7)
    names = np.unique(composers)
    rows = {name: np.flatnonzero((composers == name) & (signs != 0)) for name in names.tolist()}
    found = []
    for _ in range(draws):
        chosen = np.concatenate([rows[name] for name in rng.choice(names, len(names)).tolist()])
        if len(set(signs[chosen].tolist())) == 2:
            found.append(separation(scores[chosen], signs[chosen])["auc"])
    return float(np.std(found))


def shuffled(known: Table, half: str, cues: tuple[str, ...], rng: np.random.Generator, times: int) -> dict[str, float]:
    """Area under the curve where the labels are anybody's: what the procedure itself makes of nothing."""
    found = []
    for _ in range(times):
        mixed = Table(known.values, rng.permutation(known.valence), rng.permutation(known.arousal), known.composers, known.songs)
        found.append(separation(left_out_scores(mixed, mixed, half, cues), mixed.half(half))["auc"])
    return {"auc": float(np.mean(found)), "sd": float(np.std(found))}


def judged(headings: Table, later: Table, shuffles: int = 10) -> dict[str, object]:
    """What the probe is worth on composers that it has not learnt from.

    later: passages within songs, never learnt from.  shuffles: how often the labels are mixed.
    """
    found: dict[str, object] = {}
    rng = np.random.default_rng(5)
    for name, cues in SETS.items():
        scores = {half: left_out_scores(headings, headings, half, cues) for half in HALVES}
        here: dict[str, object] = {}
        for half in HALVES:
            signs = headings.half(half)
            error = spread_over_composers(scores[half], signs, headings.composers)
            here[half] = separation(scores[half], signs) | {"auc_error": error}
            if len(later.values):
                here[f"{half}, within songs"] = separation(left_out_scores(headings, later, half, cues), later.half(half))
            here[f"{half}, labels shuffled"] = shuffled(headings.where(signs != 0), half, cues, rng, shuffles)
        here["quadrants"] = confusion(quadrants(headings.valence, headings.arousal), quadrants(scores["valence"], scores["arousal"]))
        found[name] = here
    return found | {"one cue alone": alone(headings), "valence within a mode": within_modes(headings)}


def alone(headings: Table) -> dict[str, float]:
    """Area under the curve of a half by one cue: what there is to beat."""
    cues = {"valence": ("mode", "major_chords"), "arousal": ("tempo", "velocity", "onsets_a_second")}
    return {
        f"{half}: {cue}": separation(left_out_scores(headings, headings, half, (cue,)), headings.half(half))["auc"]
        for half in HALVES
        for cue in cues[half]
    }


def within_modes(headings: Table) -> dict[str, dict[str, float]]:
    """Valence by the notes among songs that are heard as major, and among those heard as minor: what is told besides the mode."""
    scores = left_out_scores(headings, headings, "valence", SETS["notes"])
    major = headings.values[:, CUES.index("mode")] >= 0
    return {name: separation(scores[here], headings.valence[here]) for name, here in (("major", major), ("minor", ~major))}


def learn(table: Table) -> Probe:
    """A regression for every set of cues and half, from all composers."""
    probe: Probe = {name: {} for name in SETS}
    for name, cues in SETS.items():
        for half in HALVES:
            known = table.where(table.half(half) != 0)
            probe[name][half] = fit_half(known.values, known.half(half), cues)
    return probe


def described(headings: Table) -> dict[str, object]:
    """Songs and composers of every quadrant, and the four composers who have most of them."""
    found: dict[str, object] = {}
    quadrant = quadrants(headings.valence, headings.arousal)
    for k in range(1, 5):
        names, counts = np.unique(headings.composers[quadrant == k], return_counts=True)
        most = [f"{names[i]} {counts[i]}" for i in np.argsort(-counts, kind="stable")[:4].tolist()]
        found[f"quadrant {k}"] = {"songs": int(counts.sum()), "composers": len(names), "most": most}
    return found


def run(args: argparse.Namespace) -> int:
    """Read, judge, learn, write."""
    folder = args.data / "openscore_lieder"
    if not (folder / "scores").is_dir():
        raise FileFormatError(f"{args.data} holds no openscore_lieder/scores")
    passages = list(lieder_passages(folder))
    if not passages:
        raise FileFormatError(f"{folder} holds no marked song")
    headings, later = (table_of([one for one in passages if one.heading is at]) for at in (True, False))
    about = {"songs": len(set(headings.songs.tolist())), "composers": len(set(headings.composers.tolist()))} | described(headings)
    figures = {"headings": about, "passages within songs": len(later.values), "on other composers": judged(headings, later)}
    print(json.dumps(figures, indent=1))
    save_probe(learn(headings), args.out)
    return 0
