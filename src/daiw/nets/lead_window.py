"""Some bars of a section as the sampler is given them: what comes before, chords, controls, range, pace and what is settled already."""

from collections.abc import Mapping, Sequence

import numpy as np

from daiw.music.room import Room
from daiw.nets.composer_sheet import neutral_range
from daiw.nets.lead_bars import BarRow, Sung, chords_between
from daiw.nets.lead_rules import Window
from daiw.nets.pace import paces
from daiw.tokens.controls import COLUMN, PHRASE_BARS
from daiw.tokens.grid import UNITS_PER_QUARTER

SPARSE = 2
"""Bin of density, under half a note a quarter, whose phrases pause anywhere; of the bars inside other phrases of real songs one in a
hundred is empty, of their last bars six, of a section's last ten."""


def window_of(
    before: Sequence[BarRow], fresh: Sung, bars: range, units: int, window_bars: int, place: Room,
    wanted: float, rests: Mapping[int, float], given: Mapping[int, tuple[int, ...]], heads: Mapping[int, int], refer_from: int,
) -> Window:  # fmt: skip
    """The window of `bars` of a section, phrases counted from its start, behind `before`.

    units: of a bar.  window_bars: the network's.  place: where the line lives.  wanted: notes a quarter.  rests: as `lead_breath`
    has them.  given, heads, refer_from: as in `Window`.
    """
    context, count = len(before), len(bars)
    ahead = chords_between(fresh.chords, bars.start, bars.stop + 1, units)
    bar = np.array([units, 0, 0])
    harmony = [chords + i * bar for i, chords in enumerate([*(row.chords for row in before), ahead])]
    controls = [row.controls for row in before] + list(fresh.controls[bars.start : bars.stop])
    controls += controls[-1:] * (window_bars - len(controls))
    told = np.stack(controls)
    low, high = neutral_range(place.low, place.high, fresh.shift)
    phrases = [(context + i, context + min(i + PHRASE_BARS, count)) for i in range(0, count, PHRASE_BARS)]
    sounding = set()
    for i in set(range(context, context + count)) - given.keys():
        sparse = told[i, COLUMN["density"]] <= SPARSE
        if (bars.start + i - context) % PHRASE_BARS < (1 if sparse else PHRASE_BARS - 1):
            sounding.add(i)
    quiet = {context + i: rest for i in range(0, count, PHRASE_BARS) if (rest := rests.get(bars.start + i, 0.0))}
    lasts = {end - 1: round(units - quiet[first] * UNITS_PER_QUARTER) for first, end in phrases if first in quiet}
    return Window(
        context + count, units, np.concatenate(harmony).astype(np.int32), told, dict(given), dict(heads), sounding=frozenset(sounding),
        refer_from=refer_from, low=low, high=high, last_onsets=lasts,
        paces=paces(told, phrases, dict.fromkeys((first for first, _ in phrases), wanted), quiet),
    )  # fmt: skip
