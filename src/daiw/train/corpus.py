"""Licensed files -> sheets -> windows of training rows, in shards that survive a kill.

    python -m daiw.train.corpus --data DIR --out DIR

DIR of --data holds pop909/, openewld_us_pd/ and openscore_lieder/.  Every source and every split is one file, written whole or not at all;
what is there already is not made again.
"""

import argparse
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from daiw.errors import FileFormatError
from daiw.tokens.codec import stream
from daiw.tokens.controls import controls
from daiw.tokens.sheet import Sheet

WINDOW_BARS = 32
HOP_BARS = 16
VALIDATION_SHARE = 20
"""One song in so many is held out."""

UNREFERRED_SHARE = 6
"""One training window in so many is also shown without references, so that the model can write without them."""

SAME_SONG = ({"017", "018"}, {"492", "666"}, {"262", "805"}, {"101", "103"})
"""Near-duplicates in POP909, which must share a split."""

VERSION = 1
ABOUT = ("name", "style", "meter", "bars", "sections", "bpm", "minor", "level", "shift")
"""Fields of a sheet that are not arrays."""


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


def windows_of(sheet: Sheet, *, hop: int) -> Iterable[tuple[str, int, int]]:
    """(role, first bar, bars) worth training on: enough notes, and chords that were written rather than guessed."""
    for first in range(0, max(1, sheet.bars - WINDOW_BARS // 2), hop):
        bars = min(WINDOW_BARS, sheet.bars - first)
        inside = (sheet.notes[:, 0] >= first * sheet.bar_units) & (sheet.notes[:, 0] < (first + bars) * sheet.bar_units)
        if inside.sum() >= 8:
            yield "melody", first, bars
        if len(sheet.chords) and sheet.style != "lieder":
            yield "chords", first, bars


def make_windows(sheets: list[Sheet], *, hop: int, unreferred: bool) -> Windows:
    """Encode every window of every sheet."""
    streams, told, names = [], [], []
    for sheet in sheets:
        rows = controls(sheet)
        for role, first, bars in windows_of(sheet, hop=hop):
            label = f"{role} {sheet.name}@{first}"
            for refer in (True, False) if unreferred and crc32(label.encode()) % UNREFERRED_SHARE == 0 else (True,):
                streams.append(stream(sheet, role, first, bars, refer=refer))
                here = rows[first : first + bars]
                told.append(np.concatenate([here, np.repeat(here[-1:], WINDOW_BARS - bars, axis=0)]))
                names.append(label)
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


def readers() -> dict[str, tuple[str, Callable[[Path], list[Sheet]]]]:
    """Source -> (its folder, its reader)."""
    from daiw.train.musicxml import read_lieder, read_openewld
    from daiw.train.pop909 import read_pop909

    return {"pop909": ("pop909", read_pop909), "openewld": ("openewld_us_pd", read_openewld), "lieder": ("openscore_lieder", read_lieder)}


def build(data: Path, out: Path) -> None:
    """Make every shard that is not there yet."""
    out.mkdir(parents=True, exist_ok=True)
    sheets: list[Sheet] = []
    for source, (folder, read) in readers().items():
        path = out / f"sheets-{source}-v{VERSION}.npz"
        if not path.exists():
            save_sheets(path, read(data / folder))
        sheets += load_sheets(path)
        print(f"{path.name}: {len(sheets)} sheets so far", flush=True)
    for split, wanted in (("val", True), ("train", False)):
        path = windows_path(out, "lead", split)
        if not path.exists():
            chosen = [sheet for sheet in sheets if held_out(sheet.name) == wanted]
            save_windows(path, make_windows(chosen, hop=WINDOW_BARS if wanted else HOP_BARS, unreferred=not wanted))
        windows = load_windows(path)
        print(f"{path.name}: {len(windows.names)} windows, {len(windows.targets)} tokens", flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    build(arguments.data, arguments.out)


if __name__ == "__main__":
    main()
