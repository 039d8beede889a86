"""The voices around the voice: a harmony that follows the chords, takes of the same line left and right, and what the lead plays."""

from collections.abc import Sequence
from dataclasses import replace

from daiw.composer.chords import clip_velocity
from daiw.composer.counter import write_counter
from daiw.composer.line import heard_chord
from daiw.composer.pulse import weight
from daiw.composer.scale import chord_scale, key_at
from daiw.composer.vocal import beside, sung_tune
from daiw.music.lyrics import HELD, Voice
from daiw.music.plan import Plan
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle

THIRD, SIXTH = (3, 4, 5), (-8, -9, -7)
"""Semitones from the voice to its companion, best first; a fourth or a fifth where the chord wants it."""

SOFTER = 10
"""Velocity by which companions stay under the voice."""


def write_vocal(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `vocal`, its words on its notes; the voice leads, so `earlier` is not consulted."""
    return Part("vocal", sung_tune(plan, style)[0])


def write_lead(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `melody` in a sung song: the tune where nobody sings, and what the sections ask of it elsewhere."""
    sung, played = sung_tune(plan, style)
    both = [section for section in plan.sections if "vocal" in section.roles and "melody" in section.roles]
    if not both:
        return Part("melody", played)
    ticks = plan.meter.bar_ticks
    spans = [(section.start_bar * ticks, (section.start_bar + section.bars) * ticks) for section in both]
    if plan.lead == "double":
        along = [note for note in sung if any(a <= note.start < b for a, b in spans)]
        line = [replace(note, lyric="", phonemes=(), velocity=clip_velocity(note.velocity - 2 * SOFTER)) for note in along]
    else:
        answers = replace(style, counter=replace(style.counter, manner="answer", low=52, high=81))
        asking = replace(plan, sections=tuple(replace(s, roles=("counter",) if s in both else ()) for s in plan.sections))
        line = list(beside(write_counter(asking, answers, (Part("vocal", sung),)).notes, sung))
    return Part("melody", tuple(sorted([*played, *line])))


def write_backing(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `backing`: the words of `vocal` a third above or a sixth below it, on chord tones where the beat is strong."""
    assert plan.voice is not None
    notes: list[Note] = []
    for note in _sung_in(plan, style, "backing", earlier):
        kinds = (THIRD, SIXTH) if style.vocal.backing == "thirds" else (SIXTH, THIRD)
        pitch = companion(plan, note, kinds[0], plan.voice, notes) or companion(plan, note, kinds[1], plan.voice, notes)
        if pitch is not None:
            notes.append(replace(note, pitch=pitch, velocity=clip_velocity(note.velocity - SOFTER)))
    return Part("backing", _with_words(notes))


def write_double(plan: Plan, style: ComposeStyle, role: str, earlier: tuple[Part, ...]) -> Part:
    """Another take of `vocal`."""
    takes = [replace(note, velocity=clip_velocity(note.velocity - 4)) for note in _sung_in(plan, style, role, earlier)]
    return Part(role, _with_words(takes))


def companion(plan: Plan, note: Note, intervals: Sequence[int], voice: Voice, before: Sequence[Note]) -> int | None:
    """The harmony's pitch for a note of the voice: in the chord's scale, in the chord on beats, reached smoothly; None out of range."""
    chord = heard_chord(plan, note.start, note.duration)
    scale = chord_scale(key_at(plan, note.start), chord)
    options = []
    for rank, interval in enumerate((*intervals, *((7,) if intervals[0] > 0 else (-5, -4)))):
        pitch = note.pitch + interval
        if not voice.low <= pitch <= voice.high or pitch % 12 not in scale:
            continue
        outside = pitch % 12 not in chord.pitch_classes
        cost = 0.4 * rank + outside * (2.0 if weight(plan.meter, note.start) >= 1 else 0.6)
        cost += 0.15 * abs(pitch - before[-1].pitch) if before else 0.0
        options.append((cost, rank, pitch))
    return min(options)[2] if options else None


def _sung_in(plan: Plan, style: ComposeStyle, role: str, earlier: tuple[Part, ...]) -> list[Note]:
    """The voice's notes, as written before or else anew, in the sections that list `role`."""
    ticks = plan.meter.bar_ticks
    sung = next((part.notes for part in earlier if part.role == "vocal"), None) or sung_tune(plan, style)[0]
    return [note for note in sung if role in plan.section_at(note.start // ticks).roles]


def _with_words(notes: Sequence[Note]) -> tuple[Note, ...]:
    """The notes without a melisma that lacks its syllable."""
    result: list[Note] = []
    for note in notes:
        if note.lyric == HELD and not note.phonemes and (not result or result[-1].end < note.start):
            continue
        result.append(note)
    return tuple(result)
