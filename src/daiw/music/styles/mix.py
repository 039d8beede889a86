"""The [mix] table of a preset."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MixStyle:
    """What a style asks of the mix stage."""
