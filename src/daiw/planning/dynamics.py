"""How loud: velocities that follow the plan's energy, breathe with phrases and lean on the beat."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from daiw.music.plan import Plan
from daiw.music.score import Note, Part
from daiw.music.styles.arrange import ArrangeStyle
from daiw.music.time import TICKS_PER_QUARTER, Meter

Values = NDArray[np.float64]

GHOST_VELOCITY = 50
"""Strokes of a kit softer than this in the score are ghost notes and keep their own level."""

GHOST_SHARE = 0.6
"""A ghost note never rises above this share of the section's level, however soft the section."""

QUIETEST, LOUDEST = 12, 124
LOUDEST_ACCENT = 112.0
"""Where the strongest strokes of the loudest section lie; a part that needs more starts softer instead, so that accents are not cut off."""

VELOCITY_SPREAD = 6.0
"""Standard deviation of a player's levels around his own shaping, in MIDI velocity."""

TUNES = ("melody", "counter", "vocal", "backing", "backing low", "ad-libs")
METRIC_WEIGHT: Mapping[str, float] = {"melody": 0.6, "counter": 0.5, "chords": 0.9, "pad": 0.2, "bass": 0.8, "drums": 0.25, "vocal": 0.4}
PHRASE_WEIGHT: Mapping[str, float] = {"melody": 6.0, "counter": 5.0, "chords": 3.0, "pad": 2.0, "bass": 2.0, "drums": 1.5, "vocal": 5.0}
CUE_SHARE = 0.25
"""How far the emotion's level, rather than the composer's, sets a role's middle."""

TOP_VOICE, INNER_VOICE = 4.0, -4.0
"""How much louder than its lowest note a chord's top sings, and how much softer its middle is."""

BUILD_RISE = 0.25
"""Energy that a build gains from its first tick to its last, around its own."""


@dataclass(frozen=True, slots=True)
class EnergyCurve:
    """The plan's energy at any tick: a step a section, a ramp in builds, a lean into the next section in the last bar."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    entries: tuple[float, ...]
    exits: tuple[float, ...]
    bar_ticks: int
    mean: float

    @classmethod
    def of(cls, plan: Plan) -> "EnergyCurve":
        """The curve of a plan."""
        ticks, sections = plan.meter.bar_ticks, plan.sections
        ramps = [BUILD_RISE / 2 if section.name == "build" else 0.0 for section in sections]
        mean = sum(section.energy * section.bars for section in sections) / max(1, plan.bars)
        return cls(
            tuple(section.start_bar * ticks for section in sections),
            tuple((section.start_bar + section.bars) * ticks for section in sections),
            tuple(section.energy - ramp for section, ramp in zip(sections, ramps, strict=True)),
            tuple(section.energy + ramp for section, ramp in zip(sections, ramps, strict=True)),
            ticks,
            mean,
        )

    def at(self, tick: int) -> float:
        """Energy 0..1 at `tick`."""
        i = max(0, bisect_right(self.starts, tick) - 1)
        share = (tick - self.starts[i]) / max(1, self.ends[i] - self.starts[i])
        energy = self.entries[i] + (self.exits[i] - self.entries[i]) * min(1.0, share)
        if i + 1 < len(self.starts) and self.ends[i] - tick < self.bar_ticks:
            lean = 1.0 - (self.ends[i] - tick) / self.bar_ticks
            energy += 0.25 * lean * max(-0.4, min(0.4, self.entries[i + 1] - energy))
        return min(1.0, max(0.0, energy))

    def section(self, tick: int) -> int:
        """Index of the section that holds `tick`."""
        return max(0, bisect_right(self.starts, tick) - 1)


def loudness_factor(energy: float, mean: float, dynamics_db: float) -> float:
    """Velocity factor for an energy against the song's mean; amplitude goes with velocity squared (DLS and SoundFont curves).

    >>> loudness_factor(1.0, 0.5, 12.0) ** 2 / loudness_factor(0.5, 0.5, 12.0) ** 2  # 6 dB in amplitude
    1.9952623149688797
    """
    return float(10.0 ** (dynamics_db * (energy - mean) / 40.0))


def metric_accent(tick: int, meter: Meter) -> float:
    """Weight of a place in the bar, in velocity: the downbeat strongest, then the middle of the bar, beats, eighths and the rest.

    >>> [metric_accent(tick, Meter(4, 4)) for tick in (0, 480, 960, 240, 120)]
    [7.0, 1.0, 3.0, -3.0, -5.0]
    """
    place = tick % meter.bar_ticks
    if place == 0:
        return 7.0
    beat, rest = divmod(place, meter.beat_ticks)
    if rest == 0:
        return 3.0 if meter.beats % 2 == 0 and beat == meter.beats // 2 else 1.0
    return -3.0 if rest % (meter.beat_ticks // (3 if meter.compound else 2)) == 0 else -5.0


def phrase_places(notes: tuple[Note, ...], rest_ticks: int) -> list[float]:
    """Each note's place 0..1 in its phrase; a phrase ends where nothing sounds for `rest_ticks`."""
    places: list[float] = []
    first, sounding = 0, 0
    for i, note in enumerate(notes):
        if i and note.start - sounding >= rest_ticks:
            places += _places(notes[first:i])
            first = i
        sounding = max(sounding, note.end)
    return places + _places(notes[first:])


def _places(phrase: tuple[Note, ...]) -> list[float]:
    """Places 0..1 from the first start of one phrase to its last."""
    if not phrase:
        return []
    start, length = phrase[0].start, max(1, phrase[-1].start - phrase[0].start)
    return [(note.start - start) / length for note in phrase]


def velocities(part: Part, plan: Plan, style: ArrangeStyle, looseness: float) -> tuple[int, ...]:
    """The velocity of every note of a part, QUIETEST..LOUDEST, in its order.

    The composer's relations inside a section stay; its mean is set by the plan's energy, `dynamics_db` wide.  On top lie metric accent,
    the phrase's arch, the melody's height and a player's spread, but for notes whose player has his own (`Note.late_ms`).
    Ghost notes of a kit are never raised, unless they are such a player's.
    """
    notes = part.notes
    if not notes:
        return ()
    curve = EnergyCurve.of(plan)
    composed = np.array([note.velocity for note in notes], float)
    own = np.array([bool(note.late_ms) for note in notes])
    ghosts = (composed < GHOST_VELOCITY) & ~own if part.role == "drums" else np.zeros(len(notes), bool)
    owner = np.array([curve.section(note.start) for note in notes])
    real = ~ghosts if (~ghosts).any() else np.ones(len(notes), bool)
    base = (1 - CUE_SHARE) * composed[real].mean() + CUE_SHARE * plan.cues.velocity + style.role(part.role).level
    means = np.full(len(curve.starts), composed[real].mean())
    for i in np.unique(owner[real]).tolist():
        means[i] = composed[real & (owner == i)].mean()
    factors = np.array([loudness_factor(curve.at(note.start), curve.mean, style.dynamics_db) for note in notes])
    relations = composed / means[owner]
    level = min(base, LOUDEST_ACCENT / float(np.percentile((factors * relations)[real], 95))) * factors
    shaped = level * relations + np.where(own, 0.0, _shape(part, plan)) * (0.5 + 0.5 * np.minimum(1.2, level / 80.0))
    rng = np.random.default_rng([plan.seed % 2**63, crc32(f"velocity {part.role}".encode())])
    spread = VELOCITY_SPREAD * style.humanize / 0.4 * (0.3 + 1.2 * looseness) * (0.7 if part.role == "drums" else 1.0)
    shaped = shaped + np.where(own, 0.0, np.clip(rng.standard_normal(len(notes)), -2.0, 2.0) * spread)
    shaped = np.clip(np.where(ghosts, np.minimum(composed, GHOST_SHARE * level), shaped), QUIETEST, LOUDEST)
    return tuple(int(value) for value in np.round(shaped))


def _shape(part: Part, plan: Plan) -> Values:
    """Metric accent, phrase arch, melodic height and the weight inside a chord of every note, in velocity."""
    role, notes = part.role, part.notes
    accent = np.array([metric_accent(note.start, plan.meter) for note in notes]) * METRIC_WEIGHT.get(role, 0.5)
    if role in TUNES:
        places = np.array(phrase_places(notes, TICKS_PER_QUARTER))
    else:
        four_bars = 4 * plan.meter.bar_ticks
        places = np.array([(note.start % four_bars) / four_bars for note in notes])
    arch = np.sin(np.pi * np.clip(places, 0.0, 1.0) ** 0.8) - 0.6
    shape = accent + arch * PHRASE_WEIGHT.get(role, 2.0)
    if role in TUNES:
        pitches = np.array([note.pitch for note in notes], float)
        shape = shape + np.clip((pitches - pitches.mean()) * 0.6, -6.0, 6.0)
    elif role in ("chords", "pad"):
        top = np.array([i + 1 == len(notes) or notes[i + 1].start != note.start for i, note in enumerate(notes)])
        low = np.array([i == 0 or notes[i - 1].start != note.start for i, note in enumerate(notes)])
        shape = shape + np.where(top, TOP_VOICE, np.where(low, 0.0, INNER_VOICE))
    return np.asarray(shape)
