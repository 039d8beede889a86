"""The [master] table of a preset."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MasterStyle:
    """What a style asks of the master stage."""
