"""A folder of anybody's MIDI files -> songs on the grid; whatever is wrong with a file is said in a line and costs that file only."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daiw.errors import DaiwError, PromptError
from daiw.exchange.harmony import find_key
from daiw.files.midi import read_midi
from daiw.guides.midi import Guide
from daiw.guides.roles import roles_of
from daiw.music.pitch import Key
from daiw.music.score import Arrangement, Note
from daiw.music.time import TICKS_PER_QUARTER, Meter
from daiw.nets.composer_sheet import meter_name
from daiw.tokens.grid import ONSETS_OF_QUARTER, TICKS_PER_UNIT

SUFFIXES = frozenset((".mid", ".midi", ".rmi", ".smf", ".kar"))
MOST_FILES = 2000
MOST_MINUTES = 20.0
MOST_BARS = 1000
FEWEST_NOTES = 16
FEWEST_BARS = 8
NEAR_TICKS = 20
"""A note this near to a place of the grid, a twenty-fourth of a quarter, is on it."""

MOST_OFF_GRID = 0.33
"""Chance alone puts half of all notes off the grid; a file with more than this was not played to its own bar lines."""

PLACES = np.array([*(unit * TICKS_PER_UNIT for unit in ONSETS_OF_QUARTER), TICKS_PER_QUARTER])


@dataclass(frozen=True, slots=True)
class OwnSong:
    """One file, or its longest stretch in one meter.  name: its path in the folder.  digest: of its notes.

    parts: role -> notes from the stretch's first tick.  off_grid: share of its notes.  fits_key: share of sounding time inside the key.
    marks: (tick, name) of its markers.
    """

    name: str
    digest: str
    meter: Meter
    bpm: float
    bars: int
    key: Key
    parts: dict[str, tuple[Note, ...]]
    off_grid: float
    fits_key: float
    marks: tuple[tuple[int, str], ...] = ()

    @property
    def pitched(self) -> tuple[Note, ...]:
        """Every note that is no drum's."""
        return tuple(sorted(note for role, notes in self.parts.items() if role != "drums" for note in notes))


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that is not learnt from, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a folder gave.  same: file -> the file whose notes it repeats exactly."""

    songs: tuple[OwnSong, ...]
    refused: tuple[Refused, ...]
    same: dict[str, str] = field(default_factory=dict)


def midi_files(folder: Path) -> Iterator[Path]:
    """Every MIDI file below `folder` by name; raises PromptError where there is no folder, or there are too many files."""
    if not folder.is_dir():
        raise PromptError(f"{folder}: no such folder; --on names a folder of MIDI files")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and not path.name.startswith("._"))
    if not found:
        raise PromptError(f"{folder} holds no MIDI files ({', '.join(sorted(SUFFIXES))})")
    if len(found) > MOST_FILES:
        raise PromptError(f"{folder} holds {len(found)} MIDI files; at most {MOST_FILES} are read, name a smaller folder")
    yield from found


def read_folder(folder: Path, seen: "Iterable[Path] | None" = None) -> Reading:
    """Read every file; raises PromptError where the folder holds none."""
    songs: list[OwnSong] = []
    refused: list[Refused] = []
    same: dict[str, str] = {}
    first: dict[str, str] = {}
    for path in seen if seen is not None else midi_files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            song = read_song(path, name)
        except DaiwError as error:
            refused.append(Refused(name, str(error).replace(f"{path}: ", "").replace(f"{path} ", "")))
            continue
        except RecursionError:
            refused.append(Refused(name, "nested too deeply"))
            continue
        if song.digest in first:
            same[name] = first[song.digest]
            continue
        first[song.digest] = name
        songs.append(song)
    return Reading(tuple(songs), tuple(refused), same)


def read_song(path: Path, name: str) -> OwnSong:
    """The file's longest stretch in one meter that the networks know; raises FileFormatError or PromptError, saying why there is none."""
    arrangement = read_midi(path)
    notes = [note for track in arrangement.tracks for note in track.notes]
    if len(notes) < FEWEST_NOTES:
        raise PromptError(f"{path} has {len(notes)} notes; at least {FEWEST_NOTES} are needed")
    end = max(note.end for note in notes)
    minutes = arrangement.timeline.tempos.seconds(end) / 60.0
    if minutes > MOST_MINUTES:
        raise PromptError(f"{path} lasts {minutes:.0f} minutes; at most {MOST_MINUTES:.0f}")
    start, stop, meter = longest_stretch(arrangement, end, path)
    bars = -(-(stop - start) // meter.bar_ticks)
    if not FEWEST_BARS <= bars <= MOST_BARS:
        raise PromptError(f"{path} has {bars} bars in {meter}; from {FEWEST_BARS} to {MOST_BARS} can be learnt from")
    off = off_grid([note.start - start for note in notes if start <= note.start < stop])
    if off > MOST_OFF_GRID:
        raise PromptError(f"{path} has {off:.0%} of its notes off its own bar lines; quantise it, or set its tempo")
    bpm = arrangement.timeline.tempos.bpm(start)
    if not 20.0 <= bpm <= 400.0:
        raise PromptError(f"{path} says {bpm:.0f} bpm, which no one plays; set its tempo")
    parts = cut_parts(roles_of(Guide(path, arrangement, bpm, meter)), start, stop)
    pitched = [note for role, some in parts.items() if role != "drums" for note in some]
    key = find_key(pitched)
    marks = tuple((tick - start, text) for tick, text in arrangement.timeline.markers if start <= tick < stop)
    return OwnSong(name, digest_of(parts), meter, bpm, bars, key, parts, off, share_inside(pitched, key), marks)


def longest_stretch(arrangement: Arrangement, end: int, path: Path) -> tuple[int, int, Meter]:
    """(first tick, end, meter) of the longest stretch in a meter that the networks know."""
    meters = arrangement.timeline.meters or ((0, Meter(4, 4)),)
    edges = [*(tick for tick, _ in meters if tick < end), end]
    stretches = [(stop - start, start, meter) for (start, stop), (_, meter) in zip(pairwise(edges), meters, strict=False)]
    known = [row for row in stretches if meter_name(row[2]) is not None]
    if not known:
        raise PromptError(f"{path} is in {', '.join(sorted({str(row[2]) for row in stretches}))}; the networks know 4/4, 3/4, 6/8 and 2/4")
    length, start, meter = max(known, key=lambda row: (row[0], -row[1]))
    return start, start + length, meter


def cut_parts(parts: Iterable[object], start: int, stop: int) -> dict[str, tuple[Note, ...]]:
    """Role -> the notes that start inside, counted from `start`."""
    from dataclasses import replace

    found: dict[str, tuple[Note, ...]] = {}
    for part in parts:
        inside = tuple(replace(note, start=note.start - start) for note in part.notes if start <= note.start < stop)  # type: ignore[attr-defined]
        if inside:
            found[part.role] = inside  # type: ignore[attr-defined]
    return found


def off_grid(starts: list[int]) -> float:
    """Share of ticks farther than NEAR_TICKS from the sixteenths and triplet eighths of their quarter.

    >>> off_grid([0, 120, 160, 240, 470, 60])
    0.16666666666666666
    """
    rest = np.array(starts, np.int64) % TICKS_PER_QUARTER
    return float((np.abs(rest[:, None] - PLACES[None]).min(axis=1) > NEAR_TICKS).mean()) if len(rest) else 0.0


def share_inside(notes: list[Note], key: Key) -> float:
    """Share of the sounding time whose pitch class is in the key's scale."""
    scale = {pitch.number for pitch in key.scale}
    total = sum(note.duration for note in notes)
    return sum(note.duration for note in notes if note.pitch % 12 in scale) / total if total else 1.0


def digest_of(parts: dict[str, tuple[Note, ...]]) -> str:
    """The same for the same notes, whatever the file is called and whichever program wrote it."""
    rows: NDArray[np.int64] = np.array(
        sorted((note.start, note.pitch, note.duration, note.velocity) for notes in parts.values() for note in notes), np.int64
    )
    return hashlib.sha256(rows.tobytes()).hexdigest()
