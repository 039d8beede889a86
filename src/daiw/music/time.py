"""Musical time: integer ticks in everything symbolic, frames in everything audible.

`TempoMap` is the only bridge between them, and only rendering and live playing cross it.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daiw.errors import TheoryError

TICKS_PER_QUARTER = 480
MAX_BPM = 400.0
MIN_BPM = 10.0


@dataclass(frozen=True, slots=True, order=True)
class Tempo:
    """From `tick` on, `bpm` quarter notes per minute."""

    tick: int
    bpm: float

    def __post_init__(self) -> None:
        if self.tick < 0 or not 0 < self.bpm < float("inf"):
            raise ValueError(f"a tempo needs a tick >= 0 and a positive bpm: {self.tick}, {self.bpm}")


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature: `numerator` notes of value 1/`denominator` a bar.

    >>> Meter(6, 8).bar_ticks, Meter(6, 8).beat_ticks, Meter(6, 8).beats
    (1440, 720, 2)
    >>> Meter(3, 4).bar_ticks, Meter(3, 4).beats
    (1440, 3)
    """

    numerator: int = 4
    denominator: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.numerator <= 64 or self.denominator not in (1, 2, 4, 8, 16, 32, 64):
            raise ValueError(f"no such meter: {self.numerator}/{self.denominator}")

    @classmethod
    def parse(cls, text: str) -> "Meter":
        """Read "4/4", "3/4", "6/8"; raises TheoryError."""
        numerator, slash, denominator = text.strip().partition("/")
        try:
            if not (slash and numerator.isdecimal() and denominator.isdecimal()):
                raise ValueError
            return cls(int(numerator), int(denominator))
        except ValueError:
            raise TheoryError(f"{text!r} is not a meter; write 4/4, 3/4 or 6/8") from None

    @property
    def bar_ticks(self) -> int:
        """Length of a bar in ticks."""
        return 4 * TICKS_PER_QUARTER * self.numerator // self.denominator

    @property
    def compound(self) -> bool:
        """True where the beat divides in three: 6/8, 9/8, 12/8."""
        return self.denominator >= 8 and self.numerator % 3 == 0 and self.numerator > 3

    @property
    def beat_ticks(self) -> int:
        """Length of the felt beat in ticks: a dotted quarter in 6/8, a quarter in 3/4 and 4/4."""
        unit = 4 * TICKS_PER_QUARTER // self.denominator
        return 3 * unit if self.compound else unit

    @property
    def beats(self) -> int:
        """Felt beats a bar."""
        return self.bar_ticks // self.beat_ticks

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, slots=True)
class TempoMap:
    """All tempo changes of a song, sorted, the first at tick 0.

    >>> TempoMap((Tempo(0, 120.0), Tempo(480, 60.0))).seconds(960)
    1.5
    """

    changes: tuple[Tempo, ...] = (Tempo(0, 120.0),)
    _ticks: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _seconds: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ticks = tuple(change.tick for change in self.changes)
        if not ticks or ticks[0] != 0 or any(a >= b for a, b in pairwise(ticks)):
            raise ValueError("a tempo map starts at tick 0 and its ticks rise strictly")
        seconds = [0.0]
        for earlier, later in pairwise(self.changes):
            seconds.append(seconds[-1] + (later.tick - earlier.tick) * 60.0 / (earlier.bpm * TICKS_PER_QUARTER))
        object.__setattr__(self, "_ticks", ticks)
        object.__setattr__(self, "_seconds", tuple(seconds))

    def bpm(self, tick: int) -> float:
        """The tempo in force at `tick`."""
        return self.changes[max(0, bisect_right(self._ticks, tick) - 1)].bpm

    def seconds(self, tick: int) -> float:
        """Seconds from the start of the song to `tick`."""
        i = max(0, bisect_right(self._ticks, tick) - 1)
        return self._seconds[i] + (tick - self._ticks[i]) * 60.0 / (self.changes[i].bpm * TICKS_PER_QUARTER)

    def seconds_of(self, ticks: NDArray[np.int64]) -> NDArray[np.float64]:
        """`seconds` for a whole array of ticks of any shape."""
        starts = np.asarray(self._ticks, np.int64)
        i = np.maximum(0, np.searchsorted(starts, ticks, side="right") - 1)
        scale = np.array([60.0 / (change.bpm * TICKS_PER_QUARTER) for change in self.changes])
        result: NDArray[np.float64] = np.asarray(self._seconds)[i] + (ticks - starts[i]) * scale[i]
        return result

    def tick(self, seconds: float) -> int:
        """The tick nearest to `seconds`; the inverse of `seconds`."""
        i = max(0, bisect_right(self._seconds, seconds) - 1)
        return self._ticks[i] + round((seconds - self._seconds[i]) * self.changes[i].bpm * TICKS_PER_QUARTER / 60.0)
