"""The song as a whole: bars in which nothing sounds, roles that stay away, sections that return or differ."""

from collections.abc import Sequence

from daiw.measure.melody import key_at, longest_gap
from daiw.music.plan import Plan, Section
from daiw.music.score import Note, Score


def bounds(plan: Plan, section: Section) -> tuple[int, int]:
    """First tick of a section and the tick after its last."""
    start = section.start_bar * plan.meter.bar_ticks
    return start, start + section.bars * plan.meter.bar_ticks


def notes_in(notes: Sequence[Note], plan: Plan, section: Section) -> tuple[Note, ...]:
    """The notes that start within a section."""
    start, end = bounds(plan, section)
    return tuple(note for note in notes if start <= note.start < end)


def dead_bars(score: Score, plan: Plan) -> tuple[int, ...]:
    """0-based bars in which no part sounds at all."""
    bar = plan.meter.bar_ticks
    alive = {index for part in score.parts for note in part.notes for index in range(note.start // bar, (note.end - 1) // bar + 1)}
    return tuple(index for index in range(plan.bars) if index not in alive)


def absent_roles(score: Score, plan: Plan, bars: int = 4) -> tuple[tuple[str, int], ...]:
    """(role, first bar) of every group of `bars` bars of a section that lists a role which does not sound there."""
    absent = []
    for part in score.parts:
        for section in plan.sections:
            if part.role not in section.roles:
                continue
            for first in range(section.start_bar, section.start_bar + section.bars, bars):
                last = min(first + bars, section.start_bar + section.bars)
                start, end = first * plan.meter.bar_ticks, last * plan.meter.bar_ticks
                if longest_gap(part.notes, start, end) >= end - start:
                    absent.append((part.role, first))
    return tuple(absent)


def intruders(score: Score, plan: Plan) -> tuple[tuple[str, int], ...]:
    """(role, tick) of every note that starts in a section which does not list its role."""
    bar = plan.meter.bar_ticks
    return tuple(
        (part.role, note.start) for part in score.parts for note in part.notes if part.role not in plan.section_at(note.start // bar).roles
    )


def section_similarity(notes: Sequence[Note], plan: Plan, first: Section, second: Section) -> float:
    """How much of a section returns in another, over the bars of the shorter one.

    F1 of (onset within the section, pitch class above the key's tonic), 0..1; 1 if both are empty.
    """
    return _f1(*_fingerprints(notes, plan, (first, second), True))


def rhythm_similarity(notes: Sequence[Note], plan: Plan, first: Section, second: Section) -> float:
    """The same for onsets alone."""
    return _f1(*_fingerprints(notes, plan, (first, second), False))


def _fingerprints(notes: Sequence[Note], plan: Plan, sections: tuple[Section, Section], pitched: bool) -> list[set[tuple[int, int]]]:
    """Onsets, with pitch classes above the tonic where `pitched`, over the length that both sections have."""
    length = min(section.bars for section in sections) * plan.meter.bar_ticks
    result = []
    for section in sections:
        start, _ = bounds(plan, section)
        tonic = key_at(plan, start).tonic.number
        inside = [note for note in notes if start <= note.start < start + length]
        result.append({(note.start - start, (note.pitch - tonic) % 12 if pitched else 0) for note in inside})
    return result


def _f1(one: set[tuple[int, int]], other: set[tuple[int, int]]) -> float:
    """Twice the shared items over all items."""
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 1.0
