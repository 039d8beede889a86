"""What speaks against a progression or a form that the harmony network has drawn, in numbers and in words: the ranking of candidates."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise, takewhile

from daiw.nets.form_writer import EPISODES
from daiw.nets.harmony_asked import COLOURED, MINOR_LIKE, MODE_COLOUR
from daiw.nets.harmony_numerals import numerals_of
from daiw.nets.harmony_sampler import Progression
from daiw.planning.harmony import opening
from daiw.tokens.harmony_levels import PLACES, filled, measured, root_of, tones_of

UNLIKELY_BITS = 1.2
"""Bits a token from which a progression counts as unlikely; below it, likelier is only more repetitive."""

TOO_FEW, TOO_MANY = 1.0, 0.6
"""What a different chord less costs than there shall be, and one more."""

MOST_OF_ONE, DWELLING = 0.55, 2.5
"""Share of a loop's time that one chord may take, and what each more of it costs."""

COLOURLESS = 2.0
"""What it costs that no chord has the note by which dorian, lydian, ... are known."""

MISSED = {"sevenths": 1.5, "foreign": 2.0, "changes": 1.5, "brightness": 2.5, "tension": 4.0, "returns": 3.0}
"""What it costs to miss a value that was asked for, by 1; changes by as much as was asked for."""

LATE, LATE_FROM = 4.0, 0.35
"""What it costs that so much more of a song than this has passed before its first chorus; in charts it is .22 and .27 (n 367 and 464)."""

SAID = {
    "sevenths": "sevenths", "foreign": "chords from outside", "changes": "harmonic rhythm", "brightness": "brightness",
    "tension": "tension", "returns": "repetition",
}  # fmt: skip


def cost(
    one: Progression,
    name: str,
    mode: str,
    wanted: Mapping[str, float],
    others: Sequence[tuple[str, ...]],
    *,
    surprise: bool = False,
    variety: int = 4,
) -> tuple[float, str]:
    """What speaks against a candidate, in one number and in words.

    wanted: values of `tokens.harmony_levels.TOLD`.  others: how other sections open.  surprise: it must have a chord from outside.
    variety: how many different chords there shall be, in eight bars.
    """
    chords = [chord for bar in one.bars for _, chord in bar]
    found = measured(one.bars, mode in MINOR_LIKE)
    distinct, most = len(set(chords)), min(variety, len(one.bars))
    ends_home = root_of(chords[-1]) == 0
    parts = {
        "unlikely": 0.8 * max(0.0, one.bits - UNLIKELY_BITS),
        "no surprise": 1.5 if surprise and not found["foreign"] else 0.0,
        "stands still": TOO_FEW * max(0, most - distinct),
        "dwells": DWELLING * max(0.0, _longest(one) - MOST_OF_ONE) if len(one.bars) >= 4 else 0.0,
        "wanders": TOO_MANY * max(0, distinct - most),
        "never home": 0.5 if name in ("verse", "chorus", "drop") and not any(root_of(chord) == 0 for chord in chords) else 0.0,
        "does not lead on": 0.7 if name in ("pre-chorus", "build", "bridge") and ends_home else 0.0,
        "without the mode's colour": COLOURLESS * max(0.0, 1.0 - _coloured(one, mode) / COLOURED) if mode in MODE_COLOUR else 0.0,
        "like another section": 1.0 if opening(numerals_of(one.bars, mode)) in others else 0.0,
    }
    for told, weight in MISSED.items():
        if found[told] == found[told]:  # not nan
            scale = wanted[told] if told == "changes" else 1.0
            parts[SAID[told]] = weight * abs(found[told] - wanted[told]) / scale
    return sum(parts.values()), _said(parts)


def _longest(one: Progression) -> float:
    """The share of its time that the chord heard most takes."""
    time = Counter[int]()
    for bar in filled(one.bars):
        for (place, chord), (end, _) in pairwise((*bar, (PLACES, -1))):
            time[chord] += end - place
    return max(time.values()) / time.total()


def _coloured(one: Progression, mode: str) -> float:
    """The share of its changes that have the note by which a rarer mode is known."""
    changes = [chord for bar in one.bars for _, chord in bar]
    return sum(MODE_COLOUR[mode] in tones_of(chord) for chord in changes) / len(changes)


def form_cost(sections: tuple[tuple[str, int], ...], bits: float) -> tuple[float, str]:
    """What speaks against a form, in one number and in words."""
    kinds, bars = [kind for kind, _ in sections], sum(length for _, length in sections)
    pairs = list(pairwise(kinds))
    refrains = [length for kind, length in sections if kind == "chorus"]
    before = sum(length for _, length in sections[: kinds.index("chorus")]) if refrains else 0
    parts = {
        "unlikely": 0.5 * max(0.0, bits - UNLIKELY_BITS),
        "no chorus": 2.0 if not refrains else 0.0,
        "no verse": 2.0 if "verse" not in kinds else 0.0,
        "the chorus does not return": 0.8 if bars >= 48 and sum(b == "chorus" != a for a, b in pairs) + (kinds[0] == "chorus") < 2 else 0.0,
        "the chorus comes late": LATE * max(0.0, before / bars - LATE_FROM),
        "opens with the chorus": 0.5 if kinds[0] == "chorus" else 0.0,
        "the chorus changes its length": 0.3 * (len(set(refrains)) - 1) if refrains else 0.0,
        "the chorus shrinks": 1.5 if refrains and min(refrains) < refrains[0] else 0.0,
        "leads nowhere": sum(a == "pre-chorus" and b != "chorus" for a, b in pairs) + float(kinds[-1] == "pre-chorus"),
        "leads to less": 0.8 * any(a == "pre-chorus" and b == "chorus" and m > n for (a, m), (b, n) in pairwise(sections)),
        "goes on and on": 0.3 * sum(a == b for a, b in pairs),
        "ends open": 1.5 if kinds[-1] == "verse" else 0.0,
        "stops short": 0.15 if kinds[-1] != "outro" else 0.0,
        "too many episodes": 0.5 * max(0, sum(kind in EPISODES for kind in kinds) - bars // 40),
        "too early an episode": 0.8 if any(kind in EPISODES for kind in takewhile(lambda kind: kind != "verse", kinds)) else 0.0,
        "another bridge": 0.5 * max(0, kinds.count("bridge") - 1),
        "in pieces": max(0.0, len(kinds) - bars / 6.0),
    }
    return sum(parts.values()), _said(parts)


def _said(parts: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in parts.items() if value >= 0.05) or "nothing"
