"""Chord symbols as a person types them: "F C Am Bb", a chord a bar, or "F | C G | Am | Bb" with bars."""

import re

from daiw.errors import PromptError, TheoryError
from daiw.music.chord import Chord

MOST_BARS = 256


def parse_chords(text: str) -> tuple[tuple[Chord, ...], ...]:
    """Bars of chords; raises PromptError naming the symbol that cannot be read.

    Without "|" every symbol is a bar; with it, the symbols of a bar share its beats, "%" repeats the bar before.

    >>> [[str(chord) for chord in bar] for bar in parse_chords("F | C G7/B | %")]
    [['F'], ['C', 'G7/B'], ['C', 'G7/B']]
    """
    bars: list[tuple[Chord, ...]] = []
    cells = text.replace("||", "|").strip().strip("|").split("|") if "|" in text else re.split(r"[\s,]+", text.strip())
    for number, cell in enumerate(cells, start=1):
        words = re.split(r"[\s,]+", cell.strip()) if cell.strip() else []
        if words == ["%"] and bars:
            bars.append(bars[-1])
            continue
        if not words:
            raise PromptError(f"bar {number} of the chords is empty; write a chord, or % for the one before")
        try:
            bars.append(tuple(Chord.parse(word) for word in words))
        except TheoryError as error:
            raise PromptError(f"the chords cannot be read: {error}") from error
    if len(bars) > MOST_BARS:
        raise PromptError(f"{len(bars)} bars of chords are more than a song has; give at most {MOST_BARS}")
    return tuple(bars)
