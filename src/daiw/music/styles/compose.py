"""The [compose] table of a preset."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ComposeStyle:
    """What a style asks of the compose stage."""
