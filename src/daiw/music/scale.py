"""Scales beyond the seven modes, each as spelled intervals, and the right name for any note in a key."""

from dataclasses import dataclass

from daiw.errors import TheoryError
from daiw.music.interval import Interval
from daiw.music.pitch import Key, PitchClass

SCALES: dict[str, str] = {
    "major": "P1 M2 M3 P4 P5 M6 M7",
    "dorian": "P1 M2 m3 P4 P5 M6 m7",
    "phrygian": "P1 m2 m3 P4 P5 m6 m7",
    "lydian": "P1 M2 M3 A4 P5 M6 M7",
    "mixolydian": "P1 M2 M3 P4 P5 M6 m7",
    "minor": "P1 M2 m3 P4 P5 m6 m7",
    "locrian": "P1 m2 m3 P4 d5 m6 m7",
    "harmonic minor": "P1 M2 m3 P4 P5 m6 M7",
    "melodic minor": "P1 M2 m3 P4 P5 M6 M7",
    "harmonic major": "P1 M2 M3 P4 P5 m6 M7",
    "phrygian dominant": "P1 m2 M3 P4 P5 m6 m7",
    "lydian dominant": "P1 M2 M3 A4 P5 M6 m7",
    "altered": "P1 m2 m3 d4 d5 m6 m7",
    "major pentatonic": "P1 M2 M3 P5 M6",
    "minor pentatonic": "P1 m3 P4 P5 m7",
    "blues": "P1 m3 P4 d5 P5 m7",
    "whole tone": "P1 M2 M3 A4 A5 A6",
    "octatonic": "P1 m2 m3 M3 A4 P5 M6 m7",
}
"""Name -> intervals above the tonic; the octatonic is the half-whole one that fits a dominant with a flat ninth."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A tonic and a scale of `SCALES`.

    >>> [str(note) for note in Scale(PitchClass.parse("F#"), "harmonic minor").spelling]
    ['F#', 'G#', 'A', 'B', 'C#', 'D', 'E#']
    """

    tonic: PitchClass
    name: str

    def __post_init__(self) -> None:
        if self.name not in SCALES:
            raise ValueError(f"no such scale: {self.name!r}")

    @classmethod
    def parse(cls, text: str) -> "Scale":
        """Read "F# harmonic minor", "Bb major pentatonic"; raises TheoryError."""
        tonic, _, name = " ".join(text.split()).partition(" ")
        if name.lower() not in SCALES:
            raise TheoryError(f"{text!r} is not a scale; write a note and one of {', '.join(SCALES)}")
        return cls(PitchClass.parse(tonic), name.lower())

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """Above the tonic, the unison first."""
        return tuple(Interval.parse(text) for text in SCALES[self.name].split())

    @property
    def spelling(self) -> tuple[PitchClass, ...]:
        """The notes by name; raises TheoryError where one needs triple accidentals."""
        return tuple(interval.above(self.tonic) for interval in self.intervals)

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """The notes as numbers 0..11, rising from the tonic."""
        return tuple((self.tonic.number + interval.semitones) % 12 for interval in self.intervals)

    def nearest(self, pitch: int) -> int:
        """The MIDI pitch of the scale nearest to `pitch`; of two, the lower.

        >>> Scale.parse("C major").nearest(61)
        60
        """
        members = set(self.pitch_classes)
        return min(
            (pitch + shift for shift in (0, -1, 1, -2, 2, -3, 3) if (pitch + shift) % 12 in members), key=lambda p: (abs(p - pitch), p)
        )

    def moved(self, pitch: int, steps: int) -> int:
        """The MIDI pitch `steps` scale steps above `pitch` (negative: below), which is taken as its nearest scale note.

        >>> Scale.parse("C major").moved(64, 2), Scale.parse("C major").moved(60, -1)
        (67, 59)
        """
        home = self.nearest(pitch)
        degrees = sorted(interval.semitones for interval in self.intervals)
        octave, above = divmod(home - self.tonic.number, 12)
        octaves, index = divmod(degrees.index(above) + steps, len(degrees))
        return self.tonic.number + 12 * (octave + octaves) + degrees[index]


def name_in(key: Key, pitch: int) -> PitchClass:
    """The name of a MIDI pitch (or pitch class) in a key: scale notes by the scale, chromatic ones as its own neighbours are written.

    Chromatic notes lie within the usual window on the line of fifths: from the lowered third to the raised fifth in modes with a
    major third (C: Bb Eb Ab, F# C# as needed), from the lowered second to the raised fourth in the others.

    >>> [str(name_in(Key.parse("C minor"), pitch)) for pitch in (61, 66, 68, 71)]
    ['Db', 'F#', 'Ab', 'B']
    """
    number = pitch % 12
    for note in key.scale:
        if note.number == number:
            return note
    lowest = key.tonic.fifths - (5 if key.minor_third else 4)
    fifths = next(value for value in range(lowest, lowest + 12) if value * 7 % 12 == number)
    return PitchClass.from_fifths(fifths)
