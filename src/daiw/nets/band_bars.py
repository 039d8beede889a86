"""Bars of a part, as tokens and as rows: cut apart, counted anew, moved."""

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.onsets import heard, parse
from daiw.tokens.refs import references
from daiw.tokens.vocab import bar_token


def rereferred(given: dict[int, tuple[int, ...]], voice: str, bars: int) -> dict[int, tuple[int, ...]]:
    """The given bars with references heard anew among themselves, since what they referred to may lie outside the window."""
    said = [heard(parse([bar_token(0, 0), *given[bar][1:]])[0], voice) if bar in given else frozenset() for bar in range(bars)]
    heads = references(said)
    return {bar: (heads[bar], *tokens[1:]) for bar, tokens in given.items()}


def bars_of(rows: NDArray[np.int32], first: int, count: int, units: int) -> NDArray[np.int32]:
    """The rows of some bars, counted from the first of them."""
    some = rows[(rows[:, 0] >= first * units) & (rows[:, 0] < (first + count) * units)].copy()
    some[:, 0] -= first * units
    return some


def later(rows: NDArray[np.int32], units: int) -> NDArray[np.int32]:
    """The rows, later."""
    moved = rows.copy()
    moved[:, 0] += units
    return moved
