"""A breath of singing as the network wants it: whole units of 25 ms, and the map back to exact time.

The network was taught on speech, so it is asked for vowels of speech's length; a longer one is held by dwelling in its middle.
Boundaries land where the line has them, not on the network's grid.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.music.phoneme import DIPHTHONGS, is_voiced, is_vowel
from daiw.music.vocal_line import SungPhoneme, VocalLine
from daiw.singing.voice_net import FRAMES_A_UNIT, UNIT_S, Floats, VoiceNet, spelled

LONGEST_VOWEL_S = 0.3
PAD_UNITS = 4
STOP_UNITS = 3
VOWEL_GAP_UNITS, VOWEL_GAP_SHARE = 2, 4
"""Where a word ends in a vowel, the gap after it has at most so many units, and one in so many of the vowel's.  A gap is sung through:
it is how the network knows that a word ends, "silent zebras" and not "silence ebras"."""

AHEAD = 2
"""Frames by which the sound runs ahead of the durations: the network's vowels begin 25 ms before their letters do (median of 74
vowels after voiceless consonants, level within 12 dB of their loudest)."""

DWELL = {True: 0.3, False: 0.5}
"""Where a held vowel dwells, as a share of its length: a diphthong early, before it closes."""

DWELL_HALF = 0.12
MOST_SPOKEN_UNITS = 4
"""A letter's spoken length counts no longer than this when its sound is divided: the last vowel of a sentence trails off in silence."""

HELD_ENERGY = 6.6
"""The energy of a clear vowel in speech; held vowels keep up at least this."""

TIE = 1e-6
"""Lengths that are equal but for the last bits of a float round alike."""

HOLD, EDGE_FRAMES = 0.9, 2.0
FRAME_S = UNIT_S / FRAMES_A_UNIT


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """ids, units: for the network.  times_s, frames: corners of the map from song time to the network's frames, both rising.

    sound: index of the sound heard in every frame, -1 for silence.  spoken: the units of each id in speech.
    """

    ids: tuple[int, ...]
    units: NDArray[np.int64]
    times_s: NDArray[np.float64]
    frames: NDArray[np.float64]
    sound: NDArray[np.int64]
    spoken: NDArray[np.int64]

    def frame_at(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The network's frame, between frames too, at song times."""
        return np.interp(times_s, self.times_s, self.frames)

    def time_of(self, frames: NDArray[np.float64]) -> NDArray[np.float64]:
        """Song time of frames."""
        return np.interp(frames, self.frames, self.times_s)


def align(line: VocalLine, net: VoiceNet) -> Alignment:
    """The line's sounds on the network's grid."""
    spelling = spelled([sound.symbol for sound in line.phonemes], [sound.ends_word for sound in line.phonemes])
    spoken = net.durations(spelling.ids)
    units = np.zeros(len(spelling.ids), np.int64)
    units[0], units[-2], units[-1] = PAD_UNITS, STOP_UNITS, PAD_UNITS
    owned: dict[int, list[int]] = {}
    for k, owner in enumerate(spelling.owner):
        if owner >= 0:
            owned.setdefault(owner, []).append(k)
    gaps = [spelling.is_space(owned[i][-1]) for i in range(len(line.phonemes))]
    for i, sound in enumerate(line.phonemes):
        total, places = _wanted(sound, len(owned[i])), owned[i]
        if gaps[i] and is_vowel(sound.symbol):
            *places, gap = places
            units[gap] = min(spoken[gap], VOWEL_GAP_UNITS, total // VOWEL_GAP_SHARE)
            total -= int(units[gap])
        _share(units, places, total, spoken)
    starts = np.r_[0, np.cumsum(units)] * FRAMES_A_UNIT - AHEAD
    times, frames = [line.start_s - PAD_UNITS * UNIT_S], [0.0]
    for i, sound in enumerate(line.phonemes):
        first, last = float(starts[owned[i][0]]), float(starts[owned[i][-1] + 1])
        _corners(sound, first, last, float(units[owned[i][-1]] * FRAMES_A_UNIT) * gaps[i], times, frames)
    times += [line.end_s, line.end_s + (STOP_UNITS + PAD_UNITS) * UNIT_S]
    frames += [float(starts[-3]), float(starts[-1])]
    heard = _ahead(np.repeat(np.asarray(spelling.owner), units * FRAMES_A_UNIT))
    return Alignment(spelling.ids, units, np.array(times), np.array(frames), heard, spoken)


def _corners(sound: SungPhoneme, first: float, last: float, gap: float, times: list[float], frames: list[float]) -> None:
    """Where a sound begins and, for a vowel held longer than the network's, where it dwells: before the gap that it may end with."""
    times.append(sound.start_s)
    frames.append(first)
    own = last - first - gap
    spare = (sound.end_s - sound.start_s) - (last - first) * FRAME_S
    if is_vowel(sound.symbol) and spare > FRAME_S:
        dwell, half = DWELL[sound.base in DIPHTHONGS] * own, DWELL_HALF * own
        times += [sound.start_s + (dwell - half) * FRAME_S, sound.start_s + (dwell + half) * FRAME_S + spare]
        frames += [first + dwell - half, first + dwell + half]


def _wanted(sound: SungPhoneme, letters: int) -> int:
    """The units a sound gets from the network; every letter at least one."""
    length = sound.end_s - sound.start_s
    longest = LONGEST_VOWEL_S if is_vowel(sound.symbol) else length
    return max(1 + is_vowel(sound.symbol), letters, round(min(length, longest) / UNIT_S + TIE))


def _share(units: NDArray[np.int64], places: list[int], total: int, spoken: NDArray[np.int64]) -> None:
    """A sound's units to its letters, in proportion to how long each is when spoken."""
    weights = np.minimum(spoken[places], MOST_SPOKEN_UNITS).astype(np.float64)
    ends = np.rint(np.cumsum(weights) / max(weights.sum(), 1.0) * total).astype(np.int64)
    ends[-1] = total
    units[places] = np.diff(ends, prepend=0)


def _ahead(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Values by frame as they are heard: `AHEAD` frames sooner than the durations say."""
    return np.concatenate((values[AHEAD:], np.repeat(values[-1:], AHEAD)))


def voiced_frames(line: VocalLine, alignment: Alignment) -> NDArray[np.bool_]:
    """True for frames of vowels and voiced consonants: decided by the sound, as the network's own voicing fails on long vowels."""
    voiced = np.array([*(is_voiced(sound.symbol) for sound in line.phonemes), False])
    result: NDArray[np.bool_] = voiced[alignment.sound]
    return result


def sung_energy(line: VocalLine, alignment: Alignment, net: VoiceNet) -> Floats:
    """The energy of the spoken phrase, stretched letter by letter to the sung lengths; vowels keep up their loudest."""
    _, energy = net.prosody(alignment.ids, alignment.spoken)
    starts = np.r_[0, np.cumsum(alignment.spoken)] * FRAMES_A_UNIT
    counts = alignment.units * FRAMES_A_UNIT
    letter = np.repeat(np.arange(len(counts)), counts)
    place = (np.arange(len(letter)) - np.repeat(np.cumsum(counts) - counts, counts) + 0.5) / counts[letter]
    spoken = starts[letter] + place * np.diff(starts)[letter] - 0.5
    spoken = np.r_[spoken[AHEAD:], np.repeat(spoken[-1:], AHEAD)] - AHEAD
    result = np.interp(spoken, np.arange(len(energy)), energy)
    for i, sound in enumerate(line.phonemes):
        if is_vowel(sound.symbol):
            own = np.flatnonzero(alignment.sound == i)
            inside = np.minimum(np.arange(len(own)) + 0.5, len(own) - np.arange(len(own)) - 0.5) / EDGE_FRAMES
            short = np.maximum(max(result[own].max(), HELD_ENERGY) - result[own], 0.0)
            result[own] += HOLD * np.minimum(inside, 1.0) * short
    return np.asarray(result, np.float32)
