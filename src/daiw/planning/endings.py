"""How a song stops: at home, by the cadence its feeling suggests, or openly; and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from daiw.music.decision import Decision
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent
from daiw.music.styles.plan import PlanStyle
from daiw.planning.choices import decided, feeling
from daiw.planning.colour import Appetite, Bar, Bars, extended, leads_on
from daiw.planning.form import Block
from daiw.planning.grammar import HOME, draw


@dataclass(frozen=True, slots=True)
class Ending:
    """The last two bars.  kind: "authentic", "plagal", "modal", "borrowed" or "open"."""

    kind: str
    bars: tuple[Bar, Bar]


HOMECOMINGS: dict[str, dict[str, Bar]] = {
    "major": {"authentic": ("V",), "plagal": ("IV",), "borrowed": ("iv",), "modal": ("bVII",), "heroic": ("bVI", "bVII")},
    "minor": {"authentic": ("V",), "plagal": ("iv",), "modal": ("VII",)},
    "dorian": {"plagal": ("IV",), "modal": ("VII",)},
    "mixolydian": {"plagal": ("IV",), "modal": ("VII",)},
    "lydian": {"modal": ("II",), "authentic": ("V",)},
    "phrygian": {"modal": ("II",)},
    "locrian": {"modal": ("II",)},
}
"""Mode -> kind of ending -> the bar before the tonic."""

OPEN_ENDINGS: dict[str, dict[str, float]] = {
    "major": {"IV": 3, "vi": 3, "V": 1},
    "minor": {"VI": 3, "iv": 2, "VII": 1},
    "dorian": {"IV": 3, "VII": 1},
    "mixolydian": {"VII": 2, "IV": 2},
    "lydian": {"II": 2, "vi": 1},
    "phrygian": {"II": 2, "VI": 1},
    "locrian": {"VI": 1},
}
"""Mode -> last chords of a song that does not come home."""


REASONS = {
    "authentic": "It ends at home, by the dominant: a full stop.",
    "plagal": "It ends at home by way of the subdominant, the amen of hymns: it settles rather than concludes.",
    "modal": "It ends at home from the neighbouring chord, without a leading note: it arrives without arguing.",
    "borrowed": "It ends at home through the minor subdominant: a last shadow crosses the light.",
    "heroic": "It climbs home from below, VI and VII flattened: the ending of someone who won.",
}


def openness(emotion: Emotion, arc: str) -> float:
    """How strongly a song wants to end away from home, 0..1: unhappiness and helplessness, and arcs that never arrive."""
    bonus = {"repetitive-despair": 0.35, "slow-reveal": 0.3, "spiral": 0.25}.get(arc, 0.0)
    return min(1.0, max(0.0, 0.45 * -emotion.valence + 0.35 * -emotion.dominance + bonus - 0.15 * max(0.0, emotion.arousal)))


OPEN_AT = 0.5


def ending_of(mode: str, emotion: Emotion, arc: str, style: PlanStyle, taste: Appetite, rng: np.random.Generator) -> Ending:
    """How the song stops: at home by the cadence its feeling suggests, or openly."""
    home = HOME[mode]
    sweet = replace(taste, sevenths=float(taste.sevenths >= 0.5), ninths=float(taste.ninths >= 0.6))
    if openness(emotion, arc) >= OPEN_AT:
        last = draw(OPEN_ENDINGS[mode], rng)
        first, second = extended(((home,), (last,)), mode, sweet, rng)
        return Ending("open", (first, second))
    ways = HOMECOMINGS[mode]
    weights = {
        "authentic": 0.3 + 2 * style.cadences,
        "plagal": 1.0 - 0.7 * max(0.0, emotion.arousal),
        "modal": (1 - style.cadences) * (0.8 + style.borrowed),
        "borrowed": 2 * style.borrowed * (1 - abs(emotion.valence)),
        "heroic": 4 * style.borrowed * max(0.0, emotion.valence) * max(0.0, emotion.arousal),
    }
    kind = draw({name: weights[name] for name in ways}, rng)
    first, second = extended((ways[kind], (home,)), mode, sweet, rng)
    return Ending(kind, (first, second))


def ended(bars: Bars, ending: Ending, home: str) -> Bars:
    """The last section's bars with the ending in place of its last two; one bar alone is the tonic."""
    if len(bars) == 1:
        return (ending.bars[1],) if ending.kind != "open" else ((home,),)
    kept = bars[:-2]
    if kept and leads_on(kept[-1][-1]):
        kept = (*kept[:-1], ending.bars[0 if ending.kind == "open" else 1])
    return (*kept, *ending.bars)


def _going(intent: Intent) -> str:
    """Where the song goes, if it was said."""
    return "" if intent.destination is None else f", and it goes to valence {intent.destination.valence:+.2f}"


def ending_decision(ending: Ending, intent: Intent, arc: str, blocks: Sequence[Block]) -> Decision:
    """Why the song stops where it stops."""
    last = " ".join(ending.bars[1])
    if ending.kind == "open" and blocks[-1].bars > 1:
        because = (
            f"The feeling is {feeling(intent)} and the arc is {arc}{_going(intent)}, so the song stops on {last} and never comes home: "
            "nothing is resolved."
        )
        return decided(
            "ending",
            f"open, on {last}",
            because,
            evidence=f"valence {intent.emotion.valence:+.2f}",
            confidence=0.7,
            alternatives=("authentic",),
        )
    if ending.kind == "open":
        return decided("ending", "tonic", "One bar is too short to leave home, so the song stays there.", alternatives=("open",))
    others = tuple(kind for kind in ("plagal", "authentic", "open") if kind != ending.kind)
    path = " | ".join(" ".join(bar) for bar in ending.bars)
    return decided("ending", f"{ending.kind}, {path}", REASONS[ending.kind], confidence=0.6, alternatives=others)
