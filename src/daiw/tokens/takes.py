"""What the writers of drums, bass and keys learn from: a drummer's take, and a song's accompaniment beside its lead sheet."""

from dataclasses import dataclass

from daiw.tokens.grid import METER_UNITS, ONSETS_OF_QUARTER, UNITS_PER_QUARTER
from daiw.tokens.onsets import Played
from daiw.tokens.sheet import Sheet

DRUM_STYLES = (
    "rock", "funk", "jazz", "latin", "hiphop", "soul", "punk", "afrocuban", "neworleans", "country", "gospel", "reggae", "pop", "dance",
    "afrobeat",
)  # fmt: skip
"""Styles of the Groove MIDI Dataset; blues, highlife and middleeastern have too few takes and are not told."""

BAND_STYLES = ("pop909", "freedoom")


@dataclass(frozen=True, slots=True)
class DrumTake:
    """One stretch of a drummer's playing in 4/4.

    style: of DRUM_STYLES, or another that is not told.  fill: True for a take that is one fill.
    strokes: rows as in `tokens.onsets.Played`, timing less the take's own swing and lag.
    """

    name: str
    style: str
    bpm: float
    bars: int
    strokes: Played
    fill: bool = False

    @property
    def bar_units(self) -> int:
        """Length of a bar in units."""
        return METER_UNITS["4/4"]

    def __post_init__(self) -> None:
        _check(self.name, self.strokes, self.bars * self.bar_units)


@dataclass(frozen=True, slots=True)
class Accompaniment:
    """Bass and keys of a song in the neutral key.  sheet: its melody, chords and form.  style: of BAND_STYLES."""

    sheet: Sheet
    style: str
    bass: Played
    keys: Played

    def __post_init__(self) -> None:
        for played in (self.bass, self.keys):
            _check(self.sheet.name, played, self.sheet.bars * self.sheet.bar_units)

    def played(self, role: str) -> Played:
        """The rows of "bass" or "keys"."""
        return self.bass if role == "bass" else self.keys


def _check(name: str, played: Played, units: int) -> None:
    """Raise ValueError where rows are unsorted, off the grid or outside."""
    if played.ndim != 2 or played.shape[1] != 4:
        raise ValueError(f"{name}: rows are (n, 4)")
    starts = played[:, 0]
    if len(starts) and (starts.min() < 0 or starts.max() >= units or (starts[1:] < starts[:-1]).any()):
        raise ValueError(f"{name}: rows must be sorted and start inside the bars")
    if any(unit % UNITS_PER_QUARTER not in ONSETS_OF_QUARTER for unit in starts.tolist()):
        raise ValueError(f"{name}: a row starts off the grid")
