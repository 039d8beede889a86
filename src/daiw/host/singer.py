"""The singer as an instrument: a track with words in, a voice out."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import gcd
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from daiw.errors import PluginError
from daiw.files.table import load_table
from daiw.host.performance import perform, placed
from daiw.music.audio import SAMPLE_RATE_HZ, Audio
from daiw.music.manifest import Value
from daiw.music.score import Note, Timeline, Track
from daiw.music.vocal_line import VocalLine
from daiw.singing.breath import breath_sound
from daiw.singing.directions import Directions
from daiw.singing.performing import perform_phrases
from daiw.singing.sung import phrases
from daiw.singing.synthesis import Sound, sing
from daiw.singing.voice import Voice
from daiw.singing.voice_net import RecallingNet, VoiceNet, shared_net

WORKERS = 2
TAIL_S = 0.25


@dataclass(frozen=True, slots=True)
class Singer:
    """A voice as a renderer.

    low, high: MIDI pitches it is let sing; a track outside is moved by whole octaves, all of it, so that the melody stays whole.
    """

    voice: Voice
    low: int
    high: int
    net: VoiceNet

    def __call__(self, track: Track, timeline: Timeline, sample_rate: int) -> Audio:
        """The track's sound: one channel, or two where the track's pan is not the centre."""
        lines = self.lines(track, timeline)
        mono = self.sound(lines, crc32(track.role.encode()))
        if sample_rate != SAMPLE_RATE_HZ:
            shared = gcd(sample_rate, SAMPLE_RATE_HZ)
            mono = resample_poly(mono, sample_rate // shared, SAMPLE_RATE_HZ // shared).astype(np.float32)
        return Audio(placed(mono[None], perform(track, timeline, sample_rate)), sample_rate)

    def lines(self, track: Track, timeline: Timeline) -> tuple[VocalLine, ...]:
        """What is sung, as curves; change them and hand them to `sound`."""
        played = perform(track, timeline, SAMPLE_RATE_HZ)

        def bend(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.interp(times_s * SAMPLE_RATE_HZ, played.bend.frames, played.bend.values)

        shift = octave_shift(track.notes, self.low, self.high)
        notes = [replace(note, pitch=min(127, max(0, note.pitch + shift))) for note in track.notes]
        directions = Directions.of(track.controls, timeline.tempos.seconds, bend)
        return perform_phrases(phrases(notes, timeline.tempos.seconds), self.voice, directions, self.net, role=track.role)

    def sound(self, lines: tuple[VocalLine, ...], seed: int = 0) -> NDArray[np.float32]:
        """The lines as mono samples at 48 kHz from song time 0; two are sung at a time."""
        self.net.load()
        if not lines:
            return np.zeros(1, np.float32)
        out = np.zeros(round((lines[-1].end_s + TAIL_S) * SAMPLE_RATE_HZ), np.float32)

        def one(number: int) -> list[Sound]:
            sung = sing(lines[number], self.voice, self.net, seed + number)
            return [sung, *breath_sound(lines[number], seed + number)]

        with ThreadPoolExecutor(WORKERS, thread_name_prefix="singer") as pool:
            for sounds in pool.map(one, range(len(lines))):
                for sound in sounds:
                    _add(out, sound)
        return out


def octave_shift(notes: tuple[Note, ...], low: int, high: int) -> int:
    """Semitones, whole octaves, that bring most of a melody's time into low..high; 0 where it lies there already."""

    def outside(shift: int) -> tuple[int, int]:
        return sum(note.duration for note in notes if not low <= note.pitch + shift <= high), abs(shift)

    return min(range(-60, 61, 12), key=outside)


def _add(out: NDArray[np.float32], sound: Sound) -> None:
    start = round(sound.start_s * SAMPLE_RATE_HZ)
    skip = max(0, -start)
    part = sound.samples[skip : skip + max(0, len(out) - max(start, 0))]
    out[max(start, 0) : max(start, 0) + len(part)] += part


def open_singer(params: Mapping[str, Value], pitch_range: tuple[int, int], where: str) -> Singer:
    """The voice with a manifest's parameters; raises PluginError for one that is unknown or out of range."""
    voice = load_table(Voice, dict(params), f"{where}: params", PluginError)
    return Singer(voice, *pitch_range, RecallingNet(shared_net()))
