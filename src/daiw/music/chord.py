"""Chord symbols: root, quality from one table, and the bass they stand on."""

import re
from dataclasses import dataclass

from daiw.errors import TheoryError
from daiw.music.pitch import LETTERS, PitchClass

QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "mmaj7": (0, 3, 7, 11),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "aug7": (0, 4, 8, 10),
    "7sus4": (0, 5, 7, 10),
    "add9": (0, 4, 7, 14),
    "madd9": (0, 3, 7, 14),
    "6/9": (0, 4, 7, 9, 14),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14),
    "7b9": (0, 4, 7, 10, 13),
    "7#9": (0, 4, 7, 10, 15),
    "9sus4": (0, 5, 7, 10, 14),
    "maj7#11": (0, 4, 7, 11, 18),
    "11": (0, 4, 7, 10, 14, 17),
    "m11": (0, 3, 7, 10, 14, 17),
    "13": (0, 4, 7, 10, 14, 21),
}
"""Canonical quality -> semitones above the root, stacked upwards; the first entries are the triads."""

QUALITY_ALIASES = {
    "maj": "", "M": "", "major": "", "min": "m", "-": "m", "minor": "m", "o": "dim", "°": "dim", "+": "aug", "sus": "sus4",
    "power": "5", "maj6": "6", "min6": "m6", "M7": "maj7", "Δ": "maj7", "Δ7": "maj7", "min7": "m7", "-7": "m7", "mM7": "mmaj7",
    "mMaj7": "mmaj7", "minmaj7": "mmaj7", "ø": "m7b5", "ø7": "m7b5", "min7b5": "m7b5", "o7": "dim7", "°7": "dim7", "+7": "aug7",
    "7#5": "aug7", "7sus": "7sus4", "add2": "add9", "69": "6/9", "M9": "maj9", "min9": "m9", "9sus": "9sus4", "min11": "m11",
    "dom7": "7",
}  # fmt: skip


LETTER_STEPS = {0: 0, 2: 1, 3: 2, 4: 2, 5: 3, 6: 4, 7: 4, 8: 4, 9: 5, 10: 6, 11: 6, 13: 8, 14: 8, 15: 8, 17: 10, 18: 10, 21: 12}
"""Semitones above the root in `QUALITIES` -> letters above it; the diminished seventh chord's 9 is a seventh, not a sixth."""


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord symbol.

    >>> chord = Chord.parse("Bbm7/F")
    >>> str(chord), chord.pitch_classes, chord.bass_number
    ('Bbm7/F', (10, 1, 5, 8), 5)
    """

    root: PitchClass
    quality: str = ""
    bass: PitchClass | None = None

    def __post_init__(self) -> None:
        if self.quality not in QUALITIES:
            raise ValueError(f"no such chord quality: {self.quality!r}")

    @classmethod
    def parse(cls, text: str) -> "Chord":
        """Read "C", "F#m7b5", "Ebmaj7/G", "Gsus4"; raises TheoryError naming what could not be read."""
        match = re.fullmatch(r"\s*([A-G](?:##?|x|bb?|♯♯?|♭♭?)?)([^/\s]*(?:6/9)?)(?:/([A-G](?:##?|x|bb?|♯♯?|♭♭?)?))?\s*", text)
        if match is None:
            raise TheoryError(f"{text!r} is not a chord symbol; write Am7, F#dim or C/E")
        quality = QUALITY_ALIASES.get(match[2], match[2])
        if quality not in QUALITIES:
            raise TheoryError(f"{text!r}: no chord quality {match[2]!r}; qualities are {', '.join(q or 'major' for q in QUALITIES)}")
        return cls(PitchClass.parse(match[1]), quality, PitchClass.parse(match[3]) if match[3] else None)

    @property
    def intervals(self) -> tuple[int, ...]:
        """Semitones above the root, in stacking order."""
        return QUALITIES[self.quality]

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes 0..11 in stacking order, root first; a foreign bass is not among them."""
        return tuple((self.root.number + semitones) % 12 for semitones in self.intervals)

    @property
    def spelling(self) -> tuple[PitchClass, ...]:
        """The notes by name in stacking order, root first; raises TheoryError where one needs triple accidentals.

        >>> [str(note) for note in Chord.parse("C#dim7").spelling]
        ['C#', 'E', 'G', 'Bb']
        """
        notes = []
        for semitones in self.intervals:
            steps = 6 if self.quality == "dim7" and semitones == 9 else LETTER_STEPS[semitones]
            letter = LETTERS[(LETTERS.index(self.root.letter) + steps) % 7]
            accidental = (self.root.number + semitones - PitchClass(letter).number + 6) % 12 - 6
            if not -2 <= accidental <= 2:
                raise TheoryError(f"{self} has a note with more than double accidentals; choose an enharmonic root")
            notes.append(PitchClass(letter, accidental))
        return tuple(notes)

    @property
    def bass_number(self) -> int:
        """Pitch class 0..11 of the lowest note."""
        return (self.bass or self.root).number

    @property
    def minor_third(self) -> bool:
        """True where the third is minor."""
        return 3 in self.intervals

    def __str__(self) -> str:
        return f"{self.root}{self.quality}" + (f"/{self.bass}" if self.bass else "")
