"""A lead sheet on the grid: what is given to the model (meter, chords, form) and what it writes (a line of notes)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.grid import DURATIONS, METER_UNITS, ONSETS_OF_QUARTER, UNITS_PER_QUARTER
from daiw.tokens.vocab import CHORD_CLASSES, PITCH_HIGH, PITCH_LOW

Events = NDArray[np.int32]
"""(n, 3) rows sorted by start: (start unit, pitch, duration units) of notes; (start unit, root 0..11, index of CHORD_CLASSES) of chords."""

SECTION_KINDS = ("unknown", "intro", "verse", "chorus", "bridge", "later", "interlude", "outro")
STYLES = ("pop909", "openewld", "lieder")


def no_events() -> Events:
    """An empty list of events."""
    return np.zeros((0, 3), np.int32)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One song, or a stretch of one, in one meter, transposed to no sharps or flats.

    meter: a key of METER_UNITS.  notes: the melody, one at a time.  chords: each lasts until the next; empty where unknown.
    sections: (start bar, index of SECTION_KINDS), sorted; empty where the form is unknown.
    minor: True where the tonic is that of the minor key.  level: mean MIDI velocity of every bar, 0 where unknown.
    shift: semitones that were added to reach the neutral key.
    """

    name: str
    style: str
    meter: str
    bars: int
    notes: Events
    chords: Events = field(default_factory=no_events)
    sections: tuple[tuple[int, int], ...] = ()
    bpm: float = 100.0
    minor: bool = False
    level: tuple[float, ...] = ()
    shift: int = 0

    def __post_init__(self) -> None:
        for events in (self.notes, self.chords):
            if events.ndim != 2 or events.shape[1] != 3 or (np.diff(events[:, 0]) <= 0).any():
                raise ValueError(f"{self.name}: events are (n, 3) with rising starts")
            if len(events) and not (events[0, 0] >= 0 and events[-1, 0] < self.bars * self.bar_units):
                raise ValueError(f"{self.name}: an event starts outside the {self.bars} bars")
            if not np.isin(events[:, 0] % UNITS_PER_QUARTER, ONSETS_OF_QUARTER).all():
                raise ValueError(f"{self.name}: an event starts off the grid")
        pitches, durations = self.notes[:, 1], self.notes[:, 2]
        if len(pitches) and not (pitches.min() >= PITCH_LOW and pitches.max() <= PITCH_HIGH and np.isin(durations, DURATIONS).all()):
            raise ValueError(f"{self.name}: pitches must lie in {PITCH_LOW}..{PITCH_HIGH} and durations be the grid's")
        if len(self.chords) and not ((self.chords[:, 1] < 12).all() and (self.chords[:, 2] < len(CHORD_CLASSES)).all()):
            raise ValueError(f"{self.name}: no such chord")

    @property
    def bar_units(self) -> int:
        """Length of a bar in units."""
        return METER_UNITS[self.meter]

    def events(self, role: str) -> Events:
        """The events of a role: "melody" or "chords"."""
        return self.notes if role == "melody" else self.chords

    def section_of_bars(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Kind, bars since the section began and bars until it ends (inclusive), for every bar; zeros, -1, -1 where unknown."""
        kind = np.zeros(self.bars, np.int32)
        since, left = np.full(self.bars, -1, np.int32), np.full(self.bars, -1, np.int32)
        for i, (start, name) in enumerate(self.sections):
            end = self.sections[i + 1][0] if i + 1 < len(self.sections) else self.bars
            kind[start:end] = name
            since[start:end] = np.arange(end - start)
            left[start:end] = np.arange(end - start, 0, -1)
        return kind, since, left


def chord_at(chords: Events, units: NDArray[np.signedinteger[Any]]) -> NDArray[np.int64]:
    """Row of `chords` sounding at each of `units`; -1 before the first or where there are none."""
    return np.searchsorted(chords[:, 0], units, side="right").astype(np.int64) - 1
