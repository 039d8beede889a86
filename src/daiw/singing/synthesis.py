"""From the network's spectra to sound: pulses at the sung pitch through the voiced spectrum, noise through the rest, at 48 kHz.

The network describes 0..12 kHz in steps of 20 Hz, 80 times a second, for an inverse short-time transform of 50 ms Hann windows
(hibari's signal path).  The same transform with twice the points gives 48 kHz at once, so nothing is resampled and nothing aliases.
What hibari does not do: exact positions between frames, the pitch of each sample, effort, breath, whisper and the size of the mouth.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from daiw.music.audio import SAMPLE_RATE_HZ
from daiw.music.phoneme import is_vowel
from daiw.music.vocal_line import VocalLine
from daiw.singing.alignment import Alignment, align, sung_energy, voiced_frames
from daiw.singing.voice import Voice
from daiw.singing.voice_net import BINS, FRAME_HZ, Floats, Spectra, VoiceNet

HOP = SAMPLE_RATE_HZ // FRAME_HZ
SIZE = 4 * HOP
BIN_HZ = SAMPLE_RATE_HZ / SIZE
WINDOW: Floats = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(SIZE) / SIZE)).astype(np.float32)
HIGHEST_HARMONIC_HZ = 11_000.0
FREE_DB = -6.0
"""The free part of voiced frames: lower and with random phase, else its 80 frames a second are heard as a tone."""

LEAD_FRAMES = 1.4
"""A vowel is heard this much after its first frame (17 ms: it takes time to swell); all sounds come sooner by it."""

VOWEL_DBFS, RAW_DBFS = -25.0, -26.0
"""Level of a vowel at 0 dB of the line, and what the network gives on average."""

DEAD = np.float32(1.0)
"""Natural logs (8.7 dB) below its neighbours make a bin dead."""

EVENED = 0.8
GAIN_DB = (-12.0, 14.0)
LOWEST_BIN = 3
CEILING = 7.0
NET_LOW_HZ, NET_HIGH_HZ = 140.0, 300.0
"""The network hears no pitch outside what its speech had, the pulses have the sung one: above 300 Hz its vowels lose their words
(melodies about C5, six lines: word errors .21 with the true pitch, .14 held at 400 Hz, .04 at 300)."""

_HZ = np.arange(BINS) * BIN_HZ
_OCTAVES = np.log2(np.maximum(_HZ, 300.0) / 1000.0).astype(np.float32)
_HIGH = np.clip((_OCTAVES + 1.0) / 2.5, 0.0, 1.0).astype(np.float32)
_LOW = np.clip((700.0 - _HZ) / 500.0, 0.0, 1.0).astype(np.float32)
AIR_LOW_DB = -24.0
"""Breath and whisper have next to nothing below the first formant."""

DB = np.float32(np.log(10.0) / 20.0)


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Mono samples at 48 kHz and the song time of the first."""

    samples: Floats
    start_s: float


def sing(line: VocalLine, voice: Voice, net: VoiceNet, seed: int = 0) -> Sound:
    """One breath as sound; the same line, voice and seed give the same samples."""
    alignment = align(line, net)
    voiced = voiced_frames(line, alignment)
    times = alignment.time_of(np.arange(len(voiced), dtype=np.float64) + 0.5)
    f0 = np.where(voiced, np.clip(line.at(line.f0_hz, times) * 2.0 ** (-voice.register / 12.0), NET_LOW_HZ, NET_HIGH_HZ), 0.0)
    spectra = net.spectra(alignment.ids, alignment.units, f0.astype(np.float32), sung_energy(line, alignment, net))
    spectra = replace(spectra, harmonics=with_foundation(smoothed(spectra.harmonics), f0))
    start = float(alignment.times_s[0])
    count = int(np.ceil((alignment.times_s[-1] - start) * FRAME_HZ)) + 1
    samples = _rendered(line, voice, alignment, spectra, voiced, start, count, np.random.default_rng(seed))
    return Sound(samples, start)


def smoothed(magnitude: Floats) -> Floats:
    """The voiced part even along frequency: a harmonic covers four bins, and where these disagree it trembles at the frame rate.

    Bins that lie far below both neighbours (a handful are dead in every frame, a trace of the weights' 8 bits) take the neighbours' mean.
    """
    for reach in (1, 2):
        around = np.float32(0.5) * (_shifted(magnitude, -reach) + _shifted(magnitude, reach))
        magnitude = np.where(magnitude < around - DEAD, around, magnitude)
    return np.float32(0.5) * magnitude + np.float32(0.25) * (_shifted(magnitude, 1) + _shifted(magnitude, -1))


def with_foundation(magnitude: Floats, f0_hz: NDArray[np.float64]) -> Floats:
    """Below the pitch that the network was given it says nothing; a voice that sings lower finds the level of that pitch there."""
    lowest = np.ceil(f0_hz / BIN_HZ).astype(np.int64)
    level = magnitude[lowest, np.arange(magnitude.shape[1])]
    return np.where(np.arange(BINS)[:, None] < lowest[None, :], level[None, :], magnitude)


def _shifted(part: Floats, by: int) -> Floats:
    return np.take(part, np.clip(np.arange(BINS) + by, 0, BINS - 1), axis=0)


def _rendered(
    line: VocalLine, voice: Voice, alignment: Alignment, spectra: Spectra, voiced: NDArray[np.bool_], start: float, count: int,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    times = start + np.arange(count) / FRAME_HZ
    place = np.clip(alignment.frame_at(times) + LEAD_FRAMES - 0.5, 0.0, len(voiced) - 1.0)
    tone = np.interp(place, np.arange(len(voiced)), voiced).astype(np.float32)
    harmonics, noise, free = (_between(part, place) for part in (spectra.harmonics, spectra.noise, spectra.free))
    phase = _between(spectra.phase, place)
    nearest = np.rint(place).astype(np.int64)
    mouth = line.at(line.formant, times)
    if np.any(np.abs(mouth - 1.0) > 1e-3):
        harmonics, noise, free, phase = (_resized(part, mouth) for part in (harmonics, noise, free, phase))
    effort, air, whisper = (line.at(curve, times).astype(np.float32) for curve in (line.effort, line.breathiness, line.whisper))
    harmonics = harmonics + DB * _tilt_db(voice, effort, air)
    noise = _with_air(noise, harmonics, free, tone, air, whisper, effort)
    harmonics = harmonics + np.log(np.maximum(np.float32(1.0) - whisper, np.float32(1e-4)))
    spectrum = _pulse_spectrum(line, times, tone, start, count)
    spectrum *= _turned(harmonics, np.float32(np.pi) * np.tanh(phase))
    hiss = rng.standard_normal((BINS, 2 * count), dtype=np.float32).view(np.complex64)
    spectrum += hiss * np.exp(np.minimum(noise, CEILING))
    burst = free + np.log(np.maximum(voice.clarity * (1.0 - tone), 1e-4))
    spectrum += _turned(burst, np.take(spectra.free_phase, nearest, axis=1))
    spectrum[:LOWEST_BIN] = 0.0
    samples = _overlapped(spectrum)
    clock = start + np.arange(len(samples)) / SAMPLE_RATE_HZ
    level_db = line.at(line.level_db, clock) + _evened_db(line, samples, clock)
    return samples * np.asarray(10.0 ** (level_db / 20.0), np.float32) * _edges(line, clock)


def _evened_db(line: VocalLine, samples: Floats, clock: NDArray[np.float64]) -> NDArray[np.float64]:
    """Decibels that bring each vowel to `VOWEL_DBFS`, most of the way: loudness is the line's to decide, not the network's."""
    middles, gains = [], []
    for sound in line.phonemes:
        if is_vowel(sound.symbol):
            first, last = np.searchsorted(clock, (sound.start_s + 0.2 * (sound.end_s - sound.start_s), sound.end_s))
            power = float(np.mean(samples[first:last] ** 2)) if last > first else 0.0
            middles.append(0.5 * (sound.start_s + sound.end_s))
            gains.append(EVENED * (VOWEL_DBFS - 10.0 * np.log10(max(power, 1e-7))) + (1.0 - EVENED) * (VOWEL_DBFS - RAW_DBFS))
    return np.interp(clock, middles, np.clip(gains, *GAIN_DB)) if middles else np.zeros(clock.shape)


def _between(part: Floats, place: NDArray[np.float64]) -> Floats:
    """Columns of `part` at positions between frames, straight between neighbours."""
    low = np.minimum(place.astype(np.int64), part.shape[1] - 2)
    share = (place - low).astype(np.float32)
    result: Floats = part[:, low] * (1.0 - share) + part[:, low + 1] * share
    return result


def _resized(part: Floats, mouth: NDArray[np.float64]) -> Floats:
    """Every frame's spectrum stretched along frequency by `mouth`; not its lowest part, which belongs to the pitch."""
    stretch = 1.0 + (1.0 / mouth[None, :] - 1.0) * np.clip((_HZ[:, None] - 250.0) / 350.0, 0.0, 1.0)
    place = np.minimum(np.arange(BINS)[:, None] * stretch, BINS - 1.001)
    low = place.astype(np.int64)
    share = (place - low).astype(np.float32)
    frames = np.arange(part.shape[1])[None, :]
    result: Floats = part[low, frames] * (1.0 - share) + part[low + 1, frames] * share
    return result


def _tilt_db(voice: Voice, effort: Floats, air: Floats) -> Floats:
    """Decibels by frequency and frame: more effort, a flatter source; more air, a steeper one."""
    slope = voice.tilt_db + 7.0 * (effort - 0.5) - 3.0 * np.maximum(air - 0.15, 0.0)
    result: Floats = _OCTAVES[:, None] * slope[None, :]
    return result


def _with_air(noise: Floats, harmonics: Floats, free: Floats, tone: Floats, air: Floats, whisper: Floats, effort: Floats) -> Floats:
    """The noise spectrum with breath in the tone, and with the whole tone in it where it is whispered."""
    masked = free + DB * (FREE_DB + AIR_LOW_DB * whisper * _LOW[:, None]) + np.log(np.maximum(tone, 1e-4))
    breath_db = -44.0 + 26.0 * air - 6.0 * (effort - 0.5) + 14.0 * _HIGH[:, None] + AIR_LOW_DB * _LOW[:, None]
    breath = harmonics + DB * breath_db + np.log(np.maximum(tone, 1e-4))
    hushed = harmonics + DB * (-20.0 + 14.0 * _HIGH[:, None] + AIR_LOW_DB * _LOW[:, None]) + np.log(np.maximum(tone * whisper, 1e-4))
    result: Floats = 0.5 * np.log(np.exp(2.0 * noise) + np.exp(2.0 * masked) + np.exp(2.0 * breath) + np.exp(2.0 * hushed))
    return result


def _turned(magnitude: Floats, angle: Floats) -> NDArray[np.complex64]:
    result = np.empty(magnitude.shape, np.complex64)
    np.cos(angle, out=result.real)
    np.sin(angle, out=result.imag)
    result *= np.exp(np.minimum(magnitude, CEILING))
    return result


def _pulse_spectrum(line: VocalLine, times: NDArray[np.float64], tone: Floats, start: float, count: int) -> NDArray[np.complex64]:
    """The transform of a pulse train with the line's pitch: all harmonics below 11 kHz, each of amplitude 1 where there is voice."""
    clock = start + np.arange(-SIZE // 2, count * HOP + SIZE // 2) / SAMPLE_RATE_HZ
    f0 = np.maximum(line.at(line.f0_hz, clock), 40.0)
    angle = 2.0 * np.pi * np.mod(np.cumsum(f0) / SAMPLE_RATE_HZ, 1.0)
    harmonics = np.floor(HIGHEST_HARMONIC_HZ / f0) + 0.5
    sine = 2.0 * np.sin(0.5 * angle)
    near = np.abs(sine) < 2e-3
    train = np.where(near, harmonics, np.sin(harmonics * angle) / np.where(near, 1.0, sine)) - 0.5
    train *= np.interp(clock, times, tone)
    frames = np.lib.stride_tricks.sliding_window_view(train.astype(np.float32), SIZE)[::HOP][:count] * (WINDOW / np.float32(SIZE / 4))
    return np.ascontiguousarray(fft.rfft(frames, axis=1)[:, :BINS].T, np.complex64)


def _overlapped(spectrum: NDArray[np.complex64]) -> Floats:
    """The inverse transform: windowed frames added up, (frames * HOP) samples."""
    count = spectrum.shape[1]
    frames = np.multiply(fft.irfft(spectrum.T, SIZE, axis=1), WINDOW, dtype=np.float32)
    blocks = frames.reshape(count, 4, HOP)
    out = np.zeros((count + 3, HOP), np.float32)
    for k in range(4):
        out[k : k + count] += blocks[:, k]
    samples = out.reshape(-1)[SIZE // 2 : SIZE // 2 + count * HOP] / np.float32(1.5)
    return np.asarray(samples, np.float32)


def _edges(line: VocalLine, clock: NDArray[np.float64]) -> Floats:
    """Fades at both ends of the breath."""
    rise: NDArray[np.float64] = np.clip((clock - (line.start_s - 0.06)) / 0.03, 0.0, 1.0)
    fall: NDArray[np.float64] = np.clip((line.end_s + 0.12 - clock) / 0.1, 0.0, 1.0)
    return np.asarray(np.sin(0.5 * np.pi * rise) ** 2 * np.sin(0.5 * np.pi * fall) ** 2, np.float32)
