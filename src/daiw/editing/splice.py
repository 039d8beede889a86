"""Played notes after an edit: what stays written stays as it was played; only what is new is played anew."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from daiw.music.cells import SHORTEST_TICKS
from daiw.music.plan import Plan
from daiw.music.score import Arrangement, Control, Note, Part, Score, Track
from daiw.music.take import Take


def respliced(old: Take, new: Take, fresh: Arrangement, recast: Collection[str] = ()) -> Arrangement:
    """The arrangement of an edited take.

    fresh: the new take's score arranged as if from the start.  A note of the score that is in the old score too, tick for tick, keeps
    every note that performed it, and its instrument; the others are taken from `fresh`.  Controls are exchanged in the bars that
    changed.  recast: roles taken from `fresh` as they are.
    """
    tracks = []
    for track in fresh.tracks:
        before = next((other for other in old.arrangement.tracks if other.role == track.role), None)
        if before is None or track.role in recast:
            tracks.append(track)
        else:
            tracks.append(_respliced(before, _part(old.score, track.role), track, _part(new.score, track.role), new.plan))
    return Arrangement(tuple(tracks), new.plan.timeline, fresh.decisions)


def _part(score: Score, role: str) -> Part:
    return next((part for part in score.parts if part.role == role), Part(role, ()))


def _respliced(old: Track, old_part: Part, fresh: Track, part: Part, plan: Plan) -> Track:
    """One track."""
    if old_part.notes == part.notes:
        return old
    place = {note: i for i, note in enumerate(part.notes)}
    stays = [place.get(note, -1) for note in old_part.notes]
    kept = [(note, stays[source]) for note, source in zip(old.notes, old.sources, strict=True) if source >= 0 and stays[source] >= 0]
    known = {i for i in stays if i >= 0}
    new = [(note, source) for note, source in zip(fresh.notes, fresh.sources, strict=True) if source not in known]
    played = sorted(kept + _giving_way(new, [note for note, _ in kept]))
    bar_ticks = plan.meter.bar_ticks
    gone = [old_part.notes[i] for i, stay in enumerate(stays) if stay < 0]
    bars = {note.start // bar_ticks for note in (*gone, *(part.notes[i] for i in range(len(part.notes)) if i not in known))}
    notes, sources = tuple(note for note, _ in played), tuple(source for _, source in played)
    return replace(old, notes=notes, sources=sources, controls=_controls(old.controls, fresh.controls, bars, bar_ticks))


def _giving_way(new: Sequence[tuple[Note, int]], kept: Sequence[Note]) -> list[tuple[Note, int]]:
    """The new notes, moved behind and cut before notes of the same key that stay; none strikes a key that is down."""
    by_pitch: dict[int, list[Note]] = {}
    for note in kept:
        by_pitch.setdefault(note.pitch, []).append(note)
    result: list[tuple[Note, int]] = []
    for note, source in sorted(new):
        rivals = by_pitch.get(note.pitch, [])
        start = max([note.start, *(other.end for other in rivals if other.start <= note.start < other.end)])
        stop = min([max(note.end, start + 1), *(other.start for other in rivals if other.start > note.start)])
        if stop <= start or (start != note.start and stop - start < SHORTEST_TICKS):
            continue
        fitted = replace(note, start=start, duration=stop - start)
        result.append((fitted, source))
        by_pitch.setdefault(note.pitch, []).append(fitted)
    return result


def _controls(old: Sequence[Control], fresh: Sequence[Control], bars: Collection[int], bar_ticks: int) -> tuple[Control, ...]:
    """The old controls, those of the bars that changed exchanged for fresh ones."""
    kept = [control for control in old if control.tick // bar_ticks not in bars]
    taken = [control for control in fresh if control.tick // bar_ticks in bars]
    return tuple(sorted([*kept, *taken], key=lambda control: (control.tick, control.number)))
