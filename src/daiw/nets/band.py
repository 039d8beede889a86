"""Bass, keys and drums by trained players: section by section, several takes at once, the best kept with its reasons."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from daiw.music.decision import Decision
from daiw.music.plan import Plan, Section
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle
from daiw.nets.band_cost import cost_of
from daiw.nets.band_notes import kit_notes, pitched_notes
from daiw.nets.band_rules import BandRules, BandWindow
from daiw.nets.band_sheet import (
    DRUMMER_OF_GROOVE,
    VOICE_OF_PITCH,
    backbeats,
    band_section_controls,
    chance_of,
    kit_section_controls,
    neutral_shift,
    section_rows,
    section_strokes,
    tune_rows,
)
from daiw.nets.composer_sheet import key_at, meter_name, section_chords
from daiw.nets.drummers import DRUMMERS, Drummer
from daiw.nets.picking import Chance
from daiw.nets.sampler import Drawn, draw_walks
from daiw.nets.transformer import Weights
from daiw.tokens.controls import PHRASE_BARS
from daiw.tokens.grid import METER_UNITS, TICKS_PER_UNIT, snap_onset
from daiw.tokens.kit_controls import KIT_COLUMN, TURNS
from daiw.tokens.onsets import VOICE, Played, decode_onsets, heard, parse
from daiw.tokens.refs import references
from daiw.tokens.sheet import Events, no_events
from daiw.tokens.vocab import BAR, KIT_VOICES, bar_token

PLAYED = {"bass": "bass", "chords": "keys", "drums": "drums"}
"""Role of the plan -> role of the tokens."""

PLAYERS = {"bass": "bass player", "keys": "keyboard player", "drums": "drummer"}

CHANCES = {
    "bass": Chance(candidates=2, temperature=0.95, top_p=0.96, guidance=1.4),
    "keys": Chance(candidates=2, temperature=0.9, top_p=0.95, guidance=1.3),
    "drums": Chance(candidates=2, temperature=1.0, top_p=0.98, guidance=1.0),
}
UNTRAINED_SECTIONS = frozenset(("build",))
"""Rolls that grow over bars, which no drummer of the corpus plays."""

Bars = tuple[tuple[int, ...], ...]
Musts = dict[int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Passage:
    """One section as it is given to a player, and what he made of it.

    chords: from its first unit, one bar more.  controls: (bars, columns).  model: the reference's rows.  shift: to the neutral key.
    """

    section: Section
    chords: Events
    tune: Events
    keys: tuple[int, ...]
    controls: NDArray[np.int64]
    model: Played
    shift: int
    bars: Bars = ()


class Player:
    """One role of one song while it is written.

    fallback: writes the role by theory; what the player cannot do is taken from there.
    """

    def __init__(
        self, weights: Weights, style: ComposeStyle, plan: Plan, role: str, earlier: tuple[Part, ...], fallback: Callable[[], Part],
        chance: Chance | None = None,
    ) -> None:  # fmt: skip
        self.weights, self.style, self.plan, self.role = weights, style, plan, role
        self.voice = PLAYED[role]
        self.chance = chance or CHANCES[self.voice]
        self.earlier = {part.role: part.notes for part in earlier}
        self.reference = fallback()
        self.meter = meter_name(plan.meter) or "4/4"
        self.units = METER_UNITS[self.meter]
        self.chunk = weights.shape.window_bars * 2 // 3 if self.voice == "drums" else weights.shape.window_bars // 2
        self.mean = float(np.mean([note.velocity for note in self.reference.notes])) if self.reference.notes else 80.0
        self.passages: list[Passage] = []
        self.decisions: list[Decision] = []

    def cannot(self) -> str:
        """Why the role is not for a trained player, in words; empty where it is."""
        return unlearnt(self.voice, self.plan, self.style)

    def part(self) -> Part:
        """The part over the whole song."""
        why = self.cannot()
        if why:
            self.decisions.append(Decision("compose", self.role, "reference composer", why))
            return self.reference
        notes: list[Note] = []
        for section in self.plan.sections:
            if self.role in section.roles:
                notes += self._section(section)
        return Part(self.role, self._ended(notes))

    def _ended(self, notes: list[Note]) -> tuple[Note, ...]:
        """Sorted, one of each start and pitch, all within the song, and a bass that ends where its next note begins."""
        unique = {(note.start, note.pitch): note for note in sorted(notes, key=lambda note: note.velocity)}
        ordered = sorted(unique.values())
        end = self.plan.timeline.end
        if self.voice == "bass":
            starts = [note.start for note in ordered[1:]] + [end]
            ordered = [replace(note, duration=min(note.duration, after - note.start)) for note, after in zip(ordered, starts, strict=True)]
        return tuple(replace(note, duration=min(note.duration, end - note.start)) for note in ordered)

    def _section(self, section: Section) -> list[Note]:
        """The notes of one section."""
        ticks = self.plan.meter.bar_ticks
        start, end = section.start_bar * ticks, (section.start_bar + section.bars) * ticks
        spare = [note for note in self.reference.notes if start <= note.start < end]
        if section.name in UNTRAINED_SECTIONS and self.voice == "drums":
            self.decisions.append(self._spared(section, "Rolls that grow over bars are not among what the drummers played."))
            return spare
        fresh = self.passage_of(section)
        if not len(fresh.model):
            return spare
        passage = replace(fresh, bars=self._bars(fresh))
        self.passages.append(passage)
        rows = decode_onsets([token for bar in passage.bars for token in bar], self.voice, passage.chords, self.units)
        if self.voice == "drums":
            return self._with_percussion(kit_notes(rows, self.plan, section), spare, section)
        level = float(np.mean([note.velocity for note in spare]))
        return pitched_notes(rows, self.plan, section, passage.shift, level, self.role)

    def _with_percussion(self, strokes: list[Note], spare: list[Note], section: Section) -> list[Note]:
        """The strokes with the reference's percussion, and its last stroke where the song ends."""
        last = (section.start_bar + section.bars) * self.plan.meter.bar_ticks
        final = last - self.plan.meter.bar_ticks if section is self.plan.sections[-1] and section.bars > 1 else last
        percussion = [note for note in spare if note.pitch not in VOICE_OF_PITCH]
        return [*(note for note in strokes if note.start < final), *percussion, *(note for note in spare if note.start >= final)]

    def _spared(self, section: Section, because: str) -> Decision:
        return Decision("compose", f"{self.role} of bar {section.start_bar + 1}", "reference composer", because)

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
        controls = band_section_controls(self.voice, plan, section, model, self.style.groove)
        return Passage(section, chords, tune, tuple(np.unique(keys).tolist()), controls, model, shift)

    def _bars(self, fresh: Passage) -> Bars:
        """Tokens of every bar: kept where the letter returns under the same chords and controls, else drawn by chunks."""
        known = next((one for one in self.passages if one.section.letter == fresh.section.letter), None)
        kept = self._kept(fresh, known) if known is not None else {}
        bars: list[tuple[int, ...]] = []
        while len(bars) < fresh.section.bars:
            first = len(bars)
            count = min(self.chunk, fresh.section.bars - first)
            if all(bar in kept for bar in range(first, first + count)):
                bars += [kept[bar] for bar in range(first, first + count)]
            else:
                bars += self._drawn(fresh, known, kept, bars, count)
        return tuple(bars)

    def _kept(self, fresh: Passage, known: Passage) -> dict[int, tuple[int, ...]]:
        """Bars of an earlier occurrence that return as they are."""
        kept = {}
        form = [i for i, (name, _) in enumerate(self.weights.shape.table.controls) if name not in ("since", "left", "kind")]
        for bar in range(min(fresh.section.bars, known.section.bars)):
            same = (fresh.controls[bar, form] == known.controls[bar, form]).all()
            if same and _chord_key(fresh, bar, self.units) == _chord_key(known, bar, self.units) and fresh.shift == known.shift:
                kept[bar] = known.bars[bar]
        return kept

    def _drawn(
        self, fresh: Passage, known: Passage | None, kept: dict[int, tuple[int, ...]], so_far: list[tuple[int, ...]], count: int
    ) -> list[tuple[int, ...]]:
        """The best of several takes of the next `count` bars."""
        window, lead = self._window(fresh, known, kept, so_far, count)
        first, section = len(so_far), fresh.section
        rng = chance_of(self.plan, f"neural {self.role} {section.start_bar} {first}")
        walks = [window.walk() for _ in range(self.chance.candidates)]
        drawn = draw_walks(self.weights, window, BandRules(window), walks, self.chance, rng)
        costs = [self._cost(fresh, line, window, lead, first, count) for line in drawn]
        best, *others = sorted(range(len(drawn)), key=lambda i: (costs[i][0], i))
        subject = f"{self.role} of bars {section.start_bar + first + 1}-{section.start_bar + first + count}"
        losers = tuple(f"candidate {i + 1}: {costs[i][0]:.2f} ({costs[i][1]})" for i in others)
        because = f"Of {len(drawn)} takes the one that best does what the plan asks; cost {costs[best][0]:.2f}: {costs[best][1]}."
        self.decisions.append(Decision("compose", subject, f"candidate {best + 1}", because, alternatives=losers))
        return split_stream(drawn[best].tokens)[lead:]

    def _cost(self, fresh: Passage, line: Drawn, window: BandWindow, lead: int, first: int, count: int) -> tuple[float, str]:
        """What speaks against a take, in one number and in words."""
        bars = split_stream(line.tokens)[lead:]
        chords = _chords_of(fresh.chords, first, count, self.units)
        rows = decode_onsets([token for bar in bars for token in bar], self.voice, chords, self.units)
        model = _bars_of(fresh.model, first, count, self.units)
        tune = _bars_of(fresh.tune, first, count, self.units)
        bass = self.bass_units(fresh.section, first, count) if self.voice == "drums" else frozenset()
        return cost_of(self.voice, line.bits, rows, model, chords, tune, bass, count, self.units, fresh.controls[first : first + count])

    def bass_units(self, section: Section, first: int, count: int) -> frozenset[int]:
        """Onsets of the bass in some bars, from their first unit."""
        ticks = self.plan.meter.bar_ticks
        start, end = (section.start_bar + first) * ticks, (section.start_bar + first + count) * ticks
        return frozenset(
            snap_onset((note.start - start) / TICKS_PER_UNIT) for note in self.earlier.get("bass", ()) if start <= note.start < end
        )

    def _window(
        self, fresh: Passage, known: Passage | None, kept: dict[int, tuple[int, ...]], so_far: list[tuple[int, ...]], count: int
    ) -> tuple[BandWindow, int]:
        """What the sampler is given, and how many bars of it are context: the bars just before, or the letter's first occurrence."""
        room = self.weights.shape.window_bars - count
        first = len(so_far)
        before = self._context(fresh, known if not so_far else None, so_far)[-room:] if room else []
        if known is not None and not so_far:
            before = self._context(fresh, known, so_far)[:room]
        lead = len(before)
        stretch = [*before, *((fresh, bar) for bar in range(first, first + count))]
        chords = np.concatenate(
            [_shifted(_chords_of(one.chords, bar, 1, self.units), place * self.units) for place, (one, bar) in enumerate(stretch)]
        )
        after = _chords_of(fresh.chords, first + count, 1, self.units)
        chords = np.concatenate([chords, _shifted(after[:1], len(stretch) * self.units)]).astype(np.int32)
        tune = np.concatenate(
            [_shifted(_bars_of(one.tune, bar, 1, self.units), place * self.units) for place, (one, bar) in enumerate(stretch)]
        )
        keys = tuple(
            unit + (place - bar) * self.units
            for place, (one, bar) in enumerate(stretch)
            for unit in one.keys
            if bar * self.units <= unit < (bar + 1) * self.units
        )
        given: dict[int, tuple[int, ...]] = {place: self._tokens(one, bar, so_far) for place, (one, bar) in enumerate(before)}
        given |= {lead + bar - first: kept[bar] for bar in range(first, first + count) if bar in kept}
        controls = [one.controls[bar] for one, bar in stretch]
        controls += controls[-1:] * (self.weights.shape.window_bars - len(controls))
        played = set((fresh.model[:, 0] // self.units).tolist())
        low, high = self._range(fresh.shift)
        most, softest = self._kicks()
        window = BandWindow(
            self.voice, len(stretch), self.units, chords, np.stack(controls), tune.astype(np.int32), keys,
            given=_rereferred(given, self.voice, len(stretch)),
            head={lead: bar_token(2, lead)} if known is not None and not so_far and lead else {},
            sounding=frozenset(lead + bar - first for bar in range(first, first + count) if bar in played),
            low=low, high=high,
            bass_of=self._bass_of(fresh, first, count, lead) if self.voice == "bass" else {},
            voices=self._voices(),
            musts=self._musts(fresh, kept, range(first, first + count), lead - first),
            most_kicks=most, softest_kick=softest,
        )  # fmt: skip
        return window, lead

    def _context(self, fresh: Passage, known: Passage | None, so_far: list[tuple[int, ...]]) -> list[tuple[Passage, int]]:
        """(passage, bar) of the bars to go on from: the known occurrence's, else what came just before."""
        if known is not None:
            return [(known, bar) for bar in range(known.section.bars)]
        earlier = [(one, bar) for one in self.passages for bar in range(one.section.bars)]
        return [*earlier, *((fresh, bar) for bar in range(len(so_far)))]

    def _tokens(self, passage: Passage, bar: int, so_far: list[tuple[int, ...]]) -> tuple[int, ...]:
        """A written bar's tokens."""
        return passage.bars[bar] if passage.bars else so_far[bar]

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
        controls = [*whole.controls, *whole.controls[-1:].repeat(self.weights.shape.window_bars - len(whole.controls), axis=0)]
        played = set((whole.model[:, 0] // self.units).tolist())
        low, high = self._range(whole.shift)
        most, softest = self._kicks()
        return BandWindow(
            self.voice, whole.section.bars, self.units, whole.chords, np.stack(controls), whole.tune, whole.keys, given=given,
            sounding=asked & played, low=low, high=high,
            bass_of=self._bass_of(whole, 0, whole.section.bars, 0) if self.voice == "bass" else {}, voices=self._voices(), musts=musts,
            most_kicks=most, softest_kick=softest,
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


def unlearnt(voice: str, plan: Plan, style: ComposeStyle) -> str:
    """Why no trained player plays "bass", "keys" or "drums" there, in words; empty where one does."""
    meter = meter_name(plan.meter)
    if meter is None or (voice == "drums" and meter != "4/4"):
        return f"The trained {PLAYERS[voice]} has not learnt {plan.meter}."
    if voice == "drums" and style.groove not in DRUMMER_OF_GROOVE:
        return f"The {style.groove} groove is not played by a drummer at a kit, and from drummers the network has learnt."
    return ""


def split_stream(tokens: tuple[int, ...]) -> list[tuple[int, ...]]:
    """A stream cut before every bar token."""
    bars: list[list[int]] = []
    for token in tokens:
        if token in BAR:
            bars.append([])
        bars[-1].append(token)
    return [tuple(bar) for bar in bars]


def _rereferred(given: dict[int, tuple[int, ...]], voice: str, bars: int) -> dict[int, tuple[int, ...]]:
    """The given bars with references heard anew among themselves, since what they referred to may lie outside the window."""
    said = [heard(parse([bar_token(0, 0), *given[bar][1:]])[0], voice) if bar in given else frozenset() for bar in range(bars)]
    heads = references(said)
    return {bar: (heads[bar], *tokens[1:]) for bar, tokens in given.items()}


def _bars_of(rows: NDArray[np.int32], first: int, count: int, units: int) -> NDArray[np.int32]:
    """The rows of some bars, counted from the first of them."""
    some = rows[(rows[:, 0] >= first * units) & (rows[:, 0] < (first + count) * units)].copy()
    some[:, 0] -= first * units
    return some


def _shifted(rows: NDArray[np.int32], units: int) -> NDArray[np.int32]:
    """The rows, later."""
    moved = rows.copy()
    moved[:, 0] += units
    return moved


def _chords_of(chords: Events, first: int, count: int, units: int) -> Events:
    """The chords of some bars, counted from the first; re-stated there, as `section_chords` does."""
    return _bars_of(chords, first, count, units)


def _chord_key(passage: Passage, bar: int, units: int) -> tuple[tuple[int, ...], ...]:
    """A bar's chords, for comparison."""
    return tuple(tuple(row) for row in _chords_of(passage.chords, bar, 1, units).tolist())


assert PHRASE_BARS <= 4, "controls are measured by phrases that chunks do not cut"
