"""What a line of notes is like: harmony, steps and leaps, range, variety, rhythm; the composer's rules seen from outside.

Notes are one voice sorted by start, in ticks of the plan.  Ratios lie in 0..1; an empty line gives 0 unless said otherwise.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from daiw.music.pitch import Key
from daiw.music.plan import Plan
from daiw.music.score import Note
from daiw.music.time import TICKS_PER_QUARTER, Meter

SLOTS_PER_QUARTER = 4


def strong_ticks(meter: Meter) -> tuple[int, ...]:
    """Offsets of the strong beats of a bar: 1 and 3 of four, both of a compound two, else the first alone."""
    half = meter.bar_ticks // 2
    even = meter.beats % 2 == 0 and half % meter.beat_ticks == 0
    return (0, half) if even else (0,)


def is_strong(meter: Meter, tick: int) -> bool:
    """True where `tick` is a strong beat."""
    return tick % meter.bar_ticks in strong_ticks(meter)


def key_at(plan: Plan, tick: int) -> Key:
    """The key in force at `tick`."""
    return [plan.key, *(key for start, key in plan.timeline.keys if start <= tick)][-1]


def chord_tone_ratio(notes: Sequence[Note], plan: Plan, strong_only: bool = False) -> float:
    """Share of notes whose pitch class belongs to the chord at their onset (a slash bass counts); strong_only: those on strong beats."""
    heard = [note for note in notes if not strong_only or is_strong(plan.meter, note.start)]
    hits = sum(_in_chord(plan, note.pitch, note.start) for note in heard)
    return hits / len(heard) if heard else 0.0


def _in_chord(plan: Plan, pitch: int, tick: int) -> bool:
    """True where the pitch class is in the chord at `tick`."""
    chord = plan.chord_at(tick).chord
    return pitch % 12 in chord.pitch_classes or pitch % 12 == chord.bass_number


def clashes(notes: Sequence[Note], plan: Plan, least: int = TICKS_PER_QUARTER) -> tuple[float, float]:
    """Shares of the notes of `least` ticks or more that lie a semitone above a tone of their chord, and a semitone below one.

    least: in ticks.  Chord tones do neither; what does both, as a minor third over a sus2, counts as above, where it rubs more.  Both 0
    where no note is so long.
    """
    held = [note for note in notes if note.duration >= least]
    foreign = [note for note in held if not _in_chord(plan, note.pitch, note.start)]
    over, under = ([_in_chord(plan, note.pitch + step, note.start) for note in foreign] for step in (-1, 1))
    below = sum(near and not rubs for rubs, near in zip(over, under, strict=True))
    return (sum(over) / len(held), below / len(held)) if held else (0.0, 0.0)


def dwelling(notes: Sequence[Note], pitches: int = 2) -> float:
    """Share, 0..1, of a line's sounding time that the `pitches` pitches have which sound longest; 0 for no line."""
    times: dict[int, int] = {}
    for note in notes:
        times[note.pitch] = times.get(note.pitch, 0) + note.duration
    return sum(sorted(times.values())[-pitches:]) / sum(times.values()) if times else 0.0


def stray_notes(notes: Sequence[Note], plan: Plan, approaches: bool = False) -> tuple[Note, ...]:
    """Notes outside the key that no chord sounding with them contains: there should be none.

    approaches: forgive a chromatic note that moves on by a semitone, as walking basses do.
    """
    stray = []
    for index, note in enumerate(notes):
        chords = {plan.chord_at(tick).chord for tick in (note.start, note.end - 1)}
        own = set().union(*(set(chord.pitch_classes) | {chord.bass_number} for chord in chords))
        if note.pitch % 12 in key_at(plan, note.start).pitch_classes | own:
            continue
        leads = index + 1 < len(notes) and abs(notes[index + 1].pitch - note.pitch) == 1
        if not (approaches and leads):
            stray.append(note)
    return tuple(stray)


def unresolved(notes: Sequence[Note], plan: Plan) -> tuple[Note, ...]:
    """Dissonances of an eighth or more on strong beats that neither stay nor move on by a step of one or two semitones."""
    result = []
    for note, after in pairwise(notes):
        dissonant = is_strong(plan.meter, note.start) and not _in_chord(plan, note.pitch, note.start)
        if dissonant and note.duration >= TICKS_PER_QUARTER // 2 and abs(after.pitch - note.pitch) > 2:
            result.append(note)
    return tuple(result)


def intervals(notes: Sequence[Note]) -> tuple[int, ...]:
    """Semitones from each note to the next, upwards positive."""
    return tuple(after.pitch - note.pitch for note, after in pairwise(notes))


def leap_share(notes: Sequence[Note], semitones: int = 7) -> float:
    """Share of steps wider than `semitones`."""
    steps = intervals(notes)
    return sum(abs(step) > semitones for step in steps) / len(steps) if steps else 0.0


def step_share(notes: Sequence[Note]) -> float:
    """Share of moves of one or two semitones among all that move."""
    steps = [step for step in intervals(notes) if step]
    return sum(abs(step) <= 2 for step in steps) / len(steps) if steps else 0.0


def repeat_share(notes: Sequence[Note]) -> float:
    """Share of notes that repeat the pitch before."""
    steps = intervals(notes)
    return sum(step == 0 for step in steps) / len(steps) if steps else 0.0


def recovered_leaps(notes: Sequence[Note], semitones: int = 5) -> float:
    """Share of leaps of `semitones` or more that are answered in the other direction, stay, or end a phrase; 1 where there are none."""
    leaps = [(i, step) for i, step in enumerate(intervals(notes)) if abs(step) >= semitones]
    if not leaps:
        return 1.0
    good = 0
    for index, step in leaps:
        later = notes[index + 1 : index + 3]
        breath = len(later) < 2 or later[1].start - later[0].end >= TICKS_PER_QUARTER // 2
        good += breath or step * (later[1].pitch - later[0].pitch) <= 0
    return good / len(leaps)


def ambitus(notes: Sequence[Note]) -> int:
    """Semitones between the lowest and the highest note."""
    pitches = [note.pitch for note in notes]
    return max(pitches) - min(pitches) if pitches else 0


def peak(notes: Sequence[Note]) -> tuple[int, int]:
    """The highest pitch and how many notes reach it; (0, 0) for silence."""
    top = max((note.pitch for note in notes), default=0)
    return top, sum(note.pitch == top for note in notes)


def longest_gap(notes: Sequence[Note], start: int, end: int) -> int:
    """The longest silence in ticks within start..end."""
    place, longest = start, 0
    for note in notes:
        if note.end <= start or note.start >= end:
            continue
        longest = max(longest, note.start - place)
        place = max(place, note.end)
    return max(longest, end - place)


def by_bar(notes: Sequence[Note], plan: Plan) -> list[list[Note]]:
    """The notes that start in each bar of the song."""
    bars: list[list[Note]] = [[] for _ in range(plan.bars)]
    for note in notes:
        bars[min(plan.bars - 1, note.start // plan.meter.bar_ticks)].append(note)
    return bars


def pitch_class_entropy(notes: Sequence[Note], plan: Plan, bars: int = 1) -> float:
    """Mean over windows of `bars` bars of the entropy in bits of the pitch-class histogram; empty windows are left out."""
    grouped = by_bar(notes, plan)
    entropies = []
    for start in range(0, len(grouped), bars):
        window = [note.pitch % 12 for bar in grouped[start : start + bars] for note in bar]
        if window:
            share = np.bincount(window, minlength=12) / len(window)
            share = share[share > 0]
            entropies.append(float(-(share * np.log2(share)).sum()))
    return float(np.mean(entropies)) if entropies else 0.0


def groove_similarity(notes: Sequence[Note], plan: Plan) -> float:
    """Mean over neighbouring bars that both sound of 1 - (onset slots that differ) / slots, on a 16th grid (as in MusPy); 1 if none."""
    slots = max(1, SLOTS_PER_QUARTER * plan.meter.bar_ticks // TICKS_PER_QUARTER)
    width = plan.meter.bar_ticks / slots
    grids = []
    for index, bar in enumerate(by_bar(notes, plan)):
        grid = np.zeros(slots, bool)
        for note in bar:
            grid[min(slots - 1, round((note.start - index * plan.meter.bar_ticks) / width))] = True
        grids.append(grid)
    pairs = [1 - float(np.mean(a ^ b)) for a, b in pairwise(grids) if a.any() and b.any()]
    return float(np.mean(pairs)) if pairs else 1.0


def notes_per_bar(notes: Sequence[Note], plan: Plan) -> float:
    """Mean notes in the bars that have any."""
    counts = [len(bar) for bar in by_bar(notes, plan) if bar]
    return float(np.mean(counts)) if counts else 0.0
