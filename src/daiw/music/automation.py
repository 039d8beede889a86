"""Parameters that follow the song: what a setting listens to, and how far it moves."""

from dataclasses import dataclass
from itertools import pairwise

from daiw.music.plan import Plan

SOURCES = ("energy", "density", "valence", "arousal", "dominance")
SCALES = ("linear", "log")
Line = tuple[tuple[float, float], ...]
"""(seconds, 0..1) points with straight lines between them."""


@dataclass(frozen=True, slots=True)
class Automation:
    """What one parameter follows, section by section.

    follows: one of `SOURCES`.  low, high: its values, in the parameter's own unit, where the source is lowest and highest; low may
    be the larger.  scale: "log" moves by equal ratios, as frequencies want.
    """

    follows: str
    low: float
    high: float
    scale: str = "linear"

    def __post_init__(self) -> None:
        if self.follows not in SOURCES:
            raise ValueError(f"follows must be one of {', '.join(SOURCES)}, not {self.follows!r}")
        if self.scale not in SCALES:
            raise ValueError(f"scale must be one of {', '.join(SCALES)}, not {self.scale!r}")
        if self.scale == "log" and not (self.low > 0.0 and self.high > 0.0):
            raise ValueError(f"a log scale needs low and high above 0, not {self.low:g} and {self.high:g}")

    def at(self, level: float) -> float:
        """The parameter's value where the source is at `level`, 0..1."""
        level = min(1.0, max(0.0, level))
        if self.scale == "log":
            return float(self.low * (self.high / self.low) ** level)
        return self.low + (self.high - self.low) * level

    def along(self, line: Line) -> Line:
        """The parameter's values over time; on a log scale the lines between points are bent by points of their own."""
        if self.scale == "linear" or len(line) < 2:
            return tuple((second, self.at(level)) for second, level in line)
        dense: list[tuple[float, float]] = []
        for (start, before), (end, after) in pairwise(line):
            steps = 8 if before != after else 1
            dense += [(start + (end - start) * i / steps, self.at(before + (after - before) * i / steps)) for i in range(steps)]
        return (*dense, (line[-1][0], self.at(line[-1][1])))


def section_lines(plan: Plan) -> dict[str, Line]:
    """Each of `SOURCES` over the song, 0..1: held through a section, moving to the next one's value in the section's last bar."""
    ticks, seconds = plan.meter.bar_ticks, plan.timeline.tempos.seconds
    lines: dict[str, list[tuple[float, float]]] = {name: [] for name in SOURCES}
    for section in plan.sections:
        emotion = section.emotion
        levels = (section.energy, section.density, *((x + 1.0) / 2.0 for x in (emotion.valence, emotion.arousal, emotion.dominance)))
        first, last = section.start_bar * ticks, (section.start_bar + max(1, section.bars) - 1) * ticks
        for name, level in zip(SOURCES, levels, strict=True):
            lines[name] += [(seconds(first), level)] + ([(seconds(last), level)] if last > first else [])
    return {name: tuple(line) for name, line in lines.items() if line}
