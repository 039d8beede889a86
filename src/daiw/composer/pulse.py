"""Pulses: any meter as groups a player would count, so that one pattern table serves 4/4, 3/4, 6/8 and 7/8."""

from functools import lru_cache

from daiw.music.time import TICKS_PER_QUARTER, Meter

SIXTEENTH = TICKS_PER_QUARTER // 4
QUARTER = TICKS_PER_QUARTER
DOTTED = 3 * TICKS_PER_QUARTER // 2


@lru_cache(maxsize=64)
def pulses(meter: Meter) -> tuple[int, ...]:
    """Lengths in ticks of the groups of a bar: quarters, dotted quarters in compound time, 2+2+3 in odd eighths.

    A bar shorter than an eighth or not made of 16ths ends in one group of what is left.

    >>> pulses(Meter(3, 4)), pulses(Meter(6, 8)), pulses(Meter(7, 8))
    ((480, 480, 480), (720, 720), (480, 480, 720))
    """
    bar = meter.bar_ticks
    if meter.compound and bar % DOTTED == 0:
        return (DOTTED,) * (bar // DOTTED)
    count, rest = divmod(bar, QUARTER)
    if rest == 0:
        return (QUARTER,) * count
    if rest == QUARTER // 2 and count:
        return (QUARTER,) * (count - 1) + (DOTTED,)
    return (QUARTER,) * count + (rest,)


@lru_cache(maxsize=64)
def pulse_starts(meter: Meter) -> tuple[int, ...]:
    """Offsets in ticks of the pulses of a bar."""
    starts = [0]
    for length in pulses(meter)[:-1]:
        starts.append(starts[-1] + length)
    return tuple(starts)


def weight(meter: Meter, tick: int) -> int:
    """Metrical weight of `tick` within its bar: 3 downbeat, 2 middle of a bar of even pulses, 1 other pulses, 0 eighths, -1 the rest."""
    offset = tick % meter.bar_ticks
    if offset == 0:
        return 3
    starts = pulse_starts(meter)
    if offset in starts:
        count = len(starts)
        return 2 if count % 2 == 0 and starts.index(offset) == count // 2 else 1
    return 0 if offset % (QUARTER // 2) == 0 else -1
