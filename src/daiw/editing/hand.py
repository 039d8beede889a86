"""What a person played or moved: into the score as far as the grid can say it, kept tick for tick as it was played."""

from collections.abc import Sequence
from dataclasses import replace

from daiw.music.cells import ONE_VOICE
from daiw.music.score import Arrangement, Note, Part, Track
from daiw.music.take import Lock, Take
from daiw.music.time import TICKS_PER_QUARTER

GRID_TICKS = (TICKS_PER_QUARTER // 4, TICKS_PER_QUARTER // 3)
"""16ths and eighth triplets: the score's grid."""


def played_by_hand(take: Take, arrangement: Arrangement, *, locked: bool = True) -> Take:
    """The take with tracks as a person left them.

    arrangement: its tracks replace the take's by role; roles it lacks stay, new ones are added.  Notes that are as they were keep the
    note of the score that they perform; others get one of their own, on the nearest place of the grid, and are kept as played.
    locked: lock the bars that the person touched, so that no later edit plays over them.
    """
    score, tracks, locks = take.score, list(take.arrangement.tracks), set(take.locks)
    for track in arrangement.tracks:
        place = next((i for i, other in enumerate(tracks) if other.role == track.role), None)
        if place is None:
            before, part = replace(track, notes=(), sources=()), Part(track.role, ())
        else:
            before, part = tracks[place], next((part for part in score.parts if part.role == track.role), Part(track.role, ()))
        merged, written, touched = _merged(before, track, part, take)
        if place is None:
            tracks.append(merged)
            score = replace(score, parts=(*score.parts, written))
        else:
            tracks[place] = merged
            score = replace(score, parts=tuple(written if other.role == track.role else other for other in score.parts))
        if locked:
            locks |= {Lock(track.role, (bar, bar + 1)) for bar in touched}
    return replace(
        take, score=score, arrangement=replace(take.arrangement, tracks=tuple(tracks)), locks=tuple(sorted(_runs(locks)))
    )  # fmt: skip


def _merged(before: Track, track: Track, part: Part, take: Take) -> tuple[Track, Part, set[int]]:
    """The person's track with its sources, the part as it is written now, and the bars that differ."""
    known: dict[Note, int] = dict(zip(before.notes, before.sources, strict=False))
    kept = {known[note] for note in track.notes if note in known and known[note] >= 0}
    own = [note for note in track.notes if known.get(note, -1) < 0]
    ticks, end = take.plan.meter.bar_ticks, take.plan.timeline.end
    octave = _octave(before, part)
    written = {_on_grid(note, octave, end) for note in own}
    notes = tuple(sorted({part.notes[i] for i in kept} | written))
    if part.role in ONE_VOICE:
        notes = _one_voice(notes)
    place = {note: i for i, note in enumerate(notes)}
    starts = {(note.start, note.pitch): i for note, i in place.items()}

    def source(note: Note) -> int:
        if known.get(note, -1) >= 0:
            old = part.notes[known[note]]
            return starts.get((old.start, old.pitch), -1)
        grid = _on_grid(note, octave, end)
        return starts.get((grid.start, grid.pitch), -1)

    there = set(track.notes)
    gone = [note for note in before.notes if note not in there]
    touched = {note.start // ticks for note in (*own, *gone)}
    played = tuple(sorted(track.notes))
    return (
        replace(before, notes=played, controls=track.controls, sources=tuple(source(note) for note in played)),
        Part(part.role, notes),
        touched,
    )


def _octave(track: Track, part: Part) -> int:
    """Semitones from the score to what sounds, the commonest of the whole octaves."""
    moves = [note.pitch - part.notes[source].pitch for note, source in zip(track.notes, track.sources, strict=False) if source >= 0]
    return max(sorted(set(moves)), key=moves.count, default=0)


def _on_grid(note: Note, octave: int, end: int) -> Note:
    """The note where the score's grid has a place for it."""
    start = min((round(note.start / grid) * grid for grid in GRID_TICKS), key=lambda tick: abs(tick - note.start))
    start = min(start, max(0, end - GRID_TICKS[0]))
    length = max(GRID_TICKS[0], round(note.duration / GRID_TICKS[0]) * GRID_TICKS[0])
    pitch = note.pitch - octave if 0 <= note.pitch - octave <= 127 else note.pitch
    return replace(note, start=start, duration=min(length, max(1, end - start)), pitch=pitch)


def _one_voice(notes: Sequence[Note]) -> tuple[Note, ...]:
    """One note at a time: each ends where the next begins at the latest; of several at once the highest counts."""
    by_start = {note.start: note for note in sorted(notes, key=lambda note: (note.start, note.pitch))}
    ordered = [by_start[start] for start in sorted(by_start)]
    stops = [note.start for note in ordered[1:]]
    cut = [replace(note, duration=min(note.duration, stop - note.start)) for note, stop in zip(ordered, stops, strict=False)]
    return tuple([*cut, *ordered[-1:]])


def _runs(locks: set[Lock]) -> list[Lock]:
    """Locks of neighbouring bars joined, those that a whole part's lock covers left out."""
    whole = {lock.what for lock in locks if lock.bars == (0, 0)}
    joined = [lock for lock in locks if lock.bars == (0, 0)]
    for what in sorted({lock.what for lock in locks} - whole):
        bars = sorted({bar for lock in locks if lock.what == what for bar in range(*lock.bars)})
        first = bars[0]
        for bar, following in zip(bars, [*bars[1:], None], strict=True):
            if following != bar + 1:
                joined.append(Lock(what, (first, bar + 1)))
                first = following if following is not None else first
    return joined
