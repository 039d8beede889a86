"""The five things a person moves while the music plays."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from daiw.errors import PromptError


@dataclass(frozen=True, slots=True)
class Knob:
    """One live parameter.  low, high, start: its range and where it stands without a prompt.  cc: the control change that moves it.

    keys: the terminal's keys for less and more.  moves: what is heard.
    """

    low: float
    high: float
    start: float
    cc: int
    keys: str
    moves: str


KNOBS: Mapping[str, Knob] = {
    "valence": Knob(-1.0, 1.0, 0.0, 74, "vV", "dark or bright: mode on the same tonic, register, dissonance"),
    "arousal": Knob(-1.0, 1.0, 0.0, 1, "aA", "calm or excited: tempo, density, who plays, loudness, shorter notes"),
    "tension": Knob(0.0, 1.0, 0.5, 71, "tT", "plain triads or sevenths, ninths, applied dominants; dissonance in the tune"),
    "density": Knob(0.0, 1.0, 0.5, 75, "dD", "few or many notes in every part"),
    "vulnerability": Knob(0.0, 1.0, 0.5, 76, "uU", "guarded or exposed: softer, fewer players, looser time, longer notes"),
}
"""Name -> knob; .5 of tension, density and vulnerability is as the style and the prompt have it.  CC 1 and 74 as in Kelly-ORP."""

KEY_STEP = 0.1
"""What one key press moves, as a share of the range of tension."""


@dataclass(frozen=True, slots=True)
class Feeling:
    """Where the five knobs stand."""

    valence: float = 0.0
    arousal: float = 0.0
    tension: float = 0.5
    density: float = 0.5
    vulnerability: float = 0.5

    def moved(self, name: str, value: float) -> "Feeling":
        """With one knob elsewhere, held to its range; raises PromptError for an unknown knob or a value that is no number."""
        if name not in KNOBS:
            raise PromptError(f"there is no parameter {name!r}; parameters are {', '.join(KNOBS)}")
        if value != value or abs(value) == float("inf"):
            raise PromptError(f"{name} must be a number in {KNOBS[name].low:g}..{KNOBS[name].high:g}, got {value}")
        return replace(self, **{name: min(KNOBS[name].high, max(KNOBS[name].low, float(value)))})

    def __str__(self) -> str:
        return " ".join(f"{field.name[0]}{getattr(self, field.name):+.2f}" for field in fields(self))


def from_controller(message: bytes, table: Mapping[int, str] | None = None) -> tuple[str, float] | None:
    """The parameter and value that a control change on any channel moves; None for other messages.  table: controller -> parameter.

    >>> from_controller(bytes([0xB3, 1, 127])), from_controller(bytes([0xB0, 71, 0])), from_controller(bytes([0x90, 60, 1]))
    (('arousal', 1.0), ('tension', 0.0), None)
    """
    if len(message) != 3 or message[0] & 0xF0 != 0xB0:
        return None
    name = (table or CONTROLLERS).get(message[1])
    if name is None:
        return None
    knob = KNOBS[name]
    return name, knob.low + (knob.high - knob.low) * min(127, message[2]) / 127


CONTROLLERS: Mapping[int, str] = {knob.cc: name for name, knob in KNOBS.items()}
"""Controller number -> parameter."""


def from_key(key: str, feeling: Feeling) -> tuple[str, float] | None:
    """The parameter and value that a key of the terminal moves to; None for other keys.

    >>> from_key("A", Feeling()), from_key("d", Feeling())
    (('arousal', 0.2), ('density', 0.4))
    """
    for name, knob in KNOBS.items():
        if key in knob.keys:
            step = KEY_STEP * (knob.high - knob.low) * (1 if key == knob.keys[1] else -1)
            return name, round(min(knob.high, max(knob.low, getattr(feeling, name) + step)), 3)
    return None
