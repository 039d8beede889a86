"""From feeling to music: an additive linear model of cues.

Eerola, Friberg and Bresin (2013) found that linear cues explain 77-89 % of the ratings of expressed emotion and that no
interaction was needed, so every cue here is `base + v * valence + a * arousal + d * dominance`, held to its range.
Linearity makes blending exact: averaging two feelings averages their cues.  Because each coefficient is a constant, every cue is
monotone in every dimension.

The coefficients are a least-squares fit, with the signs of the literature as bounds, to a table of twenty named emotions that
places grief at 65 bpm and rage at 150 (R² per cue: density, velocity and brightness over .9, dissonance .86, bpm .79, tone .8,
gate and timing .6, register .5, width .5, reverb .3: what three numbers cannot say of a feeling is left to the preset).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from daiw.music.cues import Cues
from daiw.music.emotion import Emotion


@dataclass(frozen=True, slots=True)
class Weights:
    """One cue: its value at neutral feeling, its change per unit of valence, arousal and dominance, and its range."""

    base: float
    valence: float
    arousal: float
    dominance: float
    low: float
    high: float


WEIGHTS = {
    "bpm": Weights(90.0, 6.0, 34.0, 14.0, 40.0, 180.0),
    "brightness": Weights(0.23, 1.1, -0.15, 0.08, -1.0, 1.0),
    "register": Weights(63.6, 6.0, 3.4, -5.0, 45.0, 80.0),
    "density": Weights(0.44, 0.02, 0.25, 0.16, 0.0, 1.0),
    "dissonance": Weights(0.28, -0.23, 0.2, -0.13, 0.0, 1.0),
    "velocity": Weights(66.0, 2.0, 27.0, 20.0, 16.0, 120.0),
    "gate": Weights(0.87, 0.05, -0.22, -0.06, 0.4, 1.0),
    "timing_ms": Weights(2.0, -1.4, -4.9, -2.2, -10.0, 12.0),
    "tone_db": Weights(0.0, 1.0, 1.7, 0.65, -3.0, 3.0),
    "reverb_s": Weights(1.9, 0.4, -0.3, -1.0, 0.3, 4.0),
    "width": Weights(0.56, 0.18, 0.05, 0.03, 0.0, 1.0),
}
"""Cue -> how it follows the feeling; units as in `Cues`."""

assert set(WEIGHTS) == {field.name for field in fields(Cues)}

MODE_BRIGHTNESS = {
    "locrian": -1.2, "phrygian": -0.9, "minor": -0.5, "dorian": -0.05, "mixolydian": 0.45, "lydian": 0.7, "major": 1.0,
}  # fmt: skip
"""Where each mode lies on the brightness scale; Ionian is the happiest and Lydian below it (Temperley and Tan 2013)."""


CARRIERS = {"bpm": "arousal", "velocity": "arousal", "density": "arousal", "brightness": "valence", "register": "valence"}
"""Cue -> the dimension it carries most of, and which the other cues take over when it is fixed."""

TAKEN_OVER = 0.4
"""Share of a fixed cue's shortfall that the other cues make up: cues are redundant, but none replaces another (Juslin 2000)."""


def compensated(emotion: Emotion, locked: Mapping[str, float]) -> Emotion:
    """The feeling that the free cues should express where others are fixed at the values of `locked`.

    A fixed cue that expresses less of its dimension than the feeling asks leaves a shortfall (in units of valence or arousal, at most
    1); the free cues aim that much higher, and lower where it expresses more.
    """
    wanted = cues_of(emotion)
    moved = {"valence": emotion.valence, "arousal": emotion.arousal}
    for name, value in sorted(locked.items()):
        dimension = CARRIERS[name]
        shortfall = (getattr(wanted, name) - value) / getattr(WEIGHTS[name], dimension)
        moved[dimension] += TAKEN_OVER * min(1.0, max(-1.0, shortfall))
    valence, arousal = (min(1.0, max(-1.0, moved[dimension])) for dimension in ("valence", "arousal"))
    return replace(emotion, valence=valence, arousal=arousal)


def cues_with(emotion: Emotion, locked: Mapping[str, float]) -> Cues:
    """`cues_of`, with some cues fixed (names of `CARRIERS`) and the others making up for what those do not express."""
    return replace(cues_of(compensated(emotion, locked)), **locked)


def cues_of(emotion: Emotion) -> Cues:
    """What a feeling asks of the music."""
    values = {}
    for name, w in WEIGHTS.items():
        value = w.base + w.valence * emotion.valence + w.arousal * emotion.arousal + w.dominance * emotion.dominance
        values[name] = min(w.high, max(w.low, value))
    return Cues(**values)
