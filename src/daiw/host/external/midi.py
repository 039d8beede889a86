"""A track as the MIDI messages a plugin gets, each at its frame: notes, controllers, bend, pedal, programs, keyswitches."""

from collections.abc import Iterator
from operator import itemgetter

import numpy as np

from daiw.host.performance import EXPRESSION, PAN, VOLUME
from daiw.music.manifest import Manifest
from daiw.music.score import Control, Timeline, Track

KEYSWITCH_LEAD_S = 0.02
_NOTE_OFF, _NOTE_ON, _CC, _PROGRAM, _PRESSURE, _BEND = 0x80, 0x90, 0xB0, 0xC0, 0xD0, 0xE0
_OFF_FIRST, _CONTROL, _SWITCH, _ON_LAST = range(4)
Event = tuple[int, bytes]


def events_of(track: Track, timeline: Timeline, sample_rate: int, manifest: Manifest) -> list[Event]:
    """(frame, message) in order; at one frame notes end, then controllers move, then notes begin.

    Volume, pan and expression are left out where the host obeys them.  Bends are rescaled to what the plugin makes of a full bend, and
    notes outside the manifest's range come back into it by octaves: there may be keyswitches there.
    """

    notes = list(_notes(track, manifest))
    begins, ends = (_frames([note[side] for note in notes], timeline, sample_rate) for side in (0, 1))
    found: list[tuple[int, int, bytes]] = []
    for begin, end, (_, _, pitch, velocity) in zip(begins, ends, notes, strict=True):
        found += [(begin, _ON_LAST, bytes((_NOTE_ON, pitch, velocity))), (end, _OFF_FIRST, bytes((_NOTE_OFF, pitch, 0)))]
    at = _frames([control.tick for control in track.controls], timeline, sample_rate)
    for frame, control in zip(at, track.controls, strict=True):
        found += [(frame, _CONTROL, message) for message in _messages(control, track, manifest)]
    found += _switches(track, manifest, timeline, sample_rate)
    found.sort(key=itemgetter(0, 1))
    return [(at, message) for at, _, message in found]


def programs_of(track: Track, timeline: Timeline, sample_rate: int) -> list[tuple[int, int]]:
    """(frame, program) of the track's program changes, in order."""
    changes = sorted((control.tick, control.value) for control in track.controls if control.kind == "program")
    return list(zip(_frames([tick for tick, _ in changes], timeline, sample_rate), (value for _, value in changes), strict=True))


def _frames(ticks: list[int], timeline: Timeline, sample_rate: int) -> list[int]:
    frames: list[int] = np.rint(timeline.tempos.seconds_of(np.asarray(ticks, np.int64)) * sample_rate).astype(np.int64).tolist()
    return frames


def _notes(track: Track, manifest: Manifest) -> Iterator[tuple[int, int, int, int]]:
    """(start, end, pitch, velocity) in ticks; a key struck again ends its earlier note first."""
    notes = sorted(track.notes)
    following: dict[int, int] = {}
    result: list[tuple[int, int, int, int]] = []
    for note in reversed(notes):
        pitch = note.pitch if track.drums else _within(note.pitch, *manifest.range)
        end = min(note.end, following.get(pitch, note.end))
        if end > note.start:
            result.append((note.start, end, pitch, note.velocity))
            following[pitch] = note.start
    yield from reversed(result)


def _within(pitch: int, low: int, high: int) -> int:
    """`pitch` moved by octaves into low..high, or as near as an octave allows."""
    while pitch < low and pitch + 12 <= 127:
        pitch += 12
    while pitch > high and pitch - 12 >= max(0, low):
        pitch -= 12
    return pitch


def _messages(control: Control, track: Track, manifest: Manifest) -> Iterator[bytes]:
    if control.kind == "cc":
        if manifest.hosting.volume == "plugin" or control.number not in (VOLUME, PAN, EXPRESSION):
            yield bytes((_CC, control.number, control.value))
    elif control.kind == "bend":
        value = round(control.value * track.bend_range / manifest.hosting.bend_semitones)
        value = min(8191, max(-8192, value)) + 8192
        yield bytes((_BEND, value & 0x7F, value >> 7))
    elif control.kind == "pressure":
        yield bytes((_PRESSURE, control.value))
    elif control.kind == "program":
        yield bytes((_CC, 0, control.number >> 7))
        yield bytes((_CC, 32, control.number & 0x7F))
        yield bytes((_PROGRAM, control.value))


def _switches(track: Track, manifest: Manifest, timeline: Timeline, sample_rate: int) -> list[tuple[int, int, bytes]]:
    """Keyswitches: the usual articulation before the first note, another wherever short notes begin or end."""
    keys = manifest.keys
    if not keys.usual or not track.notes:
        return []
    lead, held = round(KEYSWITCH_LEAD_S * sample_rate), max(2, round(0.01 * sample_rate))
    notes = sorted(track.notes)
    begins, ends = (_frames([getattr(note, side) for note in notes], timeline, sample_rate) for side in ("start", "end"))
    found: list[tuple[int, int, bytes]] = []
    current = ""
    for begin, end in zip(begins, ends, strict=True):
        short = keys.short and (end - begin) < keys.short_ms * sample_rate / 1000.0
        wanted = keys.short if short else keys.usual
        if wanted != current:
            at, pitch = max(0, begin - lead), keys.switches[wanted]
            found += [(at, _SWITCH, bytes((_NOTE_ON, pitch, 100))), (at + held, _OFF_FIRST, bytes((_NOTE_OFF, pitch, 0)))]
            current = wanted
    return found
