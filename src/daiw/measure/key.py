"""The key of a tune or of chords: how well its pitch classes fit the profile of each key, and where it ends."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from daiw.music.chord import Chord
from daiw.music.pitch import Key
from daiw.music.score import Note

# Temperley's revised Krumhansl-Kessler profiles (The Cognition of Basic Musical Structures, 2001, table 7.2).
MAJOR = np.array([5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0])
MINOR = np.array([5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0])
NATURAL_SEVENTH = 2.0
"""Songs in minor have their flat seventh as often as the raised one; the profile is of classical music."""

TONICS = {
    "major": ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    "minor": ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"),
}
FINAL, FIRST = 0.08, 0.08
"""What ending, or beginning, on the tonic adds to a correlation; on the third or fifth a third of it."""

Weights = NDArray[np.float64]


def key_of_notes(notes: Sequence[Note]) -> Key:
    """The likeliest major or minor key of a tune; longer notes count for more, with diminishing returns."""
    weights = np.zeros(12)
    for note in notes:
        weights[note.pitch % 12] += note.duration**0.7
    ordered = sorted(notes)
    return _best(weights, ordered[0].pitch % 12, ordered[-1].pitch % 12)


def key_of_chords(chords: Sequence[Chord]) -> Key:
    """The likeliest major or minor key of a progression; roots count double, the first chord more than the last, which turns round."""
    weights = np.zeros(12)
    for chord in chords:
        for number in chord.pitch_classes:
            weights[number] += 1.0
        weights[chord.root.number] += 1.0
    found = []
    for mode, profile in (("major", MAJOR), ("minor", _minor())):
        for tonic in range(12):
            home = [c for c in chords if c.root.number == tonic and c.minor_third == (mode == "minor")]
            bonus = 0.10 * bool(home) + 0.20 * (chords[0] in home) + 0.06 * (chords[-1] in home)
            found.append((_fit(weights, profile, tonic) + bonus, Key.parse(f"{TONICS[mode][tonic]} {mode}")))
    return max(found, key=lambda item: item[0])[1]


def _best(weights: Weights, first: int, last: int) -> Key:
    found = []
    for mode, profile in (("major", MAJOR), ("minor", _minor())):
        third = 4 if mode == "major" else 3
        for tonic in range(12):
            bonus = sum(
                share * {0: 1.0, third: 0.33, 7: 0.33}.get((place - tonic) % 12, 0.0) for share, place in ((FINAL, last), (FIRST, first))
            )
            found.append((_fit(weights, profile, tonic) + bonus, Key.parse(f"{TONICS[mode][tonic]} {mode}")))
    return max(found, key=lambda item: item[0])[1]


def _minor() -> Weights:
    profile = MINOR.copy()
    profile[10] = profile[11] = NATURAL_SEVENTH
    return profile


def _fit(weights: Weights, profile: Weights, tonic: int) -> float:
    """Correlation of the weights with the profile moved to a tonic."""
    if weights.max() == weights.min():
        return 0.0
    return float(np.corrcoef(np.roll(profile, tonic), weights)[0, 1])
