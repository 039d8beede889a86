"""The lines of a section at their places: every syllable's onset, found line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daiw.music.lyrics import SungLine
from daiw.music.plan import Plan, Section
from daiw.music.rules import amount_of
from daiw.music.time import TICKS_PER_QUARTER
from daiw.verse.placing import Ground, Placed, place
from daiw.verse.sections import least_ticks, line_spans

PICKUP = 3 * TICKS_PER_QUARTER // 4
"""Ticks before its stretch that a line may begin with light syllables."""

LEAST_BREATH = TICKS_PER_QUARTER // 2
"""Ticks of silence that such syllables leave after whatever was sung before."""


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line, its rhythm, and the stretch it was given: ticks of the song, `end` the first that belongs to others."""

    line: SungLine
    placed: Placed
    start: int
    end: int


def lines_of(plan: Plan, section: Section) -> tuple[SungLine, ...]:
    """The lines sung in a section."""
    if "vocal" not in section.roles:
        return ()
    index = next(i for i, other in enumerate(plan.sections) if other.start_bar == section.start_bar)
    return tuple(line for line in plan.words if line.section == index)


def breath_ticks(plan: Plan, section: Section, rest_beats: float) -> int:
    """Silence at the end of a phrase in ticks, in whole eighths.  rest_beats: the style's."""
    beats = rest_beats * (1.3 - 0.6 * section.density)
    return int(min(plan.meter.bar_ticks // 2, round(beats * 2) * (TICKS_PER_QUARTER // 2)))


def placed_lines(
    plan: Plan, section: Section, lines: Sequence[SungLine], *, free_from: int, breath: int, tune: Mapping[int, float], syncopation: float
) -> list[PlacedLine]:
    """Every line's rhythm.

    free_from: the tick from which nobody else sings.  breath: ticks of silence wanted after a line.  tune, syncopation: as in
    `placing.Ground`.  Raises PromptError where the words do not fit.
    """
    meter, first = plan.meter, section.start_bar * plan.meter.bar_ticks
    bpm = plan.timeline.tempos.bpm(first)
    free, result = free_from, list[PlacedLine]()
    pause = TICKS_PER_QUARTER // 2 * round(2 * amount_of(plan.breaks, "BreathPauses"))
    for index, (line, (start, end)) in enumerate(zip(lines, line_spans(lines, section.bars, meter, bpm), strict=True)):
        start, end = first + start, first + end
        pickup = max(0, min(PICKUP, start - free - LEAST_BREATH))
        if pause and index == 0 and least_ticks(len(line.syllables), bpm) <= end - start - pause:
            start, pickup = start + pause, 0
        placed = place(line.syllables, Ground(start, end, meter, bpm, pickup, max(TICKS_PER_QUARTER, breath), tune, syncopation))
        free = placed.end
        result.append(PlacedLine(line, placed, start, end))
    return result
