"""Chord symbols in MusicXML: our qualities as its kinds and degrees."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping

from daiw.music.chord import Chord
from daiw.music.pitch import PitchClass

KINDS: Mapping[str, tuple[str, tuple[tuple[int, int, str], ...]]] = {
    "": ("major", ()), "m": ("minor", ()), "dim": ("diminished", ()), "aug": ("augmented", ()), "sus2": ("suspended-second", ()),
    "sus4": ("suspended-fourth", ()), "5": ("power", ()), "6": ("major-sixth", ()), "m6": ("minor-sixth", ()), "7": ("dominant", ()),
    "maj7": ("major-seventh", ()), "m7": ("minor-seventh", ()), "mmaj7": ("major-minor", ()), "m7b5": ("half-diminished", ()),
    "dim7": ("diminished-seventh", ()), "aug7": ("augmented-seventh", ()), "7sus4": ("suspended-fourth", ((7, -1, "add"),)),
    "add9": ("major", ((9, 0, "add"),)), "madd9": ("minor", ((9, 0, "add"),)), "6/9": ("major-sixth", ((9, 0, "add"),)),
    "9": ("dominant-ninth", ()), "maj9": ("major-ninth", ()), "m9": ("minor-ninth", ()), "7b9": ("dominant", ((9, -1, "add"),)),
    "7#9": ("dominant", ((9, 1, "add"),)), "9sus4": ("suspended-fourth", ((7, -1, "add"), (9, 0, "add"))),
    "maj7#11": ("major-seventh", ((11, 1, "add"),)), "11": ("dominant-11th", ()), "m11": ("minor-11th", ()), "13": ("dominant-13th", ()),
}  # fmt: skip
"""Our chord qualities -> MusicXML kind and added degrees (degree, alteration, type)."""


def harmony_element(chord: Chord) -> ET.Element:
    """A chord symbol, printed with our own name for its quality."""
    harmony = ET.Element("harmony")
    _named(harmony, "root", chord.root)
    kind, degrees = KINDS[chord.quality]
    ET.SubElement(harmony, "kind", text=chord.quality).text = kind
    if chord.bass:
        _named(harmony, "bass", chord.bass)
    for value, alter, role in degrees:
        degree = ET.SubElement(harmony, "degree", {"print-object": "no"})
        ET.SubElement(degree, "degree-value").text = str(value)
        ET.SubElement(degree, "degree-alter").text = str(alter)
        ET.SubElement(degree, "degree-type").text = role
    return harmony


def _named(harmony: ET.Element, tag: str, name: PitchClass) -> None:
    element = ET.SubElement(harmony, tag)
    ET.SubElement(element, f"{tag}-step").text = name.letter
    if name.accidental:
        ET.SubElement(element, f"{tag}-alter").text = str(name.accidental)
