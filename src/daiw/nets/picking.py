"""Pick one token among those that may come: nucleus sampling, leaning by guidance, and how surprising the choice was."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.band_walk import BandWalk
from daiw.tokens.vocab import BAR
from daiw.tokens.walk import Walk

AnyWalk = Walk | BandWalk

Choice = tuple[NDArray[np.float32], int]
"""Logits of what might have been taken, and the index of what was."""

NEVER = np.float32(-1e9)
"""Added to the logit of what may not come."""


@dataclass(frozen=True, slots=True)
class Chance:
    """How to draw.

    candidates: lines at once.  temperature: of notes; what a bar refers to is drawn as
    learnt, untempered and unguided, since guidance makes rhythms monotonous.  top_p: share of probability kept.  guidance: 1 none;
    how far to lean from "not told" to the controls (Ho & Salimans 2022).  guided_onsets: whether a melody leans so in when notes start,
    too; where a pace counts them it need not, and unguided it breathes.  out_of_key: added to logits of pitches that neither key nor
    chord holds, or that the chord has in another form (-inf forbids).
    chord_tone, strong_chord_tone: added to chord tones anywhere, and on strong beats.
    widest: largest interval, semitones.  moved: added to the logits of moving on while a vowel is held.
    """

    candidates: int = 6
    temperature: float = 1.0
    top_p: float = 0.97
    guidance: float = 1.3
    guided_onsets: bool = False
    out_of_key: float = -4.0
    chord_tone: float = 0.0
    strong_chord_tone: float = 0.2
    widest: int = 12
    moved: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """What may come next.  ids: tokens, rising.  added: to their logits.  bars: which of them open or end a bar."""

    ids: NDArray[np.int64]
    added: NDArray[np.float32]
    bars: NDArray[np.int64]


def options_of(added: NDArray[np.float32]) -> Options:
    """The options that additions to the whole vocabulary's logits leave."""
    ids = np.flatnonzero(added > NEVER / 2)
    return Options(ids, added[ids], np.flatnonzero((ids >= BAR.first) & (ids < BAR.end)))


def only_bars(options: Options) -> Options:
    """The options that end a bar."""
    return Options(options.ids[options.bars], options.added[options.bars], np.arange(len(options.bars)))


def draw_from(logits: NDArray[np.float32], temperature: float, top_p: float, rng: np.random.Generator) -> int:
    """An index by nucleus sampling (Holtzman et al. 2020)."""
    chances = (logits - np.maximum.reduce(logits)).astype(np.float64)
    if temperature != 1.0:
        chances /= temperature
    np.exp(chances, out=chances)
    order = np.negative(chances).argsort(kind="stable")
    share = chances[order].cumsum()
    kept = min(len(order), int(share.searchsorted(top_p * share[-1])) + 1)
    return int(order[min(kept - 1, int(share.searchsorted(rng.random() * share[kept - 1], side="right")))])


def surprise(logits: NDArray[np.float32], index: int) -> float:
    """Bits of one of these."""
    return float(surprises([(logits, index)])[0])


def surprises(choices: Sequence[Choice]) -> NDArray[np.float64]:
    """Bits of every choice.  One that is worked out beside others has the very bits it has alone."""
    found = np.zeros(len(choices))
    places: dict[int, list[int]] = {}
    for place, (logits, _) in enumerate(choices):
        places.setdefault(len(logits), []).append(place)
    for alike in places.values():
        rows = np.array([choices[place][0] for place in alike])
        top = rows.max(axis=1)
        taken = rows[np.arange(len(rows)), [choices[place][1] for place in alike]]
        found[alike] = (top + np.log(np.exp(rows - top[:, None]).sum(axis=1)) - taken).astype(np.float64) / np.log(2)
    return found
