"""Some bars of a song as the melody's model sees them: what is written already, the chords, and what every bar is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from daiw.music.plan import Plan
from daiw.music.room import Room
from daiw.music.score import Note
from daiw.music.styles.compose import MelodyStyle
from daiw.nets.composer_sheet import meter_name, neutral_range, section_chords, section_controls
from daiw.nets.lead_rules import Must, Window
from daiw.tokens.codec import encode, split_bars
from daiw.tokens.controls import COLUMN
from daiw.tokens.grid import METER_UNITS, TICKS_PER_UNIT, snap_duration, snap_onset
from daiw.tokens.sheet import Events, Sheet
from daiw.tokens.vocab import PITCH_HIGH, PITCH_LOW


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bars begin..end-1 of the song, of which first..stop-1 are to be written.

    place: where the line lives.  shift: semitones to the neutral key.  told: columns of the controls that are not the plan's,
    name -> bar of the song -> value.
    """

    plan: Plan
    style: MelodyStyle
    begin: int
    end: int
    first: int
    stop: int
    place: Room
    shift: int
    told: Mapping[str, Mapping[int, int]]

    def window(
        self, notes: Iterable[Note], window_bars: int, *, musts: Mapping[int, tuple[Must, ...]] | None = None,
        sounding: frozenset[int] = frozenset(), refer_from: int = 0,
    ) -> Window:  # fmt: skip
        """What the sampler is given.

        notes: of the whole song; those in bars that are to be written are left out.  musts: bar of the song -> its onsets.
        sounding: bars of the song with at least one note.  refer_from: bar of the song from which bars may return.
        """
        meter = meter_name(self.plan.meter) or "4/4"
        ticks, units = self.plan.meter.bar_ticks, METER_UNITS[meter]
        sheet = Sheet(
            "context", "pop909", meter, self.end - self.begin, note_events(notes, self.begin * ticks, self.end * ticks, self.shift)
        )
        streams = split_bars(encode(sheet, "melody"))
        given = {i: tokens for i, tokens in enumerate(streams) if not self.first <= self.begin + i < self.stop}
        whole = replace(self.plan.section_at(self.begin), start_bar=self.begin, bars=self.end - self.begin)
        low, high = neutral_range(self.place.low, self.place.high, self.shift)
        return Window(
            self.end - self.begin, units, section_chords(self.plan, whole, meter, self.shift), self._controls(meter, window_bars), given,
            sounding=frozenset(bar - self.begin for bar in sounding), refer_from=max(0, refer_from - self.begin), low=low, high=high,
            musts={bar - self.begin: row for bar, row in (musts or {}).items()},
        )  # fmt: skip

    def _controls(self, meter: str, window_bars: int) -> NDArray[np.int64]:
        rows = []
        for bar in range(self.begin, self.end):
            section = self.plan.section_at(bar)
            row = section_controls(self.plan, section, self.style, meter, self.shift, self.place)[bar - section.start_bar].copy()
            for name, values in self.told.items():
                row[COLUMN[name]] = values.get(bar, row[COLUMN[name]])
            rows.append(row)
        return np.stack(rows + rows[-1:] * (window_bars - len(rows)))


def note_events(notes: Iterable[Note], start: int, stop: int, shift: int) -> Events:
    """Notes between two ticks on the grid, in the neutral key and inside the vocabulary."""
    rows: dict[int, tuple[int, int, int]] = {}
    for note in notes:
        unit = snap_onset((note.start - start) / TICKS_PER_UNIT)
        if start <= note.start < stop and unit * TICKS_PER_UNIT < stop - start:
            pitch = min(PITCH_HIGH, max(PITCH_LOW, note.pitch + shift))
            rows[unit] = (unit, pitch, snap_duration(note.duration / TICKS_PER_UNIT))
    return np.array([rows[unit] for unit in sorted(rows)], np.int32).reshape(-1, 3)
