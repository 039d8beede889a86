"""The same notes through the fluidsynth command line: an independent judge of tuning, timing, level and colour."""

import shutil
import subprocess

import mido
import numpy as np
import pytest
import soundfile

from daiw.host.soundfont.font import find_font
from daiw.host.soundfont.player import SoundFont
from daiw.music.score import Control, Note, Timeline, Track

RATE = 48_000
pytestmark = [pytest.mark.system, pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="fluidsynth is not installed")]
LEVEL_DB = 40 * np.log10(127 / 100) - 1.505 + 0.3  # CC7 at 100 counts as full here; FluidSynth's filter lifts all by the root of its Q
DELAY = 64  # FluidSynth begins a note one block late


def fluidsynth(track: Track, folder) -> np.ndarray:
    channel = 9 if track.drums else 0
    events = [(note.start, 2, mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)) for note in track.notes]
    events += [(note.end, 0, mido.Message("note_off", channel=channel, note=note.pitch)) for note in track.notes]
    for control in track.controls:
        if control.kind == "cc":
            message = mido.Message("control_change", channel=channel, control=control.number, value=control.value)
        else:
            message = mido.Message("pitchwheel", channel=channel, pitch=control.value)
        events.append((control.tick, 1, message))
    file = mido.MidiFile(
        ticks_per_beat=480, tracks=[mido.MidiTrack([mido.Message("program_change", channel=channel, program=track.program)])]
    )
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        file.tracks[0].append(message.copy(time=tick - now))
        now = tick
    file.save(folder / "song.mid")
    options = ["-ni", "-g", "1", "-R", "0", "-C", "0", "-r", str(RATE), "-O", "float", "-F", str(folder / "song.wav")]
    subprocess.run(["fluidsynth", *options, str(find_font([])), str(folder / "song.mid")], check=True, capture_output=True)
    return soundfile.read(folder / "song.wav", dtype="float32")[0].T[:, DELAY:]


def pair(track: Track, folder) -> tuple[np.ndarray, np.ndarray]:
    ours, theirs = SoundFont(find_font([]))(track, Timeline(), RATE).samples, fluidsynth(track, folder)
    frames = min(ours.shape[1], theirs.shape[1])
    return ours[:, :frames] / np.float32(10 ** (LEVEL_DB / 20)), theirs[:, :frames]


def bands(samples: np.ndarray) -> np.ndarray:
    """Power in third-octave-like bands, 40 ms at a time."""
    mono = np.pad(samples.mean(axis=0), (0, 2048))
    frames = np.lib.stride_tricks.sliding_window_view(mono, 2048)[::1024] * np.hanning(2048)
    power = np.abs(np.fft.rfft(frames)) ** 2
    edges = np.unique(np.searchsorted(np.fft.rfftfreq(2048, 1 / RATE), np.geomspace(60, 16_000, 31)))
    return np.add.reduceat(power, edges, axis=1)[:, :-1]


def distance_db(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Root mean square difference of band levels where either is within 50 dB of the loudest."""
    a, b = bands(ours), bands(theirs)
    floor = b.max() * 1e-7
    heard = np.maximum(a, b) > b.max() * 1e-5
    return float(np.sqrt(np.mean((10 * np.log10((a + floor) / (b + floor)))[heard] ** 2)))


def melody(program: int) -> Track:
    pitches, velocities = (48, 55, 60, 67, 72, 79), (60, 90, 120, 40, 100, 75)
    return Track("x", "gm", tuple(Note(480 * i, 400, p, v) for i, (p, v) in enumerate(zip(pitches, velocities, strict=True))), program)


def similarity(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1])


@pytest.mark.parametrize("program", [0, 4, 11, 16, 24, 29, 33, 40, 56, 65, 73, 81])
def test_a_program_sounds_the_same(program, tmp_path):
    ours, theirs = pair(melody(program), tmp_path)
    assert abs(20 * np.log10(np.std(ours) / np.std(theirs))) < 0.75
    assert distance_db(ours, theirs) < 3.5
    assert similarity(ours, theirs) > 0.75  # sample by sample: onsets, tuning and phase; it rounds onsets to 64 frames


@pytest.mark.parametrize("kit", [0, 40])
def test_a_kit_sounds_the_same(kit, tmp_path):
    notes = tuple(Note(240 * i, 120, pitch, 100) for i, pitch in enumerate((36, 42, 38, 46, 42, 45, 51, 49)))
    ours, theirs = pair(Track("x", "gm", notes, kit, True), tmp_path)
    assert distance_db(ours, theirs) < 3.5
    assert similarity(ours, theirs) > 0.6  # 64 frames of rounding are half a period of a hat


CASES = {
    "bend": [Control(480 + 20 * i, "bend", 0, 400 * i) for i in range(20)],
    "bend range": [Control(0, "cc", 101, 0), Control(0, "cc", 100, 0), Control(0, "cc", 6, 12), Control(600, "bend", 0, 4096)],
    "volume": [Control(300, "cc", 7, 60), Control(900, "cc", 7, 110)],
    "expression": [Control(240 * i, "cc", 11, 127 - 15 * i) for i in range(8)],
    "pan": [Control(0, "cc", 10, 20), Control(960, "cc", 10, 110)],
    "pedal": [Control(100, "cc", 64, 127), Control(1300, "cc", 64, 0)],
    "all notes off": [Control(500, "cc", 123, 0)],
}


@pytest.mark.parametrize("case", CASES)
def test_a_control_does_the_same(case, tmp_path):
    notes = (Note(0, 360, 60, 100), Note(480, 1200, 64, 90), Note(960, 700, 67, 80))
    ours, theirs = pair(Track("x", "gm", notes, 4, controls=tuple(CASES[case])), tmp_path)
    assert distance_db(ours, theirs) < 2.5
    for channel in (0, 1):
        assert abs(20 * np.log10(np.std(ours[channel]) / np.std(theirs[channel]))) < 1.0
