"""Struck metal: a tine piano by frequency modulation (Chowning 1973) and a bell from its partials."""

from dataclasses import dataclass

import numpy as np

from daiw.host.synth.shape import Line, Sound, attack, clock, cycles, fall, hertz, sine
from daiw.host.synth.wavetable import BAND_LIMIT


@dataclass(frozen=True, slots=True)
class Tine:
    """An electric piano.

    bark: modulation index at full force, which falls within bark_ms; tine: level of the high metallic partial at the onset.
    body_s: time to fall by 60 dB at C4, shorter above and longer below.  detune_cents: between the two sides.
    tremolo: depth of the swinging pan at tremolo_hz.
    """

    bark: float = 2.6
    bark_ms: float = 550.0
    tine: float = 0.22
    tine_ms: float = 160.0
    body_s: float = 5.0
    attack_ms: float = 1.5
    release_ms: float = 180.0
    detune_cents: float = 1.5
    glide_ms: float = 0.0
    level: float = 0.42

    def __post_init__(self) -> None:
        if self.attack_ms < 0.5 or self.release_ms < 2.0 or self.body_s <= 0.0:
            raise ValueError("attack_ms is at least 0.5, release_ms at least 2 and body_s above 0")

    def held(self, pitch: int, force: float, frames: int, sample_rate: int, bend: Line | float) -> Sound:
        """The note as long as it is held, (2, frames); bend: semitones."""
        top = hertz(pitch + max(0.0, float(np.max(bend))))
        room = BAND_LIMIT * sample_rate / top  # partials that fit
        if room < 1.0:
            return np.zeros((2, frames), np.float32)
        index = min(self.bark * force**1.6 * 2.0 ** (-(pitch - 60) / 36.0), max(0.0, room - 4.0) / 2.0)
        body = fall(frames, sample_rate, self.body_s * 1000.0 / 6.9 * 2.0 ** (-(pitch - 60) / 24.0))
        bell = fall(frames, sample_rate, self.bark_ms, 0.25)
        ratio = next((partial for partial in (14.0, 9.0, 5.0) if partial + 1.0 < room), 0.0)
        ping = fall(frames, sample_rate, self.tine_ms) * np.float32(self.tine * (0.15 + 0.85 * force) if ratio else 0.0)
        sides = []
        for side in (-1.0, 1.0):
            phase = cycles(hertz(pitch + side * self.detune_cents / 200.0), bend, frames, sample_rate)
            modulation = sine(phase) * (np.float32(index / (2.0 * np.pi)) * bell)
            tone = sine(phase + modulation) * body
            second = sine(2.0 * phase) * (body**2 * np.float32(0.12 if room > 3.0 else 0.0))
            sides.append(tone + second + sine(ratio * phase) * ping)
        sound: Sound = np.stack(sides) * (attack(frames, sample_rate, self.attack_ms) * np.float32(self.level))
        return sound


# Ratio to the prime, level and decay of each partial: hum, prime, a major tierce, quint, nominal and above, as a tuned bell has them.
_PARTIALS = ((0.5, 0.35, 1.6), (1.0, 1.0, 1.0), (1.25, 0.25, 0.7), (1.5, 0.2, 0.6), (2.0, 0.6, 0.55), (2.52, 0.3, 0.4), (3.01, 0.3, 0.3))
_SPARKLE = ((4.17, 0.3, 0.2), (5.43, 0.25, 0.14), (6.8, 0.2, 0.1), (8.2, 0.15, 0.07))


@dataclass(frozen=True, slots=True)
class Bell:
    """A bell.

    ring_s: time to fall by 60 dB at C4.  sparkle: level of the high partials at full force.  width: beating between the sides.
    """

    ring_s: float = 4.0
    sparkle: float = 1.0
    attack_ms: float = 1.0
    release_ms: float = 900.0
    width: float = 0.6
    glide_ms: float = 0.0
    level: float = 0.25

    def __post_init__(self) -> None:
        if self.attack_ms < 0.5 or self.release_ms < 2.0 or self.ring_s <= 0.0:
            raise ValueError("attack_ms is at least 0.5, release_ms at least 2 and ring_s above 0")

    def held(self, pitch: int, force: float, frames: int, sample_rate: int, bend: Line | float) -> Sound:
        """The note as long as it is held, (2, frames); bend: semitones."""
        limit = BAND_LIMIT * sample_rate / hertz(pitch + max(0.0, float(np.max(bend))))
        ring_ms = self.ring_s * 1000.0 / 6.9 * 2.0 ** (-(pitch - 60) / 30.0)
        sound = np.zeros((2, frames), np.float32)
        for number, (ratio, level, decay) in enumerate((*_PARTIALS, *_SPARKLE)):
            if ratio >= limit:
                continue
            loud = level * (self.sparkle * force**1.5 if number >= len(_PARTIALS) else 0.35 + 0.65 * force if ratio > 1.5 else 1.0)
            shape = fall(frames, sample_rate, ring_ms * decay) * np.float32(loud)
            beat = 0.0008 * self.width * (1 + number % 3)
            for channel, side in enumerate((-1.0, 1.0)):
                phase = cycles(hertz(pitch) * ratio * (1.0 + side * beat), bend, frames, sample_rate)
                sound[channel] += sine(phase) * shape
        return sound * (attack(frames, sample_rate, self.attack_ms) * np.float32(self.level))


@dataclass(frozen=True, slots=True)
class Sub:
    """The long bass drum that became a bass: a sine whose pitch drops into the note, through a little saturation.

    drop_semitones, drop_ms: the fall at the onset.  ring_s: time to fall by 60 dB.  drive: saturation, more with force.
    glide_ms: slide between overlapping notes.
    """

    drop_semitones: float = 12.0
    drop_ms: float = 14.0
    ring_s: float = 6.0
    drive: float = 0.6
    attack_ms: float = 2.0
    release_ms: float = 90.0
    glide_ms: float = 70.0
    level: float = 0.6

    def __post_init__(self) -> None:
        if self.attack_ms < 0.5 or self.release_ms < 2.0 or self.ring_s <= 0.0:
            raise ValueError("attack_ms is at least 0.5, release_ms at least 2 and ring_s above 0")

    def held(self, pitch: int, force: float, frames: int, sample_rate: int, bend: Line | float) -> Sound:
        """The note as long as it is held, (2, frames), the same on both sides; bend: semitones."""
        t = clock(frames, sample_rate)
        drop = np.float32(self.drop_semitones * (0.4 + 0.6 * force)) * np.exp(t * np.float32(-1000.0 / self.drop_ms))
        tone = sine(cycles(hertz(pitch), (bend + drop).astype(np.float32), frames, sample_rate))
        if hertz(pitch) > BAND_LIMIT * sample_rate:
            tone *= 0.0
        shape = fall(frames, sample_rate, self.ring_s * 1000.0 / 6.9) * attack(frames, sample_rate, self.attack_ms)
        tone *= shape
        # The polynomial keeps to the 3rd and 5th harmonic, so that no pitch a bass plays can alias.
        amount = np.float32(self.drive * force * min(1.0, max(0.0, (84 - pitch) / 24.0)))
        square = tone * tone
        warm = tone * (np.float32(1.875) - square * (np.float32(1.25) - np.float32(0.375) * square))
        tone += amount * (warm - tone)
        return np.stack((tone, tone)) * np.float32(self.level)
