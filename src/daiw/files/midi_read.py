"""Raw MIDI events -> an Arrangement, the way players hear them.

A track of ours is one (chunk, channel, bank, program): chunks with several channels or programs are split, and each split keeps
the channel's controls.  Controls from chunks that hold no notes of their channel (set-up tracks) reach every track on that channel
and port.  Ticks are rescaled to 480 a quarter; notes keep at least one.
Not kept: SysEx, polyphonic pressure, parameter numbers other than the bend range, lyrics that stand at no note.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from daiw.errors import FileFormatError, TheoryError
from daiw.files.midi_channel import DRUM_CHANNEL, Message, Performance, Stream, walk_channel
from daiw.files.midi_events import RawFile, RawTrack
from daiw.files.midi_names import decode_text, role_name, unique_names
from daiw.music.instruments import family_of_program
from daiw.music.pitch import Key, PitchClass
from daiw.music.score import Arrangement, Control, Note, Timeline, Track
from daiw.music.time import TICKS_PER_QUARTER, Meter, Tempo, TempoMap

MAX_DURATION_S = 4 * 3600
MAX_SILENT_END_S = 60
MAX_TRACKS = 512
INSTRUMENT = "gm"
"""The manifest that plays whatever program a track asks for."""

TRACK_NAME, LYRIC, MARKER, PORT, TEMPO, METER, KEY, TEXT = 0x03, 0x05, 0x06, 0x21, 0x51, 0x58, 0x59, 0x01
KEY_TEXT = "Key: "

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A chunk at its place in the song: in format 2 one after the other.  offset: its first tick, in the file's ticks."""

    raw: RawTrack
    offset: int


def arrange_raw(raw: RawFile) -> Arrangement:
    """Interpret a parsed file; raises FileFormatError where it asks for something impossible."""
    scale, fixed_tempo = _rescaler(raw.division)
    placed, offset = [], 0
    for track in raw.tracks:
        placed.append(_Placed(track, offset))
        offset += track.end if raw.format == 2 else 0
    metas = [(scale(place.offset + tick), kind, payload, at) for place in placed for tick, kind, payload, _, at in place.raw.metas]
    metas.sort(key=lambda meta: meta[0])
    tempos = TempoMap() if fixed_tempo else _tempos(metas)
    tracks = _tracks(placed, scale, single=len(raw.tracks) == 1)
    end = _end(tempos, tracks, scale(max(place.offset + place.raw.end for place in placed)))
    metas = [meta for meta in metas if meta[0] <= end]
    tempos = TempoMap(tuple(change for change in tempos.changes if change.tick <= end))
    keys = tuple((tick, key) for tick, key in _keys(placed, scale) if tick <= end)
    markers = tuple((tick, text) for tick, kind, payload, _ in metas if kind == MARKER and (text := decode_text(payload)))
    return Arrangement(_until(tracks, end), Timeline(tempos, _meters(metas), keys, markers, end))


def _end(tempos: TempoMap, tracks: Iterable[Track], announced: int) -> int:
    """The song's last tick: as announced by the end-of-tracks, but at most a minute after the last note."""
    sounding = max((note.end for track in tracks for note in track.notes), default=0)
    seconds = tempos.seconds(sounding)
    if seconds > MAX_DURATION_S:
        raise FileFormatError(f"the song would last {seconds / 3600:.3g} hours; the limit is {MAX_DURATION_S // 3600}. Cut or split it")
    return max(sounding, min(announced, tempos.tick(seconds + MAX_SILENT_END_S)))


def _until(tracks: tuple[Track, ...], end: int) -> tuple[Track, ...]:
    """Without controls after the end."""
    if all(track.controls[-1].tick <= end for track in tracks if track.controls):
        return tracks
    return tuple(replace(track, controls=tuple(control for control in track.controls if control.tick <= end)) for track in tracks)


def _rescaler(division: int) -> tuple[Callable[[int], int], bool]:
    """A function from the file's ticks to ours, and whether the file counts in seconds (SMPTE), where tempo has no say."""
    if division & 0x8000:
        frames, ticks = 256 - (division >> 8), division & 0xFF
        if frames not in (24, 25, 29, 30) or ticks == 0:
            raise FileFormatError(f"byte 12: time division {division:#06x} is no SMPTE format; export with ticks per quarter note")
        # 120 bpm by definition: 960 ticks of ours a second; "29" is 30000/1001 frames a second.
        upper, lower = (960 * 1001, 30000 * ticks) if frames == 29 else (960, frames * ticks)
    elif division == 0:
        raise FileFormatError("byte 12: the time division is 0 ticks per quarter note; export the file again")
    else:
        upper, lower = TICKS_PER_QUARTER, division
    if upper == lower:
        return lambda tick: tick, bool(division & 0x8000)
    return lambda tick: (2 * tick * upper + lower) // (2 * lower), bool(division & 0x8000)


Metas = Sequence[tuple[int, int, bytes, int]]


def _tempos(metas: Metas) -> TempoMap:
    """The last tempo of each tick; a tempo of 0 is refused, as nothing could be scheduled after it."""
    changes = {0: 120.0}
    for tick, kind, payload, at in metas:
        if kind != TEMPO:
            continue
        if len(payload) != 3 or payload == b"\0\0\0":
            raise FileFormatError(
                f"byte {at}: a tempo of {payload.hex() or 'nothing'}; a tempo is three bytes over 0. Set it anew and export again"
            )
        changes[tick] = _bpm(int.from_bytes(payload, "big"))
    return TempoMap(tuple(Tempo(tick, bpm) for tick, bpm in _changes(changes.items())))


def _bpm(microseconds: int) -> float:
    """The roundest bpm, to three decimals, that is written as these microseconds a quarter.

    >>> _bpm(652174), _bpm(600000)
    (92.0, 100.0)
    """
    exact = 60e6 / microseconds
    for decimals in range(4):
        if (bpm := round(exact, decimals)) and round(60e6 / bpm) == microseconds:
            return bpm
    return exact


def _meters(metas: Metas) -> tuple[tuple[int, Meter], ...]:
    """The meters that exist; impossible ones are passed over, as players do."""
    meters = {0: Meter(4, 4)}
    for tick, kind, payload, _ in metas:
        if kind == METER and len(payload) >= 2 and 1 <= payload[0] <= 64 and payload[1] <= 6:
            meters[tick] = Meter(payload[0], 2 ** payload[1])
    return tuple(_changes(meters.items()))


def _keys(placed: Iterable[_Placed], scale: Callable[[int], int]) -> tuple[tuple[int, Key], ...]:
    """Key signatures of the first chunk that has any: in a score, transposing instruments differ.

    A text "Key: D dorian" at the same tick, as we write it, tells the mode that the signature cannot.
    """
    for place in placed:
        keys: dict[int, Key] = {}
        named = {tick: decode_text(payload) for tick, kind, payload, _, _ in place.raw.metas if kind == TEXT}
        for tick, kind, payload, _, _ in place.raw.metas:
            if kind == KEY and len(payload) >= 2 and (key := _key(payload, named.get(tick, ""))):
                keys[scale(place.offset + tick) if keys else 0] = key
        if keys:
            return tuple(_changes(sorted(keys.items())))
    return ()


def _key(payload: bytes, text: str) -> Key | None:
    """The key of a signature (sf, mi), None for an impossible one."""
    fifths, minor = (payload[0] + 128) % 256 - 128, payload[1]
    if not -7 <= fifths <= 7 or minor > 1:
        return None
    if text.startswith(KEY_TEXT):
        try:
            key = Key.parse(text.removeprefix(KEY_TEXT))
        except TheoryError:
            pass
        else:
            if (key.signature - fifths) % 12 == 0 and key.minor_third == bool(minor):
                return key
    return Key(PitchClass.from_fifths(fifths + 3 * minor), "minor" if minor else "major")


def _changes(items: Iterable[tuple[int, T]]) -> list[tuple[int, T]]:
    """Without entries that repeat the value before them."""
    kept: list[tuple[int, T]] = []
    for tick, value in items:
        if not kept or kept[-1][1] != value:
            kept.append((tick, value))
    return kept


def _tracks(placed: list[_Placed], scale: Callable[[int], int], *, single: bool) -> tuple[Track, ...]:
    """All instruments of all chunks, in file order, under unique names."""
    chunks = [_channels(place, scale) for place in placed]
    setups = _setups(placed, chunks)
    wanted: list[str] = []
    tracks: list[Track] = []
    for place, channels in zip(placed, chunks, strict=True):
        players = {channel: messages for channel, messages in channels.items() if _plays(messages)}
        name = "" if single or len(players) > 1 else role_name(_text(place.raw, TRACK_NAME))
        port, lyrics = _port(place.raw), _lyrics(place, players, scale)
        for channel, messages in players.items():
            setup = setups.get((port, channel), [])
            merged = sorted(setup + messages, key=lambda message: message[0]) if setup else messages
            stream = Stream(channel, merged, scale(place.offset + place.raw.end))
            for track in _played(walk_channel(stream), lyrics.get(channel, {})):
                tracks.append(track)
                wanted.append(name or ("drums" if track.drums else family_of_program(track.program)))
            if len(tracks) > MAX_TRACKS:
                raise FileFormatError(f"more than {MAX_TRACKS} instruments play; merge tracks or split the file")
    return tuple(replace(track, role=role) for track, role in zip(tracks, unique_names(wanted), strict=True))


def _plays(messages: list[Message]) -> bool:
    return any(status >> 4 == 9 and two for _, status, _, two in messages)


def _channels(place: _Placed, scale: Callable[[int], int]) -> dict[int, list[Message]]:
    """A chunk's messages by channel, in the order in which channels enter, in ticks of ours."""
    channels: dict[int, list[Message]] = defaultdict(list)
    messages, offset = place.raw.messages, place.offset
    if offset or (messages and scale(messages[-1][0]) != messages[-1][0]):
        messages = [(scale(offset + tick), status, one, two) for tick, status, one, two in messages]
    for message in messages:
        channels[message[1] & 15].append(message)
    return channels


def _setups(placed: list[_Placed], chunks: list[dict[int, list[Message]]]) -> dict[tuple[int, int], list[Message]]:
    """What chunks without notes of a channel say about it, by (port, channel)."""
    setups: dict[tuple[int, int], list[Message]] = defaultdict(list)
    for place, channels in zip(placed, chunks, strict=True):
        for channel, messages in channels.items():
            if not _plays(messages):
                setups[_port(place.raw), channel] += [message for message in messages if message[1] >= 0xB0]
    return setups


def _text(raw: RawTrack, kind: int) -> str:
    return next((text for _, type_, payload, _, _ in raw.metas if type_ == kind and (text := decode_text(payload))), "")


def _port(raw: RawTrack) -> int:
    return next((payload[0] for _, kind, payload, _, _ in raw.metas if kind == PORT and payload), 0)


Lyrics = dict[tuple[int, int], str]
"""Syllables by (tick, pitch), in ticks of ours."""


def _lyrics(place: _Placed, players: Iterable[int], scale: Callable[[int], int]) -> dict[int, Lyrics]:
    """Syllables by channel: each goes to the next note of its tick, or else to the last one before it."""
    lyrics: dict[int, Lyrics] = {channel: {} for channel in players}
    messages = place.raw.messages
    for tick, kind, payload, position, _ in place.raw.metas:
        if kind != LYRIC or not (syllable := decode_text(payload)):
            continue
        for index in (*_same_tick(messages, position, 1, tick), *_same_tick(messages, position - 1, -1, tick)):
            _, status, pitch, velocity = messages[index]
            note = (scale(place.offset + tick), pitch)
            if status >> 4 == 9 and velocity and status & 15 != DRUM_CHANNEL and note not in lyrics[status & 15]:
                lyrics[status & 15][note] = syllable
                break
    return lyrics


def _same_tick(messages: list[Message], position: int, step: int, tick: int) -> Iterator[int]:
    """Positions from `position` on, by `step`, while the tick stays the same; at most 64, as nobody plays more at once."""
    for index in range(position, position + 64 * step, step):
        if not 0 <= index < len(messages) or messages[index][0] != tick:
            return
        yield index


def _played(performances: list[Performance], lyrics: Lyrics) -> Iterator[Track]:
    """Tracks without a name yet; the instruments of one channel share one tuple of controls."""
    controls: tuple[Control, ...] | None = None
    for performance in performances:
        if controls is None:
            controls = tuple(Control(*control) for control in performance.controls)
        bank, program, drums = performance.instrument
        notes = tuple(
            Note(start, max(1, end - start), pitch, velocity, lyrics.pop((start, pitch), "") if lyrics else "")
            for start, end, pitch, velocity, _ in performance.notes
        )
        chosen = (Control(0, "program", bank, program),) if bank else ()
        yield Track("", INSTRUMENT, notes, program, drums, chosen + controls, performance.bend_range)
