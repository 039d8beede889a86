"""Bass, keys and drums by trained players: section by section, several takes at once, the best kept with its reasons."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from daiw.music.decision import Decision
from daiw.music.plan import Plan, Section
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle
from daiw.nets.accompanists import Players, who_plays
from daiw.nets.band_bars import bars_of
from daiw.nets.band_cost import cost_of
from daiw.nets.band_leader import PLAYED, Bars, Leader, Passage
from daiw.nets.band_notes import kit_notes, pitched_notes
from daiw.nets.band_rules import BandRules, BandWindow
from daiw.nets.band_sheet import DRUMMER_OF_GROOVE, VOICE_OF_PITCH, chance_of
from daiw.nets.composer_sheet import meter_name
from daiw.nets.picking import Chance
from daiw.nets.sampler import Drawn, draw_walks
from daiw.nets.transformer import Weights
from daiw.tokens.codec import split_bars
from daiw.tokens.controls import PHRASE_BARS
from daiw.tokens.onsets import decode_onsets, heard, parse

PLAYERS = {"bass": "bass player", "keys": "keyboard player", "drums": "drummer"}

CHANCES = {
    "bass": Chance(candidates=2, temperature=0.95, top_p=0.96, guidance=1.4),
    "keys": Chance(candidates=2, temperature=1.0, top_p=0.98, guidance=1.2),
    "drums": Chance(candidates=2, temperature=1.0, top_p=0.98, guidance=1.0),
}
UNTRAINED_SECTIONS = frozenset(("build",))
"""Rolls that grow over bars, which no drummer of the corpus plays."""


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
        self.reference = fallback()
        self.leader = Leader(style, plan, role, earlier, self.reference, weights.shape.window_bars)
        self.units = self.leader.units
        self.chunk = weights.shape.window_bars * 2 // 3 if self.voice == "drums" else weights.shape.window_bars // 2
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
        if self.voice != "drums":
            self.decisions += players_chosen(self.plan, self.role, self.style)
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
        if self.voice != "drums" and who_plays(self.voice, self.style, section) == "theory":
            return spare
        fresh = self.leader.passage_of(section)
        if not len(fresh.model):
            return spare
        passage = replace(fresh, bars=self._bars(fresh))
        self.passages.append(passage)
        rows = decode_onsets([token for bar in passage.bars for token in bar], self.voice, passage.chords, self.units)
        if self.voice == "drums":
            percussion = [note for note in spare if note.pitch not in VOICE_OF_PITCH]
            return self.ending([*kit_notes(rows, self.plan, section), *percussion], spare, section)
        level = float(np.mean([note.velocity for note in spare]))
        return self.ending(pitched_notes(rows, self.plan, section, passage.shift, level, self.role, self.leader.tune), spare, section)

    def ending(self, notes: list[Note], spare: list[Note], section: Section) -> list[Note]:
        """The notes with the reference's last bar where the song ends: its one stroke, its held chord; the networks would play on."""
        final = (self.plan.bars - 1) * self.plan.meter.bar_ticks
        if section is not self.plan.sections[-1] or section.bars == 1 or not any(note.start >= final for note in spare):
            return notes
        before = [note for note in notes if note.start < final]
        if self.voice != "drums":
            before = [replace(note, duration=min(note.duration, final - note.start)) for note in before]
        return [*before, *(note for note in spare if note.start >= final)]

    def _spared(self, section: Section, because: str) -> Decision:
        return Decision("compose", f"{self.role} of bar {section.start_bar + 1}", "reference composer", because)

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
        if known is None and fresh.repeats:
            self.decisions += self._repeated(fresh, bars)
        return tuple(bars)

    def _repeated(self, fresh: Passage, bars: list[tuple[int, ...]]) -> list[Decision]:
        """Which bars the hands play again; none where no bar could be what it was to repeat.  bars: what was drawn."""
        start = fresh.section.start_bar
        played = [heard(bar, self.voice) for bar in parse([token for bar in bars for token in bar])]
        again = {bar: back for bar, back in fresh.repeats.items() if played[bar] == played[bar - back]}
        if not again:
            return []
        said = ", ".join(f"bar {start + bar + 1} as bar {start + bar - back + 1}" for bar, back in again.items())
        because = "Pianists of the training songs play one bar in sixteen as one of the four before it; which ones here the seed says."
        subject = f"repeats of {self.role} from bar {start + 1}"
        return [Decision("compose", subject, said, because, alternatives=("another figure in each",))]

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
        window, lead = self.leader.window(fresh, known, self.passages, kept, so_far, count)
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
        return split_bars(drawn[best].tokens)[lead:]

    def _cost(self, fresh: Passage, line: Drawn, window: BandWindow, lead: int, first: int, count: int) -> tuple[float, str]:
        """What speaks against a take, in one number and in words."""
        bars = split_bars(line.tokens)[lead:]
        chords = bars_of(fresh.chords, first, count, self.units)
        rows = decode_onsets([token for bar in bars for token in bar], self.voice, chords, self.units)
        wanted = fresh.wanted(first, count, self.units)
        tune = bars_of(fresh.tune, first, count, self.units)
        bass = self.leader.bass_units(fresh.section, first, count) if self.voice == "drums" else frozenset()
        return cost_of(self.voice, line.bits, rows, wanted, chords, tune, bass, count, self.units, fresh.controls[first : first + count])


def unlearnt(voice: str, plan: Plan, style: ComposeStyle) -> str:
    """Why no trained player plays "bass", "keys" or "drums" there, in words; empty where one does."""
    meter = meter_name(plan.meter)
    if meter is None or (voice == "drums" and meter != "4/4"):
        return f"The trained {PLAYERS[voice]} has not learnt {plan.meter}."
    if voice == "drums" and style.groove not in DRUMMER_OF_GROOVE:
        return f"The {style.groove} groove is not played by a drummer at a kit, and from drummers the network has learnt."
    return ""


WHY: dict[Players, tuple[str, str]] = {
    "pianists": (
        "as pianists of the training songs",
        "the style asks for no figure; energy, density and tempo choose among what they do",
    ),
    "guitarists": ("as bass guitarists of the training songs", "they play the style's figure, as busy as the reference composer's"),
    "theory": ("reference composer", "the style is known by a figure that nobody who was learnt from plays"),
}
"""Who plays a section -> the choice, and why."""


def players_chosen(plan: Plan, role: str, style: ComposeStyle) -> list[Decision]:
    """Who plays the bass or the keys, and where."""
    sections: dict[Players, list[Section]] = {}
    for section in plan.sections:
        if role in section.roles:
            sections.setdefault(who_plays(PLAYED[role], style, section), []).append(section)
    found = []
    for players, own in sections.items():
        choice, why = WHY[players]
        others = {section.name for other, theirs in sections.items() if other != players for section in theirs}
        places = [
            f"the {one.name} of bars {one.start_bar + 1}-{one.start_bar + one.bars}" if one.name in others else one.name for one in own
        ]
        because = f"In {', '.join(dict.fromkeys(places))} {why}."
        losers = tuple(WHY[other][0] for other in WHY if other != players)
        found.append(Decision("compose", f"who plays {role}", choice, because, alternatives=losers))
    return found


def _chord_key(passage: Passage, bar: int, units: int) -> tuple[tuple[int, ...], ...]:
    """A bar's chords, for comparison."""
    return tuple(tuple(row) for row in bars_of(passage.chords, bar, 1, units).tolist())


assert PHRASE_BARS <= 4, "controls are measured by phrases that chunks do not cut"
