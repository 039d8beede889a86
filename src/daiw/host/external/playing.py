"""Runs a plugin over a stem, block by block, inside its worker: MIDI to the frame, automation, tails, latency.

Blocks begin where a controller or a parameter changes, because pedalboard gives a VST3 every controller of a block at the block's first
frame; notes lie on their own frames anywhere in a block.  Feeding blocks with `reset=False` gives the same samples as one long call.
The sound is laid straight into memory that the host reads: it is copied while it is still in the processor's cache.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from daiw.host.external.hosted import Hosted, Refused, resident_mb
from daiw.host.external.shared import Sound

CONTROL_FRAMES = 16
AUTOMATION_FRAMES = 512
CALL_BLOCKS = 16
SILENCE_DB = -90.0
QUIET_S = 0.5
WATCH_S = 0.02
Event = tuple[int, bytes]
Beat = Callable[[int], None]
Room = Callable[[int, int], Sound]
"""Memory for (channels, frames)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a render shall give.

    frames: how long the music lasts.  tail_frames: how much may ring after it; it ends earlier, once half a second is silent.
    lines: parameter -> (frame, value) points, straight lines between them.  memory_limit_mb: how much this process may grow.
    programs: (frame, number) of the choices that program_parameter jumps to.
    """

    sample_rate: int
    frames: int
    tail_frames: int
    lines: Mapping[str, Sequence[tuple[int, float]]]
    memory_limit_mb: float
    program_parameter: str = ""
    programs: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class Played:
    """What a render gave: `channels` rows of `frames` frames, each `stride` frames after the one before, from song time 0.

    plugin_s: processor seconds inside the plugin's own calls.
    """

    channels: int
    frames: int
    stride: int
    plugin_s: float


def play_instrument(hosted: Hosted, events: Sequence[Event], wanted: Wanted, beat: Beat, room: Room) -> Played:
    """The sound of `events`, laid into `room`."""
    late = _begin(hosted, wanted)
    tape = _Tape(room(hosted.outputs, wanted.frames + wanted.tail_frames), late)
    runs = _Runs(hosted, wanted, beat, [frame for frame, data in events if data[0] & 0xF0 not in (0x80, 0x90)])
    following = 0
    rate = wanted.sample_rate
    for start, stop in runs.over(wanted.frames + late, wanted.tail_frames):
        now: list[tuple[bytes, float]] = []
        while following < len(events) and events[following][0] < stop:
            frame, data = events[following]
            now.append((data, (max(0, frame - start) + 0.5) / rate))  # half a frame keeps rounding out of it
            following += 1
        length = stop - start
        piece = runs.played(
            now, duration=(length + 0.5) / rate, sample_rate=rate, num_channels=hosted.outputs, buffer_size=hosted.block, reset=False
        )
        if piece.shape != (hosted.outputs, length):
            raise Refused("length", f"gave {piece.shape[-1]} frames where {length} were asked for")
        tape.add(piece)
    return Played(hosted.outputs, tape.frames, tape.room.shape[1], runs.plugin_s)


def play_effect(hosted: Hosted, sound: Sound, wanted: Wanted, beat: Beat) -> Played:
    """The first `wanted.frames` of `sound`, (channels, frames and room for a tail), through the effect in place, and its ring.

    A mono effect hears the channels one after the other.
    """
    if hosted.inputs != hosted.outputs:
        raise Refused("load", f"has {hosted.inputs} inputs and {hosted.outputs} outputs; an insert needs as many of one as of the other")
    if hosted.inputs == len(sound):
        frames, plugin_s = _through(hosted, sound, wanted, beat)
        return Played(len(sound), frames, sound.shape[1], plugin_s)
    if hosted.inputs == 1:
        sides = [_through(hosted, sound[i : i + 1], wanted, beat) for i in range(len(sound))]
        frames = max(side for side, _ in sides)
        for i, (length, _) in enumerate(sides):
            sound[i, length:frames] = 0.0
        return Played(len(sound), frames, sound.shape[1], sum(took for _, took in sides))
    raise Refused("load", f"works on {hosted.inputs} channels; the sound has {len(sound)}")


def _through(hosted: Hosted, sound: Sound, wanted: Wanted, beat: Beat) -> tuple[int, float]:
    """Frames laid over `sound`, and processor seconds in the plugin."""
    late = _begin(hosted, wanted)
    runs = _Runs(hosted, wanted, beat, [])
    length = wanted.frames
    tape = _Tape(sound, 0)  # pedalboard drops an effect's latency from the front: what comes out never overtakes what is still to go in
    for start, stop in runs.over(length + late, wanted.tail_frames):
        block = sound[:, start:stop]
        if stop > length:
            block = np.zeros((len(sound), stop - start), np.float32)
            block[:, : max(0, length - start)] = sound[:, start:length]
        piece = runs.played(block, wanted.sample_rate, buffer_size=hosted.block, reset=False)
        if piece.shape[1] > stop - start or piece.shape[0] != len(sound):
            raise Refused("length", f"gave {piece.shape[1]} frames where {stop - start} were asked for")
        tape.add(piece)
    if tape.frames < length:
        raise Refused("length", f"gave {tape.frames} frames for {length}")
    return tape.frames, runs.plugin_s


def _begin(hosted: Hosted, wanted: Wanted) -> int:
    """Make the plugin ready; returns its latency."""
    hosted.restore(wanted.sample_rate)
    return hosted.latency


class _Tape:
    """Pieces of sound laid one after another into `room`; the first `late` frames are dropped.  frames: how many lie there."""

    def __init__(self, room: Sound, late: int) -> None:
        self.room, self._late, self.frames = room, late, 0

    def add(self, piece: Sound) -> None:
        """Lay one piece; what the room cannot hold falls off its end."""
        dropped = min(self._late, piece.shape[1])
        self._late -= dropped
        kept = piece[:, dropped:][:, : self.room.shape[1] - self.frames]
        self.room[:, self.frames : self.frames + kept.shape[1]] = kept
        self.frames += kept.shape[1]


class _Runs:
    """The blocks of one render: where they begin, what is set before each, when it is over, and whether the worker still lives well.

    plugin_s: processor seconds that the plugin has taken.
    """

    def __init__(self, hosted: Hosted, wanted: Wanted, beat: Beat, changes: Sequence[int]) -> None:
        self._hosted, self._wanted, self._beat = hosted, wanted, beat
        self._longest = max(AUTOMATION_FRAMES, CALL_BLOCKS * hosted.block)
        self._lines = [_Line(hosted, key, points) for key, points in wanted.lines.items()]
        self._changes = sorted({frame - frame % CONTROL_FRAMES for frame in changes})
        self._quiet, self._place, self._programs = 0, 0, 0
        self._memory_mb = resident_mb()
        self._watched = time.monotonic()
        self.plugin_s = 0.0

    def over(self, frames: int, tail: int) -> Iterator[tuple[int, int]]:
        """(start, stop) of each block through the music, then through the tail until it is silent."""
        step = AUTOMATION_FRAMES if any(line.moves for line in self._lines) else self._longest
        start, following = 0, 0
        quiet_frames = QUIET_S * self._wanted.sample_rate
        self._ending = frames - int(quiet_frames) - self._longest
        while start < frames or (start < frames + tail and self._quiet < quiet_frames):
            stop = start + step - start % step
            if start < frames:
                stop = min(stop, frames)
            stop = min(stop, frames + tail)
            while following < len(self._changes) and self._changes[following] <= start:
                following += 1
            if following < len(self._changes):
                stop = min(stop, self._changes[following])
            for line in self._lines:
                line.set(start)
            self._choose(stop)
            self._place = start
            yield start, stop
            start = stop
            self._watch(start)

    def _choose(self, stop: int) -> None:
        """Move to the last of the programs that begin before `stop`: a block ends where the next one begins."""
        due = [number for frame, number in self._wanted.programs[self._programs :] if frame - frame % CONTROL_FRAMES < stop]
        if due:
            self._programs += len(due)
            self._hosted.choose(self._wanted.program_parameter, due[-1])

    def _watch(self, place: int) -> None:
        """Give a sign of life, and look at the memory now and then: reading it costs more than a small block."""
        self._beat(place)
        now = time.monotonic()
        if now - self._watched < WATCH_S and place < self._wanted.frames:
            return
        self._watched = now
        grown = resident_mb() - self._memory_mb
        if grown > self._wanted.memory_limit_mb:
            raise Refused("memory", f"took {grown:.0f} MB of memory while it rendered; {self._wanted.memory_limit_mb:.0f} are allowed")

    def played(self, *arguments: Any, **settings: Any) -> Sound:  # noqa: ANN401 - whatever pedalboard's call takes
        """One call of the plugin, its time counted, and the silence at the end of the music as well."""
        began = time.process_time()
        piece: Sound = self._hosted.plugin(*arguments, **settings)
        self.plugin_s += time.process_time() - began
        if self._place >= self._ending and piece.shape[1]:
            peak = float(np.abs(piece).max())
            self._quiet = 0 if not peak < 10.0 ** (SILENCE_DB / 20.0) else self._quiet + piece.shape[1]
        return piece


class _Line:
    """One automated parameter; its points are turned into raw values once, with straight lines between them."""

    def __init__(self, hosted: Hosted, key: str, points: Sequence[tuple[int, float]]) -> None:
        self._hosted, self._key = hosted, key
        self._frames = np.array([frame for frame, _ in points], np.float64)
        self._values = np.array([hosted.raw_value(key, value) for _, value in points], np.float64)
        self.moves = len(set(self._values.tolist())) > 1

    def set(self, frame: int) -> None:
        """Set the value of `frame`."""
        self._hosted.raw(self._key).raw_value = float(np.interp(frame, self._frames, self._values))
