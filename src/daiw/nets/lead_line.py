"""One song's melody while it is written: section by section, several candidates for each, what returns remembered."""

from dataclasses import replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from daiw.music.decision import Decision
from daiw.music.pitch import Key
from daiw.music.plan import Plan, Section
from daiw.music.score import Note, Part
from daiw.nets.composer_sheet import key_at, meter_name, phrased, room, section_chords, section_controls, shift_of, told_density
from daiw.nets.lead_bars import Back, BarRow, Sung, bar_chords, chords_between, fits, rereferred, rows_of
from daiw.nets.lead_breath import Breaths
from daiw.nets.lead_cost import KNOWN_TUNE, density_cost, known_cost, musical_costs, nearer_to_words, rising_cost, summed
from daiw.nets.lead_returns import return_of, told
from daiw.nets.lead_rules import EXACT, LIKE, Window
from daiw.nets.lead_window import window_of
from daiw.nets.sampler import Drawn, draw
from daiw.nets.text_match import Vector
from daiw.nets.writers import Lead
from daiw.tokens.codec import decode, split_bars
from daiw.tokens.controls import PHRASE_BARS
from daiw.tokens.grid import METER_UNITS, TICKS_PER_UNIT, UNITS_PER_QUARTER
from daiw.tokens.sheet import Events, Sheet
from daiw.tokens.vocab import bar_token

CONTEXT_BARS = 16
CHUNK_BARS = 16
ATTEMPTS = 2
RESTED = 1.05
"""Phrases that come to rest hold fewer notes than they should, however they are hurried before; all make up for them."""

SHORTEST_END = 2
"""Bars of the shortest last section whose tune is made to settle."""

UNCHANGED = 0.3
"""Cost of a bar that should change where a letter returns, and does not."""


class Line:
    """One song's melody while it is written."""

    def __init__(self, composer: Lead, plan: Plan) -> None:
        self.composer, self.plan, self.own = composer, plan, composer.style.melody
        self.meter = meter_name(plan.meter) or "4/4"
        self.units = METER_UNITS[self.meter]
        self.bar_ticks = plan.meter.bar_ticks
        self.place = room(plan, self.own)
        self.breaths = Breaths(plan, self.own)
        self.sung: list[Sung] = []
        self.decisions: list[Decision] = []
        self.drawn = self.refused = 0
        self._spare: Part | None = None

    def notes(self) -> tuple[Note, ...]:
        """All sections in order, one note at a time."""
        result: list[Note] = []
        for section in self.plan.sections:
            if "melody" in section.roles:
                result += self._section(section)
        if self.sung:
            self.decisions.append(self.breaths.told())
            if self._settles(self.sung[-1].section):
                because = "The song is over and is heard to be: nothing of the tune starts behind the first beat of its last bar."
                choice = f"on the first beat of bar {self.plan.bars}"
                self.decisions.append(Decision("compose", "end of the tune", choice, because, alternatives=("the tune runs on",)))
        if self.drawn and self.composer.novelty is not None:
            self.decisions.append(self._memorised())
        ordered = sorted(result)
        ends = [note.start for note in ordered[1:]] + [self.plan.timeline.end]
        return tuple(replace(note, duration=min(note.duration, end - note.start)) for note, end in zip(ordered, ends, strict=True))

    def _memorised(self) -> Decision:
        """How often the network wrote a tune that it was trained on."""
        because = f"{self.refused} of {self.drawn} lines held twelve notes of a melody that was trained on; none of them is kept."
        return Decision("compose", "known tunes", f"{self.refused} refused", because)

    def _section(self, section: Section) -> list[Note]:
        """The notes of one section, which it remembers for the letter's return."""
        key = self._key(section)
        known = next((sung for sung in self.sung if sung.section.letter == section.letter), None)
        shift = shift_of(key, self.place.centre)
        if known is not None:
            first = self._key(known.section)
            if first.mode == key.mode:
                shift = known.shift - ((key.tonic.number - first.tonic.number + 6) % 12 - 6)
            else:
                known = None
        controls = self._controls(section, shift)
        fresh = Sung(section, (), section_chords(self.plan, section, self.meter, shift), controls, shift)
        bars = self._bars(fresh, known)
        if bars is None:
            return self._spared(section, "Every line drawn for this section held twelve notes of a melody it was trained on.")
        sung = replace(fresh, bars=bars)
        notes = self._played(sung)
        group = PHRASE_BARS * self.bar_ticks
        start, end = section.start_bar * self.bar_ticks, (section.start_bar + section.bars) * self.bar_ticks
        if any(not any(tick <= note.start < min(tick + group, end) for note in notes) for tick in range(start, end, group)):
            return self._spared(section, "The trained melody left four bars or more of this section empty.")
        self.sung.append(sung)
        return notes

    def _settles(self, section: Section) -> bool:
        """Whether the song ends with the section, its tune on the last bar's first beat."""
        return section.bars >= SHORTEST_END and section.start_bar + section.bars == self.plan.bars

    def _controls(self, section: Section, shift: int) -> NDArray[np.int64]:
        """What the model is told about every bar of the section."""
        return section_controls(self.plan, section, self.own, self.meter, shift)

    def _density(self, section: Section) -> float:
        """Notes a quarter that the section shall have."""
        return RESTED * told_density(self.plan, section, self.own)

    def _key(self, section: Section) -> Key:
        """The key at the section's start."""
        return key_at(self.plan, section.start_bar * self.bar_ticks)

    def _spared(self, section: Section, because: str) -> list[Note]:
        """The section as the fallback would sing it."""
        self._spare = self._spare or self.composer.fallback.write(self.plan, "melody", ())
        start, end = section.start_bar * self.bar_ticks, (section.start_bar + section.bars) * self.bar_ticks
        self.decisions.append(Decision("compose", f"melody of bar {section.start_bar + 1}", "reference composer", because))
        return [note for note in self._spare.notes if start <= note.start < end]

    def _bars(self, fresh: Sung, known: Sung | None) -> tuple[tuple[int, ...], ...] | None:
        """Tokens of every bar: kept where the letter returns over chords that it fits, else drawn by sixteen bars; None where refused."""
        section = fresh.section
        back = self._back(fresh, known) if known is not None else None
        bars: list[tuple[int, ...]] = []
        for first in range(0, section.bars, CHUNK_BARS):
            chunk = range(first, min(first + CHUNK_BARS, section.bars))
            drawn = [back.kept[bar] for bar in chunk] if back and back.kept.keys() >= set(chunk) else self._drawn(fresh, back, bars, chunk)
            if drawn is None:
                return None
            bars += drawn
        return tuple(bars)

    def _back(self, fresh: Sung, known: Sung) -> Back:
        """What returns of an earlier occurrence, which goes round where this one is longer."""
        length, count = known.section.bars, fresh.section.bars
        mine, theirs = bar_chords(fresh.chords, self.units), bar_chords(known.chords, self.units)
        beat = self.plan.meter.beat_ticks // TICKS_PER_UNIT
        other = {
            bar for bar in range(count)
            if mine.get(bar) != theirs.get(bar % length) and not fits(known.bars[bar % length], mine.get(bar, ()), self.units, beat)
        }  # fmt: skip
        changed = return_of(self.plan, known.section, fresh.section, len(other))
        self.decisions.append(told(known.section, fresh.section, changed, other))
        end = {count - 1} if self._settles(fresh.section) else set()
        kept = {bar: known.bars[bar % length] for bar in set(range(count)) - other - changed.varied - changed.new - end}
        rows = rows_of(known, self.units)
        return Back(tuple(rows[bar % length] for bar in range(count)), kept, changed.varied, changed.new)

    def _drawn(self, fresh: Sung, back: Back | None, so_far: list[tuple[int, ...]], bars: range) -> list[tuple[int, ...]] | None:
        """The best of several candidates for up to sixteen bars of the section; None where all are known tunes, twice over."""
        window, context = self._window(fresh, back, so_far, bars)
        subject = f"melody of bars {fresh.section.start_bar + bars.start + 1}-{fresh.section.start_bar + bars.stop}"
        for attempt in range(ATTEMPTS):
            purpose = f"neural melody {fresh.section.start_bar} {bars.start} {attempt}"
            rng = np.random.default_rng([self.plan.seed % 2**32, crc32(purpose.encode())])
            drawn = draw(self.composer.weights, window, self.composer.chance, rng)
            costs = [self._cost(fresh, back, line, context, bars.start, len(bars)) for line in drawn]
            if self.composer.words is not None:
                costs = self._with_words(costs, self.composer.words, fresh, drawn, context, bars.start, len(bars))
            order = sorted(range(len(drawn)), key=lambda i: (costs[i][0], i))
            cost, reasons = costs[order[0]]
            self.drawn, self.refused = self.drawn + len(drawn), self.refused + sum(known >= KNOWN_TUNE for known, _ in costs)
            if cost < KNOWN_TUNE:
                losers = tuple(f"candidate {i + 1}: {costs[i][0]:.2f} ({costs[i][1]})" for i in order[1:])
                because = f"Of {len(drawn)} lines the likeliest that keeps to chords, range and density; cost {cost:.2f}: {reasons}."
                self.decisions.append(Decision("compose", subject, f"candidate {order[0] + 1}", because, alternatives=losers))
                return split_bars(drawn[order[0]].tokens)[context:]
        return None

    def _window(self, fresh: Sung, back: Back | None, so_far: list[tuple[int, ...]], bars: range) -> tuple[Window, int]:
        """What the sampler is given, and how many bars of it are context: of what returns, the very bars that it takes after."""
        before = list(back.before[bars.start : bars.stop]) if back else self._context(fresh, so_far)
        context = len(before)
        given, heads = dict(enumerate(rereferred([row.tokens for row in before]))), {}
        if back:
            for place, number in enumerate(bars, context):
                if number in back.kept:
                    given[place] = (bar_token(EXACT, context), *back.kept[number][1:])
                else:
                    heads[place] = bar_token(0, 0) if number in back.new else bar_token(LIKE, context)
        ends = self._settles(fresh.section) and bars.stop == fresh.section.bars
        rests = self.breaths.rests(fresh.section)
        if ends:
            heads[context + len(bars) - 1] = bar_token(0, 0)
            rests[max(rests)] = self.units / UNITS_PER_QUARTER
        window = window_of(
            before, fresh, bars, self.units, self.composer.weights.shape.window_bars, self.place,
            self._density(fresh.section), rests, given, heads, refer_from=0 if back else max(0, context - len(so_far)),
        )  # fmt: skip
        if ends:
            window = replace(window, sounding=window.sounding | {window.bars - 1}, home=window.bars - 1)
        return window, context

    def _context(self, fresh: Sung, so_far: list[tuple[int, ...]]) -> list[BarRow]:
        """At most CONTEXT_BARS bars that came just before."""
        rows = rows_of(replace(fresh, bars=tuple(so_far)), self.units)
        for sung in reversed(self.sung):
            if len(rows) >= CONTEXT_BARS:
                break
            rows = rows_of(sung, self.units) + rows
        return rows[-CONTEXT_BARS:]

    def _cost(self, fresh: Sung, back: Back | None, line: Drawn, context: int, first: int, count: int) -> tuple[float, str]:
        """What speaks against a candidate, in one number and in words: unlikely, off the chords, bland, too dense or thin, known."""
        bars = split_bars(line.tokens)[context:]
        notes = self._as_notes(decode([token for bar in bars for token in bar], "melody", self.units), fresh, first)
        plan = self.plan
        parts = musical_costs(plan, notes, line.bits) | {
            "density": density_cost(notes, count * self.bar_ticks, self._density(fresh.section)),
            "empty": 3.0 * max(0.0, sum(len(bar) == 1 for bar in bars) / count - 0.25),
            "unchanged": UNCHANGED * back.unchanged(bars, first) if back else 0.0,
            "restless end": 0.3 if notes and notes[-1].duration < plan.meter.beat_ticks // 2 else 0.0,
            "ends high": rising_cost(notes, self.bar_ticks, (fresh.section.start_bar + first) * self.bar_ticks),
            "known tune": known_cost(self.composer.novelty, line.tokens, self.units),
        }
        return summed(parts)

    def _with_words(
        self, costs: list[tuple[float, str]], words: Vector, fresh: Sung, drawn: list[Drawn], context: int, first: int, count: int
    ) -> list[tuple[float, str]]:
        """The costs with how much farther each candidate is from the prompt's words than the nearest is, WORDS_WEIGHT a unit of cosine."""
        chords = chords_between(fresh.chords, first, first + count, self.units)
        bpm, minor = self.plan.timeline.tempos.bpm(0), self._key(fresh.section).minor_third
        sheets = []
        for line in drawn:
            tokens = [token for bar in split_bars(line.tokens)[context:] for token in bar]
            notes = decode(tokens, "melody", self.units)
            sheets.append(Sheet("drawn", "pop909", self.meter, count, notes, chords, bpm=bpm, minor=minor))
        return nearer_to_words(costs, words, sheets)

    def _as_notes(self, events: Events, fresh: Sung, first: int) -> list[Note]:
        """Events, counted from bar `first` of the section, as notes of the song at a middling velocity."""
        start = (fresh.section.start_bar + first) * self.bar_ticks
        return [
            Note(start + unit * TICKS_PER_UNIT, length * TICKS_PER_UNIT, pitch - fresh.shift, 80) for unit, pitch, length in events.tolist()
        ]

    def _played(self, sung: Sung) -> list[Note]:
        """The section's notes, ending with it at the latest, with velocities from energy, metre, the phrase's arch and height."""
        notes = self._as_notes(decode([token for bar in sung.bars for token in bar], "melody", self.units), sung, 0)
        return phrased(self.plan, sung.section, notes, self.place.centre)
