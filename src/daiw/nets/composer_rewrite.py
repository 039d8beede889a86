"""Edit, don't reroll: new bars inside a melody whose other notes stay as they are."""

from collections.abc import Callable
from dataclasses import replace
from zlib import crc32

import numpy as np

from daiw.errors import PromptError
from daiw.music.plan import Plan
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle
from daiw.nets.composer import load_weights
from daiw.nets.composer_sheet import key_at, meter_name, room, shift_of, told_density
from daiw.nets.lead_breath import Breaths
from daiw.nets.lead_cost import off_density
from daiw.nets.lead_rules import Window
from daiw.nets.pace import Pace, paces
from daiw.nets.picking import Chance
from daiw.nets.sampler import Drawn, draw
from daiw.nets.stretch import Stretch
from daiw.nets.transformer import Weights
from daiw.tokens.codec import decode, split_bars
from daiw.tokens.controls import PHRASE_BARS
from daiw.tokens.grid import METER_UNITS, TICKS_PER_UNIT, UNITS_PER_QUARTER
from daiw.tokens.vocab import bar_token

MOST_BARS = 16
CONTEXT_BEFORE = 12
CONTEXT_AFTER = 4
AHEAD_WEIGHT = 0.7
"""How much leading well into the bars that follow counts against being likely itself."""


def rewrite_melody(
    weights: Weights, style: ComposeStyle, plan: Plan, part: Part, bars: tuple[int, int], seed: int, chance: Chance | None = None
) -> Part:
    """The part with bars first..end-1 (0-based) sung anew, heard against what lies before and after; every other note is the same object.

    Raises PromptError for a meter the model does not know, bars outside the song or more than MOST_BARS at once.
    """
    first, end = bars
    meter = meter_name(plan.meter)
    if meter is None:
        raise PromptError(f"the trained composer does not know {plan.meter}; rewrite the whole part with the reference composer")
    if not 0 <= first < end <= plan.bars or end - first > MOST_BARS:
        raise PromptError(f"bars {first + 1}-{end} cannot be rewritten: the song has {plan.bars} bars, and at most {MOST_BARS} go at once")
    ticks = plan.meter.bar_ticks
    start, stop = first * ticks, end * ticks
    kept = tuple(note for note in part.notes if not start <= note.start < stop)
    window, lead, shift = _window(weights, style, plan, kept, (first, end))
    wanted = float(np.mean([told_density(plan, plan.section_at(bar), style.melody) for bar in range(first, end)]))
    rng = np.random.default_rng([seed % 2**32, plan.seed % 2**32, crc32(f"rewrite {first} {end}".encode())])
    lines = draw(weights, window, chance or Chance(), rng)
    best = min(range(len(lines)), key=lambda i: (_cost(lines[i], lead, end - first, window.bar_units, wanted), i))
    events = decode(
        [token for bar in split_bars(lines[best].tokens)[lead : lead + end - first] for token in bar], "melody", METER_UNITS[meter]
    )
    busy = max((note.end for note in kept if note.start < start), default=0)
    level = _level(part, start, stop, plan)
    new = [Note(start + unit * TICKS_PER_UNIT, length * TICKS_PER_UNIT, pitch - shift, level) for unit, pitch, length in events.tolist()]
    new = [note for note in new if note.start >= busy]
    limits = [*(note.start for note in new[1:]), stop][: len(new)]
    new = [replace(note, duration=min(note.duration, limit - note.start)) for note, limit in zip(new, limits, strict=True)]
    return Part(part.role, tuple(sorted([*kept, *new])))


def going_on(style: ComposeStyle) -> Callable[[Plan, Part, tuple[int, int]], Part]:
    """A writer of bars that grow out of the bars before them, in a style; any number of bars, by sixteen at most.

    A meter that the model does not know leaves the part as it is.
    """
    weights = load_weights()

    def write(plan: Plan, part: Part, bars: tuple[int, int]) -> Part:
        if meter_name(plan.meter) is None:
            return part
        for first in range(bars[0], bars[1], MOST_BARS):
            part = rewrite_melody(weights, style, plan, part, (first, min(bars[1], first + MOST_BARS)), plan.seed)
        return part

    return write


def _cost(line: Drawn, lead: int, count: int, bar_units: int, wanted: float) -> float:
    """Bits of the new bars and of the old ones after them, and a penalty for more or fewer notes a quarter than wanted."""
    new = [token for bar in split_bars(line.tokens)[lead : lead + count] for token in bar]
    notes = len(decode(new, "melody", bar_units)) * UNITS_PER_QUARTER / (count * bar_units)
    return line.bits + AHEAD_WEIGHT * line.bits_ahead + off_density(notes, wanted)


def _level(part: Part, start: int, stop: int, plan: Plan) -> int:
    """The velocity of the notes that were there, else of the whole part, else of the plan."""
    here = [note.velocity for note in part.notes if start <= note.start < stop] or [note.velocity for note in part.notes]
    return round(float(np.median(here))) if here else max(1, min(127, round(plan.cues.velocity)))


def _window(weights: Weights, style: ComposeStyle, plan: Plan, kept: tuple[Note, ...], bars: tuple[int, int]) -> tuple[Window, int, int]:
    """What the sampler is given, bars of context before, and semitones to the neutral key."""
    first, end = bars
    begin, last = max(0, first - CONTEXT_BEFORE), min(plan.bars, end + CONTEXT_AFTER)
    place = room(plan, style.melody)
    shift = shift_of(key_at(plan, first * plan.meter.bar_ticks), place.centre)
    stretch = Stretch(plan, style.melody, begin, last, first, end, place, shift, {})
    window = stretch.window(kept, weights.shape.window_bars, sounding=frozenset({first}))
    quiet = _quiet(plan, style, bars, window.bar_units)
    lasts = {bar - begin: round(window.bar_units - rest * UNITS_PER_QUARTER) for bar, rest in quiet.items()}
    paced = _paces(plan, style, window, begin, bars, quiet)
    window = replace(window, paces=paced, last_onsets=lasts)
    if end == plan.bars:
        home = end - 1 - begin
        window = replace(window, home=home, head={home: bar_token(0, 0)}, sounding=window.sounding | {home})
    return window, first - begin, shift


def _quiet(plan: Plan, style: ComposeStyle, bars: tuple[int, int], bar_units: int) -> dict[int, float]:
    """Bar of the song, among those rewritten, with which a phrase comes to rest -> quarters at its end in which no note starts."""
    found: dict[int, float] = {}
    for section in plan.sections:
        for start, rest in Breaths(plan, style.melody).rests(section).items():
            last = section.start_bar + min(start + PHRASE_BARS, section.bars) - 1
            if rest and bars[0] <= last < bars[1]:
                found[last] = rest
    return found | ({plan.bars - 1: bar_units / UNITS_PER_QUARTER} if bars[1] == plan.bars else {})


def _paces(plan: Plan, style: ComposeStyle, window: Window, begin: int, bars: tuple[int, int], quiet: dict[int, float]) -> dict[int, Pace]:
    """Paces of what is rewritten of every phrase, whatever its other bars hold; only where a phrase ends does it come to rest."""
    found: dict[int, Pace] = {}
    first = bars[0]
    while first < bars[1]:
        section = plan.section_at(first)
        stop = min(section.start_bar + section.bars, first + PHRASE_BARS - (first - section.start_bar) % PHRASE_BARS)
        end = min(bars[1], stop)
        wanted = {first - begin: told_density(plan, section, style.melody)}
        rests = {first - begin: quiet.get(end - 1, 0.0)}
        for bar, pace in paces(window.controls, [(first - begin, end - begin)], wanted, rests).items():
            found[bar] = pace if end == stop else replace(pace, last_bar=1.0)
        first = end
    return found
