"""The song on one page: form, energy and harmony, no notes yet."""

from bisect import bisect_right
from dataclasses import dataclass

from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.decision import Decision
from daiw.music.emotion import Emotion
from daiw.music.lyrics import SungLine, Voice
from daiw.music.pitch import Key
from daiw.music.rules import RuleBreak
from daiw.music.score import Timeline
from daiw.music.time import Meter


@dataclass(frozen=True, slots=True, order=True)
class ChordSpan:
    """One chord from `start` for `duration`, in ticks of the song.  numeral: its roman numeral in the song's key."""

    start: int
    duration: int
    chord: Chord
    numeral: str


@dataclass(frozen=True, slots=True)
class Section:
    """One stretch of the form.

    name: "intro", "verse", "pre-chorus", "chorus", "bridge", "breakdown", "build", "drop", "solo", "outro".
    letter: sections with the same letter are the same music returning ("B" for every chorus); the last of them may be larger.
    start_bar: 0-based.  energy: 0..1.  emotion: this section's point on the trajectory.
    roles: the roles that play here.  density: 0..1, after emotion and energy.
    """

    name: str
    letter: str
    start_bar: int
    bars: int
    energy: float
    emotion: Emotion
    density: float
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the composer must obey, and the seed every later stage derives from.

    harmony covers the song from tick 0 to timeline.end without gap.  roles: in the order in which parts are written.
    arc: one of the eight of the domain ("climb-to-climax", ...).  preset: its name.
    with_instruments, without_instruments: as in `intent.Wishes`, for the arranger.
    voice: who sings, None where nobody does.  words: what is sung, line by line in the order of the song; empty with a voice: vowels.
    lead: what the tune's instrument does while the voice sings: "rest", "answer" or "double".  breaks: rules broken on purpose.
    """

    title: str
    key: Key
    meter: Meter
    timeline: Timeline
    arc: str
    sections: tuple[Section, ...]
    harmony: tuple[ChordSpan, ...]
    roles: tuple[str, ...]
    cues: Cues
    seed: int
    preset: str = ""
    decisions: tuple[Decision, ...] = ()
    with_instruments: tuple[str, ...] = ()
    without_instruments: tuple[str, ...] = ()
    voice: Voice | None = None
    words: tuple[SungLine, ...] = ()
    lead: str = "rest"
    breaks: tuple[RuleBreak, ...] = ()

    @property
    def bars(self) -> int:
        """Length of the song in bars."""
        return sum(section.bars for section in self.sections)

    def section_at(self, bar: int) -> Section:
        """The section that holds 0-based `bar`."""
        return self.sections[bisect_right([section.start_bar for section in self.sections], bar) - 1]

    def chord_at(self, tick: int) -> ChordSpan:
        """The chord sounding at `tick`."""
        return self.harmony[max(0, bisect_right([span.start for span in self.harmony], tick) - 1)]
