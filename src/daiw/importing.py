"""A file from a DAW or a score program back into the song it came from: what the person changed is taken over and locked."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from daiw.clock import Clock
from daiw.editing.folder import Destination, Step, edit
from daiw.editing.following import VOICE, Followed, changed_bars, followed, told_as
from daiw.editing.hand import played_by_hand
from daiw.editing.opening import open_take
from daiw.editing.sounding import performed, sounded
from daiw.errors import FileFormatError
from daiw.exchange.outline import Outline, reconcile_plan
from daiw.exchange.part import PartChange
from daiw.exchange.reading import read_foreign
from daiw.exchange.reconcile import Reconciled, reconcile_parts
from daiw.exchange.stranger import new_take
from daiw.files.folder import MANIFEST
from daiw.files.foreign import Foreign
from daiw.files.midi import midi_bytes, parse_arrangement
from daiw.files.midi_names import clean_text
from daiw.files.musicxml import musicxml_bytes
from daiw.files.musicxml_read import parse_score
from daiw.files.preset import find_preset
from daiw.files.session import Session
from daiw.music.groove import groove
from daiw.music.lyrics import SungLine
from daiw.music.preset import Preset
from daiw.music.score import Arrangement, Timeline, Track
from daiw.music.take import Lock, Take
from daiw.pipeline import PLAIN
from daiw.singing.pronounce import pronounce_line
from daiw.song import Song
from daiw.studio import Studio
from daiw.verse.rewording import reworded

STRANGER = 0.3
"""Below this share of known notes a file is another song."""
IN_FOLDER = ("song.mid", "song.dawproject")
"""Files of a song folder that a person may have edited where they lie."""


@dataclass(frozen=True, slots=True)
class Import:
    """What an import took over.

    folder: where the song is now.  song: None where the file holds nothing new; then nothing was written.
    parts: one for every part in the file.  absent: parts it does not have, left as they were.
    changes: of tempo, key, sections, chords and length, a sentence each.  remarks: what could not be taken over.
    locks: what is locked now that was not before.  followed: who sings along and now has the voice's new words and notes.
    """

    folder: Path
    song: Song | None
    parts: tuple[PartChange, ...]
    absent: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()
    followed: tuple[Followed, ...] = ()

    @property
    def notes(self) -> int:
        """How many notes are not as before."""
        return sum(part.notes for part in self.parts)


def song_of(file: Path) -> Path | None:
    """The song folder that a file lies in, or lies beside under its name, as exports do; None where there is none."""
    beside = file.with_suffix("")
    return next((folder for folder in (file.parent, beside) if (folder / MANIFEST).is_file()), None)


def bring_back(
    file: str | Path,
    folder: str | Path,
    *,
    output: str | Path | None = None,
    force: bool = False,
    studio: Studio | None = None,
    watch: Callable[[str], None] | None = None,
) -> Import:
    """Take the edits in `file` over into the song in `folder`, render what they concern, and keep the version before in its history.

    The file is a MIDI file, .dawproject or MusicXML score that the song was exported to.  Notes that were not touched stay as they were,
    tick for tick; bars of a part in which something was changed are locked.  An unchanged file writes nothing.
    output: another folder for the result.  force: replace a song there, and take even a file that looks like another song.
    Raises FileFormatError for a file that cannot be read, is another song's, or a folder that holds no song of ours; OutputError.
    """
    file, folder, studio = Path(file), Path(folder), studio or Studio()
    theirs = read_foreign(file)
    if not any(track.notes for track in theirs.arrangement.tracks) and not theirs.empty:
        raise FileFormatError(f"{file} has no notes to import")
    old = open_take(folder)
    parts, outline = compare(old, theirs)
    if parts.known < STRANGER and not force:
        raise FileFormatError(
            f"{file} is not {folder.name}: {parts.known:.0%} of its notes in the parts they share are this song's; "
            f"import it as a song of its own with -o, or insist with --force"
        )
    remarks = (*theirs.remarks, *outline.remarks)
    touched = [change for change in parts.changes if change.changed]
    if not touched and not outline.changes:
        return Import(folder, None, parts.changes, parts.absent, (), remarks)
    changed = {change.role for change in touched}
    tracks = studio.with_instruments(Arrangement(tuple(track for track in parts.tracks if track.role in changed), old.plan.timeline))
    known = {track.role: track for track in old.arrangement.tracks}
    tracks = replace(tracks, tracks=tuple(_instrument_of(known, track) for track in tracks.tracks))
    words, tracks = _with_words(old.plan.words, tracks)
    new: list[tuple[Take, tuple[Followed, ...]]] = []

    def change(take: Take) -> Take:
        take = _with_plan(take, outline)
        hand = played_by_hand(replace(take, plan=replace(take.plan, words=words)), tracks)
        new.append(_with_company(take, hand, file.name) if VOICE in changed else (hand, ()))
        return new[-1][0]

    what = f"import {file.name}: {_summary(parts, outline)}"
    taken = tuple(name for name in IN_FOLDER if file.resolve() == (folder / name).resolve())
    song = edit(
        folder, change, Step(what), into=Destination(Path(output) if output else None, force), studio=studio, watch=watch, taken=taken
    )
    made, company = new[-1]
    locks = tuple(lock for lock in made.locks if lock not in old.locks)
    return Import(Path(output) if output else folder, song, parts.changes, parts.absent, outline.changes, remarks, locks, company)


def new_song(
    file: str | Path, *, preset: str | Preset | None = None, studio: Studio | None = None, watch: Callable[[str], None] | None = None
) -> Song:
    """A song of ours out of a stranger's file: its notes and players, in a plan that is read off them, rendered, mixed and mastered.

    Key, tempo, meter, sections and chords are the file's where it says them, else estimated; every part can be edited and written anew.
    preset: its effects, mix and master; without one, a plain balance.  Raises FileFormatError, PresetError or PluginError.
    """
    file, studio, clock = Path(file), studio or Studio(), Clock(watch)
    with clock.stage("read"):
        chosen = find_preset(preset) if isinstance(preset, str) else preset or PLAIN
        theirs = read_foreign(file)
        if not any(track.notes for track in theirs.arrangement.tracks):
            raise FileFormatError(f"{file} has no notes to import")
        empty, tracks = new_take(theirs, chosen, file.name)
        take = played_by_hand(empty, studio.with_instruments(Arrangement(tracks, empty.plan.timeline)), locked=False)
    return sounded(take, take, lambda _: None, studio=studio, clock=clock)


def compare(take: Take, theirs: Foreign) -> tuple[Reconciled, Outline]:
    """What differs between a song and a file that was exported from it."""
    played = parse_arrangement(midi_bytes(take.arrangement))
    session = Session(clean_text(take.plan.title), played, plan=take.plan)
    written = parse_score(musicxml_bytes(session, groove(take.preset.arrange.groove)), "export").arrangement
    parts = reconcile_parts(take.arrangement, {"midi": played, "musicxml": written}, theirs)
    base: Timeline = written.timeline if theirs.kind == "musicxml" else played.timeline
    return parts, reconcile_plan(take.plan, base, theirs)


def _instrument_of(known: dict[str, Track], track: Track) -> Track:
    """A part of ours keeps its own player; a new one has the instrument of its program."""
    return replace(track, instrument=known[track.role].instrument) if track.role in known else track


def _with_words(lines: tuple[SungLine, ...], tracks: Arrangement) -> tuple[tuple[SungLine, ...], Arrangement]:
    """The plan's lines as the voice sings them now, and the voice with the sounds of new words; as they were where it is untouched."""
    voice = next((track for track in tracks.tracks if track.role == VOICE), None)
    if voice is None or not lines:
        return lines, tracks
    words, notes = reworded(lines, voice.notes, pronounce_line)
    sung = replace(voice, notes=notes)
    return words, replace(tracks, tracks=tuple(sung if track is voice else track for track in tracks.tracks))


def _with_company(old: Take, hand: Take, name: str) -> tuple[Take, tuple[Followed, ...]]:
    """The take with those who sing along after the voice that a person changed, and who that was."""
    bars = changed_bars(old.score.part(VOICE), hand.score.part(VOICE), hand.plan.meter.bar_ticks)
    score, company = followed(hand, bars)
    if not company:
        return hand, ()
    told = told_as(company, f"{name} changed the voice in bars {', '.join(str(bar + 1) for bar in sorted(bars))}")
    return performed(hand, replace(hand, score=replace(score, decisions=(*score.decisions, told)))), company


def _with_plan(take: Take, outline: Outline) -> Take:
    """The take with the plan's timeline everywhere."""
    timeline = outline.plan.timeline
    return replace(
        take,
        plan=outline.plan,
        score=replace(take.score, timeline=timeline),
        arrangement=replace(take.arrangement, timeline=timeline),
    )


def _summary(parts: Reconciled, outline: Outline) -> str:
    """One line for the history."""
    notes = [f"{change.role} {change.notes} notes" for change in parts.changes if change.notes]
    return ", ".join([*notes, *outline.changes]) or "controllers"
