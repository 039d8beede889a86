"""A song folder as the take that an edit starts from."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from daiw.errors import FileFormatError
from daiw.files.folder import MANIFEST, sha256
from daiw.files.score import MIX, SCORE, read_mix, read_score
from daiw.files.song import SongFile, read_song_file
from daiw.music.take import Take

NOTES = (MANIFEST, SCORE, MIX, "song.mid")
"""The files of a version that sound can be made from again."""


def open_take(folder: Path, manifest: SongFile | None = None) -> Take:
    """The version in `folder`, or in one of its history's; raises FileFormatError where it is no song that daiw composed."""
    manifest = manifest or read_song_file(folder)
    if manifest.intent is None or manifest.plan is None:
        raise FileFormatError(f"{folder} holds a rendered MIDI file, not a song that daiw composed; edit the MIDI file and render it again")
    score, arrangement = read_score(folder / SCORE, manifest.plan.timeline)
    score = replace(score, decisions=tuple(d for d in manifest.decisions if d.stage in ("compose", "edit")))
    arrangement = replace(arrangement, decisions=tuple(d for d in manifest.decisions if d.stage == "arrange"))
    return Take(
        intent=manifest.intent, preset=manifest.preset, plan=manifest.plan, score=score, arrangement=arrangement,
        composer=manifest.composer, locks=manifest.locks, mixing=read_mix(folder / MIX) if (folder / MIX).exists() else None,
    )  # fmt: skip


def check_unchanged(folder: Path, manifest: SongFile, taken: Collection[str] = ()) -> None:
    """Raise FileFormatError where a file of the song is not as daiw wrote it: an edit would overwrite what a person did to it.

    Files that are gone are made again; song.json may be reworded, the rest of the folder is not looked at.
    taken: names of files whose changes this edit takes in.
    """
    for name, entry in manifest.files.items():
        path = folder / name
        if name not in taken and path.is_file() and (path.stat().st_size != entry.bytes or sha256(path) != entry.sha256):
            if name == "song.mid":
                hint = "bring the changes in with daiw import"
            else:
                hint = "move it out of the folder to keep it, then edit again"
            raise FileFormatError(f"{path} was changed since daiw wrote it; {hint}")
