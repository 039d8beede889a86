"""The [compose] table of a preset: how a style writes notes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from daiw.music.given import Given
from daiw.music.styles.ranges import check_range

ChordPattern = Literal[
    "hold", "block", "halves", "quarters", "eighths", "offbeat", "charleston", "comp", "strum", "arpeggio-up", "arpeggio-down",
    "fingerpick", "sixteenth-arpeggio", "oom-pah", "roll", "stabs", "push", "skank", "clav",
]  # fmt: skip
"""Ways to play a chord; `composer.patterns` says what each does in every meter."""

BassPattern = Literal[
    "hold", "roots", "root-fifth", "eighths", "octaves", "walking", "funk", "sub", "one-drop", "pedal", "arpeggio", "offbeat", "push",
    "boom-bap", "waltz", "pulse",
]  # fmt: skip
"""Ways to play a bass line."""

Voicing = Literal["close", "open", "drop2", "shell", "rootless", "power", "spread"]
"""How the notes of a chord are stacked."""

T = TypeVar("T")


def by_energy(choices: Sequence[T], energy: float) -> T:
    """The entry for `energy` 0..1, the quietest first."""
    return choices[min(len(choices) - 1, int(energy * len(choices)))]


@dataclass(frozen=True, slots=True)
class MelodyStyle:
    """The tune.

    density: notes a quarter at middle section density, 0.3..3.  syncopation: 0 on the beat .. 1 mostly off it.
    range_low, range_high: MIDI pitches the tune may not leave, 40..96, at least an octave apart.
    leapiness: 0 steps only .. 1 wide leaps.  repetition: 0..1, willingness to repeat a pitch.
    rest_beats: silence between phrases, 0..6.
    form: the phrase plan of eight bars: "period" (4+4, question and answer), "sentence" (2+2+4), "riff" (a motif that insists), "any".
    pentatonic: 0..1, preference for the five-note core of the scale.  triplets: 0..1, share of triplet rhythm cells.
    chromatic: 0..1, share of chromatic approach notes (jazz).
    """

    density: float = 1.3
    syncopation: float = 0.3
    range_low: int = 55
    range_high: int = 84
    leapiness: float = 0.3
    repetition: float = 0.2
    rest_beats: float = 1.0
    form: Literal["period", "sentence", "riff", "any"] = "any"
    pentatonic: float = 0.3
    triplets: float = 0.0
    chromatic: float = 0.0

    def __post_init__(self) -> None:
        check_range(self, 0.3, 3.0, "density")
        check_range(self, 0.0, 1.0, "syncopation", "leapiness", "repetition", "pentatonic", "triplets", "chromatic")
        check_range(self, 40, 96, "range_low", "range_high")
        check_range(self, 0.0, 6.0, "rest_beats")
        if self.range_high - self.range_low < 12:
            raise ValueError(f"the melody needs an octave: range_low {self.range_low}, range_high {self.range_high}")


@dataclass(frozen=True, slots=True)
class ChordsStyle:
    """The accompaniment.

    patterns: ways of playing, from the quietest section to the loudest; section energy chooses among them.
    voicing: how chords are stacked.  low, high: MIDI window of the voicing, 36..96.  voices: 2..6 notes at most.
    velocity: MIDI level at middle energy, 20..120.  passing: whether a trained pianist may strike notes beside the chord's own.
    """

    patterns: tuple[ChordPattern, ...] = ("block", "eighths")
    voicing: Voicing = "close"
    low: int = 50
    high: int = 74
    voices: int = 4
    velocity: int = 72
    passing: bool = True

    def __post_init__(self) -> None:
        check_range(self, 36, 96, "low", "high")
        check_range(self, 2, 6, "voices")
        check_range(self, 20, 120, "velocity")
        if not self.patterns:
            raise ValueError("patterns must name at least one way of playing chords")
        if self.high - self.low < 16:
            raise ValueError(f"a voicing needs 16 semitones of room: low {self.low}, high {self.high}")


@dataclass(frozen=True, slots=True)
class BassStyle:
    """The bass.

    patterns: from the quietest section to the loudest.  low, high: MIDI window, 28..60, at least an octave.
    approach: 0..1, how often the last note of a chord leads into the next.  lock: 0..1, how far the bass follows the kick.
    velocity: MIDI level at middle energy, 20..120.
    """

    patterns: tuple[BassPattern, ...] = ("roots", "root-fifth")
    low: int = 28
    high: int = 52
    approach: float = 0.3
    lock: float = 0.5
    velocity: int = 84

    def __post_init__(self) -> None:
        check_range(self, 24, 60, "low", "high")
        check_range(self, 0.0, 1.0, "approach", "lock")
        check_range(self, 20, 120, "velocity")
        if not self.patterns:
            raise ValueError("patterns must name at least one way of playing the bass")
        if self.high - self.low < 14:
            raise ValueError(f"the bass needs 14 semitones of room: low {self.low}, high {self.high}")


@dataclass(frozen=True, slots=True)
class PadStyle:
    """Long chords behind everything.

    voicing: how they are stacked.  low, high: MIDI window, 36..96.  voices: 2..6.  swell: 0 steady .. 1 re-struck louder as phrases grow.
    velocity: MIDI level at middle energy, 20..120.
    """

    voicing: Voicing = "open"
    low: int = 48
    high: int = 76
    voices: int = 4
    swell: float = 0.3
    velocity: int = 58

    def __post_init__(self) -> None:
        check_range(self, 36, 96, "low", "high")
        check_range(self, 2, 6, "voices")
        check_range(self, 0.0, 1.0, "swell")
        check_range(self, 20, 120, "velocity")
        if self.high - self.low < 16:
            raise ValueError(f"a voicing needs 16 semitones of room: low {self.low}, high {self.high}")


@dataclass(frozen=True, slots=True)
class CounterStyle:
    """The second line.

    manner: "answer" fills the melody's rests, "guide" sings long guide tones beneath it, "both" does either by energy.
    low, high: MIDI window, 40..96, at least an octave.  velocity: MIDI level at middle energy, 20..120.
    """

    manner: Literal["answer", "guide", "both"] = "both"
    low: int = 52
    high: int = 76
    velocity: int = 66

    def __post_init__(self) -> None:
        check_range(self, 40, 96, "low", "high")
        check_range(self, 20, 120, "velocity")
        if self.high - self.low < 12:
            raise ValueError(f"the counter line needs an octave: low {self.low}, high {self.high}")


@dataclass(frozen=True, slots=True)
class VocalStyle:
    """The sung part.

    backing: the harmony in choruses, "thirds" above the voice or "sixths" below it; the other where the first leaves the voice's range.
    melisma: 0..1, how readily a long vowel is sung over several notes.
    """

    backing: Literal["thirds", "sixths"] = "thirds"
    melisma: float = 0.3

    def __post_init__(self) -> None:
        check_range(self, 0.0, 1.0, "melisma")


@dataclass(frozen=True, slots=True)
class ComposeStyle:
    """What a style asks of the compose stage.

    groove: the entry of `music.groove` that the drums play and arrange performs.  The tables describe one role each.
    """

    groove: str = "rock"
    melody: MelodyStyle = field(default_factory=MelodyStyle)
    chords: ChordsStyle = field(default_factory=ChordsStyle)
    bass: BassStyle = field(default_factory=BassStyle)
    pad: PadStyle = field(default_factory=PadStyle)
    counter: CounterStyle = field(default_factory=CounterStyle)
    vocal: VocalStyle = field(default_factory=VocalStyle)

    def keeping_to(self, given: Given) -> "ComposeStyle":
        """The style, in which chords that a person gave are struck without any note beside them."""
        return replace(self, chords=replace(self.chords, passing=False)) if given.harmony else self
