"""A plan as the model sees it: neutral key, grid, chord classes and controls; and the model's line as notes of the song."""

from collections.abc import Sequence
from dataclasses import replace
from math import log
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from daiw.music.pitch import Key
from daiw.music.plan import Plan, Section
from daiw.music.room import Room
from daiw.music.score import Note
from daiw.music.styles.compose import MelodyStyle
from daiw.music.time import Meter
from daiw.tokens.codec import restate
from daiw.tokens.controls import COLUMN, CONTROLS, EDGES, PHRASE_BARS, bin_of, degree
from daiw.tokens.grid import METER_UNITS, METERS, TICKS_PER_UNIT, snap_onset
from daiw.tokens.sheet import SECTION_KINDS, STYLES, Events
from daiw.tokens.vocab import PITCH_HIGH, PITCH_LOW, chord_class

KIND_OF_SECTION = {"verse": "verse", "pre-chorus": "verse", "chorus": "chorus", "drop": "chorus", "bridge": "bridge", "solo": "later"}
"""Sections of ours -> the corpus's phrase classes; in intros and outros its melodies are silent, so ours are "not told"."""

STYLE_OF_PRESET = {"jazz": "openewld", "waltz": "lieder"}
MIDDLE = 70
"""Where the corpus's melodies lie in the neutral key, MIDI."""


LIFT = {"chorus": 1.5, "drop": 1.5, "bridge": 0.5, "verse": -1.5, "intro": -1.0, "outro": -2.0}
"""Semitones by which a section's line lies over the song's."""

BARE, FULLER, MOVED = 0.45, 0.85, 0.65
"""Of a style's density: what the emptiest section has, and what a full section and a lively feeling add."""

OFF_BEAT, WITH_DENSITY, WITH_TEMPO = 0.39, 0.086, -0.31
"""Share of notes off the beat in POP909's training songs (13,847 phrases, R2 .43): at 90 beats a minute, for each note a quarter, and
where the tempo is e times as fast; the slower the beat, the finer it is divided."""

MIDDLE_SYNCOPATION, WITH_SYNCOPATION = 0.3, 0.55
"""The syncopation of a style that is off the beat as those songs are, and how much more of it moves the share."""

LEAP = 1.85
"""Mean step in semitones of a style without leaps; styles of common leapiness (.3) have what real songs have with it (2.37)."""

MADE_UP = 1.07
"""Where two notes a quarter are wanted at a common tempo fewer come, as real songs have none such; all others make up for them."""

LIES_AT_OF_FOUR, SPREAD = (-0.6, -0.4, 0.9, 0.1), 1.8
"""Semitones by which a phrase lies over its section in POP909's training songs: in the mean of sections of four phrases, and how
much that differs."""

UNEVEN = ("density", "leap", "offbeat")
"""Controls that move by at most a bin from one phrase to the next, as they do in real songs."""


def meter_name(meter: Meter) -> str | None:
    """The grid's name of a meter; None where the model knows none."""
    name = {"2/2": "4/4"}.get(str(meter), str(meter))
    return name if name in METER_UNITS else None


def key_at(plan: Plan, tick: int) -> Key:
    """The key in force at `tick`."""
    return [plan.key, *(key for start, key in plan.timeline.keys if start <= tick)][-1]


def room(plan: Plan, style: MelodyStyle) -> Room:
    """At most a twelfth around the feeling's register, inside the style's range, with headroom for keys that rise."""
    rises = max([0, *((key.tonic.number - plan.key.tonic.number + 6) % 12 - 6 for _, key in plan.timeline.keys)])
    half = 8.0 + 3.0 * style.leapiness
    high = max(style.range_low + 14, style.range_high - rises)
    centre = min(max(plan.cues.register, style.range_low + half - 1), max(style.range_low + half - 1, high - half + 1))
    low = max(style.range_low, round(centre - half))
    return Room(low, min(high, low + 19, round(centre + half)), centre)


def shift_of(key: Key, centre: float) -> int:
    """Semitones that bring `key` to no sharps or flats and a line around `centre` to where the corpus's lies."""
    shift = (-7 * key.signature) % 12
    return min((shift + 12 * octave for octave in range(-3, 4)), key=lambda s: (abs(centre + s - MIDDLE), s))


def section_chords(plan: Plan, section: Section, meter: str, shift: int) -> Events:
    """The section's chords, from unit 0, re-stated at every bar, in the neutral key; one bar of what follows included."""
    start = section.start_bar * plan.meter.bar_ticks
    units = METER_UNITS[meter]
    rows: dict[int, tuple[int, int]] = {}
    for span in plan.harmony:
        if span.start + span.duration <= start:
            continue
        unit = max(0, snap_onset((span.start - start) / TICKS_PER_UNIT))
        if unit < (section.bars + 1) * units:
            rows[unit] = ((span.chord.root.number + shift) % 12, chord_class(span.chord.quality))
    found = np.array([(unit, *rows[unit]) for unit in sorted(rows)], np.int32).reshape(-1, 3)
    return restate(found, section.bars + 1, units)


def wanted_density(plan: Plan, section: Section, style: MelodyStyle) -> float:
    """Notes a quarter: the style's, moved by section and feeling as the reference composer moves them, fewer where the tempo is fast.

    Read so, plans of all styles ask for what phrases of the training songs hold, both in the mean (1.26) and in spread.
    """
    middle = style.density * _at_tempo(plan.timeline.tempos.bpm(0))
    return float(min(3.0, middle * (BARE + FULLER * section.density + MOVED * plan.cues.density)))


def told_density(plan: Plan, section: Section, style: MelodyStyle) -> float:
    """Notes a quarter that the network is told and held to, so that the song has in the mean what its sections want."""
    return MADE_UP * wanted_density(plan, section, style)


def asking_density(notes_a_quarter: float, style_density: float, bpm: float, feeling: float) -> float:
    """The section density, 0..1, by which a plan asks for so many notes: `wanted_density` backwards.  feeling: cues.density."""
    return min(1.0, max(0.0, (notes_a_quarter / (style_density * _at_tempo(bpm)) - BARE - MOVED * feeling) / FULLER))


def wanted_offbeat(plan: Plan, section: Section, style: MelodyStyle) -> float:
    """Share of notes off the beat that the section wants: what real songs of its density and tempo have, moved by the style."""
    usual = OFF_BEAT + WITH_DENSITY * wanted_density(plan, section, style) + WITH_TEMPO * log(plan.timeline.tempos.bpm(0) / 90.0)
    return min(1.0, max(0.0, usual + WITH_SYNCOPATION * (style.syncopation - MIDDLE_SYNCOPATION)))


def _at_tempo(bpm: float) -> float:
    return float((95.0 / max(40.0, bpm)) ** 0.45)


def section_controls(
    plan: Plan, section: Section, style: MelodyStyle, meter: str, shift: int, place: Room | None = None
) -> NDArray[np.int64]:
    """(section.bars, len(CONTROLS)) for every bar of the section.  place: where the line lives, by default as the feeling asks."""
    rows = np.zeros((section.bars, len(CONTROLS)), np.int64)
    place = place or room(plan, style)
    lift = LIFT.get(section.name, 0.0)
    columns = {
        "meter": METERS.index(meter) + 1,
        "kind": SECTION_KINDS.index(KIND_OF_SECTION.get(section.name, "unknown")),
        "style": STYLES.index(STYLE_OF_PRESET.get(plan.preset, "pop909")) + 1,
        "minor": 2 if key_at(plan, section.start_bar * plan.meter.bar_ticks).minor_third else 1,
        "tempo": bin_of("tempo", plan.timeline.tempos.bpm(0)),
        "density": max(2, bin_of("density", told_density(plan, section, style))),
        "leap": bin_of("leap", LEAP + 2.0 * style.leapiness),
        "offbeat": bin_of("offbeat", wanted_offbeat(plan, section, style)),
        "valence": degree(section.emotion.valence),
        "arousal": degree(section.emotion.arousal),
        "dominance": degree(section.emotion.dominance),
    }
    for name, value in columns.items():
        rows[:, COLUMN[name]] = value
    for first in range(0, section.bars, PHRASE_BARS):
        rng = np.random.default_rng([plan.seed % 2**32, crc32(f"phrase {section.letter} {first}".encode())])
        for name in UNEVEN:
            lowest = 2 if name == "density" else 1
            moved = rows[first, COLUMN[name]] + int(rng.integers(-1, 2))
            rows[first : first + PHRASE_BARS, COLUMN[name]] = np.clip(moved, lowest, len(EDGES[name]) + 1)
        lies = place.centre + lift + shift + LIES_AT_OF_FOUR[first // PHRASE_BARS % 4] * (section.bars >= 4 * PHRASE_BARS)
        rows[first : first + PHRASE_BARS, COLUMN["register"]] = bin_of("register", lies + SPREAD * float(np.clip(rng.normal(), -2, 2)))
    rows[:, COLUMN["since"]] = np.clip(np.arange(section.bars) + 1, 0, 17)
    rows[:, COLUMN["left"]] = np.clip(np.arange(section.bars, 0, -1), 0, 17)
    return rows


def neutral_range(low: int, high: int, shift: int) -> tuple[int, int]:
    """A range of the song in the neutral key, inside the vocabulary's."""
    return max(PITCH_LOW, low + shift), min(PITCH_HIGH, high + shift)


def phrased(plan: Plan, section: Section, notes: Sequence[Note], centre: float) -> list[Note]:
    """A section's notes, ending with it at the latest, with velocities from energy, metre, the phrase's arch and height over `centre`."""
    meter, end = plan.meter, (section.start_bar + section.bars) * plan.meter.bar_ticks
    level = plan.cues.velocity + 36 * (section.energy - 0.5)
    peak = max((note.pitch for note in notes), default=0)
    result = []
    for note in notes:
        offset = note.start % meter.bar_ticks
        accent = 5 if offset == 0 else 2 if offset % meter.beat_ticks == 0 else -2 if offset % (meter.beat_ticks // 2) == 0 else -4
        place = (note.start - section.start_bar * meter.bar_ticks) / meter.bar_ticks % 4 / 4
        loud = level + accent + 6 * np.sin(np.pi * place) + 0.5 * (note.pitch - centre) + 5 * (note.pitch == peak)
        result.append(replace(note, velocity=int(max(12, min(124, round(float(loud))))), duration=min(note.duration, end - note.start)))
    return result
