"""Music as the sender takes it: bars of events in ticks, complete enough to be entered at any beat.

A bar belongs to a version of the music.  Where the version changes from one bar to the next, or within a bar at a beat, the sender
compares what sounds with what the new bar says should sound, ends the rest, and strikes what is missing: no note hangs, no pad is lost.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from daiw.music.score import Arrangement, Control, Track
from daiw.music.time import Meter

EARLY_TICKS = 30
"""A note struck up to a 64th before a bar line belongs to the bar that it anticipates."""

DRUM_CHANNEL = 9
ROLE_CHANNELS: Mapping[str, int] = {
    "melody": 0, "counter": 1, "chords": 2, "pad": 3, "bass": 4, "vocal": 5, "backing": 6, "drums": DRUM_CHANNEL,
}  # fmt: skip
"""Role -> MIDI channel 0..15: the same in every style, so that a DAW's tracks are set up once."""

TUNE_CHANNELS = frozenset((0, 1, 5, 6))
"""Channels of melodies and voices, which rest first where bars must be repeated."""


class LiveNote(NamedTuple):
    """start, end: ticks from the start of the music.  channel: 0..15.  pitch: 0..127.  velocity: 1..127."""

    start: int
    end: int
    channel: int
    pitch: int
    velocity: int


class LiveControl(NamedTuple):
    """A channel message other than a note, at `tick`."""

    tick: int
    message: bytes


@dataclass(frozen=True, slots=True)
class LiveBar:
    """One bar.

    start, length, beat: ticks.  version: of the music it was cut from.  notes: struck in this bar.
    held: struck before it and still sounding at its first tick.  controls: of this bar.
    state: the controls in force at its first tick.  tempos: (tick, bpm) changes in this bar, and the one in force at its start.
    chords: (tick, name).  section, key, feeling: for the screen.  last: the music ends with this bar.
    """

    start: int
    length: int
    beat: int
    version: int
    notes: tuple[LiveNote, ...] = ()
    held: tuple[LiveNote, ...] = ()
    controls: tuple[LiveControl, ...] = ()
    state: tuple[bytes, ...] = ()
    tempos: tuple[tuple[int, float], ...] = ()
    chords: tuple[tuple[int, str], ...] = ()
    section: str = ""
    key: str = ""
    feeling: str = ""
    last: bool = False

    @property
    def end(self) -> int:
        """The tick after the bar."""
        return self.start + self.length

    def moved(self, start: int, version: int, *, without: frozenset[int] = frozenset()) -> "LiveBar":
        """The same bar at another place, as another version, without the notes of some channels."""
        by = start - self.start

        def shifted(notes: tuple[LiveNote, ...]) -> tuple[LiveNote, ...]:
            return tuple(note._replace(start=note.start + by, end=note.end + by) for note in notes if note.channel not in without)

        return replace(
            self, start=start, version=version, notes=shifted(self.notes), held=shifted(self.held),
            controls=tuple(LiveControl(tick + by, message) for tick, message in self.controls),
            tempos=tuple((tick + by, bpm) for tick, bpm in self.tempos), chords=tuple((tick + by, name) for tick, name in self.chords),
            last=False,
        )  # fmt: skip


def channels_of(tracks: Iterable[Track]) -> tuple[int, ...]:
    """A channel for each track: its role's own where it has one, else the next free; drums share channel 10, a 16th part shares too.

    >>> channels_of((Track("bass", "x", ()), Track("kit", "x", (), drums=True), Track("piano", "x", ())))
    (4, 9, 0)
    """
    tracks = tuple(tracks)
    own = {track.role: ROLE_CHANNELS[track.role] for track in tracks if track.role in ROLE_CHANNELS and not track.drums}
    taken = set(own.values()) | {DRUM_CHANNEL}
    spare = [channel for channel in range(16) if channel not in taken] or [channel for channel in range(16) if channel != DRUM_CHANNEL]
    result, used = [], 0
    for track in tracks:
        if track.drums:
            result.append(DRUM_CHANNEL)
        elif track.role in own:
            result.append(own[track.role])
        else:
            result.append(spare[used % len(spare)])
            used += 1
    return tuple(result)


def control_message(control: Control, channel: int) -> tuple[bytes, ...]:
    """A control as MIDI messages."""
    number, value = control.number & 0x7F, control.value
    if control.kind == "cc":
        return (bytes([0xB0 | channel, number, value & 0x7F]),)
    if control.kind == "bend":
        bend = min(16383, max(0, value + 8192))
        return (bytes([0xE0 | channel, bend & 127, bend >> 7]),)
    if control.kind == "pressure":
        return (bytes([0xD0 | channel, value & 0x7F]),)
    bank = control.number
    return (bytes([0xB0 | channel, 0, bank >> 7 & 127]), bytes([0xB0 | channel, 32, bank & 127]), bytes([0xC0 | channel, value & 0x7F]))


def control_kind(message: bytes) -> tuple[int, int]:
    """What a channel message sets: messages of one kind replace each other."""
    return (message[0], message[1] if message[0] & 0xF0 == 0xB0 else -1)


@dataclass(frozen=True, slots=True)
class Stream:
    """A whole arrangement as sorted live events.  notes by start; controls by tick."""

    notes: tuple[LiveNote, ...]
    controls: tuple[LiveControl, ...]


def stream_of(arrangement: Arrangement, *, programs: bool = True) -> Stream:
    """All tracks of an arrangement on their channels.  programs: send program changes, else leave the receiver's sounds alone."""
    notes: list[LiveNote] = []
    controls: list[LiveControl] = []
    for track, channel in zip(arrangement.tracks, channels_of(arrangement.tracks), strict=True):
        notes += [LiveNote(note.start, note.end, channel, note.pitch, note.velocity) for note in track.notes]
        if programs and not any(control.kind == "program" and control.tick == 0 for control in track.controls):
            controls.append(LiveControl(0, bytes([0xC0 | channel, track.program])))
        if track.bend_range != 2.0:
            semitones, cents = divmod(round(100 * track.bend_range), 100)
            rpn = ((101, 0), (100, 0), (6, min(127, semitones)), (38, cents), (101, 127), (100, 127))
            controls += [LiveControl(0, bytes([0xB0 | channel, number, value])) for number, value in rpn]
        for control in track.controls:
            if programs or control.kind != "program":
                controls += [LiveControl(control.tick, message) for message in control_message(control, channel)]
    return Stream(tuple(sorted(notes)), tuple(sorted(controls, key=lambda control: control.tick)))


def bar_lines(meters: tuple[tuple[int, Meter], ...], end: int) -> Iterator[tuple[int, int, Meter]]:
    """(start, length, meter) of every bar from tick 0 until `end` is covered; a change of meter starts a bar."""
    changes = [*meters, (max(end, 1), meters[-1][1])]
    for (start, meter), (following, _) in pairwise(changes):
        tick = start
        while tick < following:
            length = meter.bar_ticks if following >= end else min(meter.bar_ticks, following - tick)
            yield tick, length, meter
            tick += length


def cut(stream: Stream, lines: Iterable[tuple[int, int, Meter]], version: int, *, first: int = 0) -> Iterator[LiveBar]:
    """The stream in bars.  lines: (start, length, meter), rising; bars that end before tick `first` are left out."""
    notes, controls = stream.notes, stream.controls
    position = place = 0
    sounding: list[LiveNote] = []
    state: dict[tuple[int, int], bytes] = {}
    for start, length, meter in lines:
        end = start + length
        sounding = [note for note in sounding if note.end > start]
        held = tuple(sounding)
        struck = position
        while position < len(notes) and notes[position].start < end - EARLY_TICKS:
            position += 1
        before = tuple(state[kind] for kind in sorted(state))
        turned = place
        while place < len(controls) and controls[place].tick < end - EARLY_TICKS:
            state[control_kind(controls[place].message)] = controls[place].message
            place += 1
        own = notes[struck:position]
        sounding += [note for note in own if note.end > end]
        if end > first:
            yield LiveBar(start, length, meter.beat_ticks, version, own, held, controls[turned:place], before)
