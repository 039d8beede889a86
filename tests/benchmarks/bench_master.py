"""Mastering one three-minute mix with daiw, matchering and ffmpeg's loudnorm, all judged by ffmpeg's ebur128; mixing and meters alone.

matchering is GPL and drags in a compiler; it takes part where MATCHERING_PYTHON names an interpreter that has it.  It aims at the
level of a reference file, so it is given one that measures the target.  Each run is a file in and a file out; the others' include
starting their process.
"""

import os
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from daiw.files.audio import read_audio, write_wav_24, write_wav_float
from daiw.measure.loudness import integrated_lufs, true_peak_dbtp
from daiw.music.audio import Audio, Mix, Stem
from daiw.music.styles.master import MasterStyle
from daiw.music.styles.mix import MixStyle
from daiw.stages.master import master
from daiw.stages.mix import mix

from .conftest import spread, timed

SECONDS = 180
RATE = 48_000
TARGET_LUFS, CEILING_DBTP = -14.0, -1.0
MATCHER = "import sys, matchering as mg; mg.process(target=sys.argv[1], reference=sys.argv[2], results=[mg.pcm24(sys.argv[3])])"

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed: it is the judge")


def stems() -> tuple[Stem, ...]:
    """Six stereo stems with beats, sections and noise; made, so that the benchmark needs no file."""
    chance = np.random.default_rng(7)
    t = np.arange(SECONDS * RATE, dtype=np.float32) / RATE
    section = np.repeat(chance.uniform(0.3, 1.0, SECONDS // 10), 10 * RATE).astype(np.float32)
    result = []
    for i, role in enumerate(("melody", "chords", "pad", "bass", "drums", "counter")):
        hz = (660.0, 220.0, 330.0, 55.0, 60.0, 990.0)[i]
        envelope = np.exp(-(t % (0.25 * 2 ** (i % 3))) * (2 + 3 * (i % 4))) * section
        left = envelope * (np.sin(2 * np.pi * hz * t) + 0.3 * np.sin(4 * np.pi * hz * t))
        left += (0.3 if role == "drums" else 0.01) * envelope * chance.standard_normal(len(t), dtype=np.float32)
        right = np.roll(left, 11 * i)
        result.append(Stem(role, Audio(np.stack([left, right]).astype(np.float32))))
    return tuple(result)


def judged(path: Path) -> tuple[float, float]:
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    words = told[told.rindex("Summary:") :].split()
    return float(words[words.index("I:") + 1]), float(words[words.index("Peak:") + 1])


def loudnorm(source: Path, out: Path) -> None:
    chain = ["-af", f"loudnorm=I={TARGET_LUFS}:TP={CEILING_DBTP}:LRA=11", "-ar", str(RATE), "-c:a", "pcm_s24le"]
    subprocess.run(["ffmpeg", "-y", "-loglevel", "error", "-i", source, *chain, out], check=True)


def ours(source: Path, out: Path) -> None:
    write_wav_24(out, master(Mix(read_audio(source), ()), MasterStyle(lufs=TARGET_LUFS, true_peak_dbtp=CEILING_DBTP)).audio)


def test_mastering_against_others(tmp_path: Path, publish):
    source = write_wav_float(tmp_path / "mix.wav", mix(stems(), MixStyle()).audio)
    ffmpeg = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout.split()[2]
    rivals = {f"daiw {version('daiw')}": ours, f"ffmpeg {ffmpeg} loudnorm": loudnorm}
    matcher = os.environ.get("MATCHERING_PYTHON")
    if matcher:
        reference = tmp_path / "reference.wav"
        ours(source, reference)
        rivals["matchering"] = lambda a, b: subprocess.run([matcher, "-c", MATCHER, a, reference, b], check=True, capture_output=True)
    rows = [["mastering a 3-minute mix", "median s (min-max)", "x real time", "LUFS - target", "dBTP - ceiling"]]
    for name, run in rivals.items():
        out = tmp_path / "out.wav"
        seconds = timed(lambda run=run, out=out: run(source, out), 5)
        loudness, peak = judged(out)
        rows.append(
            [name, spread(seconds), f"{SECONDS / sorted(seconds)[2]:.0f}", f"{loudness - TARGET_LUFS:+.1f}", f"{peak - CEILING_DBTP:+.1f}"]
        )
    publish("Mastering", rows)
    assert abs(float(rows[1][3])) <= 0.3
    assert float(rows[1][4]) <= 0


def test_mix_and_meters(publish):
    parts = stems()
    bus = mix(parts, MixStyle()).audio
    rows = [["3 minutes, stereo, 48 kHz", "median s (min-max)", "x real time"]]
    jobs = {
        "mix of 6 stems": lambda: mix(parts, MixStyle()),
        "master": lambda: master(Mix(bus, ()), MasterStyle()),
        "integrated loudness": lambda: integrated_lufs(bus),
        "true peak": lambda: true_peak_dbtp(bus),
    }
    for name, job in jobs.items():
        seconds = timed(job, 5)
        rows.append([name, spread(seconds), f"{SECONDS / sorted(seconds)[2]:.0f}"])
    publish("Mix and meters", rows)
