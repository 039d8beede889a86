"""How long notes sound and in which octave: gates, legato, ranges, and no key struck while it is down."""

from collections.abc import Sequence
from dataclasses import replace

from daiw.music.score import Note, Part
from daiw.music.time import TICKS_PER_QUARTER

LEGATO_GATE = 0.95


def gated(length: int, gate: float) -> int:
    """A note's sounding length; staccato is for short notes, a long one gives up an eighth at most.

    >>> gated(240, 0.5), gated(1920, 0.5), gated(240, 1.3)
    (120, 1680, 240)
    """
    return max(1, length - min(round(length * (1.0 - min(gate, 1.0))), TICKS_PER_QUARTER // 2))


def sounding_ends(notes: Sequence[Note], played: Sequence[tuple[int, int]], gate: float) -> list[int]:
    """Ends in ticks after the gate.  At a legato gate, a note that meets the next one in the score meets it as played."""
    starts = sorted({note.start for note in notes})
    first_played: dict[int, int] = {}
    for note, (start, _) in zip(notes, played, strict=True):
        first_played[note.start] = min(start, first_played.get(note.start, start))
    known = set(starts)
    ends = []
    for note, (start, end) in zip(notes, played, strict=True):
        if gate >= LEGATO_GATE and note.end in known:
            ends.append(max(start + 1, first_played[note.end]))
        else:
            ends.append(start + gated(end - start, gate))
    return ends


def heard(notes: Sequence[Note], song_end: int) -> list[tuple[Note, int]]:
    """The notes sorted, each ending before the same pitch is struck again and within the song, with its place in `notes`.

    Exact doubles are heard once.  song_end: in ticks.
    """
    following: dict[int, int] = {}
    kept: list[tuple[Note, int]] = []
    places = sorted(range(len(notes)), key=lambda i: (notes[i].start, notes[i].duration, notes[i].velocity), reverse=True)
    for place in places:
        note = notes[place]
        next_start = following.get(note.pitch, song_end)
        if next_start <= note.start:
            continue
        following[note.pitch] = note.start
        kept.append((replace(note, duration=min(note.end, next_start) - note.start), place))
    return sorted(kept)


def fit_range(part: Part, low: int, high: int, octave: int) -> tuple[int, ...]:
    """The part's pitches moved by `octave` and then by the whole octaves that bring most of it into low..high.

    Lines are moved whole; only what still lies outside is folded in, note by note, to the nearest octave that is free; where
    none is, the note doubles one that already sounds.
    """
    if not part.notes:
        return ()
    pitches = [note.pitch for note in part.notes]
    shift = 12 * min(
        range(-4, 5),
        key=lambda k: (sum(not low <= pitch + 12 * (octave + k) <= high for pitch in pitches), abs(k), k),
    )  # fmt: skip
    moved = [pitch + 12 * octave + shift for pitch in pitches]
    taken = {(note.start, pitch) for note, pitch in zip(part.notes, moved, strict=True) if low <= pitch <= high}
    result = []
    for note, pitch in zip(part.notes, moved, strict=True):
        if not low <= pitch <= high:
            octaves = [p for p in range(pitch % 12, 128, 12) if low <= p <= high] or [min(127, max(0, pitch))]
            free = [p for p in octaves if (note.start, p) not in taken]
            pitch = min(free or octaves, key=lambda p: abs(p - pitch))
            taken.add((note.start, pitch))
        result.append(pitch)
    return tuple(result)
