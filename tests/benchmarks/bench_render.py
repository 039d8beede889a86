"""Stems against the fluidsynth command line on the same file and font, threads against processes, and each of our engines."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest
import soundfile

from daiw.files.midi import read_midi, write_midi
from daiw.files.shipped import shipped
from daiw.host.instruments import open_instruments
from daiw.host.registry import load_manifests
from daiw.host.soundfont.font import find_font
from daiw.host.soundfont.player import SoundFont
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap
from daiw.stages.render import render

from .conftest import spread

RATE = 48_000
RUNS = 5
BARS = 90  # 3 minutes at 120 bpm
PROGRAMS = {"melody": 73, "chords": 0, "pad": 48, "bass": 33, "counter": 11, "drums": 0}
SYNTHS = {
    "melody": "saw_lead",
    "chords": "electric_piano",
    "pad": "warm_pad",
    "bass": "synth_bass",
    "counter": "pluck",
    "drums": "drum_machine",
}
CHORDS = ((60, 64, 67, 71), (57, 60, 64, 67), (62, 65, 69, 72), (55, 59, 62, 65))
WHOLE = """
import sys
from pathlib import Path
from daiw.files.audio import write_wav_float
from daiw.files.midi import read_midi
from daiw.host.soundfont.font import find_font
from daiw.host.soundfont.player import SoundFont
from daiw.stages.render import render
song = read_midi(sys.argv[1])
for stem in render(song, {track.instrument: SoundFont(find_font([])) for track in song.tracks}):
    write_wav_float(Path(sys.argv[2]) / f"{stem.role}.wav", stem.audio)
"""


def song() -> Arrangement:
    """Six played parts, 5,490 notes, timing and velocity humanised, so that hardly two notes are alike."""
    random = np.random.default_rng(1)
    parts: dict[str, list[Note]] = {role: [] for role in PROGRAMS}

    def put(role: str, start: int, duration: int, pitch: int, velocity: int) -> None:
        late, touch = int(random.integers(0, 12)), int(random.integers(-12, 13))
        parts[role].append(Note(start + late, duration, int(pitch), max(1, min(127, velocity + touch))))

    for bar in range(BARS):
        start, chord = bar * 1920, CHORDS[bar % 4]
        for pitch in chord:
            put("pad", start, 1900, pitch, 60)
            for beat in range(4):
                put("chords", start + beat * 480, 400, pitch, 70)
        for eighth in range(8):
            put("bass", start + eighth * 240, 220, chord[0] - 24, 90)
            put("melody", start + eighth * 240, 230, chord[random.integers(0, 4)] + 12, 85)
        for beat in range(4):
            put("counter", start + beat * 480 + 240, 200, chord[random.integers(0, 4)] + 12, 70)
        for step in range(16):
            put("drums", start + step * 120, 60, 46 if step % 4 == 3 else 42, 70)
        for step, pitch in ((0, 36), (8, 36), (10, 36), (4, 38), (12, 38)):
            put("drums", start + step * 120, 60, pitch, 105)
    tracks = [Track(role, "gm", tuple(sorted(set(notes))), PROGRAMS[role], role == "drums") for role, notes in parts.items()]
    return Arrangement(tuple(tracks), Timeline(TempoMap((Tempo(0, 120.0),)), end=BARS * 1920))


def one_track(track: Track, timeline: Timeline) -> np.ndarray:
    """What a worker process does."""
    return SoundFont(find_font([]))(track, timeline, RATE).samples


def in_processes(arrangement: Arrangement) -> list[np.ndarray]:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        return list(pool.map(one_track, arrangement.tracks, [arrangement.timeline] * len(arrangement.tracks)))


def bands_db(samples: np.ndarray) -> np.ndarray:
    """Level of 24 bands in frames of 85 ms, dB."""
    mono = samples.mean(axis=0)
    frames = np.lib.stride_tricks.sliding_window_view(mono, 4096)[::4096] * np.hanning(4096)
    power = np.abs(np.fft.rfft(frames)) ** 2
    edges = np.unique(np.searchsorted(np.fft.rfftfreq(4096, 1 / RATE), np.geomspace(50, 14_000, 25)))
    return 10 * np.log10(np.add.reduceat(power, edges, axis=1)[:, :-1] + 1e-9)


def clocked(work) -> tuple[float, float]:
    """Wall and processor seconds of one call, children included."""
    cpu, began = os.times(), time.perf_counter()
    work()
    wall, after = time.perf_counter() - began, os.times()
    return wall, sum(after[:4]) - sum(cpu[:4])


def row(name: str, figures: list[tuple[float, float]], seconds: float, error: str = "") -> list[str]:
    walls, cpus = zip(*figures, strict=True)
    return [name, spread(list(walls), " s"), spread([seconds / wall for wall in walls], " x", 0), spread(list(cpus), " s"), error]


@pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="fluidsynth is not installed")
def test_stems_against_fluidsynth(tmp_path, publish):
    write_midi(song(), tmp_path / "song.mid")
    arrangement = read_midi(tmp_path / "song.mid")
    arrangement = replace(arrangement, tracks=tuple(replace(track, instrument="gm") for track in arrangement.tracks))
    machines = {"gm": SoundFont(find_font([]))}
    plain = ["fluidsynth", "-ni", "-r", str(RATE), "-R", "0", "-C", "0", "-g", "0.5", "-O", "float", "-F", str(tmp_path / "song.wav")]
    command = [*plain, str(find_font([])), str(tmp_path / "song.mid")]
    whole = [sys.executable, "-c", WHOLE, str(tmp_path / "song.mid"), str(tmp_path)]
    works = {
        "fluidsynth command line, one mix": lambda: subprocess.run(command, check=True, capture_output=True),
        "daiw, six stems, whole process": lambda: subprocess.run(whole, check=True),
        "daiw, six stems, 2 threads": lambda: render(arrangement, machines),
        "daiw, six stems, 1 thread": lambda: render(arrangement, machines, workers=1),
        "daiw, six stems, 2 processes": lambda: in_processes(arrangement),
    }
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for run in range(RUNS + 1):  # interleaved; the first round warms up
        for name, work in works.items():
            figures[name] += [clocked(work)] if run else [clocked(work)][1:]
    stems = render(arrangement, machines)
    mix = np.sum([stem.audio.samples for stem in stems], axis=0)
    theirs = soundfile.read(tmp_path / "song.wav", dtype="float32")[0].T
    frames = min(mix.shape[1], theirs.shape[1])
    ours, other = bands_db(mix[:, :frames]), bands_db(theirs[:, :frames])
    heard = other > other.max() - 50.0
    off = (ours - other)[heard]
    error = f"bands differ by {np.sqrt(np.mean((off - np.median(off)) ** 2)):.1f} dB RMS"
    rows = [["engine", "wall", "times real time", "processor", "error"]]
    rows += [row(name, figures[name], BARS * 2.0, error if name.endswith("2 threads") else "") for name in works]
    publish(f"Rendering a 3-minute, 6-part file of {sum(len(track.notes) for track in arrangement.tracks)} notes, TimGM6mb", rows)
    median = {name: float(np.median([wall for wall, _ in figures[name]])) for name in works}
    assert median["daiw, six stems, 2 threads"] <= median["fluidsynth command line, one mix"]


def test_each_engine(publish):
    manifests = load_manifests([shipped("plugins")])
    arrangement = song()
    rows = [["engine, instrument", "wall", "times real time", "processor", "notes"]]
    for track in arrangement.tracks:
        for name in (SYNTHS[track.role], "gm"):
            instrument = open_instruments([name], manifests)[name]
            figures = [clocked(lambda play=instrument, part=track: play(part, arrangement.timeline, RATE)) for _ in range(RUNS + 1)][1:]
            label = name if name != "gm" else f"General MIDI {track.program}"
            rows.append(row(f"{instrument.manifest.engine}, {label}", figures, BARS * 2.0, str(len(track.notes))))
    publish("One 3-minute part on each engine, one thread, inserts of the manifest included", rows)
