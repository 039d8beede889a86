"""A trained harmonist behind the seam of `stages.plan`: it writes every kind of section's progression, hearing those before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daiw.errors import TheoryError
from daiw.music.chord import Chord
from daiw.music.decision import Decision
from daiw.music.pitch import MODES, Key, PitchClass
from daiw.music.roman import chord_of, numeral_of
from daiw.music.styles.plan import PlanStyle, read_form, read_progression
from daiw.music.time import Meter
from daiw.nets.form_writer import draw_forms, form_header
from daiw.nets.harmony_sampler import Allowed, HarmonyChance, Progression, draw_sections
from daiw.nets.harmony_transformer import HarmonyWeights, load_harmony
from daiw.nets.picking import NEVER
from daiw.planning.chance import generator
from daiw.planning.colour import Appetite, Bars, extended, suspended, walking
from daiw.planning.form import Block
from daiw.planning.grammar import HOME
from daiw.planning.harmony import opening, reveal, source_of, stretched
from daiw.tokens.harmony import (
    CHANGE_EDGES,
    FOREIGN_EDGES,
    HEADER,
    KINDS,
    METERS,
    NO_CHORD,
    SECTIONS,
    SEVENTH_EDGES,
    SOURCES,
    Bar,
    ChartSection,
    class_of,
    is_foreign,
    level,
    root_of,
    tones_of,
)
from daiw.tokens.vocab import CHORD_CLASSES

UNLIKELY_BITS = 1.2
"""Bits a token from which a progression counts as unlikely; below it, likelier is only more repetitive."""

FEWEST, MOST = 3, 6
"""Different chords in eight bars: the lower quartile and the ninth decile of held-out verses and choruses."""

KIND_OF = {"breakdown": "interlude", "build": "pre-chorus", "drop": "chorus"}
"""Planner's section -> the corpus's, where the names differ."""

UNCHARTED = frozenset(("build", "drop"))
"""Sections of dance music, which no chart has."""

FEWEST_BARS, MOST_FORM_BARS = 24, 160
"""Songs whose form the network writes."""

MINOR_LIKE = ("minor", "dorian", "phrygian", "locrian")
LOOP_BARS = 8
PLACES = {"4/4": (0, 6), "3/4": (0, 8), "6/8": (0, 6), "12/8": (0, 6)}
FOREIGN_COST = -1.5
"""Logit of a chord from outside the mode where the style has no appetite for one."""


@dataclass(frozen=True, slots=True)
class NeuralHarmonist:
    """Writes loops with a trained network.  decisions: filled while writing, one a progression, with the losers' scores.

    In modes other than major and minor every chord stays inside the mode: the corpus has too few of them to be asked for colour there.
    """

    weights: HarmonyWeights
    chance: HarmonyChance = field(default_factory=HarmonyChance)
    decisions: list[Decision] = field(default_factory=list)

    def loops(
        self, blocks: Sequence[Block], mode: str, meter: Meter, style: PlanStyle, taste: Appetite, *, arc: str, seed: int
    ) -> Mapping[str, Bars] | None:
        """Section name -> its loop as numerals; None where the meter is none that the network knows."""
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
            own = replace(taste, borrowed=1.0) if name == revealing else taste
            bars = max(1, min(LOOP_BARS, round(lengths[name] / style.bars_per_written_bar)))
            best = self._best(name, bars, written, made, mode, meter, style, own, seed)
            kind = KIND_OF.get(name, name)
            written.append(ChartSection(kind, best.bars))
            rng = generator(seed, f"colour {name}")
            numerals = suspended(numerals_of(best.bars, mode), own, rng)
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
        allowed = Allowed(chord_logits(mode, taste), frozenset(PLACES[str(meter)]))
        asked = form_header(header(mode, meter, style, taste))
        drawn = draw_forms(self.weights, asked, bars, frozenset(names), allowed, generator(seed, "neural form"))
        costs = {one.sections: form_cost(one.sections, one.bits) for one in drawn}
        best, *others = sorted(costs, key=lambda sections: (costs[sections][0], sections))
        blocks = tuple(Block(names[kind], length) for kind, length in best)
        losers = tuple(f"{', '.join(f'{names[kind]} {length}' for kind, length in one)}: {costs[one][0]:.2f}" for one in others[:3])
        total, said = costs[best]
        because = f"Of {len(costs)} forms that a trained network wrote, the one with the least against it: {total:.2f} ({said})."
        shape = ", ".join(f"{block.name} {block.bars}" for block in blocks)
        return blocks, Decision("plan", "form", shape, because, alternatives=losers)

    def _best(
        self, name: str, bars: int, written: list[ChartSection], made: Mapping[str, Bars], mode: str, meter: Meter, style: PlanStyle,
        taste: Appetite, seed: int,
    ) -> Progression:  # fmt: skip
        """The candidate with the least against it."""
        kind = SECTIONS.index(KIND_OF.get(name, name))
        allowed = Allowed(chord_logits(mode, taste), frozenset(PLACES[str(meter)]))
        drawn = draw_sections(
            self.weights, header(mode, meter, style, taste), tuple(written), kind, bars, allowed, self.chance,
            generator(seed, f"neural harmony {name}"),
        )  # fmt: skip
        others = [opening(loop) for loop in made.values()]
        costs = [cost(one, name, mode, taste, others) for one in drawn]
        order = sorted(range(len(drawn)), key=lambda i: (costs[i][0], i))
        losers = tuple(f"{' | '.join(' '.join(bar) for bar in numerals_of(drawn[i].bars, mode))}: {costs[i][0]:.2f}" for i in order[1:3])
        total, said = costs[order[0]]
        because = f"Of {len(drawn)} progressions that a trained network wrote, the one with the least against it: {total:.2f} ({said})."
        self.decisions.append(Decision("plan", f"harmony of the {name}", f"candidate {order[0] + 1}", because, alternatives=losers))
        return drawn[order[0]]


def form_cost(sections: tuple[tuple[str, int], ...], bits: float) -> tuple[float, str]:
    """What speaks against a form, in one number and in words."""
    kinds, bars = [kind for kind, _ in sections], sum(length for _, length in sections)
    pairs = list(pairwise(kinds))
    parts = {
        "unlikely": 0.5 * max(0.0, bits - UNLIKELY_BITS),
        "no chorus": 2.0 if "chorus" not in kinds else 0.0,
        "no verse": 2.0 if "verse" not in kinds else 0.0,
        "the chorus does not return": 0.8 if bars >= 48 and sum(b == "chorus" != a for a, b in pairs) + (kinds[0] == "chorus") < 2 else 0.0,
        "leads nowhere": sum(a == "pre-chorus" and b != "chorus" for a, b in pairs) + float(kinds[-1] == "pre-chorus"),
        "goes on and on": 0.3 * sum(a == b for a, b in pairs),
        "ends open": 0.4 if kinds[-1] == "verse" else 0.0,
        "too many episodes": 0.5 * max(0, sum(kind in ("solo", "bridge", "interlude") for kind in kinds) - bars // 40),
        "in pieces": max(0.0, len(kinds) - bars / 6.0),
    }
    said = ", ".join(f"{name} {value:.2f}" for name, value in parts.items() if value >= 0.05) or "nothing"
    return sum(parts.values()), said


def load_harmonist() -> NeuralHarmonist:
    """The shipped harmonist; raises ModelError where its weights are missing or damaged."""
    return NeuralHarmonist(load_harmony())


def header(mode: str, meter: Meter, style: PlanStyle, taste: Appetite) -> list[int]:
    """What the network is told of the song: mode, meter, kind of book, and how coloured and how quick its harmony is."""
    written = [
        bar for sections in style.progressions.values() for texts in sections.values() for text in texts for bar in read_progression(text)
    ]
    changes = sum(len(bar) for bar in written) / max(1, len(written))
    standards = taste.sevenths >= 0.9 and taste.secondary >= 0.25
    values = {
        "mode": int(mode in MINOR_LIKE),
        "meter": METERS.index(str(meter)),
        "source": 1 + SOURCES.index("openewld" if standards else "billboard"),
        "sevenths": level(taste.sevenths, SEVENTH_EDGES),
        "foreign": level(0.4 * (taste.borrowed + taste.secondary), FOREIGN_EDGES),
        "changes": level(0.95 * changes, CHANGE_EDGES),
    }
    return [KINDS[name].token(values[name]) for name in HEADER]


@lru_cache(maxsize=16)
def writable(mode: str) -> tuple[bool, ...]:
    """Which chord values have a numeral in a mode that names them exactly."""
    return (*(numeral(chord, mode) is not None for chord in range(NO_CHORD)), False)


@lru_cache(maxsize=4096)
def numeral(chord: int, mode: str) -> str | None:
    """The numeral of a chord value; None where no name of it holds its notes."""
    key = Key(PitchClass("C"), mode)
    names = {pitch.number: pitch for pitch in key.scale}
    signs = (0, 1, -1) if root_of(chord) == 6 else (0, -1, 1)
    for root in (names.get(root_of(chord)), *(PitchClass(letter, sign) for sign in signs for letter in "CDEFGAB")):
        if root is None or root.number != root_of(chord):
            continue
        try:
            found = numeral_of(Chord(root, CHORD_CLASSES[class_of(chord)]), key)
            if set(chord_of(found, key).pitch_classes) == tones_of(chord):
                return found
        except TheoryError:
            continue
    return None


def chord_logits(mode: str, taste: Appetite) -> NDArray[np.float32]:
    """What is added to each chord value: 0 inside the mode, less outside it by the style's appetite, -1e9 where it may not be."""
    inside = {step % 12 for step in MODES[mode]}
    added = np.full(NO_CHORD + 1, NEVER, np.float32)
    appetite = min(1.0, taste.borrowed + taste.secondary)
    for chord in range(NO_CHORD):
        if not writable(mode)[chord]:
            continue
        at_home = tones_of(chord) <= inside if mode not in ("major", "minor") else not is_foreign(chord, mode == "minor")
        if at_home:
            added[chord] = 0.0
        elif mode in ("major", "minor"):
            added[chord] = FOREIGN_COST * (1.0 - appetite)
        if class_of(chord) >= CHORD_CLASSES.index("7") and taste.sevenths < 0.3 and CHORD_CLASSES[class_of(chord)] != "7":
            added[chord] -= 2.0 if added[chord] > NEVER / 2 else 0.0
    return added


def numerals_of(bars: Sequence[Bar], mode: str) -> Bars:
    """Bars of numerals, a held chord written again; applied dominants get the name of what they lead to."""
    chords: list[list[int]] = []
    held = -1
    for bar in bars:
        here = [chord for _, chord in bar]
        if not bar or bar[0][0] > 0:
            here = [held, *here]
        chords.append(here)
        held = here[-1]
    flat = [chord for bar in chords for chord in bar]
    names = []
    for i, chord in enumerate(flat):
        after = next((other for other in (*flat[i + 1 :], *flat) if other != chord), chord)
        names.append(applied(chord, after, mode) or numeral(chord, mode) or HOME[mode])
    result, place = [], 0
    for here in chords:
        result.append(tuple(names[place : place + len(here)]))
        place += len(here)
    return tuple(result)


def applied(chord: int, after: int, mode: str) -> str | None:
    """ "V/x" or "V7/x" where a foreign dominant goes on to the triad a fifth below that the mode has; else None."""
    quality = CHORD_CLASSES[class_of(chord)]
    if (
        quality not in ("", "7")
        or root_of(after) != (root_of(chord) + 5) % 12
        or root_of(after) == 0
        or not is_foreign(chord, mode == "minor")
    ):
        return None
    plain = "m" if CHORD_CLASSES[class_of(after)] in ("m", "m7") else ""
    target = numeral(root_of(after) * len(CHORD_CLASSES) + CHORD_CLASSES.index(plain), mode)
    if target is None or is_foreign(root_of(after) * len(CHORD_CLASSES) + CHORD_CLASSES.index(plain), mode == "minor"):
        return None
    key = Key(PitchClass("C"), mode)
    found = f"V{quality}/{target}"
    try:
        return found if set(chord_of(found, key).pitch_classes) == tones_of(chord) else None
    except TheoryError:
        return None


def cost(one: Progression, name: str, mode: str, taste: Appetite, others: Sequence[tuple[str, ...]]) -> tuple[float, str]:
    """What speaks against a candidate, in one number and in words."""
    chords = [chord for bar in one.bars for _, chord in bar]
    numerals = numerals_of(one.bars, mode)
    foreign = sum(is_foreign(chord, mode in MINOR_LIKE) for chord in chords) / len(chords)
    wanted = 0.25 * min(1.0, taste.borrowed + taste.secondary)
    distinct = len(set(chords))
    ends_home = root_of(chords[-1]) == 0
    parts = {
        "unlikely": 0.8 * max(0.0, one.bits - UNLIKELY_BITS),
        "too plain or too far out": 2.0 * abs(foreign - wanted),
        "no surprise": 1.5 if taste.borrowed >= 1.0 and not foreign else 0.0,
        "stands still": 0.5 * max(0, FEWEST - distinct) if len(one.bars) >= 4 else 0.0,
        "wanders": 0.3 * max(0, distinct - MOST),
        "never home": 0.5 if name in ("verse", "chorus", "drop") and not any(root_of(chord) == 0 for chord in chords) else 0.0,
        "does not lead on": 0.7 if name in ("pre-chorus", "build", "bridge") and ends_home else 0.0,
        "like another section": 1.0 if opening(numerals) in others else 0.0,
    }
    said = ", ".join(f"{key} {value:.2f}" for key, value in parts.items() if value >= 0.05)
    return sum(parts.values()), said
