"""The bar grid of the tokens: 12 units a quarter, of which six may carry an onset (16ths and triplet 8ths)."""

from bisect import bisect_left

UNITS_PER_QUARTER = 12
TICKS_PER_UNIT = 40
"""480 ticks a quarter / 12."""

ONSETS_OF_QUARTER = (0, 3, 4, 6, 8, 9)
"""Units of a quarter where a note may start: the 16ths 0, 3, 6, 9 and the triplet 8ths 4, 8."""

DURATIONS = (2, 3, 4, 6, 8, 9, 12, 15, 16, 18, 21, 24, 30, 36, 42, 48, 60, 72, 96)
"""Note lengths in units: a triplet 16th up to two whole notes."""

MAX_BAR_UNITS = 48
SLOTS_PER_BAR = MAX_BAR_UNITS // UNITS_PER_QUARTER * len(ONSETS_OF_QUARTER)

METERS = ("4/4", "3/4", "6/8", "2/4")
"""Meters the model has seen; 2/2 is read as 4/4."""

METER_UNITS = {"4/4": 48, "3/4": 36, "6/8": 36, "2/4": 24}


def slot_of(unit: int) -> int:
    """The onset slot at `unit` of a bar, which must be one of the grid's.

    >>> [slot_of(unit) for unit in (0, 3, 4, 12, 45)]
    [0, 1, 2, 6, 23]
    """
    quarter, rest = divmod(unit, UNITS_PER_QUARTER)
    return quarter * len(ONSETS_OF_QUARTER) + ONSETS_OF_QUARTER.index(rest)


def unit_of(slot: int) -> int:
    """The unit of a bar at onset `slot`; the inverse of `slot_of`."""
    quarter, rest = divmod(slot, len(ONSETS_OF_QUARTER))
    return quarter * UNITS_PER_QUARTER + ONSETS_OF_QUARTER[rest]


def snap_onset(units: float) -> int:
    """The nearest unit (of any bar) that may carry an onset.

    >>> snap_onset(5.1), snap_onset(10.6), snap_onset(1.4)
    (6, 12, 0)
    """
    quarter, rest = divmod(units, UNITS_PER_QUARTER)
    nearest = min((*ONSETS_OF_QUARTER, UNITS_PER_QUARTER), key=lambda onset: (abs(onset - rest), onset))
    return int(quarter) * UNITS_PER_QUARTER + nearest


def snap_duration(units: float) -> int:
    """The entry of `DURATIONS` nearest to `units`, the shorter one where two are equally near."""
    i = bisect_left(DURATIONS, units)
    return min(DURATIONS[max(0, i - 1) : i + 1], key=lambda entry: (abs(entry - units), entry))
