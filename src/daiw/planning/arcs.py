"""The eight emotional arcs as curves of energy over the song, and how a feeling chooses one."""

import math
from collections.abc import Callable

from daiw.music.emotion import Emotion
from daiw.music.styles.plan import ARCS


def _spiral(x: float) -> float:
    """A sawtooth of four turns, each starting and peaking higher."""
    turn = x * 4 % 1.0 if x < 1 else 1.0
    return 0.15 + 0.45 * x + 0.4 * turn * (0.55 + 0.45 * x)


CURVES: dict[str, Callable[[float], float]] = {
    "climb-to-climax": lambda x: 0.22 + 0.78 * (x / 0.85) ** 1.5 if x < 0.85 else 1.0 - 0.55 * (x - 0.85) / 0.15,
    "slow-reveal": lambda x: 0.22 + 0.06 * x / 0.7 if x < 0.7 else min(1.0, 0.28 + 0.66 * (x - 0.7) / 0.12) if x < 0.88 else 0.6,
    "repetitive-despair": lambda x: 0.52 + 0.1 * math.sin(2 * math.pi * 2.5 * x),
    "static-reflection": lambda x: 0.34 + 0.03 * math.cos(2 * math.pi * x),
    "sudden-shift": lambda x: 0.3 if x < 0.5 else 1.0 if x < 0.72 else 0.72,
    "descent": lambda x: 0.2 + 0.8 * math.exp(-1.9 * x),
    "rise-and-fall": lambda x: 0.2 + 0.8 * math.sin(math.pi * x) ** 1.3,
    "spiral": _spiral,
}
"""Arc -> energy 0..1 at x, the part 0..1 of the song that has passed."""

assert set(CURVES) == set(ARCS)

STORIES = {
    "climb-to-climax": "it starts small and saves its largest moment for the last chorus",
    "slow-reveal": "it holds back for two thirds of the song and then opens",
    "repetitive-despair": "it circles at one level and never gets out",
    "static-reflection": "it stays where it is and looks",
    "sudden-shift": "half-way through everything changes at once",
    "descent": "it begins at full strength and lets go",
    "rise-and-fall": "it swells to the middle and ebbs away",
    "spiral": "each turn starts higher than the last",
}

WORDS: dict[str, tuple[str, ...]] = {
    "climb-to-climax": (
        "climb", "climbs", "climbing", "climax", "build up", "builds up", "building up", "builds to", "building to", "crescendo", "rising",
        "triumph", "triumphant", "triumphs", "overcome", "overcoming", "anthem", "anthemic", "stronger and stronger", "louder and louder",
    ),
    "slow-reveal": (
        "reveal", "reveals", "revealed", "slowly", "gradually", "unfolds", "unfolding", "dawning", "realise", "realised", "realize",
        "realized", "the truth", "secret", "found her asleep", "found him asleep", "found you sleeping", "only then",
    ),
    "repetitive-despair": (
        "stuck", "again and again", "over and over", "in circles", "every single day", "every single night", "endless", "endlessly",
        "never ends", "hopeless", "trapped", "no way out", "same thing", "same room", "cannot get out", "can't get out",
    ),
    "static-reflection": (
        "stillness", "standing still", "so still", "perfectly still", "meditation", "meditative", "floating", "numb", "drifting",
        "weightless", "nothing happens", "motionless", "drone", "frozen",
    ),
    "sudden-shift": (
        "suddenly", "a sudden", "then everything", "out of nowhere", "all at once", "snaps", "snapped", "shatters", "shattered",
        "explodes", "exploded", "the drop", "without warning",
    ),
    "descent": (
        "falling", "fall apart", "falling apart", "fell apart", "fades", "fading", "fade away", "sinking", "letting go", "let go",
        "collapse", "collapsing", "giving up", "surrender", "burning out", "burned out", "burnt out", "downward",
    ),
    "rise-and-fall": (
        "rise and fall", "rises and falls", "like waves", "waves", "tide", "tides", "ebbs", "ebb", "swells", "came and went",
        "one summer", "that summer",
    ),
    "spiral": (
        "spiral", "spirals", "spiralling", "spiraling", "spinning", "racing", "panic", "panicking", "faster and faster", "dizzy",
        "obsessed", "obsession", "can't stop", "cannot stop", "mania", "manic",
    ),
}  # fmt: skip
"""Arc -> words of a prompt that tell it, matched whole."""

HOMES: dict[str, tuple[float, float, float]] = {
    "climb-to-climax": (0.5, 0.5, 0.5),
    "slow-reveal": (-0.4, -0.2, 0.0),
    "repetitive-despair": (-0.8, -0.35, -0.6),
    "static-reflection": (0.3, -0.8, 0.0),
    "sudden-shift": (-0.2, 0.8, 0.2),
    "descent": (-0.5, -0.6, -0.2),
    "rise-and-fall": (0.2, 0.0, 0.0),
    "spiral": (-0.6, 0.7, -0.5),
}
"""Arc -> the feeling (valence, arousal, dominance) it tells best."""


def affinity(arc: str, emotion: Emotion) -> float:
    """How well `arc` tells `emotion`: 1 at its home, towards 0 far away."""
    valence, arousal, dominance = HOMES[arc]
    distance = (emotion.valence - valence) ** 2 + (emotion.arousal - arousal) ** 2 + 0.5 * (emotion.dominance - dominance) ** 2
    return math.exp(-distance / 0.8)
