"""The notes and marks of MusicXML measures, in ticks: ties joined, chords and voices laid out, concert pitch."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from fractions import Fraction

from daiw.errors import FileFormatError, TheoryError
from daiw.files.midi_names import clean_text
from daiw.files.musicxml_chords import read_harmony
from daiw.files.musicxml_layout import duration_of, meter_of, whole
from daiw.music.chord import Chord
from daiw.music.pitch import LETTER_PITCH_CLASSES, LETTERS, MODE_FIFTHS, Key, PitchClass
from daiw.music.score import Note
from daiw.music.time import MAX_BPM, TICKS_PER_QUARTER, Meter

STEPS = dict(zip(LETTERS, LETTER_PITCH_CLASSES, strict=True))
PLAIN_VELOCITY = 80
DYNAMICS = {"pppp": 10, "ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 126, "ffff": 127}
"""Marks -> velocity, as score programs play them."""


@dataclass(frozen=True, slots=True)
class Sounds:
    """What a part sounds like.  unpitched: score-instrument id -> MIDI pitch."""

    name: str
    program: int
    drums: bool
    unpitched: dict[str, int]


@dataclass
class PartReader:
    """A part while it is read.  ties: sounding pitch -> index of the note that goes on."""

    sounds: Sounds
    notes: list[Note] = field(default_factory=list)
    ties: dict[int, int] = field(default_factory=dict)
    divisions: int = 1
    transpose: int = 0
    velocity: int = PLAIN_VELOCITY


@dataclass
class Marks:
    """What the score says over its staves, by tick."""

    tempos: dict[int, float] = field(default_factory=dict)
    meters: dict[int, Meter] = field(default_factory=dict)
    keys: dict[int, Key] = field(default_factory=dict)
    markers: dict[int, str] = field(default_factory=dict)
    harmony: dict[int, Chord] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    dynamics: bool = False


@dataclass
class MeasureReader:
    """One measure of one part while it is read.  start: its first tick.  first: whether the part is the first of the score."""

    part: PartReader
    marks: Marks
    where: str
    start: int
    first: bool
    now: Fraction = Fraction(0)
    chord_at: Fraction = Fraction(0)

    def read(self, measure: ET.Element) -> None:
        """Walk the measure's items in order."""
        for item in measure:
            if item.tag == "note":
                self.note(item)
            elif item.tag == "backup":
                self.now = max(Fraction(0), self.now - self.quarters(item))
            elif item.tag == "forward":
                self.now += self.quarters(item)
            elif item.tag == "attributes":
                self.attributes(item)
            elif item.tag == "direction":
                self.direction(item)
            elif item.tag == "sound":
                self.sound(item, self.tick(self.now))
            elif item.tag == "harmony":
                self.harmony(item)

    def tick(self, quarters: Fraction) -> int:
        """Ticks of the song at a place in the measure."""
        return self.start + round(quarters * TICKS_PER_QUARTER)

    def quarters(self, item: ET.Element) -> Fraction:
        """An item's duration in quarter notes."""
        return Fraction(duration_of(item, self.where), self.part.divisions)

    def offset(self, item: ET.Element) -> int:
        """Ticks from here to where a direction or chord symbol means to stand."""
        text = item.findtext("offset")
        if not text:
            return 0
        return round(Fraction(whole(text, self.where, "offset", -1_000_000, 1_000_000), self.part.divisions) * TICKS_PER_QUARTER)

    def note(self, item: ET.Element) -> None:
        """A note or rest; a tie's later notes lengthen the one that began."""
        if item.find("grace") is not None or item.find("cue") is not None:
            return
        length = self.quarters(item)
        if item.find("chord") is None:
            self.chord_at = self.now
            self.now += length
        pitch = self.pitch(item)
        if pitch is None or length == 0:
            return
        start, end = self.tick(self.chord_at), self.tick(self.chord_at + length)
        ties = {tie.get("type") for tie in item.iterfind("tie")}
        begun = self.part.ties.pop(pitch, None) if "stop" in ties else None
        notes = self.part.notes
        if begun is not None:
            old = notes[begun]
            notes[begun] = Note(old.start, max(old.duration, end - old.start), old.pitch, old.velocity, old.lyric)
        else:
            begun = len(notes)
            notes.append(Note(start, max(1, end - start), pitch, self.velocity(item), syllable(item)))
        if "start" in ties:
            self.part.ties[pitch] = begun

    def velocity(self, item: ET.Element) -> int:
        """From the note's own `dynamics`, a percentage of 90, else the last mark."""
        text = item.get("dynamics")
        if text is None:
            return self.part.velocity
        self.marks.dynamics = True
        try:
            return min(127, max(1, round(0.9 * float(text))))
        except (ValueError, OverflowError):
            raise FileFormatError(f"{self.where}: a note has the dynamics {text!r}") from None

    def pitch(self, item: ET.Element) -> int | None:
        """The sounding MIDI pitch; None for a rest."""
        if (unpitched := item.find("unpitched")) is not None:
            instrument = item.find("instrument")
            number = self.part.sounds.unpitched.get(instrument.get("id", "") if instrument is not None else "")
            if number is not None:
                return number
            return next(iter(self.part.sounds.unpitched.values()), self.written(unpitched, "display-step", "display-octave"))
        pitch = item.find("pitch")
        if pitch is None:
            return None
        return min(127, max(0, self.written(pitch, "step", "octave") + self.part.transpose))

    def written(self, pitch: ET.Element, step: str, octave: str) -> int:
        """The MIDI pitch of a step and an octave."""
        letter, height = pitch.findtext(step), pitch.findtext(octave)
        if letter not in STEPS:
            raise FileFormatError(f"{self.where}: a note is called {letter!r}")
        alter = pitch.findtext("alter")
        sharp = whole(alter, self.where, "alter", -3, 3) if alter else 0  # quarter tones fall to the nearer semitone
        return min(127, max(0, 12 * (whole(height, self.where, "octave", -1, 10) + 1) + STEPS[letter] + sharp))

    def attributes(self, item: ET.Element) -> None:
        """Divisions, transposition, key and meter."""
        if text := item.findtext("divisions"):
            self.part.divisions = whole(text, self.where, "divisions", 1, 1_000_000)
        if (transpose := item.find("transpose")) is not None:
            chromatic = whole(transpose.findtext("chromatic") or "0", self.where, "chromatic", -127, 127)
            self.part.transpose = chromatic + 12 * whole(transpose.findtext("octave-change") or "0", self.where, "octave-change", -10, 10)
        if meter := meter_of(item.find("time"), self.where):
            self.marks.meters[self.start if self.marks.meters else 0] = meter
        if self.first and (key := item.find("key")) is not None and not self.part.sounds.drums:
            fifths = whole(key.findtext("fifths") or "0", self.where, "fifths", -12, 12)
            mode = (key.findtext("mode") or "major").lower()
            self.marks.keys[self.tick(self.now) if self.marks.keys else 0] = key_of(fifths, mode, self.part.transpose)

    def direction(self, item: ET.Element) -> None:
        """Tempo, section names and loudness."""
        tick = self.tick(self.now) + self.offset(item)
        for mark in item.iterfind("direction-type/rehearsal"):
            if self.first and (name := clean_text(mark.text or "")):
                self.marks.markers[max(0, tick)] = name
        for mark in item.iterfind("direction-type/dynamics"):
            for child in mark:
                self.part.velocity = DYNAMICS.get(child.tag, self.part.velocity)
        if (sound := item.find("sound")) is not None:
            self.sound(sound, max(0, tick))

    def sound(self, sound: ET.Element, tick: int) -> None:
        """A tempo that is played."""
        text = sound.get("tempo")
        if text is None:
            return
        try:
            bpm = float(text)
            if not 1 <= bpm <= 10 * MAX_BPM:
                raise ValueError
        except ValueError:
            raise FileFormatError(f"{self.where}: a tempo of {text!r}; set it anew in the score") from None
        self.marks.tempos[0 if not self.marks.tempos else tick] = round(bpm, 6)

    def harmony(self, item: ET.Element) -> None:
        """A chord symbol."""
        try:
            chord = read_harmony(item)
        except TheoryError as error:
            self.marks.unread.add(str(error))
        else:
            self.marks.harmony[max(0, self.tick(self.now) + self.offset(item))] = chord


def key_of(fifths: int, mode: str, transpose: int) -> Key:
    """The sounding key of a signature; a mode nobody knows is taken as major.

    >>> str(key_of(-4, "minor", 0)), str(key_of(2, "major", -2)), str(key_of(0, "dorian", 0))
    ('F minor', 'C major', 'D dorian')
    """
    name = {"ionian": "major", "aeolian": "minor"}.get(mode, mode)
    name = name if name in MODE_FIFTHS else "major"
    sounding = (fifths + 7 * transpose + 6) % 12 - 6 if transpose % 12 else fifths
    return Key(PitchClass.from_fifths(sounding + MODE_FIFTHS[name]), name)


def syllable(item: ET.Element) -> str:
    """The first verse's syllable; one that goes on ends in a hyphen."""
    lyric = item.find("lyric")
    text = clean_text("".join(part.text or "" for part in lyric.iterfind("text"))) if lyric is not None else ""
    if lyric is None or not text:
        return ""
    return f"{text}-" if lyric.findtext("syllabic") in ("begin", "middle") else text
