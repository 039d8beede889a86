"""Where a line comes to rest: which phrases end before their last bar is over, so that whoever sings it can breathe.

Half of the phrases of real songs come to rest, the others run on into the next.  The network alone runs on too often, and held to a number
of notes it hurries at the end of a phrase what it owes.  So the plan's seed settles it, by the odds of 6,155 phrases of POP909's training
songs and by how many rests a style asks for.
"""

from dataclasses import dataclass
from math import exp, log
from zlib import crc32

import numpy as np

from daiw.music.decision import Decision
from daiw.music.plan import Plan, Section
from daiw.music.styles.compose import MelodyStyle
from daiw.music.time import TICKS_PER_QUARTER
from daiw.nets.composer_sheet import wanted_density
from daiw.tokens.controls import PHRASE_BARS

INSIDE = {"chorus": -0.75, "drop": -0.75, "bridge": -0.95}
"""Log odds that a phrase inside a section comes to rest at MIDDLE_DENSITY; in all other sections, and at the end of any, 0."""

BEFORE_SILENCE = 1.4
"""Log odds at a section's end behind which the line pauses."""

WITH_DENSITY, MIDDLE_DENSITY = -1.5, 1.3
"""Log odds added where the line is e times as busy as MIDDLE_DENSITY, notes a quarter."""

WITH_RESTS, MIDDLE_RESTS = 0.7, 1.25
"""Log odds added where a style asks for e times MIDDLE_RESTS, beats between phrases."""

ALONE = 0.34
"""Share of phrases that the network brings to rest where nobody asks."""

FREEDOM = 1.1
"""Standard deviation of the log odds from song to song."""

LAST_ONSETS = {
    1.1: (0.25, 0.625, 0.875, 1.0, 1.0, 1.0, 1.0, 1.0),
    1.4: (0.375, 0.5, 0.5, 0.8125, 0.875, 1.0, 1.0, 1.0),
    1.8: (0.3125, 0.5, 0.5, 0.5, 0.5, 0.75, 0.875, 1.0),
    9.9: (0.3125, 0.375, 0.5, 0.5, 0.5, 0.5, 0.5, 0.75),
}
"""Notes a quarter, up to which -> how much of a bar before its end the last note of a phrase that comes to rest starts: quantiles."""

SHORTEST = 2
"""Bars of the shortest phrase that is made to rest."""


@dataclass(frozen=True, slots=True)
class Breaths:
    """Where one song's line comes to rest.  style: of its melody."""

    plan: Plan
    style: MelodyStyle

    def rests(self, section: Section) -> dict[int, float]:
        """First bar of every phrase, from the section's start -> quarters at its end, by halves, in which no note starts; 0: it runs on."""
        density = wanted_density(self.plan, section, self.style)
        last_onsets = next(row for most, row in LAST_ONSETS.items() if density < most)
        bar = self.plan.meter.bar_ticks / TICKS_PER_QUARTER
        found = {}
        for first in range(0, section.bars, PHRASE_BARS):
            end = min(first + PHRASE_BARS, section.bars)
            rng = self._chance(f"rest {section.letter} {first}")
            rest, place = rng.random() < self._share(section, end, density), int(rng.integers(len(last_onsets)))
            found[first] = round(2 * bar * last_onsets[place]) / 2 if rest and end - first >= SHORTEST else 0.0
        return found

    def told(self) -> Decision:
        """How many phrases are held to come to rest, and why."""
        ends = [rest for section in self.plan.sections if "melody" in section.roles for rest in self.rests(section).values()]
        because = (
            "Half of the phrases of real songs come to rest before their last bar is over, fewer in choruses and in busy lines; "
            "which ones are held to it here the seed says, others may of themselves."
        )
        made = sum(rest > 0 for rest in ends)
        return Decision("compose", "breath", f"{made} of {len(ends)} phrases come to rest", because, alternatives=("the tune runs on",))

    def _share(self, section: Section, end: int, density: float) -> float:
        """How likely the phrase that ends before bar `end` of the section comes to rest."""
        odds = FREEDOM * float(np.clip(self._chance("rests").normal(), -2.0, 2.0)) + WITH_RESTS * log(
            max(0.25, self.style.rest_beats) / MIDDLE_RESTS
        )
        odds += WITH_DENSITY * log(max(0.3, density) / MIDDLE_DENSITY)
        if end < section.bars:
            odds += INSIDE.get(section.name, 0.0)
        elif self._silent_behind(section):
            odds += BEFORE_SILENCE
        return max(0.0, 1.0 - (1.0 - 1.0 / (1.0 + exp(-odds))) / (1.0 - ALONE))

    def _silent_behind(self, section: Section) -> bool:
        """Whether nobody sings or plays the line behind a section, or the song is over."""
        after = section.start_bar + section.bars
        return after >= self.plan.bars or not {"melody", "vocal"} & set(self.plan.section_at(after).roles)

    def _chance(self, purpose: str) -> np.random.Generator:
        return np.random.default_rng([self.plan.seed % 2**32, crc32(f"{purpose}: {self.plan.key} {self.plan.preset}".encode())])
