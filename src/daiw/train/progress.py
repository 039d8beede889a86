"""How far a training is, on one line."""

import sys
import time


class Progress:
    """One line on stderr that says how far it is and how long it will take; silent where nobody looks."""

    def __init__(self, label: str = "") -> None:
        self.label, self.began, self.first = label, time.perf_counter(), -1
        self.shown = sys.stderr.isatty()

    def __call__(self, step: int, steps: int, loss: float) -> None:
        """After a step."""
        if self.first < 0:
            self.first = step - 1
        each = (time.perf_counter() - self.began) / max(1, step - self.first)
        if self.shown:
            left = span((steps - step) * each)
            print(f"\r{self.label}step {step} of {steps}, loss {loss:.3f}, {left} left   ", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self.shown:
            print(file=sys.stderr)


def span(seconds: float) -> str:
    """A duration in words.

    >>> span(42), span(200), span(8000)
    ('42 s', '3 min', '2 h 13 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
