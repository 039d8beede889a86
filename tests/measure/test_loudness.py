import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from daiw.measure.loudness import (
    PEAK_HOP,
    arc_correlation,
    gated_lufs,
    integrated_lufs,
    k_power,
    k_power_fast,
    k_sections,
    measure_loudness,
    section_lufs,
    true_peak_dbtp,
    true_peak_envelope,
    window_lufs,
)
from daiw.music.audio import Audio

RATE = 48_000


def sine(hz: float, *levels: tuple[float, float], rate: int = RATE, channels: int = 2) -> Audio:
    """A sine through (seconds, dBFS) stretches, phase unbroken."""
    gains = np.concatenate([np.full(round(seconds * rate), 10 ** (level / 20)) for seconds, level in levels])
    wave = gains * np.sin(2 * np.pi * hz * np.arange(len(gains)) / rate)
    return Audio(np.repeat(wave[None], channels, axis=0).astype(np.float32), rate)


def test_filter_equals_the_standards_printed_coefficients():
    want = [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
    np.testing.assert_allclose(k_sections(48_000), want, atol=1e-8)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_a_stereo_1_khz_sine_reads_its_level(rate: int, level: float):
    # EBU Tech 3341, test signals 1 and 2
    read = measure_loudness(sine(1000.0, (20.0, level), rate=rate))
    assert read.integrated_lufs == pytest.approx(level, abs=0.1)
    assert read.momentary_lufs.max() == pytest.approx(level, abs=0.1)
    assert read.short_term_lufs.max() == pytest.approx(level, abs=0.1)


@pytest.mark.parametrize(
    "stretches",
    [
        ((10.0, -36.0), (60.0, -23.0), (10.0, -36.0)),  # EBU Tech 3341, 3: relative gate
        ((10.0, -72.0), (10.0, -36.0), (60.0, -23.0), (10.0, -36.0), (10.0, -72.0)),  # 4: absolute gate
        ((20.0, -26.0), (20.1, -20.0), (20.0, -26.0)),  # 5: nothing gated
    ],
)
def test_gating(stretches: tuple[tuple[float, float], ...]):
    assert integrated_lufs(sine(1000.0, *stretches)) == pytest.approx(-23.0, abs=0.1)


def test_what_lies_below_the_absolute_gate_does_not_count():
    # without the gate the mean would be -66.8 and its relative gate let the -75 pass
    assert integrated_lufs(sine(1000.0, (10.0, -60.0), (40.0, -75.0))) == pytest.approx(-60.0, abs=0.1)


@pytest.mark.parametrize(
    ("stretches", "lra_lu"),
    [
        (((20.0, -20.0), (20.0, -30.0)), 10.0),  # EBU Tech 3342, 1
        (((20.0, -20.0), (20.0, -15.0)), 5.0),  # 2
        (((20.0, -40.0), (20.0, -20.0)), 20.0),  # 3
        (((20.0, -50.0), (20.0, -35.0), (20.0, -20.0), (20.0, -35.0), (20.0, -50.0)), 15.0),  # 4
    ],
)
def test_loudness_range(stretches: tuple[tuple[float, float], ...], lra_lu: float):
    assert measure_loudness(sine(1000.0, *stretches)).lra_lu == pytest.approx(lra_lu, abs=1.0)


@pytest.mark.parametrize("phase", [0.0, 45.0, 60.0, 67.5])
def test_true_peak_finds_what_lies_between_samples(phase: float):
    # EBU Tech 3341, 15 to 18: a quarter of the rate, -6 dBFS, whatever the phase; allowed +0.2 / -0.4 dB
    wave = 0.5 * np.sin(2 * np.pi * np.arange(RATE) / 4 + np.radians(phase))
    window = signal.windows.tukey(RATE, 0.1)
    assert true_peak_dbtp(Audio((wave * window)[None].astype(np.float32))) == pytest.approx(-6.0, abs=0.1)


def test_true_peak_equals_band_limited_interpolation():
    chance = np.random.default_rng(4)
    low = signal.sosfilt(signal.butter(8, 18_000, fs=RATE, output="sos"), chance.standard_normal((2, RATE))) * 0.2
    audio = Audio(low.astype(np.float32))
    want = 20 * np.log10(np.abs(signal.resample(low, 4 * RATE, axis=1)).max())
    assert true_peak_dbtp(audio) == pytest.approx(want, abs=0.02)
    assert 20 * np.log10(true_peak_envelope(audio).max()) == pytest.approx(true_peak_dbtp(audio), abs=1e-4)


def test_blocks_do_not_show_in_the_envelope():
    noise = np.random.default_rng(6).standard_normal((1, 80_000)).astype(np.float32) * 0.1
    shifted = np.pad(noise, ((0, 0), (PEAK_HOP * 1000, 0)))
    np.testing.assert_allclose(true_peak_envelope(Audio(shifted))[1002:], true_peak_envelope(Audio(noise))[2:], atol=1e-6)


def test_envelope_holds_the_peak_of_its_own_frames():
    samples = np.zeros((1, 1000), np.float32)
    samples[0, 500] = 0.7
    envelope = true_peak_envelope(Audio(samples))
    assert len(envelope) == -(-1000 // PEAK_HOP)
    assert np.argmax(envelope) == 500 // PEAK_HOP
    assert envelope.max() == pytest.approx(0.7, abs=1e-4)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_agrees_with_pyloudnorm(rate: int):
    pyloudnorm = pytest.importorskip("pyloudnorm")
    chance = np.random.default_rng(rate)
    level = np.repeat(chance.uniform(0.01, 1.0, 30), rate // 2)
    samples = (chance.standard_normal((2, len(level))) * level * 0.2).astype(np.float32)
    want = pyloudnorm.Meter(rate).integrated_loudness(samples.T.astype(np.float64))
    assert integrated_lufs(Audio(samples, rate)) == pytest.approx(want, abs=0.05)


@pytest.mark.system
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_agrees_with_ffmpeg(tmp_path: Path):
    from daiw.files.audio import write_wav_float

    chance = np.random.default_rng(8)
    level = np.repeat(chance.uniform(0.01, 1.0, 60), RATE // 4)
    hits = signal.lfilter([1.0], [1.0, -0.9], chance.standard_normal((2, len(level)))) * level * 0.1
    audio = Audio(hits.astype(np.float32))
    path = write_wav_float(tmp_path / "x.wav", audio)
    told = subprocess.run(
        ["ffmpeg", "-hide_banner", "-nostats", "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    summary = told[told.rindex("Summary:") :].split()
    read = measure_loudness(audio)
    assert read.integrated_lufs == pytest.approx(float(summary[summary.index("I:") + 1]), abs=0.1)
    assert read.lra_lu == pytest.approx(float(summary[summary.index("LRA:") + 1]), abs=0.2)
    assert read.true_peak_dbtp == pytest.approx(float(summary[summary.index("Peak:") + 1]), abs=0.1)


def test_the_fast_meter_is_close():
    chance = np.random.default_rng(2)
    noise = signal.lfilter([1.0], [1.0, -0.97], chance.standard_normal((2, 5 * RATE))).astype(np.float32) * 0.05
    audio = Audio(noise)
    assert gated_lufs(k_power_fast(audio)) == pytest.approx(gated_lufs(k_power(audio)), abs=0.1)


def test_hops_of_any_length_hold_the_same_energy():
    audio = sine(300.0, (1.0, -10.0))
    assert k_power(audio, 16).mean() == pytest.approx(k_power(audio).mean(), rel=1e-9)


@pytest.mark.parametrize("frames", [0, 1, 100, RATE // 10, RATE])
def test_silence_of_any_length_is_minus_infinity(frames: int):
    read = measure_loudness(Audio(np.zeros((2, frames), np.float32)))
    assert read.integrated_lufs == -np.inf
    assert read.true_peak_dbtp == -np.inf
    assert read.lra_lu == 0.0
    assert not np.isnan(read.momentary_lufs).any()


def test_short_sound_is_one_padded_block():
    short = sine(1000.0, (0.2, -20.0))
    assert integrated_lufs(short) == pytest.approx(-20.0 - 3.01, abs=0.2)
    assert len(window_lufs(k_power(short), 4)) == 1


def test_sections_and_arc():
    audio = sine(1000.0, (2.0, -30.0), (2.0, -20.0), (2.0, -10.0))
    heard = section_lufs(audio, (0.0, 2.0, 4.0, 6.0))
    np.testing.assert_allclose(heard, [-30.0, -20.0, -10.0], atol=0.2)
    assert arc_correlation(heard, (0.2, 0.5, 0.8)) == pytest.approx(1.0, abs=1e-3)
    assert arc_correlation(heard, (0.8, 0.5, 0.2)) == pytest.approx(-1.0, abs=1e-3)
    assert arc_correlation(heard, (0.5, 0.5, 0.5)) == 0.0
    assert section_lufs(audio, (0.0, 2.0, 9.0, 12.0))[2] == -np.inf
    assert arc_correlation((-np.inf, -20.0), (0.1, 0.9)) == pytest.approx(1.0)
