"""The [render] table of a preset."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from daiw.music.lyrics import COMPANIONS
from daiw.music.manifest import Insert

ROLES = ("melody", "counter", "chords", "pad", "bass", "drums", "vocal", "backing")

VOICE_CHAIN = (
    Insert("highpass", {"cutoff_hz": 85.0}),
    Insert("deesser", {"split_hz": 5500.0, "threshold_db": -6.0, "most_db": 7.0}),
    Insert("compressor", {"threshold_db": -24.0, "ratio": 3.0, "attack_ms": 8.0, "release_ms": 120.0}),
)
"""What a voice gets where a style says nothing: no rumble, no hiss of s, an even level."""


@dataclass(frozen=True, slots=True)
class RenderStyle:
    """What a style asks of the render stage.

    inserts: by role (one of `ROLES`), the effects that follow the instrument, in order; names and ranges are the host's
    (`daiw.host.effects.EFFECTS`).
    """

    inserts: Mapping[str, tuple[Insert, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.inserts) - set(ROLES)):
            raise ValueError(f"inserts name no role: {', '.join(unknown)}; roles are {', '.join(ROLES)}")

    def chain(self, role: str) -> tuple[Insert, ...]:
        """The inserts of a role; takes beside the voice get the voice's, a voice without any of its own the usual ones."""
        if role in COMPANIONS:
            role = "backing" if role.startswith("backing") else "vocal"
        return self.inserts.get(role, VOICE_CHAIN if role in ("vocal", "backing") else ())
