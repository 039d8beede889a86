"""One zone at one key: its waveform, its filter and its envelopes over frames since the onset.

Everything here depends only on the zone, the key and the bend, so one computation serves every note that shares them.
Pitch is read by 4-point, 3rd-order interpolation (Niemitalo, "Polynomial Interpolators", 2001), the order FluidSynth uses.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from daiw.host.soundfont.zone import Zone

FILTER_OPEN_CENTS = 13500.0
LOUDNESS_DB = 96.0
_BLOCK = 64
_STRETCH = 16384
Line = NDArray[np.float32]
Pitch = NDArray[np.float64]


def seconds_of(timecents: float) -> float:
    """2^(tc / 1200) s; -12000, a millisecond, stands for "at once".

    >>> round(seconds_of(1200), 6), round(seconds_of(-12000), 6)
    (2.0, 0.000977)
    """
    return float(2.0 ** (min(max(timecents, -12000.0), 8000.0) / 1200.0))


def waveform(zone: Zone, key: int, frames: int, sample_rate: int, bend: Line | float = 0.0) -> Line:
    """`frames` of the zone at `key`, filtered, before its volume envelope; shorter where a sample without loop ends.

    bend: semitones, one number or one a frame.
    """
    generators = zone.generators
    keyed = generators["fixed_key"] if generators["fixed_key"] >= 0 else key
    cents = generators["scale_tuning"] * (keyed - zone.root) + 100.0 * generators["coarse_tune"] + generators["fine_tune"]
    movement = _movement(zone, keyed, frames, sample_rate, "pitch")
    moving = np.asarray(bend, np.float64) * 100.0 + (0.0 if movement is None else movement)
    step = zone.rate / sample_rate * 2.0 ** ((cents + moving) / 1200.0)
    return _filtered(zone, keyed, _read(zone, step, frames), sample_rate)


def envelope(zone: Zone, key: int, frames: int, sample_rate: int) -> Line:
    """The volume envelope from delay to sustain, linear gain, `frames` long; the LFO's tremolo is in it."""
    g = zone.generators
    delay, attack = (round(seconds_of(g[name]) * sample_rate) if g[name] > -12000 else 0 for name in ("delay", "attack"))
    attack = max(attack, sample_rate // 1000)
    hold = round(_keyed(g, "hold", key) * sample_rate) if g["hold"] > -12000 else 0
    decay = max(1.0, _keyed(g, "decay", key) * sample_rate)
    sustain = min(max(g["sustain"], 0), 1000) / 1000.0
    level = np.empty(frames, np.float32)
    rise = delay + attack
    level[:delay] = 0.0
    stop = min(rise, frames)
    if stop > delay:
        level[delay:stop] = np.arange(stop - delay, dtype=np.float32) / attack
    level[rise : rise + hold] = 1.0
    fall = rise + hold
    if fall < frames:
        steps = np.minimum(np.arange(frames - fall, dtype=np.float32) / np.float32(decay), np.float32(sustain))
        level[fall:] = np.exp(np.float32(-LOUDNESS_DB / 20.0 * np.log(10.0)) * steps)
    tremolo = g["mod_lfo_to_volume"]
    if tremolo:
        level *= 10.0 ** (tremolo / 200.0 * _triangle(g["mod_lfo_delay"], g["mod_lfo_rate"], frames, sample_rate))
    return level


def release_frames(zone: Zone, sample_rate: int) -> int:
    """Frames from the note's end until it has fallen by 96 dB."""
    return max(1, round(max(0.01, seconds_of(zone.generators["release"])) * sample_rate))


def release(frames: int, total: int) -> Line:
    """The first `frames` of a fall by 96 dB over `total`."""
    falling: Line = np.exp(np.arange(frames, dtype=np.float32) * np.float32(-LOUDNESS_DB / 20.0 * np.log(10.0) / total))
    return falling


def vibrato(zone: Zone, frames: int, sample_rate: int) -> Line:
    """The vibrato LFO, -1..1."""
    return _triangle(zone.generators["vib_lfo_delay"], zone.generators["vib_lfo_rate"], frames, sample_rate)


def _read(zone: Zone, step: Pitch, frames: int) -> Line:
    """The sample read `step` of its frames at a time; a loop is unrolled as far as it is needed, so reading is plain indexing."""
    length = len(zone.wave)
    if step.ndim:
        position = np.cumsum(step) - step[0]
        last = position[-1]
    else:
        last = float(step) * (frames - 1)
    if zone.loop is None:
        known = int(np.searchsorted(position, length - 1)) if step.ndim else int((length - 1) / float(step)) + 1
        frames = min(frames, known)
        wave = np.concatenate((zone.wave[:1], zone.wave, np.zeros(4, np.int16)))
    else:
        start, end = zone.loop
        rounds = max(0, -(-(int(last) + 8 - end) // (end - start)))
        wave = np.concatenate((zone.wave[:1], zone.wave[:end], np.tile(zone.wave[start:end], rounds)))
    result = np.empty(frames, np.float32)
    for first in range(0, frames, _STRETCH):
        stop = min(first + _STRETCH, frames)
        here: Pitch = position[first:stop] if step.ndim else np.arange(first, stop, dtype=np.float64) * float(step)
        result[first:stop] = _between(wave, here)
    return result


def _between(wave: NDArray[np.int16], position: Pitch) -> Line:
    """4-point, 3rd-order Hermite interpolation; wave[1] is position 0."""
    base = int(position[0])
    y = wave[base : int(position[-1]) + 4].astype(np.float32)
    y *= np.float32(1.0 / 32768.0)
    i = position.astype(np.intp)
    x = (position - i).astype(np.float32)
    i -= base
    before, here, after, beyond = y[i], y[i + 1], y[i + 2], y[i + 3]
    result: Line = np.float32(1.5) * (here - after)
    result += np.float32(0.5) * (beyond - before)
    result *= x
    result += before - np.float32(2.5) * here + np.float32(2.0) * after - np.float32(0.5) * beyond
    result *= x
    result += np.float32(0.5) * (after - before)
    result *= x
    result += here
    return result


def _filtered(zone: Zone, key: int, wave: Line, sample_rate: int) -> Line:
    """The two-pole low-pass; where an envelope or LFO moves it, in blocks of 64 with its memory carried over."""
    g = zone.generators
    movement = _movement(zone, key, len(wave), sample_rate, "filter")
    if not len(wave) or (g["filter_cutoff"] >= FILTER_OPEN_CENTS and movement is None):
        return wave
    if movement is None:
        b, a = _low_pass(float(g["filter_cutoff"]), g["filter_q"], sample_rate)
        result: Line = lfilter(b, a, wave).astype(np.float32)
        return result
    cutoff = np.round((g["filter_cutoff"] + movement[::_BLOCK]) / 25.0) * 25.0
    borders = np.r_[0, np.flatnonzero(np.diff(cutoff)) + 1, len(cutoff)] * _BLOCK
    result = np.empty_like(wave)
    memory = np.zeros(2)
    for start, end in pairwise(borders.tolist()):
        b, a = _low_pass(float(cutoff[start // _BLOCK]), g["filter_q"], sample_rate)
        result[start:end], memory = lfilter(b, a, wave[start:end], zi=memory)
    return result


def _low_pass(cents: float, q_cb: float, sample_rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients as FluidSynth has them: resonance above 3 dB, gain lowered by its root (specification, generator 9), 1 without any."""
    hz = min(8.176 * 2.0 ** (min(max(cents, 1500.0), FILTER_OPEN_CENTS) / 1200.0), 0.45 * sample_rate)
    q = 10.0 ** ((min(max(q_cb, 0.0), 960.0) / 10.0 - 3.01) / 20.0)
    angle = 2.0 * np.pi * hz / sample_rate
    alpha = np.sin(angle) / (2.0 * q)
    half = (1.0 - np.cos(angle)) / (2.0 * np.sqrt(q * np.sqrt(2.0)))
    return np.array([half, 2.0 * half, half]) / (1.0 + alpha), np.array([1.0 + alpha, -2.0 * np.cos(angle), 1.0 - alpha]) / (1.0 + alpha)


def _movement(zone: Zone, key: int, frames: int, sample_rate: int, target: str) -> Pitch | None:
    """Cents that LFOs and the modulation envelope add to "pitch" or "filter", or None where nothing does."""
    g = zone.generators
    total: Pitch | None = None
    amounts = {"mod_lfo": g[f"mod_lfo_to_{target}"], "vib_lfo": g["vib_lfo_to_pitch"] if target == "pitch" else 0}
    for lfo, amount in amounts.items():
        if amount:
            moved = amount * _triangle(g[f"{lfo}_delay"], g[f"{lfo}_rate"], frames, sample_rate).astype(np.float64)
            total = moved if total is None else total + moved
    if amount := g[f"mod_env_to_{target}"]:
        moved = amount * _modulation_envelope(g, key, frames, sample_rate)
        total = moved if total is None else total + moved
    return total


def _modulation_envelope(g: dict[str, int], key: int, frames: int, sample_rate: int) -> Pitch:
    """0..1, straight but for its convex attack; deviation: it holds its sustain through the release."""
    delay, attack, hold, decay = (
        seconds_of(g["mod_delay"]),
        seconds_of(g["mod_attack"]),
        _keyed(g, "mod_hold", key),
        _keyed(g, "mod_decay", key),
    )
    sustain = 1.0 - min(max(g["mod_sustain"], 0), 1000) / 1000.0
    t = np.arange(frames) / sample_rate - delay
    rising = np.clip(t / attack, 0.0, 1.0)
    convex = np.where(rising > 0.0, np.maximum(0.0, 1.0 + 400.0 / LOUDNESS_DB / 10.0 * np.log10(np.maximum(rising, 1e-3))), 0.0)
    falling = np.maximum(sustain, 1.0 - np.maximum(0.0, t - attack - hold) / decay)
    return np.minimum(convex, falling)


def _keyed(g: dict[str, int], stage: str, key: int) -> float:
    """Seconds of a hold or decay, shorter or longer with the key."""
    return seconds_of(g[stage] + g[f"key_to_{stage}"] * (60 - key))


def _triangle(delay: float, rate: float, frames: int, sample_rate: int) -> Line:
    """A triangle of 8.176 Hz · 2^(rate / 1200) that starts at 0, rising, after `delay` timecents."""
    phase = (np.arange(frames, dtype=np.float32) / np.float32(sample_rate) - np.float32(seconds_of(delay))) * np.float32(
        8.176 * 2.0 ** (rate / 1200.0)
    )
    phase = np.maximum(phase, 0.0) + np.float32(0.25)
    result: Line = np.float32(1.0) - np.float32(4.0) * np.abs(phase - np.floor(phase) - np.float32(0.5))
    return result
