"""Earlier and later versions of a song: what they were, and the way back."""

from dataclasses import replace
from pathlib import Path

from daiw.clock import Clock, Watch
from daiw.editing.folder import HISTORY, IN_PLACE, first_edits, told, write_version
from daiw.editing.opening import check_unchanged, open_take
from daiw.editing.sounding import sounded, stems_of_folder
from daiw.errors import FileFormatError, PromptError
from daiw.files.folder import MANIFEST, sha256
from daiw.files.song import read_song_file
from daiw.music.take import Edit
from daiw.song import Song
from daiw.studio import Studio


def history(folder: str | Path) -> tuple[tuple[Edit, ...], int]:
    """Every version there has been, oldest first, and the number of the one that is in the folder now."""
    folder = Path(folder)
    manifest = read_song_file(folder)
    return first_edits(folder, manifest), manifest.take


def undo(folder: str | Path, *, studio: Studio | None = None, watch: Watch | None = None) -> Song:
    """Put back the version that the present one came from; raises PromptError where there is none."""
    edits, now = history(folder)
    parent = _entry(edits, now).parent
    if parent == 0:
        raise PromptError(f"there is nothing to undo: {folder} is as it was made")
    return go_to(folder, parent, studio=studio, watch=watch)


def redo(folder: str | Path, *, studio: Studio | None = None, watch: Watch | None = None) -> Song:
    """Put back the last version that came from the present one; raises PromptError where there is none."""
    edits, now = history(folder)
    children = [edit.number for edit in edits if edit.parent == now]
    if not children:
        raise PromptError(f"there is nothing to redo: no edit of {folder} was undone from here")
    return go_to(folder, children[-1], studio=studio, watch=watch)


def go_to(folder: str | Path, number: int, *, studio: Studio | None = None, watch: Watch | None = None) -> Song:
    """Put version `number` in the folder; the present one stays in its history, and locks stay as they are now.

    Only stems that differ are played again.  Raises PromptError for a version there never was, FileFormatError where it is gone.
    """
    folder, studio, clock = Path(folder), (studio or Studio()).of_song(Path(folder)), Clock(watch)
    manifest = read_song_file(folder)
    edits = first_edits(folder, manifest)
    _entry(edits, number)
    check_unchanged(folder, manifest)
    seen = sha256(folder / MANIFEST)
    place = folder / HISTORY / f"{number:03d}"
    if number != manifest.take and not (place / MANIFEST).is_file():
        raise FileFormatError(f"version {number} is not kept in {folder / HISTORY}; daiw history {folder} lists what there was")
    then = manifest if number == manifest.take else read_song_file(place)
    old, new = open_take(folder, manifest), open_take(folder if number == manifest.take else place, then)
    new = replace(new, locks=manifest.locks)
    song = sounded(old, new, stems_of_folder(folder, manifest, old.arrangement, studio), studio=studio, clock=clock)
    song = told(song, then, number, edits)
    if clock.watch:
        clock.watch("write")
    write_version(song, folder, manifest, seen, IN_PLACE)
    return song


def came_back(folder: str | Path, number: int) -> bool:
    """Whether notes and stems have the hashes of version `number`; other libraries or another processor may give other ones."""
    now, then = read_song_file(Path(folder)).files, read_song_file(Path(folder) / HISTORY / f"{number:03d}").files
    names = [name for name in then if name == "song.mid" or name.startswith("stems/")]
    return all(name in now and now[name].sha256 == then[name].sha256 for name in names)


def _entry(edits: tuple[Edit, ...], number: int) -> Edit:
    """The log's line on version `number`."""
    for edit in edits:
        if edit.number == number:
            return edit
    raise PromptError(f"there is no version {number}; there are {', '.join(str(edit.number) for edit in edits)}")
