"""Plays a track with one synthesised voice: notes alike in pitch, touch and bend share one computed sound."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from daiw.errors import PluginError
from daiw.files.table import load_table
from daiw.host.performance import Frames, Performance, perform, placed
from daiw.host.synth.drums import DrumMachine
from daiw.host.synth.shape import Line, Sound, clock, ending
from daiw.host.synth.struck import Bell, Sub, Tine
from daiw.host.synth.subtractive import Subtractive
from daiw.music.audio import Audio
from daiw.music.manifest import Value
from daiw.music.score import Timeline, Track

MODULATION_CENTS = 50.0
MODULATION_HZ = 5.5
TOUCHES = 12
LONGEST_NOTE_S = 240.0
_CHORD_S = 0.03
_STOLEN_MS = 12.0


class Voice(Protocol):
    """A pitched sound.  release_ms: how it ends.  glide_ms: above 0 it plays one note at a time."""

    @property
    def release_ms(self) -> float:
        """Milliseconds from the note's end to silence."""

    @property
    def glide_ms(self) -> float:
        """Milliseconds of slide between overlapping notes; 0 for a voice that plays chords."""

    def held(self, pitch: int, force: float, frames: int, sample_rate: int, bend: Line | float) -> Sound:
        """The note as long as it is held, (2, frames)."""


VOICES: dict[str, type[Subtractive] | type[Tine] | type[Bell] | type[Sub]] = {
    "subtractive": Subtractive,
    "tine": Tine,
    "bell": Bell,
    "sub": Sub,
}


def open_voice(name: str, params: Mapping[str, Value], where: str) -> "Synth | DrumMachine":
    """The voice called `name` with its parameters; raises PluginError with the valid names."""
    if name == "drum_machine":
        return load_table(DrumMachine, dict(params), where, PluginError)
    if name not in VOICES:
        raise PluginError(f"{where}: the synth has no voice {name!r}; voices are {', '.join((*VOICES, 'drum_machine'))}")
    return Synth(load_table(VOICES[name], dict(params), f"{where}: params", PluginError))


@dataclass(frozen=True, slots=True)
class Synth:
    """A voice as a renderer.  Loudness follows velocity as (v / 127)², as in the SoundFont player; timbre in 12 steps of it."""

    voice: Voice

    def __call__(self, track: Track, timeline: Timeline, sample_rate: int) -> Audio:
        """The track's sound, (2, frames)."""
        played = perform(track, timeline, sample_rate)
        ends, slides, stolen = _one_at_a_time(played, sample_rate) if self.voice.glide_ms > 0 else _together(played)
        tail = max(2, round(self.voice.release_ms * sample_rate / 1000.0))
        short = max(2, round(_STOLEN_MS * sample_rate / 1000.0))
        on = np.clip(ends - played.starts, 1, round(LONGEST_NOTE_S * sample_rate))
        out = np.zeros((2, int((played.starts + on).max(initial=0)) + tail), np.float32)
        touches = np.ceil(played.velocities * (TOUCHES / 127.0)).astype(np.int64)
        groups: dict[tuple[int, int, float, int, int], list[int]] = {}
        for note in range(len(played)):
            start = int(played.starts[note])
            end = start + int(on[note]) + tail
            bend, wheel = played.bend.steady(start, end), played.modulation.steady(start, end)
            steady = bend is not None and wheel == 0.0
            alike = (
                int(played.pitches[note]),
                int(touches[note]),
                (bend or 0.0) if steady else 0.0,
                int(slides[note]),
                -1 if steady else note,
            )
            groups.setdefault(alike, []).append(note)
        for (pitch, touch, semitones, slide, alone), notes in groups.items():
            frames = int(on[notes].max()) + tail
            moving: Line | float = _moving(played, notes[0], frames, sample_rate) if alone >= 0 else semitones
            if slide:
                fading = np.exp(clock(frames, sample_rate) * np.float32(-3000.0 / self.voice.glide_ms))
                moving = (moving + np.float32(slide) * fading).astype(np.float32)
            sound = self.voice.held(pitch, (touch - 0.5) / TOUCHES, frames, sample_rate, moving)
            for note in notes:
                _add(out, sound, int(played.starts[note]), int(on[note]), short if stolen[note] else tail, float(played.velocities[note]))
        return Audio(placed(out, played), sample_rate)


def _moving(played: Performance, note: int, frames: int, sample_rate: int) -> Line:
    """Semitones of the wheel and of the vibrato that modulation asks for."""
    start = int(played.starts[note])
    swing = np.sin(np.float32(2.0 * np.pi * MODULATION_HZ) * clock(frames, sample_rate))
    line = played.bend.over(start, start + frames)
    line += played.modulation.over(start, start + frames) * np.float32(MODULATION_CENTS / 100.0) * swing
    return line


def _add(out: Sound, sound: Sound, start: int, on: int, tail: int, velocity: float) -> None:
    gain = np.float32((velocity / 127.0) ** 2)
    out[:, start : start + on] += gain * sound[:, :on]
    out[:, start + on : start + on + tail] += sound[:, on : on + tail] * (gain * ending(tail))


def _together(played: Performance) -> tuple[Frames, Frames, Frames]:
    nothing = np.zeros(len(played), np.int64)
    return played.ends, nothing, nothing


def _one_at_a_time(played: Performance, sample_rate: int) -> tuple[Frames, Frames, Frames]:
    """(ends, slides, stolen): a later note ends the one before and slides from its pitch, in semitones; a chord stays a chord."""
    ends, slides, stolen = played.ends.copy(), np.zeros(len(played), np.int64), np.zeros(len(played), np.int64)
    chord = round(_CHORD_S * sample_rate)
    sounding: list[int] = []
    for note in range(len(played)):
        start = played.starts[note]
        earlier = [other for other in sounding if ends[other] > start]
        if earlier and start - played.starts[earlier[-1]] > chord:
            slides[note] = played.pitches[earlier[-1]] - played.pitches[note]
            for other in earlier:
                ends[other], stolen[other] = start, 1
            earlier = []
        sounding = [*earlier, note]
    return ends, slides, stolen
