"""What of a tune comes back where its letter returns, as in real songs: mostly all of it, and where something changes, mostly the end.

Bars are settled from the last one backwards.  The log odds are those of 3,260 returns in 627 training songs (`train.returns`); how freely a
song varies what returns is its own.  What is sung over other chords than before is sung anew in any case.
"""

from collections.abc import Collection
from dataclasses import dataclass
from math import exp
from zlib import crc32

import numpy as np

from daiw.music.decision import Decision
from daiw.music.plan import Plan, Section

CHANGED = (-0.1, -1.7, -2.5, -2.6)
"""Log odds that a bar changes, the last of a section first, all earlier ones last."""

CHANGED_AFTER, CHANGED_AT_ONCE = 2.0, 0.7
"""More of them before a bar that changes, and where the letter comes twice in a row."""

FREEDOM = 0.8
"""Their standard deviation from song to song."""

FORMS, HOOK_FORMS = (0.35, 0.5, 0.95), (0.7, 1.0, 1.7)
"""More of them in forms of ours, and in choruses, places as above: sections are longer, seldom come twice in a row, and choruses keep their
first phrase.  With these verses and choruses return as nearly as real ones do (.81 and .86); without them a bar in six changes, in real
songs three in ten."""

OTHER_CHORDS, OVER_SAME = 0.6, -0.4
"""Share of a returning section's bars that have other chords from which none of that is added, and less likely by how much its other bars
change there: what is sung anew over other chords is change enough."""

NEW = (1.0, -1.5)
"""Log odds that a bar that changes has hardly a note in common with what was there, the last one first, all others last."""

NEW_AFTER = 1.7
"""More of them before a bar that is new."""

SHORTEST = 4
"""Bars of the shortest section that may change."""

HOOKS = frozenset({"chorus", "drop"})
HOOK_BARS = 4
"""How much of a chorus stays in any case: its first phrase, by which it is known."""


@dataclass(frozen=True, slots=True)
class Return:
    """Bars of a section, counted from its start.  varied: like what was there, but not it.  new: another tune."""

    varied: frozenset[int] = frozenset()
    new: frozenset[int] = frozenset()


AS_IT_WAS = Return()
"""Nothing changes."""


def freedom_of(plan: Plan) -> float:
    """How freely the song varies what returns: log odds, 0 in the middle."""
    rng = _chance(plan, "returns")
    return FREEDOM * float(np.clip(rng.normal(), -2.0, 2.0))


def return_of(plan: Plan, first: Section, section: Section, others: int = 0) -> Return:
    """Which bars of a section change that has the letter of an earlier one, by the plan's seed.  others: bars over other chords."""
    if section.bars < SHORTEST:
        return AS_IT_WAS
    rng = _chance(plan, f"return {section.start_bar}")
    anew = min(1.0, others / section.bars / OTHER_CHORDS)
    odds = freedom_of(plan) + OVER_SAME * anew
    odds += CHANGED_AT_ONCE * (section.start_bar == first.start_bar + first.bars)
    kept = HOOK_BARS if section.name in HOOKS else 0
    forms = HOOK_FORMS if section.name in HOOKS else FORMS
    changes: dict[int, bool] = {}
    for place in range(max(0, section.bars - kept)):
        bar = section.bars - 1 - place
        later = changes.get(bar + 1)
        if rng.random() < _share(_at(CHANGED, place) + (1.0 - anew) * _at(forms, place) + odds + CHANGED_AFTER * (later is not None)):
            changes[bar] = bool(rng.random() < _share(_at(NEW, place) + NEW_AFTER * bool(later)))
    return Return(frozenset(bar for bar, new in changes.items() if not new), frozenset(bar for bar, new in changes.items() if new))


def told(first: Section, section: Section, changed: Return, chords: Collection[int]) -> Decision:
    """What returns, and why.  chords: bars of the section that lie over other chords than before."""
    ways = (("varied", changed.varied - set(chords)), ("new", changed.new - set(chords)), ("sung anew over other chords", chords))
    said = [f"{way} in {_bars(section, bars)}" for way, bars in ways if bars]
    stays = "; the first phrase stays, by which the chorus is known" if section.name in HOOKS else ""
    because = f"Returning sections of real songs change three bars in ten, mostly at their end; which ones here the seed says{stays}."
    subject = f"return of bars {section.start_bar + 1}-{section.start_bar + section.bars}"
    losers = ("as it was",) if said else ("another ending",)
    return Decision("compose", subject, "; ".join([f"the tune of bar {first.start_bar + 1}", *said]), because, alternatives=losers)


def _chance(plan: Plan, purpose: str) -> np.random.Generator:
    """Chance for one purpose, by the plan's seed and form: songs of one seed need not vary at the same places."""
    form = " ".join(f"{section.letter}{section.start_bar}" for section in plan.sections)
    return np.random.default_rng([plan.seed % 2**32, crc32(f"{purpose}: {form} {plan.key} {plan.preset}".encode())])


def _bars(section: Section, bars: Collection[int]) -> str:
    return ("bar " if len(bars) == 1 else "bars ") + ", ".join(str(section.start_bar + bar + 1) for bar in sorted(bars))


def _at(odds: tuple[float, ...], place: int) -> float:
    return odds[min(place, len(odds) - 1)]


def _share(odds: float) -> float:
    return 1.0 / (1.0 + exp(-odds))
