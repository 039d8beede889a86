"""Harmonic colour: sevenths and ninths, suspensions, borrowed chords, secondary dominants and basses that walk.

Every function takes bars of numerals and gives bars of numerals; numerals that already carry a suffix were meant and are left alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from daiw.music.pitch import MODES, Key, PitchClass
from daiw.music.roman import DEGREES, chord_of, take_apart

Bar = tuple[str, ...]
Bars = tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Appetite:
    """How much of each colour is wanted, 0..1, style and feeling taken together.

    valence, arousal: -1..1, of the feeling itself, and tension 0..1, for those who choose chords by them.
    """

    sevenths: float
    ninths: float
    suspensions: float
    secondary: float
    borrowed: float
    slash: float
    valence: float = 0.0
    arousal: float = 0.0
    tension: float = 0.5


BORROWED_SEVENTHS = {
    "bVI": "maj7", "bIII": "maj7", "bII": "maj7", "bVII": "7", "iv": "7", "II": "7", "III": "7", "VI": "7", "v": "7", "V": "7",
}  # fmt: skip
"""Chords from outside the mode -> the seventh they usually take."""


def _diatonic_seventh(head: str, mode: str) -> str | None:
    """The seventh that the mode's own notes put on a triad: "maj7" or "7"; None for chords from outside."""
    upper = head.isupper()
    if head.upper() not in DEGREES:
        return None
    degree = DEGREES.index(head.upper())
    scale = MODES[mode]
    above = [(scale[(degree + step) % 7] - scale[degree]) % 12 for step in (2, 4, 6)]
    if above[0] != (4 if upper else 3) or above[1] != 7:
        return None
    return {11: "maj7", 10: "7"}[above[2]] if upper or above[2] == 10 else None


def _whole_ninth(head: str, mode: str) -> bool:
    """True where the note a step above the root is a whole step away in the mode (a minor ninth would grate)."""
    if head.upper() not in DEGREES:
        return True
    degree, scale = DEGREES.index(head.upper()), MODES[mode]
    return (scale[(degree + 1) % 7] - scale[degree]) % 12 == 2


def _extended(numeral: str, mode: str, appetite: Appetite, rng: np.random.Generator) -> str:
    """A plain triad or seventh with the extensions the appetite asks for."""
    head, suffix, tail = take_apart(numeral)
    if suffix not in ("", "7", "maj7") or (tail and not suffix):
        return numeral
    wants_seventh, wants_ninth = rng.random() < appetite.sevenths, rng.random() < appetite.ninths
    seventh = suffix or (_diatonic_seventh(head, mode) or BORROWED_SEVENTHS.get(head)) if suffix or wants_seventh else None
    upper = head.lstrip("b#").isupper()
    if not seventh:
        plain_ninth = wants_ninth and not tail and head not in ("V", "v", "vi", "iii") and _whole_ninth(head, mode)
        return head + "add9" if plain_ninth else numeral
    if not wants_ninth or tail or (not _whole_ninth(head, mode) and not (head == "V" and mode == "minor")):
        return head + seventh + tail
    return head + _ninth(head, seventh, upper, mode, rng)


def _ninth(head: str, seventh: str, upper: bool, mode: str, rng: np.random.Generator) -> str:
    """The suffix of a seventh chord with one storey more."""
    if not upper:
        return "11" if seventh == "7" and rng.random() < 0.2 else "9"
    if seventh == "maj7":
        return "69" if head == "I" and rng.random() < 0.25 else "maj9"
    if head == "V":
        return "7b9" if mode == "minor" else ("9", "13", "9sus4")[int(rng.integers(3))]
    return "9"


def extended(bars: Bars, mode: str, appetite: Appetite, rng: np.random.Generator) -> Bars:
    """Sevenths and ninths, the same on every return of a chord; a section has sevenths throughout or hardly any."""
    chosen: dict[str, str] = {}
    full = rng.random() < appetite.sevenths
    appetite = replace(appetite, sevenths=max(appetite.sevenths, 0.92) if full else 0.2 * appetite.sevenths)
    for bar in bars:
        for numeral in bar:
            if numeral not in chosen:
                chosen[numeral] = _extended(numeral, mode, appetite, rng)
    return tuple(tuple(chosen[numeral] for numeral in bar) for bar in bars)


def suspended(bars: Bars, appetite: Appetite, rng: np.random.Generator) -> Bars:
    """Some bars of V come from Vsus4, and some plain major chords lose their third to a second."""
    result = list[Bar]()
    for bar in bars:
        if len(bar) == 1 and bar[0] in ("V", "V7") and rng.random() < appetite.suspensions:
            result.append((bar[0] + "sus4", bar[0]))
        elif len(bar) == 1 and bar[0] in ("IV", "I", "VI") and rng.random() < 0.4 * appetite.suspensions:
            result.append((bar[0] + "sus2",))
        else:
            result.append(bar)
    return tuple(result)


BORROWINGS: Mapping[str, Mapping[str, tuple[Bar, ...]]] = {
    "major": {"IV": (("IV", "iv"), ("iv",)), "vi": (("bVI",),), "V": (("bVII",), ("v",)), "ii": (("iiø7",), ("bVI",)), "iii": (("bIII",),)},
    "mixolydian": {"IV": (("IV", "iv"),), "vi": (("bVI",),), "ii": (("bIII",),)},
    "minor": {"iv": (("IV",),), "VI": (("bII",),), "v": (("V",),)},
    "dorian": {"ii": (("bII",),), "III": (("bVI",),)},
    "lydian": {"II": (("iv",),), "vi": (("bVI",),)},
    "phrygian": {"iv": (("IV",),), "vii": (("V7",),)},
}
"""Mode -> plain chord -> what the parallel modes lend in its place."""


def borrowed(bars: Bars, mode: str, appetite: Appetite, rng: np.random.Generator) -> Bars:
    """At most one chord, in the second half of the loop, is exchanged for one from a parallel mode."""
    table = BORROWINGS.get(mode, {})
    second_half = range(len(bars) // 2, len(bars))
    places = [i for i in second_half if len(bars[i]) == 1 and bars[i][0] in table and not leads_on(bars[i - 1][-1])]
    if not places or rng.random() >= appetite.borrowed:
        return bars
    place = places[int(rng.integers(len(places)))]
    present = {numeral for bar in bars for numeral in bar}
    loans = [loan for loan in table[bars[place][0]] if loan[-1] not in present]
    if not loans:
        return bars
    loan = loans[int(rng.integers(len(loans)))]
    return (*bars[:place], loan, *bars[place + 1 :])


def leads_on(numeral: str) -> bool:
    """True for applied chords, diminished sevenths and chromatic dominants, which owe their next chord."""
    head, suffix, tail = take_apart(numeral)
    if tail and not tail[-1].isdigit():
        return True
    return suffix.startswith(("7", "9", "13", "o")) and head in ("II", "III", "VI", "VII", "#i", "#ii", "biii", "V", "vii")


def with_secondary(bars: Bars, mode: str, appetite: Appetite, rng: np.random.Generator) -> Bars:
    """At most one applied dominant: a chord other than the tonic is announced by its own V7 in the second half of the bar before."""
    if rng.random() >= appetite.secondary:
        return bars
    targets = []
    for i in range(1, len(bars)):
        head, suffix, tail = take_apart(bars[i][0])
        diatonic = _diatonic_seventh(head, mode) is not None
        before = bars[i - 1]
        free = len(before) == 1 and take_apart(before[0])[0] != head and not leads_on(before[0]) and f"V7/{head}" != before[0]
        if diatonic and free and not tail and "ø" not in suffix and head not in ("I", "i"):
            targets.append((i, head))
    if not targets:
        return bars
    place, head = targets[int(rng.integers(len(targets)))]
    return (*bars[: place - 1], (bars[place - 1][0], f"V7/{head}"), *bars[place:])


def _inverted(numeral: str) -> str | None:
    """First inversion of a plain chord; None where it has none to offer."""
    head, suffix, tail = take_apart(numeral)
    figure = {"": "6", "7": "65"}.get(suffix)
    return head + figure + tail if figure and not tail else None


def walking(bars: Bars, mode: str, appetite: Appetite, rng: np.random.Generator) -> Bars:
    """First inversions where they turn leaps of the bass into steps in one direction (I V6 vi, i V65 i, IV I6 ii)."""
    key = Key(PitchClass("C"), mode)
    flat = [(i, j) for i, bar in enumerate(bars) for j in range(len(bar))]
    result = [list(bar) for bar in bars]
    for (pi, pj), (i, j), (ni, nj) in zip(flat, flat[1:], flat[2:], strict=False):
        turned = _inverted(result[i][j])
        if turned is None or rng.random() >= appetite.slash:
            continue
        before, here, after = (chord_of(name, key).bass_number for name in (result[pi][pj], turned, result[ni][nj]))
        first, second = ((b - a + 6) % 12 - 6 for a, b in ((before, here), (here, after)))
        if 1 <= abs(first) <= 2 and 1 <= abs(second) <= 2:
            result[i][j] = turned
    return tuple(tuple(bar) for bar in result)
