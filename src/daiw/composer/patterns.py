"""Ways of playing, as tablature: one character a 16th, one string a bar.

`x` all voices, `X` all and accented, `l` the lowest voice, `h` all but the lowest, `t` the top voice, `1`..`6` one voice counted from
below (wrapping), `-` hold, `.` rest.  A bar of another meter is built from `pulse` (four 16ths) and `triple` (six), the first
group from `first` or `first_triple` where given.
"""

from dataclasses import dataclass
from functools import lru_cache

from daiw.composer.pulse import DOTTED, QUARTER, SIXTEENTH, pulses
from daiw.music.time import Meter


@dataclass(frozen=True, slots=True)
class Pattern:
    """bars: four-four bars in turn.  pulse, triple: the fallback for a group of a quarter and of a dotted quarter."""

    bars: tuple[str, ...]
    pulse: str
    triple: str
    first: str = ""
    first_triple: str = ""
    three: tuple[str, ...] = ()


CHORD_PATTERNS: dict[str, Pattern] = {
    "hold": Pattern(("X---------------",), "----", "------", "X---", "X-----"),
    "block": Pattern(("X-------x-------", "X-------x-----x-"), "x---", "x-----", "X---", "X-----", ("X-------x---",)),
    "halves": Pattern(("X-------X-------",), "----", "x-----", "X---", "X-----", ("X-------x---", "X-----------")),
    "quarters": Pattern(("X---x---X---x---",), "x---", "x-----", "X---", "X-----"),
    "eighths": Pattern(("X-x-x-x-X-x-x-x-",), "x-x-", "x-x-x-", "X-x-", "X-x-x-"),
    "offbeat": Pattern(("..x-..x-..x-..x-",), "..x-", "..x-x-"),
    "charleston": Pattern(("X-----x-........", "X-----x---....x-"), "..x-", "..x---", "X---", "X---x-"),
    "comp": Pattern(("..x-..x-........", "x-......x--...x-", "......x-..x-....", "X-..x-....x-..x-"), "..x-", "x---x-", "X-x-", "X---x-"),
    "strum": Pattern(("X---x-h---h-x-h-", "X---x-h---h-x-hh"), "x-h-", "x-hxh-", "X---", "X---h-", ("X---x-h-x-h-",)),
    "arpeggio-up": Pattern(("1-2-3-4-1-2-3-4-", "1-2-3-4-5-4-3-2-"), "1-3-", "1-2-3-", "", "", ("1-2-3-4-3-2-",)),
    "arpeggio-down": Pattern(("4-3-2-1-4-3-2-1-", "5-4-3-2-4-3-2-1-"), "4-2-", "4-3-2-", "", "", ("4-3-2-1-2-3-",)),
    "fingerpick": Pattern(("1-3-2-4-1-3-2-3-", "1-4-2-3-1-3-2-4-"), "1-3-", "1-3-4-", "1-3-", "1-2-3-", ("1-3-4-2-3-4-", "1-3-4-5-4-3-")),
    "sixteenth-arpeggio": Pattern(("1234123412341234", "1232343212323432"), "1234", "123432"),
    "oom-pah": Pattern(("l---h---l---h---",), "h---", "h---h-", "l---", "l---h-"),
    "roll": Pattern(("1-2-3-4-5-4-3-2-",), "1-3-", "1-3-2-", "1-3-", "1-2-3-", ("1-2-3-4-3-2-",)),
    "stabs": Pattern(("x-.x-..x-...x-..", "x-.x-..x-..x-.x-"), "x-.x", "x-.x-.", "x-..", "x-.x-."),
    "push": Pattern(("X-----x-------x-", "X-----x---x---x-"), "x-x-", "x---x-", "X---", "X---x-", ("X-----x---x-",)),
    "skank": Pattern(("....x-......x-..",), "..x.", "..x-..", "..x.", "..x-.."),
    "clav": Pattern(("X.xx.x.x..x.xx.x", "X..x.xx..xx.x.x."), "x.xx", "x.xx.x", "X.x.", "X.x.xx"),
}
"""Every name of `styles.compose.ChordPattern`."""

BASS_PATTERNS: dict[str, Pattern] = {
    "hold": Pattern(("R---------------",), "----", "------", "R---", "R-----"),
    "roots": Pattern(("R-------R-------", "R-------R-----R-"), "----", "R-----", "R---", "R-----", ("R-------R---",)),
    "root-fifth": Pattern(("R-------5-------", "R-------5---a---"), "5---", "5-----", "R---", "R-----", ("R-------5---",)),
    "eighths": Pattern(("R-r-r-r-R-r-r-r-", "R-r-r-r-R-r-r-a-"), "r-r-", "r-r-r-", "R-r-", "R-r-r-"),
    "octaves": Pattern(("R-8-R-8-R-8-R-8-", "R-8-R-8-R-8-5-8-"), "R-8-", "R-8-8-"),
    "walking": Pattern(("w---w---w---a---",), "w---", "w---w-", "R---", "R---w-", ("R---w---a---",)),
    "funk": Pattern(("R..r..8.R.r..7.5", "R..r..5...r.8.ra", "R.r...8..R.r.5.8", "R..R..r...5.7.8."), "r.8.", "r..8.5", "R..r", "R..r.8"),
    "sub": Pattern(("R-------....R---", "R-----r-......r-"), "....", "......", "R---", "R-----", ("R-------....",)),
    "one-drop": Pattern(("....R-r-5---R-r-", "....R-r-8-5-R---"), "r-5-", "r-..5-", "R---", "R---r-"),
    "pedal": Pattern(("R-------R-------",), "r---", "r-----", "R---", "R-----"),
    "arpeggio": Pattern(("R-5-8-3-8-5-R-5-", "R-5-8-3-8-5-8-5-"), "5-8-", "5-8-3-", "R-5-", "R-5-8-", ("R-5-8-3-8-5-",)),
    "offbeat": Pattern(("..R-..R-..R-..R-", "..R-..R-..R-..8-"), "..R-", "..R-R-"),
    "push": Pattern(("R-----R-------5-", "R-----R---8---a-"), "r-r-", "r---5-", "R---", "R---r-", ("R-----r-5-a-",)),
    "boom-bap": Pattern(("R-..R.......r-8.", "R-....r-..R-..5-"), "r-..", "..r-5.", "R-..", "R-..r."),
    "waltz": Pattern(("R-------5-------",), "....", "5-----", "R---", "R-----", ("R---........", "R-------5---")),
    "pulse": Pattern(("R-rr-rr-R-rr-rr-", "R-rr-rr-R-rr-r5-"), "r-rr", "r-rr-r", "R-rr", "R-rr-r"),
}
"""Every name of `styles.compose.BassPattern`.

`R` the chord's bass accented, `r` unaccented, `5` its fifth, `3` its third, `7` its seventh or sixth, `8` the octave above,
`w` a walking note, `a` a note that leads into the next chord.
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """offset, duration: ticks within the bar.  voice: the pattern's character."""

    offset: int
    duration: int
    voice: str


@lru_cache(maxsize=1024)
def bar_hits(pattern: Pattern, meter: Meter, index: int) -> tuple[Hit, ...]:
    """The hits of bar `index` of a section, in any meter."""
    groups = pulses(meter)
    if groups == (QUARTER,) * 4:
        return _read(pattern.bars[index % len(pattern.bars)])
    if groups == (QUARTER,) * 3 and pattern.three:
        return _read(pattern.three[index % len(pattern.three)])
    text = ""
    for place, length in enumerate(groups):
        if length == DOTTED:
            text += pattern.first_triple if place == 0 and pattern.first_triple else pattern.triple
        else:
            text += (pattern.first if place == 0 and pattern.first else pattern.pulse)[: max(1, length // SIXTEENTH)]
    hits = _read(text)
    if not hits:
        hits = (Hit(0, meter.bar_ticks, "x" if pattern in CHORD_PATTERNS.values() else "R"),)
    return tuple(
        Hit(hit.offset, min(hit.duration, meter.bar_ticks - hit.offset), hit.voice) for hit in hits if hit.offset < meter.bar_ticks
    )


def _read(text: str) -> tuple[Hit, ...]:
    """Tablature -> hits."""
    hits: list[Hit] = []
    for i, char in enumerate(text):
        if char == "-" and hits and hits[-1].offset + hits[-1].duration == i * SIXTEENTH:
            hits[-1] = Hit(hits[-1].offset, hits[-1].duration + SIXTEENTH, hits[-1].voice)
        elif char not in ".-":
            hits.append(Hit(i * SIXTEENTH, SIXTEENTH, char))
    return tuple(hits)
