"""A whole song that comes back: which track is which part, what was changed in each, what is new and what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from daiw.exchange.pairing import EXACT_TICKS, pair_notes
from daiw.exchange.part import PartChange, Reading, reconcile_part
from daiw.files.foreign import Foreign
from daiw.files.midi_names import unique_names
from daiw.music.score import Arrangement, Note, Track

LIKENESS = 0.3
"""A track without a name of ours is a part of ours where it has this share of its notes in common."""


def readings(ours: Track, exports: Mapping[str, Arrangement]) -> tuple[Reading, ...]:
    """Our part in each format's own words.  exports: format -> our whole song, exported to it and read back."""
    found = []
    for name, song in exports.items():
        for track in song.tracks:
            if track.role.casefold() == ours.role.casefold():
                pairing = pair_notes(ours.notes, track.notes, EXACT_TICKS)
                near = pair_notes(ours.notes, track.notes, 240) if len(pairing.same) < len(track.notes) else pairing
                source = {other: one for one, other in near.same}
                kept = [index for index in range(len(track.notes)) if index in source]
                found.append(Reading(name, tuple(track.notes[i] for i in kept), tuple(source[i] for i in kept)))
    return tuple(found)


def match_tracks(ours: Sequence[Track], known: Mapping[str, Sequence[Reading]], theirs: Foreign) -> dict[int, str]:
    """Which part each of their tracks is: index -> role, by name, by what it plays, and by the notes it shares; others are new parts.

    Several of their tracks may be one part of ours: score programs split a part in two where it has two staves.
    """
    scores = []
    for index, track in enumerate(theirs.arrangement.tracks):
        for part in ours:
            named = track.role.casefold() == part.role.casefold()
            shared = max((_shared(track.notes, reading.notes) for reading in known[part.role]), default=0.0)
            if named or (shared >= LIKENESS and track.drums == part.drums):
                scores.append((named + shared + 0.1 * (track.program == part.program), index, part.role))
    matched: dict[int, str] = {}
    named_roles: set[str] = set()
    for score, index, role in sorted(scores, key=lambda entry: (-entry[0], entry[1:])):
        twin = [theirs.arrangement.tracks[other].notes for other, known_role in matched.items() if known_role == role]
        if index in matched or (
            twin
            and (role in named_roles or score < 0.5 or any(_shared(notes, theirs.arrangement.tracks[index].notes) > 0.3 for notes in twin))
        ):
            continue
        matched[index] = role
        if score >= 1.0 and theirs.arrangement.tracks[index].role.casefold() == role.casefold():
            named_roles.add(role)
    return matched


def _shared(some: Sequence[Note], all_of: Sequence[Note]) -> float:
    """Share of some notes that are among others, on a grid of eighths: rough, and quick enough for any pair of tracks."""
    one, other = ({(round(note.start / 240), note.pitch) for note in notes} for notes in (some, all_of))
    return len(one & other) / max(1, len(one))


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Our parts after an import.

    tracks: ours in our order, then new ones.  changes: one a part that the file has.  absent: parts that it does not have.
    known: share of the file's notes, in the parts that it shares with us, that are ours.
    """

    tracks: tuple[Track, ...]
    changes: tuple[PartChange, ...]
    absent: tuple[str, ...]
    known: float


def reconcile_parts(ours: Arrangement, exports: Mapping[str, Arrangement], theirs: Foreign) -> Reconciled:
    """Every part with what was changed in the file.  exports: format -> our whole song, exported to it and read back.

    A part that the file names without a note was emptied; one that it does not name was not exported, and stays.
    """
    known = {track.role: readings(track, exports) for track in ours.tracks}
    playing = [track for track in ours.tracks if known[track.role]]
    matched = match_tracks(playing, known, theirs)
    tracks, changes, absent = [], [], []
    for track in ours.tracks:
        mates = [theirs.arrangement.tracks[index] for index, role in sorted(matched.items()) if role == track.role]
        if mates:
            merged = replace(mates[0], notes=tuple(sorted(note for mate in mates for note in mate.notes)))
            track, change = reconcile_part(track, known[track.role], merged, theirs)
        elif track.notes and track.role.casefold() in {name.casefold() for name in theirs.empty}:
            spans = tuple((note.start, note.end) for note in track.notes)
            change = PartChange(track.role, removed=len(track.notes), spans=spans)
            track = replace(track, notes=(), sources=())
        else:
            absent.append(track.role)
            tracks.append(track)
            continue
        tracks.append(track)
        changes.append(change)
    new = [track for index, track in enumerate(theirs.arrangement.tracks) if index not in matched]
    for track, role in zip(new, _new_names(ours.tracks, new), strict=True):
        spans = tuple((note.start, note.end) for note in track.notes)
        tracks.append(replace(track, role=role))
        changes.append(PartChange(role, added=len(track.notes), new=True, spans=spans))
    old = sum(change.same for change in changes if not change.new)
    total = sum(len(theirs.arrangement.tracks[index].notes) for index in matched)
    return Reconciled(tuple(tracks), tuple(changes), tuple(absent), old / total if total else 0.0)


def _new_names(ours: Sequence[Track], new: Sequence[Track]) -> list[str]:
    return unique_names([*(track.role for track in ours), *(track.role for track in new)])[len(ours) :]
