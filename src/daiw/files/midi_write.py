"""An Arrangement -> a Standard MIDI File: type 1, 480 ticks a quarter, byte-identical for identical input.

The first chunk is the conductor: title, copyright, texts, tempo map, time and key signatures, section markers.  Then one chunk a
track, named after its role.  Every chunk ends at the song's end.  On one tick, note-offs come before controls and these before
note-ons; a note that would sound while its key is still held ends the earlier one.

Channels: drums on 10; other tracks get 1-9 and 11-16 in order.  The 16th melodic and the second drum track start another port
(meta FF 21), with 16 channels of its own; readers that know no ports still see one chunk a track.
Text is UTF-8, one line.  Signatures have no modes: a text "Key: D dorian" beside each tells it, and `read_midi` reads it back.
"""

from collections.abc import Iterable, Iterator

from daiw.files.midi_channel import DRUM_CHANNEL
from daiw.files.midi_events import COPYRIGHT, END, INSTRUMENT_NAME, KEY, LYRIC, MARKER, METER, NAME, PORT, TEMPO, TEXT
from daiw.files.midi_names import clean_text
from daiw.files.midi_timeline import KEY_TEXT
from daiw.music.pitch import Key
from daiw.music.score import Arrangement, Control, Note, Timeline, Track
from daiw.music.time import TICKS_PER_QUARTER, Meter

META, OFF, CONTROL, ON = range(4)
MELODIC_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
MAX_DELTA = 2**28 - 1

Event = tuple[int, int, int, bytes]
"""Tick, rank on that tick, pitch (so that no order is left to chance), bytes without delta."""


def midi_bytes(arrangement: Arrangement, *, title: str = "", copyright: str = "", texts: Iterable[str] = ()) -> bytes:
    """The file's bytes.  texts: remarks for the conductor chunk, such as the prompt.

    Raises ValueError where a track's role, or a control's number or value, cannot be written.
    """
    timeline = arrangement.timeline
    end = max([timeline.end, *(note.end for track in arrangement.tracks for note in track.notes)])
    chunks = [_chunk(_conductor(timeline, title, copyright, texts), end)]
    for track, (port, channel) in zip(arrangement.tracks, _channels(arrangement.tracks), strict=True):
        chunks.append(_chunk(_player(track, port, channel), end))
    header = b"MThd" + b"".join(value.to_bytes(size, "big") for value, size in ((6, 4), (1, 2), (len(chunks), 2), (TICKS_PER_QUARTER, 2)))
    return header + b"".join(chunks)


def _channels(tracks: Iterable[Track]) -> Iterator[tuple[int, int]]:
    """A (port, channel) for each track, no two alike."""
    drums = melodic = 0
    for track in tracks:
        if track.drums:
            yield drums, DRUM_CHANNEL
            drums += 1
        else:
            port, index = divmod(melodic, len(MELODIC_CHANNELS))
            yield port, MELODIC_CHANNELS[index]
            melodic += 1


def _conductor(timeline: Timeline, title: str, copyright: str, texts: Iterable[str]) -> Iterator[Event]:
    for kind, text in ((NAME, title), (COPYRIGHT, copyright), *((TEXT, text) for text in texts)):
        if clean_text(text):
            yield 0, META, 0, _meta(kind, clean_text(text).encode())
    for change in timeline.tempos.changes:
        microseconds = min(max(1, round(60e6 / change.bpm)), 0xFFFFFF)
        yield change.tick, META, 0, _meta(TEMPO, microseconds.to_bytes(3, "big"))
    for tick, meter in timeline.meters:
        yield tick, META, 0, _meta(METER, _meter_payload(meter))
    for tick, key in timeline.keys:
        yield tick, META, 0, _meta(TEXT, f"{KEY_TEXT}{key}".encode())
        yield tick, META, 0, _meta(KEY, _key_payload(key))
    for tick, text in timeline.markers:
        yield tick, META, 0, _meta(MARKER, clean_text(text).encode())


def _meter_payload(meter: Meter) -> bytes:
    """Numerator, power of two, MIDI clocks (24 a quarter) a felt beat, 32nds a quarter."""
    return bytes([meter.numerator, meter.denominator.bit_length() - 1, max(1, meter.beat_ticks * 24 // TICKS_PER_QUARTER), 8])


def _key_payload(key: Key) -> bytes:
    """Sharps or flats and the minor flag; keys beyond seven accidentals are respelled by twelve fifths."""
    fifths = key.signature
    while abs(fifths) > 7:
        fifths -= 12 if fifths > 0 else -12
    return bytes([fifths % 256, key.minor_third])


def _player(track: Track, port: int, channel: int) -> Iterator[Event]:
    if not clean_text(track.role):
        raise ValueError(f"a track needs a role that can be printed, got {track.role!r}")
    yield 0, META, 0, _meta(NAME, clean_text(track.role).encode())
    if clean_text(track.instrument):
        yield 0, META, 0, _meta(INSTRUMENT_NAME, clean_text(track.instrument).encode())
    if port:
        yield 0, META, 0, _meta(PORT, bytes([port]))
    if not any(control.kind == "program" and control.tick == 0 for control in track.controls):
        yield 0, CONTROL, 0, bytes([0xC0 | channel, track.program])
    if track.bend_range != 2.0:
        semitones, cents = divmod(round(100 * track.bend_range), 100)
        for number, value in ((101, 0), (100, 0), (6, semitones), (38, cents), (101, 127), (100, 127)):
            yield 0, CONTROL, 0, bytes([0xB0 | channel, number, value])
    for control in sorted(track.controls, key=lambda control: control.tick):
        for message in _control_messages(control, channel):
            yield control.tick, CONTROL, 0, message
    for note in _without_overlaps(track.notes):
        if note.lyric and clean_text(note.lyric):
            yield note.start, ON, note.pitch, _meta(LYRIC, clean_text(note.lyric).encode())
        yield note.start, ON, note.pitch, bytes([0x90 | channel, note.pitch, note.velocity])
        yield note.end, OFF, note.pitch, bytes([0x80 | channel, note.pitch, 64])


def _control_messages(control: Control, channel: int) -> Iterator[bytes]:
    number, value = control.number, control.value
    if control.kind == "cc":
        yield bytes([0xB0 | channel, _checked(number, 128), _checked(value, 128)])
    elif control.kind == "bend":
        bend = _checked(value + 8192, 16384)
        yield bytes([0xE0 | channel, bend & 127, bend >> 7])
    elif control.kind == "pressure":
        yield bytes([0xD0 | channel, _checked(value, 128)])
    else:
        yield bytes([0xB0 | channel, 0, _checked(number, 16384) >> 7])
        yield bytes([0xB0 | channel, 32, number & 127])
        yield bytes([0xC0 | channel, _checked(value, 128)])


def _checked(value: int, limit: int) -> int:
    if not 0 <= value < limit:
        raise ValueError(f"a control's number or value is out of range: {value}, limit {limit - 1}")
    return value


def _without_overlaps(notes: Iterable[Note]) -> Iterator[Note]:
    """Each key sounds once at a time: a later note cuts an earlier one; of two that start together the longer, then louder, stays."""
    held: dict[int, Note] = {}
    for note in sorted(notes, key=lambda note: (note.start, -note.duration, -note.velocity, note.pitch)):
        earlier = held.get(note.pitch)
        if earlier and earlier.start == note.start:
            continue
        if earlier:
            yield _cut(earlier, note.start)
        held[note.pitch] = note
    yield from held.values()


def _cut(note: Note, tick: int) -> Note:
    return note if note.end <= tick else Note(note.start, tick - note.start, note.pitch, note.velocity, note.lyric, note.phonemes)


def _chunk(events: Iterable[Event], end: int) -> bytes:
    body = bytearray()
    last = 0
    for tick, _, _, message in sorted(events, key=lambda event: event[:3]):
        body += _delta(tick - last) + message
        last = tick
    body += _delta(max(0, end - last)) + _meta(END, b"")
    return b"MTrk" + len(body).to_bytes(4, "big") + bytes(body)


def _meta(kind: int, payload: bytes) -> bytes:
    return bytes([0xFF, kind]) + _variable_length(len(payload)) + payload


def _delta(ticks: int) -> bytes:
    """A delta time; what four bytes cannot hold, 69 hours at 120 bpm, is bridged by empty texts."""
    bridges, rest = divmod(ticks, MAX_DELTA)
    return (_variable_length(MAX_DELTA) + _meta(TEXT, b"")) * bridges + _variable_length(rest)


def _variable_length(value: int) -> bytes:
    groups = [value & 127]
    while value := value >> 7:
        groups.append(value & 127 | 128)
    return bytes(reversed(groups))
