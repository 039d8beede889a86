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
    functions = [draw(OPENINGS.get(section, {"T": 1.0}), rng)]
    while len(functions) < length:
        functions.append(draw(NEXT[functions[-1]], rng))
    if section in CLOSES:
        functions[-1] = draw(CLOSES[section], rng)
    table, numerals = FUNCTIONS[mode], list[str]()
    for place, function in enumerate(functions):
        opening_home = place == 0 and function == "T" and section not in ("bridge",)
        numeral = HOME[mode] if opening_home else draw(table[function], rng, avoid=numerals[-1] if numerals else None)
        numerals.append(numeral)
    return tuple((numeral,) for numeral in numerals)
