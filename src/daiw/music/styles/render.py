"""The [render] table of a preset."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from daiw.music.manifest import Insert


@dataclass(frozen=True, slots=True)
class RenderStyle:
    """What a style asks of the render stage.

    inserts: by role, the effects that follow the instrument, in order; names and ranges are the host's (`daiw.host.chain.EFFECTS`).
    """

    inserts: Mapping[str, tuple[Insert, ...]] = field(default_factory=dict)
