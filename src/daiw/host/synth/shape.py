"""Envelopes, pitch lines and small waveforms that voices share."""

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float32]
Sound = NDArray[np.float32]
CONCERT_HZ = 440.0


def hertz(pitch: float) -> float:
    """Equal temperament, A4 = 440 Hz.

    >>> hertz(69), round(hertz(60), 3)
    (440.0, 261.626)
    """
    return float(CONCERT_HZ * 2.0 ** ((pitch - 69.0) / 12.0))


def clock(frames: int, sample_rate: int) -> Line:
    """Seconds since the onset."""
    return np.arange(frames, dtype=np.float32) * np.float32(1.0 / sample_rate)


def attack(frames: int, sample_rate: int, attack_ms: float) -> Line:
    """0 to 1 on half a cosine, so that neither end has a corner."""
    rise = max(1, min(frames, round(attack_ms * sample_rate / 1000.0)))
    line = np.ones(frames, np.float32)
    line[:rise] = 0.5 - 0.5 * np.cos(np.pi * np.arange(rise, dtype=np.float32) / rise)
    return line


def fall(frames: int, sample_rate: int, decay_ms: float, sustain: float = 0.0, *, after_ms: float = 0.0) -> Line:
    """1 falling towards `sustain`, by a factor e every `decay_ms`, from `after_ms` on."""
    t = np.maximum(0.0, clock(frames, sample_rate) - np.float32(after_ms / 1000.0))
    line: Line = np.float32(sustain) + np.float32(1.0 - sustain) * np.exp(t * np.float32(-1000.0 / max(decay_ms, 0.01)))
    return line


def ending(frames: int) -> Line:
    """A release of `frames`: exponential over 52 dB, and exactly 0 at its end."""
    x = np.arange(frames, dtype=np.float32) / max(1, frames)
    line: Line = (np.exp(np.float32(-6.0) * x) - np.float32(np.exp(-6.0))) / np.float32(1.0 - np.exp(-6.0))
    return line


def cycles(hz: float, semitones: Line | float, frames: int, sample_rate: int, start: float = 0.0) -> NDArray[np.float64]:
    """Phase in cycles of an oscillator at `hz`, moved by `semitones`; start: its phase at the onset."""
    if isinstance(semitones, float):
        steady: NDArray[np.float64] = start + np.arange(frames, dtype=np.float64) * (hz * 2.0 ** (semitones / 12.0) / sample_rate)
        return steady
    step = hz / sample_rate * np.exp2(semitones.astype(np.float64) / 12.0)
    phase: NDArray[np.float64] = start + np.cumsum(step) - step[:1]
    return phase


def sine(phase: NDArray[np.float64]) -> Line:
    """sin of a phase in cycles."""
    result: Line = np.sin(((phase - np.floor(phase)) * (2.0 * np.pi)).astype(np.float32))
    return result
