"""What the person said and meant."""

from dataclasses import dataclass, field

from daiw.music.decision import Decision
from daiw.music.emotion import Emotion
from daiw.music.given import Given
from daiw.music.interview import Interview
from daiw.music.lyrics import Lyrics
from daiw.music.pitch import Key
from daiw.music.rules import RuleBreak
from daiw.music.time import Meter


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for in so many words, or by an option; None or empty where nothing was said.

    These are exact: no later stage may move them.  bpm: quarter notes per minute.  bars and minutes exclude each other.
    mode: a mode named without a tonic ("in minor").  with_instruments, without_instruments: names of
    `music.instruments.FAMILIES` or roles.  genre: as said.  sung: True sung, False instrumental, None unsaid.
    voice: a manifest of kind "voice".  draft: words are to be drafted.  breaks: rules to break on purpose.  company: who sings with the
    voice, keys of `music.lyrics.COMPANY`; empty for nobody, None for whom the style would take.  blend_lu, spread_ms: how loud they stand
    and how far from the voice in time, as in `music.styles.plan.VoicesStyle`.  arc: the shape of its energy.  openness, conflict: 0..1, how
    much is shown and how much is at odds; .5 is as the feeling has it.
    """

    bpm: float | None = None
    key: Key | None = None
    mode: str | None = None
    meter: Meter | None = None
    bars: int | None = None
    minutes: float | None = None
    genre: str | None = None
    preset: str | None = None
    sung: bool | None = None
    with_instruments: tuple[str, ...] = ()
    without_instruments: tuple[str, ...] = ()
    voice: str | None = None
    draft: bool = False
    breaks: tuple[RuleBreak, ...] = ()
    company: tuple[str, ...] | None = None
    blend_lu: float | None = None
    spread_ms: float | None = None
    arc: str | None = None
    openness: float | None = None
    conflict: float | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """The prompt, understood: the feeling, the wishes, and how each was read.

    lyrics: the words to be sung, None where there are none.  given: music that the person gave, kept exactly.  destination: the feeling
    that the song moves towards, None where it stays with `emotion`.  interview: the answers that it comes from, None for a sentence.
    """

    prompt: str
    emotion: Emotion
    wishes: Wishes = field(default_factory=Wishes)
    decisions: tuple[Decision, ...] = ()
    preset_ranking: tuple[tuple[str, float], ...] = ()
    seed: int = 0
    lyrics: Lyrics | None = None
    given: Given = field(default_factory=Given)
    destination: Emotion | None = None
    interview: Interview | None = None

    @property
    def origin(self) -> str:
        """What the song is made from, as an edit log says it."""
        return f"made from the {'interview' if self.interview else 'prompt'}"
