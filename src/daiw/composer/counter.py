"""The counter line: it moves where the tune rests or holds, and sings guide tones under it where it does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from daiw.composer.chords import clip_velocity, generator, section_velocity, split_at_chords
from daiw.composer.line import Slot, Taste, sing
from daiw.composer.pulse import QUARTER, SIXTEENTH, pulse_starts, weight
from daiw.composer.rhythm import read
from daiw.music.plan import Plan, Section
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle, CounterStyle

EIGHTH = QUARTER // 2
FULL_ENERGY = 0.55
HELD = 3 * EIGHTH
"""A melody note this long leaves room after its first quarter."""

FIGURES = ("x-x-x---", "x-x-x-x-", "x-xxx---", "x--xx---", "x---x-x-", "xxx-x---")
CALM_FIGURES = ("x---x---", "x-x-x---", "x---x-x-")
"""Answers, as rhythm: x onset, - hold, one 16th each; cut to the room there is."""


@dataclass(frozen=True, slots=True)
class _Voice:
    """What a section's counter line knows.  centre: MIDI.  figure: its rhythm.  rise: 1 upwards, -1 downwards."""

    plan: Plan
    section: Section
    melody: tuple[Note, ...]
    centre: float
    figure: str
    rise: int

    def target(self, start: int, end: int) -> float:
        """A pitch that leans away from the melody: low where it is high."""
        heard = [note.pitch for note in self.melody if note.start < end and note.end > start]
        mean = np.mean([note.pitch for note in self.melody]) if self.melody else 0.0
        return self.centre - 0.6 * (float(np.mean(heard)) - float(mean)) if heard else self.centre + 2.0


def write_counter(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `counter`; without a melody before it, it plays its figure and guide tones in turn."""
    own = style.counter
    melody = tuple(sorted(note for part in earlier if part.role in ("melody", "vocal") for note in part.notes))
    notes: list[Note] = []
    before: tuple[int, ...] = ()
    for section in plan.sections:
        if "counter" not in section.roles:
            continue
        rng = generator(plan, f"counter {section.letter}")
        figures = FIGURES if section.density >= 0.4 else CALM_FIGURES
        first, last = _bounds(plan, section)
        near = tuple(note for note in melody if note.start < last and note.end > first)
        centre = _centre(own, near) + 3 * (section.energy - 0.5)
        voice = _Voice(plan, section, near, centre, figures[int(rng.integers(len(figures)))], 1 if rng.random() < 0.5 else -1)
        slots = _slots(voice, own)
        taste = Taste(own.low, own.high, 0.35, 0.0, style.melody.pentatonic, plan.cues.dissonance * 0.6, 0.2)
        pitches, _ = sing(plan, slots, taste, before, rng, against=near)
        before = pitches[-1:] or before
        level = section_velocity(own.velocity, section.energy, plan)
        for slot, pitch in zip(slots, pitches, strict=True):
            loud = level + 2 * weight(plan.meter, slot.start) + (4 if slot.duration <= QUARTER else 0)
            notes.append(Note(slot.start, slot.duration, pitch, clip_velocity(loud)))
    return Part("counter", tuple(sorted(notes)))


def _centre(own: CounterStyle, melody: tuple[Note, ...]) -> float:
    """A fourth above the tune for a line that only answers, a sixth below it for one that also sings with it, inside the window."""
    if not melody:
        return (own.low + own.high) / 2
    mean = float(np.mean([note.pitch for note in melody]))
    return min(max(mean + (5 if own.manner == "answer" else -8), own.low + 4), own.high - 4)


def _bounds(plan: Plan, section: Section) -> tuple[int, int]:
    """First tick of a section and the tick after its last."""
    start = section.start_bar * plan.meter.bar_ticks
    return start, start + section.bars * plan.meter.bar_ticks


def _openings(voice: _Voice) -> list[tuple[int, int]]:
    """Stretches in which the melody is silent, or holds a long note, for a quarter or more."""
    start, end = _bounds(voice.plan, voice.section)
    place, found = start, []
    for note in voice.melody:
        if note.start - place >= QUARTER:
            found.append((place, note.start))
        place = max(place, note.end)
        if note.duration >= HELD:
            place = max(start, note.start + QUARTER)
    if end - place >= QUARTER:
        found.append((place, end))
    return found


def _slots(voice: _Voice, own: CounterStyle) -> tuple[Slot, ...]:
    """Rhythm and contour of the line: answers in the openings, guide tones elsewhere as the manner asks."""
    plan, section = voice.plan, voice.section
    bar = plan.meter.bar_ticks
    guide = own.manner == "guide" or (own.manner == "both" and section.energy >= FULL_ENERGY)
    answer = own.manner in ("answer", "both")
    openings = _openings(voice)
    slots: list[Slot] = []
    silent = 0
    for index in range(section.bars):
        start = (section.start_bar + index) * bar
        inside = [(max(a, start), min(b, start + bar)) for a, b in openings if a < start + bar and b > start]
        longest = max(inside, key=lambda gap: (gap[1] - gap[0], -gap[0]), default=(start, start))
        made: list[Slot] = []
        if answer and longest[1] - longest[0] >= QUARTER and (longest[1] - longest[0] < bar or index % 2 == 0):
            made = _figure(voice, longest, index)
            if guide and longest[0] - start >= QUARTER:
                made = _guides(voice, start, longest[0], index) + made
        elif guide or silent >= 1 or index == section.bars - 1:
            made = _guides(voice, start, start + bar, index)
        silent = 0 if made else silent + 1
        slots += made
    return tuple(_in_order(slots))


def _figure(voice: _Voice, room: tuple[int, int], index: int) -> list[Slot]:
    """The section's figure, cut to the room; it rises and falls in turn and lands on its last note."""
    start = -(-room[0] // EIGHTH) * EIGHTH
    onsets = [start + offset for offset, _ in read(voice.figure) if start + offset + SIXTEENTH <= room[1]]
    rise = voice.rise if index % 4 < 2 else -voice.rise
    slots = []
    for i, begin in enumerate(onsets):
        limit = onsets[i + 1] if i + 1 < len(onsets) else min(room[1], begin + 2 * QUARTER)
        slots.append(Slot(begin, limit - begin, 1000 + index, rise * i, voice.target(*room) + 1.7 * rise * i))
    return slots


def _guides(voice: _Voice, start: int, end: int, index: int) -> list[Slot]:
    """Long notes, one for each chord; every other bar of a single chord moves on its middle pulse, loud ones on a later pulse too."""
    plan = voice.plan
    pieces = [(a, b) for a, b, _ in split_at_chords(plan, start, end)]
    pulses = pulse_starts(plan.meter)
    if len(pieces) == 1 and len(pulses) > 2 and index % 2 == 1:
        bar = start - start % plan.meter.bar_ticks
        later = [pulses[len(pulses) // 2]] + ([pulses[-1]] if voice.section.energy >= 0.75 else [])
        cuts = sorted({start, *(bar + offset for offset in later if start < bar + offset < end), end})
        pieces = list(pairwise(cuts))
    return [Slot(a, b - a, 2000 + 10 * index + i, 0, voice.target(a, b)) for i, (a, b) in enumerate(pieces)]


def _in_order(slots: Iterable[Slot]) -> list[Slot]:
    """Sorted by start; no two at once."""
    return [slot for _, slot in sorted({slot.start: slot for slot in slots}.items())]
