"""A drum machine: every General MIDI percussion key from sines, metal and noise, a table row each.

The recipes follow the analogue machines of the early eighties as their service notes and Reid ("Synth Secrets", Sound on Sound, 2001-02)
describe them: bridged-T sines that fall in pitch, six detuned squares for metal, filtered noise, a clap of four bursts.
A hit rings out whatever the note's length; open hats are choked by closed ones and by the pedal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.signal import butter, sosfilt

from daiw.host.performance import Frames, Performance, perform, placed
from daiw.host.synth.shape import Line, Sound, attack, clock, cycles, ending, fall, sine
from daiw.host.synth.wavetable import BAND_LIMIT
from daiw.music.audio import Audio
from daiw.music.score import Timeline, Track

TOUCHES = 12
METAL_HZ = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)
_CHOKED = frozenset((42, 44, 46))
_CHOKE_MS = 18.0


@dataclass(frozen=True, slots=True)
class Hit:
    """One row: the recipe, its numbers, and where it stands (-1 left .. 1 right), seen by the audience."""

    recipe: str
    numbers: tuple[float, ...]
    pan: float = 0.0
    level: float = 1.0


# kick: hz, drop (× hz at the onset), drop_ms, ring_ms, click   ·   tom: hz, drop, ring_ms   ·   snare: hz, ring_ms, noise_ms, noise level
# metal: highpass_hz, ring_ms, noise share   ·   clap: band_hz, ring_ms   ·   noise: low_hz, high_hz, attack_ms, ring_ms
# ping: hz, second (× hz), ring_ms   ·   cowbell: hz, second hz, ring_ms
_HITS: dict[int, Hit] = {
    35: Hit("kick", (46.0, 3.0, 34.0, 340.0, 0.15)),
    36: Hit("kick", (52.0, 4.2, 26.0, 300.0, 0.35)),
    37: Hit("ping", (1720.0, 0.29, 32.0), 0.05, 0.55),
    38: Hit("snare", (186.0, 110.0, 150.0, 0.42), 0.0, 0.9),
    39: Hit("clap", (1150.0, 130.0), 0.08, 0.8),
    40: Hit("snare", (232.0, 75.0, 105.0, 0.5), 0.0, 0.85),
    41: Hit("tom", (82.0, 1.5, 330.0), -0.5, 0.8),
    42: Hit("metal", (7200.0, 42.0, 0.25), 0.2, 0.5),
    43: Hit("tom", (98.0, 1.5, 300.0), -0.35, 0.8),
    44: Hit("metal", (6200.0, 60.0, 0.35), 0.2, 0.4),
    45: Hit("tom", (120.0, 1.5, 270.0), -0.15, 0.8),
    46: Hit("metal", (6900.0, 420.0, 0.25), 0.2, 0.5),
    47: Hit("tom", (146.0, 1.5, 250.0), 0.1, 0.8),
    48: Hit("tom", (178.0, 1.5, 230.0), 0.3, 0.8),
    49: Hit("metal", (3300.0, 1500.0, 0.6), -0.35, 0.6),
    50: Hit("tom", (214.0, 1.5, 210.0), 0.45, 0.8),
    51: Hit("metal", (5200.0, 1100.0, 0.12), 0.4, 0.35),
    52: Hit("metal", (2400.0, 1300.0, 0.5), 0.5, 0.55),
    53: Hit("cowbell", (1180.0, 1765.0, 620.0), 0.4, 0.35),
    54: Hit("noise", (6000.0, 16000.0, 4.0, 110.0), 0.3, 0.5),
    55: Hit("metal", (4200.0, 700.0, 0.5), -0.5, 0.5),
    56: Hit("cowbell", (540.0, 800.0, 230.0), 0.25, 0.45),
    57: Hit("metal", (2900.0, 1700.0, 0.6), 0.45, 0.6),
    58: Hit("noise", (300.0, 3000.0, 2.0, 260.0), 0.3, 0.5),
    59: Hit("metal", (5600.0, 1200.0, 0.15), 0.5, 0.35),
    60: Hit("tom", (395.0, 1.15, 80.0), 0.25, 0.6),
    61: Hit("tom", (290.0, 1.15, 100.0), 0.3, 0.6),
    62: Hit("tom", (330.0, 1.05, 45.0), -0.25, 0.6),
    63: Hit("tom", (300.0, 1.1, 150.0), -0.25, 0.65),
    64: Hit("tom", (205.0, 1.1, 190.0), -0.3, 0.65),
    65: Hit("tom", (310.0, 1.3, 190.0), 0.35, 0.6),
    66: Hit("tom", (230.0, 1.3, 220.0), 0.4, 0.6),
    67: Hit("cowbell", (880.0, 1340.0, 160.0), -0.4, 0.35),
    68: Hit("cowbell", (660.0, 1005.0, 190.0), -0.4, 0.35),
    69: Hit("noise", (4500.0, 14000.0, 18.0, 55.0), -0.35, 0.5),
    70: Hit("noise", (6500.0, 16000.0, 8.0, 38.0), -0.35, 0.45),
    71: Hit("ping", (2300.0, 1.0, 110.0), 0.4, 0.3),
    72: Hit("ping", (2150.0, 1.0, 380.0), 0.4, 0.3),
    73: Hit("noise", (2500.0, 7000.0, 12.0, 70.0), -0.3, 0.45),
    74: Hit("noise", (2500.0, 7000.0, 60.0, 260.0), -0.3, 0.45),
    75: Hit("ping", (2500.0, 1.0, 38.0), 0.3, 0.5),
    76: Hit("ping", (1050.0, 1.52, 55.0), 0.35, 0.5),
    77: Hit("ping", (760.0, 1.52, 70.0), 0.35, 0.5),
    78: Hit("tom", (520.0, 0.7, 120.0), -0.3, 0.4),
    79: Hit("tom", (420.0, 1.4, 160.0), -0.3, 0.4),
    80: Hit("ping", (4150.0, 1.63, 70.0), 0.45, 0.3),
    81: Hit("ping", (4150.0, 1.63, 1100.0), 0.45, 0.3),
    82: Hit("noise", (7000.0, 18000.0, 14.0, 60.0), 0.3, 0.5),
}
_OTHERWISE = Hit("ping", (900.0, 1.4, 40.0), 0.0, 0.4)


@dataclass(frozen=True, slots=True)
class DrumMachine:
    """A kit as a renderer.

    tune: semitones on every drum.  decay: all ring times × this.  snap: clicks and noise at the onsets, 0..1.  level: linear.
    """

    tune: float = 0.0
    decay: float = 1.0
    snap: float = 0.6
    level: float = 0.8

    def __post_init__(self) -> None:
        if not (-24.0 <= self.tune <= 24.0 and 0.1 <= self.decay <= 8.0 and 0.0 <= self.snap <= 1.0):
            raise ValueError("tune is -24..24 semitones, decay 0.1..8 and snap 0..1")

    def __call__(self, track: Track, timeline: Timeline, sample_rate: int) -> Audio:
        """The track's sound, (2, frames)."""
        played = perform(track, timeline, sample_rate)
        touches = np.ceil(played.velocities * (TOUCHES / 127.0)).astype(np.int64)
        cuts = _choke(played)
        hits = {
            (p, t): self.hit(p, (t - 0.5) / TOUCHES, sample_rate)
            for p, t in set(zip(played.pitches.tolist(), touches.tolist(), strict=True))
        }
        longest = max((hit.shape[1] for hit in hits.values()), default=0)
        out = np.zeros((2, int(played.starts.max(initial=0)) + longest), np.float32)
        fade = ending(round(_CHOKE_MS * sample_rate / 1000.0))
        for start, pitch, touch, velocity, cut in zip(
            played.starts.tolist(), played.pitches.tolist(), touches.tolist(), played.velocities.tolist(), cuts.tolist(), strict=True
        ):
            sound = hits[pitch, touch]
            if cut - start + len(fade) < sound.shape[1]:
                sound = sound[:, : cut - start + len(fade)].copy()
                sound[:, cut - start :] *= fade
            out[:, start : start + sound.shape[1]] += np.float32((velocity / 127.0) ** 1.6) * sound
        return Audio(placed(out, played), sample_rate)

    def hit(self, pitch: int, force: float, sample_rate: int) -> Sound:
        """One drum struck with `force` 0..1, (2, frames); harder is brighter and, for the kick and toms, deeper in its fall."""
        row = _HITS.get(pitch, _OTHERWISE)
        mono = _RECIPES[row.recipe](self, row.numbers, force, sample_rate)
        mono -= np.float32(mono.mean())
        mono *= attack(len(mono), sample_rate, 0.3)
        tail = min(len(mono), sample_rate // 100)
        mono[-tail:] *= ending(tail)
        mono *= np.float32(self.level * row.level / max(1e-6, float(np.abs(mono).max())))
        angle = (1.0 + 0.7 * row.pan) * np.pi / 4.0
        sound: Sound = np.stack((np.float32(np.cos(angle)) * mono, np.float32(np.sin(angle)) * mono))
        return sound

    def ratio(self) -> float:
        """Frequency factor of `tune`."""
        return float(2.0 ** (self.tune / 12.0))

    def frames(self, ring_ms: float, sample_rate: int) -> int:
        """Length of a sound that falls by a factor e every ring_ms / 4.6, that is by 40 dB in ring_ms, until -80 dB."""
        return max(64, round(2.0 * ring_ms * self.decay * sample_rate / 1000.0))


def _ring(machine: DrumMachine, ring_ms: float, frames: int, sample_rate: int) -> Line:
    return fall(frames, sample_rate, ring_ms * machine.decay / 4.6)


def _kick(machine: DrumMachine, numbers: tuple[float, ...], force: float, sample_rate: int) -> Line:
    hz, drop, drop_ms, ring_ms, click = numbers
    frames = machine.frames(ring_ms, sample_rate)
    octaves = np.log2(drop) * (0.55 + 0.45 * force)
    bend = np.float32(12.0 * octaves) * np.exp(clock(frames, sample_rate) * np.float32(-1000.0 / drop_ms))
    body = sine(cycles(hz * machine.ratio(), bend, frames, sample_rate)) * _ring(machine, ring_ms, frames, sample_rate)
    gain = np.float32(1.0 + 1.5 * force)
    body = np.tanh(body * gain) / np.tanh(gain)
    tick = _noise(frames, 1) * fall(frames, sample_rate, 1.6) * np.float32(click * machine.snap * (0.2 + 0.8 * force))
    struck: Line = body + _band(tick, 1500.0, 9000.0, sample_rate)
    return struck


def _tom(machine: DrumMachine, numbers: tuple[float, ...], force: float, sample_rate: int) -> Line:
    hz, drop, ring_ms = numbers
    frames = machine.frames(ring_ms, sample_rate)
    bend = np.float32(12.0 * np.log2(drop) * (0.4 + 0.6 * force)) * np.exp(clock(frames, sample_rate) * np.float32(-1000.0 / 45.0))
    body = sine(cycles(hz * machine.ratio(), bend, frames, sample_rate)) * _ring(machine, ring_ms, frames, sample_rate)
    skin = _band(_noise(frames, 2) * fall(frames, sample_rate, 9.0), 600.0, 5000.0, sample_rate)
    return body + skin * np.float32(0.35 * machine.snap * force)


def _snare(machine: DrumMachine, numbers: tuple[float, ...], force: float, sample_rate: int) -> Line:
    hz, ring_ms, noise_ms, noise = numbers
    frames = machine.frames(max(ring_ms, noise_ms), sample_rate)
    bend = np.float32(5.0 * (0.3 + 0.7 * force)) * np.exp(clock(frames, sample_rate) * np.float32(-1000.0 / 12.0))
    shape = _ring(machine, ring_ms, frames, sample_rate)
    drum = (
        sine(cycles(hz * machine.ratio(), bend, frames, sample_rate))
        + np.float32(0.5) * sine(cycles(1.78 * hz * machine.ratio(), bend, frames, sample_rate)) * shape
    )
    wires = _band(_noise(frames, 3), 1200.0 + 600.0 * force, 5000.0 + 11000.0 * force, sample_rate)
    wires *= _ring(machine, noise_ms * (0.7 + 0.3 * force), frames, sample_rate)
    return np.float32(0.8) * drum * shape + wires * np.float32(noise * (0.7 + machine.snap * (0.4 + 0.8 * force)))


def _metal(machine: DrumMachine, numbers: tuple[float, ...], force: float, sample_rate: int) -> Line:
    highpass_hz, ring_ms, hiss = numbers
    frames = machine.frames(ring_ms, sample_rate)
    metal = np.zeros(frames, np.float32)
    for hz in METAL_HZ:
        metal += _square(hz * 1.67 * machine.ratio(), frames, sample_rate)
    mixed = metal * np.float32(0.35 * (1.0 - hiss)) + _noise(frames, 4) * np.float32(hiss * 1.2)
    bright = _band(mixed, highpass_hz * (0.75 + 0.25 * force), 9000.0 + 10000.0 * force, sample_rate)
    strike = fall(frames, sample_rate, 9.0) * np.float32(0.5 + 0.5 * machine.snap * force)
    return bright * (_ring(machine, ring_ms, frames, sample_rate) + strike)


def _clap(machine: DrumMachine, numbers: tuple[float, ...], force: float, sample_rate: int) -> Line:
    band_hz, ring_ms = numbers
    frames = machine.frames(ring_ms, sample_rate)
    shape = np.zeros(frames, np.float32)
    for late_ms, loud in ((0.0, 0.7), (11.0, 0.8), (21.0, 0.9), (31.0, 1.0)):
        first = round(late_ms * sample_rate / 1000.0)
        burst = fall(frames - first, sample_rate, 4.5 if late_ms < 31.0 else ring_ms * machine.decay / 4.6)
        shape[first:] = np.maximum(shape[first:], np.float32(loud) * burst)
    return _band(_noise(frames, 5), band_hz * 0.75, band_hz * (1.6 + 3.0 * force), sample_rate) * shape


def _hiss(machine: DrumMachine, numbers: tuple[float, ...], force: float, sample_rate: int) -> Line:
    low_hz, high_hz, attack_ms, ring_ms = numbers
    frames = machine.frames(ring_ms + attack_ms, sample_rate)
    shape = attack(frames, sample_rate, attack_ms) * fall(frames, sample_rate, ring_ms * machine.decay / 4.6, after_ms=attack_ms)
    return _band(_noise(frames, 6), low_hz, high_hz * (0.55 + 0.45 * force), sample_rate) * shape


def _ping(machine: DrumMachine, numbers: tuple[float, ...], force: float, sample_rate: int) -> Line:
    hz, second, ring_ms = numbers
    frames = machine.frames(ring_ms, sample_rate)
    tone = sine(cycles(hz * machine.ratio(), 0.0, frames, sample_rate))
    if second != 1.0:
        tone = tone + np.float32(0.6) * sine(cycles(hz * second * machine.ratio(), 0.0, frames, sample_rate))
    click = _band(_noise(frames, 7) * fall(frames, sample_rate, 1.2), 2000.0, 14000.0, sample_rate) * np.float32(machine.snap * force)
    return tone * _ring(machine, ring_ms, frames, sample_rate) + click


def _cowbell(machine: DrumMachine, numbers: tuple[float, ...], force: float, sample_rate: int) -> Line:
    hz, second_hz, ring_ms = numbers
    frames = machine.frames(ring_ms, sample_rate)
    both = _square(hz * machine.ratio(), frames, sample_rate) + _square(second_hz * machine.ratio(), frames, sample_rate)
    struck = _ring(machine, ring_ms, frames, sample_rate) + fall(frames, sample_rate, 6.0)
    return _band(both, hz * 0.9, second_hz * (2.0 + 4.0 * force), sample_rate) * struck


_RECIPES: dict[str, Callable[[DrumMachine, tuple[float, ...], float, int], Line]] = {
    "kick": _kick,
    "tom": _tom,
    "snare": _snare,
    "metal": _metal,
    "clap": _clap,
    "noise": _hiss,
    "ping": _ping,
    "cowbell": _cowbell,
}


def _square(hz: float, frames: int, sample_rate: int) -> Line:
    """A square from its odd harmonics below the band limit."""
    highest = int(BAND_LIMIT * sample_rate / hz)
    result = np.zeros(frames, np.float32)
    for k in range(1, min(highest, 25) + 1, 2):
        result += np.float32(1.0 / k) * sine(cycles(hz * k, 0.0, frames, sample_rate, 0.31 * k))
    return result


@lru_cache(maxsize=16)
def _noise_table(seed: int, frames: int) -> Line:
    noise = np.random.default_rng(seed).standard_normal(frames, np.float32)
    noise.flags.writeable = False
    return noise


def _noise(frames: int, seed: int) -> Line:
    """White noise, the same for every hit of a recipe: a machine repeats itself."""
    size = 1 << max(14, (frames - 1).bit_length())
    return _noise_table(seed, size)[:frames]


def _band(sound: Line, low_hz: float, high_hz: float, sample_rate: int) -> Line:
    """A 12 dB band-pass."""
    top = BAND_LIMIT * sample_rate
    low, high = min(low_hz, 0.8 * top), min(high_hz, top)
    result: Line = sosfilt(butter(2, (low, max(high, 1.05 * low)), "bandpass", fs=sample_rate, output="sos"), sound).astype(np.float32)
    return result


def _choke(played: Performance) -> Frames:
    """For every note the frame at which the next hat stops it; other drums ring."""
    never = np.iinfo(np.int64).max // 2
    cuts = np.full(len(played), never, np.int64)
    hats = np.flatnonzero(np.isin(played.pitches, list(_CHOKED)))
    starts = played.starts[hats]
    cuts[hats] = np.r_[starts, never][np.searchsorted(starts, starts, side="right")]
    return cuts
