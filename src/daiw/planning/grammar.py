"""A functional grammar: chord loops from tonic, predominant and dominant functions in each of the seven modes.

Functions follow one another by a small Markov table after Riemann's T-S-D cycle, loosened by the retrogressions of popular music
(D-S, S-T); what stands for a function in a mode is a weighted list.
"""

from collections.abc import Mapping

import numpy as np

FUNCTIONS: dict[str, dict[str, dict[str, float]]] = {
    "major": {
        "T": {"I": 5, "vi": 2.5, "iii": 1},
        "S": {"IV": 4, "ii": 3},
        "D": {"V": 6, "iii": 0.4, "viio6": 0.4},
    },
    "minor": {
        "T": {"i": 5, "VI": 1.5, "III": 1.5},
        "S": {"iv": 4, "VI": 2, "iiø65": 1},
        "D": {"V": 3, "VII": 3, "v": 1.5},
    },
    "dorian": {"T": {"i": 5, "III": 1}, "S": {"IV": 5, "ii": 2}, "D": {"VII": 3, "v": 2}},
    "mixolydian": {"T": {"I": 5, "vi": 1}, "S": {"IV": 4, "ii": 1.5}, "D": {"VII": 5, "v": 1.5}},
    "lydian": {"T": {"I": 5, "vi": 1.5, "iii": 1}, "S": {"II": 5}, "D": {"V": 2, "vii": 1.5}},
    "phrygian": {"T": {"i": 5, "VI": 1, "III": 0.7}, "S": {"iv": 2, "VI": 2}, "D": {"II": 6, "vii": 1.5}},
    "locrian": {"T": {"io": 5, "VI": 1}, "S": {"iv": 2, "iii": 1.5}, "D": {"II": 4, "vii": 1.5}},
}
"""Mode -> function -> numerals and their weights."""

HOME = {mode: next(iter(table["T"])) for mode, table in FUNCTIONS.items()}
"""Mode -> the tonic chord."""

NEXT: dict[str, dict[str, float]] = {
    "T": {"T": 0.25, "S": 0.5, "D": 0.25},
    "S": {"T": 0.3, "S": 0.2, "D": 0.5},
    "D": {"T": 0.65, "S": 0.25, "D": 0.1},
}
"""Function -> what follows it."""

OPENINGS: dict[str, dict[str, float]] = {
    "chorus": {"T": 0.6, "S": 0.4},
    "drop": {"T": 0.6, "S": 0.4},
    "pre-chorus": {"S": 0.8, "T": 0.2},
    "build": {"S": 0.8, "T": 0.2},
    "bridge": {"S": 0.85, "D": 0.15},
}
"""Section -> the function it opens with; others open on the tonic."""

CLOSES: dict[str, dict[str, float]] = {
    "pre-chorus": {"D": 1.0},
    "build": {"D": 1.0},
    "bridge": {"D": 0.7, "S": 0.3},
    "verse": {"D": 0.5, "S": 0.3, "T": 0.2},
}
"""Section -> the function of its last chord; others close on anything."""


def draw(weights: Mapping[str, float], rng: np.random.Generator, avoid: str | None = None) -> str:
    """One key by weight; never `avoid` where there is a choice."""
    names = [name for name in weights if name != avoid] or list(weights)
    shares = np.array([weights[name] for name in names])
    return names[int(rng.choice(len(names), p=shares / shares.sum()))]


def invent(mode: str, section: str, rng: np.random.Generator, length: int = 4) -> tuple[tuple[str, ...], ...]:
    """A loop of `length` bars, one chord each, no chord twice in a row."""
    table = FUNCTIONS[mode]
    function = draw(OPENINGS.get(section, {"T": 1.0}), rng)
    numerals = [HOME[mode] if function == "T" else draw(table[function], rng)]
    while len(numerals) < length:
        last = len(numerals) == length - 1
        follow = CLOSES[section] if last and section in CLOSES else NEXT[function]
        # the loop comes round to its first chord, so its last bar does not stand on it already
        used = {numerals[-1], numerals[0]} if last else {numerals[-1]}
        able = {name: weight for name, weight in follow.items() if set(table[name]) - used} or NEXT[function]
        function = draw(able, rng)
        fresh = {numeral: weight for numeral, weight in table[function].items() if numeral not in used}
        numerals.append(draw(fresh or table[function], rng, avoid=numerals[-1]))
    return tuple((numeral,) for numeral in numerals)
