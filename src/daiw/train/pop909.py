"""POP909 as sheets: bar phase put right, melody made one voice, chords sampled, phrase labels and keys read."""

import csv
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.codec import restate
from daiw.tokens.grid import ONSETS_OF_QUARTER, TICKS_PER_UNIT, UNITS_PER_QUARTER, snap_duration, snap_onset
from daiw.tokens.sheet import SECTION_KINDS, Sheet, no_events
from daiw.tokens.vocab import PITCH_HIGH, PITCH_LOW
from daiw.train.chords import name_counted

LEFT_OUT = frozenset({"367", "658"})
"""No chord track; no score."""

BAR = 48
KIND_OF_LETTER = {"i": "intro", "o": "outro", "a": "verse", "b": "chorus", "c": "bridge", "x": "interlude"}
"""Phrase letters are classes, not words; in this corpus A mostly opens like a verse and B answers like a chorus."""

Notes = NDArray[np.int64]
"""(n, 4): start ticks, duration ticks, pitch, velocity."""


def one_voice(notes: Notes, bars: int, bar_units: int, shift: int) -> NDArray[np.int32]:
    """A melody on the grid: top note of every onset, each ending where the next begins, out-of-range notes moved by octaves."""
    best: dict[int, tuple[int, float]] = {}
    for start, duration, pitch, _ in notes.tolist():
        unit = snap_onset(start / TICKS_PER_UNIT)
        if 0 <= unit < bars * bar_units and (unit not in best or pitch > best[unit][0]):
            best[unit] = (pitch, (start + duration) / TICKS_PER_UNIT - unit)
    if not best:
        return no_events()
    starts = sorted(best)
    rows = []
    for start, after in zip(starts, [*starts[1:], bars * bar_units + 96], strict=True):
        pitch, length = best[start]
        pitch += shift
        pitch += 12 * (
            (PITCH_LOW - pitch + 11) // 12 if pitch < PITCH_LOW else -((pitch - PITCH_HIGH + 11) // 12) if pitch > PITCH_HIGH else 0
        )
        rows.append((start, pitch, snap_duration(min(max(2.0, length), after - start))))
    return np.array(rows, np.int32).reshape(-1, 3)


def sampled_chords(notes: Notes, units: int, shift: int, bar_units: int, step: int = UNITS_PER_QUARTER // 2) -> NDArray[np.int32]:
    """Chord changes of a block-chord track, heard every `step` units half-way between grid points."""
    rows: list[tuple[int, int, int]] = []
    starts, ends = notes[:, 0] / TICKS_PER_UNIT, (notes[:, 0] + notes[:, 1]) / TICKS_PER_UNIT
    for unit in range(0, units, step):
        middle = unit + step / 2
        sounding = notes[(starts <= middle) & (ends > middle)][:, 2] + shift
        if not len(sounding):
            continue
        counts = tuple(np.bincount(np.unique(sounding) % 12, minlength=12).tolist())
        named = name_counted(counts, int(sounding.min() % 12))
        if named is not None and (not rows or rows[-1][1:] != named):
            rows.append((unit, *named))
    chords = np.array(rows, np.int32).reshape(-1, 3) if rows else no_events()
    return restate(chords, units // bar_units, bar_units)


def bar_phase(chord_notes: Notes, row: dict[str, str]) -> int:
    """16ths from the file's bar lines to the musical ones, 0..15.

    The commonest place of chord changes; the structure annotation's where it agrees within a fifth of the changes.
    """
    onsets = np.unique(np.round(chord_notes[:, 0] / 120).astype(int))
    counts = Counter((onsets % 16).tolist())
    modal, most = max(counts.items(), key=lambda item: (item[1], -item[0]))
    annotated = int(float(row["struct_offset16"] or 0)) % 16
    trusted = float(row["struct_match"] or 0) >= 0.8
    return annotated if trusted and counts[annotated] >= 0.8 * most else modal


def sections(row: dict[str, str], phase: int, bars: int) -> tuple[tuple[int, int], ...]:
    """The phrase labels as (bar, kind), where they fit the bar lines; else nothing."""
    offset = int(float(row["struct_offset16"] or 0))
    if float(row["struct_match"] or 0) < 0.8 or (offset - phase) % 16 or row["struct_scale"] not in ("1", "1.0"):
        return ()
    bar = (offset - phase) // 16 + (1 if phase else 0)
    found: list[tuple[int, int]] = []
    for letter, length in re.findall(r"([A-Za-z])(\d+)", row["human_label1"]):
        kind = KIND_OF_LETTER.get(letter.lower(), "later")
        if letter.islower() and letter in "abcdefgh":
            kind = "interlude"
        if 0 <= bar < bars:
            found.append((bar, SECTION_KINDS.index(kind)))
        bar += int(length)
    if not found:
        return ()
    return tuple(found if found[0][0] == 0 else [(0, SECTION_KINDS.index("intro")), *found])


def signature_shift(sharps: int) -> int:
    """Semitones, -6..5, that bring a key signature to none.

    >>> signature_shift(1), signature_shift(-1), signature_shift(-6)
    (5, -5, -6)
    """
    return (-7 * sharps + 6) % 12 - 6


def read_song(folder: Path, row: dict[str, str]) -> list[tuple[Sheet, Notes]]:
    """The song as one sheet, and the piano's notes as they are, for every stretch in one key of at least eight bars."""
    import symusic

    score: Any = symusic.Score(str(folder / "midi_cl4" / f"{row['id']}.mid"))
    tracks = {name: np.zeros((0, 4), np.int64) for name in ("MELODY", "PIANO", "CHORDS")}
    tracks |= {
        track.name: np.array([(n.time, n.duration, n.pitch, n.velocity) for n in track.notes], np.int64).reshape(-1, 4)
        for track in score.tracks
    }
    if not len(tracks["MELODY"]) or not len(tracks["CHORDS"]):
        return []
    meter, bar_units = ("4/4", BAR) if row["time_sig"] == "4/4" else (row["time_sig"], 36)
    phase = bar_phase(tracks["CHORDS"], row) if meter == "4/4" else 0
    moved = (bar_units * TICKS_PER_UNIT if phase else 0) - phase * 120
    for notes in tracks.values():
        notes[:, 0] += moved
    units = int(max((notes[:, 0] + notes[:, 1]).max() for notes in tracks.values() if len(notes)) / TICKS_PER_UNIT)
    bars = -(-units // bar_units)
    form = sections(row, phase, bars) if meter == "4/4" else ()
    signs = sorted((max(0, key.time + moved), key.key, bool(key.tonality)) for key in score.key_signatures) or [(0, 0, False)]
    signs[0] = (0, *signs[0][1:])
    sheets = []
    for i, (tick, sharps, minor) in enumerate(signs):
        first = round(tick / TICKS_PER_UNIT / bar_units)
        last = round(signs[i + 1][0] / TICKS_PER_UNIT / bar_units) if i + 1 < len(signs) else bars
        if last - first < 8:
            continue
        cut = {name: notes.copy() for name, notes in tracks.items()}
        for notes in cut.values():
            notes[:, 0] -= first * bar_units * TICKS_PER_UNIT
        shift = signature_shift(sharps)
        length = last - first
        piano = cut["PIANO"]
        level = [
            float(
                piano[(piano[:, 0] // (bar_units * TICKS_PER_UNIT)) == bar, 3].mean()
                if (piano[:, 0] // (bar_units * TICKS_PER_UNIT) == bar).any()
                else 0
            )
            for bar in range(length)
        ]
        here = [(bar - first, kind) for bar, kind in form if first <= bar < last]
        if form and (not here or here[0][0] > 0):
            here = [(0, [kind for bar, kind in form if bar <= first][-1]), *here]
        chords = sampled_chords(cut["CHORDS"], length * bar_units, shift, bar_units)
        sheet = Sheet(
            f"pop909/{row['id']}.{i}", "pop909", meter, length, one_voice(cut["MELODY"], length, bar_units, shift),
            chords, tuple(here), float(row["bpm"]), minor, tuple(level), shift,
        )  # fmt: skip
        sheets.append((sheet, piano))
    return sheets


def usable_rows(folder: Path) -> list[dict[str, str]]:
    """The index's rows of every usable song of the folder `pop909`, 3/8 left out."""
    rows = list(csv.DictReader((folder / "index.csv").open(newline="")))
    return [row for row in rows if row["id"] not in LEFT_OUT and row["time_sig"] in ("4/4", "3/4", "6/8")]


def read_pop909(folder: Path) -> list[Sheet]:
    """Every usable song as sheets."""
    return [sheet for row in usable_rows(folder) for sheet, _ in read_song(folder, row)]


assert set(ONSETS_OF_QUARTER) >= {0, 6}, "chords are sampled on the half beat, which must be on the grid"
