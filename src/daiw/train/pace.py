"""How many steps still fit into the time that is left, on a machine that may grow busy while it trains."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

SMOOTH = 0.8
"""Of a step's expected time, what the steps before say; the rest is the last one's."""


@dataclass(slots=True)
class Pace:
    """The end of a training, told again after every step.

    until: by `clock` (seconds), when the last step and the look after it should be done.  fewest: steps that are made in any case.
    """

    until: float
    fewest: int
    clock: Callable[[], float] = field(default=time.perf_counter)
    step_s: float = 0.0
    look_s: float = 0.0

    def stepped(self, seconds: float) -> None:
        """A step took so long."""
        self.step_s = SMOOTH * self.step_s + (1 - SMOOTH) * seconds if self.step_s else seconds

    def looked(self, seconds: float) -> None:
        """Asking the held-out songs took so long."""
        self.look_s = seconds

    def steps(self, step: int, planned: int, every: int) -> int:
        """How many steps to make in all, `step` being done: `planned`, or what fits with a look every `every` steps and one at the end."""
        left = self.until - self.clock() - self.look_s
        fits = step + int(max(0.0, left) / max(1e-9, self.step_s + self.look_s / every))
        return min(planned, max(fits, self.fewest, step))
