"""Rhythm cells: a bar is sampled from a small vocabulary of one-pulse figures and judged for density, syncopation and economy."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from daiw.composer.pulse import DOTTED, QUARTER, SIXTEENTH, pulses
from daiw.music.time import Meter

TRIPLET = QUARTER // 3

# One pulse each: figure -> how unusual it is.  x onset, - hold, . rest.
SIMPLE = {
    "x---": 0.0, "x-x-": 0.0, "----": 0.3, "--x-": 0.35, "x--x": 0.5, "x-xx": 0.45, "xxx-": 0.8, "..x-": 0.5, "x-..": 0.7, "xxxx": 1.2,
    "-x-x": 1.2, "x-.x": 0.9, "...x": 1.0, "....": 0.9, ".xx-": 1.1, "-x--": 1.1,
}  # fmt: skip
COMPOUND = {
    "x-----": 0.0, "x---x-": 0.0, "x-x-x-": 0.1, "x-x---": 0.4, "------": 0.4, "--x-x-": 0.6, "x--xx-": 0.6, "....x-": 0.6,
    "x-x-xx": 0.8, "x--x--": 0.9, "..x-x-": 0.6, "......": 1.0,
}  # fmt: skip
TRIPLETS = {"xxx": 0.0, "x-x": 0.2, "xx-": 0.4}

SAMPLES = 16
BROKEN = 2.5
"""Oddness of a note broken off, in a song that is all legato."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One bar.  events: (offset in ticks, True for an onset, False for a rest), sorted; a note holds until the next event."""

    events: tuple[tuple[int, bool], ...]
    length: int

    @property
    def onsets(self) -> tuple[int, ...]:
        """Offsets of the notes in ticks."""
        return tuple(offset for offset, sounds in self.events if sounds)


@dataclass(frozen=True, slots=True)
class Feel:
    """What a bar should be like.

    density: onsets a quarter.  syncopation, triplets: 0..1.  fine: willingness for 16ths, 0..1.  legato: aversion to notes that are
    broken off by a rest within the pulse, 0..1.
    """

    density: float
    syncopation: float
    triplets: float = 0.0
    fine: float = 0.5
    legato: float = 0.0


@lru_cache(maxsize=512)
def read(figure: str, step: int = SIXTEENTH) -> tuple[tuple[int, bool], ...]:
    """A figure as events from its own start."""
    events = []
    silent = False
    for i, char in enumerate(figure):
        if char == "x":
            events.append((i * step, True))
        elif char == "." and not silent:
            events.append((i * step, False))
        silent = char == "."
    return tuple(events)


@lru_cache(maxsize=8192)
def syncopation(rhythm: Rhythm, meter: Meter) -> float:
    """Share of onsets that lie off the pulse while the next pulse is not struck, 0..1."""
    starts, place = [], 0
    for length in pulses(meter):
        starts.append(place)
        place += length
    onsets = set(rhythm.onsets)
    if not onsets:
        return 0.0
    off = 0
    for onset in onsets - set(starts):
        following = next((start for start in (*starts, rhythm.length) if start > onset), rhythm.length)
        between = any(onset < other <= following for other in onsets)
        off += not between and following < rhythm.length + 1
    return off / len(onsets)


def sample_bar(meter: Meter, feel: Feel, rng: np.random.Generator, starts: bool = True) -> Rhythm:
    """A bar in the wished feel: the best few of many random ones, one of them by chance.

    starts: the first pulse must be struck or at most delayed by an eighth.
    """
    drawn = [_draw(meter, feel, rng, starts) for _ in range(SAMPLES)]
    quarters = meter.bar_ticks / QUARTER
    scored = []
    for place, (rhythm, oddness, kinds) in enumerate(drawn):
        count = len(rhythm.onsets)
        cost = 1.1 * abs(count - feel.density * quarters) + 2.2 * abs(syncopation(rhythm, meter) - feel.syncopation)
        scored.append((cost + 0.7 * oddness + 0.35 * kinds + (5.0 if count == 0 else 0.0), place))
    best = sorted(scored)[:4]
    return drawn[best[int(rng.integers(len(best)))][1]][0]


def _draw(meter: Meter, feel: Feel, rng: np.random.Generator, starts: bool) -> tuple[Rhythm, float, int]:
    """A random bar, the sum of its figures' oddness, and how many different figures it uses."""
    events: list[tuple[int, bool]] = []
    place, oddness, used = 0, 0.0, set()
    for index, length in enumerate(pulses(meter)):
        triplets = length == QUARTER and feel.triplets > 0 and rng.random() < feel.triplets
        names, costs, odds, step = _choices(length, triplets, feel, index == 0, starts)
        pick = int(np.searchsorted(odds, rng.random()))
        events += [(place + offset, sounds) for offset, sounds in read(names[pick], step)]
        oddness += costs[pick]
        used.add(names[pick])
        place += length
    return Rhythm(tuple(events), meter.bar_ticks), oddness / max(1, len(pulses(meter))), len(used)


@lru_cache(maxsize=512)
def _choices(
    length: int, triplets: bool, feel: Feel, first: bool, starts: bool
) -> tuple[tuple[str, ...], tuple[float, ...], NDArray[np.float64], int]:
    """The figures a pulse may take: names, oddness, cumulative odds, and the ticks of one character."""
    table, step = ({"x": 0.0}, length)
    if length == DOTTED:
        table, step = COMPOUND, SIXTEENTH
    elif length == QUARTER:
        table, step = (TRIPLETS, TRIPLET) if triplets else (SIMPLE, SIXTEENTH)
    names = [name for name in table if not (first and name[0] == "-")]
    if first and starts:
        names = [name for name in names if name[0] == "x" or (feel.syncopation > 0.25 and name.startswith("..x"))]
    costs = [table[name] + _fineness(name, step, feel) + _brokenness(name, feel) for name in names]
    crowded = np.array([abs(name.count("x") * QUARTER / length - feel.density) for name in names])
    odds = np.exp(-1.3 * np.array(costs) - 0.6 * crowded)
    cumulative = np.cumsum(odds / odds.sum())
    cumulative[-1] = 1.0
    return tuple(names), tuple(costs), cumulative, step


def _fineness(name: str, step: int, feel: Feel) -> float:
    """Extra oddness of figures that need 16ths, where the tempo is too fast for them."""
    return 1.6 * (1 - feel.fine) if step == SIXTEENTH and any(char == "x" for char in name[1::2]) else 0.0


def _brokenness(name: str, feel: Feel) -> float:
    """Extra oddness of figures in which a note is broken off, where notes should be held."""
    return BROKEN * feel.legato if "x" in name and "." in name[name.index("x") :] else 0.0


def vary(rhythm: Rhythm, meter: Meter, rng: np.random.Generator) -> Rhythm:
    """The same bar with one note split in two or two joined: what new words do to an old tune."""
    onsets = list(rhythm.onsets)
    ends = {
        offset: following
        for (offset, sounds), (following, _) in zip(rhythm.events, (*rhythm.events[1:], (rhythm.length, False)), strict=True)
        if sounds
    }
    long = [o for o in onsets if ends[o] - o >= QUARTER and (ends[o] - o) % (QUARTER // 2) == 0]
    if long and (rng.random() < 0.6 or len(onsets) < 3):
        split = long[int(rng.integers(len(long)))]
        return replace(rhythm, events=tuple(sorted({*rhythm.events, (split + (ends[split] - split) // 2 // 120 * 120, True)})))
    weak = [o for o in onsets[1:] if o not in _starts(meter)]
    if weak and len(onsets) > 2:
        gone = weak[int(rng.integers(len(weak)))]
        return replace(rhythm, events=tuple(event for event in rhythm.events if event[0] != gone))
    return rhythm


def fragment(rhythm: Rhythm, meter: Meter) -> Rhythm:
    """The first half of the bar twice."""
    starts = _starts(meter)
    half = starts[len(starts) // 2] if len(starts) > 1 else rhythm.length
    head = [event for event in rhythm.events if event[0] < half] or [(0, True)]
    again = [(offset + half, sounds) for offset, sounds in head if offset + half < rhythm.length]
    return replace(rhythm, events=tuple(head + again))


def augment(rhythm: Rhythm) -> Rhythm:
    """The first half of the bar at half speed."""
    return replace(rhythm, events=tuple((2 * offset, sounds) for offset, sounds in rhythm.events if 2 * offset < rhythm.length))


def cadence(rhythm: Rhythm, meter: Meter, rest: int, early: bool) -> Rhythm:
    """The bar's opening, then one long note and silence for `rest` ticks before the bar line.

    The long note falls on the strongest pulse that leaves it at least a quarter; early: on the downbeat itself.
    """
    starts = _starts(meter)
    free = max(QUARTER // 2, rhythm.length - rest)
    options = [start for start in starts if start + QUARTER // 2 < free] or [0]
    middle = starts[len(starts) // 2] if len(starts) > 1 else 0
    landing = 0 if early or middle not in options else middle
    head = [event for event in rhythm.events if event[0] < landing]
    tail = [(free, False)] if free < rhythm.length else []
    return replace(rhythm, events=(*head, (landing, True), *tail))


def _starts(meter: Meter) -> tuple[int, ...]:
    place, result = 0, []
    for length in pulses(meter):
        result.append(place)
        place += length
    return tuple(result)
