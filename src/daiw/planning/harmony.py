"""Harmony: a style's progressions, coloured, joined by cadences and laid out in time."""

import numpy as np

from daiw.music.chord import Chord
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan
from daiw.music.roman import chord_of
from daiw.music.styles.plan import PlanStyle, read_progression
from daiw.music.time import Meter

KIN = {
    "intro": ("verse",), "pre-chorus": ("bridge", "verse"), "chorus": ("drop", "verse"), "bridge": ("pre-chorus", "chorus", "verse"),
    "breakdown": ("bridge", "chorus", "verse"), "build": ("pre-chorus", "chorus", "verse"), "drop": ("chorus", "verse"),
    "solo": ("verse",), "outro": ("chorus", "verse"), "verse": ("verse",),
}  # fmt: skip
"""Section -> whose progressions it borrows where the style gives it none."""

Bar = tuple[str, ...]


def vocabulary(style: PlanStyle, mode: str, section: str) -> tuple[str, ...]:
    """The progressions for a section in a mode, borrowed from kin where the style is silent; empty for a mode it does not know."""
    table = style.progressions.get(mode, {})
    for name in (section, *KIN[section]):
        if table.get(name):
            return table[name]
    return ()


def stretched(bars: tuple[Bar, ...], factor: float) -> tuple[Bar, ...]:
    """Written bars at the style's harmonic rhythm: each lasts `factor` bars (a factor of .5 puts two in one)."""
    if factor == 0.5:
        padded = bars if len(bars) % 2 == 0 else (*bars, bars[-1])
        return tuple(first + second for first, second in zip(padded[::2], padded[1::2], strict=True))
    return tuple(bar for bar in bars for _ in range(int(factor)))


def section_bars(style: PlanStyle, mode: str, section: str, length: int, rng: np.random.Generator) -> tuple[Bar, ...]:
    """The chords of a section, `length` bars of numerals."""
    choices = vocabulary(style, mode, section)
    loop = stretched(read_progression(choices[int(rng.integers(len(choices)))]), style.bars_per_written_bar)
    return tuple(loop[i % len(loop)] for i in range(length))


def spans(bars: tuple[Bar, ...], key: Key, meter: Meter) -> tuple[ChordSpan, ...]:
    """Bars of numerals laid out in ticks from 0: the chords of a bar share its beats as evenly as whole beats allow."""
    result: list[ChordSpan] = []
    for index, bar in enumerate(bars):
        start = index * meter.bar_ticks
        for place, numeral in enumerate(bar):
            begin, end = (_boundary(place + step, len(bar), meter) for step in (0, 1))
            result.append(ChordSpan(start + begin, end - begin, chord_of(numeral, key), numeral))
    return tuple(result)


def _boundary(place: int, chords: int, meter: Meter) -> int:
    """The tick in a bar where chord number `place` of `chords` starts: on a beat where there are beats enough."""
    if chords <= meter.beats:
        return -(-place * meter.beats // chords) * meter.beat_ticks
    return place * meter.bar_ticks // chords


def ends_home(chord: Chord, key: Key) -> bool:
    """True where the chord stands on the tonic."""
    return chord.root == key.tonic
