"""A tune that was given, sung: the words go to its notes, the voice takes it in the octave where it is understood."""

from collections.abc import Sequence
from dataclasses import replace

from daiw.music.decision import Decision
from daiw.music.lyrics import Voice
from daiw.music.plan import Plan
from daiw.music.score import Note, Part
from daiw.verse.setting import set_words
from daiw.verse.sung_notes import on_vowels


def octave_for(tune: Sequence[Note], voice: Voice) -> int:
    """Semitones, whole octaves, that bring most of a tune into the voice's comfortable range, and all of it into its range if possible.

    >>> octave_for((Note(0, 480, 72, 80), Note(480, 480, 76, 80)), Voice("v", 50, 74, 55, 67))
    -12
    """

    def misfit(octave: int) -> tuple[int, int, int]:
        pitches = [note.pitch + 12 * octave for note in tune]
        outside = sum(not voice.low <= pitch <= voice.high for pitch in pitches)
        return outside, sum(not voice.comfort_low <= pitch <= voice.comfort_high for pitch in pitches), abs(octave)

    return 12 * min(range(-4, 5), key=misfit)


def sung_as_given(plan: Plan, tune: Sequence[Note], voice: Voice) -> tuple[Part, Decision]:
    """The part of `vocal` on a given tune, and where it lies.

    Every section's lines are set to the section's notes; raises PromptError where they do not fit.
    """
    ticks, notes = plan.meter.bar_ticks, list[Note]()
    shift = octave_for(tune, voice)
    for index, section in enumerate(plan.sections):
        if "vocal" not in section.roles:
            continue
        start, end = section.start_bar * ticks, (section.start_bar + section.bars) * ticks
        here = [replace(note, pitch=min(127, max(0, note.pitch + shift))) for note in tune if start <= note.start < end]
        here = [replace(note, duration=min(note.duration, after - note.start)) for note, after in zip(here, _stops(here, end), strict=True)]
        lines = [line for line in plan.words if line.section == index]
        notes += set_words(here, lines, plan.meter, plan.timeline.tempos.bpm(start)) if lines else on_vowels(here, section.energy)
    where = "as it was given" if not shift else f"{abs(shift) // 12} octave{'s' * (abs(shift) > 12)} {'higher' if shift > 0 else 'lower'}"
    low, high = min((n.pitch for n in notes), default=0), max((n.pitch for n in notes), default=0)
    outside = sum(not voice.low <= note.pitch <= voice.high for note in notes)
    because = f"so that {voice.name or 'a singer'} can be understood; every interval stays (MIDI {low}..{high})"
    if outside:
        because += f"; {outside} of {len(notes)} notes lie outside its range ({voice.low}..{voice.high}) and are sung as written"
    return Part("vocal", tuple(notes)), Decision("compose", "octave of the given tune", where, because)


def played_as_given(plan: Plan, tune: Sequence[Note]) -> Part:
    """The part of `melody` on a given tune where nobody sings it."""
    ticks = plan.meter.bar_ticks
    return Part("melody", tuple(note for note in tune if "vocal" not in plan.section_at(note.start // ticks).roles))


def _stops(notes: Sequence[Note], end: int) -> list[int]:
    return [note.start for note in notes[1:]] + [end] * bool(notes)
