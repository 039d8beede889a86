"""What a melody, or a progression, may do next: range, key, chords and the onsets that words ask for, as additions to the logits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from daiw.nets.pace import Pace, tilted
from daiw.nets.picking import NEVER, AnyWalk, Chance, Options, options_of
from daiw.tokens.controls import CHORD_TONES, DISPLACED
from daiw.tokens.grid import DURATIONS, UNITS_PER_QUARTER, unit_of
from daiw.tokens.refs import RHYTHM, SIMILAR, overlap
from daiw.tokens.sheet import Events
from daiw.tokens.vocab import BAR, DURATION, MAX_REFERENCE, PITCH, PITCH_LOW, REFERENCE_TYPES, SIZE, SLOT, bar_token
from daiw.tokens.walk import Ranges, Walk

EXACT, LIKE = (REFERENCE_TYPES.index(name) for name in ("exact", "similar"))
"""How a bar refers to another: to the note, which is none to hurry or hold up, or nearly."""


HELD = 1.3
"""Logit a quarter that a note on which a phrase comes to rest is held, at most to the bar's end: nothing comes behind it, which the network
cannot know."""


@dataclass(frozen=True, slots=True)
class Must:
    """An onset that words ask for.

    slot: of its bar.  least, most: units it lasts, where a length of the grid is there; else the longest below `most`.
    pitch: the MIDI pitch it has, in the neutral key; None leaves it free.  held: it may be left out: a held vowel that could move.
    """

    slot: int
    least: int
    most: int
    pitch: int | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """What is given: bars of one meter, their chords and controls, and the bars already written.

    chords: from unit 0 of the window, one bar more than `bars` welcome.  controls: (window_bars, len(CONTROLS)).
    given: bar -> its tokens, bar token first; the bars from 0 without a gap are context, later ones are kept as they are.
    head: bar -> bar token to use (the rest of the bar is free).  silent: bars without notes.  sounding: bars with at least one.
    refer_from: first bar that later ones may repeat or resemble; of those before it only the rhythm may return.
    low, high: MIDI pitches allowed.  scale: pitch classes of the key in the neutral key.
    musts: bar -> the only onsets it has, by slot; every one is there, save those held.  No tuple but an empty one: a silent bar.
    paces: bar -> how many notes its phrase shall hold, where no musts say so; others are as busy as the network has them.
    last_onsets: bar -> unit of it after which no note starts, where neither musts nor an exact repeat say otherwise.
    home: the bar with which the song ends: its notes belong to the chord and last half a bar at least; None where it goes on.
    """

    bars: int
    bar_units: int
    chords: Events
    controls: NDArray[np.int64]
    given: dict[int, tuple[int, ...]] = field(default_factory=dict)
    head: dict[int, int] = field(default_factory=dict)
    silent: frozenset[int] = frozenset()
    sounding: frozenset[int] = frozenset()
    refer_from: int = 0
    low: int = 40
    high: int = 95
    scale: frozenset[int] = frozenset({0, 2, 4, 5, 7, 9, 11})
    musts: Mapping[int, tuple[Must, ...]] = field(default_factory=dict)
    paces: Mapping[int, Pace] = field(default_factory=dict)
    last_onsets: Mapping[int, int] = field(default_factory=dict)
    home: int | None = None


class Rules:
    """What may come next in one window, as additions to the logits."""

    def __init__(self, window: Window, chance: Chance) -> None:
        self.window, self.chance = window, chance
        pitches = np.arange(PITCH.size) + PITCH_LOW
        self.classes = pitches % 12
        self.outside = ~np.isin(self.classes, sorted(window.scale))
        self.range = np.where((pitches >= window.low) & (pitches <= window.high), np.float32(0), NEVER)
        self.lengths = np.array(DURATIONS)
        self.half_bar = window.bar_units // 2
        self._known: dict[tuple[object, ...], Options] = {}
        self._pitches = _pitches_under(window.low, window.high, window.scale, self.half_bar, chance)

    def options(self, walk: AnyWalk) -> Options:
        """What may come; one object for every state that allows the same, save where a pace is kept."""
        if not isinstance(walk, Walk):
            raise TypeError("these rules are for melodies and chords")
        kind, musts = walk.expected, self.window.musts
        asked = self._asked(walk) if kind and walk.bar in musts else None
        known: dict[tuple[object, ...], Options] = self._known
        if kind == 1:
            strong = unit_of(walk.slot) % self.half_bar == 0
            key: tuple[object, ...] = (strong, walk.chord, walk.last_pitch)
            if asked is not None:
                key = (*key, asked.pitch, asked.held)
            elif walk.bar != self.window.home:
                known = self._pitches
        elif kind == 2:
            home = walk.bar == self.window.home
            key = (min(DURATIONS[-1], self._left(walk)), asked and (asked.least, asked.most), self._rest_behind(walk), home)
        elif walk.bar in musts or walk.bar + 1 in musts:
            key = (walk.bar, walk.slot, bool(walk.bar >= 0 and walk.written[-1]))
        else:
            pace = self.window.paces.get(walk.bar)
            if walk.reference == EXACT:
                return _between(walk.legal(), *self._asks(walk))
            free = _between(walk.legal(), *self._asks(walk), self.window.last_onsets.get(walk.bar))
            return free if pace is None else tilted(free, walk, pace)
        found = known.get(key)
        if found is None:
            found = known[key] = options_of(self._additions(walk))
        return found

    def _asks(self, walk: Walk) -> tuple[bool, bool]:
        """Whether the walk's bar is to stay silent, and whether it may not end yet."""
        return walk.bar in self.window.silent, walk.bar in self.window.sounding and not walk.written[-1]

    def _rest_behind(self, walk: Walk) -> int:
        """Units of its bar in which a phrase comes to rest on the note that was struck last; 0 where it may go on."""
        last = self.window.last_onsets.get(walk.bar) if walk.bar not in self.window.musts and walk.reference != EXACT else None
        return self.window.bar_units - last if last is not None and unit_of(walk.slot) >= last else 0

    def _left(self, walk: Walk) -> int:
        """Units to the window's end."""
        return (self.window.bars - walk.bar) * self.window.bar_units - unit_of(max(0, walk.slot))

    def _additions(self, walk: Walk) -> NDArray[np.float32]:
        """(SIZE,): 0 where free, -1e9 where forbidden, small amounts where only disliked or liked."""
        written = walk.bar in self.window.musts
        if walk.expected == 1:
            added = _free(walk.legal())
            added[PITCH.first : PITCH.end] += self._pitch(walk, walk.slot, *walk.chord)
        elif walk.expected == 2:
            fits = lasting(self._asked(walk), self.lengths) if written else self.lengths <= max(self._left(walk), DURATIONS[0])
            if walk.bar == self.window.home and not written:
                fits &= self.lengths >= min(self.half_bar, self._left(walk))
            added = np.full(SIZE, NEVER, np.float32)
            held = np.minimum(self.lengths, self._rest_behind(walk)) / UNITS_PER_QUARTER
            added[DURATION.first : DURATION.end] = np.where(fits, np.float32(HELD) * held, NEVER).astype(np.float32)
        elif written:
            added = _free(walk.legal())
            self._asked_for(walk, added)
        else:
            added = _free(walk.legal(), *self._asks(walk))
        if walk.bar + 1 in self.window.musts:
            self._heads(walk.bar + 1, added)
        return added

    def _heads(self, bar: int, added: NDArray[np.float32]) -> None:
        """A bar whose onsets are known refers only to bars that it can resemble, as `tokens.refs` hears resemblance."""
        mine = frozenset(must.slot for must in self.window.musts[bar] if not must.held)
        for distance in range(1, min(MAX_REFERENCE, bar) + 1):
            theirs = self._slots_of(bar - distance)
            alike = overlap(mine, theirs)
            can = (mine == theirs and bool(mine), alike >= SIMILAR, alike >= RHYTHM and len(mine) > 1)
            for reference, possible in enumerate(can, 1):
                if not possible:
                    added[bar_token(reference, distance)] = NEVER

    def _slots_of(self, bar: int) -> frozenset[int]:
        """The onsets of a bar as far as they are known before it is drawn."""
        if bar in self.window.musts:
            return frozenset(must.slot for must in self.window.musts[bar] if not must.held)
        return frozenset(SLOT.value(token) for token in self.window.given.get(bar, ())[1::3])

    def _asked(self, walk: Walk) -> Must:
        """The onset that was struck last, as it was asked for."""
        return next(must for must in self.window.musts[walk.bar] if must.slot == walk.slot)

    def _asked_for(self, walk: Walk, added: NDArray[np.float32]) -> None:
        """The next onset that was asked for, or a held one before it, and no way past it."""
        ahead = [must for must in self.window.musts[walk.bar] if must.slot > walk.slot]
        until = next((i for i, must in enumerate(ahead) if not must.held), len(ahead))
        slots = added[SLOT.first : SLOT.end]
        slots[:] = NEVER
        for must in ahead[: until + 1]:
            slots[must.slot] = np.float32(self.chance.moved if must.held else 0.0)
        if until < len(ahead):
            added[BAR.first : BAR.end] = NEVER

    def _pitch(self, walk: Walk, slot: int, root: int, quality: int) -> NDArray[np.float32]:
        if walk.bar in self.window.musts and (pitch := self._asked(walk).pitch) is not None:
            return np.where(np.arange(PITCH.size) == pitch - PITCH_LOW, np.float32(0), NEVER)
        added = self.range.copy()
        if root >= 0:
            tones = CHORD_TONES[quality, (self.classes - root) % 12]
            strange = (self.outside & ~tones) | DISPLACED[quality, root, self.classes]
            added[strange] += np.float32(self.chance.out_of_key)
            strong = unit_of(slot) % (self.window.bar_units // 2) == 0
            added[tones] += np.float32(self.chance.chord_tone + (self.chance.strong_chord_tone if strong else 0.0))
        else:
            added[self.outside] += np.float32(self.chance.out_of_key)
        if walk.last_pitch is not None and walk.bar in self.window.musts and self._asked(walk).held:
            added[walk.last_pitch] = NEVER  # a vowel that moves moves to another note
        if walk.last_pitch is not None:
            far = np.abs(np.arange(PITCH.size) - walk.last_pitch) > self.chance.widest
            if (added[~far] > NEVER / 2).any():
                added[far] = NEVER
        if walk.bar == self.window.home and walk.bar not in self.window.musts and root >= 0 and (added[tones] > NEVER / 2).any():
            added[~tones] = NEVER
        return added


@lru_cache(maxsize=64)
def _pitches_under(low: int, high: int, scale: frozenset[int], half_bar: int, chance: Chance) -> dict[tuple[object, ...], Options]:
    """Where rules of the same range, key, meter and taste keep the pitches that may come; words ask for none of them."""
    return {}


@lru_cache(maxsize=4096)
def _between(legal: Ranges, silent: bool, must_sound: bool, last: int | None = None) -> Options:
    """What may come between events where no words ask for onsets.  last: unit of the bar after which none may start."""
    added = _free(legal, silent, must_sound)
    if last is not None:
        added[SLOT.first : SLOT.end][[unit_of(slot) > last for slot in range(SLOT.size)]] = NEVER
    return options_of(added)


def _free(legal: Ranges, silent: bool = False, must_sound: bool = False) -> NDArray[np.float32]:
    """(SIZE,): 0 where legal, in a silent bar without onsets, in one that must still sound without an end; else -1e9."""
    added = np.full(SIZE, NEVER, np.float32)
    for first, end in legal:
        added[first:end] = 0
    if silent:
        added[SLOT.first : SLOT.end] = NEVER
    elif must_sound:
        added[BAR.first : BAR.end] = NEVER
    return added


def lasting(must: Must, lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which lengths, rising, an onset may have: those it asks for, or the longest that fits, or the shortest there is."""
    fits: NDArray[np.bool_] = (lengths >= must.least) & (lengths <= must.most)
    if not fits.any():
        fits = lengths == lengths[lengths <= must.most].max(initial=int(lengths[0]))
    return fits
