"""The whole vocabulary as one arithmetic table: every kind of token, how many there are, where its ids begin."""

from dataclasses import dataclass, field

from daiw.music.chord import QUALITIES
from daiw.tokens.grid import DURATIONS, SLOTS_PER_BAR

PITCH_LOW = 40
PITCH_HIGH = 95
MAX_REFERENCE = 31
"""Bars back that a bar may refer to."""

REFERENCE_TYPES = ("none", "exact", "similar", "rhythm")

CHORD_CLASSES = ("", "m", "dim", "aug", "sus2", "sus4", "7", "maj7", "m7", "m7b5", "dim7", "mmaj7")
"""Chord qualities the model tells apart."""

CHORD_CLASS_OF = {
    "5": "", "6": "", "m6": "m", "aug7": "aug", "7sus4": "sus4", "add9": "", "madd9": "m", "6/9": "", "9": "7", "maj9": "maj7",
    "m9": "m7", "7b9": "7", "7#9": "7", "9sus4": "sus4", "maj7#11": "maj7", "11": "7", "m11": "m7", "13": "7",
}  # fmt: skip
"""The class of every other quality of `music.chord`."""

ROLES = ("chords", "melody", "bass", "keys")
"""Roles that share a vocabulary with a word for each; the drummer plays alone."""

KIT_VOICES = (
    "kick", "snare", "side stick", "closed hat", "pedal hat", "open hat", "low tom", "mid tom", "high tom", "crash", "ride", "ride bell",
)  # fmt: skip
"""The nine classes of Gillick et al. 2019, with the side stick, the pedal and the bell told apart; names of `music.drum_patterns.KIT`."""

STRENGTHS = (9, 24, 38, 53, 69, 87, 104, 121)
"""MIDI velocity in the middle of each strength of a stroke."""

STRENGTH_EDGES = (17, 31, 45, 61, 78, 96, 113)
"""Lowest MIDI velocity of every strength but the first."""

TIMINGS_MS = tuple(range(-28, 29, 4))
"""Milliseconds a stroke falls after the swung grid, the outer ones and beyond."""

LEVELS = (-28, -18, -10, -4, 1, 6, 11, 20)
"""MIDI velocity in the middle of each level, against the part's mean."""

LEVEL_EDGES = (-23, -14, -7, -1, 4, 9, 15)
"""Lowest deviation of every level but the first."""

ROOT_LOW = 28
"""Chord roots lie in ROOT_LOW..ROOT_LOW + 11 where bass and keys are counted from them."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A run of ids.  first: its first id.  size: how many.  end: the first id after the run."""

    name: str
    first: int
    size: int
    end: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "end", self.first + self.size)

    def __contains__(self, token: int) -> bool:
        return self.first <= token < self.end

    def value(self, token: int) -> int:
        """What the token says, counted from 0."""
        if token not in self:
            raise ValueError(f"{token} is not a {self.name} token")
        return token - self.first

    def token(self, value: int) -> int:
        """The id that says `value`."""
        if not 0 <= value < self.size:
            raise ValueError(f"{self.name} has {self.size} values, got {value}")
        return self.first + value


SIZES = (
    ("pad", 1),
    ("role", 4),
    ("bar", 1 + (len(REFERENCE_TYPES) - 1) * MAX_REFERENCE),
    ("slot", SLOTS_PER_BAR),
    ("pitch", PITCH_HIGH - PITCH_LOW + 1),
    ("duration", len(DURATIONS)),
    ("root", 12),
    ("quality", len(CHORD_CLASSES)),
    ("offset", 36),
    ("tone", 64),
    ("level", 8),
    ("stroke", len(KIT_VOICES) * len(STRENGTHS)),
    ("timing", len(TIMINGS_MS)),
)
"""bar: 0 = refers to nothing, else 1 + type * MAX_REFERENCE + distance - 1.  offset, tone: semitones of bass and keys above the chord root
at 28..39.  level: loudness against the song's own, see LEVELS.  stroke: voice of the kit * 8 + strength.

Kinds are only ever appended, so that the ids of older weights stay what they were.
"""


def _kinds() -> dict[str, Kind]:
    table, first = {}, 0
    for name, size in SIZES:
        table[name] = Kind(name, first, size)
        first += size
    return table


KINDS = _kinds()
PAD = 0
ROLE, BAR, SLOT, PITCH = KINDS["role"], KINDS["bar"], KINDS["slot"], KINDS["pitch"]
DURATION, ROOT, QUALITY, OFFSET = KINDS["duration"], KINDS["root"], KINDS["quality"], KINDS["offset"]
TONE, LEVEL, STROKE, TIMING = KINDS["tone"], KINDS["level"], KINDS["stroke"], KINDS["timing"]
SIZE = OFFSET.end
"""Ids that the writer of melodies and chords knows."""

BAND_SIZE = TIMING.end
"""Ids that the writers of bass, keys and drums know: all."""

EVENT_KINDS = {"chords": (SLOT, ROOT, QUALITY), "melody": (SLOT, PITCH, DURATION)}
"""The three tokens of one event of each role, in order; `tokens.onsets` has the grammar of bass, keys and drums."""


def bar_token(reference: int, distance: int) -> int:
    """The token that opens a bar which refers (index of `REFERENCE_TYPES`) to the bar `distance` bars back."""
    if reference == 0:
        return BAR.first
    if not 1 <= distance <= MAX_REFERENCE or not 1 <= reference < len(REFERENCE_TYPES):
        raise ValueError(f"no such reference: type {reference}, {distance} bars back")
    return BAR.first + 1 + (reference - 1) * MAX_REFERENCE + distance - 1


def bar_reference(token: int) -> tuple[int, int]:
    """(reference type, distance) of a bar token; (0, 0) where it refers to nothing."""
    value = BAR.value(token)
    if value == 0:
        return 0, 0
    reference, distance = divmod(value - 1, MAX_REFERENCE)
    return reference + 1, distance + 1


def chord_class(quality: str) -> int:
    """Index into `CHORD_CLASSES` of a quality of `music.chord`."""
    if quality not in QUALITIES:
        raise ValueError(f"no such chord quality: {quality!r}")
    return CHORD_CLASSES.index(CHORD_CLASS_OF.get(quality, quality))


def token_name(token: int) -> str:
    """A token in words, for reading streams.

    >>> token_name(PITCH.token(20)), token_name(bar_token(1, 4)), token_name(PAD)
    ('pitch 20', 'bar 4', 'pad 0')
    """
    for kind in KINDS.values():
        if token in kind:
            return f"{kind.name} {kind.value(token)}"
    raise ValueError(f"no such token: {token}")
