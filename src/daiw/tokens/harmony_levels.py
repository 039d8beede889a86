"""What a section's harmony is like, measured: how bright, tense, coloured, foreign, quick and repetitive, and the levels of each.

The levels are what the harmony network is told of every section; training derives them from the charts themselves.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from daiw.music.chord import QUALITIES
from daiw.tokens.vocab import CHORD_CLASSES

PLACES = 12
"""Places in a bar where a chord may change: every twelfth of it, so that two, three and four chords a bar all fit."""

NO_CHORD = 12 * len(CHORD_CLASSES)
"""The chord value of silence."""

Change = tuple[int, int]
"""(place 0..11, chord value)."""

Bar = tuple[Change, ...]

TOLD = ("sevenths", "foreign", "changes", "brightness", "tension", "returns")
"""What is measured: shares of sevenths and of chords from outside the mode, changes a bar, the share of time on major thirds over roots of
the mode (a chord without a third counts half), how rough the chords are (0..1, over time; as `tokens.controls` has it, triads 0), and the
share of bars that are those of four bars before."""

LEVELS = 5
EDGES: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "sevenths": ((0.005, 0.15, 0.35, 0.65),) * 2,
    "foreign": ((0.005, 0.12, 0.25, 0.45),) * 2,
    "changes": ((0.6, 0.9, 1.2, 1.6),) * 2,
    "brightness": ((0.5, 0.65, 0.8, 0.97), (0.25, 0.4, 0.5, 0.66)),
    "tension": ((0.001, 0.03, 0.08, 0.16),) * 2,
    "returns": ((0.05, 0.3, 0.6, 0.9),) * 2,
}
"""Between the levels, in major and in minor: about the fifths of the training sections, where there are so many different values."""

UNTOLD = (0,) * len(TOLD)
"""Levels of a section of which nothing is told."""

SCALES = {False: frozenset((0, 2, 4, 5, 7, 9, 11)), True: frozenset((0, 2, 3, 5, 7, 8, 10))}
FIRST_SEVENTH = CHORD_CLASSES.index("7")
RETURN_BARS = 4
ROUGH = {"dim": 0.6, "aug": 0.6, "sus2": 0.2, "sus4": 0.2, "7": 0.3, "maj7": 0.3, "m7": 0.2, "m7b5": 0.6, "dim7": 0.7, "mmaj7": 0.5}


def root_of(chord: int) -> int:
    """Semitones of a chord's root above the tonic."""
    return chord // len(CHORD_CLASSES)


def class_of(chord: int) -> int:
    """Index into CHORD_CLASSES."""
    return chord % len(CHORD_CLASSES)


def tones_of(chord: int) -> frozenset[int]:
    """Pitch classes above the tonic."""
    return frozenset((root_of(chord) + step) % 12 for step in QUALITIES[CHORD_CLASSES[class_of(chord)]])


def is_foreign(chord: int, minor: bool) -> bool:
    """True where a chord has a note outside the mode; the major dominant of minor is at home."""
    tones = tones_of(chord)
    return not (tones <= SCALES[minor] or (minor and root_of(chord) == 7 and tones <= SCALES[True] - {10} | {11}))


def bright(chord: int, minor: bool) -> float:
    """1 for a major third over a root of the mode, .5 where there is no third, else 0: a borrowed major chord is no brighter."""
    steps = QUALITIES[CHORD_CLASSES[class_of(chord)]]
    if 4 in steps:
        return float(root_of(chord) in SCALES[minor])
    return 0.0 if 3 in steps else 0.5


def rough(chord: int) -> float:
    """How dissonant a chord is, 0..1; triads 0."""
    return ROUGH.get(CHORD_CLASSES[class_of(chord)], 0.0)


def filled(bars: Sequence[Bar], held: int = -1) -> list[Bar]:
    """Every bar from its first place on: the chord held from before (-1: none) written again where the bar does not open with one."""
    result: list[Bar] = []
    for bar in bars:
        whole = bar if bar and bar[0][0] == 0 else ((0, held), *bar)
        held = whole[-1][1]
        result.append(whole)
    return result


def measured(bars: Sequence[Bar], minor: bool, held: int = -1) -> dict[str, float]:
    """The values of TOLD; nan for all where nothing sounds, and for "returns" where fewer than eight bars say little of it."""
    whole = filled(bars, held)
    sounding = [
        (chord, end - place) for bar in whole for (place, chord), (end, _) in pairwise((*bar, (PLACES, -1))) if chord not in (-1, NO_CHORD)
    ]
    if not sounding:
        return dict.fromkeys(TOLD, float("nan"))
    chords = [chord for chord, _ in sounding]
    changes = [chord for i, chord in enumerate(chords) if i == 0 or chords[i - 1] != chord]
    weights = [length for _, length in sounding]
    later = range(RETURN_BARS, len(whole))
    return {
        "sevenths": float(np.mean([class_of(chord) >= FIRST_SEVENTH for chord in changes])),
        "foreign": float(np.mean([is_foreign(chord, minor) for chord in changes])),
        "changes": len(changes) / len(whole),
        "brightness": float(np.average([bright(chord, minor) for chord in chords], weights=weights)),
        "tension": float(np.average([rough(chord) for chord in chords], weights=weights)),
        "returns": float(np.mean([whole[i] == whole[i - RETURN_BARS] for i in later])) if len(later) >= RETURN_BARS else float("nan"),
    }


def level(value: float, edges: tuple[float, ...]) -> int:
    """The bin 1.. of a value between edges."""
    return 1 + sum(value > edge for edge in edges)


def levels_of(values: Mapping[str, float], minor: bool) -> tuple[int, ...]:
    """The levels 1..LEVELS of the values of TOLD, 0 for those that are nan or missing."""
    found = [values.get(name, float("nan")) for name in TOLD]
    return tuple(0 if np.isnan(value) else level(value, EDGES[name][minor]) for name, value in zip(TOLD, found, strict=True))


def section_levels(sections: Sequence[Sequence[Bar]], minor: bool) -> list[tuple[int, ...]]:
    """The levels of each of a song's sections, in order."""
    held, found = -1, []
    for bars in sections:
        found.append(levels_of(measured(bars, minor, held), minor))
        held = next((bar[-1][1] for bar in reversed(bars) if bar), held)
    return found
