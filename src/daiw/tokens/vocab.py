"""The whole vocabulary as one arithmetic table: every kind of token, how many there are, where its ids begin."""

from dataclasses import dataclass

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

ROLES = ("chords", "melody", "bass")


@dataclass(frozen=True, slots=True)
class Kind:
    """A run of ids.  first: its first id.  size: how many."""

    name: str
    first: int
    size: int

    @property
    def end(self) -> int:
        """The first id after the run."""
        return self.first + self.size

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
)
"""bar: 0 = refers to nothing, else 1 + type * MAX_REFERENCE + distance - 1.  offset: bass semitones above the chord root at 28..39."""


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
SIZE = OFFSET.end

EVENT_KINDS = {"chords": (SLOT, ROOT, QUALITY), "melody": (SLOT, PITCH, DURATION), "bass": (SLOT, OFFSET, DURATION)}
"""The three tokens of one event of each role, in order."""


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
