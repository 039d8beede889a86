"""Forms of held-out songs beside those that the reference planner and the form writer make of as many bars.

Real forms are whole songs in 4/4 that the harmony network did not learn from: McGill Billboard's named sections and POP909's phrase labels.
Songs that change key or meter are left out (their charts are pieces), and those without names for most of their bars.  Both planners
are asked for a song of just as many bars, in the styles nearest to the corpus in turn, at random feelings; what is measured is the plan.
Neighbours of one kind count as one stretch everywhere, since annotators differ in where they cut.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np

from daiw.files.preset import find_preset
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.plan import Plan
from daiw.music.time import Meter
from daiw.nets.harmonist import KIND_OF
from daiw.pipeline import plan
from daiw.tokens.harmony import KINDS as TOKENS
from daiw.tokens.harmony import LENGTH, METERS, SECTION, SECTIONS
from daiw.tokens.sheet import SECTION_KINDS, Sheet
from daiw.train.corpus import all_sheets, held_out
from daiw.train.harmony import Streams
from daiw.train.harmony_corpus import SHEET_KINDS

STYLES = ("pop", "rock", "indie-folk")
UNNAMED_SHARE = 0.25
"""A song with more of its bars in sections of no known kind has no form to compare with."""

FEWEST_BARS, MOST_BARS = 24, 160
BAR_BINS = (4, 8, 12, 16, 24, 32)
"""Lengths of stretches are counted up to each of these, and beyond the last."""

Form = tuple[tuple[str, int], ...]
"""(kind of tokens.harmony.SECTIONS, bars) from first to last, neighbours of one kind joined."""

Energies = dict[str, list[float]]
"""Kind -> energies of such sections, in standard deviations of their song's from its mean."""


@dataclass(frozen=True, slots=True)
class Found:
    """Forms of one maker, and how strong its sections are."""

    forms: tuple[Form, ...]
    energies: Energies


def joined(sections: Sequence[tuple[str, int]]) -> Form:
    """Neighbours of one kind as one stretch.

    >>> joined([("verse", 8), ("verse", 8), ("chorus", 8)])
    (('verse', 16), ('chorus', 8))
    """
    return tuple((kind, sum(bars for _, bars in some)) for kind, some in groupby(sections, key=lambda section: section[0]))


def whole_forms(held: Streams, training: Streams, source: str) -> list[Form]:
    """The forms of held-out songs of a source that are one chart, in 4/4, with names for their sections."""
    charts = Counter(name.rpartition(".")[0] for name in (*training.names, *held.names))
    found = []
    for i, name in enumerate(held.names):
        tokens = held.one(i)
        meter = METERS[TOKENS["meter"].value(next(token for token in tokens if token in TOKENS["meter"]))]
        if not name.startswith(f"{source}/") or charts[name.rpartition(".")[0]] > 1 or meter != "4/4":
            continue
        pairs = [(SECTIONS[SECTION.value(a)], LENGTH.value(b) + 1) for a, b in pairwise(tokens) if a in SECTION]
        bars = sum(length for _, length in pairs)
        unnamed = sum(length for kind, length in pairs if kind == "other")
        if FEWEST_BARS <= bars <= MOST_BARS and unnamed <= UNNAMED_SHARE * bars:
            found.append(joined(pairs))
    return found


def form_of(made: Plan) -> Form:
    """A plan's form in the corpus's kinds."""
    return joined([(KIND_OF.get(section.name, section.name), section.bars) for section in made.sections])


def planned(composer: str, lengths: Sequence[int]) -> Found:
    """One plan for every length."""
    rng = np.random.default_rng(17)
    forms, strong = [], Energies()
    for seed, bars in enumerate(lengths):
        valence, arousal = (float(x) for x in rng.uniform(-0.9, 0.9, 2))
        intent = Intent("", Emotion(valence, arousal, 0.0), Wishes(bars=bars, meter=Meter(4, 4)), seed=seed)
        made = plan(intent, find_preset(STYLES[seed % len(STYLES)]), composer=composer)
        forms.append(form_of(made))
        _add(strong, [(KIND_OF.get(s.name, s.name), s.energy) for s in made.sections])
    return Found(tuple(forms), strong)


def _add(strong: Energies, rows: Sequence[tuple[str, float]]) -> None:
    """One song's sections, standardised over the song."""
    values = np.array([value for _, value in rows])
    if len(rows) > 2 and values.std() > 0:
        for (kind, _), value in zip(rows, (values - values.mean()) / values.std(), strict=True):
            strong.setdefault(kind, []).append(float(value))


def real_energies(sheets: Sequence[Sheet]) -> Energies:
    """How loud the sections of POP909's held-out songs are played: mean velocity, standardised over the song."""
    strong = Energies()
    for sheet in sheets:
        if not sheet.sections or sheet.style != "pop909" or not held_out(sheet.name):
            continue
        rows = [
            (SHEET_KINDS[SECTION_KINDS[kind]], float(np.mean(played)))
            for (first, kind), (last, _) in pairwise((*sheet.sections, (sheet.bars, 0)))
            if (played := [level for level in sheet.level[first:last] if level > 0])
        ]
        _add(strong, rows)
    return strong


def figures(forms: Sequence[Form]) -> dict[str, list[float]]:
    """What forms are like; one value a form."""
    kinds = [[kind for kind, _ in form] for form in forms]
    lengths = [np.array([bars for _, bars in form], float) for form in forms]
    return {
        "sections": [float(len(form)) for form in forms],
        "kinds of section": [float(len(set(some))) for some in kinds],
        "bars a section": [float(bars.mean()) for bars in lengths],
        "longest section, share of the song": [float(bars.max() / bars.sum()) for bars in lengths],
        "times the chorus comes": [float(some.count("chorus")) for some in kinds],
        "times the verse comes": [float(some.count("verse")) for some in kinds],
        "share of bars that return": [
            float(sum(n for i, (kind, n) in enumerate(form) if kind in some[:i]) / bars.sum())
            for form, some, bars in zip(forms, kinds, lengths, strict=True)
        ],
        "share of the song before its first chorus": [
            float(bars[: some.index("chorus")].sum() / bars.sum()) for some, bars in zip(kinds, lengths, strict=True) if "chorus" in some
        ],
        "no chorus after the last verse": [
            float("chorus" not in some[len(some) - some[::-1].index("verse") :]) for some in kinds if {"verse", "chorus"} <= set(some)
        ],
        "last chorus shorter than the first": [
            float(refrains[-1] < refrains[0]) for form in forms if len(refrains := [n for kind, n in form if kind == "chorus"]) > 1
        ],
        "share of lengths in fours": [float(np.mean(bars % 4 == 0)) for bars in lengths],
    }


def histograms(forms: Sequence[Form]) -> dict[str, Counter[str]]:
    """Pooled counts: bars of each kind, lengths of stretches, what follows what (the song's start and end are kinds, too)."""
    follows = Counter[str]()
    for form in forms:
        follows.update(f"{a} -> {b}" for a, b in pairwise(["start", *(kind for kind, _ in form), "end"]))
    lengths = Counter(str(sum(bars > edge for edge in BAR_BINS)) for form in forms for _, bars in form)
    shares = Counter[str]()
    for form in forms:
        for kind, bars in form:
            shares[kind] += bars
    return {"kinds, by bars": shares, "lengths": lengths, "what follows what": follows}


def overlap(a: Counter[str], b: Counter[str]) -> float:
    """Overlapped area of two histograms, 0..1."""
    x, y = sum(a.values()) or 1, sum(b.values()) or 1
    return sum(min(count / x, b[key] / y) for key, count in a.items())


def halves(forms: Sequence[Form]) -> dict[str, float]:
    """The overlap of one half of the songs with the other: what there is to reach."""
    one, other = histograms(forms[::2]), histograms(forms[1::2])
    return {name: overlap(one[name], other[name]) for name in one}


def compared(real: Sequence[Form], made: dict[str, Found]) -> dict[str, object]:
    """Figures (mean, sd, n) of every maker, the overlap of its histograms with the real ones', and how many forms differ."""
    sets = {"real": tuple(real)} | {name: found.forms for name, found in made.items()}
    wanted = histograms(real)
    result: dict[str, object] = {
        name: {figure: [round(float(np.mean(v)), 3), round(float(np.std(v)), 3), len(v)] for figure, v in figures(forms).items()}
        | {"different forms, of one": round(len(set(forms)) / len(forms), 3)}
        for name, forms in sets.items()
    }
    result["overlap with real"] = {
        name: {key: round(overlap(wanted[key], counts), 3) for key, counts in histograms(found.forms).items()}
        for name, found in made.items()
    } | {"one half of the real songs with the other": {key: round(value, 3) for key, value in halves(real).items()}}
    return result


def strengths(strong: Energies) -> dict[str, list[float]]:
    """Mean, sd and n of the energy of every kind that comes five times or more."""
    return {kind: [round(float(np.mean(v)), 2), round(float(np.std(v)), 2), len(v)] for kind, v in sorted(strong.items()) if len(v) >= 5}


def measured(corpus: Path, training: Streams, held: Streams, most: int) -> dict[str, object]:
    """Both sources' forms beside both planners', `most` songs of each source, and the energies of sections.  corpus: where sheets are."""
    result: dict[str, object] = {}
    energy: dict[str, Energies] = {"real (POP909)": real_energies(all_sheets(corpus))}
    for source in ("billboard", "pop909"):
        real = whole_forms(held, training, source)[:most]
        lengths = [sum(bars for _, bars in form) for form in real]
        made = {composer: planned(composer, lengths) for composer in ("reference", "neural")}
        result[source] = compared(real, made)
        for composer, found in made.items():
            for kind, values in found.energies.items():
                energy.setdefault(composer, {}).setdefault(kind, []).extend(values)
    result["energy of sections, in standard deviations of the song's"] = {name: strengths(strong) for name, strong in energy.items()}
    return result
