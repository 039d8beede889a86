"""The [plan] table of a preset."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanStyle:
    """What a style asks of the plan stage."""
