"""A trained harmonist behind the seam of `stages.plan`: it writes every kind of section's progression, hearing those before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from daiw.music.decision import Decision
from daiw.music.styles.plan import PlanStyle, read_form
from daiw.music.time import Meter
from daiw.nets.form_writer import draw_forms, form_header
from daiw.nets.harmony_asked import MINOR_LIKE, asked, chord_logits, compared, header, wish
from daiw.nets.harmony_cost import cost, form_cost
from daiw.nets.harmony_numerals import numerals_of
from daiw.nets.harmony_sampler import Allowed, HarmonyChance, Progression, draw_sections
from daiw.nets.harmony_transformer import HarmonyWeights, load_harmony
from daiw.planning.chance import generator
from daiw.planning.colour import Appetite, Bars, extended, suspended, walking
from daiw.planning.form import Block
from daiw.planning.harmony import opening, reveal, source_of, stretched
from daiw.tokens.harmony import METERS, SECTIONS, ChartSection
from daiw.tokens.harmony_levels import RETURN_BARS, levels_of, measured, section_levels

KIND_OF = {"breakdown": "interlude", "build": "pre-chorus", "drop": "chorus"}
"""Planner's section -> the corpus's, where the names differ."""

UNCHARTED = frozenset(("build", "drop"))
"""Sections of dance music, which no chart has."""

FEWEST_BARS, MOST_FORM_BARS = 24, 160
"""Songs whose form the network writes."""

MORE_SUSPENSIONS = 0.5
"""Of the style's appetite for suspensions, what is added to those that the network writes itself."""

LOOP_BARS = 8
PLACES = {"4/4": (0, 6), "3/4": (0, 8), "6/8": (0, 6), "12/8": (0, 6)}


@dataclass(frozen=True, slots=True)
class Job:
    """One section to write.  bars: of its loop.  wanted: the values of `tokens.harmony_levels.TOLD` that are asked for.

    variety: how many different chords, in eight bars.
    """

    name: str
    bars: int
    mode: str
    meter: Meter
    taste: Appetite
    wanted: Mapping[str, float]
    variety: int = 4


@dataclass(frozen=True, slots=True)
class NeuralHarmonist:
    """Writes loops with a trained network.  decisions: filled while writing, one a progression, with the losers' scores."""

    weights: HarmonyWeights
    chance: HarmonyChance = field(default_factory=HarmonyChance)
    decisions: list[Decision] = field(default_factory=list)

    def loops(
        self, blocks: Sequence[Block], mode: str, meter: Meter, style: PlanStyle, tastes: Mapping[str, Appetite], *, arc: str, seed: int
    ) -> Mapping[str, Bars] | None:
        """Section name -> its loop as numerals; None where the meter is none that the network knows.  tastes: of each section."""
        self.decisions.clear()
        if str(meter) not in METERS:
            return None
        names = list(dict.fromkeys(block.name for block in blocks))
        lengths = {name: max(block.bars for block in blocks if block.name == name) for name in names}
        revealing = reveal(blocks, arc)
        made: dict[str, Bars] = {}
        written: list[ChartSection] = []
        for name in sorted(names, key=lambda name: source_of(name, names, style, mode) != name):
            source = source_of(name, names, style, mode)
            if source != name:
                made[name] = made[source]
                continue
            own = replace(tastes[name], borrowed=1.0) if name == revealing else tastes[name]
            bars = max(1, min(LOOP_BARS, round(lengths[name] / style.bars_per_written_bar)))
            job = Job(name, bars, mode, meter, own, *wish(name, mode, style, own, seed))
            best = self.best(job, written, [opening(loop) for loop in made.values()], seed)
            kind = KIND_OF.get(name, name)
            written.append(ChartSection(kind, best.bars))
            rng = generator(seed, f"colour {name}")
            numerals = suspended(numerals_of(best.bars, mode), replace(own, suspensions=MORE_SUSPENSIONS * own.suspensions), rng)
            made[name] = stretched(extended(walking(numerals, mode, own, rng), mode, own, rng), style.bars_per_written_bar)
        return made

    def form(
        self, bars: int, mode: str, meter: Meter, style: PlanStyle, taste: Appetite, seed: int
    ) -> tuple[tuple[Block, ...], Decision] | None:
        """The sections of a song of exactly `bars` bars and why; None where the network knows no such songs.

        It knows songs of verses and choruses in its meters.  Of the others' sections a style gets those that its own forms have, leaving
        aside forms made for an arc where it has others.
        """
        forms = [read_form(text) for text in style.forms]
        plain = [sections for made_for, sections in forms if not made_for] or [sections for _, sections in forms]
        own = {name for sections in plain for name, _ in sections}
        if str(meter) not in METERS or not FEWEST_BARS <= bars <= MOST_FORM_BARS or "chorus" not in own or own & UNCHARTED:
            return None
        names = {KIND_OF.get(name, name): name for name in sorted(own)} | {"verse": "verse"}
        wanted = asked("verse", mode, style, taste, seed)
        allowed = Allowed(chord_logits(mode, wanted, taste), frozenset(PLACES[str(meter)]))
        told = form_header(header(mode, meter, taste, wanted))
        drawn = draw_forms(self.weights, told, bars, frozenset(names), allowed, generator(seed, "neural form"))
        costs = {one.sections: form_cost(one.sections, one.bits) for one in drawn}
        best, *others = sorted(costs, key=lambda sections: (costs[sections][0], sections))
        blocks = tuple(Block(names[kind], length) for kind, length in best)
        losers = tuple(f"{', '.join(f'{names[kind]} {length}' for kind, length in one)}: {costs[one][0]:.2f}" for one in others[:3])
        total, said = costs[best]
        because = f"Of {len(costs)} forms that a trained network wrote, the one with the least against it: {total:.2f} ({said})."
        shape = ", ".join(f"{block.name} {block.bars}" for block in blocks)
        return blocks, Decision("plan", "form", shape, because, alternatives=losers)

    def best(self, job: Job, written: Sequence[ChartSection], others: Sequence[tuple[str, ...]], seed: int) -> Progression:
        """The candidate with the least against it, after the sections already written; others: how these open."""
        minor, wanted = job.mode in MINOR_LIKE, job.wanted
        allowed = Allowed(chord_logits(job.mode, wanted, job.taste), frozenset(PLACES[str(job.meter)]))
        told = {name: value for name, value in wanted.items() if name != "returns" or job.bars >= 2 * RETURN_BARS}
        levels = [*section_levels([section.bars for section in written], minor), levels_of(told, minor)]
        kind = SECTIONS.index(KIND_OF.get(job.name, job.name))
        drawn = draw_sections(
            self.weights, header(job.mode, job.meter, job.taste, wanted), tuple(written), kind, job.bars, allowed, self.chance,
            generator(seed, f"neural harmony {job.name}"), levels,
        )  # fmt: skip
        costs = [cost(one, job.name, job.mode, wanted, others, surprise=job.taste.borrowed >= 1.0, variety=job.variety) for one in drawn]
        order = sorted(range(len(drawn)), key=lambda i: (costs[i][0], i))
        written_out = [" | ".join(" ".join(bar) for bar in numerals_of(one.bars, job.mode)) for one in drawn]
        total, said = costs[order[0]]
        because = (
            f"Of {len(drawn)} progressions that a trained network wrote, the one with the least against it: {total:.2f} ({said}). "
            + compared(wanted, measured(drawn[order[0]].bars, minor), job.mode, job.taste)
        )
        losers = tuple(f"{written_out[i]}: {costs[i][0]:.2f}" for i in order[1:3])
        self.decisions.append(Decision("plan", f"harmony of the {job.name}", f"candidate {order[0] + 1}", because, alternatives=losers))
        return drawn[order[0]]


def load_harmonist() -> NeuralHarmonist:
    """The shipped harmonist; raises ModelError where its weights are missing or damaged."""
    return NeuralHarmonist(load_harmony())
