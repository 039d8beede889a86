"""Guides as a person might have them, written here note by note."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from daiw.files.midi import write_midi
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap

TUNE = [
    (60, 1), (60, 1), (67, 1), (67, 1), (69, 1), (69, 1), (67, 2), (65, 1), (65, 1), (64, 1), (64, 1), (62, 1), (62, 1), (60, 2),
    (67, 1), (67, 1), (65, 1), (65, 1), (64, 1), (64, 1), (62, 2), (67, 1), (67, 1), (65, 0.5), (65, 1.5), (64, 1), (64, 1), (62, 2),
]  # fmt: skip
"""Eight bars of an old nursery tune in C, with one syncopation of our own: (pitch, quarters)."""


def tune_notes(semitones: int = 0, late: int = 0) -> tuple[Note, ...]:
    """The tune; every third note `late` ticks behind the grid, velocities of its own."""
    notes, at = [], 0
    for i, (pitch, quarters) in enumerate(TUNE):
        start = at + (late if i % 3 == 1 else 0)
        notes.append(Note(start, round(quarters * 480) - late - 5, pitch + semitones, 61 + i))
        at += round(quarters * 480)
    return tuple(notes)


@pytest.fixture
def midi(tmp_path) -> Callable[..., Path]:
    """Write tracks into a MIDI file: name -> notes; "drums" is a kit."""

    def write(name: str, bpm: float = 97.0, meter: str = "4/4", **tracks: tuple[Note, ...]) -> Path:
        made = tuple(Track(role, "gm", notes, drums=role == "drums") for role, notes in tracks.items())
        end = max((note.end for notes in tracks.values() for note in notes), default=0)
        timeline = Timeline(TempoMap((Tempo(0, bpm),)), ((0, Meter.parse(meter)),), end=end)
        return write_midi(Arrangement(made, timeline), tmp_path / name)

    return write


def hum(
    tune: list[tuple[int, float]], bpm: float = 96.0, *, vibrato: float = 0.4, glide_s: float = 0.06, snr_db: float = 20.0,
    detuned: float = 0.0, gap_s: float = 0.04, rate_hz: int = 22_050,
) -> np.ndarray:  # fmt: skip
    """A hummed tune: harmonics, vibrato that grows (semitones), glides from note to note, breath noise, a voice out of tune."""
    rng, beat = np.random.default_rng(1), 60.0 / bpm
    time = np.arange(int((sum(quarters for _, quarters in tune) * beat + 0.5) * rate_hz)) / rate_hz
    pitch, level, at, before = np.zeros(len(time)), np.zeros(len(time)), 0.2, None
    for note, quarters in tune:
        a, b = int(at * rate_hz), int((at + quarters * beat) * rate_hz)
        since = np.arange(b - a) / rate_hz
        goal = note + detuned
        way = np.clip(since / glide_s, 0.0, 1.0) if glide_s and before is not None else 1.0
        start = goal if before is None else before
        pitch[a:b] = start + (goal - start) * way + vibrato * np.sin(2 * np.pi * 5.5 * since) * np.clip(since / 0.3, 0, 1)
        edge = int(gap_s * rate_hz)
        shape = np.ones(b - a)
        shape[:edge], shape[-edge:] = np.linspace(0.05, 1, edge), np.linspace(1, 0.05, edge)
        level[a:b] = shape * (0.8 + 0.2 * rng.random())
        at, before = at + quarters * beat, goal
    phase = 2 * np.pi * np.cumsum(440.0 * 2 ** ((pitch - 69) / 12)) / rate_hz
    sound = 0.3 * level * sum(np.sin(k * phase) / k**1.3 for k in (1, 2, 3, 4))
    noise = rng.standard_normal(len(sound)) * np.sqrt(np.mean(sound**2)) * 10 ** (-snr_db / 20)
    return (sound + noise).astype(np.float32)
