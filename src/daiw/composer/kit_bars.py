"""Rows of sixteen letters become hits in a bar of any meter."""

from collections.abc import Mapping
from dataclasses import dataclass

from daiw.music.drum_patterns import TIME_KEEPERS, steps
from daiw.music.time import TICKS_PER_QUARTER, Meter

SIXTEENTH = TICKS_PER_QUARTER // 4
SOURCE_BEATS: Mapping[int, tuple[int, ...]] = {1: (0,), 2: (0, 1), 3: (0, 2, 3), 4: (0, 1, 2, 3)}
"""Beats in a group -> the beats of the 4/4 row it plays; three beats keep the downbeat, the middle kick and the last backbeat."""


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """One stroke.  tick: from the start of the bar.  letter: X, x, o or g.  voice: name in `KIT`."""

    tick: int
    voice: str
    letter: str


@dataclass(frozen=True, slots=True)
class Beat:
    """One felt beat of a bar.

    start, length: ticks; time-keepers go on through a beat longer than a quarter.  source: beat 0..3 of the 4/4 row.
    compound: divides in three.
    """

    start: int
    length: int
    source: int
    compound: bool

    def hits(self, voice: str, row: str) -> list[Hit]:
        """The strokes of `voice` in this beat."""
        cell = steps(row)[4 * self.source : 4 * self.source + 4]
        keeps_time = voice in TIME_KEEPERS
        if self.compound:
            places = _compound_places(cell, keeps_time)
            return [Hit(self.start + sixth * self.length // 6, voice, letter) for sixth, letter in places]
        letters = cell * 2 if keeps_time else cell
        places = [(step * SIXTEENTH, letter) for step, letter in enumerate(letters) if letter != "."]
        return [Hit(self.start + tick, voice, letter) for tick, letter in places if tick < self.length]


def _compound_places(cell: str, keeps_time: bool) -> list[tuple[int, str]]:
    """Four sixteenths of a simple beat as (sixth of the dotted beat, letter): eighths become three, the last sixteenth stays last."""
    places = [(sixth, letter) for sixth, letter in zip((0, 2, 4, 5), cell, strict=True) if letter != "."]
    if keeps_time and cell[0] != "." and cell[2] != "." and cell[1] == ".":
        places.append((2, "o"))
    return places


def beats_of(meter: Meter, bar: int, answers: tuple[int, int] = (1, 3)) -> tuple[Beat, ...]:
    """The felt beats of 0-based `bar`.  answers: the 4/4 beats that the second of two beats plays, in even and in odd bars.

    >>> [beat.source for beat in beats_of(Meter(7, 8), 0)], [beat.length for beat in beats_of(Meter(7, 8), 0)]
    ([0, 2, 3], [480, 480, 720])
    """
    lengths = _beat_lengths(meter)
    sources = _sources(len(lengths))
    if len(lengths) == 2:
        sources = (0, answers[bar % 2])
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    return tuple(Beat(start, length, source, meter.compound) for start, length, source in zip(starts, lengths, sources, strict=True))


def _beat_lengths(meter: Meter) -> list[int]:
    """Felt beats in ticks: dotted where compound, quarters elsewhere, a short remainder joined to the last."""
    if meter.compound and meter.beat_ticks % 6 == 0:
        return [meter.beat_ticks] * meter.beats
    quarters, rest = divmod(meter.bar_ticks, TICKS_PER_QUARTER)
    if quarters == 0:
        return [meter.bar_ticks]
    lengths = [TICKS_PER_QUARTER] * quarters
    if rest > TICKS_PER_QUARTER // 2:
        lengths.append(rest)
    else:
        lengths[-1] += rest
    return lengths


def _sources(count: int) -> tuple[int, ...]:
    """The 4/4 beats that `count` beats play: groups of four, the rest as three or as the answering two."""
    sources: list[int] = []
    while count - len(sources) > 4:
        sources += SOURCE_BEATS[3 if count - len(sources) == 5 else 4]
    rest = count - len(sources)
    sources += (2, 3) if sources and rest == 2 else SOURCE_BEATS[rest]
    return tuple(sources)


def play_rows(rows: Mapping[str, str], beats: tuple[Beat, ...]) -> list[Hit]:
    """All strokes of a bar, row by row."""
    return [hit for voice, row in rows.items() for beat in beats for hit in beat.hits(voice, row)]
