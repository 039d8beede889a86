"""How strong a place in the bar is, and how well words sit on it."""

from collections.abc import Iterable

from daiw.music.lyrics import SungSyllable
from daiw.music.time import TICKS_PER_QUARTER, Meter

STRONG = 1
"""From this weight on a place is strong: the beats."""

STRESS_COST: dict[int, dict[int, float]] = {
    2: {3: 0.0, 2: 0.1, 1: 0.45, 0: 1.7, -1: 3.2},
    1: {3: 0.35, 2: 0.25, 1: 0.25, 0: 0.7, -1: 1.8},
    0: {3: 1.7, 2: 1.3, 1: 0.7, 0: 0.1, -1: 0.45},
}
"""Stress 0..2 -> metrical weight -> cost of the syllable beginning there."""


def weight(meter: Meter, tick: int) -> int:
    """3 downbeat, 2 the middle of a bar of two or four beats, 1 other beats, 0 their halves (thirds in compound time), -1 the rest.

    >>> [weight(Meter(4, 4), tick) for tick in (0, 480, 960, 240, 120)]
    [3, 1, 2, 0, -1]
    """
    place = tick % meter.bar_ticks
    if place == 0:
        return 3
    beat, rest = divmod(place, meter.beat_ticks)
    if rest == 0:
        return 2 if meter.beats % 2 == 0 and beat == meter.beats // 2 else 1
    return 0 if rest % (TICKS_PER_QUARTER // 2) == 0 else -1


def stressed_on_strong(placed: Iterable[tuple[SungSyllable, int]], meter: Meter) -> float:
    """Share of the stressed syllables (2) that begin on a beat; 1 where there are none.

    placed: syllables with the tick at which they begin.
    """
    weights = [weight(meter, tick) for syllable, tick in placed if syllable.stress == 2]
    return sum(w >= STRONG for w in weights) / len(weights) if weights else 1.0
