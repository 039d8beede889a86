"""A singer's pitch and dynamics as curves: slides, scoops, a vibrato that comes late, a pitch that is never quite still.

Habits and sizes after Sundberg, The Science of the Singing Voice (1987), chapters 7 and 8: vibrato of 5 to 7 Hz that starts after
the tone, tones reached within a tenth of a second; and after Prame (1994, 1997) for its width, here a third of an opera singer's.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from daiw.music.vocal_line import STEP_S
from daiw.singing.sung import Sung, Tone
from daiw.singing.voice import Voice

Times = NDArray[np.float64]
SCOOP_S = 0.045
SLIDE_BEFORE = 0.75
"""Share of a slide that lies before the new tone, under its consonants."""

SHORTEST_VIBRATO_S = 0.45
VELOCITY_DB = 0.12
"""Decibels a step of velocity, 80 being 0."""


def smooth(x: Times) -> Times:
    """0 to 1 as x goes from 0 to 1, level at both ends."""
    x = np.clip(x, 0.0, 1.0)
    result: Times = x * x * (3.0 - 2.0 * x)
    return result


def melody(tones: Sequence[Tone], times_s: Times, voice: Voice) -> Times:
    """MIDI pitch with slides between the tones and a scoop into the first."""
    pitch = np.full(times_s.shape, float(tones[0].pitch))
    for before, after in pairwise(tones):
        interval = after.pitch - before.pitch
        length = min(voice.portamento_ms / 1000.0 * (1.0 + 0.04 * abs(interval)), 0.6 * min(_length(before), _length(after)))
        start = after.start_s - SLIDE_BEFORE * length
        pitch += interval * (smooth((times_s - start) / length) if length > 0 else (times_s >= after.start_s))
    since = np.maximum(times_s - tones[0].start_s, 0.0)
    result: Times = pitch - voice.scoop_cents / 100.0 * np.exp(-since / SCOOP_S)
    return result


def vibrato(tones: Sequence[Tone], times_s: Times, voice: Voice, cents: Times, rng: np.random.Generator) -> Times:
    """Semitones of vibrato: after a delay, on long tones only, its rate and width never quite regular."""
    rate = voice.vibrato_hz * (1.0 + 0.04 * wander(len(times_s), 1.5, rng))
    swing = np.sin(2.0 * np.pi * np.cumsum(rate) * STEP_S + rng.uniform(0.0, 2.0 * np.pi))
    width = np.zeros(times_s.shape)
    delay = voice.vibrato_delay_ms / 1000.0
    for tone in tones:
        if _length(tone) >= SHORTEST_VIBRATO_S:
            ramp = smooth((times_s - tone.start_s - 0.5 * delay) / max(delay, 0.05))
            width = np.maximum(width, ramp * smooth((tone.end_s - times_s) / 0.08) * (times_s <= tone.end_s))
    result: Times = cents / 100.0 * width * (1.0 + 0.12 * wander(len(times_s), 2.0, rng)) * swing
    return result


def wander(points: int, hz: float, rng: np.random.Generator) -> Times:
    """Smooth noise with standard deviation 1, nothing much faster than `hz`."""
    sigma = 1.0 / (2.0 * np.pi * hz * STEP_S)
    pad = int(4 * sigma)
    raw = gaussian_filter1d(rng.standard_normal(points + 2 * pad), sigma)[pad : pad + points]
    result: Times = raw * np.sqrt(2.0 * np.sqrt(np.pi) * sigma)
    return result


def dynamics(phrase: Sequence[Sung], times_s: Times) -> Times:
    """Decibels: velocity, a slight arch over the phrase, soft beginnings and ends."""
    tones = [tone for sung in phrase for tone in sung.tones]
    middles = np.array([0.5 * (tone.start_s + tone.end_s) for tone in tones])
    level = np.interp(times_s, middles, [VELOCITY_DB * (tone.velocity - 80) for tone in tones])
    start, end = tones[0].start_s, tones[-1].end_s
    arch = np.sin(np.pi * np.clip((times_s - start) / max(end - start, 0.1), 0.0, 1.0))
    result: Times = level + 1.5 * arch - 0.75
    return result


def _length(tone: Tone) -> float:
    return tone.end_s - tone.start_s
