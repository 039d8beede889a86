"""The accompaniment: chords voiced in one smooth chain, played in the style's pattern for the section's energy."""

from bisect import bisect_left
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from daiw.composer.patterns import CHORD_PATTERNS, bar_hits
from daiw.composer.pulse import weight
from daiw.composer.voicing import Over, clear_of, lead_voices
from daiw.music.chord import Chord
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ChordsStyle, ComposeStyle, PadStyle, by_energy
from daiw.music.time import TICKS_PER_QUARTER

LONGEST_TICKS = 8 * TICKS_PER_QUARTER
"""No note of a tune is taken to be longer."""


def generator(plan: Plan, purpose: str) -> np.random.Generator:
    """Chance for one purpose, derived from the plan's seed alone."""
    return np.random.default_rng([plan.seed % 2**32, crc32(purpose.encode())])


def section_velocity(base: int, energy: float, plan: Plan) -> float:
    """Level of a section: the role's own level, moved by energy (+-18) and by the emotion's level against 80."""
    return base + 36 * (energy - 0.5) + 0.4 * (plan.cues.velocity - 80)


def clip_velocity(value: float) -> int:
    """The nearest legal velocity that is still heard."""
    return int(max(12, min(124, round(value))))


def is_last_return(plan: Plan, section: Section) -> bool:
    """True for the last of several sections with one letter at high energy: the one that is played fuller."""
    same = [other for other in plan.sections if other.letter == section.letter]
    return len(same) > 1 and same[-1] is section and section.energy >= 0.6


def tune_of(earlier: tuple[Part, ...]) -> tuple[Note, ...]:
    """The notes of the tune, played or sung, in order."""
    return tuple(sorted(note for part in earlier if part.role in ("melody", "vocal") for note in part.notes))


def heard_between(tune: tuple[Note, ...], start: int, end: int) -> set[int]:
    """The pitches of the tune that sound with most of what lies between two ticks, or mostly sound there."""
    first = bisect_left(tune, start - LONGEST_TICKS, key=lambda note: note.start)
    found = set()
    for note in tune[first:]:
        if note.start >= end:
            break
        if 2 * (min(note.end, end) - max(note.start, start)) >= min(note.duration, end - start):
            found.add(note.pitch)
    return found


def tunes_over(spans: Sequence[ChordSpan], earlier: tuple[Part, ...]) -> tuple[Over, ...]:
    """For each span what the tune sounds over it: its pitches, each with the share of the span's time."""
    melody = tune_of(earlier)
    tunes = []
    for span in spans:
        ticks: dict[int, int] = {}
        for note in melody:
            shared = min(note.end, span.start + span.duration) - max(note.start, span.start)
            if shared > 0:
                ticks[note.pitch] = ticks.get(note.pitch, 0) + shared
        tunes.append(tuple((pitch, min(1.0, shared / span.duration)) for pitch, shared in sorted(ticks.items())))
    return tuple(tunes)


def write_chords(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `chords`; the song's last bar is held."""
    own = style.chords
    voicings, tune = voice_spans(plan, own, tunes_over(plan.harmony, earlier)), tune_of(earlier)
    notes: list[Note] = []
    for section in plan.sections:
        if "chords" not in section.roles:
            continue
        pattern = CHORD_PATTERNS[by_energy(own.patterns, section.energy)]
        level = section_velocity(own.velocity, section.energy, plan)
        doubled = is_last_return(plan, section)
        for index in range(section.bars):
            bar = (section.start_bar + index) * plan.meter.bar_ticks
            last = section.start_bar + index == plan.bars - 1
            for hit in bar_hits(CHORD_PATTERNS["hold"] if last else pattern, plan.meter, index):
                for start, end, span_index in split_at_chords(plan, bar + hit.offset, bar + hit.offset + hit.duration):
                    voices = voicings[span_index]
                    chosen = clear_of(choose_voices(voices, hit.voice), heard_between(tune, start, end))
                    if doubled and weight(plan.meter, start) >= 2:
                        chosen = (*chosen, *deep_root(plan.harmony[span_index].chord, chosen))
                    accent = 6 * (hit.voice in "Xl1") + 3 * (weight(plan.meter, start) == 3) - 4 * (weight(plan.meter, start) < 0)
                    notes += [Note(start, end - start, pitch, clip_velocity(level + accent)) for pitch in chosen]
    return Part("chords", tuple(sorted(set(notes))))


def deep_root(chord: Chord, voices: tuple[int, ...]) -> tuple[int, ...]:
    """The chord's bass below the voicing, between E2 and D#3, for sections played fuller; empty where it would be doubled or crowded."""
    pitch = 40 + (chord.bass_number - 40) % 12
    return (pitch,) if pitch + 5 <= min(voices, default=0) else ()


def voice_spans(plan: Plan, own: ChordsStyle | PadStyle, tunes: tuple[Over, ...]) -> tuple[tuple[int, ...], ...]:
    """One voicing for each span of the plan's harmony."""
    return lead_voices(tuple(span.chord for span in plan.harmony), own.voicing, (own.low, own.high), own.voices, tunes)


def span_index_at(plan: Plan, tick: int) -> int:
    """Index into plan.harmony of the chord at `tick`."""
    low, high = 0, len(plan.harmony)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if plan.harmony[middle].start <= tick else (low, middle)
    return low


def split_at_chords(plan: Plan, start: int, end: int) -> list[tuple[int, int, int]]:
    """The stretch start..end cut where the chord changes, as (start, end, span index); an equal chord again does not cut."""
    pieces: list[tuple[int, int, int]] = []
    index = span_index_at(plan, start)
    while start < end:
        span = plan.harmony[index]
        stop = min(end, span.start + span.duration) if index + 1 < len(plan.harmony) else end
        if pieces and plan.harmony[pieces[-1][2]].chord == span.chord:
            pieces[-1] = (pieces[-1][0], stop, pieces[-1][2])
        else:
            pieces.append((start, stop, index))
        start, index = stop, index + 1
    return pieces


def choose_voices(voices: tuple[int, ...], which: str) -> tuple[int, ...]:
    """The pitches that a tablature character means."""
    if which in "xX":
        return voices
    if which == "l":
        return voices[:1]
    if which == "h":
        return voices[1:] or voices
    if which == "t":
        return voices[-1:]
    index = int(which) - 1
    octave, place = divmod(index, len(voices))
    pitch = voices[place] + 12 * octave
    return (pitch if pitch <= 96 else voices[place],)
