"""Which songs of a folder are one song, and which are kept back to judge by."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from daiw.nets.novelty import run_hashes
from daiw.tokens.grid import TICKS_PER_UNIT
from daiw.train.own.reading import OwnSong

ALIKE = 0.4
"""Share of the smaller song's runs that the other has, too, from which both are one song."""

HELD_SHARE = 0.2
MOST_HELD = 0.4


def runs_of(song: OwnSong) -> frozenset[int]:
    """Hashes of all runs of twelve notes of the tune, else of what else is pitched, else of the drums; transposition does not matter."""
    notes = song.parts.get("melody") or song.pitched or song.parts.get("drums", ())
    ordered = sorted(notes)
    starts = np.array([round(note.start / TICKS_PER_UNIT) for note in ordered], np.int64)
    pitches = np.array([note.pitch for note in ordered], np.int64)
    return frozenset(run_hashes(starts, pitches).tolist())


def groups_of(songs: Sequence[OwnSong]) -> list[list[int]]:
    """The songs' numbers, near-duplicates together, each group in order."""
    runs = [runs_of(song) for song in songs]
    root = list(range(len(songs)))

    def find(i: int) -> int:
        while root[i] != i:
            i = root[i]
        return i

    for i, mine in enumerate(runs):
        for j in range(i):
            smaller = min(len(mine), len(runs[j]))
            if smaller and len(mine & runs[j]) >= ALIKE * smaller:
                root[find(i)] = find(j)
    groups: dict[int, list[int]] = {}
    for i in range(len(songs)):
        groups.setdefault(find(i), []).append(i)
    return [groups[key] for key in sorted(groups)]


def held_out(songs: Sequence[OwnSong], groups: list[list[int]]) -> frozenset[int]:
    """The songs kept back: whole groups, drawn by their names, until a fifth of the bars is reached, two fifths at most; never all."""
    bars = [sum(songs[i].bars for i in group) for group in groups]
    total, kept = sum(bars), 0
    found: list[int] = []
    for g in sorted(range(len(groups)), key=lambda g: (crc32(songs[groups[g][0]].name.encode()), g)):
        if kept >= HELD_SHARE * total:
            break
        if kept + bars[g] <= MOST_HELD * total:
            kept += bars[g]
            found += groups[g]
    return frozenset(found)
