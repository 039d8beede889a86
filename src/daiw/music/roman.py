"""Roman numerals: a chord said in terms of a key, and back.

A numeral is [accidentals] degree [suffix] [/target] [/bass]:

- accidentals: any number of "b" or "#", moving the root from the key's own scale degree ("bVI" in F major is Db).
- degree: "I".."VII" for chords with a major third (and sus and fifths), "i".."vii" for a minor one.
- suffix: a chord quality as on a lead sheet ("7" is a minor seventh over the root, "maj7" a major one), or the figures of
  an inversion: "6" "64" on triads, "65" "43" "42" on sevenths.  The added sixth is "add6", so "I6" stays first inversion.
- /target: another numeral, the chord's own key for a moment: "V7/vi", "viio7/V".
- /bass: an arabic degree of the key, with accidentals: "IV/5" is F/G in C, "I/b7" is C/Bb.

In the minor mode lower-case "vi" and "vii" stand on the raised degrees and upper-case "VI" and "VII" on the natural
ones, as in analysis books and music21: "viio7" in A minor is G#dim7, "VII" is G, "bvii" is Gm.  Other modes are taken as they are.
"""

import re

from daiw.errors import TheoryError
from daiw.music.chord import QUALITIES, Chord
from daiw.music.pitch import Key, PitchClass

DEGREES = ("I", "II", "III", "IV", "V", "VI", "VII")

MINOR_SUFFIXES = {
    "m": "", "m7": "7", "mmaj7": "maj7", "m6": "add6", "madd9": "add9", "m9": "9", "m11": "11",
    "dim": "o", "dim7": "o7", "m7b5": "ø7",
}  # fmt: skip
"""Qualities written on lower-case degrees."""

MAJOR_SUFFIXES = {quality: quality for quality in QUALITIES if quality not in MINOR_SUFFIXES} | {
    "aug": "+", "aug7": "+7", "6": "add6", "6/9": "69",
}  # fmt: skip
"""Qualities written on upper-case degrees."""

FIGURES = {3: ("", "6", "64"), 4: ("7", "65", "43", "42")}
"""Notes in the chord -> figures of root position and the inversions."""

FIGURED = {
    True: {"": "", "aug": "+", "7": "", "aug7": "+"},
    False: {"m": "", "dim": "o", "m7": "", "dim7": "o", "m7b5": "ø"},
}
"""Upper case? -> the qualities whose inversions have figures, and the sign before the figures."""

SUFFIX_ALIASES = {
    True: {
        "M": "", "maj": "", "M7": "maj7", "Δ": "maj7", "Δ7": "maj7",
        "M9": "maj9", "sus": "sus4", "7sus": "7sus4", "aug": "+", "aug7": "+7", "9sus": "9sus4", "2": "42",
    },
    False: {
        "m": "", "m7": "7", "m9": "9", "m11": "11", "dim": "o", "°": "o", "dim7": "o7", "°7": "o7", "ø": "ø7", "m7b5": "ø7", "7b5": "ø7",
        "M7": "maj7", "2": "42", "°6": "o6", "°64": "o64", "°65": "o65", "°43": "o43", "°42": "o42",
    },
}  # fmt: skip


def _suffix_table(upper: bool) -> dict[str, tuple[str, int]]:
    """Every suffix of one case -> quality and inversion."""
    table = {suffix: (quality, 0) for quality, suffix in (MAJOR_SUFFIXES if upper else MINOR_SUFFIXES).items()}
    for quality, sign in FIGURED[upper].items():
        for inversion, figures in enumerate(FIGURES[len(QUALITIES[quality])]):
            if inversion:
                table[sign + figures] = (quality, inversion)
    if not upper:  # suspensions and fifths have no third to show by case; both cases may write them
        table |= {suffix: (suffix, 0) for suffix in ("sus2", "sus4", "5", "7sus4", "9sus4")}
    return table


SUFFIXES = {upper: _suffix_table(upper) for upper in (True, False)}
_HEAD = re.compile(r"([b#♭♯]*)(VII|VI|V|IV|III|II|I|vii|vi|v|iv|iii|ii|i)(?![IVXivx])(.*)")
_BASS = re.compile(r"([b#♭♯]*)([1-7])")


def _signs(text: str) -> int:
    """Semitones of a run of accidentals."""
    return sum({"#": 1, "♯": 1, "b": -1, "♭": -1}[sign] for sign in text)


def _written(semitones: int) -> str:
    """The inverse of `_signs`."""
    return "#" * semitones if semitones > 0 else "b" * -semitones


def _moved(pitch: PitchClass, semitones: int, what: str) -> PitchClass:
    """`pitch` with that many more sharps; raises TheoryError beyond double accidentals."""
    if not -2 <= pitch.accidental + semitones <= 2:
        raise TheoryError(f"{what} needs a note with more than double accidentals; choose an enharmonic key")
    return PitchClass(pitch.letter, pitch.accidental + semitones)


def degree_root(key: Key, degree: int, lower: bool = False) -> PitchClass:
    """The note on which degree 0..6 of `key` stands; `lower` applies the minor mode's raised sixth and seventh."""
    pitch = key.scale[degree]
    return _moved(pitch, 1, f"degree {degree + 1} of {key}") if lower and key.mode == "minor" and degree >= 5 else pitch


def _split(numeral: str) -> tuple[str, str | None, str | None]:
    """Numeral -> the chord itself, the target and the bass degree."""
    body, *tails = numeral.strip().replace("6/9", "69").split("/")
    bass = tails.pop() if tails and _BASS.fullmatch(tails[-1]) else None
    return body, "/".join(tails) if tails else None, bass


def chord_of(numeral: str, key: Key) -> Chord:
    """The chord `numeral` names in `key`; raises TheoryError.

    >>> [str(chord_of(numeral, Key.parse("F"))) for numeral in ("I", "bVI", "V7/vi", "IV64", "viiø7")]
    ['F', 'Db', 'A7', 'Bb/F', 'Em7b5']
    >>> [str(chord_of(numeral, Key.parse("A minor"))) for numeral in ("i", "viio7", "VII", "V65", "iv/1")]
    ['Am', 'G#dim7', 'G', 'E7/G#', 'Dm/A']
    """
    body, target, bass_degree = _split(numeral)
    match = _HEAD.fullmatch(body)
    if match is None:
        raise TheoryError(f"{numeral!r} is not a roman numeral; write ii7, bVI, V65, viio7/V or IV/5")
    home = key
    if target is not None:
        goal = chord_of(target, key)
        home = Key(goal.root, "minor" if goal.minor_third else "major")
    upper = match[2].isupper()
    suffix = SUFFIX_ALIASES[upper].get(match[3], match[3])
    if suffix not in SUFFIXES[upper]:
        raise TheoryError(f"{numeral!r}: no suffix {match[3]!r} on {match[2]}; known are {', '.join(filter(None, SUFFIXES[upper]))}")
    quality, inversion = SUFFIXES[upper][suffix]
    root = _moved(degree_root(home, DEGREES.index(match[2].upper()), not upper), _signs(match[1]), f"{numeral} in {key}")
    chord = Chord(root, quality)
    if bass_degree is not None:
        if inversion:
            raise TheoryError(f"{numeral!r} asks for an inversion and a bass at once")
        signs, degree = _BASS.fullmatch(bass_degree).groups()  # type: ignore[union-attr]
        bass = _moved(key.scale[int(degree) - 1], _signs(signs), f"{numeral} in {key}")
        return Chord(root, quality, None if bass == root else bass)
    return Chord(root, quality, chord.spelling[inversion]) if inversion else chord


def numeral_of(chord: Chord, key: Key) -> str:
    """The numeral of `chord` in `key`, such that `chord_of` gives the same chord back; raises TheoryError only for unspellable keys.

    >>> [numeral_of(Chord.parse(name), Key.parse("C")) for name in ("Dm7", "G7/B", "Ab", "Fmaj9/A", "Bdim7", "Csus4")]
    ['ii7', 'V65', 'bVI', 'IVmaj9/6', 'viio7', 'Isus4']
    """
    upper = chord.quality in MAJOR_SUFFIXES
    suffix = (MAJOR_SUFFIXES if upper else MINOR_SUFFIXES)[chord.quality]
    degree = _degree(chord.root, key)
    natural = degree_root(key, degree, not upper)
    name = DEGREES[degree] if upper else DEGREES[degree].lower()
    head = _written(chord.root.accidental - natural.accidental) + name
    if chord.bass is None:
        return head + suffix
    inversion = _inversion(chord) if chord.quality in FIGURED[upper] else 0
    if inversion:
        return head + FIGURED[upper][chord.quality] + FIGURES[len(chord.intervals)][inversion]
    step = _degree(chord.bass, key)
    return f"{head}{suffix}/{_written(chord.bass.accidental - key.scale[step].accidental)}{step + 1}"


def _inversion(chord: Chord) -> int:
    """Which of the chord's notes its bass is, by name; 0 where it is none of them."""
    try:
        notes = chord.spelling
    except TheoryError:  # too many accidentals to name the notes, so the bass is not one of them
        return 0
    return notes.index(chord.bass) if chord.bass in notes else 0


def _degree(pitch: PitchClass, key: Key) -> int:
    """The degree 0..6 whose letter `pitch` has."""
    return [note.letter for note in key.scale].index(pitch.letter)


def take_apart(numeral: str) -> tuple[str, str, str]:
    """Accidentals and degree, suffix, and everything from the first slash on; raises TheoryError.

    >>> take_apart("bVImaj7"), take_apart("V7/vi")
    (('bVI', 'maj7', ''), ('V', '7', '/vi'))
    """
    body, slash, tail = numeral.replace("6/9", "69").partition("/")
    match = _HEAD.fullmatch(body)
    if match is None:
        raise TheoryError(f"{numeral!r} is not a roman numeral; write ii7, bVI, V65, viio7/V or IV/5")
    return match[1] + match[2], match[3], slash + tail
