"""A line's syllables on the grid: the rhythm that words ask for, found exactly by dynamic programming.

The cost of a placement is the sum, over its syllables, of

- `meter.STRESS_COST`: stressed syllables want beats, light ones the places between them; a stressed one that comes early and is held
  over the beat (a syncopation) is charged by how much the style shuns that;
- `TUNE` for each onset that the melody's own motif, or the line this one answers, does not have, so that a chorus keeps its rhythm;
- PACE x log2(length / wanted)^2 for each syllable, the stressed ones wanting more, and a wall below the shortest that is understood;
- TORN where a word falls apart over more than two beats; LATE for each beat that the line waits; a last syllable on a weak place.

Reference for the rules: Lerdahl & Jackendoff 1983 (stress and meter agree), Palmer & Kelly 1992 (prosody in song); weights are ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daiw.errors import PromptError
from daiw.music.lyrics import SungSyllable
from daiw.music.time import TICKS_PER_QUARTER, Meter
from daiw.verse.meter import STRESS_COST, weight
from daiw.verse.sections import QUICKEST_SYLLABLE_S

Floats = NDArray[np.float64]
TUNE = 0.55
PACE = 0.5
TORN = 1.5
LATE = 0.3
WALL = 1e4
EASY_S, LONGEST_S = 0.32, 0.75
"""Seconds of a syllable that is neither hurried nor drawn out, and beyond which no ordinary one should last."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a line may lie.

    start, end: ticks, `end` the first tick that belongs to others.  pickup: ticks before `start` that its light first syllables may use.
    breath: ticks of silence wanted before `end`.  tune: onset ticks that the melody has there -> how much they count, 0..1.
    syncopation: 0 on the beat .. 1 mostly off it.
    """

    start: int
    end: int
    meter: Meter
    bpm: float
    pickup: int = 0
    breath: int = TICKS_PER_QUARTER
    tune: Mapping[int, float] = field(default_factory=dict)
    syncopation: float = 0.3


@dataclass(frozen=True, slots=True)
class Placed:
    """onsets: ticks, one a syllable.  end: the tick at which the last one stops.  cost: a syllable, on average."""

    onsets: tuple[int, ...]
    end: int
    cost: float


def place(syllables: Sequence[SungSyllable], ground: Ground) -> Placed:
    """The cheapest rhythm for a line; raises PromptError where it cannot be sung in the time there is."""
    count = len(syllables)
    step = _step(count, ground)
    first = ground.start - ground.pickup // step * step
    last = ground.end - max(step, min(ground.breath, (ground.end - ground.start) // 4))
    grid = np.arange(first, last - step + 1, step)
    if len(grid) < count:
        raise _crowded(syllables, ground)
    own = np.array([[_own(syllable, int(tick), ground) for tick in grid] for syllable in syllables])
    own[0] += _entry(grid, ground, syllables[0])
    wanted_s = _wanted_s(count, ground, last)
    best = own[0].copy()
    pointers: list[NDArray[np.intp]] = []
    length_s: Floats = np.asarray((grid[None, :] - grid[:, None]) * _seconds(ground), np.float64)
    for i in range(1, count):
        link = _lengths(length_s, wanted_s * (1.2 if syllables[i - 1].stress == 2 else 0.85), QUICKEST_SYLLABLE_S * 0.85)
        if syllables[i].word == syllables[i - 1].word:
            link = link + TORN * (length_s > 2.05 * 60.0 / ground.bpm)
        link = link - _held_over(syllables[i - 1], grid, ground)
        total = best[:, None] + link
        pointers.append(total.argmin(0))
        best = total.min(0) + own[i]
    best = best + _landing(syllables[-1], grid, last, ground)
    at = int(best.argmin())
    if best[at] >= WALL:
        raise _crowded(syllables, ground)
    path = [at]
    for pointer in reversed(pointers):
        path.append(int(pointer[path[-1]]))
    onsets = tuple(int(grid[index]) for index in reversed(path))
    return Placed(onsets, _close(onsets[-1], last, ground, syllables[-1]), float(best[at]) / count)


def evenly(syllables: Sequence[SungSyllable], ground: Ground) -> tuple[int, ...]:
    """The placement that knows nothing of words: equal steps on the grid from the line's first beat; what `place` is measured against."""
    count, step = len(syllables), _step(len(syllables), ground)
    room = (ground.end - ground.start - min(ground.breath, (ground.end - ground.start) // 4)) // step
    each = max(1, min(TICKS_PER_QUARTER // step, room // count))
    return tuple(ground.start + i * each * step for i in range(count))


def _crowded(syllables: Sequence[SungSyllable], ground: Ground) -> PromptError:
    text = " ".join(syllable.text for syllable in syllables[:8])
    bars = (ground.end - ground.start) / ground.meter.bar_ticks
    return PromptError(
        f"{len(syllables)} syllables ({text} ...) do not fit in {bars:g} bars at {ground.bpm:g} bpm; ask for more bars, a slower tempo,"
        " or part the line"
    )


def _seconds(ground: Ground) -> float:
    """Seconds a tick."""
    return 60.0 / (ground.bpm * TICKS_PER_QUARTER)


def _step(count: int, ground: Ground) -> int:
    """The grid: sixteenths where the tempo leaves them singable or the words need them, else eighths."""
    eighth = TICKS_PER_QUARTER // 2
    room = (ground.end - ground.start) // eighth
    fine = eighth / 2 * _seconds(ground)
    return eighth // 2 if fine >= QUICKEST_SYLLABLE_S * 0.85 and (ground.bpm < 112 or count > 0.7 * room) else eighth


def _wanted_s(count: int, ground: Ground, last: int) -> float:
    """The usual length of a syllable: an easy pace, drawn together or out by the room there is."""
    room_s = (last - ground.start) * _seconds(ground)
    return float(min(LONGEST_S, max(QUICKEST_SYLLABLE_S, min(room_s / (count + 0.8), 0.5 * EASY_S + 0.5 * room_s / (count + 0.8)))))


def _own(syllable: SungSyllable, tick: int, ground: Ground) -> float:
    """What a syllable costs at a place, by itself."""
    strength = weight(ground.meter, tick)
    cost = STRESS_COST[syllable.stress][strength]
    if ground.tune:
        cost += TUNE * (1.0 - 2.0 * ground.tune.get(tick, 0.0)) * (1.2 if syllable.stress else 0.8)
    return cost


def _entry(grid: NDArray[np.int64], ground: Ground, syllable: SungSyllable) -> Floats:
    """Cost of where the line begins: late entries, and stressed syllables before the bar."""
    beats = (grid - ground.start) / ground.meter.beat_ticks
    early = 0.15 if syllable.stress < 2 else 1.5
    return np.where(beats >= 0, LATE * beats, early - 0.1 * beats)


def _lengths(length_s: Floats, wanted_s: float, shortest_s: float) -> Floats:
    """Cost of each length."""
    ratio = np.log2(np.maximum(length_s, 1e-3) / wanted_s)
    cost = PACE * ratio**2 + np.where(length_s > 1.6, 2.0 * (length_s - 1.6), 0.0)
    return np.where(length_s < shortest_s, WALL, cost)


def _held_over(syllable: SungSyllable, grid: NDArray[np.int64], ground: Ground) -> Floats:
    """What a stressed syllable off the beat gets back when it is held over the next beat, in a style that likes that."""
    if syllable.stress < 2 or ground.syncopation < 0.15:
        return np.zeros((len(grid), len(grid)))
    off = np.array([weight(ground.meter, int(tick)) for tick in grid]) == 0
    eighth = TICKS_PER_QUARTER // 2
    back = 1.5 * min(1.0, ground.syncopation)
    result: Floats = back * (off[:, None] & (grid[None, :] - grid[:, None] > eighth))
    return result


def _landing(syllable: SungSyllable, grid: NDArray[np.int64], last: int, ground: Ground) -> Floats:
    """Cost of where the line ends: the last syllable wants half a beat at least, and a place where one can rest."""
    left = (last - grid) / ground.meter.beat_ticks
    weak = np.array([0.5 * (weight(ground.meter, int(tick)) < 0) for tick in grid])
    result: Floats = np.where(left < 0.5, 2.0 * (0.5 - left), 0.0) + weak
    return result


def _close(onset: int, last: int, ground: Ground, syllable: SungSyllable) -> int:
    """Where the last syllable stops: after two beats at most, one where it is light, on a beat or its half."""
    most = ground.meter.beat_ticks * (2 if syllable.stress else 1)
    wanted = onset + max(most, round(0.7 / _seconds(ground)))
    half = TICKS_PER_QUARTER // 2
    return max(onset + half // 2, min(last, wanted // half * half))
