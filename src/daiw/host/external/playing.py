"""Runs a plugin over a stem, block by block, inside its worker: MIDI to the frame, automation, tails, latency.

Blocks begin where a controller or a parameter changes, because pedalboard gives a VST3 every controller of a block at the block's first
frame; notes lie on their own frames anywhere in a block.  Feeding blocks with `reset=False` gives the same samples as one long call.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from daiw.host.external.hosted import Hosted, Refused, resident_mb
from daiw.host.external.shared import Sound

CONTROL_FRAMES = 16
AUTOMATION_FRAMES = 512
CALL_BLOCKS = 4
SILENCE_DB = -90.0
QUIET_S = 0.5
Event = tuple[int, bytes]
Beat = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a render shall give.

    frames: how long the music lasts.  tail_frames: how much may ring after it; it ends earlier, once half a second is silent.
    lines: parameter -> (frame, value) points, straight lines between them.  memory_limit_mb: how much this process may grow.
    """

    sample_rate: int
    frames: int
    tail_frames: int
    lines: Mapping[str, Sequence[tuple[int, float]]]
    memory_limit_mb: float


def play_instrument(hosted: Hosted, events: Sequence[Event], wanted: Wanted, beat: Beat) -> Sound:
    """The sound of `events`, (channels, frames) from song time 0."""
    late = _begin(hosted, wanted)
    runs = _Runs(hosted, wanted, beat, [frame for frame, data in events if data[0] & 0xF0 not in (0x80, 0x90)])
    pieces: list[Sound] = []
    following = 0
    rate = wanted.sample_rate
    for start, stop in runs.over(wanted.frames + late, wanted.tail_frames):
        now: list[tuple[bytes, float]] = []
        while following < len(events) and events[following][0] < stop:
            frame, data = events[following]
            now.append((data, (max(0, frame - start) + 0.5) / rate))  # half a frame keeps rounding out of it
            following += 1
        length = stop - start
        piece = hosted.plugin(
            now, duration=(length + 0.5) / rate, sample_rate=rate, num_channels=hosted.outputs, buffer_size=hosted.block, reset=False
        )
        if piece.shape != (hosted.outputs, length):
            raise Refused("length", f"gave {piece.shape[-1]} frames where {length} were asked for")
        pieces.append(piece)
        runs.heard(piece)
    return _joined(pieces, hosted.outputs, late)


def play_effect(hosted: Hosted, sound: Sound, wanted: Wanted, beat: Beat) -> Sound:
    """`sound` through the effect, and its ring; a mono effect hears the channels one after the other."""
    if hosted.inputs != hosted.outputs:
        raise Refused("load", f"has {hosted.inputs} inputs and {hosted.outputs} outputs; an insert needs as many of one as of the other")
    if hosted.inputs == len(sound):
        return _through(hosted, sound, wanted, beat)
    if hosted.inputs == 1:
        sides = [_through(hosted, sound[i : i + 1], wanted, beat) for i in range(len(sound))]
        result = np.zeros((len(sides), max(side.shape[1] for side in sides)), np.float32)
        for i, side in enumerate(sides):
            result[i, : side.shape[1]] = side[0]
        return result
    raise Refused("load", f"works on {hosted.inputs} channels; the sound has {len(sound)}")


def _through(hosted: Hosted, sound: Sound, wanted: Wanted, beat: Beat) -> Sound:
    late = _begin(hosted, wanted)
    runs = _Runs(hosted, wanted, beat, [])
    pieces: list[Sound] = []
    length = sound.shape[1]
    for start, stop in runs.over(length + late, wanted.tail_frames):
        block = np.zeros((len(sound), stop - start), np.float32)
        if start < length:
            block[:, : min(stop, length) - start] = sound[:, start : min(stop, length)]
        piece = hosted.plugin(block, wanted.sample_rate, buffer_size=hosted.block, reset=False)
        if piece.shape[1] > stop - start or piece.shape[0] != len(sound):
            raise Refused("length", f"gave {piece.shape[1]} frames where {stop - start} were asked for")
        pieces.append(piece)
        runs.heard(piece)
    result = _joined(pieces, len(sound), 0)  # pedalboard drops an effect's latency from the front
    if result.shape[1] < length:
        raise Refused("length", f"gave {result.shape[1]} frames for {length}")
    return result


def _begin(hosted: Hosted, wanted: Wanted) -> int:
    """Make the plugin ready; returns its latency."""
    hosted.restore(wanted.sample_rate)
    return hosted.latency


def _joined(pieces: Sequence[Sound], channels: int, late: int) -> Sound:
    whole = np.concatenate(pieces, axis=1) if pieces else np.zeros((channels, 0), np.float32)
    return np.ascontiguousarray(whole[:, late:], np.float32)


class _Runs:
    """The blocks of one render: where they begin, what is set before each, when it is over, and whether the worker still lives well."""

    def __init__(self, hosted: Hosted, wanted: Wanted, beat: Beat, changes: Sequence[int]) -> None:
        self._wanted, self._beat = wanted, beat
        self._longest = max(AUTOMATION_FRAMES, CALL_BLOCKS * hosted.block)
        self._lines = [_Line(hosted, key, points) for key, points in wanted.lines.items()]
        self._changes = sorted({frame - frame % CONTROL_FRAMES for frame in changes})
        self._quiet = 0
        self._memory_mb = resident_mb()

    def over(self, frames: int, tail: int) -> Iterator[tuple[int, int]]:
        """(start, stop) of each block through the music, then through the tail until it is silent."""
        step = AUTOMATION_FRAMES if any(line.moves for line in self._lines) else self._longest
        start, following = 0, 0
        while start < frames or (start < frames + tail and self._quiet < QUIET_S * self._wanted.sample_rate):
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
            yield start, stop
            start = stop
            self._beat(start)
            grown = resident_mb() - self._memory_mb
            if grown > self._wanted.memory_limit_mb:
                raise Refused("memory", f"took {grown:.0f} MB of memory while it rendered; {self._wanted.memory_limit_mb:.0f} are allowed")

    def heard(self, piece: Sound) -> None:
        """Count the silence at the end of what was rendered."""
        if piece.shape[1] == 0:
            return
        peak = float(np.abs(piece).max())
        self._quiet = 0 if not peak < 10.0 ** (SILENCE_DB / 20.0) else self._quiet + piece.shape[1]


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
