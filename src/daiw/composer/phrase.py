"""The form of a tune: sections into phrases, phrases into bars, each bar a motif and what becomes of it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Operation = Literal["state", "up", "down", "vary", "invert", "fragment", "augment", "extend", "cadence", "rest"]


@dataclass(frozen=True, slots=True)
class Bar:
    """motif: "a" the main idea, "b" its answer.  operation: what becomes of it."""

    motif: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class Phrase:
    """start: bar within the section.  cadence: how it ends.  lift: semitones above its centre.  answer: it replies to the last."""

    start: int
    bars: tuple[Bar, ...]
    cadence: str
    lift: float
    answer: bool = False


def _bars(text: str) -> tuple[Bar, ...]:
    """ "a a+ b c" -> bars; letter = motif, sign = operation; `c` alone is a cadence on a, `C` on b."""
    signs: dict[str, Operation] = {
        "": "state", "+": "up", "-": "down", "~": "vary", "!": "invert", "/": "fragment", "=": "augment", ">": "extend", "c": "cadence",
    }  # fmt: skip
    return tuple(Bar("a", "rest") if word == "." else Bar(word[0], signs[word[1:]]) for word in text.split())


STATEMENTS: dict[str, tuple[str, ...]] = {
    "period": ("a a+ b ac", "a b a- bc", "a b a+ ac", "a a~ b bc"),
    "sentence": ("a b a+ b+", "a a+ a/ ac", "a b a- bc"),
    "riff": ("a a a~ ac", "a a~ a bc", "a b a bc"),
    "thin": ("a= . a= ac", "a . b= ac"),
    "rise": ("a/ a/ a+ bc", "a a+ a/ a/"),
    "free": ("a= b a! bc", "a! b= a ac"),
}
"""Four-bar openings."""
ANSWERS: dict[str, tuple[str, ...]] = {
    "period": ("a a+ b> ac", "a b a/ bc", "a b> a+ ac", "a a~ b> bc"),
    "sentence": ("a/ a/ b> ac", "a/ b/ a> bc"),
    "riff": ("a a b> ac", "a a~ a/ bc"),
    "thin": ("a= . b= ac",),
    "rise": ("a/ a/ a> ac",),
    "free": ("a= b a> ac",),
}
"""Four-bar answers to them."""
CONTRAST: tuple[str, ...] = ("b b+ b/ bc", "b! b a/ bc", "b a! b+ ac")
"""The third phrase of four: the answer idea takes the lead."""

SECTION_FORMS = {"intro": "thin", "outro": "thin", "breakdown": "thin", "pre-chorus": "rise", "build": "rise", "bridge": "free"}
"""Sections with a form of their own; the others follow the style."""


@lru_cache(maxsize=256)
def phrase_lengths(bars: int) -> tuple[int, ...]:
    """Fours, with what is left over as a shorter phrase before the last; a lone bar joins its neighbour.

    >>> phrase_lengths(8), phrase_lengths(5), phrase_lengths(7), phrase_lengths(1)
    ((4, 4), (2, 3), (3, 4), (1,))
    """
    fours, rest = divmod(bars, 4)
    if fours == 0:
        return (bars,)
    if rest == 0:
        return (4,) * fours
    if rest == 1:
        return (*(4,) * (fours - 1), 2, 3)
    return (*(4,) * (fours - 1), rest, 4)


def lay_out(bars: int, form: str, pick: int, closing: str) -> tuple[Phrase, ...]:
    """The phrases of a section of `bars` bars.

    pick: which of the table's variants.  closing: the cadence of the last phrase; those before it alternate half and full.
    """
    lengths = phrase_lengths(bars)
    phrases: list[Phrase] = []
    start = 0
    for index, length in enumerate(lengths):
        last = index == len(lengths) - 1
        contrast = len(lengths) >= 4 and index % 4 == 2
        answer = index % 2 == 1
        table = CONTRAST if contrast else (ANSWERS if answer else STATEMENTS)[form]
        whole = _bars(table[pick % len(table)])
        cut = whole if length >= 4 else (*whole[: length - 1], whole[-1])
        if cut[-1].operation != "cadence" and (answer or last):
            cut = (*cut[:-1], Bar(cut[-1].motif, "cadence"))
        cadence = closing if last else "full" if answer else "open" if contrast else "half"
        lift = 1.5 if contrast else (0.8 if answer else 0.0)
        phrases.append(Phrase(start, cut, cadence, lift, answer))
        start += length
    return tuple(phrases)
