"""Notes on paper, then in a player's hands."""

from dataclasses import dataclass, field

from daiw.music.decision import Decision
from daiw.music.pitch import Key
from daiw.music.time import Meter, TempoMap

FURTHEST_MS = 1000.0
"""A note further from the grid than this is another note."""


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One tone.

    start, duration: ticks.  pitch: MIDI number, 60 = C4.  velocity: 1..127.  lyric: the syllable's text as MIDI and MusicXML have it:
    "hel-" goes on in the next syllable of its word, "lo" ends it, "_" holds the vowel of the syllable before on a further note.
    phonemes: how the syllable is sung, ARPAbet with the stress digit on the vowel; empty: the singer looks the word up.
    late_ms: one number, how far after the swung grid the player of the part strikes it and thereby that its velocity is the player's, too;
    empty: the arranger decides both.
    """

    start: int
    duration: int
    pitch: int
    velocity: int
    lyric: str = ""
    phonemes: tuple[str, ...] = ()
    late_ms: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.start < 0 or self.duration < 1:
            raise ValueError(f"a note starts at >= 0 and lasts >= 1 tick: {self.start}, {self.duration}")
        if not (0 <= self.pitch <= 127 and 1 <= self.velocity <= 127):
            raise ValueError(f"pitch must be 0..127 and velocity 1..127: {self.pitch}, {self.velocity}")
        if len(self.late_ms) > 1 or any(not isinstance(ms, int | float) or not abs(ms) <= FURTHEST_MS for ms in self.late_ms):
            raise ValueError(f"a note is late by one number of milliseconds, at most {FURTHEST_MS:.0f}, or by none: {self.late_ms}")

    @property
    def end(self) -> int:
        """The first tick after the note."""
        return self.start + self.duration


@dataclass(frozen=True, slots=True)
class Timeline:
    """What all parts share: tempo, meter, key and section names over ticks, and the song's length.

    Every list is sorted by tick and, but for markers, starts at tick 0.  end: the tick after the last bar.
    """

    tempos: TempoMap = field(default_factory=TempoMap)
    meters: tuple[tuple[int, Meter], ...] = ((0, Meter(4, 4)),)
    keys: tuple[tuple[int, Key], ...] = ()
    markers: tuple[tuple[int, str], ...] = ()
    end: int = 0

    def meter(self, tick: int) -> Meter:
        """The meter in force at `tick`."""
        return [meter for start, meter in self.meters if start <= tick][-1]


@dataclass(frozen=True, slots=True)
class Part:
    """One role's notes, sorted; what is played, not yet on what."""

    role: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """All parts over one timeline."""

    parts: tuple[Part, ...]
    timeline: Timeline
    decisions: tuple[Decision, ...] = ()

    def part(self, role: str) -> Part:
        """The part of `role`; raises KeyError where it does not play."""
        for part in self.parts:
            if part.role == role:
                return part
        raise KeyError(role)


@dataclass(frozen=True, slots=True, order=True)
class Control:
    """A change of a player's controls at `tick`.

    kind: "cc" (number 0..127, value 0..127), "bend" (number 0, value -8192..8191), "program" (number = bank 0..16383, value 0..127),
    "pressure" (number 0, value 0..127).
    """

    tick: int
    kind: str
    number: int
    value: int

    def __post_init__(self) -> None:
        if self.kind not in ("cc", "bend", "program", "pressure") or self.tick < 0:
            raise ValueError(f"no such control: {self}")


@dataclass(frozen=True, slots=True)
class Track:
    """A part in a player's hands: the notes as performed and the instrument that will sound them.

    role: unique in a song; names the stem.  instrument: a manifest name from plugins/.  program: General MIDI 0..127
    (the kit where `drums`).  bend_range: semitones of full pitch bend.
    sources: for each note the place of the note of the score's part that it performs, -1 for one that stands in no score; empty for
    tracks that no score lies behind.
    """

    role: str
    instrument: str
    notes: tuple[Note, ...]
    program: int = 0
    drums: bool = False
    controls: tuple[Control, ...] = ()
    bend_range: float = 2.0
    sources: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """All tracks over one timeline: ready for MIDI, for a renderer or for a live port."""

    tracks: tuple[Track, ...]
    timeline: Timeline
    decisions: tuple[Decision, ...] = ()
