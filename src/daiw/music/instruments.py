"""Instrument families: the words people use for them, their General MIDI programs, and the roles they can serve.

`Wishes.with_instruments` and `without_instruments` hold names of `FAMILIES` or of `ROLES`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

ROLES = ("melody", "counter", "chords", "pad", "bass", "drums")
"""The roles of a song, in score order."""


@dataclass(frozen=True, slots=True)
class Family:
    """A group of instruments that a musician would name with one word.

    name: the key in `FAMILIES`.  words: what people call it, singular; plurals are understood.
    programs: General MIDI programs 0..127, the most typical first; empty for the drum kit, which lives on channel 10.
    roles: what it can serve, the most natural first.
    """

    name: str
    words: tuple[str, ...]
    programs: tuple[int, ...]
    roles: tuple[str, ...]


_TABLE = (
    Family("piano", ("piano", "grand piano", "upright piano", "felt piano", "pianoforte"), (0, 1, 2, 3), ("chords", "melody", "counter")),
    Family("electric piano", ("electric piano", "rhodes", "wurlitzer", "wurly", "e-piano", "ep"), (4, 5), ("chords", "melody", "counter")),
    Family("clavinet", ("clavinet", "clav"), (7,), ("chords", "counter")),
    Family("harpsichord", ("harpsichord", "cembalo"), (6,), ("chords", "melody", "counter")),
    Family("organ", ("organ", "hammond", "church organ", "pipe organ", "b3"), (16, 17, 19, 18), ("pad", "chords", "melody")),
    Family("accordion", ("accordion", "concertina", "bandoneon"), (21, 23), ("melody", "counter", "chords")),
    Family("harmonica", ("harmonica", "mouth organ"), (22,), ("melody", "counter")),
    Family("celesta", ("celesta", "celeste"), (8,), ("melody", "counter", "chords")),
    Family("music box", ("music box", "musicbox"), (10,), ("melody", "counter", "chords")),
    Family("bells", ("bell", "glockenspiel", "glock", "tubular bell", "chime"), (9, 14, 112), ("melody", "counter")),
    Family("vibraphone", ("vibraphone", "vibes"), (11,), ("melody", "counter", "chords")),
    Family("marimba", ("marimba", "xylophone", "kalimba", "thumb piano"), (12, 13, 108), ("melody", "counter", "chords")),
    Family(
        "guitar", ("guitar", "acoustic guitar", "steel guitar", "steel-string guitar"), (25, 24, 27, 26), ("chords", "counter", "melody")
    ),
    Family(
        "nylon guitar",
        ("nylon guitar", "classical guitar", "spanish guitar", "fingerpicked guitar"),
        (24,),
        ("chords", "melody", "counter"),
    ),
    Family("electric guitar", ("electric guitar", "clean guitar", "jazz guitar"), (27, 26, 28), ("chords", "counter", "melody")),
    Family(
        "distorted guitar",
        ("distorted guitar", "overdriven guitar", "heavy guitar", "fuzz guitar"),
        (30, 29),
        ("chords", "melody", "counter"),
    ),
    Family("ukulele", ("ukulele", "uke"), (24,), ("chords", "counter")),
    Family("banjo", ("banjo",), (105,), ("counter", "chords", "melody")),
    Family("mandolin", ("mandolin",), (25,), ("counter", "melody", "chords")),
    Family("sitar", ("sitar",), (104,), ("melody", "counter")),
    Family("koto", ("koto", "shamisen"), (107, 106), ("melody", "counter")),
    Family("harp", ("harp",), (46,), ("chords", "counter", "melody")),
    Family("bass", ("bass", "bass guitar", "bassline", "bass line"), (33, 34, 32, 38), ("bass",)),
    Family("upright bass", ("upright bass", "double bass", "contrabass", "acoustic bass", "walking bass"), (32, 43), ("bass",)),
    Family("synth bass", ("synth bass", "sub bass", "sub-bass", "808 bass", "reese bass"), (38, 39), ("bass",)),
    Family("violin", ("violin", "fiddle"), (40, 110), ("melody", "counter")),
    Family("viola", ("viola",), (41,), ("counter", "melody", "pad")),
    Family("cello", ("cello", "violoncello"), (42,), ("counter", "melody", "bass", "pad")),
    Family(
        "strings",
        ("string", "string section", "string quartet", "orchestral string", "orchestra"),
        (48, 49, 50, 45),
        ("pad", "counter", "melody"),
    ),
    Family("pizzicato", ("pizzicato", "pizz"), (45,), ("counter", "chords", "bass")),
    Family("choir", ("choir", "choral", "ooh", "aah", "chorus of voices"), (52, 53, 54), ("pad", "counter")),
    Family("trumpet", ("trumpet", "cornet", "flugelhorn"), (56, 59), ("melody", "counter")),
    Family("trombone", ("trombone",), (57,), ("melody", "counter", "bass")),
    Family("tuba", ("tuba", "sousaphone"), (58,), ("bass",)),
    Family("french horn", ("french horn",), (60,), ("counter", "pad", "melody")),
    Family("brass", ("brass", "brass section", "horn section", "horn"), (61, 62), ("counter", "chords", "pad")),
    Family(
        "saxophone", ("saxophone", "sax", "tenor sax", "alto sax", "baritone sax", "soprano sax"), (66, 65, 67, 64), ("melody", "counter")
    ),
    Family("clarinet", ("clarinet",), (71,), ("melody", "counter")),
    Family("oboe", ("oboe", "english horn", "cor anglais"), (68, 69), ("melody", "counter")),
    Family("bassoon", ("bassoon",), (70,), ("bass", "counter", "melody")),
    Family("flute", ("flute", "piccolo", "recorder", "pan flute", "tin whistle", "ocarina"), (73, 72, 74, 75, 79), ("melody", "counter")),
    Family("woodwind", ("woodwind",), (73, 71, 68), ("melody", "counter", "pad")),
    Family("bagpipes", ("bagpipe",), (109,), ("melody", "pad")),
    Family("synth lead", ("synth lead", "lead synth", "saw lead", "square lead"), (81, 80, 84), ("melody", "counter")),
    Family("synth pad", ("synth pad", "pad", "warm pad", "drone"), (89, 88, 91, 95), ("pad",)),
    Family("synth", ("synth", "synthesizer", "synthesiser", "synths"), (81, 89, 90, 38), ("melody", "pad", "chords", "counter", "bass")),
    Family("pluck", ("pluck", "synth pluck", "arp", "arpeggio", "arpeggiator"), (84, 80, 45), ("counter", "chords")),
    Family("drums", ("drum", "drum kit", "drumkit", "drum set", "drum machine", "percussion", "beat", "kick", "snare"), (), ("drums",)),
)

FAMILIES: dict[str, Family] = {family.name: family for family in _TABLE}
"""All families by name, in score order."""

ROLE_WORDS: dict[str, tuple[str, ...]] = {
    "melody": ("melody", "lead melody", "lead line"),
    "counter": ("counter melody", "countermelody", "counter line", "counter-line"),
    "chords": ("chords", "chord part"),
}
"""Words for roles that are not also an instrument ("pad", "bass" and "drums" are families)."""

_IRREGULAR_PLURALS = {"brass": "brass", "cello": "cellos|celli", "vibes": "vibes", "percussion": "percussion", "bass": "basses"}


def _pattern(words: Iterable[str]) -> str:
    """A regular expression for any of the words, singular or plural, longest first."""
    forms = []
    for word in sorted(words, key=lambda word: (-len(word), word)):
        plural = _IRREGULAR_PLURALS.get(word, re.escape(word) + "s")
        forms.append(f"{plural}|{re.escape(word)}")
    return "|".join(forms)


_NAME_OF_WORD = {word: family.name for family in _TABLE for word in family.words} | {
    word: role for role, words in ROLE_WORDS.items() for word in words
}
WORDS_PATTERN = _pattern(_NAME_OF_WORD)
"""A regular expression alternative that matches every instrument word, longest first; to be wrapped in (?:...)."""


def find_family(word: str) -> str | None:
    """The family (or role) that a word names, singular or plural, in any case; None where it names none.

    >>> find_family("Celli"), find_family("upright basses"), find_family("sadness")
    ('cello', 'upright bass', None)
    """
    text = " ".join(word.lower().split())
    for form in (text, text.removesuffix("s"), text.removesuffix("es"), {"celli": "cello"}.get(text, text)):
        if form in _NAME_OF_WORD:
            return _NAME_OF_WORD[form]
    return None


def families_for(role: str) -> tuple[Family, ...]:
    """The families that can serve a role, those for which it is the most natural first.

    >>> [family.name for family in families_for("bass")][:3]
    ['bass', 'upright bass', 'synth bass']
    """
    able = [family for family in _TABLE if role in family.roles]
    return tuple(sorted(able, key=lambda family: family.roles.index(role)))


def family_of_program(program: int, role: str | None = None) -> str:
    """The family a General MIDI program 0..127 most typically belongs to; "synth" for effects nobody would name.

    role: where two families share a program, prefer the one that can serve this role.

    >>> family_of_program(42), family_of_program(33)
    ('cello', 'bass')
    """
    if not 0 <= program <= 127:
        raise ValueError(f"a General MIDI program lies in 0..127, got {program}")
    holders = [family for family in _TABLE if program in family.programs]
    holders.sort(key=lambda family: (role is not None and role not in family.roles, family.programs.index(program)))
    return holders[0].name if holders else "synth"
