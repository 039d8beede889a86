"""Balance over frequency, crest, width and what mono keeps.

Conventions: `Audio` in; silence gives 0 and never NaN.
"""

from collections.abc import Mapping
from math import log10

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from daiw.measure.loudness import sample_peak
from daiw.music.audio import Audio

BANDS_HZ: Mapping[str, tuple[float, float]] = {
    "sub": (20.0, 60.0),
    "bass": (60.0, 250.0),
    "low_mid": (250.0, 500.0),
    "mid": (500.0, 2000.0),
    "high_mid": (2000.0, 4000.0),
    "presence": (4000.0, 6000.0),
    "brilliance": (6000.0, 12000.0),
    "air": (12000.0, 20000.0),
}
"""The bands in which tone is given; `mid` is the reference."""

USUAL_BALANCE_DB: Mapping[str, float] = {
    "sub": 1.0,
    "bass": 4.5,
    "low_mid": 2.0,
    "mid": 0.0,
    "high_mid": -4.0,
    "presence": -6.5,
    "brilliance": -9.5,
    "air": -17.0,
}
"""Power per octave of recorded popular music against `mid`: a fall of about 5 dB an octave per hertz from 100 Hz to 4 kHz, steeper above
(P. D. Pestana and others, "Spectral characteristics of popular commercial recordings 1950-2010", AES 135, 2013; read off and rounded)."""

_SIZE = 8192


def power_spectrum(audio: Audio, hop: int = _SIZE // 2) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(hz, power) of the whole sound: mean square per bin summed over channels, Hann windows of 8192 frames.

    hop: frames from window to window; large ones sample long sound instead of reading all of it.
    """
    hz = fft.rfftfreq(_SIZE, 1 / audio.sample_rate)
    window = signal.get_window("hann", _SIZE).astype(np.float32)
    total, count = np.zeros(len(hz)), 0
    padded = max(_SIZE, audio.frames)
    for channel in audio.samples:
        row = np.pad(channel, (0, padded - audio.frames)) if padded > audio.frames else channel
        rows = np.lib.stride_tricks.sliding_window_view(row, _SIZE)[::hop]
        for start in range(0, len(rows), 64):
            spectrum = fft.rfft(rows[start : start + 64] * window)
            total += (spectrum.real**2 + spectrum.imag**2).sum(axis=0, dtype=np.float64)
        count = len(rows)
    scale = max(count, 1) * float((window**2).sum()) * _SIZE / 2
    return hz, total / scale


def band_balance_db(audio: Audio, hop: int = _SIZE // 2) -> dict[str, float]:
    """Power per octave of each of `BANDS_HZ` against `mid`, less what recorded music usually has there; all 0 for silence.

    A result of 0 everywhere is the average record; +3 in `air` is 3 dB more air than that.
    """
    hz, power = power_spectrum(audio, hop)
    per_octave = {}
    for name, (low, high) in BANDS_HZ.items():
        inside = (hz >= low) & (hz < min(high, audio.sample_rate / 2))
        per_octave[name] = float(power[inside].sum()) / np.log2(high / low)
    if per_octave["mid"] <= 1e-20:
        return dict.fromkeys(BANDS_HZ, 0.0)
    return {
        name: max(-60.0, 10 * log10(max(value, 1e-30) / per_octave["mid"]) - USUAL_BALANCE_DB[name]) for name, value in per_octave.items()
    }


def crest_db(audio: Audio) -> float:
    """Sample peak over RMS of the louder channel; 0 for silence."""
    peak = sample_peak(audio)
    power = max((float(np.dot(channel, channel)) / max(1, audio.frames) for channel in audio.samples), default=0.0)
    return 20 * log10(peak) - 10 * log10(power) if power > 0 else 0.0


def width(audio: Audio) -> float:
    """Root of side over mid plus side power: 0 mono, 0.71 unrelated channels, 1 nothing but sides."""
    if audio.samples.shape[0] < 2:
        return 0.0
    mid, side = _mid_side_power(audio.samples)
    return float(np.sqrt(side / (mid + side))) if mid + side > 0 else 0.0


def correlation(audio: Audio, high_hz: float | None = None) -> float:
    """Of left with right, -1..1, of everything or only below `high_hz`; 1 for mono and for silence."""
    if audio.samples.shape[0] < 2 or not audio.frames:
        return 1.0
    left, right = audio.samples[0], audio.samples[1]
    if high_hz is not None:
        keep = max(1, int(audio.sample_rate / (4 * high_hz)))
        low = signal.butter(4, high_hz, fs=audio.sample_rate, output="sos")
        left, right = (signal.sosfilt(low, side.astype(np.float64))[::keep] for side in (left, right))
    powers = float(np.dot(left, left)) * float(np.dot(right, right))
    return float(np.dot(left, right)) / powers**0.5 if powers > 0 else 1.0


def mono_loss_db(audio: Audio) -> float:
    """Power that is lost when both channels are summed to one: 0 for mono, 3 for unrelated channels, large where they cancel."""
    if audio.samples.shape[0] < 2:
        return 0.0
    mid, side = _mid_side_power(audio.samples)
    return 10 * log10((mid + side) / max(mid, 1e-20)) if mid + side > 0 else 0.0


def _mid_side_power(samples: NDArray[np.float32]) -> tuple[float, float]:
    """Power of (L + R) / sqrt 2 and of (L - R) / sqrt 2."""
    squares = float(np.dot(samples[0], samples[0])) + float(np.dot(samples[1], samples[1]))
    product = 2 * float(np.dot(samples[0], samples[1]))
    return max(0.0, (squares + product) / 2), max(0.0, (squares - product) / 2)
