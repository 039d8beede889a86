"""Has this tune been heard before?  Runs of twelve notes, by intervals and onsets, against every training melody."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from daiw.errors import ModelError

RUN_NOTES = 12
LONGEST_STEP = 96
"""Units between onsets beyond which a rest is a rest."""


@dataclass(frozen=True, slots=True)
class NoveltyIndex:
    """hashes: sorted CRC-32s of all runs.  One run in about ten thousand is taken for known by chance."""

    hashes: NDArray[np.uint32]

    def known_runs(self, starts: NDArray[np.int64], pitches: NDArray[np.int64]) -> int:
        """How many runs of twelve notes of this line occur in training, transposition aside."""
        found = run_hashes(starts, pitches)
        if not len(found) or not len(self.hashes):
            return 0
        places = np.minimum(np.searchsorted(self.hashes, found), len(self.hashes) - 1)
        return int((self.hashes[places] == found).sum())


def moves(starts: NDArray[np.int64], pitches: NDArray[np.int64]) -> NDArray[np.int16]:
    """(n - 1, 2): units to the next onset and semitones to the next pitch."""
    return np.column_stack([np.minimum(np.diff(starts), LONGEST_STEP), np.diff(pitches)]).astype(np.int16)


def run_hashes(starts: NDArray[np.int64], pitches: NDArray[np.int64]) -> NDArray[np.uint32]:
    """A hash of every run of RUN_NOTES notes; starts in grid units."""
    steps = moves(starts, pitches).astype("<i2")
    size = RUN_NOTES - 1
    return np.array([crc32(steps[i : i + size].tobytes()) for i in range(len(steps) - size + 1)], np.uint32)


def write_index(path: Path, lines: list[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> int:
    """Hash all runs of (starts, pitches) lines into a file; returns how many."""
    hashes = np.unique(np.concatenate([run_hashes(*line) for line in lines]))
    np.savez_compressed(path, hashes=hashes)
    return len(hashes)


def read_index(path: Path) -> NoveltyIndex:
    """The shipped index; raises ModelError."""
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            return NoveltyIndex(file["hashes"])
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise ModelError(f"{path}: the index of known melodies cannot be read; install daiw again") from error
