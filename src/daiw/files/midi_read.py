"""Raw MIDI events -> an Arrangement, the way players hear them.

A track of ours is one (chunk, channel, bank, program): chunks with several channels or programs are split, and each split keeps
the channel's controls.  Controls from chunks that hold no notes of their channel (set-up tracks) reach every track on that channel
and port.  Ticks are rescaled to 480 a quarter; notes keep at least one.
Not kept: SysEx, polyphonic pressure, parameter numbers other than the bend range, words that stand at no note (`files.midi_lyrics`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from daiw.errors import FileFormatError
from daiw.files.midi_channel import Message, Performance, Stream, walk_channel
from daiw.files.midi_events import MARKER, NAME, PORT, RawFile, RawTrack
from daiw.files.midi_lyrics import Lyrics, Word, at_notes, stray, with_words, without_words, words_of
from daiw.files.midi_names import decode_text, role_name, unique_names
from daiw.files.midi_timeline import Metas, read_keys, read_meters, read_tempos, rescaler
from daiw.music.instruments import family_of_program
from daiw.music.score import Arrangement, Control, Note, Timeline, Track
from daiw.music.time import TempoMap

MAX_DURATION_S = 4 * 3600
MAX_SILENT_END_S = 60
MAX_TRACKS = 512
INSTRUMENT = "gm"
"""The manifest that plays whatever program a track asks for."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A chunk at its place in the song: in format 2 one after the other.  offset: its first tick, in the file's ticks."""

    raw: RawTrack
    offset: int


def arrange_raw(raw: RawFile) -> Arrangement:
    """Interpret a parsed file; raises FileFormatError where it asks for something impossible."""
    scale, fixed_tempo = rescaler(raw.division)
    placed, offset = [], 0
    for track in raw.tracks:
        placed.append(_Placed(track, offset))
        offset += track.end if raw.format == 2 else 0
    chunks = [_metas(place, scale) for place in placed]
    metas = sorted((meta for chunk in chunks for meta in chunk), key=lambda meta: meta[0])
    tempos = TempoMap() if fixed_tempo else read_tempos(metas)
    tracks = _tracks(placed, scale, single=len(raw.tracks) == 1)
    end = _end(tempos, tracks, scale(max(place.offset + place.raw.end for place in placed)))
    metas = [meta for meta in metas if meta[0] <= end]
    tempos = TempoMap(tuple(change for change in tempos.changes if change.tick <= end))
    keys = tuple((tick, key) for tick, key in read_keys(chunks) if tick <= end)
    markers = tuple((tick, text) for tick, kind, payload, _ in metas if kind == MARKER and (text := decode_text(payload)))
    return Arrangement(_until(tracks, end), Timeline(tempos, read_meters(metas), keys, markers, end))


def _metas(place: _Placed, scale: Callable[[int], int]) -> Metas:
    return [(scale(place.offset + tick), kind, payload, at) for tick, kind, payload, _, at in place.raw.metas]


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


def _tracks(placed: list[_Placed], scale: Callable[[int], int], *, single: bool) -> tuple[Track, ...]:
    """All instruments of all chunks, in file order, under unique names."""
    chunks = [_channels(place, scale) for place in placed]
    setups = _setups(placed, chunks)
    wanted: list[str] = []
    tracks: list[Track] = []
    lost: list[Word] = []
    wordless: list[Track] = []
    told = words_of([(place.raw, place.offset) for place in placed], scale)
    for place, channels, words in zip(placed, chunks, told, strict=True):
        players = {channel: messages for channel, messages in channels.items() if _plays(messages)}
        name = "" if single or len(players) > 1 else role_name(_text(place.raw, NAME))
        port, lyrics = _port(place.raw), at_notes(words, place.raw.messages, players)
        elsewhere = stray(words, lyrics)
        lost += words if elsewhere else []
        for channel, messages in players.items():
            setup = setups.get((port, channel), [])
            merged = sorted(setup + messages, key=lambda message: message[0]) if setup else messages
            stream = Stream(channel, merged, scale(place.offset + place.raw.end))
            for track in _played(walk_channel(stream), lyrics.get(channel, {})):
                tracks.append(track)
                wordless.append(without_words(track) if elsewhere else track)
                wanted.append(name or ("drums" if track.drums else family_of_program(track.program)))
            if len(tracks) > MAX_TRACKS:
                raise FileFormatError(f"more than {MAX_TRACKS} instruments play; merge tracks or split the file")
    names = unique_names(wanted)
    bare = tuple(replace(track, role=role) for track, role in zip(wordless, names, strict=True))
    told_again = with_words(bare, sorted(lost, key=lambda word: word.tick))
    return told_again if told_again is not bare else tuple(replace(track, role=role) for track, role in zip(tracks, names, strict=True))


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
