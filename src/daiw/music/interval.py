"""Spelled intervals: an augmented fourth is not a diminished fifth, and transposing keeps the spelling."""

import re
from dataclasses import dataclass

from daiw.errors import TheoryError
from daiw.music.pitch import LETTERS, PitchClass

NATURAL_SEMITONES = (0, 2, 4, 5, 7, 9, 11)
"""Semitones of the perfect and major intervals from unison to seventh."""

PERFECT = (0, 3, 4)
"""Steps (number - 1, within the octave) that are perfect rather than major or minor."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A distance in letters and semitones.

    number: 1 unison, 3 third, 8 octave, 9 ninth, ... up to 22.  semitones: how wide; the quality follows from both.

    >>> fifth = Interval.parse("d5")
    >>> fifth.semitones, str(fifth.inverted), [str(fifth.above(PitchClass.parse(name))) for name in ("B", "F#")]
    (6, 'A4', ['F', 'C'])
    """

    number: int
    semitones: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= 22 or self.semitones < 0 or not -3 <= self.alteration <= 2:
            raise ValueError(f"no such interval: number {self.number} of {self.semitones} semitones")

    @classmethod
    def parse(cls, text: str) -> "Interval":
        """Read "P5", "m3", "M7", "A4", "d5", "AA4", "dd7", "M9"; raises TheoryError."""
        match = re.fullmatch(r"\s*(P|M|m|A{1,2}|d{1,2})(\d{1,2})\s*", text)
        if match is None or not 1 <= int(match[2]) <= 22:
            raise TheoryError(f"{text!r} is not an interval; write P5, m3, M7, A4 or d5")
        quality, number = match[1], int(match[2])
        perfect = (number - 1) % 7 in PERFECT
        if (quality in ("M", "m") and perfect) or (quality == "P" and not perfect):
            kind = "perfect, augmented or diminished" if perfect else "major, minor, augmented or diminished"
            raise TheoryError(f"{text!r}: an interval of {number} is {kind}")
        table = {"P": 0, "M": 0, "m": -1, "A": 1, "AA": 2, "d": -1 if perfect else -2, "dd": -2 if perfect else -3}
        semitones = _natural(number) + table[quality]
        if semitones < 0:
            raise TheoryError(f"{text!r} is narrower than a unison")
        return cls(number, semitones)

    @classmethod
    def between(cls, lower: PitchClass, upper: PitchClass) -> "Interval":
        """From `lower` up to the next `upper`, less than an octave; raises TheoryError where it has no name.

        >>> str(Interval.between(PitchClass.parse("Eb"), PitchClass.parse("F#")))
        'A2'
        """
        steps = (LETTERS.index(upper.letter) - LETTERS.index(lower.letter)) % 7
        natural = NATURAL_SEMITONES[steps]
        alteration = (upper.number - lower.number - natural + 6) % 12 - 6
        lowest = -2 if steps in PERFECT else -3
        if not lowest <= alteration <= 2 or natural + alteration < 0:
            raise TheoryError(f"{lower} to {upper} is not an interval with a name")
        return cls(steps + 1, natural + alteration)

    @property
    def alteration(self) -> int:
        """Semitones wider than the perfect or major interval of the same number."""
        return self.semitones - _natural(self.number)

    @property
    def inverted(self) -> "Interval":
        """What remains to the octave, for intervals up to an octave; raises TheoryError for wider ones."""
        if self.number > 8 or self.semitones > 12:
            raise TheoryError(f"{self} is wider than an octave and has no inversion")
        return Interval(9 - self.number, 12 - self.semitones)

    def above(self, pitch: PitchClass) -> PitchClass:
        """The note this far above; raises TheoryError beyond double accidentals."""
        return self._from(pitch, 1)

    def below(self, pitch: PitchClass) -> PitchClass:
        """The note this far below; raises TheoryError beyond double accidentals."""
        return self._from(pitch, -1)

    def _from(self, pitch: PitchClass, sign: int) -> PitchClass:
        letter = LETTERS[(LETTERS.index(pitch.letter) + sign * (self.number - 1)) % 7]
        accidental = (pitch.number + sign * self.semitones - PitchClass(letter).number + 6) % 12 - 6
        if not -2 <= accidental <= 2:
            raise TheoryError(f"{self} {'above' if sign > 0 else 'below'} {pitch} needs more than double accidentals")
        return PitchClass(letter, accidental)

    def __str__(self) -> str:
        a = self.alteration
        if (self.number - 1) % 7 in PERFECT:
            quality = "P" if a == 0 else "A" * a if a > 0 else "d" * -a
        else:
            quality = {0: "M", -1: "m"}.get(a) or ("A" * a if a > 0 else "d" * (-a - 1))
        return f"{quality}{self.number}"


def _natural(number: int) -> int:
    """Semitones of the perfect or major interval of that number."""
    octaves, steps = divmod(number - 1, 7)
    return 12 * octaves + NATURAL_SEMITONES[steps]
