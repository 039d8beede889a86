"""Mix to master: tone, glue, width, and loudness under a true-peak ceiling."""

from dataclasses import dataclass, fields
from math import isfinite, log10

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from daiw.dsp.convolve import convolve
from daiw.dsp.dynamics import CONTROL_HOP, Ballistics, apply_gain, compression_db, follow, mean_square
from daiw.dsp.filters import minimum_phase
from daiw.dsp.limiter import Limiter, limiter_gain
from daiw.dsp.stereo import scale_sides, spread
from daiw.measure.loudness import (
    PEAK_HOP,
    gated_lufs,
    hop_frames,
    integrated_lufs,
    k_power,
    measure_loudness,
    true_peak_dbtp,
    true_peak_envelope,
)
from daiw.measure.spectrum import BANDS_HZ, band_balance_db, crest_db, mono_loss_db, width
from daiw.music.audio import Audio, Master, Mix
from daiw.music.decision import Decision
from daiw.music.plan import Plan
from daiw.music.styles.master import Glue, MasterStyle

_TONE_LIMIT_DB = 4.0
_PEAK_MARGIN_DB = 0.15
_GAIN_LIMIT_DB = 60.0
_TOLERANCE_LU = 0.05
_GLUE_SPAN_S = 6.0
_RELEASES = ((4.0, 6.0, 120.0, 12.0), (3.0, 3.0, 250.0, 60.0), (2.0, 0.5, 900.0, 900.0))
"""Look-ahead, hold and releases of the limiter: the smooth one first, the quick ones only where it cannot reach the loudness."""
_FLOOR = 1e-4
_TAPS = 4096
_SILENT_LUFS = -70.0


def master(mix: Mix, style: MasterStyle, *, plan: Plan | None = None) -> Master:
    """The finished song: `style.lufs` integrated, true peak at or below `style.true_peak_dbtp`, tone near `style.tone`.

    Silence stays silence, with its measurements at their floor (-120 for levels).  Sound quieter than -70 LUFS counts as silence.
    """
    rate = mix.audio.sample_rate
    before = integrated_lufs(mix.audio)
    corrections = _tone_corrections(mix.audio, style, plan)
    sound = _trim(_shape(mix.audio, corrections, style.width), rate)
    if before <= _SILENT_LUFS or not sound.any():
        silent = Audio(sound, rate)
        return Master(silent, _statement(silent, 0.0), (Decision("master", "loudness", "left silent", "The mix holds nothing to hear."),))
    glued_db = _glue(sound, style.glue, rate)
    raised = _raise(sound, style, rate)
    finished = Audio(raised.samples, rate)
    figures = _statement(finished, raised.reduction_db)
    return Master(finished, figures, _decisions(style, corrections, glued_db, raised.gain_db, before, figures))


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
    """One minimum-phase filter for tone, a 22 Hz floor and a 20 kHz roof; the sides besides scaled."""
    rate, size = audio.sample_rate, 4 * _TAPS
    hz = np.fft.rfftfreq(size, 1 / rate)
    centres = [np.sqrt(low * high) for low, high in BANDS_HZ.values()]
    gains = [corrections[name] for name in BANDS_HZ]
    curve = 10 ** (np.interp(np.log2(np.maximum(hz, 1.0)), np.log2(centres), gains) / 20)
    floor = 1 / np.sqrt(1 + (22.0 / np.maximum(hz, 0.1)) ** 4)
    roof = 1 / np.sqrt(1 + (hz / min(21500.0, 0.46 * rate)) ** 40)
    middle = minimum_phase(curve * floor * roof, _TAPS)
    shaped = convolve(spread(audio.samples), middle, audio.frames)
    if width_factor != 1.0:
        scale_sides(shaped, width_factor)
    return shaped


def _glue(samples: NDArray[np.float32], glue: Glue, sample_rate: int) -> float:
    """Compress in place so that the loudest tenth is held down by `reduction_db`; returns the mean reduction where it works, in dB.

    The level is taken against its own average over six seconds: beats are glued, verse and chorus keep their distance.
    """
    if glue.reduction_db == 0 or glue.ratio == 1:
        return 0.0
    control_hz = sample_rate / CONTROL_HOP
    power = np.maximum(mean_square(samples), 1e-12)
    around = ndimage.uniform_filter1d(power, max(1, round(_GLUE_SPAN_S * control_hz)), mode="nearest")
    level = follow(10 * np.log10(power), Ballistics(10.0, 40.0), control_hz) - 10 * np.log10(np.maximum(around, 1e-12))
    sounding = level[power > power.max() * 1e-5]
    threshold = float(np.percentile(sounding, 90)) - glue.reduction_db / (1 - 1 / glue.ratio)
    wanted = np.minimum(compression_db(level, threshold, glue.ratio, 8.0), 2 * glue.reduction_db)
    reduction = follow(wanted, Ballistics(glue.attack_ms, glue.release_ms), control_hz)
    apply_gain(samples, 10 ** (-reduction / 20))
    return float(reduction[reduction > 0.1].mean()) if (reduction > 0.1).any() else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Metered:
    """Sound as the limiter sees it, one value each `PEAK_HOP` frames: its true peak, and its K-weighted power."""

    peaks: NDArray[np.float32]
    power: NDArray[np.float64]
    sample_rate: int

    def curve(self, limiter: Limiter, gain_db: float) -> NDArray[np.float64]:
        """Linear gain of make-up and limiter together."""
        factor = 10 ** (gain_db / 20)
        return factor * limiter_gain(self.peaks * np.float32(factor), limiter, self.sample_rate / PEAK_HOP)

    def lufs(self, curve: NDArray[np.float64]) -> float:
        """Loudness under such a curve, without touching the sound."""
        hop = hop_frames(self.sample_rate)
        edges = np.arange(0, len(self.power) * PEAK_HOP, hop) // PEAK_HOP
        return gated_lufs(np.add.reduceat(self.power * curve**2, edges) * (PEAK_HOP / hop))


@dataclass(frozen=True, slots=True, eq=False)
class _Raised:
    """The result of `_raise`: the sound, the gain before the limiter and the limiter's deepest reduction, both in dB."""

    samples: NDArray[np.float32]
    gain_db: float
    reduction_db: float


def _raise(samples: NDArray[np.float32], style: MasterStyle, sample_rate: int) -> _Raised:
    """Gain and limit until loudness and ceiling are met.

    The gain is solved on the meters' curves, applied, measured, and solved again for what the solution missed, which is rare.
    """
    audio = Audio(samples, sample_rate)
    metered = _Metered(true_peak_envelope(audio), k_power(audio, PEAK_HOP), sample_rate)
    ceiling_db, target = style.true_peak_dbtp - _PEAK_MARGIN_DB, style.lufs
    for last in (False, False, True):
        for releases in _RELEASES:
            limiter = Limiter(10 ** (ceiling_db / 20), *releases)
            gain_db = _solve(metered, limiter, target, style.max_limit_db)
            curve = metered.curve(limiter, gain_db)
            if metered.lufs(curve) > target - 2 * _TOLERANCE_LU:
                break
        result = samples.copy()
        apply_gain(result, curve, PEAK_HOP)
        done = _Raised(result, gain_db, max(0.0, gain_db - 20 * log10(float(curve.min()))))
        over_db = true_peak_dbtp(Audio(result, sample_rate)) - (style.true_peak_dbtp - _PEAK_MARGIN_DB / 3)
        missed = style.lufs - integrated_lufs(Audio(result, sample_rate))
        reached = abs(missed) <= _TOLERANCE_LU or done.reduction_db >= style.max_limit_db - 0.1
        if last or (over_db <= 0 and reached):
            break
        ceiling_db -= max(0.0, over_db)
        target += 0.0 if reached else missed
    return done


def _solve(metered: _Metered, limiter: Limiter, target_lufs: float, max_limit_db: float) -> float:
    """The gain in dB before the limiter that gives the loudness after it, by bisection; less where the limiter would take too much."""
    low = target_lufs - metered.lufs(np.ones(len(metered.power)))
    low, high = min(low - 1.0, _GAIN_LIMIT_DB), min(low + 30.0, _GAIN_LIMIT_DB)
    deepest = 20 * log10(float(metered.peaks.max()) / limiter.ceiling)
    high = min(high, max_limit_db - deepest)
    low = min(low, high)
    for _ in range(14):
        middle = (low + high) / 2
        if metered.lufs(metered.curve(limiter, middle)) < target_lufs:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _trim(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """Cut in place or lengthen to one second after the last sound above -80 dBFS; what is cut off sounding fades out; no end clicks."""
    last = _last_above(samples, _FLOOR) + sample_rate
    kept = min(last, samples.shape[1])
    result = samples[:, :last] if kept == last else np.pad(samples, ((0, 0), (0, last - kept)))
    head, tail = min(kept, sample_rate // 1000), min(kept, sample_rate // 100)
    result[:, :head] *= np.linspace(0, 1, head, dtype=np.float32)
    result[:, kept - tail : kept] *= np.linspace(1, 0, tail, dtype=np.float32)
    return result


def _last_above(samples: NDArray[np.float32], floor: float) -> int:
    """The last frame whose magnitude exceeds `floor` in any channel; 0 where none does."""
    last = 0
    for channel in samples:
        sounding = np.flatnonzero((channel > floor) | (channel < -floor))
        last = max(last, int(sounding[-1]) if len(sounding) else 0)
    return last


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
    because = f"The style asks for {style.lufs:g} LUFS under {style.true_peak_dbtp:g} dBTP."
    if figures["integrated_lufs"] < style.lufs - 0.3:
        because += f"  It stays quieter: the peaks stand so far out that more would cost over {style.max_limit_db:g} dB of limiting."
    loud = f"{gain_db:+.1f} dB to {figures['integrated_lufs']:.1f} LUFS, true peak {figures['true_peak_dbtp']:.1f} dBTP"
    return (
        Decision("master", "tone", f"{moves} dB", "Part of the way from the mix's balance to the style's."),
        Decision("master", "glue", f"{glued_db:.1f} dB at {style.glue.ratio:g}:1", "So that the parts move as one."),
        Decision(
            "master",
            "loudness",
            loud,
            because,
            evidence=f"the mix measured {before_lufs:.1f} LUFS; the limiter took at most {figures['max_reduction_db']:.1f} dB",
        ),
    )
