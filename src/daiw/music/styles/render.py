"""The [render] table of a preset."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RenderStyle:
    """What a style asks of the render stage."""
