"""An edit of a song folder: opened, changed, played, written whole or not at all, with what was before kept in history/."""

import os
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from daiw.clock import Clock, Watch
from daiw.editing.opening import NOTES, check_unchanged, open_take
from daiw.editing.sounding import sounded, stems_of_folder
from daiw.errors import OutputError
from daiw.files.folder import MANIFEST, sha256
from daiw.files.plugins import FOLDER, RECORD
from daiw.files.song import SongFile, read_song_file
from daiw.music.cells import changed_notes
from daiw.music.take import Edit, Take
from daiw.song import Song
from daiw.studio import Studio

HISTORY = "history"
Change = Callable[[Take], Take]
"""What an edit does to a song without its sound; may raise any DaiwError."""


@dataclass(frozen=True, slots=True)
class Step:
    """What an edit is called in the history.  seed: what it drew from."""

    what: str
    why: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an edited song goes.

    output: another folder than the song's own.  force: replace a song there.  formats: of the master, beside those there are.
    """

    output: Path | None = None
    force: bool = False
    formats: tuple[str, ...] = ()


IN_PLACE = Destination()


def open_song(folder: str | Path, *, studio: Studio | None = None) -> Song:
    """The song in a folder, sound and all: its stems as they are there, missing ones played again.

    Raises FileFormatError where it is no song of daiw's or was changed by other hands.
    """
    folder, studio = Path(folder), (studio or Studio()).of_song(Path(folder))
    manifest = read_song_file(folder)
    check_unchanged(folder, manifest)
    take = open_take(folder, manifest)
    song = sounded(take, take, stems_of_folder(folder, manifest, take.arrangement, studio), studio=studio)
    return told(song, manifest, manifest.take, manifest.edits)


def again(folder: str | Path, *, studio: Studio | None = None, watch: Watch | None = None) -> Song:
    """The song in a folder made again from its notes alone, every stem played anew; nothing is written."""
    folder, studio = Path(folder), (studio or Studio()).of_song(Path(folder))
    manifest = read_song_file(folder)
    take = open_take(folder, manifest)
    song = sounded(take, take, lambda _: None, studio=studio, clock=Clock(watch))
    return told(song, manifest, manifest.take, manifest.edits)


def edit(
    folder: str | Path,
    change: Change,
    step: Step,
    *,
    into: Destination = IN_PLACE,
    taken: Collection[str] = (),
    studio: Studio | None = None,
    watch: Watch | None = None,
) -> Song:
    """Change the song in `folder` and write it there, or elsewhere, with its history; returns it.

    The new version stands whole in the place of the old one, or the old one is untouched.  Stems that the change does not concern
    keep their bytes.  taken: files that may differ from what daiw wrote, because the change takes them in.
    Raises what `change` raises, FileFormatError for a folder changed by other hands, and OutputError.
    """
    folder, studio, clock = Path(folder), (studio or Studio()).of_song(Path(folder)), Clock(watch)
    manifest = read_song_file(folder)
    check_unchanged(folder, manifest, taken)
    seen = sha256(folder / MANIFEST)
    old = open_take(folder, manifest)
    with clock.stage("compose"):
        new = change(old)
    song = sounded(old, new, stems_of_folder(folder, manifest, old.arrangement, studio), studio=studio, clock=clock)
    edits = first_edits(folder, manifest)
    number = max(entry.number for entry in edits) + 1
    song = told(song, manifest, number, (*edits, edit_entry(number, manifest.take, step, old, new)))
    if clock.watch:
        clock.watch("write")
    write_version(song, folder, manifest, seen, into)
    return song


def told(song: Song, manifest: SongFile, number: int, edits: tuple[Edit, ...]) -> Song:
    """The song with its place in history; the mix's decisions are those of the settings it was mixed by, beside the stems' own."""
    mixed = song.mix
    if mixed.settings is not None and (kept := tuple(decision for decision in manifest.decisions if decision.stage == "mix")):
        played = tuple(decision for decision in mixed.decisions if decision.stage == "render")
        mixed = replace(mixed, decisions=(*played, *kept))
    return replace(song, mix=mixed, number=number, edits=edits)


def first_edits(folder: Path, manifest: SongFile) -> tuple[Edit, ...]:
    """The log so far; of a song never edited, how it was made."""
    if manifest.edits:
        return manifest.edits
    made = datetime.fromtimestamp((folder / MANIFEST).stat().st_mtime, UTC)
    origin = manifest.intent.origin if manifest.intent else "made from the prompt"
    return (Edit(1, 0, origin, f"{made:%Y-%m-%dT%H:%M:%SZ}", manifest.seed),)


def edit_entry(number: int, parent: int, step: Step, old: Take, new: Take) -> Edit:
    """The log's line on a step from one take to another."""
    before = {part.role: part.notes for part in old.score.parts}
    after = {part.role: part.notes for part in new.score.parts}
    counts = {role: changed_notes(before.get(role, ()), after.get(role, ())) for role in dict.fromkeys((*before, *after))}
    changed = {role: count for role, count in counts.items() if count}
    now = datetime.now(UTC)
    return Edit(number, parent, step.what, f"{now:%Y-%m-%dT%H:%M:%SZ}", step.seed, step.why, changed)


def write_version(song: Song, folder: Path, manifest: SongFile, seen: str, into: Destination) -> None:
    """Put a version in the place of the one that is there, whose notes go to history/, or write both elsewhere.

    seen: SHA-256 of the song.json that was read; another one means that somebody else edited meanwhile.
    """

    def keep(inside: Path) -> None:
        place = inside / HISTORY / f"{manifest.take:03d}"
        carry_over(folder, inside, manifest)
        place.mkdir(parents=True, exist_ok=True)
        for name in NOTES:
            if (folder / name).exists():
                shutil.copyfile(folder / name, place / name)
        if sha256(folder / MANIFEST) != seen:
            raise OutputError(f"{folder} was edited by somebody else meanwhile; nothing was written, try again")

    formats = dict.fromkeys(("wav", *into.formats, *(name for name in ("flac", "mp3") if f"master.{name}" in manifest.files)))
    song.save(into.output or folder, formats=tuple(formats), force=into.force or into.output is None, finish=keep)


def carry_over(old: Path, new: Path, manifest: SongFile) -> None:
    """Take along what else lies in the folder: history, files that are not daiw's, and plugins that did not sound this time.

    One that was missing is still the one that the song wants.
    """
    anew = {path.parent.relative_to(new) for path in (new / FOLDER).rglob(RECORD)}
    for path in sorted(old.rglob("*")):
        name = path.relative_to(old)
        target = new / name
        ours = name.parent in anew if name.parts[0] == FOLDER else name.as_posix() in manifest.files
        if ours or name.as_posix() == MANIFEST or target.exists() or target.is_symlink():
            continue
        if path.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(os.readlink(path))
        elif path.is_dir():
            if name.parts[0] != "stems" or any(path.iterdir()):
                target.mkdir(parents=True, exist_ok=True)
        elif path.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, target)
            except OSError:  # another disk, or one without links
                shutil.copy2(path, target)
