"""Spelled pitch classes and keys: F# is not Gb, and a name that cannot be read is an error, never C."""

import re
from dataclasses import dataclass

from daiw.errors import TheoryError

LETTERS = "CDEFGAB"
LETTER_PITCH_CLASSES = (0, 2, 4, 5, 7, 9, 11)
FIFTHS_OF_LETTER = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
}
"""Semitones above the tonic, the seven diatonic modes; "major" is Ionian and "minor" Aeolian."""

MODE_ALIASES = {"ionian": "major", "aeolian": "minor", "maj": "major", "min": "minor", "natural minor": "minor"}
# Fifths from the tonic of the major key with the same notes up to the mode's tonic.
MODE_FIFTHS = {"lydian": -1, "major": 0, "mixolydian": 1, "dorian": 2, "minor": 3, "phrygian": 4, "locrian": 5}


@dataclass(frozen=True, slots=True)
class PitchClass:
    """A note name without octave: letter and accidentals (-2..2, flats negative).

    >>> PitchClass.parse("Eb").number, str(PitchClass.parse("f#"))
    (3, 'F#')
    """

    letter: str
    accidental: int = 0

    def __post_init__(self) -> None:
        if self.letter not in LETTERS or len(self.letter) != 1 or not -2 <= self.accidental <= 2:
            raise ValueError(f"no such note: {self.letter!r} with {self.accidental} accidentals")

    @classmethod
    def parse(cls, text: str) -> "PitchClass":
        """Read "C", "f#", "Bb", "E♭", "G##", "B flat", "F sharp"; raises TheoryError."""
        match = re.fullmatch(r"\s*([A-Ga-g])\s*(?:(##?|x|bb?|♯♯?|♭♭?)|[\s-]*(sharp|flat|natural))?\s*", text)
        if match is None:
            raise TheoryError(f"{text!r} is not a note name; write C, F#, Bb")
        sign = match[2] or {"sharp": "#", "flat": "b"}.get(match[3] or "", "")
        accidental = 2 if sign == "x" else sum({"#": 1, "♯": 1, "b": -1, "♭": -1}[char] for char in sign)
        return cls(match[1].upper(), accidental)

    @classmethod
    def from_fifths(cls, fifths: int) -> "PitchClass":
        """The note that many fifths above C (negative: below); raises TheoryError beyond double accidentals.

        >>> str(PitchClass.from_fifths(-3)), str(PitchClass.from_fifths(6))
        ('Eb', 'F#')
        """
        accidental, index = divmod(fifths + 1, 7)
        if not -2 <= accidental <= 2:
            raise TheoryError(f"a note {fifths} fifths from C needs more than double accidentals")
        return cls("FCGDAEB"[index], accidental)

    @property
    def number(self) -> int:
        """Pitch class 0..11, C = 0."""
        return (LETTER_PITCH_CLASSES[LETTERS.index(self.letter)] + self.accidental) % 12

    @property
    def fifths(self) -> int:
        """Fifths above C; the inverse of `from_fifths`."""
        return FIFTHS_OF_LETTER[self.letter] + 7 * self.accidental

    def __str__(self) -> str:
        return self.letter + ("#" * self.accidental if self.accidental > 0 else "b" * -self.accidental)


def mode_name(text: str) -> str:
    """The canonical name of a mode, a key of `MODES`; raises TheoryError."""
    name = " ".join(text.lower().split())
    name = MODE_ALIASES.get(name, name)
    if name not in MODES:
        raise TheoryError(f"{text!r} is not a mode; modes are {', '.join(MODES)}")
    return name


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic and one of the seven modes.

    >>> key = Key.parse("Bb minor")
    >>> str(key), key.signature, [str(pitch) for pitch in key.scale]
    ('Bb minor', -5, ['Bb', 'C', 'Db', 'Eb', 'F', 'Gb', 'Ab'])
    """

    tonic: PitchClass
    mode: str = "major"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"no such mode: {self.mode!r}")

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Read "F minor", "Bb major", "C# dorian", "Am", "E"; raises TheoryError."""
        match = re.fullmatch(r"\s*([A-Ga-g](?:##?|x|bb?|♯♯?|♭♭?|[\s-]*(?:sharp|flat)\b)?)\s*(.*?)\s*", text)
        if match is None or match[2] == "M":
            match_mode = "major" if match else None
        else:
            match_mode = {"": "major", "m": "minor"}.get(match[2], match[2])
        if match is None or match_mode is None:
            raise TheoryError(f'{text!r} is not a key; write "F minor", "Bb major" or "D dorian"')
        return cls(PitchClass.parse(match[1]), mode_name(match_mode))

    @property
    def intervals(self) -> tuple[int, ...]:
        """The scale as semitones above the tonic."""
        return MODES[self.mode]

    @property
    def signature(self) -> int:
        """Sharps (positive) or flats (negative) of the key signature; may exceed 7 for keys nobody writes."""
        return self.tonic.fifths - MODE_FIFTHS[self.mode]

    @property
    def scale(self) -> tuple[PitchClass, ...]:
        """The seven notes, spelled one letter each; raises TheoryError where that needs triple accidentals."""
        first = LETTERS.index(self.tonic.letter)
        spelled = []
        for step, semitones in enumerate(self.intervals):
            letter = LETTERS[(first + step) % 7]
            natural = LETTER_PITCH_CLASSES[LETTERS.index(letter)]
            accidental = (self.tonic.number + semitones - natural + 6) % 12 - 6
            if not -2 <= accidental <= 2:
                raise TheoryError(f"{self} cannot be spelled without triple accidentals")
            spelled.append(PitchClass(letter, accidental))
        return tuple(spelled)

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The seven pitch classes 0..11."""
        return frozenset((self.tonic.number + semitones) % 12 for semitones in self.intervals)

    @property
    def minor_third(self) -> bool:
        """True for the modes whose third is minor."""
        return 3 in self.intervals

    def __str__(self) -> str:
        return f"{self.tonic} {self.mode}"
