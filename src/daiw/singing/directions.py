"""What a track's controls tell a singer: MIDI controllers as curves over song time.

    CC1  vibrato      0 the voice's own width, 127 one semitone more, as on other instruments
    CC2  breathiness  0..127 adds 0..1 to the voice's own
    CC16 drift        0..127 is a wandering pitch of 0..30 cents (PitchImperfection)
    CC17 whisper      0 sung, 127 whispered
    CC18 breaths      64 the voice's own loudness, ±18 dB; 0 none (BreathPauses)
    CC19 spread       of another take: 0..127 is 0..40 ms and 0..25 cents (DoubledVocal)
    CC20 formant      64 the voice's own, ±12 % (a smile is about +3 %)
    CC74 effort       64 the voice's own, ±0.5: level, spectral tilt and noise follow

CC7, CC10, CC11 and the pitch wheel mean what they mean everywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.music.score import Control

VIBRATO, BREATHINESS, DRIFT, WHISPER, BREATHS, SPREAD, FORMANT, EFFORT = 1, 2, 16, 17, 18, 19, 20, 74
NEUTRAL = {VIBRATO: 0, BREATHINESS: 0, DRIFT: 0, WHISPER: 0, BREATHS: 64, SPREAD: 0, FORMANT: 64, EFFORT: 64}
RAMP_S = 0.15
Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """Values of a controller at song times.  steps: number -> (seconds, values), sorted.  bend: semitones at song times."""

    steps: dict[int, tuple[Times, Times]]
    bend: Callable[[Times], Times]

    @classmethod
    def of(cls, controls: Sequence[Control], seconds: Callable[[int], float], bend: Callable[[Times], Times] | None = None) -> "Directions":
        """The directions in a track's controls.  bend: where the wheel was read already."""
        steps: dict[int, tuple[Times, Times]] = {}
        for number, neutral in NEUTRAL.items():
            events = {control.tick: control.value for control in controls if control.kind == "cc" and control.number == number}
            ticks = sorted(events)
            values = [*([neutral] if not ticks or ticks[0] > 0 else []), *(events[tick] for tick in ticks)]
            starts = [*([0.0] if not ticks or ticks[0] > 0 else []), *(seconds(tick) for tick in ticks)]
            steps[number] = (np.array(starts), np.array(values, np.float64))
        return cls(steps, bend or np.zeros_like)

    def value(self, number: int, times_s: Times) -> Times:
        """0..127 at song times; a change takes `RAMP_S`, or less where the next one comes sooner."""
        starts, values = self.steps[number]
        if len(starts) == 1:
            return np.full(times_s.shape, values[0])
        until = np.minimum(starts[1:] + RAMP_S, np.r_[starts[2:], np.inf])
        xs = np.r_[starts[0], np.stack((starts[1:], until), 1).ravel()]
        ys = np.r_[values[0], np.stack((values[:-1], values[1:]), 1).ravel()]
        return np.interp(times_s, xs, ys)

    def at(self, number: int, time_s: float) -> float:
        """The same at one time."""
        return float(self.value(number, np.array([time_s]))[0])
