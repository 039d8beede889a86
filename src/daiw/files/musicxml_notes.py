"""The notes of a MusicXML measure: pitches or drum strokes, values, ties, tuplets, syllables, in the order the schema wants."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from daiw.files.notation import Bar, Event, Piece
from daiw.files.session import plain
from daiw.files.spelling import Speller
from daiw.music.score import Note

DRUM_STAVES: Mapping[int, tuple[str, int, str, str]] = {
    35: ("F", 4, "", "Low kick"), 36: ("F", 4, "", "Kick"), 37: ("C", 5, "x", "Side stick"), 38: ("C", 5, "", "Snare"),
    39: ("C", 5, "triangle", "Clap"), 40: ("C", 5, "slash", "Brush"), 41: ("G", 4, "", "Floor tom"), 42: ("G", 5, "x", "Closed hat"),
    43: ("A", 4, "", "Low tom"), 44: ("D", 4, "x", "Pedal hat"), 45: ("B", 4, "", "Mid tom"), 46: ("G", 5, "circle-x", "Open hat"),
    47: ("B", 4, "", "Mid tom 2"), 48: ("D", 5, "", "High tom"), 49: ("A", 5, "x", "Crash"), 50: ("E", 5, "", "Top tom"),
    51: ("F", 5, "x", "Ride"), 52: ("B", 5, "x", "China"), 53: ("F", 5, "diamond", "Ride bell"), 54: ("E", 5, "triangle", "Tambourine"),
    55: ("B", 5, "x", "Splash"), 56: ("E", 5, "x", "Cowbell"), 57: ("A", 5, "x", "Crash 2"), 59: ("F", 5, "x", "Ride 2"),
}  # fmt: skip
"""General MIDI percussion -> step and octave on a percussion staff, notehead, name; others stand on the third space, crossed."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a piece is written.  staff: 0 where the part has one only.  syllabic: place of each lyric in its word, by the note's start."""

    part: str
    drums: bool
    staff: int
    spell: Speller
    syllabic: Mapping[int, str]


def drum(pitch: int) -> tuple[str, int, str, str]:
    """Step, octave, notehead and name of a General MIDI percussion pitch."""
    return DRUM_STAVES.get(pitch, ("C", 5, "x", f"Percussion {pitch}"))


def write_piece(measure: ET.Element, piece: Piece, bar: Bar, seat: Seat) -> None:
    """A chord's notes, or a rest."""
    if not piece.notes:
        note = ET.SubElement(measure, "note")
        whole = piece.ticks == bar.end - bar.start
        ET.SubElement(note, "rest", {"measure": "yes"} if whole else {})
        _value(note, piece, seat, "", whole=whole)
        return
    for index, sounding in enumerate(piece.notes):
        note = ET.SubElement(measure, "note", dynamics=plain(round(sounding.velocity / 0.9, 2)))
        if index:
            ET.SubElement(note, "chord")
        head = ""
        if seat.drums:
            step, octave, head, _ = drum(sounding.pitch)
            unpitched = ET.SubElement(note, "unpitched")
            ET.SubElement(unpitched, "display-step").text = step
            ET.SubElement(unpitched, "display-octave").text = str(octave)
        else:
            _pitch(note, sounding, seat.spell)
        _value(note, piece, seat, head, instrument=f"{seat.part}-I{sounding.pitch}" if seat.drums else "", chord=index > 0)
        if sounding.lyric.strip("-_") and piece.first and not index:
            lyric = ET.SubElement(note, "lyric", number="1")
            ET.SubElement(lyric, "syllabic").text = seat.syllabic.get(sounding.start, "single")
            ET.SubElement(lyric, "text").text = sounding.lyric.strip("-")


def _pitch(note: ET.Element, sounding: Note, spell: Speller) -> None:
    name, octave = spell(sounding.pitch, sounding.start)
    pitch = ET.SubElement(note, "pitch")
    ET.SubElement(pitch, "step").text = name.letter
    if name.accidental:
        ET.SubElement(pitch, "alter").text = str(name.accidental)
    ET.SubElement(pitch, "octave").text = str(max(0, octave))  # the standard has none below


def _value(
    note: ET.Element, piece: Piece, seat: Seat, head: str, *, whole: bool = False, instrument: str = "", chord: bool = False
) -> None:
    """Duration, ties, value, dots, tuplet, notehead, in the order the schema wants."""
    ET.SubElement(note, "duration").text = str(piece.ticks)
    ties = ([] if piece.first else ["stop"]) + ([] if piece.last else ["start"])
    for tie in ties:
        ET.SubElement(note, "tie", type=tie)
    if instrument:
        ET.SubElement(note, "instrument", id=instrument)
    ET.SubElement(note, "voice").text = str(4 * max(0, seat.staff - 1) + 1)
    if not whole:
        ET.SubElement(note, "type").text = piece.kind
        for _ in range(piece.dots):
            ET.SubElement(note, "dot")
    if piece.triplet:
        change = ET.SubElement(note, "time-modification")
        for tag, text in (("actual-notes", "3"), ("normal-notes", "2"), ("normal-type", "eighth")):
            ET.SubElement(change, tag).text = text
    if head:
        ET.SubElement(note, "notehead").text = head
    if seat.staff:
        ET.SubElement(note, "staff").text = str(seat.staff)
    brackets = [] if chord else [kind for kind, there in (("start", piece.opens), ("stop", piece.closes)) if there]
    if ties or brackets:
        notations = ET.SubElement(note, "notations")
        for tie in ties:
            ET.SubElement(notations, "tied", type=tie)
        for bracket in brackets:
            ET.SubElement(notations, "tuplet", type=bracket)


def syllabics(events: Sequence[Event]) -> dict[int, str]:
    """A syllable that ends in a hyphen goes on in the next one."""
    found: dict[int, str] = {}
    inside = False
    for start, text in _lyrics(events):
        goes_on = text.endswith("-")
        found[start] = ("middle" if inside else "begin") if goes_on else ("end" if inside else "single")
        inside = goes_on
    return found


def _lyrics(events: Sequence[Event]) -> Iterator[tuple[int, str]]:
    for event in events:
        for note in event.notes[:1]:
            if note.lyric.strip("-_"):  # "_" draws the syllable before it out
                yield note.start, note.lyric
