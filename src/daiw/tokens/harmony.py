"""A song's form and chords as numbers: one table of tokens, and the walk along them that training and drawing share.

A stream is a header (mode, meter, source, and how many sevenths, foreign chords and changes the song has), then every section: its kind,
its length, and its bars.  A bar is the bar token and, where the harmony changes, pairs of place and chord.  Chords are seen from the tonic.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from daiw.tokens.harmony_levels import LEVELS, NO_CHORD, PLACES, TOLD, UNTOLD, Bar, Change, class_of, is_foreign, level
from daiw.tokens.vocab import CHORD_CLASSES, Kind

MOST_BARS = 32
METERS = ("4/4", "3/4", "12/8", "6/8")
SOURCES = ("billboard", "pop909", "openewld")
SECTIONS = ("intro", "verse", "pre-chorus", "chorus", "bridge", "solo", "interlude", "outro", "other")
SONG_LEVELS = 4
"""Bins of the header's three levels."""

SIZES = (
    ("pad", 1), ("mode", 2), ("meter", len(METERS)), ("source", len(SOURCES) + 1),
    *((name, SONG_LEVELS + 1) for name in ("sevenths", "foreign", "changes")),
    ("section", len(SECTIONS)), ("length", MOST_BARS), ("bar", 1), ("place", PLACES), ("chord", NO_CHORD + 1), ("end", 1),
)  # fmt: skip
"""source and the levels: value 0 is "not told".  length: bars - 1.  chord: root above the tonic * classes + class; the last is none."""


def _kinds() -> dict[str, Kind]:
    table, first = dict[str, Kind](), 0
    for name, size in SIZES:
        table[name] = Kind(name, first, size)
        first += size
    return table


KINDS = _kinds()
SIZE = KINDS["end"].end
PAD, BAR, END = KINDS["pad"].first, KINDS["bar"].first, KINDS["end"].first
SECTION, LENGTH, PLACE, CHORD = KINDS["section"], KINDS["length"], KINDS["place"], KINDS["chord"]
HEADER = ("mode", "meter", "source", "sevenths", "foreign", "changes")

FEATURES = ("token", "again", "two_back", "four_back", "eight_back", "section", "since", "left", "held", "mode", *TOLD)
"""What each step is told besides the tokens before it.

again: what comes next in the bar with the same number of the last section of this kind; two_back, four_back, eight_back: the same of
the bar that many bars earlier in this section.  since, left: bars from the section's start and to its end.  held: the chord sounding.
The last ones say what the section's harmony is like as a whole (`tokens.harmony_levels`), 0 where that is not told.
"""

FEATURE_SIZES = {
    "token": SIZE, "again": SIZE, "two_back": SIZE, "four_back": SIZE, "eight_back": SIZE, "section": len(SECTIONS) + 1,
    "since": 18, "left": 18, "held": NO_CHORD + 2, "mode": 3, **dict.fromkeys(TOLD, LEVELS + 1),
}  # fmt: skip
BACK = {"two_back": 2, "four_back": 4, "eight_back": 8}


@dataclass(frozen=True, slots=True)
class ChartSection:
    """One section's harmony.  kind: of SECTIONS.  bars: their changes; an empty bar goes on with the chord before it."""

    kind: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """The chords of a song, seen from its tonic."""

    name: str
    source: str
    minor: bool
    meter: str
    sections: tuple[ChartSection, ...]

    @property
    def bars(self) -> int:
        """Length in bars."""
        return sum(len(section.bars) for section in self.sections)

    def chords(self) -> list[int]:
        """Every change's chord, in order, "no chord" left out."""
        return [chord for section in self.sections for bar in section.bars for _, chord in bar if chord != NO_CHORD]


@dataclass(slots=True)
class HarmonyWalk:
    """State after the tokens pushed so far.  told: the levels of every section to come, as far as they are told."""

    told: Sequence[tuple[int, ...]] = ()
    header: list[int] = field(default_factory=list)
    token: int = PAD
    kind: int = -1
    length: int = 0
    bars: list[list[Change]] = field(default_factory=list)
    known: dict[int, list[list[Change]]] = field(default_factory=dict)
    held: int = -1
    place: int = -1
    ended: bool = False
    sections: int = 0
    _open: bool = False

    def legal(self) -> list[tuple[int, int]]:
        """Ranges [first, end) of ids that may come next; empty after the end."""
        if self.ended:
            return []
        if len(self.header) < len(HEADER):
            kind = KINDS[HEADER[len(self.header)]]
            return [(kind.first, kind.end)]
        if self._open:
            return [(CHORD.first, CHORD.end)]
        if self.token in SECTION:
            return [(LENGTH.first, LENGTH.end)]
        places = [(PLACE.first + self.place + 1, PLACE.end)] if self.bars and self.place + 1 < PLACES else []
        if self.length and len(self.bars) < self.length:
            return [*places, (BAR, BAR + 1)]
        ways = [(SECTION.first, SECTION.end)]
        return [*places, *ways, (END, END + 1)] if self.length else ways

    def push(self, token: int) -> None:
        """Take the next token; raises ValueError where the grammar forbids it."""
        if not any(first <= token < end for first, end in self.legal()):
            raise ValueError(f"token {token} may not follow here; legal are {self.legal()}")
        self.token = token
        if len(self.header) < len(HEADER):
            self.header.append(token)
        elif token in SECTION:
            self._close()
            self.kind = SECTION.value(token)
            self.sections += 1
        elif token in LENGTH:
            self.length, self.place = LENGTH.value(token) + 1, PLACES
        elif token == BAR:
            self.bars.append([])
            self.place = -1
        elif token in PLACE:
            self.place, self._open = PLACE.value(token), True
        elif token in CHORD:
            self.held, self._open = CHORD.value(token), False
            self.bars[-1].append((self.place, self.held))
        else:
            self._close()
            self.ended = True

    def _close(self) -> None:
        if self.kind >= 0:
            self.known[self.kind] = self.bars
        self.bars, self.length, self.place = [], 0, -1

    def _next_in(self, bar: list[Change]) -> int:
        """The token that would copy `bar` from here on."""
        for place, chord in bar:
            if self._open and place >= self.place:
                return CHORD.token(chord)
            if not self._open and place > self.place:
                return PLACE.token(place)
        return BAR

    def features(self) -> tuple[int, ...]:
        """The row of FEATURES that predicts the next token."""
        mode = self.header[0] - KINDS["mode"].first + 1 if self.header else 0
        if self.kind < 0:
            return (self.token, PAD, PAD, PAD, PAD, 0, 0, 0, 0, mode, *UNTOLD)
        number = len(self.bars) - 1
        again, back = PAD, dict.fromkeys(BACK, PAD)
        if number >= 0:
            earlier = self.known.get(self.kind, [])
            again = self._next_in(earlier[number]) if number < len(earlier) else PAD
            back = {name: self._next_in(self.bars[number - far]) if number >= far else PAD for name, far in BACK.items()}
        since, left = min(17, number + 1), min(17, self.length - number)
        told = self.told[self.sections - 1] if self.length and self.sections <= len(self.told) else UNTOLD
        return (self.token, again, *back.values(), self.kind + 1, since, left, self.held + 1, mode, *told)


def header_of(chart: Chart, told: tuple[int, int, int] | None = None) -> list[int]:
    """The header's tokens.  told: bins 1..SONG_LEVELS of sevenths, foreign chords and changes; None: those of the chart."""
    levels = song_levels(chart) if told is None else told
    values = (int(chart.minor), METERS.index(chart.meter), SOURCES.index(chart.source) + 1, *levels)
    return [KINDS[name].token(value) for name, value in zip(HEADER, values, strict=True)]


SEVENTH_EDGES, FOREIGN_EDGES, CHANGE_EDGES = (0.03, 0.2, 0.5), (0.005, 0.06, 0.2), (0.65, 1.0, 1.5)


def song_levels(chart: Chart) -> tuple[int, int, int]:
    """Bins 1..SONG_LEVELS: share of sevenths, share of foreign chords, changes a bar; bin 1 where nothing sounds."""
    chords = chart.chords()
    count = max(1, len(chords))
    sevenths = sum(class_of(chord) >= CHORD_CLASSES.index("7") for chord in chords) / count
    foreign = sum(is_foreign(chord, chart.minor) for chord in chords) / count
    return level(sevenths, SEVENTH_EDGES), level(foreign, FOREIGN_EDGES), level(len(chords) / max(1, chart.bars), CHANGE_EDGES)


def section_tokens(section: ChartSection) -> list[int]:
    """One section's tokens; raises ValueError for a kind or length that has none."""
    tokens = [SECTION.token(SECTIONS.index(section.kind)), LENGTH.token(len(section.bars) - 1)]
    for bar in section.bars:
        tokens.append(BAR)
        for place, chord in bar:
            tokens += [PLACE.token(place), CHORD.token(chord)]
    return tokens


def encode(chart: Chart) -> list[int]:
    """The whole stream of a chart, its end included."""
    return [*header_of(chart), *(token for section in chart.sections for token in section_tokens(section)), END]


def decode_sections(tokens: list[int]) -> tuple[ChartSection, ...]:
    """The sections of a stream that `encode` gave; raises ValueError where the grammar is broken."""
    walk = HarmonyWalk()
    found: list[tuple[int, list[list[Change]]]] = []
    for token in tokens:
        walk.push(token)
        if token in SECTION:
            found.append((walk.kind, walk.bars))
    return tuple(ChartSection(SECTIONS[kind], tuple(tuple(bar) for bar in bars)) for kind, bars in found)
