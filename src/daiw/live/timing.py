"""How late what was sent left us."""

import math
from array import array
from dataclasses import dataclass, field

from daiw.live.messages import Lateness
from daiw.live.player import CLOCK

RECENT = 2000
KEPT = 1 << 21


@dataclass(slots=True)
class Timing:
    """Lateness of what was sent, in seconds."""

    notes: "array[float]" = field(default_factory=lambda: array("d"))
    clocks: "array[float]" = field(default_factory=lambda: array("d"))
    recent: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, message: bytes, late_s: float) -> None:
        """Count one message."""
        kept = self.clocks if message == CLOCK else self.notes
        if len(kept) < KEPT:
            kept.append(late_s)
        self.recent.append(late_s)
        if len(self.recent) > 2 * RECENT:
            del self.recent[:RECENT]


def summary(late_s: "array[float]") -> Lateness:
    """Median, 99th percentile and maximum in milliseconds."""
    if not late_s:
        return Lateness()
    ordered = sorted(late_s)
    at = [ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] * 1000.0 for share in (0.5, 0.99, 1.0)]
    return Lateness(len(ordered), round(at[0], 4), round(at[1], 4), round(at[2], 4))
