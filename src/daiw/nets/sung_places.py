"""Where the words of a song go: the network's sketch of every section, and the places that suit both it and the words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from daiw.music.decision import Decision
from daiw.music.lyrics import SungLine
from daiw.music.plan import Plan, Section
from daiw.music.room import voice_room
from daiw.music.score import Note
from daiw.music.styles.compose import MelodyStyle
from daiw.music.time import TICKS_PER_QUARTER
from daiw.nets.composer_sheet import section_controls
from daiw.nets.lead_line import Line
from daiw.nets.writers import Lead
from daiw.tokens.controls import COLUMN, bin_of
from daiw.verse.section_lines import PlacedLine, breath_ticks, lines_of, placed_lines

SKETCHED, REMEMBERED = 0.8, 1.0
"""How much an onset of the sketch, and one of the tune that returns, draws a syllable."""


class Sketch(Line):
    """The song's tune as the network would play it in the voice's room; sections with words are as dense as their words."""

    def __init__(self, composer: Lead, plan: Plan) -> None:
        super().__init__(composer, plan)
        if plan.voice is None:
            raise ValueError("nobody sings in this plan")
        self.place = voice_room(plan, plan.voice)

    def section(self, section: Section) -> list[Note]:
        """The notes of one section."""
        return self._section(section)

    def _controls(self, section: Section, shift: int) -> NDArray[np.int64]:
        rows = section_controls(self.plan, section, self.own, self.meter, shift, self.place)
        if lines_of(self.plan, section):
            rows[:, COLUMN["density"]] = bin_of("density", self._density(section))
        return rows

    def _density(self, section: Section) -> float:
        syllables = sum(len(line.syllables) for line in lines_of(self.plan, section))
        return syllables * TICKS_PER_QUARTER / (section.bars * self.bar_ticks) if syllables else super()._density(section)

    def _spared(self, section: Section, because: str) -> list[Note]:
        """As the fallback would sing it, without its words."""
        if "vocal" not in section.roles:
            return super()._spared(section, because)
        self._spare = self._spare or self.composer.fallback.write(self.plan, "vocal", ())
        start, end = section.start_bar * self.bar_ticks, (section.start_bar + section.bars) * self.bar_ticks
        self.decisions.append(Decision("compose", f"melody of bar {section.start_bar + 1}", "reference composer", because))
        return [replace(note, lyric="", phonemes=()) for note in self._spare.notes if start <= note.start < end]


def all_placed(plan: Plan, style: MelodyStyle, free: Mapping[int, Sequence[Note]]) -> dict[int, list[PlacedLine]]:
    """First bar of every section with words -> its lines at their places."""
    result: dict[int, list[PlacedLine]] = {}
    first: dict[str, tuple[Section, list[PlacedLine]]] = {}
    busy = 0
    for section in plan.sections:
        lines = lines_of(plan, section)
        if not lines:
            continue
        known = first.get(section.letter)
        placed = _moved(*known, section, lines, busy, plan.meter.bar_ticks) if known else None
        if placed is None:
            sketched = dict.fromkeys((note.start for note in free[section.start_bar]), SKETCHED)
            tune = _tune_of(*known, section, plan.meter.bar_ticks) if known else sketched
            placed = placed_lines(
                plan, section, lines, free_from=busy, breath=breath_ticks(plan, section, style.rest_beats), tune=tune,
                syncopation=style.syncopation,
            )  # fmt: skip
        first.setdefault(section.letter, (section, placed))
        result[section.start_bar] = placed
        busy = placed[-1].placed.end
    return result


def _moved(
    first: Section, placed: list[PlacedLine], section: Section, lines: Sequence[SungLine], busy: int, bar_ticks: int
) -> list[PlacedLine] | None:
    """The lines of an earlier section at the places of a later one; None where other words are sung there or another line is in the way."""
    by = (section.start_bar - first.start_bar) * bar_ticks
    same = section.bars == first.bars and [line.syllables for line in lines] == [each.line.syllables for each in placed]
    if not same or placed[0].placed.onsets[0] + by < busy:
        return None
    return [
        PlacedLine(
            each.line, replace(each.placed, onsets=tuple(onset + by for onset in each.placed.onsets), end=each.placed.end + by),
            each.start + by, each.end + by,
        )
        for each in placed
    ]  # fmt: skip


def _tune_of(first: Section, lines: Sequence[PlacedLine], section: Section, bar_ticks: int) -> dict[int, float]:
    """The onsets of a letter's first words where the letter returns, going round where it is longer."""
    start, lap = section.start_bar * bar_ticks, first.bars * bar_ticks
    onsets = [onset - first.start_bar * bar_ticks for each in lines for onset in each.placed.onsets]
    return {start + onset + i * lap: REMEMBERED for i in range(-(-section.bars // first.bars)) for onset in onsets}
