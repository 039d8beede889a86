"""Which earlier bar each bar takes after, heard from the notes themselves."""

from daiw.tokens.vocab import MAX_REFERENCE, bar_token

Bar = frozenset[tuple[int, int]]
SIMILAR = 0.5
RHYTHM = 0.75
"""Least F1 of (onset, pitch) pairs to call a bar similar, and of onsets alone to call its rhythm the same."""


def overlap(a: frozenset[object], b: frozenset[object]) -> float:
    """F1 of two sets; 0 where either is empty."""
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def references(bars: list[Bar]) -> list[int]:
    """A bar token for every bar, given its (onset slot, pitch) pairs.

    An exact repeat beats a similar one beats the same rhythm; among equals the distance of the bar before wins, then the nearest.
    """
    rhythms = [frozenset(slot for slot, _ in bar) for bar in bars]
    tokens, held = [], 0
    for i, bar in enumerate(bars):
        best = (0, 0.0, False, 0)
        for distance in range(1, min(i, MAX_REFERENCE) + 1):
            source = i - distance
            alike = overlap(bar, bars[source])
            same = overlap(rhythms[i], rhythms[source]) if len(bar) > 1 else 0.0
            grade = 3 if alike == 1.0 else 2 if alike >= SIMILAR else 1 if same >= RHYTHM else 0
            best = max(best, (grade, alike if grade > 1 else same, distance == held, -distance)) if grade else best
        grade, _, _, distance = best
        tokens.append(bar_token(4 - grade if grade else 0, -distance))
        held = -distance if grade else 0
    return tokens
