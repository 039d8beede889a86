"""Sheets of songs and windows of training rows on disk, in shards that are whole or absent, and who is held out."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from daiw.errors import FileFormatError
from daiw.tokens.codec import Stream
from daiw.tokens.sheet import Sheet

VALIDATION_SHARE = 20
"""One song in so many is held out."""

SAME_SONG = ({"017", "018"}, {"492", "666"}, {"262", "805"}, {"101", "103"})
"""Near-duplicates in POP909, which must share a split."""

VERSION = 1
ABOUT = ("name", "style", "meter", "bars", "sections", "bpm", "minor", "level", "shift")
"""Fields of a sheet that are not arrays."""


Made = tuple[str, Stream, NDArray[np.int16]]
"""A window: "role song@bar", its rows, and the controls of its bars."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Training rows of many windows, end to end.

    features: (n, len(FEATURES)); targets, bars: (n,).  starts: (windows + 1,) first row of each.  controls: (windows, WINDOW_BARS,
    len(CONTROLS)).  names: "role song@bar" of each window.
    """

    features: NDArray[np.int16]
    targets: NDArray[np.int16]
    bars: NDArray[np.int16]
    starts: NDArray[np.int64]
    controls: NDArray[np.int16]
    names: tuple[str, ...]


def held_out(name: str) -> bool:
    """Whether the song of a sheet's name belongs to the held-out split; keys and duplicates of one song stay together."""
    source, _, song = name.partition("/")
    song = song.split(".")[0]
    for group in SAME_SONG:
        if song in group:
            song = min(group)
    return crc32(f"{source}/{song}".encode()) % VALIDATION_SHARE == 0


def write_whole(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    """Write an npz beside `path` and move it into place."""
    part = path.with_name(path.name + ".part.npz")
    np.savez_compressed(part, **arrays)  # type: ignore[arg-type]
    os.replace(part, path)


def save_sheets(path: Path, sheets: list[Sheet]) -> None:
    """All sheets of one source in one npz."""
    about = [{name: getattr(sheet, name) for name in ABOUT} for sheet in sheets]
    arrays: dict[str, NDArray[np.generic]] = {"about": np.frombuffer(json.dumps(about).encode(), np.uint8)}
    for name in ("notes", "chords"):
        events = [getattr(sheet, name) for sheet in sheets]
        arrays[name] = np.concatenate(events) if events else np.zeros((0, 3), np.int32)
        arrays[f"{name}_count"] = np.array([len(rows) for rows in events])
    write_whole(path, arrays)


def load_sheets(path: Path) -> list[Sheet]:
    """The inverse of `save_sheets`; raises FileFormatError."""
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            about = json.loads(file["about"].tobytes())
            parts = {name: np.split(file[name], np.cumsum(file[f"{name}_count"])[:-1]) for name in ("notes", "chords")}
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise FileFormatError(f"{path}: not a shard of sheets ({error}); delete it and make it again") from error
    sheets = []
    for i, row in enumerate(about):
        row["sections"], row["level"] = tuple((bar, kind) for bar, kind in row["sections"]), tuple(row["level"])
        sheets.append(Sheet(notes=parts["notes"][i], chords=parts["chords"][i], **row))
    return sheets


def all_sheets(corpus: Path) -> list[Sheet]:
    """Every sheet of every source that was made into tokens."""
    return [sheet for path in sorted(corpus.glob(f"sheets-*-v{VERSION}.npz")) for sheet in load_sheets(path)]


def joined(made: Iterable[Made], window_bars: int) -> Windows:
    """All windows end to end."""
    names, streams, told = [], [], []
    for name, rows, controls in made:
        names.append(name)
        streams.append(rows)
        told.append(np.concatenate([controls, np.repeat(controls[-1:], window_bars - len(controls), axis=0)]))
    lengths = [len(one.targets) for one in streams]
    return Windows(
        np.concatenate([one.features for one in streams]),
        np.concatenate([one.targets for one in streams]),
        np.concatenate([one.bars for one in streams]),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.stack(told),
        tuple(names),
    )


def save_windows(path: Path, windows: Windows) -> None:
    """One split in one npz."""
    arrays = ("features", "targets", "bars", "starts", "controls")
    write_whole(
        path, {name: getattr(windows, name) for name in arrays} | {"names": np.frombuffer("\n".join(windows.names).encode(), np.uint8)}
    )


def load_windows(path: Path) -> Windows:
    """The inverse of `save_windows`; raises FileFormatError."""
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            names = tuple(file["names"].tobytes().decode().split("\n"))
            return Windows(file["features"], file["targets"], file["bars"], file["starts"], file["controls"], names)
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise FileFormatError(f"{path}: not a shard of windows ({error}); delete it and make it again") from error


def windows_path(corpus: Path, layout: str, split: str) -> Path:
    """The shard of one layout's windows; split is "train" or "val"."""
    return corpus / f"windows-{split}-v{VERSION}.npz" if layout == "lead" else corpus / f"windows-{layout}-{split}-v{VERSION}.npz"
