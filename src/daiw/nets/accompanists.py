"""How players of bass and keys play: how busy and how full, as measured on those that the network learnt from.

Quantiles over phrases of two to four bars in 4/4 in the training split of POP909 (Wang et al. 2020), whose piano is cut into a bass
and the hands above it: 16,730 phrases of the bass, 17,257 of the keys.  Styles that mean something else keep their own figures.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal
from zlib import crc32

import numpy as np

from daiw.music.plan import Plan, Section
from daiw.music.styles.compose import ComposeStyle, by_energy
from daiw.nets.pace import Pace
from daiw.tokens.controls import PHRASE_BARS

Players = Literal["pianists", "guitarists", "theory"]

SHARES = (0.001, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999)
"""Of the phrases, that lie below each number of a table."""

USUAL_BPM, SLOWER = 80.0, 0.7
"""Onsets a quarter fall with the tempo to this power: at twice the tempo players strike three fifths as many."""

QUIETEST, LOUDEST = 0.02, 0.98
"""Share of the players' phrases that are sparser than what an empty section asks for, and a full one."""

MIDDLING = 0.36
"""How much a section asks for that gets the median of the players: so our plans ask for all of what players do, half above, half below."""

BY_ENERGY = 0.75
"""How much of what a section asks for is its energy; the rest is its density."""

DEMANDS = 0.67
"""Standard deviation of what sections of our plans ask for, as places among the players."""

MANNER = 0.4
"""How far songs differ by who plays, on the same scale.  In POP909 they differ as far as phrases do; here what is asked for goes first."""

FULLER = 0.3
"""How far energy moves the notes an onset; in POP909 loud phrases are little fuller."""

REPEATS = (0.0, 0.0, 0.0, 0.0, 0.0, 0.04, 0.07, 0.12, 0.19, 0.36)
"""Share of bars in which hands of the training songs play what they did in one of the four bars before, above the root: tenths of 2,875
stretches."""

BACK = (4, 4, 4, 4, 4, 2, 2, 1, 1, 3)
"""How many bars before that was: tenths of such bars."""

PIANISTS_GROOVES = frozenset(("pop", "ballad", "acoustic", "folk", "dream-pop", "neo-soul", "lofi", "gospel", "country", "rock"))
"""Grooves whose songs a pianist of POP909 could accompany."""

PIANISTS_WAYS: Mapping[str, frozenset[str]] = {
    "bass": frozenset(("roots", "root-fifth", "push")),
    "keys": frozenset(("block", "halves", "quarters", "eighths", "push")),
}
"""Ways of the reference that stand for no more than "chords" and "the bass of the chord": there, pianists decide how it goes."""

GUITARISTS_GROOVES = frozenset(("rock", "metal"))
GUITARISTS_WAYS = frozenset(("eighths", "push", "roots", "root-fifth"))
"""Ways that Freedoom's bass guitars play; straight eighths in every groove of the above."""

EVEN = 1.25
"""A phrase may be so many times busier or sparser than it is asked to be before it is held up or hurried."""

NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Accompanist:
    """One role's players.  densities: onsets a quarter at USUAL_BPM, voices: notes an onset, both at SHARES."""

    densities: tuple[float, ...]
    voices: tuple[float, ...]

    def density(self, share: float, bpm: float) -> float:
        """Onsets a quarter of a phrase that is busier than `share` of theirs at that tempo."""
        return float(np.interp(share, SHARES, self.densities) * (bpm / USUAL_BPM) ** -SLOWER)

    def fullness(self, share: float) -> float:
        """Notes an onset of a phrase that is fuller than `share` of theirs."""
        return float(np.interp(share, SHARES, self.voices))


ACCOMPANISTS: Mapping[str, Accompanist] = {
    "bass": Accompanist((0.10, 0.16, 0.28, 0.45, 0.60, 0.75, 1.03, 1.47, 3.86), (1.0,) * len(SHARES)),
    "keys": Accompanist((0.11, 0.49, 0.99, 1.37, 1.65, 1.94, 2.43, 2.97, 3.86), (1.00, 1.00, 1.04, 1.29, 1.53, 1.83, 2.43, 3.10, 4.00)),
}


def who_plays(role: str, style: ComposeStyle, section: Section) -> Players:
    """Who plays the bass or keys of a section.

    "pianists" play it as they would; "guitarists" play the style's figure.  "theory": the style is known by a figure that nobody who was
    learnt from plays (a walking bass, an arpeggio, a held pad, a skank), so the reference's part stays.
    """
    ways: tuple[str, ...] = style.bass.patterns if role == "bass" else style.chords.patterns
    way = by_energy(ways, section.energy)
    if role == "bass":
        rock = style.groove in GUITARISTS_GROOVES
        if (rock and way in GUITARISTS_WAYS) or (way == "eighths" and style.groove in PIANISTS_GROOVES):
            return "guitarists"
    elif style.chords.voicing == "power":
        return "theory"
    return "pianists" if style.groove in PIANISTS_GROOVES and way in PIANISTS_WAYS[role] else "theory"


def asked_density(role: str, plan: Plan, section: Section, manner: float) -> float:
    """Onsets a quarter: the players' at a section's energy and density and the song's tempo.  manner: the song's, normally distributed."""
    demand = BY_ENERGY * section.energy + (1 - BY_ENERGY) * section.density
    share = float(np.interp(demand, (0.0, MIDDLING, 1.0), (QUIETEST, 0.5, LOUDEST)))
    place = (NORMAL.inv_cdf(share) + MANNER * manner) / (DEMANDS**2 + MANNER**2) ** 0.5
    return ACCOMPANISTS[role].density(NORMAL.cdf(place), plan.timeline.tempos.bpm(0))


def asked_paces(density: float, first: int, count: int, lead: int) -> dict[int, Pace]:
    """Bar of a window -> its phrase's pace, for bars first..first+count-1 of a section, which follow `lead` others in the window."""
    found: dict[int, Pace] = {}
    for start in range(first, first + count, PHRASE_BARS):
        bars = range(start + lead - first, min(start + PHRASE_BARS, first + count) + lead - first)
        found |= dict.fromkeys(bars, Pace(bars.start, bars.stop, density / EVEN, density * EVEN, last_bar=1.0))
    return found


def repeats(role: str, plan: Plan, section: Section, alike: Callable[[int, int], bool]) -> dict[int, int]:
    """Bar of the section -> how many bars back, 1 to 4, the one is that the hands play again there, moved with its chord's root.

    alike: whether two bars have chords of the same kinds at the same places.  None of the bass, which has its own ways.
    """
    if role != "keys":
        return {}
    rng = np.random.default_rng([plan.seed % 2**32, crc32(f"repeats {section.letter} {plan.preset}".encode())])
    wanted = REPEATS[int(rng.integers(len(REPEATS)))] * section.bars
    first = [BACK[int(rng.integers(len(BACK)))] for _ in range(section.bars)]
    could = {
        bar: backs for bar in range(section.bars)
        if (backs := [back for back in (first[bar], *dict.fromkeys(BACK)) if back <= bar and alike(bar, bar - back)])
    }  # fmt: skip
    return {bar: backs[0] for bar, backs in could.items() if rng.random() < wanted / len(could)}


def asked_voices(role: str, section: Section) -> float:
    """Notes an onset, a few more where the section is loud."""
    share = float(np.interp(section.energy, (0.0, MIDDLING, 1.0), (QUIETEST, 0.5, LOUDEST)))
    return ACCOMPANISTS[role].fullness(NORMAL.cdf(FULLER * NORMAL.inv_cdf(share)))
