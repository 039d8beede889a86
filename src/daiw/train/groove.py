"""The Groove MIDI Dataset as takes: its drum kit in twelve voices, its bars on the grid, swing and lag taken off the timing."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.grid import UNITS_PER_QUARTER
from daiw.tokens.onsets import VOICE, sayable
from daiw.tokens.sheet import no_events
from daiw.tokens.takes import DrumTake

VOICE_OF_PITCH = {
    36: "kick", 38: "snare", 40: "snare", 37: "side stick", 42: "closed hat", 22: "closed hat", 44: "pedal hat", 46: "open hat",
    26: "open hat", 43: "low tom", 58: "low tom", 47: "mid tom", 45: "mid tom", 50: "high tom", 48: "high tom", 49: "crash", 52: "crash",
    55: "crash", 57: "crash", 51: "ride", 59: "ride", 53: "ride bell",
}  # fmt: skip
"""Pitches of the Roland TD-11 as the dataset's paper maps them (Gillick et al. 2019), three voices kept apart."""

STRAIGHT, TRIPLET = (0, 3, 6, 9, 12), (0, 4, 8, 12)
TRIPLET_BONUS = 0.5
"""A beat is read in triplets where its onsets then miss the grid by less than this share of what they miss by in sixteenths."""

DRIFT_BARS = 1
FEWEST = 6
"""Onsets at a place of the beat that it takes to know the take's own swing there."""


def grid_units(places: NDArray[np.float64]) -> NDArray[np.int64]:
    """The grid unit of every onset (in units from the start), each beat read wholly in sixteenths or wholly in triplets."""
    beats = np.floor((places + 1.0) / UNITS_PER_QUARTER).astype(np.int64)
    rest = places - beats * UNITS_PER_QUARTER
    nearest = {grid: np.array(grid)[np.abs(rest[:, None] - np.array(grid)[None]).argmin(axis=1)] for grid in (STRAIGHT, TRIPLET)}
    missed = {grid: (rest - found) ** 2 for grid, found in nearest.items()}
    result = np.empty(len(places), np.int64)
    for beat in np.unique(beats):
        here = beats == beat
        swung = float(missed[TRIPLET][here].sum()) < TRIPLET_BONUS * float(missed[STRAIGHT][here].sum())
        result[here] = nearest[TRIPLET if swung else STRAIGHT][here] + beat * UNITS_PER_QUARTER
    return np.maximum(0, result)


def without_swing(units: NDArray[np.int64], late_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Milliseconds after the take's own grid: the lag of the bars around, then the median of every place of the beat, taken off."""
    result = late_ms - drift(units, late_ms)
    places = units % UNITS_PER_QUARTER
    for place in np.unique(places):
        here = places == place
        if here.sum() >= FEWEST:
            result[here] -= np.median(result[here])
    return result


def drift(units: NDArray[np.int64], late_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median lag of the strokes within DRIFT_BARS bars to either side: a band moves with its drummer, a click does not."""
    bars = units // (4 * UNITS_PER_QUARTER)
    found = {bar: float(np.median(late_ms[np.abs(bars - bar) <= DRIFT_BARS])) for bar in np.unique(bars).tolist()}
    return np.array([found[bar] for bar in bars.tolist()])


def read_take(folder: Path, row: dict[str, str]) -> DrumTake | None:
    """One file of the dataset, or None where it holds nothing."""
    import symusic

    score: Any = symusic.Score(str(folder / row["midi_filename"]))
    notes = np.array(
        [(n.time, VOICE[VOICE_OF_PITCH[n.pitch]], n.velocity) for track in score.tracks for n in track.notes if n.pitch in VOICE_OF_PITCH]
    ).reshape(-1, 3)
    if not len(notes):
        return None
    bpm = float(row["bpm"])
    places = notes[:, 0] / score.ticks_per_quarter * UNITS_PER_QUARTER
    units = grid_units(places)
    late_ms = without_swing(units, (places - units) * 60000.0 / bpm / UNITS_PER_QUARTER)
    bars = int(units.max()) // (4 * UNITS_PER_QUARTER) + 1
    rows = np.column_stack([units, notes[:, 1], notes[:, 2], np.round(late_ms)]).astype(np.int32)
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    style = row["style"].split("/")[0]
    return DrumTake(f"groove/{row['id']}", style, bpm, bars, sayable("drums", rows, no_events()), row["beat_type"] == "fill")


def read_groove(folder: Path) -> dict[str, list[DrumTake]]:
    """Takes in 4/4 of the folder `groove`, by the dataset's own split: "train", "validation", "test"."""
    result: dict[str, list[DrumTake]] = {"train": [], "validation": [], "test": []}
    for row in csv.DictReader((folder / "info.csv").open(newline="")):
        if row["time_signature"] == "4-4" and (take := read_take(folder, row)) is not None:
            result[row["split"]].append(take)
    return result
