"""How much a person shows and how much is at odds: what both do to the playing.  .5 of each leaves it as the feeling has it."""

from collections.abc import Sequence
from dataclasses import replace

from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.intent import Wishes
from daiw.planning.emotion import WEIGHTS

OPEN_VELOCITY, OPEN_GATE, OPEN_TIMING_MS = -14.0, 0.08, 3.0
"""What being wholly open adds to the level, to a note's sounding part and to its lateness; being wholly guarded takes it away."""

OPEN_ENERGY, OPEN_DOMINANCE = -0.16, -0.5
"""The same of a section's energy, by which players enter, and of its dominance, which the voice answers with breath."""

TORN_DISSONANCE = 0.35
"""What being wholly torn adds to dissonance."""


def turned(value: float | None) -> float:
    """0..1 as -1..1 around the middle; 0 where nothing was said."""
    return 0.0 if value is None else 2.0 * (value - 0.5)


def opened(cues: Cues, exposed: float, torn: float) -> Cues:
    """The cues of somebody who shows more, or less, and is torn, or at peace; exposed, torn: -1..1."""
    moved = {
        "velocity": OPEN_VELOCITY * exposed, "gate": OPEN_GATE * exposed, "timing_ms": OPEN_TIMING_MS * exposed,
        "dissonance": TORN_DISSONANCE * torn,
    }  # fmt: skip
    held = {name: min(WEIGHTS[name].high, max(WEIGHTS[name].low, getattr(cues, name) + by)) for name, by in moved.items()}
    return replace(cues, **held)


def sections_opened(energy: Sequence[float], feelings: Sequence[Emotion], wishes: Wishes) -> tuple[tuple[float, ...], tuple[Emotion, ...]]:
    """The sections' energies and feelings likewise; energy stays in .08..1."""
    exposed = turned(wishes.openness)
    if not exposed:
        return tuple(energy), tuple(feelings)
    levels = tuple(round(min(1.0, max(0.08, level + OPEN_ENERGY * exposed)), 3) for level in energy)
    return levels, tuple(
        replace(point, dominance=round(min(1.0, max(-1.0, point.dominance + OPEN_DOMINANCE * exposed)), 3)) for point in feelings
    )
