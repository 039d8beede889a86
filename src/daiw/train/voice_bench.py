"""How well the voice sings: words, pitch, timing, faults and speed over lines of our own, beside speech moved to pitch with WORLD.

    daiw evaluate voice [--lines 48] [--voice voice_heart] [--centres 72] [--doubled] [--out FILE.json]

Every line is sung dry on one melody rule at one of four pitch centres and one of three tempi, so that all twelve pairs come up, each with
as many likely lines as unlikely ones.
`train.voice_judges` are the ears; install them with `pip install .[voice]`.
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from daiw.files.shipped import shipped
from daiw.host.instruments import open_instrument
from daiw.host.registry import load_manifests
from daiw.host.singer import Singer, octave_shift
from daiw.measure.loudness import integrated_lufs
from daiw.music.audio import Audio
from daiw.music.lyrics import COMPANY
from daiw.music.phoneme import is_vowel, syllabify
from daiw.music.score import Control, Note, Timeline, Track
from daiw.music.styles.mix import USUAL
from daiw.music.styles.plan import VoicesStyle
from daiw.music.time import Tempo, TempoMap
from daiw.planning.voice_controls import SPREAD, SPREAD_FULL_MS
from daiw.singing.pronounce import pronounce_line
from daiw.train.voice_judges import (
    HALF,
    PITCH_FLOOR_HZ,
    RATE,
    buzz_db,
    clicks,
    onsets_ms,
    pitch_errors,
    transcript,
    whisper,
    word_errors,
)  # fmt: skip
from daiw.train.voice_sweep import run as sweep

LINES = Path(__file__).with_name("voice_lines.txt")
CENTRES = (57, 62, 67, 72)
TEMPI = (84, 104, 126)
CONTOUR = (-2, 0, 2, 0, 3, 2, 0, -2, 1, 3, 2, 0)
SOFTER = 4
"""Velocity by which a double is sung more softly, as in `composer.backing`."""


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
    """The line on the melody rule: stressed syllables a beat, others half of one, the last two beats; pitches in `CONTOUR`.

    A syllable that does not end its word has a hyphen, as in a song.
    """
    notes: list[Note] = []
    words, tick = text.split(), 480
    for word, phonemes in zip(words, pronounce_line(words), strict=True):
        syllables = syllabify(phonemes)
        for i, syllable in enumerate(syllables):
            length = 480 if syllable.stress == 1 else 240
            pitch = centre + CONTOUR[len(notes) % len(CONTOUR)]
            goes_on = "-" if i + 1 < len(syllables) else ""
            notes.append(Note(tick, length, pitch, 80, word + goes_on, syllable.phonemes))
            tick += length
    last = notes[-1]
    return (*notes[:-1], Note(last.start, 960, centre, 80, last.lyric, last.phonemes))


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


def place(number: int, centres: Sequence[int] = CENTRES) -> tuple[int, int]:
    """(pitch centre, tempo) of a line: two neighbours, a likely and an unlikely one, share them, so that no centre has only one kind."""
    pair = number // 2
    return centres[pair % len(centres)], TEMPI[pair // len(centres) % len(TEMPI)]


def doubled(lead: NDArray[np.float32], track: Track, timeline: Timeline, singer: Singer) -> NDArray[np.float32]:
    """The voice with two more takes of the line, as far off in time and pitch and as loud as usual, in mono."""
    steady = Control(0, "cc", SPREAD, round(127 * VoicesStyle().spread_ms / SPREAD_FULL_MS))
    notes = tuple(replace(note, velocity=note.velocity - SOFTER) for note in track.notes)
    takes = [lead]
    for role in COMPANY["doubles"]:
        sound = singer(replace(track, role=role, notes=notes, controls=(steady,)), timeline, RATE).samples[0]
        wanted = integrated_lufs(Audio(lead[None])) + USUAL[role].level_lu - USUAL["vocal"].level_lu
        takes.append(sound * np.float32(10 ** ((wanted - integrated_lufs(Audio(sound[None]))) / 20)))
    length = max(map(len, takes))
    result: NDArray[np.float32] = np.sum([np.pad(take, (0, length - len(take))) for take in takes], axis=0, dtype=np.float32)
    return result


def judge(text: str, centre: int, bpm: int, singer: Singer, *, baseline: bool = True, with_doubles: bool = False) -> Heard:
    """One line sung and judged, alone or with its doubles."""
    notes = melody(text, centre)
    shift = octave_shift(notes, singer.low, singer.high)
    notes = tuple(replace(note, pitch=note.pitch + shift) for note in notes)
    timeline = Timeline(tempos=TempoMap((Tempo(0, float(bpm)),)))
    track = Track("vocal", "voice", notes)
    began = time.perf_counter()
    samples = singer(track, timeline, RATE).samples[0]
    if with_doubles:
        samples = doubled(samples, track, timeline, singer)
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
    if args.sweep:
        return sweep(args)
    whisper()
    manifests = load_manifests([shipped("plugins")])
    manifest = manifests[args.voice]
    singer = open_instrument(args.voice, manifests).engine
    assert isinstance(singer, Singer)
    texts = [line for line in LINES.read_text().splitlines() if line and not line.startswith("#")][: args.lines]
    shift = manifest.comfort[0] - CENTRES[0] if manifest.comfort[0] < 52 and args.centres is None else 0
    centres = args.centres or CENTRES
    heard = []
    for i, text in enumerate(texts):
        centre, bpm = place(i, centres)
        heard.append(judge(text, centre + shift, bpm, singer, baseline=not args.no_baseline, with_doubles=args.doubled))
        if heard[-1].wer:
            print(f"{heard[-1].centre} {heard[-1].wer:.2f} {text} | {heard[-1].heard}", flush=True)
    print(table(heard, manifest.comfort))
    if args.out is not None:
        args.out.write_text(json.dumps([asdict(line) for line in heard], indent=1))
    return 0
