"""Which note of one reading of a part is which of another: the same, moved, on another pitch, new or gone.

Pairs are found greedily, the nearest first: a note of the same pitch at the same place, then one of the same pitch nearby, then one of
another pitch at the same place.  Greedy matching is not the least-cost assignment, but where edits are few it finds the same pairs.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from daiw.music.score import Note
from daiw.music.time import TICKS_PER_QUARTER

EXACT_TICKS = 2
"""Onsets this near are one: other programs count in other ticks."""
NEARBY_TICKS = 2 * TICKS_PER_QUARTER
"""How far a note may have been moved and still be taken for itself."""
NEIGHBOURS = 4
"""How many notes on each side are looked at: enough for any music, and a bound for any file."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """Indices of notes.

    same: (ours, theirs) at the same place with the same pitch.  moved: of the same pitch elsewhere.  repitched: another pitch at the
    same place.  gone: ours without a partner.  new: theirs without a partner.
    """

    same: tuple[tuple[int, int], ...]
    moved: tuple[tuple[int, int], ...]
    repitched: tuple[tuple[int, int], ...]
    gone: tuple[int, ...]
    new: tuple[int, ...]


def pair_notes(ours: Sequence[Note], theirs: Sequence[Note], tolerance_ticks: int) -> Pairing:
    """Pair two readings of a part.  tolerance_ticks: how far apart two onsets may be and still be one place."""
    left, right = set(range(len(ours))), set(range(len(theirs)))
    alike = _alike(ours, theirs)
    left.difference_update(one for one, _ in alike)
    right.difference_update(other for _, other in alike)

    def take(key: Callable[[Note], int], window: int, cost: Callable[[Note, Note], tuple[int, ...]]) -> tuple[tuple[int, int], ...]:
        found = []
        for one, other in _nearest(ours, theirs, (left, right), key, window, cost):
            if one in left and other in right:
                left.remove(one)
                right.remove(other)
                found.append((one, other))
        return tuple(sorted(found))

    def pitch(note: Note) -> int:
        return note.pitch

    def nowhere(_: Note) -> int:
        return 0

    def distance(one: Note, other: Note) -> tuple[int, ...]:
        return abs(one.start - other.start), abs(one.duration - other.duration), abs(one.velocity - other.velocity)

    def interval(one: Note, other: Note) -> tuple[int, ...]:
        return abs(one.pitch - other.pitch), abs(one.start - other.start)

    same = tuple(sorted((*alike, *take(pitch, tolerance_ticks, distance))))
    repitched = take(nowhere, tolerance_ticks, interval)
    moved = take(pitch, NEARBY_TICKS, distance)
    return Pairing(same, moved, repitched, tuple(sorted(left)), tuple(sorted(right)))


def _alike(ours: Sequence[Note], theirs: Sequence[Note]) -> list[tuple[int, int]]:
    """Notes of one pitch, onset and length: most of them, and quickly found."""
    places: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for index in range(len(theirs) - 1, -1, -1):
        places[theirs[index].pitch, theirs[index].start, theirs[index].duration].append(index)
    found = []
    for index, note in enumerate(ours):
        if same := places.get((note.pitch, note.start, note.duration)):
            found.append((index, same.pop()))
    return found


def _nearest(
    ours: Sequence[Note],
    theirs: Sequence[Note],
    free: tuple[Iterable[int], Iterable[int]],
    key: Callable[[Note], int],
    window: int,
    cost: Callable[[Note, Note], tuple[int, ...]],
) -> list[tuple[int, int]]:
    """Candidate pairs of free notes with one key and onsets within `window`, the cheapest first."""
    by_key: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index in free[1]:
        by_key[key(theirs[index])].append((theirs[index].start, index))
    for places in by_key.values():
        places.sort()
    candidates = []
    for index in free[0]:
        places = by_key.get(key(ours[index]), [])
        middle = bisect_left(places, (ours[index].start, -1))
        for start, other in places[max(0, middle - NEIGHBOURS) : middle + NEIGHBOURS]:
            if abs(start - ours[index].start) <= window:
                candidates.append((cost(ours[index], theirs[other]), index, other))
    candidates.sort()
    return [(one, other) for _, one, other in candidates]


def likeness(ours: Sequence[Note], theirs: Sequence[Note], tolerance_ticks: int) -> float:
    """Share of the longer reading's notes that have a partner of the same pitch within the tolerance, 0..1."""
    longer = max(len(ours), len(theirs))
    return len(pair_notes(ours, theirs, tolerance_ticks).same) / longer if longer else 0.0
