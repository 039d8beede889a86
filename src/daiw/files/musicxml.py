"""MusicXML 4 scores: one part a role, chords on two staves where they need them, drums unpitched, chord symbols over the first part.

Written by the W3C schema (version 4.0, score-partwise), in concert pitch, 480 divisions a quarter.  `files.notation` turns what was
played into what is written; velocities stay as the notes' `dynamics`, so that a score program plays the same balance.
"""

import io
import xml.etree.ElementTree as ET
import zipfile
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median

from daiw.files.musicxml_chords import harmony_element
from daiw.files.musicxml_notes import Seat, drum, syllabics, write_piece
from daiw.files.notation import Bar, Event, bars, on_paper, pieces, voice
from daiw.files.session import Session, add_bytes, plain
from daiw.files.spelling import Speller, key_fifths
from daiw.music.groove import Groove
from daiw.music.plan import ChordSpan
from daiw.music.score import Timeline, Track
from daiw.music.time import TICKS_PER_QUARTER, Meter, Tempo

ORDER = ("vocal", "ad-libs", "backing", "backing low", "melody", "counter", "chords", "pad", "bass")
MIDDLE_C = 60
SWUNG_PERCENT = 57.0
"""From here on a reader is told to swing."""


@dataclass(frozen=True, slots=True)
class Staff:
    """One staff of a part.  clef: sign, line, octave change."""

    clef: tuple[str, int, int]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What all parts share while they are written."""

    timeline: Timeline
    measures: tuple[Bar, ...]
    harmony: tuple[ChordSpan, ...]
    groove: Groove
    spell: Speller


def musicxml_bytes(session: Session, groove: Groove | None = None) -> bytes:
    """The score, uncompressed.  groove: how the players swung, so that eighths are written as eighths."""
    plan = session.plan
    timeline = session.arrangement.timeline
    harmony = plan.harmony if plan else ()
    page = Page(timeline, bars(timeline, session.end), harmony, groove or Groove(), Speller(timeline.keys, harmony))
    root = ET.Element("score-partwise", version="4.0")
    ET.SubElement(ET.SubElement(root, "work"), "work-title").text = session.title
    identification = ET.SubElement(root, "identification")
    encoding = ET.SubElement(identification, "encoding")
    ET.SubElement(encoding, "software").text = f"DAiW {session.version}"
    for element in ("accidental", "beam", "stem"):
        ET.SubElement(encoding, "supports", element=element, type="no")
    if session.comment:
        miscellaneous = ET.SubElement(identification, "miscellaneous")
        ET.SubElement(miscellaneous, "miscellaneous-field", name="prompt").text = session.comment
    part_list = ET.SubElement(root, "part-list")
    tracks = sorted((track for track in session.arrangement.tracks if track.notes), key=_place)
    for index, track in enumerate(tracks):
        _score_part(part_list, f"P{index + 1}", track, index)
    for index, track in enumerate(tracks):
        _part(ET.SubElement(root, "part", id=f"P{index + 1}"), track, page, top=index == 0)
    ET.indent(root)
    doctype = '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">'
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}\n{text}\n'.encode()


def mxl_bytes(score: bytes) -> bytes:
    """The score as compressed MusicXML (.mxl): a zip whose container names it."""
    container = ET.Element("container")
    ET.SubElement(ET.SubElement(container, "rootfiles"), "rootfile", {"full-path": "score.musicxml"})
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        add_bytes(archive, "META-INF/container.xml", b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(container))
        add_bytes(archive, "score.musicxml", score)
    return stream.getvalue()


def _place(track: Track) -> tuple[int, int]:
    """Score order: voices, tune, harmony, bass, kit."""
    return track.drums, ORDER.index(track.role) if track.role in ORDER else len(ORDER) - 1


def _score_part(part_list: ET.Element, identity: str, track: Track, index: int) -> None:
    """The part's name and the sounds a score program gives it."""
    part = ET.SubElement(part_list, "score-part", id=identity)
    ET.SubElement(part, "part-name").text = track.role.capitalize()
    pitches = sorted({note.pitch for note in track.notes}) if track.drums else [0]
    for pitch in pitches:
        instrument = ET.SubElement(part, "score-instrument", id=f"{identity}-I{pitch}")
        ET.SubElement(instrument, "instrument-name").text = drum(pitch)[3] if track.drums else track.role.capitalize()
    for pitch in pitches:
        midi = ET.SubElement(part, "midi-instrument", id=f"{identity}-I{pitch}")
        ET.SubElement(midi, "midi-channel").text = "10" if track.drums else str((index if index < 9 else index + 1) % 16 + 1)
        ET.SubElement(midi, "midi-program").text = str(track.program + 1)
        if track.drums:
            ET.SubElement(midi, "midi-unpitched").text = str(pitch + 1)


def _staves(track: Track, page: Page) -> tuple[Staff, ...]:
    """The part's staves: two where it is played with two hands."""
    bpm = page.timeline.tempos.bpm(0)
    notes = on_paper(track, page.measures, page.groove, bpm)
    if track.drums:
        return (Staff(("percussion", 2, 0), voice(notes, page.measures, drums=True)),)
    together = len(notes) / max(1, len({note.start for note in notes}))
    low, high = [note for note in notes if note.pitch < MIDDLE_C], [note for note in notes if note.pitch >= MIDDLE_C]
    if together > 1.5 and min(len(low), len(high)) > 0.08 * len(notes):
        return tuple(Staff(clef, voice(hand, page.measures)) for clef, hand in ((("G", 2, 0), high), (("F", 4, 0), low)))
    middle = median(note.pitch for note in notes)
    clef = ("F", 4, -1) if middle < 45 else ("F", 4, 0) if middle < 57 else ("G", 2, 0) if middle < 81 else ("G", 2, 1)
    return (Staff(clef, voice(notes, page.measures)),)


def _part(part: ET.Element, track: Track, page: Page, *, top: bool) -> None:
    """All measures of a part; the top one carries tempo, section names and chord symbols."""
    staves = _staves(track, page)
    syllabic = syllabics(staves[0].events)
    marks = deque(_marks(page) if top else ())
    starts, ends = ([[edge(event) for event in staff.events] for staff in staves] for edge in (attrgetter("start"), attrgetter("end")))
    for bar in page.measures:
        measure = ET.SubElement(part, "measure", number=str(bar.number))
        _attributes(measure, bar, page, staves)
        for number, staff in enumerate(staves, 1):
            if number > 1:
                ET.SubElement(ET.SubElement(measure, "backup"), "duration").text = str(bar.end - bar.start)
            seat = Seat(part.attrib["id"], track.drums, number if len(staves) > 1 else 0, page.spell, syllabic)
            sounding = staff.events[bisect_right(ends[number - 1], bar.start) : bisect_left(starts[number - 1], bar.end)]
            between: list[tuple[int, ET.Element]] = []
            for piece in pieces(sounding, bar):
                while number == 1 and marks and marks[0][0] < piece.start + piece.ticks:
                    tick, _, mark = marks.popleft()
                    if tick > piece.start and mark.find("sound") is not None:
                        between.append((tick, mark))
                        continue
                    _offset(mark, tick - piece.start)
                    measure.append(mark)
                write_piece(measure, piece, bar, seat)
            _write_between(measure, between, bar.end)
        if bar is page.measures[-1]:
            ET.SubElement(ET.SubElement(measure, "barline", location="right"), "bar-style").text = "light-heavy"


def _attributes(measure: ET.Element, bar: Bar, page: Page, staves: Sequence[Staff]) -> None:
    """Divisions, key, meter and clefs, where they begin or change."""
    first = bar.number == 1
    key = next((key for tick, key in page.timeline.keys if bar.start <= tick < bar.end), None)
    if not (first or bar.changes or key):
        return
    attributes = ET.SubElement(measure, "attributes")
    if first:
        ET.SubElement(attributes, "divisions").text = str(TICKS_PER_QUARTER)
    if first or key:
        element = ET.SubElement(attributes, "key")
        ET.SubElement(element, "fifths").text = str(key_fifths(key) if key else 0)
        if key:
            ET.SubElement(element, "mode").text = key.mode
    if first or bar.changes:
        element = ET.SubElement(attributes, "time")
        ET.SubElement(element, "beats").text = str(bar.meter.numerator)
        ET.SubElement(element, "beat-type").text = str(bar.meter.denominator)
    if first:
        if len(staves) > 1:
            ET.SubElement(attributes, "staves").text = str(len(staves))
        for number, staff in enumerate(staves, 1):
            sign, line, octave = staff.clef
            clef = ET.SubElement(attributes, "clef", {"number": str(number)} if len(staves) > 1 else {})
            ET.SubElement(clef, "sign").text = sign
            ET.SubElement(clef, "line").text = str(line)
            if octave:
                ET.SubElement(clef, "clef-octave-change").text = str(octave)


def _marks(page: Page) -> list[tuple[int, int, ET.Element]]:
    """Section names, tempos and chord symbols as (tick, order on that tick, element)."""
    timeline = page.timeline
    marks = [(tick, 0, _direction("rehearsal", name)) for tick, name in timeline.markers if name]
    marks += [(change.tick, 1, _tempo(change, timeline.meter(change.tick), page.groove)) for change in timeline.tempos.changes]
    marks += [(span.start, 2, harmony_element(span.chord)) for span in page.harmony]
    return sorted(marks, key=lambda mark: mark[:2])


def _direction(tag: str, text: str) -> ET.Element:
    direction = ET.Element("direction", placement="above")
    ET.SubElement(ET.SubElement(direction, "direction-type"), tag).text = text
    return direction


def _tempo(change: Tempo, meter: Meter, groove: Groove) -> ET.Element:
    """The tempo: printed at the start, with a word about swing; later changes are heard but not seen, which takes an empty word.

    The `swing` element of 4.0 would say it to programs, but MuseScore 3 calls a score that has one broken.
    """
    if change.tick:
        direction = _direction("words", " ")
    else:
        direction = ET.Element("direction", placement="above")
        metronome = ET.SubElement(ET.SubElement(direction, "direction-type"), "metronome")
        ET.SubElement(metronome, "beat-unit").text = "quarter"
        if meter.compound:
            ET.SubElement(metronome, "beat-unit-dot")
        ET.SubElement(metronome, "per-minute").text = plain(round(change.bpm * (2 / 3 if meter.compound else 1), 1))
        if groove.swing_at(change.bpm) >= SWUNG_PERCENT and not meter.compound:
            words = "Swing" if groove.swing_steps == 8 else "Swing sixteenths"
            ET.SubElement(ET.SubElement(direction, "direction-type"), "words").text = words
    ET.SubElement(direction, "sound", tempo=plain(change.bpm))
    return direction


def _offset(mark: ET.Element, ticks: int) -> None:
    """Say that a mark stands later than the note it is written before; staves follow the offset in the schema."""
    if ticks > 0:
        ET.SubElement(mark, "offset").text = str(ticks)


def _write_between(measure: ET.Element, marks: Sequence[tuple[int, ET.Element]], end: int) -> None:
    """Tempos that change under a held note, by stepping back from the bar line: MuseScore does not heed the offset of a sound."""
    for tick, mark in marks:
        ET.SubElement(ET.SubElement(measure, "backup"), "duration").text = str(end - tick)
        measure.append(mark)
        ET.SubElement(ET.SubElement(measure, "forward"), "duration").text = str(end - tick)
