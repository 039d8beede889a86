"""POP909's and art songs' pianos as bass and keys, and Freedoom's bass guitars over the chords that sound with them."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.grid import METER_UNITS, TICKS_PER_UNIT, UNITS_PER_QUARTER, snap_duration, snap_onset
from daiw.tokens.onsets import Played, sayable
from daiw.tokens.sheet import Sheet, no_events
from daiw.tokens.takes import Accompaniment
from daiw.train.chords import name_chord
from daiw.train.musicxml import as_notes, read_root, read_sheet, read_voice
from daiw.train.pop909 import Notes, read_song, usable_rows

BASS_HIGH = 50
"""A bass note lies at or under D3."""

BASS_REACH = 12
"""A bass note lies at most an octave above the lowest key that is still down; what lies higher is the hand's inner voice."""

FEWEST_ROWS = 32
BASS_PROGRAMS = range(32, 40)


def split_hands(notes: Notes) -> tuple[Notes, Notes]:
    """(bass, rest) of a piano: a note is bass where it is the lowest of its onset, low enough, and near the lowest key that is down."""
    order = np.lexsort((notes[:, 2], notes[:, 0]))
    notes = notes[order]
    bass = np.zeros(len(notes), bool)
    sounding: list[tuple[int, int]] = []
    previous = -1
    for i, (start, duration, pitch, _) in enumerate(notes.tolist()):
        sounding = [(end, low) for end, low in sounding if end > start + TICKS_PER_UNIT]
        lowest = start != previous
        if lowest and pitch <= BASS_HIGH and not any(low < pitch - BASS_REACH for _, low in sounding):
            bass[i] = True
        sounding.append((start + duration, pitch))
        previous = start
    return notes[bass], notes[~bass]


def played_rows(notes: Notes, units: int, shift: int) -> Played:
    """Notes on the grid in the neutral key, velocities against their mean; rows outside 0..units - 1 left out."""
    mean = float(notes[:, 3].mean()) if len(notes) else 0.0
    rows = [
        (unit, pitch + shift, snap_duration(max(2.0, (start + duration) / TICKS_PER_UNIT - unit)), round(velocity - mean))
        for start, duration, pitch, velocity in notes.tolist()
        if 0 <= (unit := snap_onset(start / TICKS_PER_UNIT)) < units
    ]
    return np.array(sorted(rows), np.int32).reshape(-1, 4)


def accompaniment(sheet: Sheet, style: str, bass: Notes, keys: Notes) -> Accompaniment:
    """Both parts as the tokens can say them; the bass ends where its next note begins."""
    units = sheet.bars * sheet.bar_units
    low = sayable("bass", played_rows(bass, units, sheet.shift), sheet.chords)
    if len(low):
        room = np.diff(np.append(low[:, 0], units + 96))
        low[:, 2] = [snap_duration(min(length, gap)) for length, gap in zip(low[:, 2].tolist(), room.tolist(), strict=True)]
    return Accompaniment(sheet, style, low, sayable("keys", played_rows(keys, units, sheet.shift), sheet.chords))


def read_pop909_piano(folder: Path) -> list[Accompaniment]:
    """Every usable song with a piano."""
    found = []
    for row in usable_rows(folder):
        for sheet, piano in read_song(folder, row):
            if len(piano) >= FEWEST_ROWS and len(sheet.chords):
                found.append(accompaniment(sheet, "pop909", *split_hands(piano)))
    return found


def read_lieder_piano(path: Path) -> Accompaniment | None:
    """The piano of one art song (OpenScore Lieder): all parts but the first.  None where the song or the piano is not usable.

    The bass and keys network does not learn from these; they are given freely, so they tell how much of its playing it forgets.
    """
    sheet = read_sheet(path, f"lieder/{path.stem}.0", "lieder", 90.0)
    if sheet is None or not len(sheet.chords):
        return None
    voices = [read_voice(part) for part in read_root(path).findall("part")]
    pad = voices[0].pickup(METER_UNITS[sheet.meter] / UNITS_PER_QUARTER)
    piano = np.concatenate([np.zeros((0, 4), np.int64), *(as_notes(voice, pad) for voice in voices[1:])])
    return accompaniment(sheet, "pop909", *split_hands(piano)) if len(piano) >= FEWEST_ROWS else None


def neutral_shift(weights: NDArray[np.float64]) -> int:
    """Semitones, -6..5, that bring the diatonic set which fits best to no sharps or flats.

    >>> neutral_shift(np.isin(np.arange(12), (7, 9, 11, 0, 2, 4, 6)).astype(float))
    5
    """
    scale = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11))
    fits = [float(weights[(np.arange(12) - shift) % 12][scale].sum()) for shift in range(12)]
    return (int(np.argmax(fits)) + 6) % 12 - 6


def heard_chords(notes: Notes, units: int, shift: int, step: int) -> NDArray[np.int32]:
    """The chord of every `step` units, from all pitches that sound there, the lowest speaking for the root; held where nothing is told."""
    rows: list[tuple[int, int, int]] = []
    starts, ends = notes[:, 0] / TICKS_PER_UNIT, (notes[:, 0] + notes[:, 1]) / TICKS_PER_UNIT
    for unit in range(0, units, step):
        sounding = (starts < unit + step - 0.5) & (ends > unit + 0.5)
        if not sounding.any():
            continue
        lengths = np.minimum(ends[sounding], unit + step) - np.maximum(starts[sounding], unit)
        pitches = notes[sounding, 2] + shift
        weights = np.bincount(pitches % 12, weights=lengths, minlength=12).astype(float)
        named = name_chord(weights, int(pitches.min() % 12))
        if named is not None:
            rows.append((unit, *named))
    return np.array(rows, np.int32).reshape(-1, 3) if rows else no_events()


def read_freedoom_song(path: Path) -> Accompaniment | None:
    """The bass guitar of one file in 4/4 over the chords of its other tracks; None where it has none, or another meter."""
    import symusic

    score: Any = symusic.Score(str(path))
    meters = {(mark.numerator, mark.denominator) for mark in score.time_signatures} or {(4, 4)}
    if meters != {(4, 4)}:
        return None
    scale = 480 / score.ticks_per_quarter
    tracks = [
        (track.program, np.array([(n.time * scale, n.duration * scale, n.pitch, n.velocity) for n in track.notes]).astype(np.int64))
        for track in score.tracks
        if not track.is_drum and len(track.notes) >= FEWEST_ROWS
    ]
    basses = [notes for program, notes in tracks if program in BASS_PROGRAMS and np.median(notes[:, 2]) < BASS_HIGH]
    others = [notes for program, notes in tracks if program not in BASS_PROGRAMS]
    if not basses or not others:
        return None
    bass = max(basses, key=len)
    everything = np.concatenate([bass, *others])
    units = int((everything[:, 0] + everything[:, 1]).max() / TICKS_PER_UNIT)
    bars = -(-units // 48)
    weights = np.bincount(everything[:, 2] % 12, weights=everything[:, 1].astype(float), minlength=12).astype(float)
    shift = neutral_shift(weights)
    chords = heard_chords(everything, bars * 48, shift, 2 * UNITS_PER_QUARTER)
    bpm = float(score.tempos[0].qpm) if len(score.tempos) else 120.0
    bpm = bpm / 2 if bpm > 240 else bpm
    sheet = Sheet(
        f"freedoom/{path.stem}.0",
        "pop909",
        "4/4",
        bars,
        no_events(),
        chords,
        (),
        bpm,
        bool(weights[(9 - shift) % 12] > weights[-shift % 12]),
        (),
        shift,
    )
    low = bass[np.lexsort((bass[:, 2], bass[:, 0]))]
    return accompaniment(sheet, "freedoom", low, np.zeros((0, 4), np.int64))


def read_accompaniments(data: Path, sources: frozenset[str]) -> list[Accompaniment]:
    """POP909's and Freedoom's, those named in `sources`, from the folder that holds pop909/ and freedoom/."""
    songs = read_pop909_piano(data / "pop909") if "pop909" in sources else []
    if "freedoom" not in sources:
        return songs
    rest = [read_freedoom_song(path) for path in sorted((data / "freedoom" / "midi").glob("*.mid")) if path.stem != "d_introa"]
    return songs + [song for song in rest if song is not None and len(song.bass) >= FEWEST_ROWS]
