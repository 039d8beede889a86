"""Windows of training rows, encoded: melodies and chords of sheets, drums of takes, bass and keys of accompaniments."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.band_controls import band_controls
from daiw.tokens.band_walk import BandWalk, walk_band
from daiw.tokens.codec import Stream, stream, window_chords
from daiw.tokens.controls import controls
from daiw.tokens.kit_controls import kit_controls
from daiw.tokens.layout import KIT, LAYOUTS
from daiw.tokens.onsets import Played, encode_onsets, onsets_of
from daiw.tokens.sheet import Events, Sheet, no_events
from daiw.tokens.takes import Accompaniment, DrumTake
from daiw.tokens.vocab import BAR
from daiw.train.corpus import Made, Windows, joined

WINDOW_BARS = 32
HOP_BARS = 16

UNREFERRED_SHARE = 6
"""One training window in so many is also shown without references, so that the model can write without them."""

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


def take_windows(take: DrumTake, hop: int) -> Iterator[Made]:
    """(name, rows, controls) of every window of a take."""
    told, size = kit_controls(take), KIT.window_bars
    for first in spread(hop, size, take.bars):
        bars = min(size, take.bars - first)
        strokes = window_rows(take.strokes, first, bars, take.bar_units)
        if len(strokes) >= 4:
            yield f"drums {take.name}@{first}", band_stream("drums", strokes, SILENCE, bars, take.bar_units), told[first : first + bars]


def song_windows(song: Accompaniment, hop: int, *, lonely: bool) -> Iterator[Made]:
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
    """Every window of melody and chords of every sheet.  unreferred: some are also shown without references."""
    return joined((one for sheet in sheets for one in sheet_windows(sheet, hop=hop, unreferred=unreferred)), WINDOW_BARS)


def sheet_windows(sheet: Sheet, *, hop: int, unreferred: bool) -> Iterator[Made]:
    """(name, rows, controls) of every window of a sheet's melody and chords."""
    rows = controls(sheet)
    for role, first, bars in windows_of(sheet, hop=hop):
        label = f"{role} {sheet.name}@{first}"
        for refer in (True, False) if unreferred and crc32(label.encode()) % UNREFERRED_SHARE == 0 else (True,):
            yield label, stream(sheet, role, first, bars, refer=refer), rows[first : first + bars]
