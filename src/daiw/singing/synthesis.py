"""From the network's spectra to sound: pulses at the sung pitch through the voiced spectrum, noise through the rest, at 48 kHz.

The network describes 0..12 kHz in steps of 20 Hz, 80 times a second, for an inverse short-time transform of 50 ms Hann windows
(hibari's signal path).  The same transform with twice the points gives 48 kHz at once, so nothing is resampled and nothing aliases.
What hibari does not do: exact positions between frames, the pitch of each sample, effort, breath, whisper and the size of the mouth.
Spectra are (frames, bins) here, natural logs of magnitude where not said otherwise.
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
CONTROL = 60
"""Samples from one value of a curve to the next (1.25 ms); straight lines between."""

HIGHEST_HARMONIC_HZ = 11_000.0
FREE_DB = -6.0
"""The free part of voiced frames: lower and with random phase, else its 80 frames a second are heard as a tone."""

LEAD_FRAMES = 1.0
"""A vowel is heard this much after its first frame (12 ms: it takes time to swell); all sounds come sooner by it.  Of 744 vowels the
median is 4 ms early, 95 % lie within 31 ms of the beat."""

VOWEL_DBFS, RAW_DBFS = -25.0, -26.0
"""Level of a vowel at 0 dB of the line, and what the network gives on average."""

DEAD = np.float32(1.0)
"""Natural logs (8.7 dB) below its neighbours make a bin dead."""

EVENED = 0.8
GAIN_DB = (-12.0, 14.0)
LOWEST_BIN = 3
LOUDEST = np.float32(np.exp(7.0))
"""No bin is larger."""

NET_LOW_HZ, NET_HIGH_HZ = 140.0, 250.0
"""The network hears no pitch outside what its speech had, the pulses have the sung one: above 300 Hz its vowels lose their words
(melodies about C5, six lines: word errors .21 with the true pitch, .14 held at 400 Hz, .04 at 300)."""

_HZ = np.arange(BINS) * BIN_HZ
_OCTAVES = np.log2(np.maximum(_HZ, 300.0) / 1000.0).astype(np.float32)
_TILTED = np.log2(np.maximum(_HZ, 300.0) / 400.0).astype(np.float32)
"""Octaves that the tilt counts: from the strong low harmonics up, so that effort lifts the tone out of its noise."""

_HIGH = np.clip((_OCTAVES + 1.0) / 2.5, 0.0, 1.0).astype(np.float32)
_LOW = np.clip((700.0 - _HZ) / 500.0, 0.0, 1.0).astype(np.float32)
AIR_LOW_DB = -24.0
"""Breath and whisper have next to nothing below the first formant."""

DB = np.float32(np.log(10.0) / 20.0)
_AIRY = np.exp(DB * (14.0 * _HIGH + AIR_LOW_DB * _LOW)).astype(np.float32)
"""Breath against the tone that it is in, by frequency."""


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Mono samples at 48 kHz and the song time of the first."""

    samples: Floats
    start_s: float


def sing(line: VocalLine, voice: Voice, net: VoiceNet, seed: int = 0) -> Sound:
    """One breath as sound; the same line, voice and seed give the same samples."""
    alignment = align(line, net)
    voiced = voiced_frames(line, alignment)
    f0 = np.where(voiced, _net_pitch_hz(line, voice, alignment), 0.0)
    spectra = net.spectra(alignment.ids, alignment.units, f0.astype(np.float32), sung_energy(line, alignment, net))
    spectra = replace(spectra, harmonics=with_foundation(smoothed(spectra.harmonics), f0))
    start = float(alignment.times_s[0])
    count = int(np.ceil((alignment.times_s[-1] - start) * FRAME_HZ)) + 1
    return Sound(_rendered(line, voice, alignment, spectra, voiced, start, count, np.random.default_rng(seed)), start)


def _net_pitch_hz(line: VocalLine, voice: Voice, alignment: Alignment) -> NDArray[np.float64]:
    """The pitch that the network hears in each frame: of every sound the nearest semitone, so that takes and choruses ask it the same."""
    times = alignment.time_of(np.arange(len(alignment.sound), dtype=np.float64) + 0.5)
    semitones = 12.0 * np.log2(line.at(line.f0_hz, times) / 440.0) - voice.register
    for i in range(len(line.phonemes)):
        own = alignment.sound == i
        if own.any():
            semitones[own] = np.rint(np.median(semitones[own]))
    return np.clip(440.0 * 2.0 ** (semitones / 12.0), NET_LOW_HZ, NET_HIGH_HZ)


def smoothed(magnitude: Floats) -> Floats:
    """The voiced part even along frequency: a harmonic covers four bins, and where these disagree it trembles at the frame rate.

    Bins that lie far below both neighbours (a handful are dead in every frame, a trace of the weights' 8 bits) take the neighbours' mean.
    """
    for reach in (1, 2):
        around = np.float32(0.5) * _beside(magnitude, reach)
        magnitude = np.where(magnitude < around - DEAD, around, magnitude)
    return np.float32(0.5) * magnitude + np.float32(0.25) * _beside(magnitude, 1)


def _beside(part: Floats, reach: int) -> Floats:
    """Sum of the two bins `reach` away; beyond the ends the last one."""
    padded = np.pad(part, ((0, 0), (reach, reach)), "edge")
    result: Floats = padded[:, : -2 * reach] + padded[:, 2 * reach :]
    return result


def with_foundation(magnitude: Floats, f0_hz: NDArray[np.float64]) -> Floats:
    """Below the pitch that the network was given it says nothing; a voice that sings lower finds the level of that pitch there."""
    lowest = np.ceil(f0_hz / BIN_HZ).astype(np.int64)
    level = magnitude[np.arange(len(magnitude)), lowest]
    return np.where(np.arange(BINS)[None, :] < lowest[:, None], level[:, None], magnitude)


def _rendered(
    line: VocalLine, voice: Voice, alignment: Alignment, spectra: Spectra, voiced: NDArray[np.bool_], start: float, count: int,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    times = start + np.arange(count) / FRAME_HZ
    place = np.clip(alignment.frame_at(times) + LEAD_FRAMES - 0.5, 0.0, len(voiced) - 1.0)
    tone = np.interp(place, np.arange(len(voiced)), voiced).astype(np.float32)
    parts = (spectra.harmonics, spectra.noise, spectra.free, spectra.phase)
    harmonics, noise, free, phase = (_resized(_between(part, place), line.at(line.formant, times)) for part in parts)
    effort, air, whisper = (line.at(curve, times).astype(np.float32) for curve in (line.effort, line.breathiness, line.whisper))
    plain = np.exp(harmonics, out=harmonics)
    loud = plain * np.exp(DB * _slope(voice, effort, air)[:, None] * _TILTED)
    burst = np.exp(free, out=free)
    spectrum = _pulse_spectrum(line, tone, start, count)
    spectrum *= _turned(np.minimum(loud * np.maximum(np.float32(1.0) - whisper, np.float32(1e-4))[:, None], LOUDEST), np.tanh(phase))
    hiss = rng.standard_normal((count, 2 * BINS), dtype=np.float32).view(np.complex64)
    hiss *= _noise(np.exp(noise, out=noise), plain, burst, tone, air, whisper, effort)
    spectrum += hiss
    mute = np.flatnonzero(tone < 1.0)
    share = np.float32(voice.clarity) * (np.float32(1.0) - tone[mute])
    turn = spectra.free_phase[np.rint(place[mute]).astype(np.int64)] * np.float32(1.0 / np.pi)
    spectrum[mute] += _turned(np.minimum(burst[mute] * share[:, None], LOUDEST), turn)
    spectrum[:, :LOWEST_BIN] = 0.0
    samples = _overlapped(spectrum)
    clock: NDArray[np.float64] = start + np.arange(len(samples) // CONTROL + 1, dtype=np.float64) * (CONTROL / SAMPLE_RATE_HZ)
    level_db = line.at(line.level_db, clock) + _evened_db(line, samples, start, clock)
    samples *= _fast(10.0 ** (level_db / 20.0) * _edges(line, clock), CONTROL).astype(np.float32)
    return samples


def _evened_db(line: VocalLine, samples: Floats, start: float, clock: NDArray[np.float64]) -> NDArray[np.float64]:
    """Decibels that bring each vowel to `VOWEL_DBFS`, most of the way: loudness is the line's to decide, not the network's."""
    middles, gains = [], []
    for sound in line.phonemes:
        if is_vowel(sound.symbol):
            edges = (sound.start_s + 0.2 * (sound.end_s - sound.start_s), sound.end_s)
            first, last = (round((edge - start) * SAMPLE_RATE_HZ) for edge in edges)
            power = float(np.mean(samples[first:last] ** 2)) if last > first else 0.0
            middles.append(0.5 * (sound.start_s + sound.end_s))
            gains.append(EVENED * (VOWEL_DBFS - 10.0 * np.log10(max(power, 1e-7))) + (1.0 - EVENED) * (VOWEL_DBFS - RAW_DBFS))
    return np.interp(clock, middles, np.clip(gains, *GAIN_DB)) if middles else np.zeros(clock.shape)


def _fast(slow: NDArray[np.float64], hop: int) -> NDArray[np.float64]:
    """A curve at every sample, from values `hop` samples apart: (n) -> ((n - 1) * hop), straight lines between."""
    result: NDArray[np.float64] = (slow[:-1, None] + np.diff(slow)[:, None] * (np.arange(hop) / hop)).reshape(-1)
    return result


def _between(part: Floats, place: NDArray[np.float64]) -> Floats:
    """Frames of `part` at positions between frames, straight between neighbours."""
    low = np.minimum(place.astype(np.int64), len(part) - 2)
    share = (place - low).astype(np.float32)[:, None]
    result: Floats = part[low]
    result += (part[low + 1] - result) * share
    return result


def _resized(part: Floats, mouth: NDArray[np.float64]) -> Floats:
    """Every frame's spectrum stretched along frequency by `mouth`; not its lowest part, which belongs to the pitch."""
    if np.all(np.abs(mouth - 1.0) < 1e-3):
        return part
    mouth = mouth[:1] if np.ptp(mouth) < 1e-6 else mouth
    place = np.arange(BINS) * (1.0 + (1.0 / mouth[:, None] - 1.0) * np.clip((_HZ - 250.0) / 350.0, 0.0, 1.0))
    place = np.minimum(place, BINS - 1.001)
    low = place.astype(np.int64)
    share = (place - low).astype(np.float32)
    if len(mouth) == 1:
        left, right = part[:, low[0]], part[:, low[0] + 1]
    else:
        left, right = np.take_along_axis(part, low, 1), np.take_along_axis(part, low + 1, 1)
    result: Floats = left + (right - left) * share
    return result


def _slope(voice: Voice, effort: Floats, air: Floats) -> Floats:
    """Decibels an octave by frame: more effort, a flatter source; more air, a steeper one."""
    result: Floats = np.float32(voice.tilt_db) + 7.0 * (effort - np.float32(0.5)) - 3.0 * np.maximum(air - np.float32(0.15), 0.0)
    return result.astype(np.float32)


def _noise(noise: Floats, plain: Floats, free: Floats, tone: Floats, air: Floats, whisper: Floats, effort: Floats) -> Floats:
    """The magnitude of the noise, not its log: with breath in the tone, and with the whole tone in it where it is whispered.

    noise, plain, free: magnitudes of hiss, tone and bursts.  Effort makes the tone brighter, not the air in it: no tilt here.
    """
    breath = np.exp(DB * (-44.0 + 26.0 * air - 6.0 * (effort - 0.5))) * tone
    hushed = np.exp(DB * np.float32(-20.0)) * tone * whisper
    power = noise * noise
    airy = plain * _AIRY
    power += airy * airy * (breath * breath + hushed * hushed).astype(np.float32)[:, None]
    masked = free * (np.float32(np.exp(DB * FREE_DB)) * tone)[:, None]
    if whisper.any():
        masked *= np.exp(DB * np.float32(AIR_LOW_DB) * whisper[:, None] * _LOW)
    power += masked * masked
    result: Floats = np.minimum(np.sqrt(power, out=power), LOUDEST)
    return result


def _turned(magnitude: Floats, half_turns: Floats) -> NDArray[np.complex64]:
    """Complex numbers of a magnitude and an angle in units of pi."""
    angle = half_turns * np.float32(np.pi)
    result = np.empty(magnitude.shape, np.complex64)
    np.multiply(np.cos(angle), magnitude, out=result.real)
    np.multiply(np.sin(angle, out=angle), magnitude, out=result.imag)
    return result


def _pulse_spectrum(line: VocalLine, tone: Floats, start: float, count: int) -> NDArray[np.complex64]:
    """The transform of a pulse train with the line's pitch: all harmonics below 11 kHz, each of amplitude 1 where there is voice."""
    length = count * HOP + SIZE
    slow = start + np.arange(-SIZE // 2, count * HOP + SIZE // 2 + 1, CONTROL) / SAMPLE_RATE_HZ
    f0 = _fast(np.maximum(line.at(line.f0_hz, slow), 40.0), CONTROL)
    turns = np.cumsum(f0)
    turns /= SAMPLE_RATE_HZ
    turns -= np.rint(turns)
    angle = (2.0 * np.pi * turns).astype(np.float32)
    harmonics = np.floor(HIGHEST_HARMONIC_HZ / f0).astype(np.float32) + np.float32(0.5)
    sine = np.float32(2.0) * np.sin(np.float32(0.5) * angle)
    near = np.abs(sine) < 2e-3
    sine[near] = 1.0
    train = np.sin(harmonics * angle) / sine
    train[near] = harmonics[near]
    train -= np.float32(0.5)
    edge = np.r_[np.repeat(tone[:1], SIZE // 2 // HOP), tone, np.repeat(tone[-1:], SIZE // 2 // HOP + 1)]
    train *= _fast(edge.astype(np.float64), HOP)[:length].astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(train, SIZE)[::HOP][:count] * (WINDOW / np.float32(SIZE / 4))
    return np.ascontiguousarray(fft.rfft(frames, axis=1)[:, :BINS])


def _overlapped(spectrum: NDArray[np.complex64]) -> Floats:
    """The inverse transform: windowed frames added up, (frames * HOP) samples."""
    count = len(spectrum)
    blocks = fft.irfft(spectrum, SIZE, axis=1)
    blocks *= WINDOW / np.float32(1.5)
    blocks = blocks.reshape(count, 4, HOP)
    out = np.zeros((count + 3, HOP), np.float32)
    for k in range(4):
        out[k : k + count] += blocks[:, k]
    return out.reshape(-1)[SIZE // 2 : SIZE // 2 + count * HOP].copy()


def _edges(line: VocalLine, clock: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fades at both ends of the breath."""
    rise: NDArray[np.float64] = np.clip((clock - (line.start_s - 0.06)) / 0.03, 0.0, 1.0)
    fall: NDArray[np.float64] = np.clip((line.end_s + 0.12 - clock) / 0.1, 0.0, 1.0)
    result: NDArray[np.float64] = np.sin(0.5 * np.pi * rise) ** 2 * np.sin(0.5 * np.pi * fall) ** 2
    return result
