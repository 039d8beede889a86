"""Draw progressions from the harmony network under rules that cannot be broken: several candidates at once, guided, with likelihoods."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.nets.harmony_transformer import HarmonyDecoder, HarmonyWeights
from daiw.nets.picking import NEVER, draw_from, options_of, surprise
from daiw.tokens.harmony import BAR, CHORD, HEADER, KINDS, LENGTH, PLACE, SECTION, SIZE, ChartSection, HarmonyWalk
from daiw.tokens.harmony import section_tokens as tokens_of
from daiw.tokens.harmony_levels import Bar


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
    capacity = len(header) + len(prefix) + bars * (2 * len(allowed.places) + 1) + 2
    decoder = HarmonyDecoder(weights, len(heads), capacity)
    rows = []
    for head, levels in heads:
        walk, features = HarmonyWalk(levels), []
        for token in [*head, *prefix]:
            features.append(walk.features())
            walk.push(token)
        features.append(walk.features())
        rows.append(features)
    logits = decoder.extend(np.array(rows, np.int64))
    count = chance.candidates
    decoder.keep(np.repeat(np.arange(len(heads)), count))
    logits = np.repeat(logits, count, axis=0)
    pairs = [tuple(_replayed([*head, *prefix], levels) for head, levels in heads) for _ in range(count)]
    bits, drawn = np.zeros(count), np.zeros(count)
    done: list[tuple[Bar, ...] | None] = [None] * count
    while True:
        steps = []
        for i, pair in enumerate(pairs):
            walk = pair[0]
            if done[i] is None:
                added = additions(walk, allowed)
                steered = logits[i]
                lean = steered if len(heads) == 1 else logits[count + i] + np.float32(chance.guidance) * (steered - logits[count + i])
                options = options_of(added)
                index = draw_from((lean + added)[options.ids], chance.temperature, chance.top_p, rng)
                token = int(options.ids[index])
                bits[i] += surprise(steered[options.ids], index)
                drawn[i] += 1
                if token == STOP:
                    done[i] = tuple(tuple(bar) for bar in walk.bars)
                else:
                    for one in pair:
                        one.push(token)
            steps.append([one.features() for one in pair])
        if all(bars_of is not None for bars_of in done):
            break
        logits = decoder.extend(np.array([[step[part]] for part in range(len(heads)) for step in steps], np.int64))
    return [Progression(found or (), float(bits[i] / drawn[i])) for i, found in enumerate(done)]


STOP = SECTION.first
"""Any section token ends the section that is drawn; its kind is not asked."""


def _replayed(tokens: list[int], levels: Sequence[tuple[int, ...]]) -> HarmonyWalk:
    walk = HarmonyWalk(levels)
    for token in tokens:
        walk.push(token)
    return walk


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
