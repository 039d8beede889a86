"""Length in bars or minutes, said outright; "ten minutes later" is no length."""

import re

from daiw.errors import PromptError
from daiw.words.found import Found, denied
from daiw.words.musical import is_musical
from daiw.words.numbers import NUMBER, parse_number

BARS_RANGE = (1, 1024)
MINUTES_RANGE = (0.1, 20.0)

_BARS = re.compile(
    rf"(?P<number>{NUMBER})[\s-]*(?:bars?|measures?)\b(?![\s-]+blues\b|\s+in\s+(?:the|my|our|this|town|downtown|[A-Z][a-z]{{2,}}))",
    re.IGNORECASE,
)
_VISITED = re.compile(r"\b(?:hit|visited|raid|raided|closed|tried|between|behind|of\s+the)\s+$", re.IGNORECASE)
_BARS_OF = re.compile(r"\s+of\s+(?!it\b|this\b|that\b)", re.IGNORECASE)
_UNITS = r"(?P<unit>hours?|minutes?|mins?|min|seconds?|secs?|sec)"
_SPAN = re.compile(
    rf"(?P<number>{NUMBER})[\s-]*{_UNITS}\b(?:[\s,]*(?:and\s+)?(?P<more>{NUMBER})\s*(?:seconds?|secs?|sec|s)\b)?", re.IGNORECASE
)
_CLOCK = re.compile(
    r"(?<![\d:./])(?P<minutes>\d{1,2}):(?P<seconds>[0-5]\d)(?![\d:]|\s*(?:am\b|pm\b|a\.m|p\.m|o'clock|in\s+the\s+(?:morning|night|afternoon)))",
    re.IGNORECASE,
)
_CLOCK_BEFORE = re.compile(r"\b(?:at|until|till|by|since|before|after|past|around|psalms?|john|verse)\s+$", re.IGNORECASE)
_LENGTH_AFTER = re.compile(
    r"\s*(?:$|[,;.!?)]|long\b|in\s+length\b|total\b|of\s+(?:music|it)\b|at\s+\d|in\s+[A-G]\b|with\b"
    r"|(?:[\w-]+\s+){0,2}(?:song|track|piece|tune|instrumental|ballad|loop|version|cut|edit|jam|score|cue|groove|anthem|waltz|lullaby)\b)",
    re.IGNORECASE,
)
_PASSING_TIME = re.compile(
    r"\b(?:in|last|past|after|every|before|within|only\s+have|have|has|wait(?:ed)?|another|next|than|just|took|these|those)\s+(?:the\s+|about\s+|only\s+)?$",
    re.IGNORECASE,
)
_FOR = re.compile(r"\bfor\s+(?:about\s+|around\s+|over\s+|almost\s+)?$", re.IGNORECASE)
_IN_MINUTES = {"h": 60.0, "m": 1.0, "s": 1 / 60}


def check_bars(bars: float) -> int:
    """The number of bars; raises PromptError outside 1..1024 or for a broken bar."""
    low, high = BARS_RANGE
    if not low <= bars <= high or bars != int(bars):
        raise PromptError(f"{bars:g} bars is not a whole number in {low}..{high}; ask for one inside")
    return int(bars)


def check_minutes(minutes: float) -> float:
    """The length in minutes; raises PromptError outside .1..20."""
    low, high = MINUTES_RANGE
    if not low <= minutes <= high:
        raise PromptError(f"a length of {minutes:g} minutes is outside {low:g}..{high:g}; ask for one inside")
    return minutes


def find_bars(prompt: str) -> tuple[Found[float], ...]:
    """Every number of bars named, in reading order, unchecked; a 12-bar blues is a form and not a length.

    >>> [found.value for found in find_bars("thirty-two bars of music, not a 12-bar blues, behind bars")]
    [32.0]
    """
    return tuple(
        Found(parse_number(match["number"]), *match.span())
        for match in _BARS.finditer(prompt)
        if not denied(prompt, match.start())
        and not _VISITED.search(prompt[: match.start()])
        and (not _BARS_OF.match(prompt[match.end() :]) or is_musical(prompt[match.end() :]))
    )


def find_minutes(prompt: str) -> tuple[Found[float], ...]:
    """Every length in minutes, in reading order, unchecked: "3 minutes", "two and a half minutes", "2:30", "90 seconds".

    >>> [found.value for found in find_minutes("a 90 second cue")], find_minutes("at 2:30 he left; ten minutes later it rained")
    ([1.5], ())
    """
    found = []
    for match in _SPAN.finditer(prompt):
        before, after = prompt[: match.start()], prompt[match.end() :]
        if denied(prompt, match.start()) or _PASSING_TIME.search(before) or not _LENGTH_AFTER.match(after):
            continue
        if (_FOR.search(before) and not is_musical(before)) or (not before.strip(" ,") and not after.strip(" .!,")):
            continue
        minutes = parse_number(match["number"]) * _IN_MINUTES[match["unit"][0].lower()]
        minutes += parse_number(match["more"]) / 60 if match["more"] else 0.0
        found.append(Found(minutes, *match.span()))
    for match in _CLOCK.finditer(prompt):
        if not _CLOCK_BEFORE.search(prompt[: match.start()]) and not denied(prompt, match.start()):
            found.append(Found(int(match["minutes"]) + int(match["seconds"]) / 60, *match.span()))
    return tuple(sorted(found, key=lambda item: item.start))
