"""Harmony made plainer or tenser, or moved to another mode of the same tonic, chord by chord."""

from collections.abc import Sequence
from dataclasses import replace

from daiw.errors import TheoryError
from daiw.music.chord import Chord
from daiw.music.pitch import MODES, Key, PitchClass
from daiw.music.plan import ChordSpan
from daiw.music.roman import DEGREES, chord_of, take_apart
from daiw.music.time import TICKS_PER_QUARTER
from daiw.planning.choices import spelled

SUBSTITUTES = {6: 4, 1: 3, 0: 0, 4: 6, 2: 0, 3: 1, 5: 3}
"""Scale degree 0..6 whose triad is diminished in the new mode -> the degree that does its work."""


def in_mode(key: Key, spans: Sequence[ChordSpan], mode: str) -> tuple[Key, tuple[ChordSpan, ...]]:
    """The same progression, degree by degree, in another mode on the same tonic; the tonic may be respelled."""
    if mode == key.mode:
        return key, tuple(spans)
    moved = Key(spelled(key.tonic.number, mode), mode)
    return moved, tuple(_translated(span, key, moved) for span in spans)


def diatonic(degree: int, mode: str, *, seventh: bool) -> str:
    """The numeral of the chord that a mode's own notes put on a degree 0..6; a diminished one gives way to its substitute."""
    scale = MODES[mode]
    third, fifth, top = ((scale[(degree + step) % 7] - scale[degree]) % 12 for step in (2, 4, 6))
    if fifth != 7 and degree != 0:
        return diatonic(SUBSTITUTES[degree], mode, seventh=seventh)
    name = DEGREES[degree] if third == 4 else DEGREES[degree].lower()
    if mode == "minor" and degree == 4:
        name, third, top = "V", 4, 10
    if fifth != 7:
        return name + ("ø7" if seventh else "o")
    if not seventh:
        return name
    return name + ("maj7" if top == 11 and third == 4 else "7")


def _translated(span: ChordSpan, old: Key, new: Key) -> ChordSpan:
    """One chord's degree in the new mode; chords that lead elsewhere become the dominant."""
    head, _, tail = take_apart(span.numeral)
    degree = DEGREES.index(head.strip("b#♭♯").upper())
    if tail and not tail[-1].isdigit():
        degree = 4
    seventh = len(span.chord.intervals) > 3
    numeral = diatonic(degree, new.mode, seventh=seventh)
    try:
        return replace(span, chord=chord_of(numeral, new), numeral=numeral)
    except TheoryError:
        return span


PLAIN = {(3, 7): "m", (4, 7): "", (3, 6): "dim", (4, 8): "aug"}
LADDERS = (
    ("", "maj7", "maj9", "maj7#11"),
    ("", "7", "9", "7b9"),
    ("m", "m7", "m9", "m11"),
    ("6", "6/9", "maj7#11"),
    ("add9", "maj9", "maj7#11"),
    ("madd9", "m9", "m11"),
    ("sus2", "7sus4", "9sus4"),
    ("sus4", "7sus4", "9sus4", "7b9"),
    ("dim", "m7b5", "dim7"),
    ("7", "13", "7b9"),
)
"""Qualities, each tenser than the one before."""


def recoloured(spans: Sequence[ChordSpan], key: Key, tenser: float) -> tuple[ChordSpan, ...]:
    """The chords at a tension of -1 (triads) .. 0 (as planned) .. 1 (two storeys more, applied dominants before every change)."""
    if abs(tenser) < 0.2:
        return tuple(spans)
    result: list[ChordSpan] = []
    for span, following in zip(spans, [*spans[1:], None], strict=True):
        span = replace(span, chord=_coloured(span.chord, key, tenser))
        far = following is not None and following.chord.root.number != span.chord.root.number
        if tenser > 0.6 and far and following is not None and span.duration >= 2 * TICKS_PER_QUARTER:
            result += _announced(span, following)
        else:
            result.append(span)
    return tuple(result)


def _coloured(chord: Chord, key: Key, tenser: float) -> Chord:
    """One chord some steps up or down its ladder."""
    if tenser <= -0.6:
        third = next((i for i in chord.intervals if i in (3, 4)), 4)
        fifth = next((i for i in chord.intervals if i in (6, 7, 8)), 7)
        return replace(chord, quality=PLAIN.get((third, fifth), "m" if third == 3 else ""))
    steps = -1 if tenser < 0 else 2 if tenser > 0.6 else 1
    minor_seventh = (chord.root.number + 10) % 12 in key.pitch_classes
    ladders = [ladder for ladder in LADDERS if chord.quality in ladder]
    if not ladders:
        return chord
    ladder = ladders[1] if chord.quality == "" and minor_seventh else ladders[0]
    place = ladder.index(chord.quality) + steps
    able = [quality for quality in ladder[: max(1, place + 1)] if _bearable(replace(chord, quality=quality), key)]
    return replace(chord, quality=able[-1] if able else chord.quality)


def _bearable(chord: Chord, key: Key) -> bool:
    """False for a natural ninth where the key has the flat one (iii in major): that grates rather than pulls."""
    root = chord.root.number
    return 14 not in chord.intervals or (root + 2) % 12 in key.pitch_classes or (root + 1) % 12 not in key.pitch_classes


def _announced(span: ChordSpan, following: ChordSpan) -> list[ChordSpan]:
    """The chord, and in its last beat the dominant of the next."""
    try:
        root = PitchClass.from_fifths(following.chord.root.fifths + 1)
    except TheoryError:
        return [span]
    beat = TICKS_PER_QUARTER
    lead = ChordSpan(span.start + span.duration - beat, beat, Chord(root, "7b9" if following.chord.minor_third else "7"), "V7")
    return [replace(span, duration=span.duration - beat), lead]
