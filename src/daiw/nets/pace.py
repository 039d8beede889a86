"""Keep a line as busy as it was asked to be: waiting for the next onset costs more, or less, the further its phrase is off.

The network hears how dense a phrase shall be but keeps no count.  So its chances of the next onset are tilted by exp(rate * time waited),
an exponential tilt of the intervals between onsets.  A phrase that is on its way is left alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np
from numpy.typing import NDArray

from daiw.nets.picking import AnyWalk, Options
from daiw.tokens.controls import COLUMN, bin_of
from daiw.tokens.grid import UNITS_PER_QUARTER, unit_of
from daiw.tokens.vocab import SIZE, SLOT

USUAL = {
    2: (0.125, 0.375), 3: (0.5625, 0.75), 4: (0.8333, 0.9167), 5: (1.0, 1.125), 6: (1.1875, 1.25), 7: (1.3125, 1.4167),
    8: (1.5, 1.6875), 9: (1.9167, 2.3125),
}  # fmt: skip
"""Bin of density -> notes a quarter of the middle half of the training phrases in it (two bars or more)."""

GAIN = 12.0
"""Logit a quarter waited for a phrase that would end with e times its notes: from there Spearman's rho on training songs hardly rises
(.92 at 8, .94 at 12 and at 16)."""

ASKED_QUARTERS = 8.0
"""How many quarters at the rate asked for the phrase's own rate so far is weighed against."""

LAST_BAR = 0.7
"""Notes in a phrase's last bar against its others, as in the training songs: there the line comes to rest."""

SLACK = 0.06
"""By how much of what its section wants a phrase may miss it, unhurried."""

STEEPEST = 3.0
"""Logit a quarter at most."""


BEAT = 1.0
"""Quarters that the last bar counts for at least: its first note."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Bars first..end-1 of a window shall hold low..high onsets a quarter between them.

    last_bar: onsets of the last bar against those of the others.  rest: quarters at its end in which none may start.
    """

    first: int
    end: int
    low: float
    high: float
    last_bar: float = LAST_BAR
    rest: float = 0.0

    def tilt(self, walk: AnyWalk) -> float:
        """Logit a quarter waited for the next onset: below 0 to hurry, 0 where the phrase will end within its bounds.

        The note that was struck last is left out of the count, as its time lies ahead.
        """
        here = unit_of(walk.slot) if walk.slot >= 0 else 0
        notes = sum(len(bar) for bar in walk.written[self.first :]) - (walk.slot >= 0)
        bar = walk.bar_units / UNITS_PER_QUARTER
        quarters = bar * (self.end - self.first)
        sounding = max(BEAT, bar - self.rest)
        last = min(bar * self.last_bar, sounding) if self.rest else bar * self.last_bar
        whole = quarters - bar + last
        gone = here / UNITS_PER_QUARTER
        past = bar * (walk.bar - self.first) + (gone if walk.bar + 1 < self.end else last * min(1.0, gone / sounding))
        asked = quarters / whole * (self.low + self.high) / 2
        rate = (notes + ASKED_QUARTERS * asked) / (past + ASKED_QUARTERS)
        likely = (notes + rate * (whole - past)) / quarters
        steep = GAIN * log(likely / min(max(likely, self.low), self.high))
        return min(STEEPEST, max(-STEEPEST, steep))


def paces(
    controls: NDArray[np.int64], phrases: Iterable[tuple[int, int]], wanted: Mapping[int, float] | None = None,
    rests: Mapping[int, float] | None = None,
) -> dict[int, Pace]:  # fmt: skip
    """Bar -> its pace, of phrases (first bar, end bar) as dense as the controls of their first bar say; none where they do not.

    wanted: first bar of a phrase -> notes a quarter that its section wants, where that is known closer than by a bin: a phrase that is
    told the bin next to its section's holds as many notes more or fewer as phrases of that bin do.
    rests: first bar of a phrase -> quarters at its end in which nothing starts.
    """
    found: dict[int, Pace] = {}
    for first, end in phrases:
        usual = USUAL.get(int(controls[first, COLUMN["density"]]))
        if usual is None:
            continue
        if wanted is not None:
            middle = wanted[first] * sum(usual) / sum(USUAL[max(min(USUAL), bin_of("density", wanted[first]))])
            usual = (middle * (1 - SLACK), middle * (1 + SLACK))
        found |= dict.fromkeys(range(first, end), Pace(first, end, *usual, rest=rests.get(first, 0.0) if rests else 0.0))
    return found


def tilted(options: Options, walk: AnyWalk, pace: Pace) -> Options:
    """The options for the next onset, or the end of the bar, hurried or held up as the pace asks."""
    tilt = pace.tilt(walk)
    if tilt == 0.0:
        return options
    waits = _waits(walk.slot, walk.bar_units)
    return Options(options.ids, options.added + np.float32(tilt) * waits[options.ids], options.bars)


@lru_cache(maxsize=256)
def _waits(slot: int, bar_units: int) -> NDArray[np.float32]:
    """(SIZE,): quarters from a slot, -1 for the bar's start, to where each onset is; to the bar's end for what ends the bar."""
    until = np.full(SIZE, bar_units, np.float32)
    until[SLOT.first : SLOT.end] = [unit_of(each) for each in range(SLOT.size)]
    return (until - np.float32(unit_of(slot) if slot >= 0 else 0)) / np.float32(UNITS_PER_QUARTER)
