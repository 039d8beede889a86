"""Bytes of a Standard MIDI File -> raw events, with every length checked.

Source: Standard MIDI Files 1.0 (MMA RP-001) and RP-029 (RMID).  Tolerated because players tolerate it: a missing end-of-track,
running status across meta and SysEx events, system messages that a file should not hold, unknown chunks, junk behind the last track,
more tracks than announced.  Refused because nothing can be read: lengths beyond the file, data bytes without a status or with bit 7 set,
variable-length numbers over four bytes.
"""

from dataclasses import dataclass

from daiw.errors import FileFormatError

MAX_EVENTS = 2_000_000

TEXT, COPYRIGHT, NAME, INSTRUMENT_NAME, LYRIC, MARKER = range(1, 7)
PORT, END, TEMPO, METER, KEY = 0x21, 0x2F, 0x51, 0x58, 0x59
"""The meta events that mean something to us; 0x21 is the widespread but unofficial MIDI port."""

# Data bytes after a system status; RP-001 leaves 0xF4, 0xF5, 0xF9 and 0xFD undefined.
SYSTEM_LENGTHS = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, 0xF8: 0, 0xFA: 0, 0xFB: 0, 0xFC: 0, 0xFE: 0}

FOREIGN_MAGIC = (
    (b"ID3", "an MP3 file"), (b"\xff\xfb", "an MP3 file"), (b"fLaC", "a FLAC file"), (b"OggS", "an Ogg file"),
    (b"PK\x03\x04", "a zip archive or a compressed project"), (b"<?xml", "an XML file"), (b"%PDF", "a PDF"), (b"FORM", "an AIFF file"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RawTrack:
    """One track chunk.

    messages: (tick, status, data1, data2) of channel messages in file order; data2 is 0 where the message has one byte.
    metas: (tick, type, payload, position, offset); position = how many messages stood before it, offset = its byte in the file.
    end: tick of the end-of-track, or of the last event.  All ticks are the file's own.
    """

    messages: list[tuple[int, int, int, int]]
    metas: list[tuple[int, int, bytes, int, int]]
    end: int


@dataclass(frozen=True, slots=True)
class RawFile:
    """A parsed file.  division: the header's 16 bits as they stand (bit 15 set: SMPTE)."""

    format: int
    division: int
    tracks: list[RawTrack]


def parse_midi(data: bytes) -> RawFile:
    """Read a whole file, with or without a RIFF RMID wrapper; raises FileFormatError with the byte offset."""
    start, stop = _unwrap(data)
    if data[start : start + 4] != b"MThd":
        raise FileFormatError(f"byte {start}: not a MIDI file ({_what_is(data)}); export it as a Standard MIDI File (.mid)")
    if stop - start < 14:
        raise FileFormatError(f"byte {stop}: the header is cut short; export the file again")
    length, form, count, division = (_number(data, start + at, size) for at, size in ((4, 4), (8, 2), (10, 2), (12, 2)))
    if length < 6 or start + 8 + length > stop:
        raise FileFormatError(f"byte {start + 4}: the header says it is {length} bytes long; it should be 6")
    if form > 2:
        raise FileFormatError(f"byte {start + 8}: MIDI file format {form} does not exist; it should be 0, 1 or 2")
    return RawFile(form, division, _read_tracks(data, start + 8 + length, stop, count))


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


def _what_is(data: bytes) -> str:
    """What a file that is not MIDI looks like, for the error message."""
    if not data:
        return "it is empty"
    if data[:4] == b"RIFF":
        return "it is a WAV file" if data[8:12] == b"WAVE" else "it is another RIFF file"
    for magic, name in FOREIGN_MAGIC:
        if data.startswith(magic):
            return f"it looks like {name}"
    return "it does not start with MThd"


def _unwrap(data: bytes) -> tuple[int, int]:
    """Where the MIDI data starts and stops: all of it, or the data chunk of a RIFF RMID file."""
    if data[:4] != b"RIFF" or data[8:12] != b"RMID":
        return 0, len(data)
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"data":
            if at + 8 + size > len(data):
                raise FileFormatError(f"byte {at + 4}: the RMID data says {size} bytes but {len(data) - at - 8} are left; copy it again")
            return at + 8, at + 8 + size
        at += 8 + size + size % 2
    raise FileFormatError("the RIFF RMID file holds no data chunk; export it as a Standard MIDI File (.mid)")


def _read_tracks(data: bytes, at: int, stop: int, count: int) -> list[RawTrack]:
    tracks: list[RawTrack] = []
    budget = MAX_EVENTS
    while at + 8 <= stop:
        name, length = data[at : at + 4], _number(data, at + 4, 4)
        if at + 8 + length > stop:
            if len(tracks) >= count > 0:
                break  # junk behind the last track
            what = f"track {len(tracks) + 1}" if name == b"MTrk" else f"the chunk {name!r}"
            raise FileFormatError(
                f"byte {at + 4}: {what} says {length} bytes but {stop - at - 8} are left; the file is cut short or damaged"
            )
        if name == b"MTrk":
            track, used = _read_track(data, at + 8, at + 8 + length, budget)
            budget -= used
            tracks.append(track)
        at += 8 + length
    if len(tracks) < count or not tracks:
        raise FileFormatError(
            f"byte {at}: the header announces {count} tracks but {len(tracks)} are there; the file is cut short or damaged"
        )
    return tracks


def _read_track(data: bytes, start: int, stop: int, budget: int) -> tuple[RawTrack, int]:
    """The events of one chunk and how many there were."""
    chunk = data[start:stop]
    try:
        return _Cursor(chunk, start).run(budget)
    except IndexError:
        raise FileFormatError(f"byte {stop}: an event runs past the end of its track; the file is damaged") from None


class _Cursor:
    """Walks one track chunk.  An IndexError from here means that an event ran past the chunk's end."""

    __slots__ = ("at", "chunk", "messages", "metas", "origin")

    def __init__(self, chunk: bytes, origin: int) -> None:
        self.chunk, self.origin, self.at = chunk, origin, 0
        self.messages: list[tuple[int, int, int, int]] = []
        self.metas: list[tuple[int, int, bytes, int, int]] = []

    def run(self, budget: int) -> tuple[RawTrack, int]:
        """Read to the end-of-track or the chunk's end.  The loop is flat for speed: it runs once an event."""
        chunk, stop = self.chunk, len(self.chunk)
        append = self.messages.append
        at = tick = status = used = 0
        while at < stop:
            used += 1
            if used > budget:
                raise FileFormatError(f"byte {self.origin + at}: more than {MAX_EVENTS:,} events; split the file")
            delta = chunk[at]
            at += 1
            if delta > 127:
                self.at = at - 1
                delta = self.variable_length()
                at = self.at
            tick += delta
            first = chunk[at]
            if first >= 0xF0:
                self.at = at
                if self.system(tick):
                    break
                at = self.at
                continue
            if first > 127:
                status = first
                at += 1
            elif not status:
                raise FileFormatError(f"byte {self.origin + at}: data without a status byte; the file is damaged")
            if 0xC0 <= status < 0xE0:
                one, two = chunk[at], 0
                at += 1
            else:
                one, two = chunk[at], chunk[at + 1]
                at += 2
            if (one | two) > 127:
                raise FileFormatError(f"byte {self.origin + at - 1}: a value over 127 in a message {status:#04x}; the file is damaged")
            append((tick, status, one, two))
        return RawTrack(self.messages, self.metas, tick), used

    def variable_length(self) -> int:
        """A number of one to four bytes, seven bits each."""
        value = 0
        for _ in range(4):
            byte = self.chunk[self.at]
            self.at += 1
            value = value << 7 | byte & 127
            if byte < 128:
                return value
        raise FileFormatError(f"byte {self.origin + self.at - 4}: a number longer than four bytes; the file is damaged")

    def system(self, tick: int) -> bool:
        """Read a meta, SysEx or stray system event; True where it ends the track."""
        offset = self.at
        status = self.chunk[offset]
        self.at += 1
        if status in SYSTEM_LENGTHS:
            self.at += SYSTEM_LENGTHS[status]
            return False
        if status not in (0xF0, 0xF7, 0xFF):
            raise FileFormatError(f"byte {self.origin + offset}: {status:#04x} is no MIDI message; the file is damaged")
        kind = -1
        if status == 0xFF:
            kind = self.chunk[self.at]
            self.at += 1
        length = self.variable_length()
        if self.at + length > len(self.chunk):
            left = len(self.chunk) - self.at
            raise FileFormatError(
                f"byte {self.origin + offset}: an event says {length} bytes but its track has {left} left; the file is damaged"
            )
        if kind >= 0:
            self.metas.append((tick, kind, self.chunk[self.at : self.at + length], len(self.messages), self.origin + offset))
        self.at += length
        return kind == END
