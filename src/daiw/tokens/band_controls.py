"""What the bass player and the keys are told of every bar: form, meter, feeling as the melody's writer is, and how to play."""

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.controls import COLUMN, CONTROLS, controls, phrases
from daiw.tokens.grid import UNITS_PER_QUARTER
from daiw.tokens.onsets import Harmony, Played
from daiw.tokens.takes import BAND_STYLES, Accompaniment

_SIZES = dict(CONTROLS)
SHARED = ("meter", "kind", "since", "left", "minor", "tempo", "valence", "arousal", "dominance")
"""Columns that mean what they mean in `tokens.controls`."""

BAND_CONTROLS = (
    *((name, _SIZES[name]) for name in SHARED),
    ("style", len(BAND_STYLES) + 1),
    ("density", 9),
    ("register", 8),
    ("voices", 6),
    ("offbeat", 6),
    ("held", 6),
    ("loudness", 6),
)
"""Columns and their number of values; 0 is always "not told"."""

BAND_COLUMN = {name: i for i, (name, _) in enumerate(BAND_CONTROLS)}
MEASURED = ("density", "register", "voices", "offbeat", "held", "loudness")
BAND_FELT = ("tempo", *MEASURED, "valence", "arousal", "dominance")
BAND_EDGES: dict[str, dict[str, tuple[float, ...]]] = {
    "bass": {
        "density": (0.05, 0.45, 0.6, 0.8, 1.0, 1.4, 2.0),
        "register": (33.0, 36.0, 38.5, 41.0, 44.0, 48.0),
        "voices": (1.0, 1.5, 2.0, 2.5),
        "offbeat": (0.05, 0.2, 0.35, 0.5),
        "held": (0.45, 0.65, 0.8, 0.95),
        "loudness": (-12.0, -5.0, 0.0, 6.0),
    },
    "keys": {
        "density": (0.05, 0.6, 1.0, 1.4, 1.8, 2.3, 3.0),
        "register": (54.0, 57.0, 59.5, 62.0, 65.0, 69.0),
        "voices": (1.1, 1.4, 1.8, 2.3),
        "offbeat": (0.2, 0.4, 0.5, 0.62),
        "held": (0.45, 0.65, 0.8, 0.95),
        "loudness": (-12.0, -5.0, 0.0, 6.0),
    },
}
"""Between the bins of: onsets a quarter, mean MIDI pitch, notes an onset, share of onsets off the beat, share of the time to the next
onset that an onset sounds, mean velocity against the part's own."""


def measures(played: Played, quarters: float) -> dict[str, float]:
    """The measured controls of some rows; nan where there is nothing to measure."""
    found = dict.fromkeys(MEASURED, float("nan"))
    starts, first = np.unique(played[:, 0], return_index=True)
    found["density"] = len(starts) / quarters
    if len(starts):
        found["register"] = float(played[:, 1].mean())
        found["voices"] = len(played) / len(starts)
        found["offbeat"] = float((starts % UNITS_PER_QUARTER != 0).mean())
        found["loudness"] = float(played[:, 3].mean())
    if len(starts) > 1:
        gaps = np.minimum(np.diff(starts), 4 * UNITS_PER_QUARTER)
        found["held"] = float(np.minimum(1.0, played[first[:-1], 2] / gaps).mean())
    return found


def band_bin(role: str, name: str, value: float) -> int:
    """The bin, from 1, of a measured control; 0 for nan."""
    return 0 if np.isnan(value) else 1 + int(np.searchsorted(BAND_EDGES[role][name], value, side="right"))


def band_controls(song: Accompaniment, role: str) -> NDArray[np.int16]:
    """(bars, len(BAND_CONTROLS)): what is true of every bar of a finished part."""
    sheet, played = song.sheet, song.played(role)
    lead = controls(sheet)
    rows = np.zeros((sheet.bars, len(BAND_CONTROLS)), np.int16)
    for name in SHARED:
        rows[:, BAND_COLUMN[name]] = lead[:, COLUMN[name]]
    rows[:, BAND_COLUMN["style"]] = BAND_STYLES.index(song.style) + 1
    for first, end in phrases(sheet):
        start, stop = first * sheet.bar_units, end * sheet.bar_units
        some = played[(played[:, 0] >= start) & (played[:, 0] < stop)]
        for name, value in measures(some, (stop - start) / UNITS_PER_QUARTER).items():
            rows[first:end, BAND_COLUMN[name]] = band_bin(role, name, value)
    return rows


def chord_tone_share(played: Played, harmony: Harmony) -> float:
    """Share of notes that belong to the chord at their start; 1 where there are none."""
    from daiw.tokens.controls import CHORD_TONES

    known = [(pitch, *harmony.at(unit)) for unit, pitch, _, _ in played.tolist() if harmony.at(unit)[0] >= 0]
    return sum(bool(CHORD_TONES[quality, (pitch - root) % 12]) for pitch, root, quality in known) / len(known) if known else 1.0
