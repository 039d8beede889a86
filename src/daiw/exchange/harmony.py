"""Key and chords of music that nobody told us about.

Key: correlation of sounding time by pitch class with the probe-tone profiles of Krumhansl & Kessler (1982), the figures as printed in
Krumhansl, Cognitive Foundations of Musical Pitch (1990).  Chords: the quality and root that explain most of the sounding time and miss
the fewest of their own tones, by bar, or by half bar where the halves plainly differ.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from daiw.errors import TheoryError
from daiw.files.spelling import Speller
from daiw.music.chord import QUALITIES, Chord
from daiw.music.pitch import Key, PitchClass
from daiw.music.plan import ChordSpan
from daiw.music.roman import numeral_of
from daiw.music.score import Note
from daiw.music.time import Meter

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
NAMED = ("", "m", "7", "m7", "maj7", "dim", "m7b5", "sus4", "aug", "dim7")
"""Qualities that are looked for, the plainest first."""
MISSING = 0.5
BASS = 0.15
"""What a missing tone costs and the lowest note speaks for, against a share of sounding time of 1."""
HALVES = 0.2
"""How much better two chords must explain a bar than one."""

Weights = NDArray[np.float64]


def sounding(notes: Iterable[Note], start: int, end: int) -> tuple[Weights, int | None]:
    """How many ticks each pitch class sounds between two ticks, and the pitch class of the lowest note."""
    weights = np.zeros(12)
    lowest: int | None = None
    for note in notes:
        ticks = min(note.end, end) - max(note.start, start)
        if ticks > 0:
            weights[note.pitch % 12] += ticks
            lowest = note.pitch if lowest is None else min(lowest, note.pitch)
    return weights, lowest % 12 if lowest is not None else None


def find_key(notes: Sequence[Note]) -> Key:
    """The major or minor key whose profile the sounding time correlates with best; C major for silence."""
    weights, _ = sounding(notes, 0, max((note.end for note in notes), default=1))
    if not weights.any():
        return Key(PitchClass("C"))
    scores = {
        (tonic, mode): float(np.corrcoef(np.roll(profile, tonic), weights)[0, 1]) if weights.std() else 0.0
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
        for tonic in range(12)
    }
    tonic, mode = max(scores, key=lambda entry: (scores[entry], entry))
    fifths = (tonic * 7 + 5) % 12 - 5
    return Key(PitchClass.from_fifths(fifths if mode == "major" else (tonic * 7 + 1) % 12 - 1), mode)


def find_harmony(notes: Sequence[Note], key: Key, meter: Meter, end: int) -> tuple[ChordSpan, ...]:
    """Chords from tick 0 to `end`; a bar in which nothing sounds keeps the chord before it, the first the tonic's."""
    ordered = sorted(notes)
    longest = max((note.duration for note in ordered), default=0)
    starts = [note.start for note in ordered]
    speller = Speller(((0, key),), ())
    found: list[tuple[int, Chord]] = []
    home = Chord(key.tonic, "m" if key.minor_third else "")
    for bar in range(0, end, meter.bar_ticks):
        near = ordered[np.searchsorted(starts, bar - longest) : np.searchsorted(starts, bar + meter.bar_ticks)]
        middle = bar + meter.bar_ticks // 2
        whole = _best(*sounding(near, bar, bar + meter.bar_ticks))
        halves = [_best(*sounding(near, *edges)) for edges in ((bar, middle), (middle, bar + meter.bar_ticks))]
        named = [(bar, whole)]
        if meter.beats % 2 == 0 and whole and (one := halves[0]) and (other := halves[1]) and (one[0] + other[0]) / 2 > whole[0] + HALVES:
            named = [(bar, one), (middle, other)]
        for tick, choice in named:
            chord = _spelled(choice[1], choice[2], speller, tick) if choice else (found[-1][1] if found else home)
            if not found or found[-1][1] != chord:
                found.append((tick, chord))
    return spans(found or [(0, home)], key, end)


def spans(symbols: Sequence[tuple[int, Chord]], key: Key, end: int) -> tuple[ChordSpan, ...]:
    """Symbols as chords without gaps from tick 0 to `end`."""
    first = [(0, symbols[0][1])] if symbols[0][0] > 0 else []
    edges = [*first, *symbols]
    until = [tick for tick, _ in edges[1:]] + [max(end, edges[-1][0] + 1)]
    return tuple(
        ChordSpan(tick, stop - tick, chord, numeral_of(chord, key)) for (tick, chord), stop in zip(edges, until, strict=True) if stop > tick
    )


def _best(weights: Weights, bass: int | None) -> tuple[float, int, str] | None:
    """(score, root, quality), None where fewer than two pitch classes sound."""
    total = weights.sum()
    if total <= 0 or (weights > 0).sum() < 2:
        return None
    best: tuple[float, int, str] | None = None
    for quality in NAMED:
        tones = [step % 12 for step in QUALITIES[quality]]
        for root in range(12):
            inside = [(root + step) % 12 for step in tones]
            missing = sum(weights[tone] <= 0.02 * total for tone in inside) / len(inside)
            score = float(weights[inside].sum() / total) - MISSING * missing + (BASS if root == bass else 0.0)
            if best is None or score > best[0] + 1e-9:
                best = score, root, quality
    return best


def _spelled(root: int, quality: str, speller: Speller, tick: int) -> Chord:
    name, _ = speller(60 + root, tick)
    for spelled in (name, PitchClass.from_fifths((root * 7 + 5) % 12 - 5)):
        with suppress(TheoryError):  # a chord nobody can spell on this name
            _ = Chord(spelled, quality).spelling
            return Chord(spelled, quality)
    return Chord(name)
