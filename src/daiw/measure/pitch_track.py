"""The fundamental of one voice over time: probabilistic YIN.

YIN's difference function (de Cheveigné and Kawahara, JASA 111(4), 2002, equations 6-8), many thresholds instead of one and a hidden
Markov model over pitches (Mauch and Dixon, "pYIN", ICASSP 2014).  Deviations: 20 cents a state, no bias towards short lags, and
one transition table for voiced and unvoiced states.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

RATE_HZ = 16_000
HOP_S = 0.01
WINDOW = 1024
LEVEL_WINDOW = 320
LOWEST_HZ, HIGHEST_HZ = 65.0, 1050.0
CENTS_A_STATE = 20.0
STATES = int(1200.0 * np.log2(HIGHEST_HZ / LOWEST_HZ) / CENTS_A_STATE) + 1
THRESHOLDS = np.linspace(0.02, 0.5, 25)
REACH = 12
"""States that pitch may move in one hop: 240 cents in 10 ms."""

STAY = 0.99
"""Chance of staying voiced, or unvoiced, from one hop to the next."""

_BLOCK = 2048
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PitchTrack:
    """One value each HOP_S seconds.  semitones: MIDI pitch with fractions, NaN where unvoiced.  level_db: over 20 ms there."""

    semitones: Values
    level_db: Values


def track_pitch(mono: NDArray[np.float32], sample_rate: int) -> PitchTrack:
    """The pitch of a lone voice or instrument, LOWEST_HZ..HIGHEST_HZ.  mono: (frames,)."""
    common = int(np.gcd(sample_rate, RATE_HZ))
    sound = signal.resample_poly(mono.astype(np.float64), RATE_HZ // common, sample_rate // common)
    sound = signal.sosfilt(signal.butter(2, (50.0, 3000.0), "bandpass", fs=RATE_HZ, output="sos"), sound)
    hop = round(HOP_S * RATE_HZ)
    longest = int(RATE_HZ / LOWEST_HZ) + 2
    padded = np.pad(sound, (WINDOW // 2, WINDOW + longest))
    count = max(1, len(sound) // hop)
    middle = (WINDOW - LEVEL_WINDOW) // 2
    level = np.array([np.sqrt(np.mean(padded[i * hop + middle : i * hop + middle + LEVEL_WINDOW] ** 2)) for i in range(count)])
    level_db = 20 * np.log10(np.maximum(level, 1e-9))
    chances = np.concatenate(
        [_candidates(padded, np.arange(first, min(count, first + _BLOCK)) * hop, longest) for first in range(0, count, _BLOCK)]
    )
    quiet = level_db < max(float(np.percentile(level_db, 95)) - 40.0, -65.0)
    chances[quiet] *= 0.05
    return PitchTrack(_decoded(chances), level_db)


def _candidates(padded: Values, starts: NDArray[np.int64], longest: int) -> Values:
    """(frames, STATES) probability of each pitch; what is missing to 1 is the probability of no pitch."""
    frames = padded[starts[:, None] + np.arange(WINDOW + longest)]
    size = 1 << (WINDOW + longest).bit_length()
    spectrum = np.fft.rfft(frames, size) * np.conj(np.fft.rfft(frames[:, :WINDOW], size))
    crossed = np.fft.irfft(spectrum, size)[:, :longest]
    energy = np.cumsum(np.pad(frames**2, ((0, 0), (1, 0))), axis=1)
    power = energy[:, WINDOW : WINDOW + longest] - energy[:, :longest]
    difference = np.maximum(0.0, power[:, :1] + power - 2 * crossed)
    summed = np.cumsum(difference[:, 1:], axis=1)
    normal = np.ones_like(difference)
    normal[:, 1:] = difference[:, 1:] * np.arange(1, longest) / np.maximum(summed, 1e-12)
    shortest = int(RATE_HZ / HIGHEST_HZ)
    inner = normal[:, 1:-1]
    dips = (inner < normal[:, :-2]) & (inner <= normal[:, 2:])
    dips[:, : shortest - 1] = False
    chances = np.zeros((len(starts), STATES))
    prior = (THRESHOLDS[-1] - THRESHOLDS + 0.02) / np.sum(THRESHOLDS[-1] - THRESHOLDS + 0.02)
    for row in range(len(starts)):
        places = np.flatnonzero(dips[row]) + 1
        depths = normal[row, places]
        for threshold, chance in zip(THRESHOLDS, prior, strict=True):
            under = np.flatnonzero(depths < threshold)
            if len(under):
                chances[row, _state(normal[row], int(places[under[0]]))] += chance
    return chances


def _state(normal: Values, lag: int) -> int:
    """The state of a dip, its place refined by a parabola."""
    a, b, c = normal[lag - 1], normal[lag], normal[lag + 1]
    bend = a - 2 * b + c
    fine = lag + (0.5 * (a - c) / bend if bend > 0 else 0.0)
    cents = 1200.0 * np.log2(RATE_HZ / fine / LOWEST_HZ)
    return int(min(STATES - 1, max(0, round(cents / CENTS_A_STATE))))


def _decoded(chances: Values) -> Values:
    """The likeliest path through pitches and silence (Viterbi)."""
    voiced = np.log(np.maximum(chances, 1e-6))
    silent = np.log(np.maximum(1.0 - chances.sum(axis=1), 1e-3)) - np.log(STATES) * 0.35
    moves = np.arange(-REACH, REACH + 1)
    step = np.log(np.maximum(1e-6, 1.0 - np.abs(moves) / (REACH + 1)))
    step -= np.log(np.exp(step).sum())
    stay, leave = np.log(STAY), np.log(1.0 - STAY)
    best, rest = voiced[0].copy(), float(silent[0])
    back = np.zeros((len(chances), STATES), np.int32)
    rest_from = np.full(len(chances), -1, np.int32)
    for i in range(1, len(chances)):
        wide = np.pad(best, REACH, constant_values=-1e9)
        options = np.lib.stride_tricks.sliding_window_view(wide, 2 * REACH + 1) + step
        choice = options.argmax(axis=1)
        moved = options[np.arange(STATES), choice] + stay
        entered = rest + leave - np.log(STATES) * 0.35
        back[i] = np.where(moved >= entered, np.arange(STATES) + choice - REACH, -1)
        top = int(best.argmax())
        left = float(best[top]) + leave
        rest_from[i] = top if left > rest + stay else -1
        rest = max(left, rest + stay) + float(silent[i])
        best = np.maximum(moved, entered) + voiced[i]
    path = np.full(len(chances), np.nan)
    state = int(best.argmax()) if best.max() > rest else -1
    for i in range(len(chances) - 1, -1, -1):
        if state >= 0:
            path[i] = 69.0 + 12.0 * np.log2(LOWEST_HZ / 440.0) + state * CENTS_A_STATE / 100.0
            state = int(back[i][state])
        else:
            state = int(rest_from[i])
    return path
