"""Effects of our own, for what pedalboard lacks: a stereo ensemble, tremolo, tape, vinyl and a de-esser.

All take sound (2, frames) float32 and a sample rate and return a new array of the same shape; nothing is delayed on average.
Noise comes from a fixed seed, so the same song sounds the same.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfiltfilt

from daiw.dsp.dynamics import CONTROL_HOP, Ballistics, apply_gain, follow, mean_square

Sound = NDArray[np.float32]
_CONTROL = 64
_STRETCH = 16384


def ensemble(sound: Sound, sample_rate: int, *, rate_hz: float, depth_ms: float, mix: float) -> Sound:
    """Three modulated copies spread over the stereo field (the string ensembles of the seventies): width without a pitch of its own."""
    frames = sound.shape[1]
    t = _slow(frames, sample_rate)
    middle = sound.mean(axis=0)
    wet = np.zeros_like(sound)
    for i, (left, right) in enumerate(((1.0, 0.25), (0.7, 0.7), (0.25, 1.0))):
        turn = 2.0 * np.pi * (i / 3.0)
        wobble = 0.8 * np.sin(2 * np.pi * rate_hz * t + turn) + 0.2 * np.sin(2 * np.pi * 6.1 * rate_hz * t + 2.0 * turn)
        moved = _read(middle, (5.0 + depth_ms * (1.0 + wobble)) * sample_rate / 1000.0)
        wet[0] += np.float32(left / 1.4) * moved
        wet[1] += np.float32(right / 1.4) * moved
    return np.float32(1.0 - mix) * sound + np.float32(mix) * wet


def tremolo(sound: Sound, sample_rate: int, *, rate_hz: float, depth: float, stereo: float) -> Sound:
    """A sine on the level; stereo 1 turns it into the swinging pan of an electric piano."""
    t = _slow(sound.shape[1], sample_rate)
    angle = 2.0 * np.pi * rate_hz * t
    shares = [1.0 - 0.5 * depth * (1.0 - np.cos(angle + turn)) for turn in (0.0, stereo * np.pi)]
    return sound * np.stack([_fast(share, sound.shape[1]) for share in shares])


def tape(
    sound: Sound, sample_rate: int, *, wow_cents: float, flutter_cents: float, drive_db: float, hiss_db: float, cutoff_hz: float
) -> Sound:
    """A worn cassette: wow at 0.6 Hz, flutter at 7 Hz, tanh saturation with unity gain for small sounds, a dull top, hiss.

    hiss_db: level of the hiss in dBFS RMS, -120 being none.
    """
    frames = sound.shape[1]
    t = _slow(frames, sample_rate)
    swing = np.zeros_like(t)
    for cents, hz in ((wow_cents, 0.6), (wow_cents * 0.5, 0.37), (flutter_cents, 7.3)):
        swing += (2.0 ** (cents / 1200.0) - 1.0) / (2.0 * np.pi * hz) * sample_rate * np.sin(2.0 * np.pi * hz * t)
    result = np.stack([_read(channel, swing) for channel in sound])
    gain = np.float32(10.0 ** (drive_db / 20.0))
    result = np.tanh(result * gain) / gain
    if hiss_db > -119.0:
        noise = np.random.default_rng(0x7A9E).standard_normal((2, frames), np.float32)
        result += noise * np.float32(10.0 ** (hiss_db / 20.0))
    return _one_pole(result, cutoff_hz, sample_rate)


def deess(sound: Sound, sample_rate: int, *, split_hz: float, threshold_db: float, most_db: float) -> Sound:
    """Turn down what lies above `split_hz` while it is louder than `threshold_db` against the whole sound, by at most `most_db`.

    Any number of channels.  A shelf of zero phase, so that the sum of both bands is the sound itself where nothing is turned down; the
    level is followed with 1 ms attack and 40 ms release.
    """
    bright = np.stack([sosfiltfilt(butter(2, split_hz, "highpass", fs=sample_rate, output="sos"), channel) for channel in sound])
    bright = bright.astype(np.float32)
    level = 10 * np.log10(np.maximum(mean_square(bright), 1e-12))
    whole = 10 * np.log10(np.maximum(mean_square(sound), 1e-12))
    over = np.where(level > -70.0, np.clip(level - whole - threshold_db, 0.0, most_db), 0.0)
    held = follow(over, Ballistics(1.0, 40.0), sample_rate / CONTROL_HOP)
    result: Sound = sound - bright
    apply_gain(bright, 10 ** (-held / 20))
    result += bright
    return result


def vinyl(sound: Sound, sample_rate: int, *, crackle_db: float, per_second: float, rumble_db: float) -> Sound:
    """Clicks of a dusty record, `per_second` on average and `crackle_db` at most, over a rumble."""
    frames = sound.shape[1]
    random = np.random.default_rng(0xD057)
    result = sound.copy()
    count = int(random.poisson(per_second * frames / sample_rate))
    clicks = np.zeros((2, frames), np.float32)
    where = random.integers(0, max(1, frames), count)
    heights = random.exponential(0.25, count).clip(0.02, 1.0) * random.choice((-1.0, 1.0), count)
    pans = random.uniform(0.0, np.pi / 2.0, count)
    np.add.at(clicks[0], where, heights * np.cos(pans))
    np.add.at(clicks[1], where, heights * np.sin(pans))
    result += _one_pole(clicks, 5000.0, sample_rate) * np.float32(10.0 ** (crackle_db / 20.0) * 2.0)
    rumble = _one_pole(_one_pole(random.standard_normal((2, frames), np.float32), 40.0, sample_rate), 40.0, sample_rate)
    return result + rumble * np.float32(10.0 ** (rumble_db / 20.0) / max(1e-9, float(np.std(rumble))))


def _slow(frames: int, sample_rate: int) -> NDArray[np.float64]:
    """Seconds at every 64th frame, one beyond the end."""
    return np.arange(frames // _CONTROL + 2, dtype=np.float64) * (_CONTROL / sample_rate)


def _fast(control: NDArray[np.float64], frames: int) -> Sound:
    """A slow line at every frame."""
    start, rise = control[:-1].astype(np.float32)[:, None], np.diff(control).astype(np.float32)[:, None]
    result: Sound = (start + rise * (np.arange(_CONTROL, dtype=np.float32) / np.float32(_CONTROL))).ravel()[:frames]
    return result


def _read(channel: Sound, delay: NDArray[np.float64]) -> Sound:
    """`channel` read `delay` frames late, between frames on a straight line; delay: frames at every 64th frame."""
    frames = len(channel)
    edge = int(np.abs(delay).max(initial=0.0)) + 2
    padded = np.pad(channel, edge)
    late = _fast(delay, frames)
    result = np.empty(frames, np.float32)
    for first in range(0, frames, _STRETCH):
        moved = late[first : first + _STRETCH]
        whole = np.floor(moved)
        place = np.arange(first + edge, first + edge + len(moved)) - whole.astype(np.int64)
        here, before = padded[place], padded[place - 1]
        result[first : first + _STRETCH] = here + (moved - whole) * (before - here)
    return result


def _one_pole(sound: Sound, cutoff_hz: float, sample_rate: int) -> Sound:
    """A gentle low-pass, 6 dB an octave."""
    keep = float(np.exp(-2.0 * np.pi * cutoff_hz / sample_rate))
    result: Sound = lfilter([1.0 - keep], [1.0, -keep], sound, axis=1).astype(np.float32)
    return result
