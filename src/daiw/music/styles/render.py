"""The [render] table of a preset."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from daiw.music.manifest import Insert

ROLES = ("melody", "counter", "chords", "pad", "bass", "drums", "vocal", "backing")


@dataclass(frozen=True, slots=True)
class RenderStyle:
    """What a style asks of the render stage.

    inserts: by role (one of `ROLES`), the effects that follow the instrument, in order; names and ranges are the host's
    (`daiw.host.chain.EFFECTS`).
    """

    inserts: Mapping[str, tuple[Insert, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.inserts) - set(ROLES)):
            raise ValueError(f"inserts name no role: {', '.join(unknown)}; roles are {', '.join(ROLES)}")
