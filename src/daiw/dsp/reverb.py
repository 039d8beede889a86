"""A room as an impulse response: image-source early reflections and a decorrelated, frequency-dependent noise tail.

The tail follows J. A. Moorer, "About this reverberation business" (1979): decaying Gaussian noise is what late reverberation sounds like.
Early reflections follow J. B. Allen and D. A. Berkley, "Image method for efficiently simulating small-room acoustics" (JASA 65(4), 1979).
"""

from dataclasses import dataclass
from math import log, pi
from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import fft

RoomKind = Literal["room", "chamber", "plate", "hall"]

_SOUND_M_S = 343.0
_BANDS_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)
_LOW_MONO_HZ = 200.0


@dataclass(frozen=True, slots=True)
class _Shape:
    """size_m: length, width, height; empty for no walls.  early_db: level against the tail.  onset_ms: how slowly the tail builds.

    low: decay at 125 Hz against 1 kHz.
    """

    size_m: tuple[float, ...]
    early_db: float
    onset_ms: float
    low: float


_SHAPES: dict[RoomKind, _Shape] = {
    "room": _Shape((6.1, 4.7, 2.9), 0.0, 8.0, 0.9),
    "chamber": _Shape((11.3, 8.2, 4.6), -2.0, 16.0, 1.05),
    "plate": _Shape((), -120.0, 2.0, 0.8),
    "hall": _Shape((31.0, 21.0, 13.0), -4.0, 45.0, 1.25),
}


@dataclass(frozen=True, slots=True)
class Room:
    """kind: which walls.  decay_s: to -60 dB at 1 kHz.  damping: 0 bright .. 1 dark, how much sooner the highs die.  predelay_ms."""

    kind: RoomKind = "chamber"
    decay_s: float = 1.6
    damping: float = 0.5
    predelay_ms: float = 18.0


def room_impulse(room: Room, sample_rate: int) -> NDArray[np.float64]:
    """(2, taps) left and right, energy 1 each, the same for the same arguments; as long as the longest band takes to fall by 60 dB."""
    shape = _SHAPES[room.kind]
    decays = np.array([room.decay_s * _decay_ratio(hz, room.damping, shape.low) for hz in _BANDS_HZ])
    before = round(room.predelay_ms * sample_rate / 1000)
    tail = _tail(decays, shape.onset_ms, sample_rate)
    early = np.zeros_like(tail)
    if shape.size_m:
        early = _early(shape, room, sample_rate, tail.shape[1])
        early *= 10 ** (shape.early_db / 20) * np.sqrt((tail**2).sum() / max((early**2).sum(), 1e-30))
    both = tail + early
    both /= np.sqrt((both**2).sum(axis=1, keepdims=True))
    fade = sample_rate // 50
    both[:, -fade:] *= np.linspace(1, 0, fade)
    return np.pad(both, ((0, 0), (before, 0)))


def _decay_ratio(hz: float, damping: float, low: float) -> float:
    """Decay at a frequency against 1 kHz: air and soft walls take the highs, thick walls keep the lows."""
    octaves = log(hz / 1000.0, 2)
    if octaves >= 0:
        return float(2 ** (-octaves * (0.12 + 0.45 * damping)))
    return float(low ** (-octaves / 3))


def _tail(decays_s: NDArray[np.float64], onset_ms: float, sample_rate: int) -> NDArray[np.float64]:
    """Gaussian noise split into octaves, each with its own decay; below 200 Hz left and right share the noise and stay in phase."""
    frames = fft.next_fast_len(round(float(decays_s.max()) * sample_rate) + sample_rate // 20, real=True)
    noise = np.random.default_rng(crc32(b"reverb tail")).standard_normal((3, frames))
    spectrum = fft.rfft(noise)
    hz = fft.rfftfreq(frames, 1 / sample_rate)
    shared = 1 / (1 + (hz / _LOW_MONO_HZ) ** 4)
    sides = spectrum[:2] * np.sqrt(1 - shared**2) + spectrum[2] * shared
    place = np.clip(np.log2(np.maximum(hz, 1.0) / _BANDS_HZ[0]), 0, len(_BANDS_HZ) - 1)
    seconds = np.arange(frames) / sample_rate
    result = np.zeros((2, frames))
    for i, decay in enumerate(decays_s):
        weight = np.cos(np.clip(np.abs(place - i), 0, 1) * pi / 2)
        result += fft.irfft(sides * weight, frames) * np.exp(-6.9078 * seconds / decay)
    result *= 1 - np.exp(-seconds * 1000 / onset_ms)
    return result


def _early(shape: _Shape, room: Room, sample_rate: int, frames: int) -> NDArray[np.float64]:
    """Reflections up to the third order of a source in front of two ears 0.5 m apart; each bounce loses level and highs."""
    length, width, height = shape.size_m
    source = np.array([0.31 * length, 0.53 * width, 0.42 * height])
    orders = np.stack(np.meshgrid(*[np.arange(-3, 4)] * 3, indexing="ij"), -1).reshape(-1, 3)
    bounces = np.abs(orders).sum(axis=1)
    orders, bounces = orders[(bounces > 0) & (bounces <= 3)], bounces[(bounces > 0) & (bounces <= 3)]
    size = np.array([length, width, height])
    images = orders * size + np.where(orders % 2 == 0, source, size - source)
    taps = np.zeros((2, frames))
    for ear, aside in enumerate((0.25, -0.25)):
        place = np.array([0.72 * length, 0.47 * width + aside, 0.42 * height])
        away = np.linalg.norm(images - place, axis=1)
        lag = np.rint((away - away.min()) / _SOUND_M_S * sample_rate).astype(np.int64)
        toward = 1 + 0.45 * (1 if ear == 0 else -1) * (images[:, 1] - place[1]) / away
        level = toward * 0.78**bounces / away
        keep = lag < frames
        np.add.at(taps[ear], lag[keep], level[keep])
    hz = fft.rfftfreq(frames, 1 / sample_rate)
    dark = 1 / np.sqrt(1 + (hz / (14000.0 - 9000.0 * room.damping)) ** 2)
    result: NDArray[np.float64] = fft.irfft(fft.rfft(taps) * dark, frames)
    return result
