"""Loudness and true peak by ITU-R BS.1770-4, loudness range by EBU Tech 3342.

Conventions: `Audio` in, LUFS, LU or dBTP out; silence is -inf LUFS and -inf dBTP, never NaN.  Every channel has weight 1 (mono, stereo).
Deviations: sound shorter than one 400 ms block is measured as one block padded with silence; the overlap of 75 % is exact where the
sample rate divides by ten, else the hop is the nearest frame.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import inf, log10, pi, tan

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from daiw.music.audio import Audio

ABSOLUTE_GATE_LUFS = -70.0
HOPS_PER_S = 10
PEAK_HOP = 16
"""Frames that share one value of `true_peak_envelope`."""

_MOMENTARY_HOPS, _SHORT_TERM_HOPS = 4, 30
_CHUNK = 1 << 18
_TAPS = 32
_SIZE = 1 << 15


@dataclass(frozen=True, slots=True, eq=False)
class Loudness:
    """Everything one pass over the sound tells.

    momentary_lufs, short_term_lufs: one value each 100 ms, windows of 0.4 s and 3 s, the first window starting at 0.
    """

    integrated_lufs: float
    lra_lu: float
    true_peak_dbtp: float
    momentary_lufs: NDArray[np.float64]
    short_term_lufs: NDArray[np.float64]


def measure_loudness(audio: Audio) -> Loudness:
    """All of `Loudness` in one go."""
    power = k_power(audio)
    short = window_lufs(power, _SHORT_TERM_HOPS)
    return Loudness(gated_lufs(power), loudness_range_lu(short), true_peak_dbtp(audio), window_lufs(power, _MOMENTARY_HOPS), short)


def integrated_lufs(audio: Audio) -> float:
    """Programme loudness, gated (BS.1770-4, equations 1 to 7)."""
    return gated_lufs(k_power(audio))


def k_sections(sample_rate: int) -> NDArray[np.float64]:
    """The two K-weighting biquads for any sample rate, as second-order sections.

    The standard prints coefficients for 48 kHz only; these come from its analogue prototypes by the bilinear transform
    (Brecht De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018) and equal them there to 1e-8.
    """
    k = tan(pi * 1681.974450955533 / sample_rate)
    high, band, q = 10 ** (3.999843853973347 / 20), (10 ** (3.999843853973347 / 20)) ** 0.4996667741545416, 0.7071752369554196
    a0 = 1 + k / q + k * k
    shelf = [(high + band * k / q + k * k) / a0, 2 * (k * k - high) / a0, (high - band * k / q + k * k) / a0]
    shelf += [1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    k, q = tan(pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    a0 = 1 + k / q + k * k
    return np.array([shelf, [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]])


def hop_frames(sample_rate: int) -> int:
    """Frames of one 100 ms hop."""
    return max(1, round(sample_rate / HOPS_PER_S))


def k_power(audio: Audio, hop: int | None = None) -> NDArray[np.float64]:
    """Mean square of the K-weighted sound, summed over channels, for each `hop` frames (100 ms); the last hop is padded with silence."""
    hop = hop or hop_frames(audio.sample_rate)
    sections = k_sections(audio.sample_rate)
    power = np.zeros(-(-audio.frames // hop))
    step = hop * max(1, _CHUNK // hop)
    for channel in audio.samples:
        state = np.zeros((len(sections), 2))
        for start in range(0, audio.frames, step):
            weighted, state = signal.sosfilt(sections, channel[start : start + step].astype(np.float64), zi=state)
            weighted = np.pad(weighted, (0, -len(weighted) % hop)).reshape(-1, hop)
            power[start // hop : start // hop + len(weighted)] += np.einsum("ij,ij->i", weighted, weighted) / hop
    return power


def k_power_fast(audio: Audio) -> NDArray[np.float64]:
    """`k_power` by the weighted spectrum of each hop: three times as fast, within 0.1 LU on music; for gain staging only."""
    hop = hop_frames(audio.sample_rate)
    size = fft.next_fast_len(hop, real=True)
    weight = np.abs(signal.sosfreqz(k_sections(audio.sample_rate), fft.rfftfreq(size, 1 / audio.sample_rate), fs=audio.sample_rate)[1]) ** 2
    weight[1 : -1 if size % 2 == 0 else None] *= 2.0
    weight = (weight / (size * hop)).astype(np.float32)
    power = np.zeros(-(-audio.frames // hop))
    step = hop * max(1, _CHUNK // hop)
    for channel in audio.samples:
        for start in range(0, audio.frames, step):
            block = channel[start : start + step]
            if not block.any():
                continue
            rows = np.pad(block, (0, -len(block) % hop)).reshape(-1, hop)
            spectrum = fft.rfft(rows, size)
            power[start // hop : start // hop + len(rows)] += np.einsum("ij,j->i", spectrum.real**2 + spectrum.imag**2, weight)
    return power


def lufs(power: float) -> float:
    """Loudness of a K-weighted mean square (equation 2)."""
    return -0.691 + 10 * log10(power) if power > 0 else -inf


def window_lufs(power: NDArray[np.float64], hops: int) -> NDArray[np.float64]:
    """Loudness of every window of `hops` hops, sliding by one; shorter sound gives one padded window, no sound none."""
    mean = _windows(power, hops)
    with np.errstate(divide="ignore"):
        result: NDArray[np.float64] = -0.691 + 10 * np.log10(mean)
    return result


def gated_lufs(power: NDArray[np.float64]) -> float:
    """Integrated loudness from hop powers: absolute gate at -70 LUFS, relative gate 10 LU below what passed it."""
    blocks = _windows(power, _MOMENTARY_HOPS)
    blocks = blocks[blocks > _power_of(ABSOLUTE_GATE_LUFS)]
    if not len(blocks):
        return -inf
    return lufs(float(blocks[blocks > blocks.mean() * 0.1].mean()))


def loudness_range_lu(short_term_lufs: NDArray[np.float64]) -> float:
    """LRA: the spread between the 10th and 95th percentile of gated short-term loudness (EBU Tech 3342); 0 for silence."""
    passed = short_term_lufs[short_term_lufs > ABSOLUTE_GATE_LUFS]
    if not len(passed):
        return 0.0
    gate = lufs(float(np.mean(10 ** ((passed + 0.691) / 10)))) - 20.0
    low, high = np.percentile(passed[passed > gate], (10, 95))
    return float(high - low)


def true_peak_dbtp(audio: Audio) -> float:
    """Highest level of the waveform between the samples too, by interpolation to four times the rate (BS.1770-4, annex 2)."""
    peak = float(true_peak_envelope(audio).max(initial=0.0))
    return 20 * log10(peak) if peak > 0 else -inf


def sample_peak(audio: Audio) -> float:
    """The largest magnitude of any sample, linear."""
    return max(float(audio.samples.max(initial=0.0)), -float(audio.samples.min(initial=0.0)))


def true_peak_envelope(audio: Audio) -> NDArray[np.float32]:
    """The true peak over all channels of each `PEAK_HOP` frames, linear.

    By FFT and not by matrix product, whose last bits depend on the number of threads, and with them would the master's.
    """
    envelope = np.zeros(-(-audio.frames // PEAK_HOP), np.float32)
    phases = fft.rfft(_interpolator(), _SIZE)
    before, step = _TAPS // 2 - 1, _SIZE - 2 * _TAPS
    for channel in audio.samples:
        padded = np.pad(channel, (before, -len(channel) % step + 2 * _TAPS - before))
        for start in range(0, len(channel), step):
            block = padded[start : start + _SIZE]
            waves = fft.irfft(fft.rfft(block) * phases, _SIZE)[:, _TAPS - 1 : _TAPS - 1 + step]
            highest = np.maximum(np.abs(waves, out=waves).max(axis=0), np.abs(block[before : before + step]))
            target = envelope[start // PEAK_HOP :][: step // PEAK_HOP]
            np.maximum(target, highest.reshape(-1, PEAK_HOP).max(axis=1)[: len(target)], out=target)
    return envelope


def section_lufs(audio: Audio, bounds_s: tuple[float, ...]) -> tuple[float, ...]:
    """Loudness of each stretch between neighbouring bounds, ungated; -inf where a stretch is silent or empty."""
    power = k_power(audio)
    edges = [round(bound * HOPS_PER_S) for bound in bounds_s]
    return tuple(lufs(float(power[a:b].mean())) if len(power[a:b]) else -inf for a, b in pairwise(edges))


def arc_correlation(loudness_lufs: tuple[float, ...], energies: tuple[float, ...]) -> float:
    """Pearson correlation of sections' loudness with their planned energy; silent sections count as -60, a flat side gives 0."""
    heard, meant = np.maximum(loudness_lufs, -60.0), np.asarray(energies, np.float64)
    if len(heard) < 2 or np.ptp(heard) < 1e-9 or np.ptp(meant) < 1e-9:
        return 0.0
    return float(np.corrcoef(heard, meant)[0, 1])


def _windows(power: NDArray[np.float64], hops: int) -> NDArray[np.float64]:
    """Mean of every `hops` neighbours."""
    if not len(power):
        return power
    padded = np.pad(power, (0, max(0, hops - len(power))))
    result: NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(padded, hops).mean(axis=1)
    return result


def _power_of(loudness_lufs: float) -> float:
    """Inverse of `lufs`."""
    return float(10 ** ((loudness_lufs + 0.691) / 10))


@lru_cache(maxsize=1)
def _interpolator() -> NDArray[np.float32]:
    """(3, 32): impulse responses of the phases between two samples; Kaiser-windowed sinc."""
    window = signal.get_window(("kaiser", 7.0), 4 * _TAPS, fftbins=True)
    phases = []
    for phase in (1, 2, 3):
        offset = np.arange(_TAPS) - (_TAPS // 2 - 1) - phase / 4
        taps = np.sinc(offset) * np.interp(4 * offset + 2 * _TAPS, np.arange(4 * _TAPS), window)
        phases.append(taps[::-1] / taps.sum())
    return np.array(phases, np.float32)
