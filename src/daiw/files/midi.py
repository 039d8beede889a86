"""MIDI files in and out: any file a person has becomes an Arrangement, any Arrangement a file that every DAW reads."""

import stat
from collections.abc import Iterable
from pathlib import Path

from daiw.errors import FileFormatError, OutputError
from daiw.files.midi_events import parse_midi
from daiw.files.midi_read import arrange_raw
from daiw.files.midi_write import midi_bytes
from daiw.music.score import Arrangement

__all__ = ["MAX_BYTES", "midi_bytes", "parse_arrangement", "read_midi", "write_midi"]

MAX_BYTES = 32 * 1024 * 1024


def read_midi(path: Path | str) -> Arrangement:
    """Read a Standard MIDI File of type 0, 1 or 2, bare or in a RIFF RMID wrapper, at most 32 MiB and two million events.

    Roles are track names made fit for file names, else instrument families, numbered where they repeat; the instrument is "gm".
    An Arrangement without tracks means a file without notes.  Raises FileFormatError: path, byte offset, what to do.
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise FileFormatError(f"{path} is a folder; name the MIDI file in it")
        if not stat.S_ISREG(mode):
            raise FileFormatError(f"{path} is not a regular file; save it to disk first")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise FileFormatError(f"{str(path)!r} cannot be read: {reason}") from error
    try:
        return parse_arrangement(data)
    except FileFormatError as error:
        raise FileFormatError(f"{path}: {error}") from error


def parse_arrangement(data: bytes) -> Arrangement:
    """`read_midi` for bytes; errors name the offset only."""
    if len(data) > MAX_BYTES:
        raise FileFormatError(f"the file is larger than {MAX_BYTES // 2**20} MiB; split it")
    return arrange_raw(parse_midi(data))


def write_midi(arrangement: Arrangement, path: Path | str, *, title: str = "", copyright: str = "", texts: Iterable[str] = ()) -> Path:
    """Write `midi_bytes` to `path` and return it; raises OutputError where that cannot be done."""
    path = Path(path)
    data = midi_bytes(arrangement, title=title, copyright=copyright, texts=texts)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error
    return path
