"""About a share of a song's notes exchanged for others that could stand there, a bar here and a bar there, returns alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from daiw.composer.reference import WRITERS
from daiw.composer.retake import Retake, retake
from daiw.editing.rewrite import NOBODY, PartWriters, same_music, with_part
from daiw.editing.spans import Bars
from daiw.errors import PromptError
from daiw.music.cells import bar_span, changed_notes, inside, joined
from daiw.music.plan import Plan
from daiw.music.score import Note, Part, Score
from daiw.music.take import Take

ROUNDS = 3
"""How often bars that came out as they were are tried again."""

PHRASE_BARS = 2
"""A tune is changed by this many bars at once: single bars of another tune do not make one."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is exchanged together: the same music in every return of its section.  bars: the first of them is written, the rest echo."""

    role: str
    bars: tuple[Bars, ...]


def varied(take: Take, amount: float, roles: Sequence[str], spans: Sequence[Bars], seed: int, writers: PartWriters = NOBODY) -> Score:
    """The take's score with about `amount` (0..1) of the notes changed that are unlocked, in `roles` and inside `spans`.

    writers: networks that write a phrase of their part anew, hearing both sides; other parts get bars of another take by the reference.
    Each unit is exchanged whole, in an order drawn from the seed, while that brings the share nearer to the amount.
    Raises PromptError where everything there is locked or rests.
    """
    units = [
        unit
        for role in roles
        if role in WRITERS
        for unit in units_of(take, role, spans, PHRASE_BARS if role in {"melody", *writers} else 1)
    ]
    total = sum(len(_notes(take.score, unit.role, bars, take.plan)) for unit in units for bars in unit.bars)
    if total == 0:
        raise PromptError("nothing to vary: what was asked for is locked, or rests there")
    rng = np.random.default_rng([seed % 2**32, crc32(b"vary")])
    order = [units[int(i)] for i in rng.permutation(len(units))]
    score, changed, settled = take.score, 0, set[Unit]()
    for attempt in range(ROUNDS):
        alternatives = _alternatives(take, seed + 7919 * attempt, {unit.role for unit in order} - ({"melody"} & writers.keys()))
        for unit in (unit for unit in order if unit not in settled):
            tried = _exchanged(replace(take, score=score), unit, alternatives, writers, seed + attempt)
            more = _differences(take.score, tried, unit.role) - _differences(take.score, score, unit.role)
            if more > 0 and abs(changed + more - amount * total) <= abs(changed - amount * total):
                score, changed = tried, changed + more
                settled.add(unit)
            if changed >= amount * total:
                return score
    return score


def units_of(take: Take, role: str, spans: Sequence[Bars], length: int) -> Iterator[Unit]:
    """The unlocked stretches of `length` bars of a part, those that are the same music in sections of one letter joined."""
    plan, part = take.plan, take.score.part(role)
    seen: list[tuple[tuple[str, int], Bars]] = []
    groups: dict[Bars, list[Bars]] = {}
    for section in plan.sections:
        for offset in range(0, section.bars, length):
            first = section.start_bar + offset
            bars = (first, min(first + length, section.start_bar + section.bars))
            free = all(not take.locked(role, bar) and any(a <= bar < b for a, b in spans) for bar in range(*bars))
            if not free or not inside(part.notes, bar_span(bars, plan.meter.bar_ticks)):
                continue
            place = (section.letter, offset)
            model = next((old for where, old in seen if where == place and _alike(part, old, bars, plan)), None)
            if model is None:
                seen.append((place, bars))
                groups[bars] = [bars]
            else:
                groups[model].append(bars)
    return (Unit(role, tuple(group)) for group in groups.values())


def _alike(part: Part, one: Bars, other: Bars, plan: Plan) -> bool:
    """Whether two stretches are the same music, perhaps transposed."""
    ticks = plan.meter.bar_ticks
    a, b = inside(part.notes, bar_span(one, ticks)), inside(part.notes, bar_span(other, ticks))
    return same_music(a, b) is not None


def _alternatives(take: Take, seed: int, roles: set[str]) -> dict[str, Part]:
    """Another take of each part over the whole song, where there is one."""
    found = {}
    for role in sorted(roles):
        part = take.score.part(role)
        others = tuple(other for other in take.score.parts if other.role != role)
        try:
            found[role] = retake(Retake(take.plan, take.preset.compose, role, (0, take.plan.bars), seed), part, others)
        except PromptError:  # this style leaves no second way to play it
            continue
    return found


def _exchanged(take: Take, unit: Unit, alternatives: dict[str, Part], writers: PartWriters, seed: int) -> Score:
    """The score with a unit exchanged, in every return."""
    part, plan = take.score.part(unit.role), take.plan
    ticks, model = plan.meter.bar_ticks, unit.bars[0]
    before = inside(part.notes, bar_span(model, ticks))
    trained = writers[unit.role](take, part, model, seed) if unit.role in writers else None
    if trained is not None:
        part = trained
    elif unit.role in alternatives:
        part = joined(part, inside(alternatives[unit.role].notes, bar_span(model, ticks)), bar_span(model, ticks))
    new = inside(part.notes, bar_span(model, ticks))
    for bars in unit.bars[1:]:
        shift = same_music(before, inside(part.notes, bar_span(bars, ticks)))
        move = (bars[0] - model[0]) * ticks
        if shift is not None:
            part = joined(part, [_moved(note, move, shift) for note in new], bar_span(bars, ticks))
    return with_part(take.score, part)


def _moved(note: Note, ticks: int, semitones: int) -> Note:
    return replace(note, start=note.start + ticks, pitch=note.pitch + semitones)


def _notes(score: Score, role: str, bars: Bars, plan: Plan) -> tuple[Note, ...]:
    return inside(score.part(role).notes, bar_span(bars, plan.meter.bar_ticks))


def _differences(old: Score, new: Score, role: str) -> int:
    """Notes of a part that are not as before."""
    return changed_notes(old.part(role).notes, new.part(role).notes)
