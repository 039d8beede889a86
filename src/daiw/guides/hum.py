"""A hummed, whistled or played tune out of a sound file: pitches, then notes, then a tempo that they fit."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daiw.errors import PromptError
from daiw.files.audio import read_audio
from daiw.measure.pitch_track import HOP_S, PitchTrack, track_pitch
from daiw.music.score import Note
from daiw.music.time import TICKS_PER_QUARTER, Meter

MOST_MINUTES = 5.0
FEWEST_NOTES = 3
SILENT_DB = -55.0
LOWEST, HIGHEST = 36, 96
SWITCH = 5.0
"""What a change of note costs, in frames a semitone off: glides and vibrato pass beneath it."""

SHORTEST_S = 0.07
DIP_DB = 7.0
"""How far the level falls between two strokes of the same pitch."""

VIBRATO_FRAMES = 19
PASSING_S = 0.14
"""A note shorter than this between two others is the way from one to the other."""

SCOOP = 3
"""Semitones from below or above which a voice slides into a note."""

SIXTEENTH = TICKS_PER_QUARTER // 4
SLOWEST_BPM, FASTEST_BPM, USUAL_BPM = 60.0, 150.0, 100.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One note before it has a place in a bar.  pitch: MIDI.  level_db: mean."""

    start_s: float
    end_s: float
    pitch: int
    level_db: float


@dataclass(frozen=True, slots=True)
class Hummed:
    """The tune on a grid.  notes: ticks from the first bar's start; the first note stands there.  bpm: found or given."""

    notes: tuple[Note, ...]
    bpm: float


def hummed(path: Path, bpm: float | None, meter: Meter) -> Hummed:
    """The tune in a sound file, its first note on a first beat.

    bpm: the tempo it was hummed to, None to find it.  Raises FileFormatError for a file that is no sound, PromptError for silence,
    noise, more than MOST_MINUTES or fewer notes than make a tune.
    """
    audio = read_audio(path)
    if audio.duration_s > MOST_MINUTES * 60.0:
        raise PromptError(
            f"{path} lasts {audio.duration_s / 60.0:.0f} minutes; a hummed tune may last {MOST_MINUTES:.0f}, cut out the part you mean"
        )
    mono = audio.samples.mean(axis=0)
    if not len(mono) or 20 * np.log10(max(float(np.abs(mono).max()), 1e-9)) < SILENT_DB:
        raise PromptError(f"{path} is silent; check the microphone and record it again")
    notes = heard_notes(track_pitch(mono, audio.sample_rate))
    if len(notes) < FEWEST_NOTES:
        count = "no tune" if not notes else "one note" if len(notes) == 1 else f"{len(notes)} notes"
        raise PromptError(f"{count} can be heard in {path}; hum one clear voice without accompaniment, at least {FEWEST_NOTES} notes")
    return on_grid(notes, bpm, meter)


def heard_notes(track: PitchTrack) -> tuple[Heard, ...]:
    """The notes of a pitch track: the cheapest path through held pitches and silence, split where the level dips."""
    pitch = _steadied(track.semitones)
    pitch = pitch - _tuning(pitch)
    voiced = ~np.isnan(pitch)
    if voiced.mean() < 0.08:
        return ()
    states = np.arange(LOWEST, HIGHEST + 1)
    off = np.minimum(2.0, np.abs(np.where(voiced, pitch, 0.0)[:, None] - states))
    cost = np.where(voiced[:, None], off, 0.9)
    rest = np.where(voiced, 1.1, 0.0)
    path = _path(np.column_stack([cost, rest]))
    edges = np.flatnonzero(np.diff(path)) + 1
    notes: list[Heard] = []
    for first, end in zip([0, *edges], [*edges, len(path)], strict=True):
        if path[first] < len(states):
            notes += _strokes(track, int(first), int(end), int(states[path[first]]))
    return tuple(note for note in _without_passing(notes) if note.end_s - note.start_s >= SHORTEST_S)


def _steadied(semitones: NDArray[np.float64]) -> NDArray[np.float64]:
    """The pitch averaged over a turn of vibrato, as far as its stretch of voice reaches on both sides."""
    result = semitones.copy()
    voiced = ~np.isnan(semitones)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], voiced, [False]]).astype(int)))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        run = semitones[first:end]
        summed = np.concatenate([[0.0], np.cumsum(run)])
        place = np.arange(len(run))
        half = np.minimum(VIBRATO_FRAMES // 2, np.minimum(place, len(run) - 1 - place))
        result[first:end] = (summed[place + half + 1] - summed[place - half]) / (2 * half + 1)
    return result


def _without_passing(notes: list[Heard]) -> list[Heard]:
    """The notes without those that a voice only passes on its way: short, joined to the next, and between their neighbours."""
    result: list[Heard] = []
    for i, note in enumerate(notes):
        before = result[-1] if result and note.start_s - result[-1].end_s < 0.03 else None
        after = notes[i + 1] if i + 1 < len(notes) and notes[i + 1].start_s - note.end_s < 0.03 else None
        short = note.end_s - note.start_s < PASSING_S
        if short and before and after and (before.pitch < note.pitch < after.pitch or before.pitch > note.pitch > after.pitch):
            middle = (note.start_s + note.end_s) / 2
            result[-1] = replace(before, end_s=middle)
            notes[i + 1] = replace(after, start_s=middle)
        elif short and after and before is None and abs(after.pitch - note.pitch) <= SCOOP:
            notes[i + 1] = replace(after, start_s=note.start_s)
        else:
            result.append(note)
    return result


def _tuning(semitones: NDArray[np.float64]) -> float:
    """How far the voice is from concert pitch, -0.5..0.5 semitones."""
    known = semitones[~np.isnan(semitones)]
    return float(np.angle(np.exp(2j * np.pi * known).mean()) / (2 * np.pi)) if len(known) else 0.0


def _path(cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """The cheapest sequence of states, one a row, where each change costs SWITCH."""
    total, back = cost[0].copy(), np.zeros(cost.shape, np.int64)
    own = np.arange(cost.shape[1])
    for i in range(1, len(cost)):
        cheapest = int(total.argmin())
        change = total[cheapest] + SWITCH < total
        back[i] = np.where(change, cheapest, own)
        total = np.where(change, total[cheapest] + SWITCH, total) + cost[i]
    path = np.zeros(len(cost), np.int64)
    path[-1] = int(total.argmin())
    for i in range(len(cost) - 1, 0, -1):
        path[i - 1] = back[i][path[i]]
    return path


def _strokes(track: PitchTrack, first: int, end: int, pitch: int) -> list[Heard]:
    """A held pitch as one note, or as several where its level dips between them."""
    level = track.level_db[first:end]
    cuts, least = [0], round(SHORTEST_S / HOP_S)
    for i in range(least, len(level) - least):
        before, after = level[cuts[-1] : i].max(), level[i : i + 12].max()
        lowest = level[max(cuts[-1], i - 6) : i + 7].min() == level[i]
        if lowest and min(before, after) - level[i] >= DIP_DB and i - cuts[-1] >= least:
            cuts.append(i)
    return [
        Heard((first + a) * HOP_S, (first + b) * HOP_S, pitch, float(level[a:b].mean()))
        for a, b in zip(cuts, [*cuts[1:], len(level)], strict=True)
    ]


def on_grid(notes: tuple[Heard, ...], bpm: float | None, meter: Meter) -> Hummed:
    """The notes in sixteenths at the tempo, found where it is not given; none overlaps the next."""
    onsets = np.array([note.start_s for note in notes])
    tempo = bpm or found_tempo(onsets)
    per_second = tempo * 4 / 60.0
    places = (onsets - onsets[0]) * per_second
    shift = _phase(places)
    steps = np.maximum.accumulate(np.round(places - shift).astype(int))
    for i in range(1, len(steps)):
        steps[i] = max(steps[i], steps[i - 1] + 1)
    loudest = max(note.level_db for note in notes)
    result = []
    for i, note in enumerate(notes):
        length = max(1, round((note.end_s - note.start_s) * per_second))
        if i + 1 < len(notes):
            room = int(steps[i + 1] - steps[i])
            length = room if length >= room - 1 and notes[i + 1].start_s - note.end_s < 0.12 else min(length, room)
        velocity = int(np.clip(96 + 1.2 * (note.level_db - loudest), 50, 110))
        result.append(Note(int(steps[i] - steps[0]) * SIXTEENTH, length * SIXTEENTH, note.pitch, velocity))
    return Hummed(tuple(result), round(tempo, 1))


def _phase(places: NDArray[np.float64]) -> float:
    """How far all places lie from whole numbers, -0.5..0.5."""
    return float(np.angle(np.exp(2j * np.pi * places).mean()) / (2 * np.pi))


def found_tempo(onsets: NDArray[np.float64]) -> float:
    """The tempo whose eighths the onsets fit best, SLOWEST_BPM..FASTEST_BPM; of equals the more usual."""
    best, lowest = USUAL_BPM, np.inf
    for tempo in np.arange(SLOWEST_BPM, FASTEST_BPM + 0.25, 0.5):
        places = (onsets - onsets[0]) * tempo * 2 / 60.0
        off = places - _phase(places)
        off = off - np.round(off)
        cost = float(np.mean(off**2)) + 0.012 * float(np.log2(tempo / USUAL_BPM)) ** 2
        if cost < lowest:
            best, lowest = float(tempo), cost
    return best
