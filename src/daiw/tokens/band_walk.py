"""One walk along a stream of bass, keys or drums: legal next tokens and the features of every step, in training as in sampling."""

from bisect import bisect_left
from dataclasses import dataclass, field

from daiw.tokens.grid import slot_of, unit_of
from daiw.tokens.onsets import MOST_TONES, PITCHED, Harmony, Onset, stroke_of
from daiw.tokens.sheet import Events
from daiw.tokens.vocab import BAR, DURATION, LEVEL, PAD, ROLE, ROLES, SLOT, STRENGTHS, STROKE, TIMING, bar_reference
from daiw.tokens.walk import END_OF_BAR, Ranges, Step, between_events, check_legal

KIT_FEATURES = ("token", "copy_slot", "copy_next", "copy_after", "slot", "previous", "timing", "held", "size", "reference")
BAND_FEATURES = (
    "token", "copy_slot", "copy_next", "copy_after", "copy_shift", "slot", "root", "quality", "change_slot", "move", "next_quality",
    "previous", "tune", "tune_slot", "keys_slot", "size", "reference",
)  # fmt: skip
"""Columns of a step's features, each a small integer with 0 for "nothing"."""

SIZES_OF_FEATURES = {
    "copy_shift": 26, "slot": 26, "root": 13, "quality": 14, "change_slot": 26, "move": 13, "next_quality": 14, "tune": 65, "tune_slot": 26,
    "keys_slot": 26, "size": 14, "reference": 4,
}  # fmt: skip
"""Number of values of the columns that are not tokens."""

TIME_VOICES = frozenset((3, 5, 10, 11))
"""Closed and open hat, ride and bell: what keeps the time."""


@dataclass(slots=True)
class BandWalk:
    """State after the tokens pushed so far.

    role: "bass", "keys" or "drums".  bars, bar_units: the stream's length and meter.  chords, tune, keys: what is known of the others,
    from unit 0 of the stream; tune rows as in `tokens.sheet`, keys only their start units.  Drums hear none of it.
    The copy features look at the bar that the bar token refers to: the slot of its next onset, the next token that an onset there would
    have, the one after, and by how many semitones this walk has last departed from it.
    """

    role: str
    bars: int
    bar_units: int
    chords: Events
    tune: Events
    keys: tuple[int, ...] = ()
    bar: int = -1
    written: list[list[Onset]] = field(default_factory=list)
    _slot: int = -1
    _body: list[int] = field(default_factory=list)
    _source: list[Onset] = field(default_factory=list)
    _reference: int = 0
    _shift: int = 0
    _token: int = PAD
    _pitch: int | None = None
    _stroke: int = PAD
    _held: int = PAD
    _timing: int = PAD
    _open: bool = False
    _harmony: Harmony = field(init=False)
    _tune_starts: list[int] = field(init=False)
    _tune_rows: list[list[int]] = field(init=False)
    _legal: Ranges | None = None
    _known: dict[tuple[int, int], tuple[Step, int, Step]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._harmony = Harmony(self.chords)
        self._tune_starts = self.tune[:, 0].tolist()
        self._tune_rows = self.tune[:, 1:].tolist()
        if self.role in ROLES:
            self._token = ROLE.token(ROLES.index(self.role))

    @property
    def slots(self) -> int:
        """Onset slots a bar."""
        return self.bar_units // 2

    @property
    def unit(self) -> int:
        """The unit of the stream at the present slot."""
        return max(0, self.bar) * self.bar_units + unit_of(max(0, self._slot))

    @property
    def chord(self) -> tuple[int, int]:
        """(root, class) at the present slot; (-1, -1) where none is known."""
        return self._harmony.at(self.unit)

    @property
    def base(self) -> int:
        """The pitch from which bass and keys are counted at the present slot."""
        return self._harmony.base(self.unit)

    @property
    def slot(self) -> int:
        """The last slot of the bar that was struck; -1 before any."""
        return self._slot

    @property
    def body(self) -> tuple[int, ...]:
        """Tokens of the open onset so far."""
        return tuple(self._body)

    @property
    def reference(self) -> int:
        """How the bar refers to another, of REFERENCE_TYPES."""
        return self._reference

    @property
    def repeated(self) -> int:
        """The next token of a bar that repeats the one that it refers to: END_OF_BAR where that has no more, PAD where this one left it."""
        if self._open:
            return self._aligned()[0]
        onset = self._next_source()
        return END_OF_BAR if onset is None else SLOT.first + onset.slot

    @property
    def last_pitch(self) -> int | None:
        """The MIDI pitch written last."""
        return self._pitch

    def legal(self) -> Ranges:
        """Ranges [first, end) of ids that may come next."""
        if self._legal is None:
            self._legal = self._ranges()
        return self._legal

    def _ranges(self) -> Ranges:
        if not self._open:
            return self._between()
        body = self._body
        if self.role == "drums":
            if not body:
                return ((STROKE.first, STROKE.end),)
            if body[-1] in STROKE:
                return ((TIMING.first, TIMING.end),)
            later = STROKE.first + (stroke_of(body[-2])[0] + 1) * len(STRENGTHS)
            return ((later, STROKE.end), *self._between()) if later < STROKE.end else self._between()
        kind = PITCHED[self.role]
        if not body:
            return ((kind.first, kind.end),)
        if body[-1] in DURATION:
            return ((LEVEL.first, LEVEL.end),)
        lengths = (DURATION.first, DURATION.end)
        higher = self.role == "keys" and len(body) < MOST_TONES and body[-1] + 1 < kind.end
        return ((body[-1] + 1, kind.end), lengths) if higher else (lengths,)

    def _between(self) -> Ranges:
        """What may come where an onset is complete."""
        return between_events(self._slot, self.slots, self.bar + 1) if self.bar >= 0 else ((BAR.first, BAR.first + 1),)

    def push(self, token: int) -> None:
        """Take the next token; raises ValueError where the grammar forbids it."""
        check_legal(token, self.legal())
        self._token, self._legal = token, None
        if token in BAR:
            self._close()
            self._open_bar(token)
        elif token in SLOT:
            self._close()
            self._slot, self._open = token - SLOT.first, True
        else:
            self._take(token)

    def _take(self, token: int) -> None:
        """A token of the open onset's body."""
        if self.role in PITCHED and token in PITCHED[self.role]:
            copied = self._aligned()[0]
            if copied in PITCHED[self.role]:
                self._shift = max(-12, min(12, token - copied))
            self._pitch = self.base + token - PITCHED[self.role].first
        elif token in STROKE:
            self._stroke = token
            if stroke_of(token)[0] in TIME_VOICES:
                self._held = token
        elif token in TIMING:
            self._timing = token
        self._body.append(token)
        if token in LEVEL:
            self._close()

    def _close(self) -> None:
        """The open onset is complete."""
        if self._open:
            self.written[-1].append(Onset(self._slot, tuple(self._body)))
            self._body, self._open = [], False

    def _open_bar(self, token: int) -> None:
        self.bar += 1
        self.written.append([])
        self._slot = -1
        reference, distance = bar_reference(token)
        self._source = self.written[self.bar - distance] if reference else []
        if reference == 0 or reference != self._reference:
            self._shift = 0
        self._reference = reference

    def _next_source(self) -> Onset | None:
        """The referenced bar's first onset after the present slot."""
        return next((onset for onset in self._source if onset.slot > self._slot), None)

    def _aligned(self) -> tuple[int, int]:
        """The next two tokens of the body that the referenced bar has where this walk stands; PAD where it has none."""
        if not self._open:
            onset = self._next_source()
            return _two(onset.body) if onset else (PAD, PAD)
        onset = next((onset for onset in self._source if onset.slot == self._slot), None)
        if onset is None:
            return PAD, PAD
        return _two(self._rest(onset.body))

    def _rest(self, body: tuple[int, ...]) -> tuple[int, ...]:
        """What of a source's body is still to come, in the light of what was struck here."""
        mine = self._body
        if not mine:
            return body
        if self.role == "drums":
            if mine[-1] in STROKE:
                voice = stroke_of(mine[-1])[0]
                return tuple(body[i + 1] for i in range(0, len(body), 2) if stroke_of(body[i])[0] == voice)
            voice = stroke_of(mine[-2])[0]
            return tuple(token for i in range(0, len(body), 2) if stroke_of(body[i])[0] > voice for token in body[i : i + 2])
        if mine[-1] in DURATION:
            return body[-1:]
        if self.role == "bass":
            return body[1:]
        return tuple(token for token in body[:-2] if token > mine[-1]) + body[-2:]

    def features(self) -> Step:
        """The row of features that predicts the next token."""
        copy: Step = (PAD, PAD, PAD)
        if self._reference:
            onset = self._next_source()
            copy = (END_OF_BAR if onset is None else SLOT.first + onset.slot, *self._aligned())
        place = self._slot + 2 if self.bar >= 0 else 0
        size = len(self._body) + 1 if self._open else 0
        if self.role == "drums":
            return (self._token, *copy, place, self._stroke, self._timing, self._held, min(13, size), self._reference)
        shift = self._shift + 13 if self._reference else 0
        return (self._token, *copy, shift, place, *self._surroundings(), min(13, size), self._reference)

    def _surroundings(self) -> Step:
        """Chord, next change, melody and keys around the present slot, and the last pitch counted from the present root."""
        if self.bar < 0:
            return (0,) * 9
        place = (self.bar, self._slot)
        if place not in self._known:
            self._known[place] = self._around()
        harmony, base, others = self._known[place]
        kind = PITCHED[self.role]
        previous = PAD if self._pitch is None else kind.first + max(0, min(kind.size - 1, self._pitch - base))
        return (*harmony, previous, *others)

    def _around(self) -> tuple[Step, int, Step]:
        """What does not depend on what was written: chord and next change, the base pitch, melody and keys."""
        unit, end = self.unit, (self.bar + 1) * self.bar_units
        root, quality = self._harmony.at(unit)
        starts = self._harmony.starts
        i = bisect_left(starts, unit + 1)
        while i < len(starts) and self._harmony.rows[i] == (root, quality):
            i += 1
        change = (0, 0, 0)
        if i < len(starts):
            after, its_class = self._harmony.rows[i]
            inside = slot_of(starts[i] - self.bar * self.bar_units) + 1 if starts[i] < end else 0
            change = (inside, (after - max(0, root)) % 12 + 1, its_class + 1)
        base = self._harmony.base(unit)
        return (root + 1, quality + 1, *change), base, (*self._melody(unit, end, base), self._keys(unit, end))

    def _melody(self, unit: int, end: int, base: int) -> tuple[int, int]:
        """The melody's pitch that sounds here (or starts the bar), counted from the root, and the slot of its next onset in the bar."""
        i = bisect_left(self._tune_starts, unit + 1)
        tune = 0
        if i and self._tune_starts[i - 1] + self._tune_rows[i - 1][1] > unit:
            tune = max(1, min(64, self._tune_rows[i - 1][0] - base + 1))
        if i < len(self._tune_starts) and self._tune_starts[i] < end:
            return tune, slot_of(self._tune_starts[i] - self.bar * self.bar_units) + 1
        return tune, 0

    def _keys(self, unit: int, end: int) -> int:
        """1 + the slot of the keys' next onset in the bar, its first one where nothing is struck yet; 0 where there is none."""
        i = bisect_left(self.keys, unit + (self._slot >= 0))
        return slot_of(self.keys[i] - self.bar * self.bar_units) + 1 if i < len(self.keys) and self.keys[i] < end else 0


def _two(tokens: tuple[int, ...]) -> tuple[int, int]:
    """The first two tokens, PAD where there are fewer."""
    return (tokens[0] if tokens else PAD, tokens[1] if len(tokens) > 1 else PAD)


def walk_band(walk: BandWalk, tokens: list[int]) -> list[Step]:
    """Features before each of `tokens` (row i predicts tokens[i]), the walk ending after the last."""
    rows = []
    for token in tokens:
        rows.append(walk.features())
        walk.push(token)
    return rows
