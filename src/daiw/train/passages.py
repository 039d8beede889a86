"""Passages of art songs that their composers marked with what they mean: the music there, and the marking."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from daiw.errors import FileFormatError
from daiw.train.hearing import Piece
from daiw.train.markings import PACES, Marking, Meant, markings, meant
from daiw.train.musicxml import Voice, read_root, read_voice

MOST_BARS, FEWEST_BARS = 16, 4
FORTE = 90
"""MusicXML states dynamics as a percentage of this velocity."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A marked stretch of a song.  bars: (first, after the last), as written.  heading: the words stand at the song's beginning."""

    song: str
    composer: str
    bars: tuple[int, int]
    heading: bool
    meant: Meant
    piece: Piece


def stretches(marks: list[Marking], measures: int) -> list[tuple[int, int, Meant]]:
    """(first measure, the one after the last, what is meant): from words to the next ones of feeling or tempo, 16 bars at most."""
    found = []
    told = [(mark.measure, meant(mark.text), bool(PACES.search(mark.text))) for mark in marks]
    told = [each for each in told if each[1].words or each[2]]
    for (first, what, _), (until, _, _) in pairwise([*told, (measures, Meant(0, 0, ()), True)]):
        last = min(until, first + MOST_BARS, measures)
        if what.words and (what.valence or what.arousal) and last - first >= FEWEST_BARS:
            found.append((first, last, what))
    return found


def cut(part: ET.Element, first: int, last: int) -> Voice:
    """The music of some measures of a part, in quarters from their beginning; repeats inside are played out."""
    measures = part.findall("measure")
    divisions = [each for measure in measures[:first] for each in measure.findall("attributes/divisions")]
    piece = ET.Element("part")
    if divisions:
        ET.SubElement(ET.SubElement(ET.SubElement(piece, "measure"), "attributes"), "divisions").text = divisions[-1].text
    piece.extend(measures[first:last])
    return read_voice(piece)


def tempo_at(root: ET.Element, measure: int) -> float:
    """Quarters a minute that the score states at or before a measure; 0 where it states none."""
    bpm = 0.0
    for part in root.findall("part"):
        for each in part.findall("measure")[: measure + 1]:
            for sound in each.iter("sound"):
                bpm = float(sound.get("tempo") or bpm)
        if bpm:
            return bpm
    return bpm


def velocity_of(root: ET.Element, first: int, last: int) -> float:
    """Mean over the measures of the dynamics in force, as a velocity; 0 where the score states none before or in them."""
    levels = []
    for part in root.findall("part"):
        level = 0.0
        for i, measure in enumerate(part.findall("measure")[:last]):
            for sound in measure.iter("sound"):
                level = float(sound.get("dynamics") or 0) * FORTE / 100 or level
            if i >= first and level:
                levels.append(level)
    return float(np.mean(levels)) if levels else 0.0


def read_passages(path: Path, composer: str) -> list[Passage]:
    """The marked passages of one score: its first part is the voice, all others accompany; raises FileFormatError."""
    root = read_root(path)
    parts = root.findall("part")
    if len(parts) < 2:
        return []
    found = []
    try:
        for first, last, what in stretches(markings(root), len(parts[0].findall("measure"))):
            voices = [cut(part, first, last) for part in parts]
            rows = [np.array(voice.notes, float).reshape(-1, 3) for voice in voices]
            length = max(voice.length for voice in voices)
            piece = Piece(rows[0], np.concatenate(rows[1:]), length, tempo_at(root, first), velocity_of(root, first, last))
            if length > 0:
                found.append(Passage(path.stem, composer, (first, last), first == 0, what, piece))
    except (ValueError, KeyError, ZeroDivisionError, OverflowError) as error:
        raise FileFormatError(f"{path}: not a score that can be read ({error})") from error
    return found


def lieder_passages(folder: Path) -> Iterator[Passage]:
    """All of OpenScore Lieder: the folder under scores/ is the composer."""
    scores = folder / "scores"
    for path in sorted(scores.glob("**/*.mxl")):
        yield from read_passages(path, path.relative_to(scores).parts[0])
