"""A tune with fewer or more notes that is still the same tune."""

from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise

from daiw.composer.pulse import weight
from daiw.composer.scale import key_at
from daiw.music.pitch import Key
from daiw.music.plan import Plan
from daiw.music.score import Note, Part
from daiw.music.time import TICKS_PER_QUARTER

EIGHTH = TICKS_PER_QUARTER // 2
MOST_SILENCE = 2 * TICKS_PER_QUARTER
"""A kept note is held into the room that dropped ones leave, up to here."""
WINDOW_BARS = 2


def breathe(part: Part, plan: Plan, share: float) -> Part:
    """The part with about `share` times its notes (at least one in two bars).

    Below 1 the weakest and shortest go first, phrase ends and openings last, and what one share drops every smaller one drops, too.
    Above 1 the longest notes are divided, with a passing note where the tune leaps.
    """
    if not part.notes or abs(share - 1.0) < 0.05:
        return part
    return replace(part, notes=_thinned(part.notes, plan, share) if share < 1.0 else _divided(part.notes, plan, share))


def sparser(part: Part, plan: Plan, share: float) -> Part:
    """An accompaniment with about `share` (0..1) of its strokes: chords and drums struck together go together, the weakest places first.

    At least one in two bars stays, and what one share drops every smaller one drops, too.
    """
    if share > 0.95:
        return part
    window = WINDOW_BARS * plan.meter.bar_ticks
    strokes: dict[int, list[int]] = {}
    for start in sorted({note.start for note in part.notes}):
        strokes.setdefault(start // window, []).append(start)
    kept: set[int] = set()
    for starts in strokes.values():
        kept.update(sorted(starts, key=lambda start: (-weight(plan.meter, start), start))[: max(1, round(share * len(starts)))])
    return replace(part, notes=tuple(note for note in part.notes if note.start in kept))


def translated(part: Part, old: Key, new: Key) -> Part:
    """The tune in another mode of the same tonic: every scale step becomes the new mode's; notes outside the old scale stay."""
    steps = {(old.tonic.number + before) % 12: after - before for before, after in zip(old.intervals, new.intervals, strict=True)}
    notes = tuple(replace(note, pitch=min(127, max(0, note.pitch + steps.get(note.pitch % 12, 0)))) for note in part.notes)
    return replace(part, notes=notes)


def _importance(notes: tuple[Note, ...], plan: Plan) -> list[float]:
    """How much a tune would miss each note."""
    values = []
    for i, note in enumerate(notes):
        opens = i == 0 or note.start - notes[i - 1].end >= TICKS_PER_QUARTER
        closes = i + 1 == len(notes) or notes[i + 1].start - note.end >= TICKS_PER_QUARTER
        height = 0.3 if 0 < i < len(notes) - 1 and notes[i - 1].pitch < note.pitch > notes[i + 1].pitch else 0.0
        held = note.duration / TICKS_PER_QUARTER
        values.append(weight(plan.meter, note.start) + held + 2.0 * closes + 1.5 * opens + height + 0.001 * (i % 7))
    return values


def _thinned(notes: tuple[Note, ...], plan: Plan, share: float) -> tuple[Note, ...]:
    window = WINDOW_BARS * plan.meter.bar_ticks
    importance = _importance(notes, plan)
    groups: dict[int, list[int]] = {}
    for i, note in enumerate(notes):
        groups.setdefault(note.start // window, []).append(i)
    kept: set[int] = set()
    for group in groups.values():
        count = max(1, round(share * len(group)))
        kept.update(sorted(group, key=lambda i: -importance[i])[:count])
    result = []
    for i in sorted(kept):
        note, end = notes[i], notes[i].end
        following = i + 1
        while following < len(notes) and following not in kept and notes[following].start - end <= EIGHTH:
            end = max(end, notes[following].end)
            following += 1
        result.append(replace(note, duration=min(end - note.start, note.duration + MOST_SILENCE)))
    return tuple(replace(a, duration=min(a.duration, b.start - a.start)) for a, b in pairwise(result)) + tuple(result[-1:])


def _divided(notes: tuple[Note, ...], plan: Plan, share: float) -> tuple[Note, ...]:
    budget = round((share - 1.0) * len(notes))
    pieces = list(notes)
    while budget > 0:
        longest = max((note.duration for note in pieces), default=0)
        if longest < 2 * EIGHTH:
            break
        able = [i for i, note in enumerate(pieces) if note.duration == longest][:budget]
        budget -= len(able)
        for i in reversed(able):
            pieces[i : i + 1] = _halves(pieces[i], pieces[i + 1] if i + 1 < len(pieces) else None, plan)
    return tuple(pieces)


def _halves(note: Note, following: Note | None, plan: Plan) -> list[Note]:
    """A note struck twice, the second time on the way to the next where that is far enough."""
    half = max(EIGHTH, note.duration // 2 // (EIGHTH // 2) * (EIGHTH // 2))
    pitch = note.pitch
    if following is not None and abs(following.pitch - note.pitch) >= 3:
        step = 1 if following.pitch > note.pitch else -1
        scale = key_at(plan, note.start).pitch_classes
        chord = plan.harmony[max(0, bisect_right([span.start for span in plan.harmony], note.start) - 1)].chord.pitch_classes
        between = [p for p in range(note.pitch + step, following.pitch, step) if p % 12 in scale]
        chordal = [p for p in between if p % 12 in chord]
        pitch = (chordal or between or [note.pitch])[0]
    soft = max(1, note.velocity - 6)
    return [replace(note, duration=half), Note(note.start + half, note.duration - half, pitch, soft)]
