"""Any file that may come back from a DAW or a score program, by what is in it rather than by its name."""

from collections.abc import Callable, Mapping
from pathlib import Path

from daiw.errors import FileFormatError
from daiw.files.dawproject_read import read_dawproject
from daiw.files.foreign import Foreign
from daiw.files.hostile import check_regular, open_archive, read_bytes
from daiw.files.midi import MAX_BYTES
from daiw.files.midi_events import KEY, LYRIC, MARKER, METER, NAME, TEMPO, RawFile, RawTrack, parse_midi
from daiw.files.midi_names import decode_text, role_name
from daiw.files.midi_read import arrange_raw
from daiw.files.musicxml_read import read_musicxml

SAID = {TEMPO: "tempo", METER: "meter", KEY: "key", MARKER: "markers", LYRIC: "lyrics"}
"""MIDI meta events -> what a file that has them speaks of."""


def read_foreign(path: Path) -> Foreign:
    """Read a MIDI file, a .dawproject or a MusicXML score; raises FileFormatError naming the file, what is wrong and what would do."""
    return READERS[kind_of_file(path)](path)


def kind_of_file(path: Path) -> str:
    """ "midi", "dawproject" or "musicxml", by the first bytes and, in a zip, by what it holds."""
    check_regular(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read: {error.strerror}") from error
    if head[:4] == b"MThd" or (head[:4] == b"RIFF" and head[8:12] == b"RMID"):
        return "midi"
    if head[:2] == b"PK":
        with open_archive(path) as archive:
            names = set(archive.namelist())
        if "project.xml" in names:
            return "dawproject"
        if "META-INF/container.xml" in names:
            return "musicxml"
        raise FileFormatError(f"{path} is a zip archive without a DAW project or a score in it; unpack it and import the file inside")
    if head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith((b"<", b"<\x00")):
        return "musicxml"
    raise FileFormatError(
        f"{path} is {'empty' if not head else 'neither MIDI, nor .dawproject, nor MusicXML'}; export one of these from the other program"
    )


def read_midi_file(path: Path) -> Foreign:
    """Read a Standard MIDI File with an account of what it speaks of; raises FileFormatError."""
    data = read_bytes(path, MAX_BYTES)
    try:
        raw = parse_midi(data)
        arrangement = arrange_raw(raw)
    except FileFormatError as error:
        raise FileFormatError(f"{path}: {error}") from error
    kinds = {kind for track in raw.tracks for _, kind, _, _, _ in track.metas}
    said = frozenset({"velocity", "controls", *(name for kind, name in SAID.items() if kind in kinds)})
    return Foreign("midi", path.stem, arrangement, said, _empty(raw))


def _empty(raw: RawFile) -> tuple[str, ...]:
    """Names of chunks without a note."""
    return tuple(name for track in raw.tracks if not _plays(track) and (name := _name(track)))


def _plays(track: RawTrack) -> bool:
    return any(status >> 4 == 9 and velocity for _, status, _, velocity in track.messages)


def _name(track: RawTrack) -> str:
    return next((role_name(decode_text(payload)) for _, kind, payload, _, _ in track.metas if kind == NAME), "")


READERS: Mapping[str, Callable[[Path], Foreign]] = {
    "midi": read_midi_file,
    "dawproject": read_dawproject,
    "musicxml": read_musicxml,
}
"""What `daiw import` knows."""
