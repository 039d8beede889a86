"""song.json: everything needed to understand a song folder and to make the song again."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from daiw.errors import FileFormatError
from daiw.files.folder import MANIFEST
from daiw.files.table import dump_table, load_table
from daiw.music.decision import Decision
from daiw.music.intent import Intent
from daiw.music.plan import Plan
from daiw.music.preset import Preset
from daiw.music.take import Edit, Lock

SCHEMA = "daiw-song-1"
MAX_MANIFEST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of the folder.  sha256: hexadecimal."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SongFile:
    """The manifest of a song folder.

    schema: "daiw-song-1"; another number means another layout.  versions: of daiw, python and the libraries that make sound.
    preset: the whole style as it was.  intent, plan: None where a stranger's MIDI file was rendered.
    composer: who wrote the notes.
    instruments: name -> engine, font and manifest hashes.  weights: name -> SHA-256.  measurements: unit in each name.
    take, edits, locks: this version's number, how every version came about, and what no edit may change.
    stage_seconds: wall time a stage.  files: path -> hash, of everything but the manifest itself.
    """

    schema: str
    seed: int
    versions: dict[str, str]
    preset: Preset
    intent: Intent | None = None
    plan: Plan | None = None
    composer: str = "reference"
    decisions: tuple[Decision, ...] = ()
    instruments: dict[str, dict[str, str]] = field(default_factory=dict)
    weights: dict[str, str] = field(default_factory=dict)
    measurements: dict[str, float] = field(default_factory=dict)
    take: int = 1
    edits: tuple[Edit, ...] = ()
    locks: tuple[Lock, ...] = ()
    stage_seconds: dict[str, float] = field(default_factory=dict)
    files: dict[str, FileEntry] = field(default_factory=dict)


def write_song_file(manifest: SongFile, folder: Path) -> None:
    """Write song.json into `folder`."""
    text = json.dumps(dump_table(manifest), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_song_file(folder: Path) -> SongFile:
    """Read song.json from a song folder; raises FileFormatError naming the file and what is wrong with it."""
    path = folder / MANIFEST
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise FileFormatError(f"{path} is larger than {MAX_MANIFEST_BYTES} bytes: it is not a song's manifest")
        data = json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise FileFormatError(f"{folder} is not a song folder: cannot read {MANIFEST}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path} is not valid JSON: {error}") from error
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        raise FileFormatError(f"{path} has the schema {schema!r}; this version of daiw reads {SCHEMA!r}")
    return load_table(SongFile, data, str(path), FileFormatError)
