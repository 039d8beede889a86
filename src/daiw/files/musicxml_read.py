"""MusicXML scores -> tracks and timeline: ties joined, chords and voices laid out, repeats played, concert pitch.

Reads score-partwise documents of any version, plain or compressed (.mxl), by the W3C account of MusicXML 4.0.  Durations come from
`duration` and `divisions`, so tuplets need no arithmetic of their own.  Grace and cue notes have no time of their own and are left out.
A first bar that is shorter than its meter is taken as an upbeat: the song begins with the rest that completes it.
"""

import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

from daiw.errors import FileFormatError
from daiw.files.foreign import Foreign
from daiw.files.hostile import MAX_DOCUMENT_BYTES, open_archive, parse_xml, read_bytes, read_member
from daiw.files.midi_names import clean_text, role_name, unique_names
from daiw.files.midi_read import INSTRUMENT, MAX_DURATION_S
from daiw.files.midi_timeline import without_repeats
from daiw.files.musicxml_layout import layout, whole
from daiw.files.musicxml_measures import Marks, MeasureReader, PartReader, Sounds
from daiw.music.score import Arrangement, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap

MAX_NOTES = 500_000


def read_musicxml(path: Path) -> Foreign:
    """Read a .musicxml, .xml or .mxl; raises FileFormatError naming the file and what is wrong with it."""
    if zipfile.is_zipfile(path):
        with open_archive(path) as archive:
            container = parse_xml(read_member(archive, "META-INF/container.xml"), f"{path}: META-INF/container.xml")
            rootfile = container.find(".//rootfile")
            name = rootfile.get("full-path", "") if rootfile is not None else ""
            return parse_score(read_member(archive, name), f"{path}: {name}", path.stem)
    return parse_score(read_bytes(path, MAX_DOCUMENT_BYTES), str(path), path.stem)


def parse_score(data: bytes, where: str, title: str = "") -> Foreign:
    """`read_musicxml` for the bytes of a score.  where: how errors name it.  title: of a score that has none."""
    root = parse_xml(data, where)
    if root.tag == "score-timewise":
        raise FileFormatError(f"{where} is a timewise score; save it as partwise MusicXML, which every program does")
    if root.tag != "score-partwise":
        raise FileFormatError(f"{where} is a {root.tag}, not a MusicXML score")
    sounds = _score_parts(root, where)
    parts = [part for part in root.iterfind("part")]
    starts, order = layout(parts, where)
    marks, played = Marks(), []
    for element in parts:
        part = PartReader(sounds.get(element.get("id", ""), Sounds("", 0, False, {})))
        measures = element.findall("measure")
        for index, start in order:
            if index < len(measures):
                MeasureReader(part, marks, where, start, first=element is parts[0]).read(measures[index])
        played.append(part)
        if sum(len(part.notes) for part in played) > MAX_NOTES:
            raise FileFormatError(f"{where}: more than {MAX_NOTES} notes; split the score")
    return _foreign(root, where, title, played, marks, starts[-1])


def _foreign(root: ET.Element, where: str, title: str, played: list[PartReader], marks: Marks, end: int) -> Foreign:
    tempos = TempoMap(tuple(Tempo(tick, bpm) for tick, bpm in without_repeats(sorted({0: 120.0, **marks.tempos}.items()))))
    end = max([end, *(note.end for part in played for note in part.notes)])
    if tempos.seconds(end) > MAX_DURATION_S:
        raise FileFormatError(f"{where}: the song would last more than {MAX_DURATION_S // 3600} hours; cut or split it")
    meters = without_repeats(sorted({0: Meter(), **marks.meters}.items(), key=lambda item: item[0]))
    keys = without_repeats(sorted(marks.keys.items(), key=lambda item: item[0]))
    timeline = Timeline(tempos, tuple(meters), tuple(keys), tuple(sorted(marks.markers.items())), end)
    playing = [part for part in played if part.notes]
    names = unique_names(role_name(part.sounds.name) or ("drums" if part.sounds.drums else "part") for part in playing)
    tracks = tuple(
        Track(name, INSTRUMENT, tuple(sorted(part.notes)), part.sounds.program, part.sounds.drums)
        for name, part in zip(names, playing, strict=True)
    )
    spoken = {
        "tempo": marks.tempos, "meter": marks.meters, "key": marks.keys, "markers": marks.markers, "harmony": marks.harmony,
        "velocity": marks.dynamics, "lyrics": any(note.lyric for part in played for note in part.notes),
    }  # fmt: skip
    remarks = (f"chord symbols that cannot be read were left: {', '.join(sorted(marks.unread)[:5])}",) if marks.unread else ()
    return Foreign(
        "musicxml",
        clean_text(root.findtext("work/work-title") or root.findtext("movement-title") or title),
        Arrangement(tracks, timeline),
        frozenset(name for name, there in spoken.items() if there),
        tuple(role_name(part.sounds.name) for part in played if not part.notes),
        tuple(sorted(marks.harmony.items(), key=lambda item: item[0])),
        remarks,
    )


def _score_parts(root: ET.Element, where: str) -> dict[str, Sounds]:
    """Names, programs and drum sounds by part id."""
    found = {}
    for part in root.iterfind("part-list/score-part"):
        unpitched = {
            midi.get("id", ""): whole(midi.findtext("midi-unpitched"), where, "midi-unpitched", 1, 128) - 1
            for midi in part.iterfind("midi-instrument")
            if midi.findtext("midi-unpitched")
        }
        channels = {midi.findtext("midi-channel") for midi in part.iterfind("midi-instrument")}
        program = part.findtext("midi-instrument/midi-program")
        drums = bool(unpitched) or channels == {"10"}
        number = whole(program, where, "midi-program", 1, 128) - 1 if program else 0
        found[part.get("id", "")] = Sounds(part.findtext("part-name") or "", number, drums, unpitched)
    return found
