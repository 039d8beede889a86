"""Tempo, said outright."""

import re

from daiw.errors import PromptError
from daiw.words.found import Found, denied
from daiw.words.musical import is_musical
from daiw.words.numbers import NUMBER, parse_number

BPM_RANGE = (20.0, 300.0)

_UNIT = r"(?:bpm|b\.p\.m\.?|beats\s+(?:per|a)\s+minute)"
_RANGE = re.compile(rf"(?<![\w.,/:-])(?P<low>\d+(?:\.\d+)?)\s*(?:-|–|to|and)\s*(?P<high>\d+(?:\.\d+)?)\s*-?{_UNIT}(?!\w)", re.IGNORECASE)
_BEFORE = re.compile(rf"(?P<number>{NUMBER})\s*-?\s*{_UNIT}(?!\w)", re.IGNORECASE)
_AFTER = re.compile(
    rf"(?:\b(?:tempo|bpm)\b|[♩𝅘𝅥]|\bq(?=\s*=))\s*(?:of|=|:|is|at|around|about)?\s*(?:around\s+|about\s+)?(?P<number>{NUMBER})(?!\s*(?:/|bars?\b))",
    re.IGNORECASE,
)
_BARE = re.compile(r"\bat\s+(?:around\s+|about\s+)?(?P<number>\d{2,3})(?=\s*(?:$|[,;!?)]|\.(?!\d)|\band\b|\bin\b|\bwith\b))", re.IGNORECASE)


def check_bpm(bpm: float) -> float:
    """The tempo itself, quarter notes a minute; raises PromptError outside 20..300."""
    low, high = BPM_RANGE
    if not low <= bpm <= high:
        raise PromptError(f"a tempo of {bpm:g} bpm is outside {low:g}..{high:g}; ask for one inside")
    return bpm


def find_tempos(prompt: str) -> tuple[Found[float], ...]:
    """Every tempo named, in reading order, unchecked.

    "92 bpm", "tempo of ninety", "80-90 bpm" (its middle); "at 120" alone counts only beside a musical word.

    >>> [tempo.value for tempo in find_tempos("a ballad at sixty-six bpm")], find_tempos("she died at 92.")
    ([66.0], ())
    """
    taken: list[Found[float]] = []
    for pattern in (_RANGE, _BEFORE, _AFTER, _BARE):
        for match in pattern.finditer(prompt):
            if any(match.start() < other.end and other.start < match.end() for other in taken) or denied(prompt, match.start()):
                continue
            if pattern is _BARE and not (is_musical(prompt[: match.start()]) and 40 <= float(match["number"]) <= 240):
                continue
            if pattern is _RANGE:
                low, high = parse_number(match["low"]), parse_number(match["high"])
                taken.append(Found((low + high) / 2, *match.span(), note=f"the middle of {low:g} and {high:g}"))
            else:
                taken.append(Found(parse_number(match["number"]), *match.span()))
    return tuple(sorted(taken, key=lambda found: found.start))
