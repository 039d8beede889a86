"""The bytes of a SoundFont 2 file: sample data mapped from disk, the hydra of presets, instruments and zones as numpy tables."""

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daiw.errors import PluginError

DEFAULT_FONT = "TimGM6mb.sf2"
FONT_FOLDERS = (Path("/usr/share/sounds/sf2"), Path("/usr/share/soundfonts"), Path("/usr/local/share/soundfonts"))

_PRESET = np.dtype([("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("unused", "<u4", 3)])
_INSTRUMENT = np.dtype([("name", "S20"), ("bag", "<u2")])
_BAG = np.dtype([("generator", "<u2"), ("modulator", "<u2")])
_GENERATOR = np.dtype([("kind", "<u2"), ("amount", "<i2")])
_MODULATOR = np.dtype([("source", "<u2"), ("target", "<u2"), ("amount", "<i2"), ("scale_by", "<u2"), ("transform", "<u2")])
_SAMPLE = np.dtype(
    [
        ("name", "S20"),
        ("start", "<u4"),
        ("end", "<u4"),
        ("loop_start", "<u4"),
        ("loop_end", "<u4"),
        ("rate", "<u4"),
        ("pitch", "u1"),
        ("correction", "i1"),
        ("link", "<u2"),
        ("type", "<u2"),
    ]
)
_TABLES = {
    b"phdr": _PRESET,
    b"pbag": _BAG,
    b"pmod": _MODULATOR,
    b"pgen": _GENERATOR,
    b"inst": _INSTRUMENT,
    b"ibag": _BAG,
    b"imod": _MODULATOR,
    b"igen": _GENERATOR,
    b"shdr": _SAMPLE,
}
Table = NDArray[np.void]


@dataclass(frozen=True, slots=True, eq=False)
class Font:
    """One file.  wave: all samples, int16, mapped and read only where played.  tables: the nine of the hydra by their RIFF names."""

    path: Path
    wave: NDArray[np.int16]
    tables: dict[bytes, Table]


def find_font(names: Sequence[str], folder: Path | None = None) -> Path:
    """The first of `names` that exists, as a path, in `folder` or in the system's font folders; else the embedded default."""
    for name in names:
        for place in (Path(name), *((folder / name,) if folder else ()), *(root / name for root in FONT_FOLDERS)):
            if place.is_file():
                return Path(place)
    spec = importlib.util.find_spec("pretty_midi")
    path = Path(spec.origin).parent / DEFAULT_FONT if spec and spec.origin else None
    if path is None or not path.is_file():
        raise PluginError(f"the General MIDI font {DEFAULT_FONT} is missing: it comes with the package pretty_midi; reinstall it")
    return path


@lru_cache(maxsize=8)
def font_sha256(path: Path) -> str:
    """The hash of the file's bytes; computed once a process."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=4)
def open_font(path: Path) -> Font:
    """Reads the tables and maps the samples; raises PluginError where the file is no SoundFont 2 or is cut short."""
    try:
        data = np.memmap(path, np.uint8, "r")
    except (OSError, ValueError) as error:
        raise PluginError(f"{path}: the font cannot be read: {error}") from error
    if len(data) < 12 or data[:4].tobytes() != b"RIFF" or data[8:12].tobytes() != b"sfbk":
        raise PluginError(f"{path}: this is not a SoundFont 2 file")
    chunks = dict(_chunks(data, 12, len(data)))
    missing = [name.decode() for name in (*_TABLES, b"smpl") if name not in chunks]
    if missing:
        raise PluginError(f"{path}: the font is damaged: no {missing[0]!r} chunk; get it again")
    tables: dict[bytes, Table] = {}
    for name, dtype in _TABLES.items():
        start, size = chunks[name]
        tables[name] = np.frombuffer(data[start : start + size].tobytes()[: size - size % dtype.itemsize], dtype)
    start, size = chunks[b"smpl"]
    return Font(path, data[start : start + size - size % 2].view("<i2"), tables)


def _chunks(data: NDArray[np.uint8], start: int, end: int) -> list[tuple[bytes, tuple[int, int]]]:
    """Every leaf chunk between two offsets as (name, (offset, size)); a size that lies is cut at `end`."""
    found = []
    while start + 8 <= end:
        name = data[start : start + 4].tobytes()
        size = min(int.from_bytes(data[start + 4 : start + 8].tobytes(), "little"), end - start - 8)
        if name == b"LIST":
            found += _chunks(data, start + 12, start + 8 + size)
        else:
            found.append((name, (start + 8, size)))
        start += 8 + size + size % 2
    return found
