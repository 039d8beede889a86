"""Rows of tokens as notes of the song: levels within their bins, timing in milliseconds, lengths that respect harmony and hi-hat."""

from bisect import bisect_right

import numpy as np

from daiw.music.drum_patterns import KIT
from daiw.music.plan import Plan, Section
from daiw.music.score import Note
from daiw.nets.band_rules import LONG_UNITS
from daiw.nets.band_sheet import chance_of
from daiw.tokens.grid import TICKS_PER_UNIT
from daiw.tokens.onsets import VOICE, Played
from daiw.tokens.vocab import KIT_VOICES, STRENGTH_EDGES, TIMINGS_MS

STROKE_TICKS = 60
RING_TICKS = {"crash": 1920, "open hat": 240, "ride": 240, "ride bell": 240}
"""How long a voice rings in the score, as the reference writes it; other strokes last a thirty-second."""

CHOKES = (VOICE["closed hat"], VOICE["pedal hat"], VOICE["open hat"])
SPREAD = 3
"""A level of bass or keys stands for velocities so far to either side."""

SOFTEST, LOUDEST = 8, 127


def kit_notes(rows: Played, plan: Plan, section: Section) -> list[Note]:
    """Strokes as notes, each late by the drummer's own milliseconds."""
    start = section.start_bar * plan.meter.bar_ticks
    rng = chance_of(plan, f"strokes {section.start_bar}")
    following: dict[int, int] = {}
    notes = []
    step = (TIMINGS_MS[1] - TIMINGS_MS[0]) / 2
    for unit, voice, velocity, ms in reversed(rows.tolist()):
        tick = start + unit * TICKS_PER_UNIT
        length = RING_TICKS.get(KIT_VOICES[voice], STROKE_TICKS)
        choking = CHOKES if voice == VOICE["open hat"] else (voice,)
        ends = [following[one] for one in choking if following.get(one, 0) > tick]
        length = min([length, *(end - tick for end in ends)])
        late = float(np.round(ms + rng.uniform(-step, step), 1))
        notes.append(Note(tick, max(1, length), KIT[KIT_VOICES[voice]], within_strength(velocity, rng), late_ms=(late,)))
        following[voice] = tick
    return notes[::-1]


def within_strength(velocity: int, rng: np.random.Generator) -> int:
    """Any velocity of the strength that `velocity` stands for."""
    edges = (SOFTEST, *STRENGTH_EDGES, LOUDEST + 1)
    i = bisect_right(STRENGTH_EDGES, velocity)
    return int(rng.integers(max(1, edges[i]), edges[i + 1]))


def pitched_notes(
    rows: Played, plan: Plan, section: Section, shift: int, level: float, role: str, tune: tuple[Note, ...] = ()
) -> list[Note]:
    """Bass or keys as notes around a level; a note outside the harmony that follows ends with its own, and before a clash with the tune."""
    ticks = plan.meter.bar_ticks
    start, end = section.start_bar * ticks, (section.start_bar + section.bars) * ticks
    rng = chance_of(plan, f"levels {role} {section.start_bar}")
    long = [(note.start, note.pitch) for note in tune if note.duration >= LONG_UNITS * TICKS_PER_UNIT]
    notes = []
    for unit, pitch, length, deviation in rows.tolist():
        tick, sounding = start + unit * TICKS_PER_UNIT, pitch - shift
        stop = min(tick + length * TICKS_PER_UNIT, end)
        stop = min(stop, _harmony_end(plan, tick, stop, sounding % 12))
        stop = min([stop, *(start for start, clashing in long if tick < start < stop and abs(clashing - sounding) == 1)])
        velocity = round(level + deviation + rng.integers(-SPREAD, SPREAD + 1))
        notes.append(Note(tick, max(1, stop - tick), sounding, max(SOFTEST, min(LOUDEST, velocity))))
    return notes


def _harmony_end(plan: Plan, tick: int, stop: int, pitch_class: int) -> int:
    """The tick at which a note that sounds from `tick` would leave the harmony, `stop` where it never does."""
    own = plan.chord_at(tick)
    for span in plan.harmony:
        if tick < span.start < stop and span.chord != own.chord and pitch_class not in span.chord.pitch_classes:
            return span.start
    return stop
