"""A sung part's bars on other pitches: the words and their rhythm stay, the network hears what lies before and after."""

from dataclasses import replace
from zlib import crc32

import numpy as np

from daiw.measure.melody import intervals, unresolved
from daiw.music.cells import inside
from daiw.music.plan import Plan
from daiw.music.room import voice_room
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle
from daiw.nets.composer_rewrite import AHEAD_WEIGHT, CONTEXT_AFTER, CONTEXT_BEFORE, MOST_BARS
from daiw.nets.composer_sheet import key_at, meter_name, shift_of
from daiw.nets.lead_cost import SUNG_ON_CHORDS, musical_costs
from daiw.nets.picking import Chance
from daiw.nets.sampler import draw
from daiw.nets.stretch import Stretch, note_events
from daiw.nets.sung_melody import WIDEST, told_of
from daiw.nets.sung_onsets import Asked, musts_of
from daiw.nets.transformer import Weights
from daiw.tokens.codec import decode, split_bars
from daiw.tokens.grid import METER_UNITS, TICKS_PER_UNIT


def rewrite_sung(weights: Weights, style: ComposeStyle, plan: Plan, part: Part, bars: tuple[int, int], seed: int) -> Part | None:
    """The voice's part with bars first..end-1 (0-based) on other pitches; every word, onset and length as it was.

    None where the network cannot: a meter that it does not know, notes off its grid, or no notes there.
    """
    for first in range(bars[0], bars[1], MOST_BARS):
        made = _rewritten(weights, style, plan, part, (first, min(bars[1], first + MOST_BARS)), seed)
        if made is None:
            return None
        part = made
    return part


def _rewritten(weights: Weights, style: ComposeStyle, plan: Plan, part: Part, bars: tuple[int, int], seed: int) -> Part | None:
    meter = meter_name(plan.meter)
    ticks = plan.meter.bar_ticks
    span = (bars[0] * ticks, bars[1] * ticks)
    old = inside(part.notes, span)
    if meter is None or plan.voice is None:
        return None
    if not old:
        return part
    places = [span[0] + int(unit) * TICKS_PER_UNIT for unit in note_events(old, *span, 0)[:, 0]]
    if len(places) != len(old):
        return None
    place = voice_room(plan, plan.voice)
    shift = shift_of(key_at(plan, span[0]), place.centre)
    asked = [Asked(tick, None, note.duration, note.duration) for tick, note in zip(places, old, strict=True)]
    begin, last = max(0, bars[0] - CONTEXT_BEFORE), min(plan.bars, bars[1] + CONTEXT_AFTER)
    stretch = Stretch(plan, style.melody, begin, last, *bars, place, shift, told_of(asked, range(*bars), ticks))
    musts = musts_of(asked, range(*bars), ticks, shift)
    window = stretch.window(part.notes, weights.shape.window_bars, musts=musts)
    rng = np.random.default_rng([seed % 2**32, plan.seed % 2**32, crc32(f"resung {bars[0]} {bars[1]}".encode())])
    versions: list[tuple[float, int, list[Note]]] = []
    for index, line in enumerate(draw(weights, window, Chance(widest=WIDEST), rng)):
        tokens = [token for bar in split_bars(line.tokens)[bars[0] - begin : bars[1] - begin] for token in bar]
        pitches = [pitch - shift for _, pitch, _ in decode(tokens, "melody", METER_UNITS[meter]).tolist()]
        new = [replace(note, pitch=pitch) for note, pitch in zip(old, pitches, strict=True)]
        costs = musical_costs(plan, new, line.bits, SUNG_ON_CHORDS)
        cost = sum(costs.values()) + AHEAD_WEIGHT * line.bits_ahead + 3.0 * len(unresolved(new, plan)) / len(new)
        versions.append((cost + 4.0 * sum(abs(step) > 7 for step in intervals(new)) / len(new), index, new))
    kept = [note for note in part.notes if not span[0] <= note.start < span[1]]
    return Part(part.role, tuple(sorted([*kept, *min(versions)[2]])))
