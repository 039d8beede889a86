"""What a person gives besides words: a tune, chords, a groove, a beginning; kept exactly as given."""

from dataclasses import dataclass, field, replace

from daiw.music.chord import Chord
from daiw.music.groove import Groove
from daiw.music.score import Note, Part

GUIDED = "what you gave"
"""Evidence of a wish that nobody spoke: a guide settles it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Music that no stage may change.

    melody: as played, in ticks from the first bar; sounded again from the start every `melody_bars`.
    harmony: chords bar by bar, going round: from the song's first bar where a tune is given, else from the start of every section.
    drums: kit pitches as played; the pattern of `drum_bars` goes round.  feel: how the others are timed, None for the style's own.
    opening: parts as played in the first `opening_bars`; the song goes on from there.
    register, density: MIDI centre and 0..1 of an example's tune, as `Cues` counts them; None where there is none.
    told: what was read out of which file, for the decisions.
    """

    melody: tuple[Note, ...] = ()
    melody_bars: int = 0
    harmony: tuple[tuple[Chord, ...], ...] = ()
    drums: tuple[Note, ...] = ()
    drum_bars: int = 0
    feel: Groove | None = None
    opening: tuple[Part, ...] = ()
    opening_bars: int = 0
    register: float | None = None
    density: float | None = None
    told: tuple[tuple[str, str], ...] = field(default=())

    def __post_init__(self) -> None:
        for notes, bars, what in ((self.melody, self.melody_bars, "melody"), (self.drums, self.drum_bars, "drums")):
            if bool(notes) != (bars > 0):
                raise ValueError(f"{what}: {len(notes)} notes in {bars} bars")

    @property
    def from_the_start(self) -> bool:
        """Whether the harmony belongs to bars of the song, not of its sections."""
        return bool(self.melody or self.opening)

    def __bool__(self) -> bool:
        return bool(self.melody or self.harmony or self.drums or self.feel or self.opening)


NOTHING = Given()


def rounds(notes: tuple[Note, ...], length_ticks: int, first: int, end: int) -> tuple[Note, ...]:
    """The notes again and again, every `length_ticks` from tick 0, as far as they start in first..end-1; none rings past `end`.

    >>> last = rounds((Note(0, 480, 60, 80), Note(480, 480, 62, 80)), 960, 0, 1500)[-1]
    >>> last.start, last.duration, last.pitch
    (1440, 60, 62)
    """
    result = []
    for lap in range(-(-end // length_ticks)):
        for note in notes:
            start = note.start + lap * length_ticks
            if first <= start < end:
                result.append(replace(note, start=start, duration=min(note.duration, end - start)))
    return tuple(sorted(result))
