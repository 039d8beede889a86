"""Meter, said outright: figures, spelled figures, and the dances that fix it."""

import re

from daiw.music.time import Meter
from daiw.words.found import Found, denied
from daiw.words.numbers import parse_number

_FIGURES = re.compile(
    r"(?<![\d/.:])(?P<top>[2-9]|1[0-5])\s?/\s?(?P<bottom>2|4|8|16)(?![\d/]|\s*(?:of\b|cups?\b|miles?\b|inch))", re.IGNORECASE
)
_SPELLED = re.compile(
    r"\b(?P<top>two|three|four|five|six|seven|nine|twelve)[\s-](?P<bottom>four|eight)(?:[\s-](?:time|meter|metre|feel|groove)\b|(?=\s*(?:$|[,;.!?])))",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\b(?:in|counted\s+in|feel\s+in)\s+(?P<count>two|three|four|five|six|seven|[2-7])(?=\s*(?:$|[,;!?)]|\.(?!\d)))", re.IGNORECASE
)
_NAMED = re.compile(r"\b(?P<name>waltz(?:es)?|common\s+time|cut\s+time|three[\s-]quarter\s+time)\b", re.IGNORECASE)

_COUNTS = {2: Meter(2, 4), 3: Meter(3, 4), 4: Meter(4, 4), 5: Meter(5, 4), 6: Meter(6, 8), 7: Meter(7, 8)}
_NAMES = {"waltz": Meter(3, 4), "common time": Meter(4, 4), "cut time": Meter(2, 2), "three quarter time": Meter(3, 4)}
_DATE_BEFORE = re.compile(r"\b(?:on|since|born|until|dated?)\s+$", re.IGNORECASE)


def find_meters(prompt: str) -> tuple[Found[Meter], ...]:
    """Every meter named, in reading order; "waltz" counts as 3/4 only where no figure says otherwise.

    >>> [str(found.value) for found in find_meters("a waltz, in six-eight")], find_meters("3/4 of the town, in three days, 24/7")
    (['6/8'], ())
    """
    figures = [
        Found(Meter(int(match["top"]), int(match["bottom"])), *match.span())
        for match in _FIGURES.finditer(prompt)
        if not _DATE_BEFORE.search(prompt[: match.start()])
    ]
    spelled = [
        Found(Meter(int(parse_number(match["top"])), int(parse_number(match["bottom"]))), *match.span())
        for match in _SPELLED.finditer(prompt)
    ]
    counted = [Found(_COUNTS[int(parse_number(match["count"]))], *match.span()) for match in _COUNTED.finditer(prompt)]
    found = [item for item in [*figures, *spelled, *counted] if not denied(prompt, item.start)]
    if not found:
        for match in _NAMED.finditer(prompt):
            name = re.sub(r"[\s-]+", " ", match["name"].lower()).replace("waltzes", "waltz")
            if not denied(prompt, match.start()):
                found.append(Found(_NAMES[name], *match.span(), note=f'"{match["name"].lower()}" implies it'))
    return tuple(sorted(found, key=lambda item: item.start))
