"""A singable line as a shortest path: the rules of melody are costs, and the cheapest pitches for a rhythm are found exactly.

Second-order dynamic programming over pitches (Viterbi), so that leaps can ask for recovery and dissonances for resolution.
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from daiw.composer.pulse import QUARTER, weight
from daiw.composer.scale import chord_scale, clashing, key_at
from daiw.music.chord import Chord
from daiw.music.pitch import Key
from daiw.music.plan import Plan
from daiw.music.score import Note

FORBIDDEN = 1e4
ABOVE_CEILING = 25.0
LEANING = 2.2
SHUNNED = 2.5
HASTY = 1.5
Floats = NDArray[np.float64]

INTERVAL_COST = (0.7, 0.0, 0.0, 0.42, 0.5, 0.65, 2.6, 0.8, 1.5, 1.5, 3.0, 7.0, 1.3)
"""Semitones -> cost of the step; beyond an octave it is forbidden."""
OUTSIDE_COST = {3: 2.5, 2: 2.0, 1: 1.15, 0: 0.5, -1: 0.3}
"""Metrical weight -> cost of a note that is not in the chord."""
CLASH_COST = {3: 3.0, 2: 2.5, 1: 1.6, 0: 0.7, -1: 0.3}
"""Extra cost of a note a semitone above a chord tone."""
CADENCES: dict[str, tuple[float, ...]] = {
    "full": (0.0, 3.0, 0.8, 5.0, 1.4, 4.0, 4.0),
    "half": (2.2, 0.0, 1.0, 3.0, 0.2, 2.5, 0.3),
    "open": (1.0, 0.6, 0.3, 1.5, 0.0, 1.0, 1.5),
}
"""Kind of phrase end -> cost of each scale degree as its last note."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A note that still lacks its pitch.

    start, duration: ticks of the song.  unit: the motif statement it belongs to.  height: scale steps above that unit's first note.
    target: the pitch the phrase's contour wishes.  cadence: "", or the kind of phrase end this note makes.
    wish: a pitch it had before, or -1.  fixed: the wish must be met.  ceiling: it stays below this pitch.
    shun: a pitch it had before and should change, or -1.
    leaning: it should be an appoggiatura, foreign to its chord and resolved downwards by the next note.
    chromatic: it may leave the scale if the next note is a chord tone a semitone away.
    held: it goes on with the syllable of the slot before it.
    """

    start: int
    duration: int
    unit: int
    height: int
    target: float
    cadence: str = ""
    wish: int = -1
    fixed: bool = False
    ceiling: int = 128
    shun: int = -1
    leaning: bool = False
    chromatic: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class Taste:
    """Weights of one song's melody, 0..1 each.  low, high: MIDI, inclusive."""

    low: int
    high: int
    leapiness: float = 0.3
    repetition: float = 0.2
    pentatonic: float = 0.3
    dissonance: float = 0.2
    chance: float = 0.35


def heard_chord(plan: Plan, start: int, duration: int) -> Chord:
    """The chord a note belongs to: the one at its onset, or the next if the note anticipates it by an eighth or less and outlasts it."""
    index = plan.chord_at(start)
    change = index.start + index.duration
    if change - start <= QUARTER // 2 and start + duration - change >= change - start and change < plan.timeline.end:
        return plan.chord_at(change).chord
    return index.chord


@lru_cache(maxsize=512)
def degrees(key: Key, low: int, high: int) -> Floats:
    """For each pitch low..high its place on an endless ladder of scale steps; notes between the rungs get halves."""
    steps = {(key.tonic.number + interval) % 12: step for step, interval in enumerate(key.intervals)}
    ladder = []
    for pitch in range(low, high + 1):
        octave = (pitch - key.tonic.number) // 12
        if pitch % 12 in steps:
            ladder.append(7.0 * octave + steps[pitch % 12])
        else:
            ladder.append(7.0 * octave + steps[(pitch - 1) % 12] + 0.5)
    return np.array(ladder)


@lru_cache(maxsize=64)
def _intervals(size: int, leapiness: float, repetition: float) -> tuple[Floats, Floats]:
    """Cost of every step (from, to) and of every pair of steps (first, from, to) on `size` pitches."""
    pitch = np.arange(size)
    step = pitch[None, :] - pitch[:, None]
    distance = np.abs(step)
    table = np.array(INTERVAL_COST + (FORBIDDEN,) * size)
    table[3:13] *= 1.35 - 0.8 * leapiness
    table[0] *= 1.0 - 0.8 * repetition
    pair = table[distance]
    before, after = step[:, :, None], step[None, :, :]
    leap = np.abs(before) >= 5
    triple = np.where(leap & (before * after > 0), np.where(np.abs(after) > 2, 3.5, 1.4), 0.0)
    triple += np.where(leap & (after == 0), 0.4, 0.0)
    triple += np.where(leap & (before * after < 0) & (np.abs(after) > 5), 1.2, 0.0)
    triple += np.where((np.abs(before) > 2) & (before * after > 0) & (np.abs(before + after) > 9), 2.0, 0.0)
    triple += np.where((before == 0) & (after == 0), 0.9 * (1 - repetition), 0.0)
    triple += np.where((before == -after) & (before != 0), 0.4, 0.0)
    return pair, triple


@dataclass(slots=True)
class _Note:
    """One slot's costs: own (P,), outside (P,) True where the pitch is not in the chord, stray (P,) not in its scale, ladder (P,)."""

    own: Floats
    stray: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    ladder: Floats
    strength: int


def sing(
    plan: Plan, slots: tuple[Slot, ...], taste: Taste, before: tuple[int, ...], rng: np.random.Generator, *, against: tuple[Note, ...] = ()
) -> tuple[tuple[int, ...], float]:
    """The cheapest pitches for `slots`, and their cost a note.

    before: pitches already sung just ahead (the last counts).  rng: small random preferences, so that candidates differ.
    against: a line that sounds at the same time and must be neither covered nor rubbed, sorted by start.
    """
    if not slots:
        return (), 0.0
    size = taste.high - taste.low + 1
    pair, triple = _intervals(size, taste.leapiness, taste.repetition)
    notes = [_judge(plan, slot, taste, rng) for slot in slots]
    if against:
        for slot, note in zip(slots, notes, strict=True):
            note.own = note.own + _beside(slot, against, taste)
    first = notes[0].own
    if before:
        distance = np.minimum(12, np.abs(np.arange(taste.low, taste.high + 1) - before[-1]))
        first = first + 0.5 * np.array(INTERVAL_COST)[distance]
    if len(slots) == 1:
        pick = int(first.argmin())
        return (taste.low + pick,), float(first[pick])
    best = first[:, None] + notes[1].own[None, :] + _link(slots[0], slots[1], notes[0], notes[1], pair)
    pointers: list[NDArray[np.intp]] = []
    for i in range(2, len(slots)):
        loose = 1.0 if slots[i].unit == slots[i - 2].unit else 0.7
        total = best[:, :, None] + loose * triple
        pointers.append(total.argmin(0))
        best = total.min(0) + notes[i].own[None, :] + _link(slots[i - 1], slots[i], notes[i - 1], notes[i], pair)
    flat = int(best.argmin())
    cost = float(best.flat[flat]) / len(slots)
    one, two = divmod(flat, size)
    path = [two, one]
    for pointer in reversed(pointers):
        path.append(int(pointer[path[-1], path[-2]]))
    return tuple(taste.low + place for place in reversed(path)), cost


def _judge(plan: Plan, slot: Slot, taste: Taste, rng: np.random.Generator) -> _Note:
    """What each pitch costs on this slot, by itself."""
    pitches = np.arange(taste.low, taste.high + 1)
    key = key_at(plan, slot.start)
    chord = heard_chord(plan, slot.start, slot.duration)
    strength = weight(plan.meter, slot.start)
    classes = pitches % 12
    chances = taste.chance * rng.random(len(pitches))
    if slot.fixed:
        own = np.where(pitches == slot.wish, 0.0, FORBIDDEN)
        return _Note(
            own, np.zeros(len(own), bool), ~_member(classes, frozenset(chord.pitch_classes)), degrees(key, taste.low, taste.high), strength
        )
    inside = _member(classes, frozenset(chord.pitch_classes))
    stray = ~_allowed(plan, slot, classes)
    own = np.where(stray, -0.8 if slot.chromatic else FORBIDDEN, 0.0) + chances
    length = min(1.5, 0.6 + 0.4 * slot.duration / QUARTER)
    own += LEANING * inside if slot.leaning else np.where(inside, 0.0, OUTSIDE_COST[strength] * length * (1.15 - 0.4 * taste.dissonance))
    own += np.where(pitches < slot.ceiling, 0.0, ABOVE_CEILING)
    clash = 0.25 if slot.leaning else 1.1 - 0.5 * taste.dissonance
    own += np.where(_member(classes, clashing(chord)), CLASH_COST[strength] * length * clash, 0.0)
    own += _held_over(plan, slot, classes, chord)
    five = _pentatonic(key)
    own += np.where(_member(classes, five) | inside, 0.0, 1.1 * taste.pentatonic)
    own += 0.16 * np.abs(pitches - slot.target) + 0.02 * (pitches - slot.target) ** 2
    if slot.cadence:
        own += _cadence_cost(key, classes, slot.cadence) + np.where(inside, 0.0, 8.0)
    own += np.where(pitches == slot.shun, SHUNNED, 0.0)
    if slot.wish >= 0:
        own += np.where(pitches == slot.wish, 0.0, 1.2)
    return _Note(own, stray, ~inside, degrees(key, taste.low, taste.high), strength)


def _member(classes: NDArray[np.int64], wanted: frozenset[int]) -> NDArray[np.bool_]:
    """True where the pitch class is among `wanted`."""
    result: NDArray[np.bool_] = _mask(wanted)[classes]
    return result


@lru_cache(maxsize=4096)
def _mask(wanted: frozenset[int]) -> NDArray[np.bool_]:
    """Twelve flags, one a pitch class."""
    mask = np.zeros(12, bool)
    mask[list(wanted)] = True
    return mask


def _allowed(plan: Plan, slot: Slot, classes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """True for pitches in the scale of every chord the note sounds with."""
    allowed = _member(classes, chord_scale(key_at(plan, slot.start), heard_chord(plan, slot.start, slot.duration)))
    for span in _touched(plan, slot):
        mask = _member(classes, chord_scale(key_at(plan, span[0]), span[1]))
        if (allowed & mask).any():
            allowed = allowed & mask
    return allowed


def _touched(plan: Plan, slot: Slot) -> list[tuple[int, Chord, int]]:
    """(start, chord, sounding ticks) of every chord during the note."""
    result, tick, end = [], slot.start, slot.start + slot.duration
    while tick < end:
        span = plan.chord_at(tick)
        stop = max(tick + 1, min(end, span.start + span.duration))
        result.append((tick, span.chord, stop - tick))
        tick = stop
    return result


def _held_over(plan: Plan, slot: Slot, classes: NDArray[np.int64], chord: Chord) -> Floats:
    """Cost of sounding against the other chords the note lasts through."""
    cost = np.zeros(len(classes))
    for _, other, ticks in _touched(plan, slot):
        if other == chord or ticks < QUARTER // 4:
            continue
        share = min(1.0, ticks / QUARTER)
        cost += np.where(_member(classes, frozenset(other.pitch_classes)), 0.0, 2.0 * share)
        cost += np.where(_member(classes, clashing(other)), 2.5 * share, 0.0)
    return cost


def _beside(slot: Slot, against: tuple[Note, ...], taste: Taste) -> Floats:
    """Cost of each pitch against the notes of another line: no semitones or tones, no unisons, thirds and sixths below it liked."""
    pitches = np.arange(taste.low, taste.high + 1)
    cost = np.zeros(len(pitches))
    first = bisect_left(against, slot.start - 4 * QUARTER, key=lambda note: note.start)
    for other in against[first:]:
        if other.start >= slot.start + slot.duration:
            break
        shared = min(other.end, slot.start + slot.duration) - max(other.start, slot.start)
        if shared <= 0:
            continue
        share = min(1.0, shared / QUARTER)
        below = other.pitch - pitches
        distance = np.abs(below)
        together = 1.0 if other.start == slot.start else 0.6
        cost += np.where(distance == 1, 12.0, np.where(distance == 2, 2.5, np.where(distance == 0, 3.0, 0.0))) * max(share, 0.5) * together
        cost += np.where((distance % 12 == 1) | (distance % 12 == 11), 1.5, 0.0) * share
        cost += np.where(below < 0, 0.8 + 0.12 * distance, 0.0) * share
        cost -= np.where((below == 3) | (below == 4) | (below == 8) | (below == 9), 0.6, 0.0) * share
    return cost


@lru_cache(maxsize=256)
def _pentatonic(key: Key) -> frozenset[int]:
    """The five-note core: 1 2 3 5 6 of major-like modes, 1 b3 4 5 b7 of minor-like ones."""
    places = (0, 2, 3, 4, 6) if key.minor_third else (0, 1, 2, 4, 5)
    return frozenset((key.tonic.number + key.intervals[place]) % 12 for place in places)


def _cadence_cost(key: Key, classes: NDArray[np.int64], kind: str) -> Floats:
    """Cost of ending on each pitch class; notes outside the key are as bad as the worst degree."""
    table = np.full(12, 5.0)
    for degree, interval in enumerate(key.intervals):
        table[(key.tonic.number + interval) % 12] = CADENCES[kind][degree]
    result: Floats = table[classes]
    return result


@lru_cache(maxsize=64)
def _shapes(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, Floats, Floats, Floats]:
    """By step (from, to): the step, its size, the cost of leaving a dissonance (weak, strong) and of reaching one (weak, strong)."""
    step = np.arange(size)[None, :] - np.arange(size)[:, None]
    distance = np.abs(step)
    loose = 3.0 * (distance > 2) + 1.2 * (distance == 0)
    heavy = loose + np.where((step < 0) & (step >= -2), 0.0, 1.2)
    approached = 1.5 * (distance > 2)
    return step, distance, loose, heavy, approached, approached - 0.6 * (distance == 0)


def _link(slot: Slot, following: Slot, note: _Note, after: _Note, pair: Floats) -> Floats:
    """Cost of every step between two neighbouring slots, (from, to)."""
    cost = pair.copy()
    step, distance, loose, heavy, approached, repeated = _shapes(len(note.own))
    left_badly = note.outside[:, None] * (heavy if note.strength >= 1 else loose)
    if slot.leaning:
        down = (step < 0) & (step >= -2) & ~after.outside[None, :]
        left_badly = left_badly + note.outside[:, None] * np.where(down, 0.0, 5.0)
    if slot.chromatic:
        left_badly = left_badly + np.where(note.stray[:, None] & ((distance != 1) | after.outside[None, :]), FORBIDDEN, 0.0)
    if slot.duration <= QUARTER // 4:
        left_badly = left_badly + HASTY * (distance > 4)
    cost += left_badly + after.outside[None, :] * (repeated if after.strength >= 1 else approached)
    if slot.unit == following.unit and following.wish < 0:
        climbed = after.ladder[None, :] - note.ladder[:, None]
        cost += 0.75 * np.minimum(4.0, np.abs(climbed - (following.height - slot.height)))
    gap = following.start - slot.start - slot.duration
    if gap >= QUARTER:
        return 0.45 * cost
    return cost
