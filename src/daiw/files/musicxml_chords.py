"""Chord symbols in MusicXML: our qualities as its kinds and degrees."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping

from daiw.errors import TheoryError
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


KIND_NAMES: Mapping[str, str] = {
    "major": "", "minor": "m", "augmented": "aug", "diminished": "dim", "dominant": "7", "major-seventh": "maj7", "minor-seventh": "m7",
    "diminished-seventh": "dim7", "augmented-seventh": "aug7", "half-diminished": "m7b5", "major-minor": "mmaj7", "major-sixth": "6",
    "minor-sixth": "m6", "dominant-ninth": "9", "major-ninth": "maj9", "minor-ninth": "m9", "dominant-11th": "11", "major-11th": "maj9",
    "minor-11th": "m11", "dominant-13th": "13", "major-13th": "maj9", "minor-13th": "m11", "suspended-second": "sus2",
    "suspended-fourth": "sus4", "power": "5",
}  # fmt: skip
"""MusicXML kinds without degrees -> our qualities, the nearest where we have none of our own."""


def read_harmony(harmony: ET.Element) -> Chord:
    """A chord symbol back; degrees that make no quality of ours are passed over.  Raises TheoryError where root or kind cannot be read."""
    root = _pitch_class(harmony, "root")
    kind = (harmony.findtext("kind") or "").strip()
    degrees = tuple(
        sorted(
            (_number(degree, "degree-value"), _number(degree, "degree-alter"), degree.findtext("degree-type") or "add")
            for degree in harmony.iterfind("degree")
        )
    )
    quality = next((name for name, known in KINDS.items() if known == (kind, degrees)), None) if degrees else None
    if quality is None:
        if kind not in KIND_NAMES:
            shown = harmony.find("kind")
            raise TheoryError(f"{root}{shown.get('text', kind) if shown is not None else '?'}")
        quality = KIND_NAMES[kind]
    bass = _pitch_class(harmony, "bass") if harmony.find("bass") is not None else None
    return Chord(root, quality, bass if bass != root else None)


def _pitch_class(harmony: ET.Element, tag: str) -> PitchClass:
    step, alter = harmony.findtext(f"{tag}/{tag}-step") or "", harmony.findtext(f"{tag}/{tag}-alter") or "0"
    try:
        return PitchClass(step.strip(), round(float(alter)))
    except (ValueError, OverflowError):
        raise TheoryError(f"{step or 'a chord without a root'}") from None


def _number(element: ET.Element, tag: str) -> int:
    try:
        return round(float(element.findtext(tag) or "0"))
    except (ValueError, OverflowError):
        raise TheoryError(f"a {tag} of {element.findtext(tag)!r}") from None
