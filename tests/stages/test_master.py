import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from daiw.files.audio import write_wav_24
from daiw.measure.loudness import integrated_lufs, true_peak_dbtp
from daiw.measure.spectrum import band_balance_db
from daiw.music.audio import Audio, Mix
from daiw.music.styles.master import Glue, MasterStyle, Tone
from daiw.stages.master import master

RATE = 48_000


def noise(seconds: float, channels: int = 2) -> np.ndarray:
    return np.random.default_rng(5).standard_normal((channels, int(seconds * RATE)))


def time(seconds: float) -> np.ndarray:
    return np.arange(int(seconds * RATE)) / RATE


def plucks(seconds: float, every_s: float, fall: float) -> np.ndarray:
    t = time(seconds)
    return np.stack([np.sum([np.sin(2 * np.pi * 330 * k * t) / k for k in (1, 2, 3, 4)], axis=0) * np.exp(-(t % every_s) * fall)] * 2)


def drums(seconds: float) -> np.ndarray:
    t, beat = time(seconds), time(seconds) % 0.5
    kick = np.sin(2 * np.pi * (50 * beat + 3 * (1 - np.exp(-beat * 30)))) * np.exp(-beat * 9)
    return kick + 0.3 * noise(seconds) * np.exp(-(t % 0.25) * 60)


MATERIAL: dict[str, Callable[[], np.ndarray]] = {
    "sparse": lambda: plucks(20.0, 5.0, 3.0) * 0.2,
    "dense": lambda: np.tanh(noise(5.0) + drums(5.0)),
    "drums": lambda: drums(8.0) * 0.5,
    "one bar": lambda: plucks(1.5, 0.5, 6.0) * 0.3,
    "a blip": lambda: plucks(0.1, 0.1, 20.0) * 0.3,
    "near silence": lambda: noise(5.0) * 3e-4,
    "very dynamic": lambda: np.stack([np.sin(2 * np.pi * 300 * time(40.0)) * np.where(time(40.0) < 30, 0.003, 0.9)] * 2),
    "full-scale noise": lambda: np.clip(noise(5.0) * 2, -1, 1),
    "clipped square noise": lambda: np.sign(noise(3.0)),
    "far over full scale": lambda: drums(5.0) * 30,
    "mono": lambda: noise(5.0, 1) * 0.2,
    "left only": lambda: noise(5.0) * np.array([[0.2], [0.0]]),
    "bass only": lambda: np.stack([np.sin(2 * np.pi * 41 * time(5.0))] * 2),
    "between the samples": lambda: np.stack([np.sin(2 * np.pi * 12_000 * time(5.0) + np.pi / 4)] * 2),
}


def as_mix(samples: np.ndarray, rate: int = RATE) -> Mix:
    return Mix(Audio(np.ascontiguousarray(samples, dtype=np.float32), rate), ())


def judged(path: Path) -> tuple[float, float]:
    """Integrated LUFS and dBTP by ffmpeg's ebur128."""
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    words = told[told.rindex("Summary:") :].split()
    return float(words[words.index("I:") + 1]), float(words[words.index("Peak:") + 1])


@pytest.mark.system
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize(
    ("material", "target"),
    [*((name, -14.0) for name in MATERIAL), *((name, -11.0) for name in ("dense", "drums", "full-scale noise", "far over full scale"))],
)
def test_ffmpeg_finds_the_loudness_and_no_peak_above_the_ceiling(material: str, target: float, tmp_path: Path):
    done = master(as_mix(MATERIAL[material]()), MasterStyle(lufs=target))
    loudness, peak = judged(write_wav_24(tmp_path / "master.wav", done.audio))
    assert loudness == pytest.approx(target, abs=0.3)
    assert peak <= -1.0


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_other_sample_rates(rate: int):
    done = master(as_mix(drums(4.0) * 0.3, rate), MasterStyle(lufs=-12.0))
    assert done.audio.sample_rate == rate
    assert integrated_lufs(done.audio) == pytest.approx(-12.0, abs=0.1)
    assert true_peak_dbtp(done.audio) <= -1.0


@pytest.mark.parametrize("samples", [np.zeros((2, RATE)), np.zeros((2, 0)), np.ones((2, 1)), np.zeros((1, 100)), np.full((2, RATE), 1e-7)])
def test_silence_stays_silence_with_finite_figures(samples: np.ndarray):
    done = master(as_mix(samples), MasterStyle())
    assert np.abs(done.audio.samples).max() < 1e-4
    assert np.isfinite(list(done.measurements.values())).all()
    assert done.measurements["integrated_lufs"] == -120.0
    assert [decision.choice for decision in done.decisions] == ["left silent"]


def test_a_lone_click_is_left_quieter_and_said_so():
    click = np.zeros((2, 10 * RATE))
    click[:, RATE] = 1.0
    done = master(as_mix(click), MasterStyle(max_limit_db=12.0))
    assert true_peak_dbtp(done.audio) <= -1.0
    assert done.measurements["integrated_lufs"] < -14.3
    assert done.measurements["max_reduction_db"] == pytest.approx(12.0, abs=0.2)
    assert "stays quieter" in done.decisions[-1].because


def test_tone_moves_towards_the_target_but_not_past_4_db():
    flat = MasterStyle(tone_strength=0.0)
    sound = as_mix(noise(5.0) * 0.1)
    before = band_balance_db(master(sound, flat).audio)
    after = band_balance_db(master(sound, MasterStyle(tone_strength=1.0, tone=Tone(air=12.0, bass=-12.0))).audio)
    assert before["air"] > 16.0
    assert -16.0 < before["bass"] < -12.5
    assert after["air"] - before["air"] == pytest.approx(-4.0, abs=0.7)
    assert after["bass"] == pytest.approx(-12.0, abs=1.2)


def test_glue_brings_beats_together_but_not_verse_and_chorus():
    t = time(24.0)
    level = np.where(t % 0.5 < 0.25, 0.5, 0.05) * np.where(t < 12, 0.1, 1.0)
    loose, tight = (master(as_mix(noise(24.0) * level), MasterStyle(lufs=-24.0, glue=Glue(db, 3.0, 5.0, 60.0))).audio for db in (0.0, 6.0))

    def apart_db(audio: Audio, one: np.ndarray, other: np.ndarray) -> float:
        return float(10 * np.log10((audio.samples[:, one] ** 2).mean() / (audio.samples[:, other] ** 2).mean()))

    beats = [np.flatnonzero((t > 14) & (t < 22) & (t % 0.5 > start) & (t % 0.5 < start + 0.1)) for start in (0.1, 0.35)]
    halves = [np.flatnonzero((t > a) & (t < a + 8)) for a in (14, 2)]
    assert apart_db(loose, *beats) == pytest.approx(20.0, abs=1.2)
    assert apart_db(tight, *beats) == pytest.approx(14.0, abs=2.0)
    assert apart_db(tight, *halves) == pytest.approx(apart_db(loose, *halves), abs=1.2)


def test_width_scales_the_sides():
    sound = as_mix(noise(3.0) * 0.1 + noise(3.0, 1) * 0.1)
    narrow, wide = (master(sound, MasterStyle(width=factor)).measurements["width"] for factor in (0.5, 1.0))
    assert narrow < 0.7 * wide


def test_long_silence_after_the_song_is_cut_to_a_second():
    sound = np.concatenate([noise(2.0) * 0.1, np.zeros((2, 20 * RATE))], axis=1)
    done = master(as_mix(sound), MasterStyle())
    assert done.audio.duration_s == pytest.approx(3.1, abs=0.15)


def test_ends_do_not_click():
    hard = np.stack([np.cos(2 * np.pi * 100 * time(2.0))] * 2)
    done = master(as_mix(hard), MasterStyle()).audio.samples
    assert np.abs(done[:, 0]).max() < 1e-6
    assert np.abs(np.diff(done, axis=1)).max() < 0.05 * np.abs(done).max()
    assert np.abs(done[:, -RATE // 2 :]).max() < 1e-4


def test_is_the_same_every_time_and_leaves_the_mix_alone():
    sound = as_mix(drums(4.0))
    kept = sound.audio.samples.copy()
    one, two = master(sound, MasterStyle()), master(sound, MasterStyle())
    assert one.audio.samples.tobytes() == two.audio.samples.tobytes()
    assert one.measurements == two.measurements
    np.testing.assert_array_equal(sound.audio.samples, kept)


def test_states_what_it_measured():
    done = master(as_mix(drums(4.0)), MasterStyle())
    assert {"integrated_lufs", "true_peak_dbtp", "lra_lu", "crest_db", "width", "max_reduction_db"} <= done.measurements.keys()
    assert done.measurements["integrated_lufs"] == pytest.approx(integrated_lufs(done.audio), abs=1e-6)
    assert [decision.subject for decision in done.decisions] == ["tone", "glue", "loudness"]
