"""A few bars of a lead sheet as one vector of what one hears: mode, motion, rhythm, harmony; for matching music with words."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.controls import CHORD_TONES, phrase_cues
from daiw.tokens.grid import METERS, UNITS_PER_QUARTER
from daiw.tokens.sheet import Sheet, chord_at
from daiw.tokens.vocab import CHORD_CLASSES

CUES = ("mode", "register", "dissonance", "tempo", "articulation", "density", "leap", "offbeat")
LENGTHS = (4, 8, 12, 18, 24, 48)
SIZE = len(CUES) + 1 + 12 + 25 + len(LENGTHS) + 1 + 12 + len(CHORD_CLASSES) + 12 + len(METERS) + 6


def portrait(sheet: Sheet) -> NDArray[np.float32]:
    """(SIZE,) of a sheet in the neutral key; its cues, then histograms that sum to 1, then shape; what it lacks is 0.

    Loudness is left out: a line that is just being written has none.
    """
    cues = phrase_cues(sheet, 0, sheet.bars)
    notes, tonic = sheet.notes, 9 if sheet.minor else 0
    parts = [
        np.array([0.0 if np.isnan(cues[name]) else cues[name] for name in CUES]),
        [float(sheet.minor)],
        share(np.bincount((notes[:, 1] - tonic) % 12, weights=notes[:, 2], minlength=12)),
        share(np.bincount(np.clip(np.diff(notes[:, 1]), -12, 12) + 12, minlength=25)),
        share(np.bincount(np.searchsorted(LENGTHS, notes[:, 2]), minlength=len(LENGTHS) + 1)),
        share(np.bincount(notes[:, 0] % UNITS_PER_QUARTER, minlength=12)),
        *harmony(sheet, tonic),
        np.eye(len(METERS))[METERS.index(sheet.meter)],
        shape(notes),
    ]
    return np.concatenate(parts).astype(np.float32)


def share(counts: NDArray[np.floating[Any]] | NDArray[np.signedinteger[Any]]) -> NDArray[np.float64]:
    """Counts as shares of their sum; zeros stay."""
    exact = counts.astype(np.float64)
    return exact / max(float(exact.sum()), 1e-9)


def harmony(sheet: Sheet, tonic: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How long each chord class, and each root above the tonic, sounds."""
    rows = chord_at(sheet.chords, np.arange(0, sheet.bars * sheet.bar_units, UNITS_PER_QUARTER // 2))
    found = sheet.chords[rows[rows >= 0]]
    return (
        share(np.bincount(found[:, 2], minlength=len(CHORD_CLASSES))),
        share(np.bincount((found[:, 1] - tonic) % 12, minlength=12)),
    )


def shape(notes: NDArray[np.int32]) -> NDArray[np.float64]:
    """Range and spread of the pitches in octaves, rise from first to last quarter, longest silence in bars of 48, repeats, ups."""
    if len(notes) < 4:
        return np.zeros(6)
    pitches, steps = notes[:, 1], np.diff(notes[:, 1])
    quarter = max(1, len(notes) // 4)
    silence = float(np.maximum(0, np.diff(notes[:, 0]) - notes[:-1, 2]).max()) / 48.0
    return np.array(
        [np.ptp(pitches) / 12.0, pitches.std() / 12.0, (pitches[-quarter:].mean() - pitches[:quarter].mean()) / 12.0, silence,
         (steps == 0).mean(), (steps > 0).mean()]
    )  # fmt: skip


assert CHORD_TONES.shape[0] == len(CHORD_CLASSES)
