"""What bass, keys and drums are given: a section as a passage to play, and the window of bars in which it is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daiw.music.plan import Plan, Section
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle
from daiw.nets.accompanists import asked_density, asked_paces, repeats, who_plays
from daiw.nets.band_bars import bars_of, later, rereferred
from daiw.nets.band_rules import BandWindow
from daiw.nets.band_sheet import (
    DRUMMER_OF_GROOVE,
    VOICE_OF_PITCH,
    backbeats,
    band_section_controls,
    kit_section_controls,
    manner,
    neutral_shift,
    section_rows,
    section_strokes,
    tune_rows,
)
from daiw.nets.composer_sheet import key_at, meter_name, section_chords
from daiw.nets.drummers import DRUMMERS, Drummer
from daiw.nets.lead_rules import EXACT
from daiw.tokens.grid import METER_UNITS, TICKS_PER_UNIT, UNITS_PER_QUARTER, snap_onset
from daiw.tokens.kit_controls import KIT_COLUMN, TURNS
from daiw.tokens.onsets import VOICE, Played
from daiw.tokens.sheet import Events, no_events
from daiw.tokens.vocab import KIT_VOICES, bar_token

PLAYED = {"bass": "bass", "chords": "keys", "drums": "drums"}
"""Role of the plan -> role of the tokens."""

Bars = tuple[tuple[int, ...], ...]
Musts = dict[int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Passage:
    """One section as it is given to a player, and what he made of it.

    chords: from its first unit, one bar more.  controls: (bars, columns).  model: the reference's rows.  shift: to the neutral key.
    density: onsets a quarter that are asked for where pianists decide; None for as many as the reference has.  repeats: bar -> how many
    bars back the one is that it plays again.
    """

    section: Section
    chords: Events
    tune: Events
    keys: tuple[int, ...]
    controls: NDArray[np.int64]
    model: Played
    shift: int
    bars: Bars = ()
    density: float | None = None
    repeats: Mapping[int, int] = field(default_factory=dict)

    def wanted(self, first: int, count: int, units: int) -> float:
        """Onsets that are asked for in some bars."""
        if self.density is not None:
            return self.density * count * units / UNITS_PER_QUARTER
        return float(len(np.unique(bars_of(self.model, first, count, units)[:, 0])))


class Leader:
    """Tells the player of one role what to play.

    earlier: the parts that are heard already.  reference: the role by theory.  window_bars: that the player's network reads at once.
    """

    def __init__(self, style: ComposeStyle, plan: Plan, role: str, earlier: tuple[Part, ...], reference: Part, window_bars: int) -> None:
        self.style, self.plan, self.role, self.window_bars = style, plan, role, window_bars
        self.voice = PLAYED[role]
        self.earlier = {part.role: part.notes for part in earlier}
        self.reference = reference
        self.meter = meter_name(plan.meter) or "4/4"
        self.units = METER_UNITS[self.meter]
        self.mean = float(np.mean([note.velocity for note in reference.notes])) if reference.notes else 80.0

    def shift_at(self, bar: int) -> int:
        """Semitones that bring the key of a bar to no sharps or flats; 0 for drums."""
        return 0 if self.voice == "drums" else neutral_shift(key_at(self.plan, bar * self.plan.meter.bar_ticks))

    @property
    def tune(self) -> tuple[Note, ...]:
        """What leads: the voice, and the tune's instrument."""
        return (*self.earlier.get("melody", ()), *self.earlier.get("vocal", ()))

    def passage_of(self, section: Section) -> Passage:
        """What the player is given."""
        plan = self.plan
        if self.voice == "drums":
            model = section_strokes(self.reference.notes, plan, section)
            controls = kit_section_controls(plan, section, model, self.style.groove)
            return Passage(section, no_events(), no_events(), (), controls, model, 0)
        shift = self.shift_at(section.start_bar)
        model = section_rows(self.reference.notes, plan, section, shift, self.mean)
        chords = section_chords(plan, section, self.meter, shift)
        tune = tune_rows(self.tune, plan, section, shift)
        keys = (
            section_rows(self.earlier.get("chords", ()), plan, section, shift, 0.0)[:, 0] if self.voice == "bass" else np.zeros(0, np.int32)
        )
        controls = band_section_controls(self.voice, plan, section, model, self.style)
        free = who_plays(self.voice, self.style, section) == "pianists"
        density = asked_density(self.voice, plan, section, manner(self.voice, plan)) if free else None
        kinds = [bars_of(chords, bar, 1, self.units)[:, [0, 2]].tolist() for bar in range(section.bars)]
        again = repeats(self.voice, plan, section, lambda one, other: kinds[one] == kinds[other]) if free else {}
        return Passage(section, chords, tune, tuple(np.unique(keys).tolist()), controls, model, shift, density=density, repeats=again)

    def bass_units(self, section: Section, first: int, count: int) -> frozenset[int]:
        """Onsets of the bass in some bars, from their first unit."""
        ticks = self.plan.meter.bar_ticks
        start, end = (section.start_bar + first) * ticks, (section.start_bar + first + count) * ticks
        return frozenset(
            snap_onset((note.start - start) / TICKS_PER_UNIT) for note in self.earlier.get("bass", ()) if start <= note.start < end
        )

    def window(
        self, fresh: Passage, known: Passage | None, played: list[Passage], kept: dict[int, tuple[int, ...]],
        so_far: list[tuple[int, ...]], count: int,
    ) -> tuple[BandWindow, int]:  # fmt: skip
        """What the sampler is given, and how many bars of it are context: the bars just before, or the letter's first occurrence.

        played: the passages before.  kept, so_far: bars of this one that return, and that are written.  count: bars that are asked for.
        """
        room = self.window_bars - count
        first = len(so_far)
        before = _context(fresh, known if not so_far else None, played, so_far)[-room:] if room else []
        if known is not None and not so_far:
            before = _context(fresh, known, played, so_far)[:room]
        lead = len(before)
        stretch = [*before, *((fresh, bar) for bar in range(first, first + count))]
        chords = np.concatenate(
            [later(bars_of(one.chords, bar, 1, self.units), place * self.units) for place, (one, bar) in enumerate(stretch)]
        )
        after = bars_of(fresh.chords, first + count, 1, self.units)
        chords = np.concatenate([chords, later(after[:1], len(stretch) * self.units)]).astype(np.int32)
        tune = np.concatenate(
            [later(bars_of(one.tune, bar, 1, self.units), place * self.units) for place, (one, bar) in enumerate(stretch)]
        )
        keys = tuple(
            unit + (place - bar) * self.units
            for place, (one, bar) in enumerate(stretch)
            for unit in one.keys
            if bar * self.units <= unit < (bar + 1) * self.units
        )
        given: dict[int, tuple[int, ...]] = {place: one.bars[bar] if one.bars else so_far[bar] for place, (one, bar) in enumerate(before)}
        given |= {lead + bar - first: kept[bar] for bar in range(first, first + count) if bar in kept}
        controls = [one.controls[bar] for one, bar in stretch]
        controls += controls[-1:] * (self.window_bars - len(controls))
        sounding = self._sounding(fresh)
        low, high = self._range(fresh.shift)
        most, softest = self._kicks()
        window = BandWindow(
            self.voice, len(stretch), self.units, chords, np.stack(controls), tune.astype(np.int32), keys,
            given=rereferred(given, self.voice, len(stretch)),
            head=_heads(fresh, known, kept, range(first, first + count), lead),
            sounding=frozenset(lead + bar - first for bar in range(first, first + count) if bar in sounding),
            low=low, high=high,
            bass_of=self._bass_of(fresh, first, count, lead) if self.voice == "bass" else {},
            voices=self._voices(),
            musts=self._musts(fresh, kept, range(first, first + count), lead - first),
            most_kicks=most, softest_kick=softest, chords_only=not self.style.chords.passing,
            paces={} if fresh.density is None else asked_paces(fresh.density, first, count, lead),
        )  # fmt: skip
        return window, lead

    def _sounding(self, passage: Passage) -> set[int]:
        """Bars that must have an onset: the reference's; a bass whose pianist decides need not strike again while a chord goes on."""
        bars = set((passage.model[:, 0] // self.units).tolist())
        if self.voice != "bass" or passage.density is None:
            return bars
        before = [bars_of(passage.chords, bar - 1, 1, self.units)[-1:, 1:].tolist() for bar in range(passage.section.bars)]
        inside = [bars_of(passage.chords, bar, 1, self.units)[:, 1:].tolist() for bar in range(passage.section.bars)]
        return {bar for bar in bars if bar == 0 or any([chord] != before[bar] for chord in inside[bar])}

    def _range(self, shift: int) -> tuple[int, int]:
        """MIDI pitches allowed, in the neutral key."""
        own = self.style.bass if self.voice == "bass" else self.style.chords
        return own.low + shift, own.high + shift

    def _bass_of(self, fresh: Passage, first: int, count: int, lead: int) -> dict[int, int]:
        """Unit of the window -> the pitch class in the bass, for chords whose bass is not their root."""
        ticks = self.plan.meter.bar_ticks
        start, end = (fresh.section.start_bar + first) * ticks, (fresh.section.start_bar + first + count) * ticks
        found = {}
        for span in self.plan.harmony:
            if span.chord.bass_number != span.chord.root.number and span.start < end and span.start + span.duration > start:
                unit = max(0, snap_onset((span.start - start) / TICKS_PER_UNIT)) + lead * self.units
                found[unit] = (span.chord.bass_number + fresh.shift) % 12
        return found

    def window_of(self, whole: Passage, given: dict[int, tuple[int, ...]], asked: frozenset[int], musts: Musts) -> BandWindow:
        """A window over all bars of a passage, those that are not given asked for."""
        controls = [*whole.controls, *whole.controls[-1:].repeat(self.window_bars - len(whole.controls), axis=0)]
        played = self._sounding(whole)
        low, high = self._range(whole.shift)
        most, softest = self._kicks()
        return BandWindow(
            self.voice, whole.section.bars, self.units, whole.chords, np.stack(controls), whole.tune, whole.keys, given=given,
            sounding=asked & played, low=low, high=high,
            bass_of=self._bass_of(whole, 0, whole.section.bars, 0) if self.voice == "bass" else {}, voices=self._voices(), musts=musts,
            most_kicks=most, softest_kick=softest, chords_only=not self.style.chords.passing,
        )  # fmt: skip

    def backbeat_of(self, passage: Passage, bar: int) -> tuple[tuple[int, int], ...]:
        """What must be struck in a bar of a passage: the style's backbeat, and every second bar its downbeat, where there is no fill."""
        if self.voice != "drums" or passage.controls[bar, KIT_COLUMN["turn"]] == 1 + TURNS.index("fill"):
            return ()
        voices = ("snare", "side stick") if bar % 2 or not self.drummer.downbeats else ("kick", "snare", "side stick")
        return backbeats(passage.model, passage.controls, self.units, voices)

    def _musts(self, fresh: Passage, kept: Mapping[int, tuple[int, ...]], bars: range, move: int) -> dict[int, tuple[tuple[int, int], ...]]:
        """Bar of the window -> the style's backbeat, in drums that are drawn and no fill."""
        musts = {bar + move: self.backbeat_of(fresh, bar) for bar in bars if bar not in kept}
        return {bar: where for bar, where in musts.items() if where}

    def _kicks(self) -> tuple[int, int]:
        """The most kicks a bar, and the least strength of one, of the style's drummers."""
        return (self.drummer.most_kicks, self.drummer.softest_kick) if self.voice == "drums" else (0, 0)

    @property
    def drummer(self) -> Drummer:
        """Whom the drums follow."""
        return DRUMMERS[DRUMMER_OF_GROOVE[self.style.groove]]

    def _voices(self) -> frozenset[int]:
        """The kit's voices: no crash or toms in styles whose reference never strikes one."""
        struck = {VOICE_OF_PITCH[note.pitch] for note in self.reference.notes if note.pitch in VOICE_OF_PITCH}
        toms = {VOICE["low tom"], VOICE["mid tom"], VOICE["high tom"]}
        banned = (set() if VOICE["crash"] in struck else {VOICE["crash"]}) | (set() if toms & struck else toms)
        return frozenset(range(len(KIT_VOICES))) - banned


def _heads(fresh: Passage, known: Passage | None, kept: Mapping[int, tuple[int, ...]], bars: range, lead: int) -> dict[int, int]:
    """Bar tokens that are settled: a returning letter's first drawn bar resembles what it was; in a new one the hands repeat some bars."""
    if known is not None:
        return {lead: bar_token(2, lead)} if not bars.start and lead else {}
    places = {bar: lead + bar - bars.start for bar in bars if bar in fresh.repeats and bar not in kept}
    return {place: bar_token(EXACT, fresh.repeats[bar]) for bar, place in places.items() if fresh.repeats[bar] <= place}


def _context(fresh: Passage, known: Passage | None, played: list[Passage], so_far: list[tuple[int, ...]]) -> list[tuple[Passage, int]]:
    """(passage, bar) of the bars to go on from: the known occurrence's, else what came just before."""
    if known is not None:
        return [(known, bar) for bar in range(known.section.bars)]
    earlier = [(one, bar) for one in played for bar in range(one.section.bars)]
    return [*earlier, *((fresh, bar) for bar in range(len(so_far)))]
