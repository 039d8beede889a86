"""Played notes back on paper: onsets to the grid they were meant for, lengths a reader expects, pieces that have a note value.

Onsets are compared, beat by beat, with the places that sixteenths, triplets and thirty-seconds would have had in the groove's swing;
the simplest grid that explains them wins.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from daiw.music.groove import Groove
from daiw.music.score import Note, Timeline, Track
from daiw.music.time import TICKS_PER_QUARTER, Meter

EIGHTH = TICKS_PER_QUARTER // 2
VALUES: dict[int, tuple[str, int]] = {
    2880: ("whole", 1), 1920: ("whole", 0), 1440: ("half", 1), 960: ("half", 0), 720: ("quarter", 1), 480: ("quarter", 0),
    360: ("eighth", 1), 240: ("eighth", 0), 180: ("16th", 1), 120: ("16th", 0), 90: ("32nd", 1), 60: ("32nd", 0),
    30: ("64th", 0), 15: ("128th", 0),
}  # fmt: skip
"""Ticks -> note value and dots, the longest first."""

GRIDS = ((240, 0.0), (120, 0.0), (160, 14.0), (60, 16.0), (80, 24.0))
"""Steps in ticks and what each costs, in ticks of mean error that it must save over the plainest."""

SHUFFLED_PERCENT = 60.0
SHUFFLED_SIXTEENTHS = 30.0
"""Where eighths swing this much, the first two of a triplet sound like sixteenths: there these cost so much more."""

TRIPLET_TICKS = (320, 240, 160, 120, 80)
"""Lengths within a beat in three, half as long again on paper."""

COLLISION = 60.0
"""Cost of two strokes of one pitch on one place, which would make one note of them."""


@dataclass(frozen=True, slots=True)
class Event:
    """What one stem carries: notes that begin together and are written equally long, in ticks of the song."""

    start: int
    end: int
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an event, or of a rest (no notes), that is one note value.

    kind: "quarter" and the like.  triplet: three in the time of two.  first, last: of its event, else it is tied.
    opens, closes: the tuplet's bracket.
    """

    start: int
    ticks: int
    kind: str
    dots: int
    notes: tuple[Note, ...]
    first: bool = True
    last: bool = True
    triplet: bool = False
    opens: bool = False
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A measure.  number: from 1."""

    number: int
    start: int
    end: int
    meter: Meter
    changes: bool

    @property
    def cell(self) -> int:
        """Ticks within which a grid holds and over which rhythms are not hidden: the beat, at most a quarter in simple meters."""
        return self.meter.beat_ticks if self.meter.compound else min(self.meter.beat_ticks, TICKS_PER_QUARTER)


def bars(timeline: Timeline, end: int) -> tuple[Bar, ...]:
    """The measures from tick 0 until `end` is covered; a meter that changes within a bar cuts it short, on an eighth, else waits."""
    found: list[Bar] = []
    start = 0
    for (_, meter), (until, _) in pairwise([*timeline.meters, (max(end, 1), timeline.meters[-1][1])]):
        first = True
        while start < until:
            cut = until - start if until < end and not (until - start) % EIGHTH else meter.bar_ticks
            stop = start + min(meter.bar_ticks, cut)
            found.append(Bar(len(found) + 1, start, stop, meter, first))
            start, first = stop, False
    return tuple(found)


def on_paper(track: Track, measures: Sequence[Bar], groove: Groove, bpm: float) -> tuple[Note, ...]:
    """The track's notes with their onsets on the grid, sorted; of two that become the same note, the louder.  Lengths stay as played."""
    cells = _cells(measures)
    starts = [start for start, _, _ in cells]
    by_cell: dict[int, list[Note]] = {}
    for note in track.notes:
        by_cell.setdefault(bisect_right(starts, note.start) - 1, []).append(note)
    written: dict[tuple[int, int], Note] = {}
    for index, notes in by_cell.items():
        start, last = starts[index], index == len(cells) - 1
        for note, place in zip(notes, _best_grid(notes, cells[index], groove, bpm, last=last), strict=True):
            known = written.get((start + place, note.pitch))
            if known is None or known.velocity < note.velocity:
                written[start + place, note.pitch] = replace(note, start=start + place)
    return tuple(sorted(written.values()))


def voice(notes: Iterable[Note], measures: Sequence[Bar], *, drums: bool = False) -> tuple[Event, ...]:
    """Notes of one staff as a single voice of chords, each ending where the next begins at the latest.

    A chord lasts to the next where the player left less than an eighth or half the way, else to an eighth or, if long, to a beat;
    a drum's to the end of its beat.
    """
    by_start: dict[int, list[Note]] = {}
    for note in notes:
        by_start.setdefault(note.start, []).append(note)
    edges = [start for start, _, _ in _cells(measures)] + [measures[-1].end]
    found = []
    for start, following in pairwise([*sorted(by_start), measures[-1].end]):
        chord = tuple(sorted(by_start[start], key=lambda note: note.pitch))
        end = start + max(note.duration for note in chord)
        edge = edges[bisect_right(edges, start)]
        if drums:
            end = edge
        elif following - end > EIGHTH and 2 * (end - start) < following - start:
            beat = edges[bisect_right(edges, max(end - 1, start)) - 1]
            edge = edges[bisect_right(edges, beat)]
            end = edge if end - start > TICKS_PER_QUARTER else min(beat - (beat - end) // EIGHTH * EIGHTH, edge)
        else:
            end = following
        found.append(Event(start, min(end, following), chord))
    return tuple(found)


def pieces(events: Sequence[Event], measure: Bar) -> list[Piece]:
    """The measure of one voice, full from bar line to bar line."""
    spans: list[tuple[int, int, Event | None]] = []
    now = measure.start
    for event in events:
        start, end = max(event.start, measure.start), min(event.end, measure.end)
        if start >= end:
            continue
        if start > now:
            spans.append((now, start, None))
        spans.append((start, end, event))
        now = end
    if now < measure.end:
        spans.append((now, measure.end, None))
    odd = {(edge - measure.start) // measure.cell for span in spans for edge in span[:2] if (edge - measure.start) % measure.cell % 15}
    result: list[Piece] = []
    for start, end, sounding in spans:
        for at, ticks in _split(start - measure.start, end - measure.start, measure, odd, rest=sounding is None):
            begin = measure.start + at
            cell = at // measure.cell
            triplet = cell in odd and measure.cell == TICKS_PER_QUARTER
            kind, dots = VALUES[ticks * 3 // 2 if triplet else ticks]
            relative = at % measure.cell, (at + ticks) % measure.cell
            result.append(
                Piece(
                    begin, ticks, kind, dots, sounding.notes if sounding else (), sounding is None or begin == sounding.start,
                    sounding is None or begin + ticks == sounding.end, triplet, triplet and relative[0] == 0, triplet and relative[1] == 0,
                )
            )  # fmt: skip
    return result


def _split(start: int, end: int, measure: Bar, odd: set[int], *, rest: bool) -> Iterator[tuple[int, int]]:
    """(start, ticks) of the note values that fill start..end of a measure: beats stay visible, triplets stay within theirs."""
    cell = measure.cell
    while start < end:
        beat = start // cell
        limit = end
        if beat in odd:
            limit = min(end, (beat + 1) * cell)
            yield from _fill(start, limit, TRIPLET_TICKS)
        else:
            following = [other * cell for other in odd if other > beat]
            limit = min([end, *following])
            limit = _metric_limit(start, limit, measure, rest=rest)
            whole_beats = measure.meter.compound and not start % cell and not (limit - start) % cell
            yield from _fill(start, limit, (4 * cell, 2 * cell, cell) if whole_beats else tuple(VALUES))
        start = limit


def _metric_limit(start: int, limit: int, measure: Bar, *, rest: bool) -> int:
    """Where a value that begins at `start` ends at the latest, for the beats to be seen."""
    cell, bar = measure.cell, measure.end - measure.start
    offset = start % cell
    if offset:
        boundary = start - offset + cell
        syncopated = not rest and not measure.meter.compound and offset == EIGHTH and limit - start == TICKS_PER_QUARTER
        return limit if limit <= boundary or (syncopated and boundary != bar // 2) else boundary
    if limit - start > cell and (limit - start) % cell and (limit - start not in VALUES or rest or measure.meter.compound):
        limit -= (limit - start) % cell
    half = bar // 2
    if measure.meter.beats == 4 and start < half < limit and (start or rest) and limit - start < bar:
        return half
    return limit


def _fill(start: int, end: int, values: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The longest values first; what is shorter than any of them does not occur on our grids."""
    for value in values:
        while start + value <= end:
            yield start, value
            start += value
    if start != end:
        raise ValueError(f"{end - start} ticks have no note value")


def _cells(measures: Sequence[Bar]) -> list[tuple[int, int, Meter]]:
    """(start, ticks, meter) of every beat of every bar."""
    return [(start, min(bar.cell, bar.end - start), bar.meter) for bar in measures for start in range(bar.start, bar.end, bar.cell)]


def _best_grid(notes: Sequence[Note], cell: tuple[int, int, Meter], groove: Groove, bpm: float, *, last: bool) -> list[int]:
    """The places in a beat that explain best where its notes were played; the place after it is the next beat's, unless it is the last."""
    start, ticks, meter = cell
    best: tuple[float, list[int]] | None = None
    shuffled = groove.swing_steps == 8 and groove.swing_at(bpm) >= SHUFFLED_PERCENT and not meter.compound
    for step, price in GRIDS:
        price += SHUFFLED_SIXTEENTHS if shuffled and step in (60, 120) else 0.0
        if step % 60 and (meter.compound or ticks != TICKS_PER_QUARTER):
            continue
        places = range(0, ticks if last else ticks + 1, step)
        grid = [(float(place) if step % 60 or meter.compound else _swung(place, ticks, groove, bpm), place) for place in places]
        chosen = [min(grid, key=lambda spot: abs(spot[0] - note.start + start)) for note in notes]
        error = sum(abs(spot[0] - note.start + start) for spot, note in zip(chosen, notes, strict=True)) / len(notes)
        doubles = len(notes) - len({(place, note.pitch) for (_, place), note in zip(chosen, notes, strict=True)})
        cost = error + price + COLLISION * doubles
        if best is None or cost < best[0]:
            best = cost, [place for _, place in chosen]
    assert best is not None
    return best[1]


def _swung(place: int, ticks: int, groove: Groove, bpm: float) -> float:
    """Where a player puts a place of the written beat."""
    pair = groove.pair_ticks
    if pair > ticks:
        return float(place)
    share, within = groove.swing_at(bpm) / 100.0, place % pair
    half = pair / 2
    swung = within * 2 * share if within <= half else pair * share + (within - half) * 2 * (1 - share)
    return place - within + swung
