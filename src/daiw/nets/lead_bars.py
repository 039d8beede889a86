"""A section's line while its song is written: every bar's tokens, chords and controls, as the network will see them again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.music.plan import Section
from daiw.tokens.codec import decode
from daiw.tokens.controls import CHORD_TONES
from daiw.tokens.refs import references
from daiw.tokens.sheet import Events


@dataclass(frozen=True, slots=True)
class Sung:
    """One section's line.  bars: every bar's tokens.  controls: what it was written under.  shift: to the neutral key."""

    section: Section
    bars: tuple[tuple[int, ...], ...]
    chords: Events
    controls: NDArray[np.int64]
    shift: int


@dataclass(frozen=True, slots=True)
class BarRow:
    """One bar of context: its tokens, its chords counted from its start, its controls."""

    tokens: tuple[int, ...]
    chords: Events
    controls: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Back:
    """What a section takes after.

    before: every bar's counterpart.  kept: bar -> tokens that return as they are.  varied: alike, but not the same.  new: hardly alike.
    """

    before: tuple[BarRow, ...]
    kept: Mapping[int, tuple[int, ...]]
    varied: frozenset[int]
    new: frozenset[int]

    def unchanged(self, lines: Sequence[tuple[int, ...]], first: int) -> int:
        """How many bars that should change came back with the very onsets and pitches.  lines: tokens of the bars from `first` on."""
        drawn = ((number, line) for number, line in enumerate(lines, first) if number in self.varied | self.new)
        return sum(struck(line) == struck(self.before[number].tokens) for number, line in drawn)


def rows_of(sung: Sung, units: int) -> list[BarRow]:
    """The bars of a section, each with its chords and controls.  units: of a bar."""
    return [BarRow(tokens, chords_between(sung.chords, bar, bar + 1, units), sung.controls[bar]) for bar, tokens in enumerate(sung.bars)]


def struck(bar: tuple[int, ...]) -> frozenset[tuple[int, int]]:
    """Onset and pitch of every note of a bar's tokens."""
    return frozenset((bar[i], bar[i + 1]) for i in range(1, len(bar), 3))


def fits(bar: tuple[int, ...], chords: Sequence[tuple[int, int, int]], units: int, beat: int) -> bool:
    """Whether a bar's tune can be sung over these chords: none of its notes that begins on a beat or lasts one is strange to them.

    chords: (unit of the bar, root, class), the first at its start.  units, beat: of a bar and of a beat.
    """
    for unit, pitch, length in decode(list(bar), "melody", units).tolist():
        sounding = [(root, quality) for start, root, quality in chords if start <= unit]
        if (unit % beat == 0 or length >= beat) and not (sounding and CHORD_TONES[sounding[-1][1], (pitch - sounding[-1][0]) % 12]):
            return False
    return True


def rereferred(bars: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The bars with references heard anew, since what they referred to may lie outside the window."""
    heads = references([struck(bar) for bar in bars])
    return [(head, *bar[1:]) for head, bar in zip(heads, bars, strict=True)]


def bar_chords(chords: Events, units: int) -> dict[int, tuple[tuple[int, int, int], ...]]:
    """Bar -> its chords as (unit of the bar, root, class)."""
    bars: dict[int, list[tuple[int, int, int]]] = {}
    for start, root, quality in chords.tolist():
        bars.setdefault(start // units, []).append((start % units, root, quality))
    return {bar: tuple(rows) for bar, rows in bars.items()}


def chords_between(chords: Events, first: int, end: int, units: int) -> Events:
    """The chords of bars first..end-1, counted from the first."""
    rows = chords[(chords[:, 0] >= first * units) & (chords[:, 0] < end * units)].copy()
    rows[:, 0] -= first * units
    return rows
