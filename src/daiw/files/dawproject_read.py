"""DAWproject files -> tracks and timeline.

Read by the published schema (github.com/bitwig/dawproject, Project.xsd, version 1.0).  Audio, devices and launcher scenes stay where
they are: only the arrangement's notes, controllers, tempo, meter and markers are music to us.  The format has no lyrics and no key.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from daiw.errors import FileFormatError
from daiw.files.dawproject_clips import ClipReader, Lane, Window, steps
from daiw.files.foreign import Foreign
from daiw.files.hostile import open_archive, parse_xml, read_member
from daiw.files.midi_channel import DRUM_CHANNEL
from daiw.files.midi_names import clean_text, role_name, unique_names
from daiw.files.midi_read import INSTRUMENT, MAX_DURATION_S
from daiw.files.midi_timeline import without_repeats
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import MAX_BPM, Meter, Tempo, TempoMap


def read_dawproject(path: Path) -> Foreign:
    """Read a .dawproject; raises FileFormatError naming the file and what is wrong with it."""
    with open_archive(path) as archive:
        project = read_member(archive, "project.xml")
        about = read_member(archive, "metadata.xml") if "metadata.xml" in archive.namelist() else b"<MetaData/>"
    title = parse_xml(about, f"{path}: metadata.xml").findtext("Title") or path.stem
    return parse_project(project, f"{path}: project.xml", clean_text(title))


def parse_project(data: bytes, where: str, title: str = "") -> Foreign:
    """`read_dawproject` for the bytes of a project.xml.  where: how errors name it."""
    root = parse_xml(data, where)
    if root.tag != "Project":
        raise FileFormatError(f"{where} is a {root.tag}, not a DAW project")
    version = root.get("version", "")
    if version.partition(".")[0] != "1":
        raise FileFormatError(f"{where} has the version {version!r}; this reads DAWproject 1.x")
    by_id = {element.attrib["id"]: element for element in root.iter() if "id" in element.attrib}
    reader = ClipReader(where, TempoMap(), by_id)
    arrangement = root.find("Arrangement")
    reader.tempos = _tempos(root, reader)
    lanes = arrangement.find("Lanes") if arrangement is not None else None
    if lanes is not None:
        reader.walk(lanes, "", Window())
    names = [(track.get("id", ""), track.get("name", "")) for track in root.iterfind("Structure//Track")]
    tracks, empty = _tracks(reader, names, _note_tracks(root))
    meters, markers = _meters(root, reader), _markers(arrangement, reader)
    end = max((note.end for track in tracks for note in track.notes), default=0)
    if reader.tempos.seconds(end) > MAX_DURATION_S:
        raise FileFormatError(f"{where}: the song would last more than {MAX_DURATION_S // 3600} hours; cut or split it")
    timeline = Timeline(reader.tempos, meters, (), markers, max(end, *(_clip_ends(lanes, reader))))
    said = {
        "controls",
        "velocity",
        *(("markers",) if markers else ()),
        *(("meter",) if root.find("Transport/TimeSignature") is not None else ()),
    }
    if root.find("Transport/Tempo") is not None:
        said.add("tempo")
    remarks = ("launcher clips are not part of the arrangement and were left",) if root.find("Scenes//Clip") is not None else ()
    return Foreign("dawproject", title, Arrangement(tracks, timeline), frozenset(said), empty, (), remarks)


def _note_tracks(root: ET.Element) -> frozenset[str]:
    """Tracks that can hold notes, the master apart."""
    return frozenset(
        track.get("id", "")
        for track in root.iterfind("Structure//Track")
        if "notes" in track.get("contentType", "").split()
        and (strip := track.find("Channel")) is not None
        and strip.get("role") != "master"
    )


def _tracks(reader: ClipReader, names: list[tuple[str, str]], can_play: frozenset[str]) -> tuple[tuple[Track, ...], tuple[str, ...]]:
    """Tracks with notes in the project's order under unique names, and the names of note tracks without any."""
    found = [(identity, name, reader.lanes.get(identity, Lane())) for identity, name in names]
    known = {identity for identity, _ in names}
    found += [(identity, "", lane) for identity, lane in reader.lanes.items() if identity not in known]
    playing = [(name, lane) for _, name, lane in found if lane.notes]
    tracks = []
    for role, (_, lane) in zip(unique_names(role_name(name) or "track" for name, _ in playing), playing, strict=True):
        notes = tuple(sorted(Note(start, length, key, velocity) for start, length, key, velocity, _ in lane.notes))
        programs = [control for control in lane.controls if control.kind == "program" and control.tick == 0]
        drums = all(channel == DRUM_CHANNEL for *_, channel in lane.notes) or role.casefold().startswith("drum")
        controls = tuple(sorted(control for control in lane.controls if control not in programs[:1]))
        tracks.append(Track(role, INSTRUMENT, notes, programs[0].value if programs else 0, drums, controls))
    return tuple(tracks), tuple(role_name(name) for identity, name, lane in found if not lane.notes and identity in can_play)


def _tempos(root: ET.Element, reader: ClipReader) -> TempoMap:
    """The transport's tempo and its automation; out-of-range tempos are refused, as nothing could be scheduled by them."""
    first = root.find("Transport/Tempo")
    automation = root.find("Arrangement/TempoAutomation")
    points = []
    if first is not None and first.get("value") is not None:
        points.append((0, reader.number(first, "value"), False))
    if automation is not None:
        unit = automation.get("timeUnit", "beats")
        if unit == "seconds":
            raise FileFormatError(f"{reader.where}: tempo automation in seconds cannot be placed; save it in beats")
        automated = [(reader.tick(time, "beats"), value, glide) for time, value, glide in reader.points(automation, "value")]
        points = (points if not automated or min(automated)[0] > 0 else []) + automated
    changes: dict[int, float] = {0: 120.0}
    for tick, bpm in steps(points):
        if not 1 <= bpm <= 10 * MAX_BPM:
            raise FileFormatError(f"{reader.where}: a tempo of {bpm:g} bpm; set it anew in the DAW")
        changes[max(0, tick)] = round(bpm, 6)
    return TempoMap(tuple(Tempo(tick, bpm) for tick, bpm in without_repeats(sorted(changes.items()))))


def _meters(root: ET.Element, reader: ClipReader) -> tuple[tuple[int, Meter], ...]:
    meters: dict[int, Meter] = {0: Meter()}
    first = root.find("Transport/TimeSignature")
    points = [(0.0, first)] if first is not None else []
    points += [(reader.number(point, "time"), point) for point in root.iterfind("Arrangement/TimeSignatureAutomation/TimeSignaturePoint")]
    for time, point in points:
        over, under = reader.whole(point, "numerator", 1, 64), reader.whole(point, "denominator", 1, 64)
        if under & (under - 1):
            raise FileFormatError(f"{reader.where}: a meter of {over}/{under}; the lower number is a power of two")
        meters[max(0, reader.tick(time, "beats"))] = Meter(over, under)
    return tuple(without_repeats(sorted(meters.items(), key=lambda item: item[0])))


def _markers(arrangement: ET.Element | None, reader: ClipReader) -> tuple[tuple[int, str], ...]:
    markers = arrangement.find("Markers") if arrangement is not None else None
    if markers is None:
        return ()
    unit = markers.get("timeUnit", "beats")
    found = [
        (max(0, reader.tick(reader.number(marker, "time"), unit)), clean_text(marker.get("name", "")))
        for marker in markers.iterfind("Marker")
    ]
    return tuple(sorted((tick, name) for tick, name in found if name))


def _clip_ends(lanes: ET.Element | None, reader: ClipReader) -> Iterator[int]:
    """Where top-level note clips end, so that rests at the end count; 0 at least."""
    yield 0
    for lane in lanes.iterfind("Lanes") if lanes is not None else ():
        for clip in lane.iterfind("Clips/Clip"):
            if clip.find("Audio") is None and clip.find("Warps") is None:
                yield reader.tick(reader.number(clip, "time", 0.0) + reader.number(clip, "duration", 0.0), lane.get("timeUnit", "beats"))
