"""A track as an engine wants it: notes in frames, pedals resolved, controllers as curves over frames.

What every General MIDI player does alike lives here, once: sustain pedal, re-struck notes, volume and expression, pitch bend with
its range, modulation, program changes, "all notes off".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.music.score import Control, Timeline, Track

VOLUME, PAN, EXPRESSION, MODULATION, PEDAL = 7, 10, 11, 1, 64
RAMP_S = 0.004
_OFF = (120, 123)
_RESET = 121
_RPN_HIGH, _RPN_LOW, _DATA = 101, 100, 6
Frames = NDArray[np.int64]
Line = NDArray[np.float32]
_Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A controller over time: straight lines between (frames, values), held before the first and after the last."""

    frames: NDArray[np.float64]
    values: NDArray[np.float64]

    @property
    def constant(self) -> bool:
        """True where it never changes."""
        return bool(np.all(self.values == self.values[0]))

    def over(self, start: int, end: int) -> Line:
        """The values at frames start..end-1."""
        if self.constant:
            return np.full(max(0, end - start), self.values[0], np.float32)
        return np.interp(np.arange(start, end), self.frames, self.values).astype(np.float32)

    def steady(self, start: int, end: int) -> float | None:
        """The one value between two frames, or None where it moves."""
        a, b = np.searchsorted(self.frames, (start, end))
        inside = self.values[max(0, a - 1) : b + 1]
        return float(inside[0]) if len(inside) == 0 or np.all(inside == inside[0]) else None


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """One track, ready to sound; the note arrays are parallel and sorted by start.

    starts, ends: frames, the pedal already heard in the ends.  programs, banks: what was chosen when the note began.
    gain: linear, CC7 and CC11 as the MIDI recommendation has them, (value / 127)², CC7 at 100 being 1.  pan: -1 left .. 1 right.
    bend: semitones.  modulation: 0..1, the wheel and the channel pressure together.
    """

    starts: Frames
    ends: Frames
    pitches: Frames
    velocities: Frames
    programs: Frames
    banks: Frames
    gain: Curve
    pan: Curve
    bend: Curve
    modulation: Curve

    def __len__(self) -> int:
        return len(self.starts)


def perform(track: Track, timeline: Timeline, sample_rate: int) -> Performance:
    """Notes and controls of `track` at `sample_rate`; the only bridge from ticks to frames that engines use."""

    def to_frames(ticks: list[int]) -> Frames:
        return np.rint(timeline.tempos.seconds_of(np.asarray(ticks, np.int64)) * sample_rate).astype(np.int64)

    notes = sorted(track.notes)
    starts, ends = to_frames([note.start for note in notes]), to_frames([note.end for note in notes])
    pitches = np.array([note.pitch for note in notes], np.int64)
    velocities = np.array([note.velocity for note in notes], np.int64)
    controls = sorted(track.controls, key=lambda control: control.tick)
    at = to_frames([control.tick for control in controls])
    ends = _pedalled(starts, np.maximum(ends, starts + 1), controls, at)
    keep, ends = _struck_again(starts, ends, pitches, velocities)
    programs, banks = _programs(starts, controls, at, track.program)
    ramp = RAMP_S * sample_rate
    volume = _curve(_controller(controls, at, VOLUME, 100), ramp)
    expression = _curve(_controller(controls, at, EXPRESSION, 127), ramp)
    wheel = _curve(_controller(controls, at, MODULATION, 0), ramp)
    pressure = _curve(((f, c.value) for c, f in zip(controls, at, strict=True) if c.kind == "pressure"), ramp, 0.0)
    return Performance(
        starts=starts[keep],
        ends=ends[keep],
        pitches=pitches[keep],
        velocities=velocities[keep],
        programs=programs[keep],
        banks=banks[keep],
        gain=_combined(volume, expression, lambda a, b: (a / 100.0) ** 2 * (b / 127.0) ** 2),
        pan=_mapped(_curve(_controller(controls, at, PAN, 64), ramp), lambda v: np.clip((v - 64.0) / 63.0, -1.0, 1.0)),
        bend=_curve(_bends(controls, at, track.bend_range), ramp),
        modulation=_combined(wheel, pressure, lambda a, b: np.minimum(1.0, (a + b) / 127.0)),
    )


def placed(sound: Line, played: Performance) -> Line:
    """`sound` under the channel's volume, expression and pan; equal power, the centre being 1.

    (2, frames), or (1, frames), which stays one channel where the pan is the centre throughout.
    """
    frames = sound.shape[1]
    if sound.shape[0] == 1 and played.pan.constant and played.pan.values[0] == 0.0:
        level = played.gain.over(0, frames)
        return sound if played.gain.constant and level[0] == 1.0 else sound * level
    if played.gain.constant and played.pan.constant:
        gain, pan = (float(curve.values[0]) for curve in (played.gain, played.pan))
        angle = (pan + 1.0) * np.pi / 4.0
        shares = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(np.sqrt(2.0) * gain)
        return sound if np.allclose(shares, 1.0) else sound * shares
    gain_line, turn = played.gain.over(0, frames), (played.pan.over(0, frames) + np.float32(1.0)) * np.float32(np.pi / 4.0)
    result: Line = np.stack((np.cos(turn), np.sin(turn))) * (np.float32(np.sqrt(2.0)) * gain_line) * sound
    return result


def _controller(controls: list[Control], at: Frames, number: int, start: int) -> Iterator[tuple[int, float]]:
    """(frame, value) of one continuous controller from its value at reset; "reset all controllers" spares volume and pan."""
    yield 0, start
    for control, frame in zip(controls, at, strict=True):
        if control.kind != "cc":
            continue
        if control.number == number:
            yield int(frame), control.value
        elif control.number == _RESET and number not in (VOLUME, PAN):
            yield int(frame), start


def _bends(controls: list[Control], at: Frames, bend_range: float) -> Iterator[tuple[int, float]]:
    """(frame, semitones) of the pitch wheel; registered parameter 0 changes the range from there on."""
    yield 0, 0.0
    position, parameter = 0, (127, 127)
    for control, frame in zip(controls, at, strict=True):
        if control.kind == "bend":
            position = control.value
        elif control.kind == "cc" and control.number == _RPN_HIGH:
            parameter = (control.value, parameter[1])
        elif control.kind == "cc" and control.number == _RPN_LOW:
            parameter = (parameter[0], control.value)
        elif control.kind == "cc" and control.number == _DATA and parameter == (0, 0):
            bend_range = float(control.value)
        elif control.kind == "cc" and control.number == _RESET:
            position = 0
        else:
            continue
        yield int(frame), position / 8192.0 * bend_range


def _curve(steps: Iterator[tuple[int, float]], ramp: float, start: float | None = None) -> Curve:
    """Steps as a curve that takes `ramp` frames for each, or less where the next step comes sooner."""
    points = list(steps) if start is None else [(0, start), *steps]
    frames = np.array([point[0] for point in points], np.float64)
    values = np.array([point[1] for point in points], np.float64)
    last = np.r_[frames[1:] != frames[:-1], True]  # of several at one frame the last one counts
    frames, values = frames[last], values[last]
    if len(frames) == 1 or np.all(values == values[0]):
        return Curve(np.zeros(1), values[:1])
    until = np.minimum(frames[1:] + ramp, np.r_[frames[2:], np.inf])
    xs = np.r_[frames[0], np.stack((frames[1:], until), 1).ravel()]
    ys = np.r_[values[0], np.stack((values[:-1], values[1:]), 1).ravel()]
    return Curve(xs, ys)


def _mapped(curve: Curve, change: Callable[[_Values], _Values]) -> Curve:
    return Curve(curve.frames, np.asarray(change(curve.values), np.float64))


def _combined(first: Curve, second: Curve, change: Callable[[_Values, _Values], _Values]) -> Curve:
    """A function of two curves on the joint of their corners."""
    frames = np.union1d(first.frames, second.frames)
    a, b = (np.interp(frames, curve.frames, curve.values) for curve in (first, second))
    values = np.asarray(change(a, b), np.float64)
    return Curve(frames, values) if np.any(values != values[0]) else Curve(np.zeros(1), values[:1])


def _pedalled(starts: Frames, ends: Frames, controls: list[Control], at: Frames) -> Frames:
    """Ends moved to where the sustain pedal lets go, or brought forward by "all notes off"."""
    downs: list[int] = []
    ups: list[int] = []
    offs: list[int] = []
    for control, frame in zip(controls, at, strict=True):
        if control.kind != "cc":
            continue
        is_down = len(downs) > len(ups)
        if control.number == PEDAL and control.value >= 64 and not is_down:
            downs.append(int(frame))
        elif is_down and (control.number == _RESET or (control.number == PEDAL and control.value < 64)):
            ups.append(int(frame))
        elif control.number in _OFF:
            offs.append(int(frame))
    if len(downs) > len(ups):
        ups.append(int(max(ends.max(initial=0), downs[-1])))
    if downs:
        i = np.searchsorted(np.array(downs), ends, side="right") - 1
        held = (i >= 0) & (ends < np.array(ups)[np.maximum(i, 0)])
        ends = np.where(held, np.array(ups)[np.maximum(i, 0)], ends)
    if offs:
        cut = np.r_[np.array(offs), np.iinfo(np.int64).max][np.searchsorted(np.array(offs), starts, side="right")]
        ends = np.minimum(ends, cut)
    return ends


def _struck_again(starts: Frames, ends: Frames, pitches: Frames, velocities: Frames) -> tuple[Frames, Frames]:
    """A string struck again ends its earlier note; of two strikes at one frame the louder stays.  Returns (kept indices, all ends)."""
    order = np.lexsort((velocities, starts, pitches))
    following = order[1:]
    same = pitches[order[:-1]] == pitches[following]
    ends = ends.copy()
    ends[order[:-1]] = np.where(same, np.minimum(ends[order[:-1]], starts[following]), ends[order[:-1]])
    return np.flatnonzero(ends > starts), ends


def _programs(starts: Frames, controls: list[Control], at: Frames, program: int) -> tuple[Frames, Frames]:
    """Program and bank in force at each note's start."""
    changes = [(int(f), c.value, c.number) for c, f in zip(controls, at, strict=True) if c.kind == "program"]
    table = np.array([(-1, program, 0), *changes], np.int64)
    i = np.searchsorted(table[:, 0], starts, side="right") - 1
    return table[i, 1], table[i, 2]
