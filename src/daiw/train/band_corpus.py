"""Windows of drums, bass and keys for training.

    python -m daiw.train.band_corpus --data DIR --out DIR [--layout kit|band]

DIR of --data holds groove/, pop909/ and freedoom/.  Every shard is one file, written whole or not at all; what is there is not made again.
"""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.band_controls import band_controls
from daiw.tokens.band_walk import BandWalk, walk_band
from daiw.tokens.codec import Stream, window_chords
from daiw.tokens.kit_controls import kit_controls
from daiw.tokens.layout import KIT, LAYOUTS
from daiw.tokens.onsets import Played, encode_onsets, onsets_of
from daiw.tokens.sheet import Events, no_events
from daiw.tokens.takes import Accompaniment, DrumTake
from daiw.tokens.vocab import BAR
from daiw.train.corpus import UNREFERRED_SHARE, Windows, held_out, save_windows, windows_path

LONELY_SHARE = 5
"""One window of bass and keys in so many is shown without what the others play, so that they can be written first or alone."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a part hears in a window, all counted from its first unit."""

    chords: Events
    tune: Events
    keys: tuple[int, ...]


SILENCE = Surroundings(no_events(), no_events(), ())


def window_rows(rows: NDArray[np.int32], first_bar: int, bars: int, bar_units: int) -> NDArray[np.int32]:
    """The rows that start in some bars, counted from the first of them."""
    start, end = first_bar * bar_units, (first_bar + bars) * bar_units
    some = rows[(rows[:, 0] >= start) & (rows[:, 0] < end)].copy()
    some[:, 0] -= start
    return some


def band_stream(role: str, played: Played, around: Surroundings, bars: int, bar_units: int, *, refer: bool = True) -> Stream:
    """Training rows of a part over `bars` bars, all counted from its first unit."""
    tokens = encode_onsets(onsets_of(role, played, around.chords, bars, bar_units), role, refer=refer)
    walk = BandWalk(role, bars, bar_units, around.chords, around.tune, around.keys)
    features = walk_band(walk, tokens)
    opened = np.cumsum([token in BAR for token in tokens])
    inside = np.maximum(0, np.concatenate([[0], opened[:-1]]) - 1)
    return Stream(np.array(features, np.int16), np.array(tokens, np.int16), inside.astype(np.int16))


def spread(first: int, bars: int, total: int) -> range:
    """First bars of windows of `bars` bars over `total`, every `first` bars."""
    return range(0, max(1, total - bars // 2), first)


def take_windows(take: DrumTake, hop: int) -> Iterator[tuple[str, Stream, NDArray[np.int16]]]:
    """(name, rows, controls) of every window of a take."""
    told, size = kit_controls(take), KIT.window_bars
    for first in spread(hop, size, take.bars):
        bars = min(size, take.bars - first)
        strokes = window_rows(take.strokes, first, bars, take.bar_units)
        if len(strokes) >= 4:
            yield f"drums {take.name}@{first}", band_stream("drums", strokes, SILENCE, bars, take.bar_units), told[first : first + bars]


def song_windows(song: Accompaniment, hop: int, *, lonely: bool) -> Iterator[tuple[str, Stream, NDArray[np.int16]]]:
    """(name, rows, controls) of every window of a song's bass and keys.  lonely: some windows hear nothing but the chords."""
    sheet, size = song.sheet, LAYOUTS["band"].window_bars
    for role in ("bass", "keys"):
        told = band_controls(song, role)
        for first in spread(hop, size, sheet.bars):
            bars = min(size, sheet.bars - first)
            played = window_rows(song.played(role), first, bars, sheet.bar_units)
            if len(np.unique(played[:, 0])) < 8:
                continue
            name = f"{role} {sheet.name}@{first}"
            chords = window_chords(sheet.chords, first, bars, sheet.bar_units)
            keys = np.unique(window_rows(song.keys, first, bars, sheet.bar_units)[:, 0]).tolist() if role == "bass" else ()
            around = Surroundings(chords, window_rows(sheet.notes, first, bars, sheet.bar_units), tuple(keys))
            chance = crc32(name.encode())
            if lonely and chance % LONELY_SHARE == 0:
                around = Surroundings(chords, no_events() if chance % 2 else around.tune, ())
            refer = not (lonely and chance % UNREFERRED_SHARE == 1)
            yield name, band_stream(role, played, around, bars, sheet.bar_units, refer=refer), told[first : first + bars]


def joined(made: Iterable[tuple[str, Stream, NDArray[np.int16]]], window_bars: int) -> Windows:
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


def build_kit(data: Path, out: Path) -> None:
    """Drum windows: the dataset's training split, and its validation split held out; the test split is for `daiw.train.evaluate_band`."""
    from daiw.train.groove import read_groove

    takes: dict[str, list[DrumTake]] | None = None
    for split, source in (("val", "validation"), ("test", "test"), ("train", "train")):
        path = windows_path(out, "kit", split)
        if not path.exists():
            takes = takes or read_groove(data / "groove")
            hop = KIT.window_bars if split != "train" else 8
            save_windows(path, joined((one for take in takes[source] for one in take_windows(take, hop)), KIT.window_bars))


def build_band(data: Path, out: Path) -> None:
    """Windows of bass and keys."""
    from daiw.train.accompaniment import read_accompaniments

    songs: list[Accompaniment] = []
    for split, wanted in (("val", True), ("train", False)):
        path = windows_path(out, "band", split)
        if not path.exists():
            songs = songs or read_accompaniments(data)
            chosen = [song for song in songs if held_out(song.sheet.name) == wanted]
            bars = LAYOUTS["band"].window_bars
            made = (one for song in chosen for one in song_windows(song, bars if wanted else 3 * bars // 4, lonely=not wanted))
            save_windows(path, joined(made, bars))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--layout", choices=("kit", "band"), action="append")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for layout in arguments.layout or ("kit", "band"):
        {"kit": build_kit, "band": build_band}[layout](arguments.data, arguments.out)


if __name__ == "__main__":
    main()
