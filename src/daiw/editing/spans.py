"""Where in a song: bars as people count them, sections by name, locks as text."""

import re
from collections.abc import Iterable

from daiw.errors import PromptError
from daiw.music.plan import Plan
from daiw.music.take import LEVELS, Lock

Bars = tuple[int, int]
"""First and end, 0-based, the end excluded."""


def parse_bars(text: str, plan: Plan) -> Bars:
    """Read "9-12" or "9", counted from 1, both ends included; raises PromptError."""
    match = re.fullmatch(r"\s*(\d{1,6})\s*(?:[-–:]\s*(\d{1,6}))?\s*", text)
    if match is None:
        raise PromptError(f"{text!r} is not a range of bars; write 9-12, or 9 for one bar")
    first, last = int(match[1]), int(match[2] or match[1])
    if not 1 <= first <= last <= plan.bars:
        raise PromptError(f"bars {text.strip()} are not in the song: it has bars 1-{plan.bars}")
    return first - 1, last


def parse_section(text: str, plan: Plan) -> tuple[Bars, ...]:
    """Read "chorus" (every one) or "chorus 2" (the second); returns the bars of each, or raises PromptError naming those there are."""
    match = re.fullmatch(r"\s*(\D+?)\s*(\d+)?\s*", text)
    found = [section for section in plan.sections if match and section.name == match[1].casefold()]
    if not found or (match and match[2] and not 1 <= int(match[2]) <= len(found)):
        names = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in _counted(plan).items())
        raise PromptError(f"the song has no section {text.strip()!r}; it has {names}")
    chosen = found[int(match[2]) - 1 : int(match[2])] if match and match[2] else found
    return tuple((section.start_bar, section.start_bar + section.bars) for section in chosen)


def _counted(plan: Plan) -> dict[str, int]:
    counts: dict[str, int] = {}
    for section in plan.sections:
        counts[section.name] = counts.get(section.name, 0) + 1
    return counts


def parse_roles(text: str, roles: Iterable[str]) -> tuple[str, ...]:
    """Read "melody" or "melody,bass"; raises PromptError for a part that does not play."""
    there = tuple(roles)
    chosen = tuple(dict.fromkeys(name.strip().casefold() for name in text.split(",") if name.strip()))
    unknown = [name for name in chosen if name not in there]
    if unknown or not chosen:
        raise PromptError(f"the song has no part {unknown[0] if unknown else text!r}; its parts are {', '.join(there)}")
    return chosen


def parse_locks(text: str, plan: Plan, roles: Iterable[str]) -> tuple[Lock, ...]:
    """Read "chords,bass:9-12,form"; raises PromptError."""
    there = tuple(roles)
    locks = []
    for item in (item.strip() for item in text.split(",") if item.strip()):
        name, colon, bars = item.partition(":")
        name = name.strip().casefold()
        if name in LEVELS:
            if colon:
                raise PromptError(f"{name} is locked as a whole; write {name} without bars")
            locks.append(Lock(name))
            continue
        if name not in there:
            raise PromptError(f"the song has no part {name!r} to lock; it has {', '.join((*there, *LEVELS))}")
        locks.append(Lock(name, parse_bars(bars, plan)) if colon else Lock(name))
    if not locks:
        raise PromptError(f"{text!r} names nothing to lock; write a part, part:bars, form or harmony")
    return tuple(locks)


def said_bars(bars: Bars) -> str:
    """Bars as people count them.

    >>> said_bars((8, 12)), said_bars((8, 9))
    ('bars 9-12', 'bar 9')
    """
    first, end = bars
    return f"bars {first + 1}-{end}" if end - first > 1 else f"bar {end}"
