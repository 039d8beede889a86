"""Draw progressions from the harmony network under rules that cannot be broken: several candidates at once, guided, with likelihoods."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.nets.decoder import Rows
from daiw.nets.harmony_decoder import ChartOpening
from daiw.nets.harmony_transformer import HarmonyWeights
from daiw.nets.picking import NEVER, draw_from, options_of, surprise
from daiw.tokens.harmony import BAR, CHORD, HEADER, KINDS, LENGTH, PLACE, SECTION, SIZE, ChartSection, HarmonyWalk
from daiw.tokens.harmony import section_tokens as tokens_of
from daiw.tokens.harmony_levels import Bar

Logits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be written.

    chords: addition to each chord value's logit, -1e9 forbids; (NO_CHORD + 1,).  places: of a bar where chords may change.
    """

    chords: NDArray[np.float32]
    places: frozenset[int]


@dataclass(frozen=True, slots=True)
class HarmonyChance:
    """How to draw.  candidates: at once.  guidance: 1 none; how far to lean from "not told" to the header (Ho & Salimans 2022)."""

    candidates: int = 8
    temperature: float = 1.0
    top_p: float = 0.95
    guidance: float = 1.5


@dataclass(frozen=True, slots=True)
class Progression:
    """One candidate.  bits: mean bits a drawn token, among those allowed."""

    bars: tuple[Bar, ...]
    bits: float


def untold(header: list[int]) -> list[int]:
    """The header with mode and meter only."""
    return [*header[:2], *(KINDS[name].token(0) for name in HEADER[2:])]


def draw_sections(
    weights: HarmonyWeights, header: list[int], earlier: tuple[ChartSection, ...], kind: int, bars: int, allowed: Allowed,
    chance: HarmonyChance, rng: np.random.Generator, told: Sequence[tuple[int, ...]] = (),
) -> list[Progression]:  # fmt: skip
    """`chance.candidates` progressions of `bars` bars (1..MOST_BARS) for a section of `kind`, after the sections already written.

    told: the levels of those and of this one (`tokens.harmony_levels`), which guidance leans to as to the header.
    Every candidate opens with a chord on the first beat, changes only at allowed places and holds only allowed chords.
    """
    prefix = [*(token for section in earlier for token in tokens_of(section)), SECTION.token(kind), LENGTH.token(bars - 1), BAR]
    heads: list[tuple[list[int], Sequence[tuple[int, ...]]]] = [(header, told)]
    if chance.guidance != 1.0:
        heads.append((untold(header), ()))
    opening = ChartOpening(weights, len(heads))
    read = [_replayed([*head, *prefix], levels) for head, levels in heads]
    logits = opening.read_streams(np.array([features for _, features in read], np.int64))
    rows = [_Row(tuple(deepcopy(walk) for walk, _ in read)) for _ in range(chance.candidates)]
    stepper, active = Rows(opening, len(rows)), rows
    logits = np.repeat(logits, len(rows), axis=0)
    while True:
        steered = lean = logits[: len(active)]
        if len(heads) == 2:
            plain = logits[len(active) :]
            lean = plain + np.float32(chance.guidance) * (steered - plain)
        for row, mine, leaning in zip(active, steered, lean, strict=True):
            row.advance(mine, leaning, allowed, chance, rng)
        going = [i for i, row in enumerate(active) if not row.done]
        if not going:
            return [Progression(tuple(tuple(bar) for bar in row.walks[0].bars), row.bits / row.drawn) for row in rows]
        if len(going) < len(active):
            stepper.keep(going)
            active = [active[i] for i in going]
        features = [[row.walks[part].features() for row in active] for part in range(len(heads))]
        logits = stepper.step(np.array(features, np.int64), [0] * len(active))


class _Row:
    """One candidate on its way.  walks: its tokens as they follow each of the headers."""

    def __init__(self, walks: tuple[HarmonyWalk, ...]) -> None:
        self.walks = walks
        self.bits, self.drawn, self.done = 0.0, 0, False

    def advance(self, steered: Logits, lean: Logits, allowed: Allowed, chance: HarmonyChance, rng: np.random.Generator) -> None:
        """Draw the next token; done where the section ends.  steered, lean: logits as told, and as guided."""
        added = additions(self.walks[0], allowed)
        options = options_of(added)
        index = draw_from((lean + added)[options.ids], chance.temperature, chance.top_p, rng)
        token = int(options.ids[index])
        self.bits += surprise(steered[options.ids], index)
        self.drawn += 1
        if token == STOP:
            self.done = True
            return
        for walk in self.walks:
            walk.push(token)


STOP = SECTION.first
"""Any section token ends the section that is drawn; its kind is not asked."""


def _replayed(tokens: list[int], levels: Sequence[tuple[int, ...]]) -> tuple[HarmonyWalk, list[tuple[int, ...]]]:
    """A walk through the tokens, and its features before each of them and after the last."""
    walk, features = HarmonyWalk(levels), []
    for token in tokens:
        features.append(walk.features())
        walk.push(token)
    features.append(walk.features())
    return walk, features


def additions(walk: HarmonyWalk, allowed: Allowed) -> NDArray[np.float32]:
    """(SIZE,): 0 where free, -1e9 where forbidden; chords as `allowed` says."""
    added = np.full(SIZE, NEVER, np.float32)
    for first, end in walk.legal():
        added[first:end] = 0
    added[SECTION.first + 1 : SECTION.end] = NEVER
    added[KINDS["end"].first] = NEVER
    added[[PLACE.token(place) for place in range(PLACE.size) if place not in allowed.places]] = NEVER
    opening = len(walk.bars) == 1 and not walk.bars[0]
    if opening and added[CHORD.first] != 0:
        added[:] = np.where(np.arange(SIZE) == PLACE.first, 0.0, NEVER)
    if added[CHORD.first] == 0:
        added[CHORD.first : CHORD.end] = allowed.chords
        if walk.held >= 0 and not opening and (np.delete(allowed.chords, walk.held) > NEVER / 2).any():
            added[CHORD.token(walk.held)] = NEVER
    return added
