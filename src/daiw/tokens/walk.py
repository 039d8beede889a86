"""One walk along a token stream: legal next tokens and the features of every step, the same in training and in sampling."""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter

from daiw.tokens.grid import slot_of, unit_of
from daiw.tokens.sheet import Events
from daiw.tokens.vocab import BAR, EVENT_KINDS, MAX_REFERENCE, PAD, ROLE, ROLES, SLOT, bar_reference

FEATURES = (
    "token",
    "copy_slot",
    "copy_second",
    "copy_third",
    "copy_shift",
    "slot",
    "root",
    "quality",
    "change_slot",
    "next_root",
    "next_quality",
    "previous",
    "reference",
)
"""Columns of a step's features, each a small integer with 0 for "nothing"."""

FEATURE_SIZES = {
    "copy_shift": 26,
    "slot": 26,
    "root": 13,
    "quality": 14,
    "change_slot": 26,
    "next_root": 13,
    "next_quality": 14,
    "reference": 4,
}
"""Number of values of the columns that are not tokens."""

END_OF_BAR = BAR.first
"""What the copy feature says where the referenced bar has nothing more."""

Step = tuple[int, ...]

Ranges = tuple[tuple[int, int], ...]
"""Runs [first, end) of token ids."""


@lru_cache(maxsize=4096)
def between_events(slot: int, slots: int, bars: int) -> Ranges:
    """What may come after an event at `slot` of a bar with `slots` of them, behind `bars` earlier bars: a later slot, or the next bar."""
    later = (SLOT.first + slot + 1, SLOT.first + slots)
    firsts = [BAR.first + 1 + reference * MAX_REFERENCE for reference in range(3)]
    heads = ((BAR.first, BAR.first + 1), *((first, first + min(MAX_REFERENCE, bars)) for first in firsts))
    return (later, *heads) if later[0] < later[1] else heads


def check_legal(token: int, legal: Ranges) -> None:
    """Raise ValueError where the token is in none of the ranges."""
    for first, end in legal:
        if first <= token < end:
            return
    raise ValueError(f"token {token} may not follow here; legal are {list(legal)}")


@dataclass(slots=True)
class Walk:
    """State after the tokens pushed so far.

    role: of ROLES.  bars, bar_units: the stream's length and meter.  chords: rows as in `tokens.sheet`, from unit 0 of the stream, or
    empty.  Chord features are given to every role but "chords" itself.
    The copy features look at the bar that the bar token refers to: the next of its events at or after the present slot, and by how many
    semitones this walk has last departed from it.
    """

    role: str
    bars: int
    bar_units: int
    chords: Events
    bar: int = -1
    written: list[list[Step]] = field(default_factory=list)
    _pending: list[int] = field(default_factory=list)
    _last_slot: int = -1
    _shift: int = 0
    _previous: int = PAD
    _source: list[Step] = field(default_factory=list)
    _reference: int = 0
    _token: int = PAD
    _chord_slots: list[list[tuple[int, int, int]]] = field(default_factory=list)
    _legal: Ranges | None = None
    _known: dict[tuple[int, int], Step] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._token = ROLE.token(ROLES.index(self.role))
        if self.role != "chords" and len(self.chords):
            self._chord_slots = [[] for _ in range(self.bars + 1)]
            for start, root, quality in self.chords.tolist():
                bar, unit = divmod(start, self.bar_units)
                if bar <= self.bars:
                    self._chord_slots[bar].append((unit, root + 1, quality + 1))
            held = (0, 0)
            for bar in self._chord_slots:
                if not bar or bar[0][0] > 0:
                    bar.insert(0, (0, *held))
                held = bar[-1][1:]

    @property
    def slots(self) -> int:
        """Onset slots a bar."""
        return self.bar_units // 2

    @property
    def slot(self) -> int:
        """The last slot of the bar that was struck; -1 before any."""
        return self._last_slot

    @property
    def reference(self) -> int:
        """How the bar refers to an earlier one, index of `REFERENCE_TYPES`."""
        return self._reference

    @property
    def expected(self) -> int:
        """How many tokens of an event are there: 0 between events, 1 where its second token comes next, 2 the third."""
        return len(self._pending)

    @property
    def chord(self) -> tuple[int, int]:
        """(root, class) at the present slot; (-1, -1) where none is known."""
        root, quality = self._harmony()[:2]
        return root - 1, quality - 1

    @property
    def last_pitch(self) -> int | None:
        """Value of the last complete event's second token, counted from its kind's first; None before any."""
        return None if self._previous == PAD else self._previous - EVENT_KINDS[self.role][1].first

    def legal(self) -> Ranges:
        """Ranges [first, end) of ids that may come next."""
        if self._legal is None:
            self._legal = self._ranges()
        return self._legal

    def _ranges(self) -> Ranges:
        if self._pending:
            kind = EVENT_KINDS[self.role][len(self._pending)]
            return ((kind.first, kind.end),)
        if self.bar < 0:
            return ((BAR.first, BAR.first + 1),)
        return between_events(self._last_slot, self.slots, self.bar + 1)

    def push(self, token: int) -> None:
        """Take the next token; raises ValueError where the grammar forbids it."""
        check_legal(token, self.legal())
        self._token, self._legal = token, None
        if token in BAR:
            self._open_bar(token)
            return
        self._pending.append(token)
        if len(self._pending) == 1:
            self._last_slot = token - SLOT.first
        elif len(self._pending) == 2:
            aligned = self._aligned()
            if aligned is not None and aligned[0] == self._pending[0]:
                self._shift = max(-12, min(12, token - aligned[1]))
        else:
            self.written[-1].append((self._pending[0], self._pending[1], token))
            self._previous = self._pending[1]
            self._pending = []

    def _open_bar(self, token: int) -> None:
        self.bar += 1
        self.written.append([])
        self._last_slot = -1
        reference, distance = bar_reference(token)
        self._source = self.written[self.bar - distance] if reference else []
        if reference == 0 or reference != self._reference:
            self._shift = 0
        self._reference = reference

    def _aligned(self) -> Step | None:
        """The referenced bar's event that the next token would copy."""
        earliest = self._pending[0] if self._pending else SLOT.first + self._last_slot + 1
        for event in self._source:
            if event[0] >= earliest:
                return event
        return None

    def features(self) -> Step:
        """The row of FEATURES that predicts the next token."""
        copy: Step = (PAD, PAD, PAD, 0)
        if self._reference:
            event = self._aligned()
            copy = (END_OF_BAR, PAD, PAD, self._shift + 13) if event is None else (*event, self._shift + 13)
        return (self._token, *copy, self._last_slot + 2 if self.bar >= 0 else 0, *self._harmony(), self._previous, self._reference)

    def _harmony(self) -> Step:
        """Chord here, slot of the next change in this bar (0: none), chord after it."""
        place = (self.bar, self._last_slot)
        found = self._known.get(place)
        if found is None:
            found = self._known[place] = self._harmony_there()
        return found

    def _harmony_there(self) -> Step:
        if not self._chord_slots or self.bar < 0:
            return (0, 0, 0, 0, 0)
        here = unit_of(max(0, self._last_slot))
        chords = self._chord_slots[self.bar]
        i = bisect_right(chords, here, key=itemgetter(0)) - 1
        if i + 1 < len(chords):
            unit, root, quality = chords[i + 1]
            return (*chords[i][1:], slot_of(unit) + 1, root, quality)
        return (*chords[i][1:], 0, *(self._chord_slots[self.bar + 1][0][1:] if self.bar + 1 <= self.bars else (0, 0)))


def walk_tokens(walk: Walk, tokens: list[int]) -> list[Step]:
    """Features before each of `tokens` (row i predicts tokens[i]), the walk ending after the last."""
    rows = []
    for token in tokens:
        rows.append(walk.features())
        walk.push(token)
    return rows
