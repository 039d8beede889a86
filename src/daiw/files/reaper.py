"""Reaper projects: one text file with tempo map, regions for sections, MIDI items with their events inside, stems as audio items.

The format is Reaper's own and has no published grammar; what is written here is the subset that its users have documented ("state
chunks").  Positions are in seconds, MIDI in ticks.  Every stem is an audio track at unity; MIDI tracks carry no plugin and stay silent,
with pan and sends as in our mix, for an instrument that is put there.  Reaper keeps plugins in a binary form of its own that nobody has
documented; what VST3s sounded lies as .vstpreset files in the song's plugins/ and in the zip, for Reaper to load.
"""

import base64
import uuid
from collections.abc import Iterator, Sequence
from itertools import pairwise

from daiw.files.session import Session, Strip, colour, plain
from daiw.music.score import Control, Track
from daiw.music.time import TICKS_PER_QUARTER

DRUM_CHANNEL = 9
HOLD = 1
"""Shape of a tempo point: the tempo stays until the next one."""
LYRIC = b"\xff\x05"
NAMESPACE = uuid.UUID("6d1c7f0e-2f0b-5f0a-9a51-4441695700a1")


def rpp_bytes(session: Session) -> bytes:
    """The .rpp, UTF-8 with CR LF line ends, as Reaper writes it."""
    timeline = session.arrangement.timeline
    meter = timeline.meter(0)
    lines = [
        f'<REAPER_PROJECT 0.1 "7.0/daiw-{session.version}" 0',
        *_indented(["<NOTES 0 2", *(f"  |{line}" for line in (session.title, session.comment) if line), ">"]),
        "  SAMPLERATE 48000 1 0",
        f"  TEMPO {plain(timeline.tempos.bpm(0))} {meter.numerator} {meter.denominator}",
        f"  TITLE {quoted(session.title)}",
        *_indented(_tempo_map(session)),
        *_indented(_regions(session)),
        "  MASTER_NCH 2 2",
        "  MASTER_VOLUME 1 0 -1 -1 1",
        "  MASTERMUTESOLO 0",
    ]
    for index, track in enumerate(session.arrangement.tracks):
        item = _item(track.role, session.arrangement.timeline.tempos.seconds(session.end), session, _midi(track, session.end))
        strip = session.strips.get(track.role, Strip())
        lines += _indented(_track(track.role, colour(track.role, index), session, item, pan=strip.pan))
    for index, stem in enumerate(session.stems):
        item = _item(f"{stem.name} stem", stem.duration_s, session, ["<SOURCE WAVE", f"  FILE {quoted(stem.path)}", ">"])
        lines += _indented(_track(f"{stem.name} stem", colour(stem.name, index), session, item, receives=_receives(session, stem.name)))
    return ("\r\n".join([*lines, ">"]) + "\r\n").encode("utf-8")


def quoted(text: str) -> str:
    """A string in whichever quotes it does not contain itself; where it has all three kinds, back ticks become apostrophes.

    >>> quoted("verse 1"), quoted('say "no"'), quoted("")
    ('"verse 1"', '\\'say "no"\\'', '""')
    """
    text = " ".join(text.split())
    mark = next((mark for mark in "\"'`" if mark not in text), "")
    return f"{mark}{text}{mark}" if mark else "`" + text.replace("`", "'") + "`"


def _tempo_map(session: Session) -> Iterator[str]:
    """The master tempo envelope: a point where tempo or meter changes, the meter as numerator + 65536 denominators."""
    timeline = session.arrangement.timeline
    meters = dict(timeline.meters)
    yield "<TEMPOENVEX"
    yield "  ACT 1 -1"
    yield "  VIS 1 0 1"
    yield f"  DEFSHAPE {HOLD} -1 -1"
    for tick in sorted({change.tick for change in timeline.tempos.changes} | meters.keys()):
        point = f"  PT {plain(timeline.tempos.seconds(tick))} {plain(timeline.tempos.bpm(tick))} {HOLD}"
        yield point + (f" {meters[tick].numerator + (meters[tick].denominator << 16)}" if tick in meters else "")
    yield ">"


def _regions(session: Session) -> Iterator[str]:
    """A region a section: two lines of one number, where it begins and where it ends."""
    timeline = session.arrangement.timeline
    edges = [*timeline.markers, (max(timeline.end, 1), "")]
    for number, ((tick, name), (until, _)) in enumerate(pairwise(edges), 1):
        if until > tick:
            yield f"MARKER {number} {plain(timeline.tempos.seconds(tick))} {quoted(name)} 1"
            yield f'MARKER {number} {plain(timeline.tempos.seconds(until))} "" 1'


def _receives(session: Session, name: str) -> list[str]:
    """What the return `name` hears: a line for each note track with an open send, silent until an instrument plays there."""
    return [
        f"AUXRECV {index} 0 {plain(10 ** (level_db / 20))} 0 0 0 0 0 0 -1:U 0 -1 ''"
        for index, track in enumerate(session.arrangement.tracks)
        for bus, level_db in session.strips.get(track.role, Strip()).sends
        if bus == name
    ]


def _track(name: str, paint: str, session: Session, item: list[str], *, pan: float = 0.0, receives: Sequence[str] = ()) -> list[str]:
    return [
        f"<TRACK {_guid(session, 'track', name)}",
        f"  NAME {quoted(name)}",
        f"  PEAKCOL {_colour_number(paint)}",
        f"  VOLPAN 1 {plain(pan)} -1 -1 1",
        "  MUTESOLO 0 0 0",
        "  NCHAN 2",
        f"  TRACKID {_guid(session, 'track', name)}",
        "  MAINSEND 1 0",
        *_indented([*receives, *item]),
        ">",
    ]


def _item(name: str, length_s: float, session: Session, source: list[str]) -> list[str]:
    return [
        "<ITEM",
        "  POSITION 0",
        f"  LENGTH {plain(length_s)}",
        "  LOOP 0",
        "  ALLTAKES 0",
        "  FADEIN 0 0 0",
        "  FADEOUT 0 0 0",
        "  MUTE 0 0",
        f"  IGUID {_guid(session, 'item', name)}",
        f"  NAME {quoted(name)}",
        "  VOLPAN 1 0 1 -1",
        "  SOFFS 0",
        "  PLAYRATE 1 1 0 -1",
        *_indented(source),
        ">",
    ]


def _midi(track: Track, end: int) -> list[str]:
    """A MIDI source with its events inside, each after so many ticks; the last one, all notes off, gives its length."""
    lines, last = ["<SOURCE MIDI", f"  HASDATA 1 {TICKS_PER_QUARTER} QN"], 0
    for tick, _, _, event in sorted(_events(track), key=lambda entry: entry[:3]):
        if event.startswith(LYRIC):
            text = event[len(LYRIC) :].decode("utf-8")
            lines += [f"  <X {tick - last} 0 0 0 5 {quoted(text)}", f"    {base64.b64encode(event).decode()}", "  >"]
        else:
            lines.append(f"  E {tick - last} {event.hex(' ')}")
        last = tick
    return [*lines, f"  E {end - last} b0 7b 00", ">"]


def _events(track: Track) -> Iterator[tuple[int, int, int, bytes]]:
    """(tick, rank on that tick, pitch, MIDI bytes): offs, then controls, then ons."""
    channel = DRUM_CHANNEL if track.drums else 0
    if not any(control.kind == "program" and control.tick == 0 for control in track.controls):
        yield 0, 1, 0, bytes([0xC0 | channel, track.program, 0])
    for control in track.controls:
        yield control.tick, 1, control.number, _control_bytes(control, channel)
    for note in track.notes:
        yield note.end, 0, note.pitch, bytes([0x80 | channel, note.pitch, 64])
        if note.lyric:
            yield note.start, 2, note.pitch, LYRIC + note.lyric.encode("utf-8")
        yield note.start, 3, note.pitch, bytes([0x90 | channel, note.pitch, note.velocity])


def _control_bytes(control: Control, channel: int) -> bytes:
    """A control as the three bytes Reaper keeps; a program's bank is left to whoever chooses the plugin."""
    if control.kind == "cc":
        return bytes([0xB0 | channel, control.number, control.value])
    if control.kind == "bend":
        return bytes([0xE0 | channel, control.value + 8192 & 127, control.value + 8192 >> 7])
    return bytes([(0xD0 if control.kind == "pressure" else 0xC0) | channel, control.value, 0])


def _colour_number(paint: str) -> int:
    """Red in the lowest byte, and a bit that says that the colour is the track's own."""
    red, green, blue = bytes.fromhex(paint[1:])
    return 0x1000000 | blue << 16 | green << 8 | red


def _guid(session: Session, kind: str, name: str) -> str:
    """An identity that depends on title, kind and name alone."""
    return "{" + str(uuid.uuid5(NAMESPACE, f"{session.title}/{kind}/{name}")).upper() + "}"


def _indented(lines: Iterator[str] | list[str]) -> list[str]:
    return [f"  {line}" for line in lines]
