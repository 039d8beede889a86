"""Parts cut at bar lines: taking bars out of a part and putting others in, every note outside untouched."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from daiw.music.lyrics import SINGERS
from daiw.music.score import Note, Part

SHORTEST_TICKS = 60
"""A note that is cut to less than this to make room is left out."""

ONE_VOICE = frozenset(("melody", "bass", "counter", *SINGERS))
"""Roles that sound one note at a time."""


def inside(notes: Sequence[Note], span: tuple[int, int]) -> tuple[Note, ...]:
    """The notes that start in ticks first..end-1."""
    return tuple(note for note in notes if span[0] <= note.start < span[1])


def joined(part: Part, new: Sequence[Note], span: tuple[int, int]) -> Part:
    """The part with the notes that start in a span of ticks replaced by `new`, which start there too; every other note as it was.

    New notes give way: to what still rings into the span and to what comes after it; they ring past its end only as far as the notes
    they replace did.
    """
    first, end = span
    outside = [note for note in part.notes if not first <= note.start < end]
    rings = max([end, *(note.end for note in inside(part.notes, span))])
    placed: list[Note] = []
    for note in sorted(new):
        if not first <= note.start < end:
            raise ValueError(f"a note at tick {note.start} does not start in {first}..{end - 1}")
        fitted = _fitted(note, outside, rings, one_voice=part.role in ONE_VOICE)
        if fitted is not None:
            placed.append(fitted)
    if part.role in ONE_VOICE:
        stops = [*(note.start for note in placed[1:]), rings][: len(placed)]
        placed = [_until(note, stop) for note, stop in zip(placed, stops, strict=True) if stop > note.start]
    return Part(part.role, tuple(sorted([*outside, *placed])))


def _fitted(note: Note, outside: Sequence[Note], rings: int, *, one_voice: bool) -> Note | None:
    """The note moved behind and cut before what it would collide with; None where nothing is left of it."""
    rivals = [other for other in outside if one_voice or other.pitch == note.pitch]
    start = max([note.start, *(other.end for other in rivals if other.start < note.start < other.end)])
    stop = min([rings, note.end, *(other.start for other in rivals if other.start >= note.start)])
    if start != note.start and stop - start < SHORTEST_TICKS:
        return None
    return replace(note, start=start, duration=stop - start) if stop > start else None


def _until(note: Note, stop: int) -> Note:
    return note if note.end <= stop else replace(note, duration=stop - note.start)


def changed_notes(old: Sequence[Note], new: Sequence[Note]) -> int:
    """How many notes of `old` are not in `new` any more, by start, length and pitch, or of `new` not in `old` where these are more."""

    def keys(notes: Sequence[Note]) -> set[tuple[int, int, int]]:
        return {(note.start, note.duration, note.pitch) for note in notes}

    before, after = keys(old), keys(new)
    return max(len(before - after), len(after - before))


def bar_span(bars: tuple[int, int], bar_ticks: int) -> tuple[int, int]:
    """Ticks of bars first..end-1, 0-based."""
    return bars[0] * bar_ticks, bars[1] * bar_ticks


def notes_of_bar(notes: Sequence[Note], bar: int, bar_ticks: int) -> tuple[Note, ...]:
    """The notes of a sorted part that start in 0-based `bar`."""
    low = bisect_left(notes, bar * bar_ticks, key=lambda note: note.start)
    high = bisect_left(notes, (bar + 1) * bar_ticks, key=lambda note: note.start)
    return tuple(notes[low:high])
