"""Lead sheets and songs with piano from MusicXML: notes, chord symbols, repeats unfolded; only what the corpus needs."""

import csv
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daiw.errors import FileFormatError
from daiw.tokens.codec import restate
from daiw.tokens.grid import METER_UNITS, TICKS_PER_UNIT, UNITS_PER_QUARTER, snap_onset
from daiw.tokens.sheet import Sheet, no_events
from daiw.train.chords import name_chord
from daiw.train.pop909 import Notes, one_voice, signature_shift

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

CLASS_OF_KIND = {
    "major": 0, "minor": 1, "diminished": 2, "augmented": 3, "suspended-second": 4, "suspended-fourth": 5, "dominant": 6,
    "major-seventh": 7, "minor-seventh": 8, "half-diminished": 9, "diminished-seventh": 10, "major-minor": 11, "major-sixth": 0,
    "minor-sixth": 1, "dominant-ninth": 6, "major-ninth": 7, "minor-ninth": 8, "augmented-seventh": 3, "dominant-11th": 6,
    "dominant-13th": 6, "minor-11th": 8, "power": 0, "major-13th": 7, "minor-13th": 8, "major-11th": 7,
}  # fmt: skip
"""MusicXML harmony kinds as indices of CHORD_CLASSES; others count as unknown and keep the chord before."""


@dataclass(slots=True)
class Voice:
    """One part's music in quarters, repeats unfolded.  notes: (start, duration, pitch).  chords: (start, root, class)."""

    notes: list[tuple[float, float, int]] = field(default_factory=list)
    chords: list[tuple[float, int, int]] = field(default_factory=list)
    meters: list[str] = field(default_factory=list)
    fifths: list[int] = field(default_factory=list)
    length: float = 0.0
    first: float = 0.0

    def pickup(self, bar: float) -> float:
        """Quarters of silence to put before a first measure shorter than a bar, so that bar lines fall where they are written."""
        return bar - self.first if 0 < self.first < bar else 0.0


def read_root(path: Path) -> ET.Element:
    """The score in a compressed MusicXML file; raises FileFormatError."""
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if not name.startswith("META-INF") and name.endswith((".xml", ".musicxml")))
            return ET.fromstring(archive.read(name))
    except (zipfile.BadZipFile, StopIteration, ET.ParseError) as error:
        raise FileFormatError(f"{path}: not a compressed MusicXML score ({error})") from error


def unfolded(measures: list[ET.Element]) -> list[ET.Element]:
    """The measures in playing order: simple repeats and their numbered endings; no jumps by sign or coda."""
    order: list[ET.Element] = []
    start, i, pass_no = 0, 0, 1
    while i < len(measures) and len(order) < 4 * len(measures) + 8:
        measure = measures[i]
        marks = measure.findall("barline/repeat")
        if any(mark.get("direction") == "forward" for mark in marks) and start != i:
            start, pass_no = i, 1
        ending = measure.find("barline/ending[@type='start']")
        if ending is not None and str(pass_no) not in (ending.get("number") or "1").replace(" ", "").split(","):
            while (
                i < len(measures)
                and measures[i].find("barline/ending[@type='stop']") is None
                and measures[i].find("barline/ending[@type='discontinue']") is None
            ):
                i += 1
            i += 1
            continue
        order.append(measure)
        if any(mark.get("direction") == "backward" for mark in marks):
            if pass_no == 1:
                i, pass_no = start, 2
                continue
            start, pass_no = i + 1, 1
        i += 1
    return order


def read_voice(part: ET.Element) -> Voice:
    """The music of one part, ties joined, grace notes left out."""
    voice, divisions, now = Voice(), 1.0, 0.0
    open_ties: dict[int, int] = {}
    for measure in unfolded(part.findall("measure")):
        start = time = now
        longest = 0.0
        last = time
        for item in measure:
            if item.tag == "attributes":
                divisions = float(item.findtext("divisions") or divisions)
                if item.find("key/fifths") is not None:
                    voice.fifths.append(int(item.findtext("key/fifths") or 0))
                if item.find("time/beats") is not None:
                    voice.meters.append(f"{item.findtext('time/beats')}/{item.findtext('time/beat-type')}")
            elif item.tag in ("backup", "forward"):
                time += float(item.findtext("duration") or 0) / divisions * (-1 if item.tag == "backup" else 1)
            elif item.tag == "harmony" and item.find("root/root-step") is not None:
                kind = CLASS_OF_KIND.get((item.findtext("kind") or "").strip())
                root = (STEPS[item.findtext("root/root-step") or "C"] + int(float(item.findtext("root/root-alter") or 0))) % 12
                if kind is not None:
                    voice.chords.append((time, root, kind))
            elif item.tag == "note" and item.find("grace") is None:
                length = float(item.findtext("duration") or 0) / divisions
                if item.find("chord") is None:
                    last, time = time, time + length
                read_note(voice, item, last, length, open_ties)
            longest = max(longest, time - start)
        now = start + longest
        voice.first = voice.first or longest
    voice.length = now
    return voice


def read_note(voice: Voice, item: ET.Element, start: float, length: float, open_ties: dict[int, int]) -> None:
    """Add a note, or lengthen the one it is tied to."""
    if item.find("pitch") is None:
        return
    pitch = (
        STEPS[item.findtext("pitch/step") or "C"]
        + int(float(item.findtext("pitch/alter") or 0))
        + 12 * (int(item.findtext("pitch/octave") or 4) + 1)
    )
    ties = {tie.get("type") for tie in item.findall("tie")}
    if "stop" in ties and pitch in open_ties:
        i = open_ties[pitch]
        begun, _, _ = voice.notes[i]
        voice.notes[i] = (begun, start + length - begun, pitch)
    else:
        voice.notes.append((start, length, pitch))
        open_ties[pitch] = len(voice.notes) - 1
    if "start" not in ties:
        open_ties.pop(pitch, None)


def as_notes(voice: Voice, pad: float) -> Notes:
    """The notes in ticks, `pad` quarters later."""
    rows = [(round((start + pad) * 480), max(40, round(length * 480)), pitch, 80) for start, length, pitch in voice.notes]
    return np.array(rows, np.int64).reshape(-1, 4)


def heard_harmony(notes: Notes, units: int, bar_units: int, step: int) -> NDArray[np.int32]:
    """Chords guessed from all sounding notes, one guess every `step` units."""
    rows: list[tuple[int, int, int]] = []
    starts, ends = notes[:, 0] / TICKS_PER_UNIT, (notes[:, 0] + notes[:, 1]) / TICKS_PER_UNIT
    for unit in range(0, units, step):
        length = np.minimum(ends, unit + step) - np.maximum(starts, unit)
        here = length > 0
        if not here.any():
            continue
        weights = np.bincount(notes[here, 2] % 12, weights=length[here], minlength=12).astype(np.float64)
        named = name_chord(weights, int(notes[here, 2].min() % 12))
        if named is not None and (not rows or rows[-1][1:] != named):
            rows.append((unit, *named))
    return restate(np.array(rows, np.int32).reshape(-1, 3), units // bar_units, bar_units) if rows else no_events()


def likely_minor(chords: NDArray[np.int32]) -> bool:
    """Whether a song without sharps or flats leans on A minor rather than C major: time on each tonic chord, the last chord doubled."""
    weight = {"C": 0.0, "A": 0.0}
    for i, (start, root, quality) in enumerate(chords.tolist()):
        length = (chords[i + 1, 0] - start) if i + 1 < len(chords) else 96
        if (root, quality) in ((0, 0), (0, 7)):
            weight["C"] += float(length)
        elif (root, quality) in ((9, 1), (9, 8)):
            weight["A"] += float(length)
    return weight["A"] > weight["C"]


def read_sheet(path: Path, name: str, style: str, bpm: float) -> Sheet | None:
    """One song; None where its meter or key changes or is none of ours, or it has hardly a melody."""
    voices = [read_voice(part) for part in read_root(path).findall("part")]
    if not voices or len(set(voices[0].meters)) != 1 or len(set(voices[0].fifths)) != 1 or len(voices[0].notes) < 16:
        return None
    meter = {"2/2": "4/4", "C": "4/4"}.get(voices[0].meters[0], voices[0].meters[0])
    if meter not in METER_UNITS:
        return None
    bar_units = METER_UNITS[meter]
    pad = voices[0].pickup(METER_UNITS[meter] / UNITS_PER_QUARTER)
    units = round((voices[0].length + pad) * UNITS_PER_QUARTER)
    bars = -(-units // bar_units)
    shift = signature_shift(voices[0].fifths[0])
    if voices[0].chords:
        rows: dict[int, tuple[int, int]] = {}
        for start, root, quality in voices[0].chords:
            rows[snap_onset((start + pad) * UNITS_PER_QUARTER)] = ((root + shift) % 12, quality)
        chords = np.array([(unit, *rows[unit]) for unit in sorted(rows) if unit < bars * bar_units], np.int32).reshape(-1, 3)
        chords = restate(chords, bars, bar_units)
    else:
        everything = np.concatenate([as_notes(voice, pad) for voice in voices])
        everything[:, 2] += shift
        chords = heard_harmony(everything, bars * bar_units, bar_units, 24 if meter in ("4/4", "2/4") else 36)
    notes = one_voice(as_notes(voices[0], pad), bars, bar_units, shift)
    return Sheet(name, style, meter, bars, notes, chords, (), bpm, likely_minor(chords), (), shift)


def read_openewld(folder: Path) -> list[Sheet]:
    """Every usable lead sheet of the folder `openewld_us_pd`."""
    found = []
    for row in csv.DictReader((folder / "index.csv").open(newline="")):
        sheet = read_sheet(folder / "mxl" / row["file"], f"openewld/{row['file'][:-4]}", "openewld", 110.0)
        if sheet is not None and len(sheet.chords):
            found.append(sheet)
    return found


def read_lieder(folder: Path) -> list[Sheet]:
    """Every usable song with piano of the folder `openscore_lieder`; the first part is the voice."""
    found = []
    for path in sorted(folder.glob("scores/**/*.mxl")):
        sheet = read_sheet(path, f"lieder/{path.stem}", "lieder", 90.0)
        if sheet is not None:
            found.append(sheet)
    return found
