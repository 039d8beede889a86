"""Draw whole songs' forms from the harmony network: which sections, in which order, how long; the bars add up exactly.

The network was trained on the named sections of McGill Billboard and POP909's phrases, chords and form in one stream, so a form is drawn
with the chords that go with it; only the form is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from daiw.nets.decoder import Rows
from daiw.nets.harmony_decoder import ChartOpening
from daiw.nets.harmony_sampler import Allowed, additions, untold
from daiw.nets.harmony_transformer import HarmonyWeights
from daiw.nets.picking import NEVER, draw_from, options_of, surprise
from daiw.tokens.harmony import END, KINDS, LENGTH, MOST_BARS, SECTION, SECTIONS, HarmonyWalk

FIRST = ("intro", "verse", "chorus")
LAST = ("outro", "chorus")
OPEN = "verse"
"""What ends a song, or comes last before its outro, only where nothing else can: in 12 % of Billboard's and POP909's songs (n 816) no
chorus comes after the last verse."""

SHORTEST, GRID = 4, 4
"""Bars of the shortest section, and of what all sections but the last are multiples of."""

LONGEST_SHARE, ALWAYS_FITS = 3, 8
"""A section, with its neighbours of the same kind, is at most one part in so many of the song; but so many bars it may always have.

The longest of held-out songs is .22 +- .07 of POP909's and .28 +- .17 of Billboard's (`daiw evaluate harmony`).
"""

EPISODES, EPISODES_FROM = ("solo", "bridge", "interlude"), 36
"""What a shorter song has no room for."""

LONGEST_FRAME = 16
"""Bars of an intro or outro at most, a quarter of the song at most besides."""

FORMS = 8
"""So many are drawn, and ranked."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """sections: (kind of tokens.harmony.SECTIONS, bars).  bits: mean bits of a form token, among those allowed."""

    sections: tuple[tuple[str, int], ...]
    bits: float


class _Row:
    """One form on its way."""

    def __init__(self, header: Sequence[int], rng: np.random.Generator) -> None:
        self.walk, self.rng = HarmonyWalk(), rng
        for token in header:
            self.walk.push(token)
        self.sections: list[tuple[str, int]] = []
        self.bits, self.drawn, self.done = 0.0, 0, False


def draw_forms(
    weights: HarmonyWeights, header: list[int], bars: int, kinds: frozenset[str], chords: Allowed, seed: np.random.Generator
) -> list[Drawn]:
    """FORMS forms of exactly `bars` bars (at least 2 * SHORTEST) out of sections of `kinds`.

    Each starts with an intro, a verse or a chorus and ends with an outro or a chorus; an intro only begins and an outro only ends; no
    section is shorter than SHORTEST, none longer than a third of the song (or ALWAYS_FITS bars).  All lengths but the last are multiples of
    four, no chorus is shorter than the first, the last verse and bridge have a chorus behind them, and songs of fewer than EPISODES_FROM
    bars have no EPISODES.  Where what is left cannot be filled so, it ends with a shorter chorus, or a verse.
    """
    rows = [_Row(header, rng) for rng in seed.spawn(FORMS)]
    opening = ChartOpening(weights, 1)
    walk, features = HarmonyWalk(), []
    for token in header:
        features.append(walk.features())
        walk.push(token)
    features.append(walk.features())
    logits = np.repeat(opening.read_streams(np.array([features], np.int64)), FORMS, axis=0)
    stepper, active = Rows(opening, FORMS), rows
    while True:
        for row, mine in zip(active, logits, strict=True):
            _advance(row, mine, bars, kinds, chords)
        going = [i for i, row in enumerate(active) if not row.done]
        if not going:
            return [Drawn(tuple(row.sections), row.bits / row.drawn) for row in rows]
        if len(going) < len(active):
            stepper.keep(going)
            active = [active[i] for i in going]
        logits = stepper.step([row.walk.features() for row in active], [0] * len(active))


def _advance(row: _Row, logits: NDArray[np.float32], bars: int, kinds: frozenset[str], chords: Allowed) -> None:
    """The row's next token."""
    walk = row.walk
    left = bars - sum(length for _, length in row.sections)
    inside = walk.length > 0 and len(walk.bars) < walk.length
    if walk.token in SECTION:
        kind = SECTIONS[walk.kind]
        added = _lengths(row, kind, left, bars, kinds)
        if not (added == 0).any():
            added = _lengths(row, kind, left, bars, kinds, strict=False)
    elif walk.kind < 0 or (not inside and _complete(walk)):
        if left == 0:
            row.done = True
            return
        added = _kinds(row, left, bars, kinds)
        if not (added == 0).any():
            added = _kinds(row, left, bars, kinds, strict=False)
    else:
        added = additions(walk, chords)
        added[SECTION.first : SECTION.end] = NEVER
        added[END] = NEVER
    options = options_of(added)
    index = draw_from(logits[options.ids] + options.added, 1.0, 0.95, row.rng)
    token = int(options.ids[index])
    if token in SECTION or token in LENGTH:
        row.bits += surprise(logits[options.ids], index)
        row.drawn += 1
    if token in LENGTH:
        row.sections.append((SECTIONS[walk.kind], LENGTH.value(token) + 1))
    walk.push(token)


def _complete(walk: HarmonyWalk) -> bool:
    """Whether the section's last bar may end here: never in the midst of a chord, and not where its first has none."""
    return any(first <= SECTION.first < end for first, end in walk.legal()) and (len(walk.bars) > 1 or bool(walk.bars and walk.bars[0]))


def _kinds(row: _Row, left: int, bars: int, kinds: frozenset[str], *, strict: bool = True) -> NDArray[np.float32]:
    """Which section may come."""
    added = np.full(END + 1, NEVER, np.float32)
    previous = row.sections[-1][0] if row.sections else ""
    twice = len(row.sections) > 1 and row.sections[-2][0] == previous
    for value, kind in enumerate(SECTIONS):
        allowed = kind in kinds and not (twice and kind == previous)
        allowed &= kind in FIRST if not row.sections else kind != "intro"
        allowed &= kind != "outro" or left <= _frame(bars)
        allowed = allowed and bool((_lengths(row, kind, left, bars, kinds, strict=strict) == 0).any())
        added[SECTION.first + value] = 0.0 if allowed else NEVER
    return added


def _lengths(row: _Row, kind: str, left: int, bars: int, kinds: frozenset[str], *, strict: bool = True) -> NDArray[np.float32]:
    """How long it may be, so that what is left can be filled and nothing goes on too long.

    strict: so that the song ends with a chorus and perhaps an outro, no chorus is shorter than the first, and a short song has no episodes.
    """
    added = np.full(END + 1, NEVER, np.float32)
    before = sum(length for _, length in takewhile(lambda section: section[0] == kind, reversed(row.sections)))
    longest = max(ALWAYS_FITS, bars // LONGEST_SHARE)
    first = next((length for name, length in row.sections if name == "chorus"), 0) if strict else 0
    ends = kind in LAST or (kind == OPEN and not strict)
    latest = next((name for name in (kind, *(name for name, _ in reversed(row.sections))) if name in (OPEN, "bridge", "chorus")), OPEN)
    sung = latest == "chorus"
    if strict and kind in EPISODES and bars < EPISODES_FROM:
        return added
    for length in range(SHORTEST, min(left, longest - before, MOST_BARS) + 1):
        rest = left - length
        if kind == "outro":
            fits = rest == 0 and (sung or not strict)
        elif kind == "intro":
            fits = length <= _frame(bars) and rest >= SHORTEST
        else:
            fits = (rest == 0 and ends) or rest >= SHORTEST
        if strict and rest:
            refrain = first or (length if kind == "chorus" else SHORTEST)
            fits &= _closes(rest, refrain, longest, _frame(bars) * ("outro" in kinds), sung=sung)
        if fits and (kind != "chorus" or length >= first) and (length % GRID == 0 or rest == 0):
            added[LENGTH.first + length - 1] = 0.0
    return added


@lru_cache(maxsize=4096)
def _closes(left: int, refrain: int, most: int, frame: int, *, sung: bool) -> bool:
    """Whether verses and choruses by turns can fill what is left so that a chorus comes last, an outro of at most `frame` bars aside.

    All in bars.  refrain: a chorus at least.  most: any section.  sung: whether a chorus came last, and no verse or bridge.
    """
    ways = range(SHORTEST if sung else refrain, min(most, left) + 1, GRID)
    if sung:
        return left == 0 or SHORTEST <= left <= frame or any(_closes(left - n, refrain, most, frame, sung=False) for n in ways)
    return refrain <= left <= most or any(_closes(left - n, refrain, most, frame, sung=True) for n in ways)


def _frame(bars: int) -> int:
    """Bars of an intro or outro at most."""
    return max(SHORTEST, min(LONGEST_FRAME, bars // 4))


def form_header(header: list[int]) -> list[int]:
    """The header of a song of which only mode, meter and book are known."""
    return [*header[:3], *untold(header)[3:]]


assert {"section", "length"} <= KINDS.keys()
