"""Mix to master: tone, glue, width, and loudness under a true-peak ceiling."""

from dataclasses import dataclass, fields
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from daiw.dsp.convolve import convolve
from daiw.dsp.dynamics import CONTROL_HOP, Ballistics, apply_gain, compression_db, follow, mean_square
from daiw.dsp.filters import minimum_phase
from daiw.dsp.limiter import Limiter, limiter_gain
from daiw.dsp.stereo import mid_side, spread
from daiw.measure.loudness import PEAK_HOP, gated_lufs, hop_frames, integrated_lufs, k_power, measure_loudness, true_peak_envelope
from daiw.measure.spectrum import BANDS_HZ, band_balance_db, crest_db, mono_loss_db, width
from daiw.music.audio import Audio, Master, Mix
from daiw.music.decision import Decision
from daiw.music.plan import Plan
from daiw.music.styles.master import Glue, MasterStyle

_TONE_LIMIT_DB = 4.0
_PEAK_MARGIN_DB = 0.15
_GAIN_LIMIT_DB = 60.0
_TOLERANCE_LU = 0.05
_PASSES = 4
_FLOOR = 1e-4
_TAPS = 4096
_SILENT_LUFS = -70.0


def master(mix: Mix, style: MasterStyle, *, plan: Plan | None = None) -> Master:
    """The finished song: `style.lufs` integrated, true peak at or below `style.true_peak_dbtp`, tone near `style.tone`.

    Silence stays silence, with its measurements at their floor (-120 for levels).  Sound quieter than -70 LUFS counts as silence.
    """
    rate = mix.audio.sample_rate
    before = integrated_lufs(mix.audio)
    if before <= _SILENT_LUFS:
        return Master(
            mix.audio, _statement(mix.audio, 0.0), (Decision("master", "loudness", "left silent", "There is nothing to hear in the mix."),)
        )
    corrections = _tone_corrections(mix.audio, style, plan)
    sound = _shape(mix.audio, corrections, style.width)
    glued_db = _glue(sound, style.glue, rate)
    gain_db, reduction_db = _raise(sound, style, rate)
    finished = Audio(_trim(sound, rate), rate)
    figures = _statement(finished, reduction_db)
    return Master(finished, figures, _decisions(style, corrections, glued_db, gain_db, before, figures))


def _tone_corrections(audio: Audio, style: MasterStyle, plan: Plan | None) -> dict[str, float]:
    """dB for each band: part of the way to the target, never more than 4 dB, relative to the mid band."""
    heard = band_balance_db(audio)
    tilt = min(4.0, max(-4.0, plan.cues.tone_db)) if plan else 0.0
    wanted = {field.name: float(getattr(style.tone, field.name)) for field in fields(style.tone)}
    for name in ("brilliance", "air"):
        wanted[name] += tilt
    result = {"mid": 0.0}
    for name, want in wanted.items():
        result[name] = max(-_TONE_LIMIT_DB, min(_TONE_LIMIT_DB, style.tone_strength * (want - heard[name])))
    return result


def _shape(audio: Audio, corrections: dict[str, float], width_factor: float) -> NDArray[np.float32]:
    """One minimum-phase filter for tone, a 22 Hz floor and a 20 kHz roof; the sides besides scaled above the bass."""
    rate, size = audio.sample_rate, 4 * _TAPS
    hz = np.fft.rfftfreq(size, 1 / rate)
    centres = [np.sqrt(low * high) for low, high in BANDS_HZ.values()]
    gains = [corrections[name] for name in BANDS_HZ]
    curve = 10 ** (np.interp(np.log2(np.maximum(hz, 1.0)), np.log2(centres), gains) / 20)
    floor = 1 / np.sqrt(1 + (22.0 / np.maximum(hz, 0.1)) ** 4)
    roof = 1 / np.sqrt(1 + (hz / min(21500.0, 0.46 * rate)) ** 40)
    middle = minimum_phase(curve * floor * roof, _TAPS)
    samples = spread(audio.samples)
    if width_factor == 1.0:
        return convolve(samples, middle, audio.frames)
    return mid_side(convolve(mid_side(samples), np.stack([middle, width_factor * middle]), audio.frames))


def _glue(samples: NDArray[np.float32], glue: Glue, sample_rate: int) -> float:
    """Compress in place so that the loud tenth is held down by `reduction_db`; returns the mean reduction where it works, in dB."""
    if glue.reduction_db == 0 or glue.ratio == 1:
        return 0.0
    control_hz = sample_rate / CONTROL_HOP
    level = 10 * np.log10(np.maximum(mean_square(samples), 1e-12))
    level = follow(level, Ballistics(10.0, 40.0), control_hz)
    sounding = level[level > level.max() - 40]
    threshold = float(np.percentile(sounding, 90)) - glue.reduction_db / (1 - 1 / glue.ratio)
    wanted = np.minimum(compression_db(level, threshold, glue.ratio, 8.0), 2 * glue.reduction_db)
    reduction = follow(wanted, Ballistics(glue.attack_ms, glue.release_ms), control_hz)
    apply_gain(samples, 10 ** (-reduction / 20))
    return float(reduction[reduction > 0.1].mean()) if (reduction > 0.1).any() else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Metered:
    """Sound as the limiter sees it.  peaks: true peak each `PEAK_HOP` frames.  power: K-weighted, each 100 ms."""

    peaks: NDArray[np.float32]
    power: NDArray[np.float64]
    control_hz: float
    hops: int


def _raise(samples: NDArray[np.float32], style: MasterStyle, sample_rate: int) -> tuple[float, float]:
    """Gain and limit in place until loudness and ceiling are met; returns the gain and the deepest reduction, both in dB.

    The gain is solved on the meters' curves, applied, measured, and corrected by what the solution missed.
    """
    audio = Audio(samples, sample_rate)
    metered = _Metered(true_peak_envelope(audio), k_power(audio), sample_rate / PEAK_HOP, hop_frames(sample_rate))
    limiter = Limiter(10 ** ((style.true_peak_dbtp - _PEAK_MARGIN_DB) / 20))
    gain_db = _solve(metered, limiter, style.lufs)
    curve = 10 ** (gain_db / 20) * limiter_gain(metered.peaks * np.float32(10 ** (gain_db / 20)), limiter, metered.control_hz)
    apply_gain(samples, curve, PEAK_HOP)
    return gain_db, float(-20 * np.log10((curve / 10 ** (gain_db / 20)).min()))


def _solve(metered: _Metered, limiter: Limiter, target_lufs: float) -> float:
    """The gain in dB before the limiter that gives the loudness after it, by bisection."""
    low = target_lufs - gated_lufs(metered.power)
    low, high = low - 1.0, min(low + 30.0, _GAIN_LIMIT_DB)
    for _ in range(14):
        middle = (low + high) / 2
        if _loudness_at(metered, limiter, middle) < target_lufs:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _loudness_at(metered: _Metered, limiter: Limiter, gain_db: float) -> float:
    """Loudness after gain and limiter, without touching the sound: power times the mean squared gain of each hop."""
    factor = 10 ** (gain_db / 20)
    curve = factor * limiter_gain(metered.peaks * np.float32(factor), limiter, metered.control_hz)
    edges = np.arange(len(metered.power)) * metered.hops // PEAK_HOP
    squared = np.add.reduceat(curve**2, edges) / np.diff(np.append(edges, len(curve)))
    return gated_lufs(metered.power * squared)


def _trim(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """Cut to one second after the last sound above -80 dBFS; both ends fade in and out without a click."""
    sounding = np.flatnonzero(np.abs(samples).max(axis=0) > _FLOOR)
    last = min(samples.shape[1], (int(sounding[-1]) if len(sounding) else 0) + sample_rate)
    result = samples[:, :last].copy()
    head, tail = min(last, sample_rate // 1000), min(last, sample_rate // 20)
    result[:, :head] *= np.linspace(0, 1, head, dtype=np.float32)
    result[:, last - tail :] *= np.linspace(1, 0, tail, dtype=np.float32)
    return result


def _statement(audio: Audio, reduction_db: float) -> dict[str, float]:
    """What is measured on the finished sound; levels of silence are stated as -120."""
    loudness = measure_loudness(audio)
    short = loudness.short_term_lufs
    return {
        "integrated_lufs": _finite(loudness.integrated_lufs),
        "true_peak_dbtp": _finite(loudness.true_peak_dbtp),
        "lra_lu": loudness.lra_lu,
        "short_term_max_lufs": _finite(float(short.max(initial=-np.inf))),
        "crest_db": crest_db(audio),
        "width": width(audio),
        "mono_loss_db": mono_loss_db(audio),
        "max_reduction_db": reduction_db,
        "duration_s": audio.duration_s,
        **{f"balance_{name}_db": value for name, value in band_balance_db(audio).items() if name != "mid"},
    }


def _finite(level_db: float) -> float:
    """-120 in place of minus infinity, so that figures survive JSON."""
    return level_db if isfinite(level_db) else -120.0


def _decisions(
    style: MasterStyle, corrections: dict[str, float], glued_db: float, gain_db: float, before_lufs: float, figures: dict[str, float]
) -> tuple[Decision, ...]:
    """The chain in the order it was run."""
    moves = ", ".join(f"{name.replace('_', ' ')} {value:+.1f}" for name, value in corrections.items() if abs(value) >= 0.1) or "nothing"
    loud = f"{gain_db:+.1f} dB to {figures['integrated_lufs']:.1f} LUFS, true peak {figures['true_peak_dbtp']:.1f} dBTP"
    return (
        Decision("master", "tone", f"{moves} dB", "Part of the way from the mix's balance to the style's."),
        Decision("master", "glue", f"{glued_db:.1f} dB at {style.glue.ratio:g}:1", "So that the parts move as one."),
        Decision(
            "master",
            "loudness",
            loud,
            f"The style asks for {style.lufs:g} LUFS under {style.true_peak_dbtp:g} dBTP.",
            evidence=f"the mix measured {before_lufs:.1f} LUFS; the limiter took at most {figures['max_reduction_db']:.1f} dB",
        ),
    )
