"""How voices go together: smoothness, parallels, mud, and lines that rub against each other."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from daiw.measure.melody import is_strong
from daiw.music.plan import Plan
from daiw.music.score import Note


def chords_of(notes: Sequence[Note]) -> list[tuple[int, tuple[int, ...]]]:
    """(start, pitches from below) for each tick at which notes begin."""
    starts: dict[int, list[int]] = {}
    for note in notes:
        starts.setdefault(note.start, []).append(note.pitch)
    return [(start, tuple(sorted(starts[start]))) for start in sorted(starts)]


def movement(voicings: Sequence[tuple[int, ...]]) -> float:
    """Mean semitones a voice moves between neighbouring voicings of equal size; 0 where there are none."""
    moved = [np.abs(np.subtract(a, b)).mean() for a, b in pairwise(voicings) if len(a) == len(b)]
    return float(np.mean(moved)) if moved else 0.0


def rubs(line: Sequence[Note], other: Sequence[Note], plan: Plan) -> tuple[tuple[Note, Note], ...]:
    """Pairs a semitone apart that sound together on a strong beat."""
    return tuple((a, b) for a, b in _together(line, other) if abs(a.pitch - b.pitch) == 1 and _shared_strong(a, b, plan))


def _shared_strong(a: Note, b: Note, plan: Plan) -> bool:
    """True where a strong beat falls into the time both notes sound."""
    start, end = max(a.start, b.start), min(a.end, b.end)
    step = plan.meter.beat_ticks
    first = -(-start // step) * step
    return is_strong(plan.meter, start) or any(is_strong(plan.meter, tick) for tick in range(first, end, step))


def crossings(upper: Sequence[Note], lower: Sequence[Note]) -> float:
    """Share of the pairs sounding together in which `lower` lies above `upper`."""
    pairs = _together(upper, lower)
    return sum(b.pitch > a.pitch for a, b in pairs) / len(pairs) if pairs else 0.0


def contrary_motion(line: Sequence[Note], other: Sequence[Note]) -> float:
    """Share of the moments at which both move that they move in opposite directions."""
    opposite = both = 0
    for (a, b), (c, d) in pairwise(_together(line, other)):
        one, two = c.pitch - a.pitch, d.pitch - b.pitch
        both += bool(one and two)
        opposite += one * two < 0
    return opposite / both if both else 0.0


def _together(line: Sequence[Note], other: Sequence[Note]) -> list[tuple[Note, Note]]:
    """All pairs of notes that overlap in time, by start."""
    pairs, first = [], 0
    ordered = sorted(other)
    for note in sorted(line):
        while first < len(ordered) and ordered[first].start < note.start - 16 * 480:
            first += 1
        for candidate in ordered[first:]:
            if candidate.start >= note.end:
                break
            if candidate.end > note.start:
                pairs.append((note, candidate))
    return pairs


def parallel_perfects(voicings: Sequence[tuple[tuple[int, ...], int]]) -> float:
    """Share of changes of bass at which top voice and bass keep an octave or a fifth; each item is (pitches, bass pitch class)."""
    moves = parallels = 0
    for (a, bass), (b, after) in pairwise(voicings):
        if bass == after:
            continue
        moves += 1
        first, second = (a[-1] - bass) % 12, (b[-1] - after) % 12
        parallels += first == second and first in (0, 7)
    return parallels / moves if moves else 0.0


def muddy(voicings: Sequence[tuple[int, ...]], lowest_third: int = 48) -> float:
    """Share of voicings with an interval of four semitones or less whose lower note lies below `lowest_third` (C3)."""
    bad = [any(b - a <= 4 and a < lowest_third for a, b in pairwise(voicing)) for voicing in voicings]
    return float(np.mean(bad)) if bad else 0.0
