"""Edit, don't reroll: new bars inside a bass, keys or drum part whose other notes stay as they are."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np

from daiw.music.plan import Plan
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle
from daiw.nets.accompanists import who_plays
from daiw.nets.band import UNTRAINED_SECTIONS, Player
from daiw.nets.band_cost import cost_of
from daiw.nets.band_leader import Musts, Passage
from daiw.nets.band_notes import kit_notes, pitched_notes
from daiw.nets.band_rules import BandRules, BandWindow
from daiw.nets.band_sheet import VOICE_OF_PITCH, chance_of, section_rows, section_strokes, tune_rows
from daiw.nets.composer_sheet import section_chords
from daiw.nets.sampler import Drawn, draw_walks
from daiw.nets.transformer import Weights
from daiw.tokens.codec import split_bars
from daiw.tokens.onsets import Played, decode_onsets, encode_onsets, onsets_of, sayable
from daiw.tokens.refs import overlap

FEWEST_NEW, SAME_WEIGHT = 0.25, 3.0
"""Who asks for new bars wants a quarter of the notes to be new; how much what is missing of that counts against a take."""

CANDIDATES = 4
"""More than when a song is composed: a few bars are drawn at once, and some takes bring back what was there."""

AHEAD_WEIGHT = 0.3
"""How much leading well into the bars that follow counts against a take's own faults."""


def rewrite_band(
    weights: Weights, style: ComposeStyle, plan: Plan, part: Part, others: tuple[Part, ...], bars: tuple[int, int], seed: int,
    fallback: Callable[[], Part],
) -> Sequence[Note] | None:  # fmt: skip
    """New notes for bars first..end-1 (0-based) of the part, heard against what lies before and after them.

    others: the song's other parts.  fallback: the part by theory, on which the controls are measured.  None where the player cannot:
    another meter, a groove, a figure or a section that was not learnt, bars in which the part rests.
    """
    first, end = bars
    seeded = replace(plan, seed=crc32(f"rewrite {part.role} {first} {end} {seed} {plan.seed}".encode()))
    player = Player(weights, style, plan, part.role, others, fallback)
    sections = [section for section in plan.sections if section.start_bar < end and section.start_bar + section.bars > first]
    unlearnt = (
        any(section.name in UNTRAINED_SECTIONS for section in sections)
        if player.voice == "drums"
        else any(who_plays(player.voice, style, section) == "theory" for section in sections)
    )
    if player.cannot() or unlearnt or not all(part.role in section.roles for section in sections):
        return None
    notes: list[Note] = []
    done = part
    for start in range(first, end, player.chunk):
        stop = min(end, start + player.chunk)
        new = _Stretch(player, seeded, done, (start, stop)).notes()
        ticks = plan.meter.bar_ticks
        outside = [note for note in done.notes if not start * ticks <= note.start < stop * ticks]
        done = Part(part.role, tuple(sorted([*outside, *new])))
        notes += new
    if end == plan.bars and end - first > 1:
        return player.ending(notes, list(player.reference.notes), plan.sections[-1])
    return notes


class _Stretch:
    """A few bars of one part while they are written anew, with the bars on either side.

    plan: with the seed that the new bars are drawn from.  player: of the song as it was, so that it is still the same one who plays.
    """

    def __init__(self, player: Player, plan: Plan, part: Part, bars: tuple[int, int]) -> None:
        self.player, self.plan, self.part = player, plan, part
        self.first, self.end = bars
        spare = player.weights.shape.window_bars - (self.end - self.first)
        after = min(plan.bars - self.end, spare // 4)
        self.begin = max(0, self.first - (spare - after))
        self.last = self.end + after
        self.lead, self.count = self.first - self.begin, self.end - self.first
        at = plan.section_at(self.first)
        self.whole = replace(at, start_bar=self.begin, bars=self.last - self.begin)
        self.own = replace(at, start_bar=self.first, bars=self.count)
        self.shift = player.leader.shift_at(self.first)
        self.passages = self._passages()

    def notes(self) -> list[Note]:
        """What is played there now."""
        player, plan = self.player, self.plan
        fresh, window = self._asked()
        rng = chance_of(plan, "drawn")
        walks = [window.walk() for _ in range(CANDIDATES)]
        lines = draw_walks(player.weights, window, BandRules(window), walks, player.chance, rng)
        best = min(range(len(lines)), key=lambda i: (self._cost(lines[i], fresh), i))
        rows = self._rows(lines[best], fresh)
        ticks = plan.meter.bar_ticks
        there = [note for note in self.part.notes if self.first * ticks <= note.start < self.end * ticks]
        if player.voice == "drums":
            return [*kit_notes(rows, plan, self.own), *(note for note in there if note.pitch not in VOICE_OF_PITCH)]
        level = float(np.mean([note.velocity for note in there or self.part.notes]))
        return pitched_notes(rows, plan, self.own, self.shift, level, self.part.role, player.leader.tune)

    def _asked(self) -> tuple[Passage, BandWindow]:
        """What the player is told of the stretch, and what is given."""
        player, plan, voice = self.player, self.plan, self.player.voice
        chords = section_chords(plan, self.whole, player.leader.meter, self.shift)
        model = self._played(player.reference.notes)
        controls = np.stack([passage.controls[bar] for passage, bar in self.passages])
        tune = tune_rows(player.leader.tune, plan, self.whole, self.shift)
        keys = (
            section_rows(player.leader.earlier.get("chords", ()), plan, self.whole, self.shift, 0.0)[:, 0]
            if voice == "bass"
            else model[:0, 0]
        )
        fresh = Passage(self.whole, chords, tune, tuple(np.unique(keys).tolist()), controls, model, self.shift)
        known = sayable(voice, self._played(self._kept()), chords)
        stream = split_bars(tuple(encode_onsets(onsets_of(voice, known, chords, self.last - self.begin, player.units), voice)))
        inside = range(self.lead, self.lead + self.count)
        given = {bar: tokens for bar, tokens in enumerate(stream) if bar not in inside}
        musts: Musts = {}
        for bar in inside:
            where = player.leader.backbeat_of(*self.passages[bar])
            musts |= {bar: where} if where else {}
        return fresh, replace(player.leader.window_of(fresh, given, frozenset(inside), musts), anew=frozenset(inside))

    def _kept(self) -> tuple[Note, ...]:
        """The part's notes outside the bars that are written."""
        ticks = self.plan.meter.bar_ticks
        return tuple(note for note in self.part.notes if not self.first * ticks <= note.start < self.end * ticks)

    def _played(self, notes: tuple[Note, ...]) -> Played:
        if self.player.voice == "drums":
            return section_strokes(notes, self.plan, self.whole)
        return section_rows(notes, self.plan, self.whole, self.shift, self.player.leader.mean)

    def _passages(self) -> list[tuple[Passage, int]]:
        """Every bar's passage, and its number there."""
        by_section: dict[int, Passage] = {}
        found = []
        for bar in range(self.begin, self.last):
            section = self.plan.section_at(bar)
            if section.start_bar not in by_section:
                by_section[section.start_bar] = self.player.leader.passage_of(section)
            found.append((by_section[section.start_bar], bar - section.start_bar))
        return found

    def _rows(self, line: Drawn, fresh: Passage) -> Played:
        """The new bars' rows, from their first unit."""
        tokens = [token for bar in split_bars(line.tokens)[self.lead : self.lead + self.count] for token in bar]
        return decode_onsets(tokens, self.player.voice, self._of(fresh.chords), self.player.units)

    def _of(self, rows: Played) -> Played:
        """The rows of the new bars, counted from the first of them."""
        units = self.player.units
        some = rows[(rows[:, 0] >= self.lead * units) & (rows[:, 0] < (self.lead + self.count) * units)].copy()
        some[:, 0] -= self.lead * units
        return some

    def _cost(self, line: Drawn, fresh: Passage) -> float:
        """What speaks against a take, the way it leads on included."""
        player = self.player
        bass = player.leader.bass_units(self.own, 0, self.count) if player.voice == "drums" else frozenset[int]()
        controls = fresh.controls[self.lead : self.lead + self.count]
        asked = self.passages[self.lead : self.lead + self.count]
        wanted = sum(passage.wanted(bar, 1, player.units) for passage, bar in asked)
        cost, _ = cost_of(
            player.voice, line.bits, self._rows(line, fresh), wanted, self._of(fresh.chords), self._of(fresh.tune), bass, self.count,
            player.units, controls,
        )  # fmt: skip
        return cost + AHEAD_WEIGHT * line.bits_ahead + SAME_WEIGHT * max(0.0, FEWEST_NEW - self.new_share(line, fresh))

    def new_share(self, line: Drawn, fresh: Passage) -> float:
        """1 less the F1 of what is struck where, before and now."""
        before, now = self._of(self._played(self.part.notes)), self._rows(line, fresh)
        return 1.0 - overlap(*(frozenset(map(tuple, rows[:, :2].tolist())) for rows in (before, now)))
