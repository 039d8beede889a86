"""Chord values above the tonic as numerals of a mode; what has no name that says its notes exactly may not be written."""

from collections.abc import Sequence
from functools import lru_cache

from daiw.errors import TheoryError
from daiw.music.chord import Chord
from daiw.music.pitch import Key, PitchClass
from daiw.music.roman import chord_of, numeral_of
from daiw.planning.colour import Bars
from daiw.planning.grammar import HOME
from daiw.tokens.harmony_levels import NO_CHORD, Bar, class_of, filled, is_foreign, root_of, tones_of
from daiw.tokens.vocab import CHORD_CLASSES


@lru_cache(maxsize=16)
def writable(mode: str) -> tuple[bool, ...]:
    """Which chord values have a numeral in a mode that names them exactly."""
    return (*(numeral(chord, mode) is not None for chord in range(NO_CHORD)), False)


@lru_cache(maxsize=4096)
def numeral(chord: int, mode: str) -> str | None:
    """The numeral of a chord value; None where no name of it holds its notes."""
    key = Key(PitchClass("C"), mode)
    names = {pitch.number: pitch for pitch in key.scale}
    signs = (0, 1, -1) if root_of(chord) == 6 else (0, -1, 1)
    for root in (names.get(root_of(chord)), *(PitchClass(letter, sign) for sign in signs for letter in "CDEFGAB")):
        if root is None or root.number != root_of(chord):
            continue
        try:
            found = numeral_of(Chord(root, CHORD_CLASSES[class_of(chord)]), key)
            if set(chord_of(found, key).pitch_classes) == tones_of(chord):
                return found
        except TheoryError:
            continue
    return None


def numerals_of(bars: Sequence[Bar], mode: str) -> Bars:
    """Bars of numerals, a held chord written again; applied dominants get the name of what they lead to."""
    chords = [[chord for _, chord in bar] for bar in filled(bars)]
    flat = [chord for bar in chords for chord in bar]
    names = []
    for i, chord in enumerate(flat):
        after = next((other for other in (*flat[i + 1 :], *flat) if other != chord), chord)
        names.append(applied(chord, after, mode) or numeral(chord, mode) or HOME[mode])
    result, place = [], 0
    for here in chords:
        result.append(tuple(names[place : place + len(here)]))
        place += len(here)
    return tuple(result)


def applied(chord: int, after: int, mode: str) -> str | None:
    """ "V/x" or "V7/x" where a foreign dominant goes on to the triad a fifth below that the mode has; else None."""
    quality = CHORD_CLASSES[class_of(chord)]
    if (
        quality not in ("", "7")
        or root_of(after) != (root_of(chord) + 5) % 12
        or root_of(after) == 0
        or not is_foreign(chord, mode == "minor")
    ):
        return None
    plain = "m" if CHORD_CLASSES[class_of(after)] in ("m", "m7") else ""
    target = numeral(root_of(after) * len(CHORD_CLASSES) + CHORD_CLASSES.index(plain), mode)
    if target is None or is_foreign(root_of(after) * len(CHORD_CLASSES) + CHORD_CLASSES.index(plain), mode == "minor"):
        return None
    key = Key(PitchClass("C"), mode)
    found = f"V{quality}/{target}"
    try:
        return found if set(chord_of(found, key).pitch_classes) == tones_of(chord) else None
    except TheoryError:
        return None
