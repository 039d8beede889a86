"""What bass, keys and drums may play next: range, chords, hands and silence as additions to the logits, nothing repaired afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daiw.nets.pace import Pace, tilted
from daiw.nets.picking import NEVER, AnyWalk, Options, only_bars, options_of
from daiw.tokens.band_walk import BandWalk
from daiw.tokens.controls import CHORD_TONES, DISPLACED
from daiw.tokens.grid import DURATIONS, unit_of
from daiw.tokens.onsets import PITCHED, VOICE, stroke_of
from daiw.tokens.sheet import Events, no_events
from daiw.tokens.vocab import BAND_SIZE, BAR, DURATION, KIT_VOICES, MAX_REFERENCE, REFERENCE_TYPES, SLOT, STRENGTHS, STROKE
from daiw.tokens.walk import END_OF_BAR

FEET = frozenset((VOICE["kick"], VOICE["pedal hat"]))
HATS = frozenset((VOICE["closed hat"], VOICE["open hat"], VOICE["pedal hat"]))
HANDS = 2
EXACT = REFERENCE_TYPES.index("exact")
SURE = 3
"""The least strength of a stroke of the hands that must be heard, of STRENGTHS; a kick's is one above its player's softest."""

LONG_UNITS = 12
"""Units from which a note of the tune is long enough for a semitone against it to be heard as wrong: a quarter."""

WIDEST = 12
"""The bass leaps an octave at most."""

NATURAL = frozenset((0, 2, 4, 5, 7, 9, 11))
Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class BandWindow:
    """What is given to a player; fields as in `sampler.Window`, in the neutral key and from unit 0 of the window.

    tune: the melody's rows.  keys: start units of the keys.  low, high: MIDI pitches allowed.
    bass_of: unit of a chord's start -> the pitch class that the bass has there, where the plan's chord has another bass than its root.
    chords_only: keys have no note that is not of the chord at which they strike.
    ceilings: unit by unit of the bar grid (every quarter) the pitch that keys stay below; empty for none.
    voices: voices of the kit allowed.  musts: bar -> (slot, voice) pairs that are struck there, by slot.
    most_kicks: in a bar.  softest_kick: the least strength of one, of STRENGTHS.  anew: bars that may not repeat another exactly.
    paces: bar -> how many onsets its phrase shall hold; others are as busy as the network has them.
    """

    role: str
    bars: int
    bar_units: int
    chords: Events
    controls: NDArray[np.int64]
    tune: Events = field(default_factory=no_events)
    keys: tuple[int, ...] = ()
    given: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    head: Mapping[int, int] = field(default_factory=dict)
    silent: frozenset[int] = frozenset()
    sounding: frozenset[int] = frozenset()
    refer_from: int = 0
    low: int = 28
    high: int = 96
    bass_of: Mapping[int, int] = field(default_factory=dict)
    scale: frozenset[int] = NATURAL
    voices: frozenset[int] = frozenset(range(len(KIT_VOICES)))
    musts: Mapping[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    most_kicks: int = 99
    softest_kick: int = 0
    anew: frozenset[int] = frozenset()
    paces: Mapping[int, Pace] = field(default_factory=dict)
    chords_only: bool = False

    def walk(self) -> BandWalk:
        """A fresh walk through the window."""
        return BandWalk(self.role, self.bars, self.bar_units, self.chords, self.tune, self.keys)


class BandRules:
    """What may come next in one window.

    foreign: added to logits of pitches that neither chord nor key holds.  passing: to pitches of the key outside the chord.
    """

    def __init__(self, window: BandWindow, foreign: float = -6.0, passing: float = 0.0) -> None:
        self.window, self.foreign, self.passing = window, np.float32(foreign), np.float32(passing)
        self.lengths = np.array(DURATIONS)
        self.outside = np.array([pitch_class not in window.scale for pitch_class in range(12)])
        self.starts = self._chord_starts()
        self._known: dict[tuple[object, ...], Options] = {}

    def _chord_starts(self) -> list[int]:
        """Units where the harmony changes; re-statements at barlines do not."""
        chords = self.window.chords.tolist()
        return [row[0] for i, row in enumerate(chords) if i == 0 or row[1:] != chords[i - 1][1:] or row[0] in self.window.bass_of]

    def options(self, walk: AnyWalk) -> Options:
        """What may come; one object for every state that allows the same, save where a pace is kept."""
        if not isinstance(walk, BandWalk):
            raise TypeError("these rules are for bass, keys and drums")
        legal = tuple(walk.legal())
        key = (legal, self._state(walk, legal))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = options_of(self._additions(walk))
        if walk.reference == EXACT and walk.bar in self.window.head:
            return repeating(found, walk)
        pace = self.window.paces.get(walk.bar)
        if pace is None or walk.reference == EXACT or not (legal[0][0] in SLOT or legal[0][0] in BAR):
            return found
        return tilted(found, walk, pace)

    def _state(self, walk: BandWalk, legal: Ranges) -> object:
        """What the options depend on besides the grammar."""
        if walk.role == "drums":
            struck = tuple(stroke_of(token)[0] for token in walk.body[::2])
        elif legal[0][0] in PITCHED[walk.role]:
            bass = (self._bass(walk), walk.last_pitch) if walk.role == "bass" else walk.body == ()
            return walk.chord, bass, (self._left(walk), self._clashing(walk)) if walk.role == "keys" else 0
        else:
            struck = ()
        if legal[0][0] in DURATION:
            return self._left(walk)
        spent = walk.role == "drums" and self._kicks_spent(walk)
        return walk.bar, walk.slot, struck, walk.bar >= 0 and not walk.written[-1] and not walk.body, self._must(walk), spent

    def _left(self, walk: BandWalk) -> int:
        """Units to the window's end, as far as any length reaches."""
        return min(DURATIONS[-1], self.window.bars * self.window.bar_units - walk.unit)

    def _additions(self, walk: BandWalk) -> NDArray[np.float32]:
        """(BAND_SIZE,): 0 where free, -1e9 where forbidden, small amounts where only disliked."""
        added = np.full(BAND_SIZE, NEVER, np.float32)
        legal = walk.legal()
        for first, end in legal:
            added[first:end] = 0
        window = self.window
        if walk.role == "drums":
            self._hands(walk, added)
            self._kicks(walk, added)
            self._struck_where_asked(walk, added)
        elif legal[0][0] in PITCHED[walk.role]:
            self._pitches(walk, added)
        if added[DURATION.first] == 0:
            left = window.bars * window.bar_units - walk.unit
            added[DURATION.first : DURATION.end] = np.where(self.lengths <= max(left, DURATIONS[0]), np.float32(0), NEVER)
        if added[BAR.first] == 0:
            if walk.bar in window.silent:
                added[SLOT.first : SLOT.end] = NEVER
            elif walk.bar in window.sounding and not walk.written[-1] and not walk.body:
                added[BAR.first : BAR.end] = NEVER
            if walk.bar + 1 in window.anew:
                added[BAR.first + 1 : BAR.first + 1 + MAX_REFERENCE] = NEVER
        return added

    def _pitches(self, walk: BandWalk, added: NDArray[np.float32]) -> None:
        """Range, chord and key; the first bass note of a chord is its bass, and no key crosses the range."""
        window, kind = self.window, PITCHED[walk.role]
        ids = slice(kind.first, kind.end)
        pitches = np.arange(kind.size) + walk.base
        legal = added[ids] == 0
        fits = (pitches >= window.low) & (pitches <= window.high)
        root, quality = walk.chord
        tones = np.ones(kind.size, bool)
        if root >= 0:
            tones = CHORD_TONES[quality, (pitches - root) % 12].astype(bool)
            strange = self.outside[pitches % 12] | DISPLACED[quality, root, pitches % 12]
            added[ids] += np.where(tones, np.float32(0), np.where(strange, self.foreign, self.passing))
            if walk.role == "bass" and (must := self._bass(walk)) is not None:
                fits &= np.isin(pitches % 12, sorted(must))
        strict = walk.role == "keys" and window.chords_only
        if strict:
            fits &= tones
        if walk.role == "keys" and (clear := fits & ~np.isin(pitches, self._clashing(walk)))[legal].any():
            fits = clear
        if walk.role == "keys" and not (legal & fits).any() and not walk.body:
            fits = (pitches >= window.low) & (tones | (not strict))  # a range that the vocabulary cannot meet above this root
        if walk.role == "bass":
            if not (legal & fits).any():
                fits = pitches >= window.low
            near = fits & legal & (np.abs(pitches - (walk.last_pitch or 0)) <= WIDEST)
            fits = near if walk.last_pitch is not None and near.any() else fits
        added[ids] = np.where(legal & fits, added[ids], NEVER)

    def _clashing(self, walk: BandWalk) -> tuple[int, ...]:
        """Pitches a semitone from a long note of the tune that sounds now."""
        tune, unit = self.window.tune, walk.unit
        sounding = tune[(tune[:, 0] <= unit) & (tune[:, 0] + tune[:, 2] > unit) & (tune[:, 2] >= LONG_UNITS), 1].tolist()
        return tuple(sorted({pitch + step for pitch in sounding for step in (-1, 1)}))

    def _bass(self, walk: BandWalk) -> frozenset[int] | None:
        """Pitch classes that the first note of a chord may have; None for later notes.

        The bass that the plan wants, or where the chord begins its root; a chord tone where the bass comes in late.
        """
        unit = walk.unit
        start = max((start for start in self.starts if start <= unit), default=None)
        if start is None:
            return None
        wanted = self.window.bass_of.get(start)
        heard = any(
            onset.slot >= 0 and bar * walk.bar_units + unit_of(onset.slot) >= start
            for bar in range(start // walk.bar_units, walk.bar + 1)
            for onset in walk.written[bar]
        )
        if wanted is not None:
            return frozenset({wanted}) if not heard or unit % walk.bar_units == 0 else None
        if heard:
            return None
        root, quality = walk.chord
        if unit == start:
            return frozenset({root})
        return frozenset((root + step) % 12 for step in range(12) if CHORD_TONES[quality, step])

    def _hands(self, walk: BandWalk, added: NDArray[np.float32]) -> None:
        """Two hands, and one state of the hi-hat, at a time; only voices that the kit has."""
        struck = [stroke_of(token)[0] for token in walk.body[::2]]
        full = sum(voice not in FEET for voice in struck) >= HANDS
        for voice in range(len(KIT_VOICES)):
            refused = voice not in self.window.voices or (full and voice not in FEET) or (voice in HATS and bool(HATS & set(struck)))
            if refused:
                first = STROKE.first + voice * len(STRENGTHS)
                added[first : first + len(STRENGTHS)] = NEVER

    def _kicks(self, walk: BandWalk, added: NDArray[np.float32]) -> None:
        """No more kicks in a bar than the style's drummers play, and none that is not heard."""
        first = STROKE.first + VOICE["kick"] * len(STRENGTHS)
        allowed = 0 if self._kicks_spent(walk) else len(STRENGTHS) - self.window.softest_kick
        added[first : first + len(STRENGTHS) - allowed] = NEVER

    def _kicks_spent(self, walk: BandWalk) -> bool:
        """Whether the bar has all its kicks."""
        if walk.bar < 0:
            return False
        told = sum(stroke_of(token)[0] == VOICE["kick"] for onset in walk.written[-1] for token in onset.body[::2])
        return told >= self.window.most_kicks

    def _must(self, walk: BandWalk) -> tuple[int, int] | None:
        """The next (slot, voice) of the bar that must be struck and is not yet."""
        musts = self.window.musts.get(walk.bar, ())
        struck = {stroke_of(token)[0] for token in walk.body[::2]} if musts else set()
        for slot, voice in musts:
            if slot > walk.slot or (slot == walk.slot and voice not in struck):
                return slot, voice
        return None

    def _struck_where_asked(self, walk: BandWalk, added: NDArray[np.float32]) -> None:
        """No way past a stroke that must be there, and none too soft to be heard."""
        must = self._must(walk)
        if must is None:
            return
        slot, voice = must
        added[SLOT.first + slot + 1 : SLOT.end] = NEVER
        added[BAR.first : BAR.end] = NEVER
        if slot == walk.slot:
            first = STROKE.first + voice * len(STRENGTHS)
            sure = self.window.softest_kick + 1 if voice == VOICE["kick"] else SURE
            added[first : first + sure] = NEVER
            added[first + len(STRENGTHS) : STROKE.end] = NEVER
            added[SLOT.first : SLOT.end] = NEVER


def repeating(options: Options, walk: BandWalk) -> Options:
    """Of the options the one by which a bar goes on repeating the one that it refers to; all where rules forbid or dislike that one."""
    token = walk.repeated
    if token == END_OF_BAR:
        return only_bars(options) if len(options.bars) else options
    (place,) = np.nonzero((options.ids == token) & (options.added >= 0))
    if not len(place) and token in DURATION:  # of all lengths that are left, but no further tone
        (place,) = np.nonzero((options.ids >= DURATION.first) & (options.ids < DURATION.end))
    return Options(options.ids[place], options.added[place], np.zeros(0, np.int64)) if len(place) else options
