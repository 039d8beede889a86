"""The [arrange] table of a preset."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ArrangeStyle:
    """What a style asks of the arrange stage."""
