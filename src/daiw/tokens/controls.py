"""What the model is told about every bar besides its chords: form, meter, style, and how dense, high and felt the phrase is."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daiw.music.chord import QUALITIES
from daiw.tokens.grid import METERS, UNITS_PER_QUARTER
from daiw.tokens.sheet import SECTION_KINDS, STYLES, Sheet, chord_at
from daiw.tokens.vocab import CHORD_CLASSES

PHRASE_BARS = 4

CONTROLS = (
    ("meter", len(METERS) + 1),
    ("kind", len(SECTION_KINDS)),
    ("since", 18),
    ("left", 18),
    ("style", len(STYLES) + 1),
    ("minor", 3),
    ("tempo", 9),
    ("density", 10),
    ("register", 9),
    ("leap", 6),
    ("offbeat", 6),
    ("valence", 10),
    ("arousal", 10),
    ("dominance", 10),
)
"""Columns of the controls and their number of values; 0 is always "not told"."""

COLUMN = {name: i for i, (name, _) in enumerate(CONTROLS)}
FELT = ("tempo", "density", "register", "leap", "offbeat", "valence", "arousal", "dominance")
"""The columns that steer, which guidance strengthens; training hides them singly and together."""

EDGES: dict[str, tuple[float, ...]] = {
    "tempo": (62.0, 68.0, 74.0, 82.0, 92.0, 108.0, 124.0),
    "density": (0.05, 0.5, 0.8, 1.0, 1.15, 1.3, 1.5, 1.8),
    "register": (62.5, 65.5, 68.5, 71.0, 73.0, 75.0, 77.5),
    "leap": (1.7, 2.1, 2.5, 3.0),
    "offbeat": (0.3, 0.44, 0.53, 0.65),
}
"""Between the bins of: quarter notes a minute, notes a quarter, mean MIDI pitch, mean step in semitones, share of onsets off the beat."""

DEGREES = 9
"""Bins of valence, arousal and dominance over -1..1."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Mean and spread over the corpus's phrases, for standardising; weights in valence, arousal, dominance."""

    mean: float
    spread: float
    valence: float
    arousal: float
    dominance: float


CUES: dict[str, Cue] = {
    "mode": Cue(0.405, 0.435, 0.5, 0.0, 0.2),
    "register": Cue(70.4, 6.4, 0.2, 0.1, 0.0),
    "dissonance": Cue(0.41, 0.17, -0.3, 0.0, -0.1),
    "tempo": Cue(6.43, 0.353, 0.15, 0.45, 0.2),
    "articulation": Cue(0.167, 0.151, 0.1, 0.2, 0.1),
    "loudness": Cue(80.1, 11.4, 0.0, 0.35, 0.5),
    "density": Cue(1.16, 0.553, 0.0, 0.25, 0.2),
}
"""The additive model: weights of valence and arousal after Eerola, Friberg & Bresin 2013 as in the project's domain notes (brightness,
which a lead sheet lacks, left out); those of dominance are ours."""

MAJOR_THIRD = np.array([4 in QUALITIES[name] for name in CHORD_CLASSES])
ROUGHNESS = np.array([0.0, 0.1, 0.6, 0.6, 0.2, 0.2, 0.3, 0.3, 0.2, 0.6, 0.7, 0.5])
"""Of every chord class: has it a major third; how tense it is, 0..1 (ours)."""

CHORD_TONES = np.array([[interval in {step % 12 for step in QUALITIES[name]} for interval in range(12)] for name in CHORD_CLASSES])
"""(classes, 12): which semitones above the root belong to the chord."""

NATURALS = (0, 2, 4, 5, 7, 9, 11)
LETTER_OF_ROOT = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)
"""Letters, C = 0, by which chords are named in the neutral key: D flat, E flat, F sharp, A flat and B flat besides the naturals."""

LETTERS_ABOVE = (0, 1, 1, 2, 2, 3, 4, 4, 4, 5, 6, 6)
"""Letters from a root to a chord tone so many semitones above it; a diminished seventh is one letter more than a sixth."""


def _displaced() -> NDArray[np.bool_]:
    table = np.zeros((len(CHORD_CLASSES), 12, 12), bool)
    for quality, name in enumerate(CHORD_CLASSES):
        for root in range(12):
            for above in np.flatnonzero(CHORD_TONES[quality]).tolist():
                natural = NATURALS[(LETTER_OF_ROOT[root] + LETTERS_ABOVE[above] + (name == "dim7" and above == 9)) % 7]
                table[quality, root, natural] |= (root + above) % 12 not in NATURALS and not CHORD_TONES[quality, (natural - root) % 12]
    return table


DISPLACED = _displaced()
"""(classes, roots, pitch classes), neutral key: degrees that a chord has in another form, as D major has F sharp for F.

Sung against it they are cross relations."""


def phrases(sheet: Sheet) -> list[tuple[int, int]]:
    """(first bar, end bar) of phrases of four bars counted from every section's start; the last of a section may be shorter."""
    starts = [0, *(bar for bar, _ in sheet.sections if 0 < bar < sheet.bars), sheet.bars]
    return [(i, min(i + PHRASE_BARS, end)) for start, end in pairwise(starts) for i in range(start, end, PHRASE_BARS)]


def phrase_cues(sheet: Sheet, first: int, end: int) -> dict[str, float]:
    """The musical cues of bars first..end-1; nan where there is nothing to measure."""
    start, stop = first * sheet.bar_units, end * sheet.bar_units
    notes = sheet.notes[(sheet.notes[:, 0] >= start) & (sheet.notes[:, 0] < stop)]
    cues = dict.fromkeys(("mode", "register", "dissonance", "articulation", "loudness", "leap", "offbeat"), float("nan"))
    cues["density"] = len(notes) / ((stop - start) / UNITS_PER_QUARTER)
    cues["tempo"] = float(np.log2(sheet.bpm))
    rough = 0.0
    if len(sheet.chords):
        grid = np.arange(start, stop, UNITS_PER_QUARTER // 2)
        rows = chord_at(sheet.chords, grid)
        quality = sheet.chords[rows[rows >= 0], 2]
        if len(quality):
            cues["mode"] = float(MAJOR_THIRD[quality].mean()) - (0.5 if sheet.minor else 0.0)
            rough = float(ROUGHNESS[quality].mean())
    if len(notes):
        cues["register"] = float(notes[:, 1].mean())
        cues["offbeat"] = float((notes[:, 0] % UNITS_PER_QUARTER != 0).mean())
        cues["dissonance"] = rough + (1.0 - chord_tone_share(notes, sheet.chords) if len(sheet.chords) else 0.35)
    if len(notes) > 1:
        steps = np.diff(notes[:, 0])
        near = steps <= 4 * UNITS_PER_QUARTER
        cues["leap"] = float(np.abs(np.diff(notes[:, 1])).mean())
        if near.any():
            cues["articulation"] = 1.0 - float(np.minimum(1.0, notes[:-1, 2] / steps)[near].mean())
    level = [value for value in sheet.level[first:end] if value > 0]
    if level:
        cues["loudness"] = float(np.mean(level))
    return cues


def chord_tone_share(notes: NDArray[np.int32], chords: NDArray[np.int32]) -> float:
    """Share of notes whose pitch class belongs to the chord that sounds at their start; notes before the first chord are left out."""
    rows = chord_at(chords, notes[:, 0])
    known = rows >= 0
    if not known.any():
        return 1.0
    chord = chords[rows[known]]
    return float(CHORD_TONES[chord[:, 2], (notes[known, 1] - chord[:, 1]) % 12].mean())


def feelings(cues: dict[str, float]) -> tuple[float, float, float]:
    """Valence, arousal and dominance, each -1..1, of a phrase by the additive model; cues that are nan count as average."""
    sums = np.zeros(3)
    scale = np.zeros(3)
    for name, cue in CUES.items():
        weights = np.array([cue.valence, cue.arousal, cue.dominance])
        value = (cues[name] - cue.mean) / cue.spread
        sums += weights * (0.0 if np.isnan(value) else float(np.clip(value, -2.5, 2.5)))
        scale += weights**2
    return tuple(float(x) for x in np.tanh(0.75 * sums / np.sqrt(scale)))  # type: ignore[return-value]


def degree(value: float) -> int:
    """The bin, 1..9, of a feeling in -1..1."""
    return 1 + min(DEGREES - 1, max(0, int((value + 1.0) / 2.0 * DEGREES)))


def bin_of(name: str, value: float) -> int:
    """The bin, from 1, of a measured control; 0 for nan."""
    return 0 if np.isnan(value) else 1 + int(np.searchsorted(EDGES[name], value, side="right"))


def controls(sheet: Sheet) -> NDArray[np.int16]:
    """(bars, len(CONTROLS)): what is true of every bar of a finished sheet."""
    rows = np.zeros((sheet.bars, len(CONTROLS)), np.int16)
    kind, since, left = sheet.section_of_bars()
    rows[:, COLUMN["meter"]] = METERS.index(sheet.meter) + 1
    rows[:, COLUMN["kind"]] = kind
    rows[:, COLUMN["since"]] = np.clip(since + 1, 0, 17)
    rows[:, COLUMN["left"]] = np.clip(left, 0, 17)
    rows[:, COLUMN["style"]] = STYLES.index(sheet.style) + 1
    rows[:, COLUMN["minor"]] = 2 if sheet.minor else 1
    for first, end in phrases(sheet):
        cues = phrase_cues(sheet, first, end)
        for name in ("density", "register", "leap", "offbeat"):
            rows[first:end, COLUMN[name]] = bin_of(name, cues[name])
        rows[first:end, COLUMN["tempo"]] = bin_of("tempo", sheet.bpm)
        for name, value in zip(("valence", "arousal", "dominance"), feelings(cues), strict=True):
            rows[first:end, COLUMN[name]] = degree(value)
    return rows
