"""Detuned saws, squares and triangles behind a moving 24 dB low-pass: basses, leads, pads and plucks."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from daiw.host.synth.shape import Line, Sound, attack, clock, cycles, fall, hertz
from daiw.host.synth.wavetable import Wave, oscillate, stack


@dataclass(frozen=True, slots=True)
class Subtractive:
    """Levels are linear, 0..1; `force` below is velocity / 127.

    saw, square, triangle, pulse: the oscillator (pulse: duty of the square).  sub: a sine at the pitch itself, past the filter.
    unison: oscillators, detuned over ± detune_cents and spread over `width` of the stereo field.
    attack_ms, decay_ms (a factor e), sustain, release_ms: the level.  cutoff_hz: of the filter at C4 and force 0.5; key_follow 1 moves it
    with the pitch; velocity_octaves: from force 0 to 1; sweep_octaves over sweep_attack_ms, then back within sweep_decay_ms to
    sweep_sustain of it; drift_octaves at drift_hz: a slow wave on it.  vibrato_cents at vibrato_hz, after vibrato_delay_ms.
    glide_ms: above 0 the voice plays one note at a time and slides where they overlap.  drive: tanh saturation, 0 off.
    random_phase: 0 starts every note alike, 1 scatters the oscillators.
    """

    saw: float = 1.0
    square: float = 0.0
    triangle: float = 0.0
    pulse: float = 0.5
    sub: float = 0.0
    unison: float = 1.0
    detune_cents: float = 8.0
    width: float = 0.5
    attack_ms: float = 3.0
    decay_ms: float = 400.0
    sustain: float = 0.8
    release_ms: float = 120.0
    cutoff_hz: float = 2000.0
    key_follow: float = 0.5
    velocity_octaves: float = 2.0
    resonance_db: float = 0.0
    sweep_octaves: float = 0.0
    sweep_attack_ms: float = 1.0
    sweep_decay_ms: float = 200.0
    sweep_sustain: float = 0.0
    drift_octaves: float = 0.0
    drift_hz: float = 0.2
    vibrato_cents: float = 0.0
    vibrato_hz: float = 5.2
    vibrato_delay_ms: float = 300.0
    glide_ms: float = 0.0
    drive: float = 0.0
    random_phase: float = 1.0
    level: float = 0.3

    def __post_init__(self) -> None:
        if not 1 <= self.unison <= 9 or self.attack_ms < 0.5 or self.release_ms < 2.0 or not 20.0 <= self.cutoff_hz <= 20_000.0:
            raise ValueError("unison is 1..9, attack_ms at least 0.5, release_ms at least 2 and cutoff_hz 20..20000")

    def held(self, pitch: int, force: float, frames: int, sample_rate: int, bend: Line | float) -> Sound:
        """The note as long as it is held, (2, frames), at full level; bend: semitones."""
        bend = self._vibrato(bend, frames, sample_rate)
        hz, reach = hertz(pitch), float(np.max(bend)) + self.detune_cents / 100.0
        tables = stack(
            Wave(self.saw, self.square, self.triangle, self.pulse), hz, sample_rate, self.resonance_db, hertz(pitch + max(0.0, reach))
        )
        rows = tables.rows(self._cutoff(pitch, force, frames, sample_rate))
        count = int(self.unison)
        random = np.random.default_rng([crc32(b"subtractive"), pitch])
        sound = np.zeros((2, frames), np.float32)
        for i in range(count):
            place = 2.0 * i / (count - 1) - 1.0 if count > 1 else 0.0
            start = float(random.random()) * self.random_phase
            tone = oscillate(tables, cycles(hertz(pitch + place * self.detune_cents / 100.0), bend, frames, sample_rate, start), rows)
            side = place if i % 2 == 0 else -place
            angle = (1.0 + self.width * side) * np.pi / 4.0
            sound[0] += np.float32(np.cos(angle)) * tone
            sound[1] += np.float32(np.sin(angle)) * tone
        sound *= np.float32(1.0 / np.sqrt(count))
        if self.sub:
            low = np.sin(2.0 * np.pi * (cycles(hz, bend, frames, sample_rate) % 1.0)).astype(np.float32)
            sound += np.float32(self.sub * 0.707) * low
        if drive := self.drive * min(1.0, max(0.0, (96 - pitch) / 36.0)):  # its harmonics have no room in the top octaves
            gain = np.float32(1.0 + 4.0 * drive)
            sound = np.tanh(sound * gain) / np.tanh(gain)
        level = attack(frames, sample_rate, self.attack_ms) * fall(
            frames, sample_rate, self.decay_ms, self.sustain, after_ms=self.attack_ms
        )
        return sound * (np.float32(self.level) * level)

    def _vibrato(self, bend: Line | float, frames: int, sample_rate: int) -> Line | float:
        if not self.vibrato_cents:
            return bend
        t = clock(frames, sample_rate)
        depth = np.clip((t - np.float32(self.vibrato_delay_ms / 1000.0)) / np.float32(0.3), 0.0, 1.0) * np.float32(
            self.vibrato_cents / 100.0
        )
        line: Line = (bend + depth * np.sin(np.float32(2.0 * np.pi * self.vibrato_hz) * t)).astype(np.float32)
        return line

    def _cutoff(self, pitch: int, force: float, frames: int, sample_rate: int) -> Line:
        """Hz a frame."""
        octaves = self.key_follow * (pitch - 60) / 12.0 + self.velocity_octaves * (force - 0.5)
        if not self.sweep_octaves and not self.drift_octaves:
            return np.full(frames, self.cutoff_hz * 2.0**octaves, np.float32)
        line = np.full(frames, octaves, np.float32)
        if self.sweep_octaves:
            sweep = attack(frames, sample_rate, self.sweep_attack_ms)
            sweep *= fall(frames, sample_rate, self.sweep_decay_ms, self.sweep_sustain, after_ms=self.sweep_attack_ms)
            line += np.float32(self.sweep_octaves * (0.5 + 0.5 * force)) * sweep
        if self.drift_octaves:
            line += np.float32(self.drift_octaves) * np.sin(
                np.float32(2.0 * np.pi * self.drift_hz) * clock(frames, sample_rate) + np.float32(pitch)
            )
        return np.float32(self.cutoff_hz) * np.exp2(line)
