"""A voice in figures: where it stands against the band, and level, alpha ratio and harmonics-to-noise ratio of its vowels.

Level and alpha ratio (1-5 kHz against 50-1000 Hz) as in eGeMAPS (Eyben et al. 2016); harmonics-to-noise ratio from the autocorrelation at
one period (Boersma 1993), with the period known rather than searched for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, log10

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from daiw.measure.loudness import gated_lufs, k_power
from daiw.music.audio import Stem
from daiw.music.phoneme import is_vowel
from daiw.music.styles.mix import kind_of
from daiw.music.vocal_line import VocalLine

VOICES = ("vocal", "backing", "double")
RETURNS = ("reverb", "delay")
BELOW_LU = 20.0
FRAME_S, STEP_S = 0.06, 0.02
INSIDE_S = 0.04
"""A vowel is measured so far from its neighbours."""

HIGHEST_HZ = 5000.0
AROUND = 0.04
"""Share by which the period may differ from the one that was asked for."""


@dataclass(frozen=True, slots=True)
class Standing:
    """LU of the voice against the band while it sings.  dry_lu: without reverb and echo.  wet_lu: with all of these counted as band."""

    dry_lu: float
    wet_lu: float


def standing(stems: Sequence[Stem]) -> Standing | None:
    """Where `vocal` stands in a mix's stems: BS.1770 power, over the hops of 100 ms in which it is less than 20 LU under its own loudness.

    Harmonies, doubles and the like are neither voice nor band.  None where nobody sings or nobody plays.
    """
    power: Mapping[str, NDArray[np.float64]] = {stem.role: k_power(stem.audio) for stem in stems}
    voice = next((power[role] for role in power if kind_of(role) == "vocal"), np.zeros(0))
    level = gated_lufs(voice) if len(voice) else -inf
    sung = np.flatnonzero(10 * np.log10(np.maximum(voice, 1e-12)) - 0.691 > level - BELOW_LU)
    own = float(voice[sung].sum())
    band = sum(float(power[role][sung].sum()) for role in power if kind_of(role) not in VOICES and role not in RETURNS)
    room = sum(float(power[role][sung].sum()) for role in RETURNS if role in power)
    if level == -inf or band <= 0:
        return None
    return Standing(10 * log10(own / band), 10 * log10(own / (band + room)))


@dataclass(frozen=True, slots=True)
class Timbre:
    """Means over a voice's vowels, dB."""

    level_db: float
    alpha_db: float
    hnr_db: float


def timbre(samples: NDArray[np.float32], sample_rate: int, lines: Sequence[VocalLine]) -> Timbre:
    """Of a dry voice and the lines that it sang; raises ValueError where no vowel lasts long enough."""
    rows = [row for line in lines for row in _vowel_frames(samples, sample_rate, line)]
    if not rows:
        raise ValueError("no vowel is long enough to be measured")
    levels, alphas, ratios = np.array(rows).T
    return Timbre(float(levels.mean()), float(alphas.mean()), float(ratios.mean()))


def _vowel_frames(samples: NDArray[np.float32], rate: int, line: VocalLine) -> list[tuple[float, float, float]]:
    """Level, alpha ratio and harmonics-to-noise ratio of each frame of `FRAME_S` in a vowel."""
    size = round(FRAME_S * rate)
    window = np.hanning(size)
    whole = fft.next_fast_len(2 * size, real=True)
    own = fft.irfft(np.abs(fft.rfft(window, whole)) ** 2, whole)
    hz = fft.rfftfreq(whole, 1.0 / rate)
    low, high, heard = (hz > 50) & (hz < 1000), (hz > 1000) & (hz < 5000), (hz > 50) & (hz < HIGHEST_HZ)
    rows = []
    for sound in line.phonemes:
        if not is_vowel(sound.symbol):
            continue
        for start in np.arange(sound.start_s + INSIDE_S, sound.end_s - INSIDE_S - FRAME_S, STEP_S):
            first = round(start * rate)
            frame = samples[first : first + size].astype(np.float64)
            power = np.abs(fft.rfft(frame * window, whole)) ** 2 if len(frame) == size else np.zeros(len(hz))
            if not power.any():
                continue
            alike = fft.irfft(power * heard, whole) / np.maximum(own / own[0], 1e-9)
            period = rate / float(line.at(line.f0_hz, np.array([start + FRAME_S / 2]))[0])
            near = alike[int(period * (1 - AROUND)) : int(period * (1 + AROUND)) + 2]
            likeness = min(max(float(near.max()) / float(alike[0]), 1e-4), 1 - 1e-6)
            level = 10 * log10(float(np.mean(frame**2)))
            rows.append((level, 10 * log10(power[high].sum() / power[low].sum()), 10 * log10(likeness / (1 - likeness))))
    return rows
