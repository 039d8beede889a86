"""Judge the harmonist on songs it has not seen: bits a bar against Kneser-Ney, its progressions and forms beside real ones.

    daiw evaluate harmony --charts RUN [--parts bits,progressions,obedience,forms] [--seeds 4] [--songs 60]

RUN is the folder of `daiw.train.harmony`, which keeps the held-out charts.  Bits: chords, their places and the ends of bars, form given.
Progressions: eight-bar verses and choruses of held-out Billboard songs in 4/4, beside those that the reference planner and the network
write for the styles that the corpus is nearest to, at random feelings.  Three constants of the ranking were set with these figures in view.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.errors import PromptError
from daiw.files.preset import find_preset
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.plan import Plan
from daiw.nets.harmonist import load_harmonist
from daiw.nets.harmony_transformer import WEIGHTS_PATH, HarmonyDecoder, HarmonyWeights, load_harmony
from daiw.pipeline import plan
from daiw.tokens.harmony import (
    BAR,
    HEADER,
    KINDS,
    SIZE,
    ChartSection,
    HarmonyWalk,
    decode_sections,
)
from daiw.tokens.harmony_levels import NO_CHORD, is_foreign
from daiw.tokens.vocab import chord_class
from daiw.train import form_bench
from daiw.train.harmony import Streams, content, load_streams, rows_of, told_of
from daiw.train.harmony_obedience import obedience
from daiw.train.kneser_ney import Context, KneserNey

PARTS = ("bits", "progressions", "obedience", "forms")
STYLES = ("pop", "rock", "indie-folk")
BARS = 8
OBEDIENT = 48
"""Sections, and songs, of each mode by which obedience is judged."""


@dataclass(frozen=True, slots=True)
class Loop:
    """Eight bars of chord values above the tonic, one list a bar, a held chord written again at the bar's start."""

    bars: tuple[tuple[int, ...], ...]
    minor: bool

    @property
    def changes(self) -> list[int]:
        """The chords in order, repeats joined."""
        flat = [chord for bar in self.bars for chord in bar]
        return [chord for i, chord in enumerate(flat) if i == 0 or flat[i - 1] != chord]


def bits(weights: HarmonyWeights, held: Streams, *, told: bool = True) -> dict[str, float]:
    """Bits a bar of the numpy network on held-out streams, by source.  told: what is true of their sections."""
    total, bars = defaultdict[str, float](float), Counter[str]()
    for i, name in enumerate(held.names):
        tokens = held.one(i)
        rows, targets, source = rows_of(tokens, told_of(tokens) if told else ()), np.array(tokens), name.split("/")[0]
        logits = logits_of(weights, rows)
        top = logits.max(axis=1, keepdims=True)
        spent = (top[:, 0] + np.log(np.exp(logits - top).sum(axis=1)) - logits[np.arange(len(targets)), targets]) / np.log(2)
        total[source] += float(spent[content(targets)].sum())
        bars[source] += int((targets == BAR).sum())
    return {source: total[source] / bars[source] for source in sorted(total)}


def logits_of(weights: HarmonyWeights, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n, SIZE) of one stream."""
    logits: NDArray[np.float32] = HarmonyDecoder(weights, 1, len(rows)).extend_each(rows[None])[0]
    return logits


def kneser_ney(train: Streams, held: Streams, order: int, *, copy: bool) -> dict[str, float]:
    """Bits a bar of an interpolated Kneser-Ney model on the same tokens; copy: it also sees what the network's copy features say."""
    model = KneserNey(order + (2 if copy else 0), size=SIZE)
    model.fit(pair for i in range(len(train.names)) for pair in _pairs(train.one(i), order, copy))
    total, bars = defaultdict[str, float](float), Counter[str]()
    for i, name in enumerate(held.names):
        source, tokens = name.split("/")[0], held.one(i)
        wanted = content(np.array(tokens))
        for keep, pair in zip(wanted, _pairs(tokens, order, copy), strict=True):
            if keep:
                total[source] -= float(np.log2(model.chance(*pair)))
        bars[source] += tokens.count(BAR)
    return {source: total[source] / bars[source] for source in sorted(total)}


def _pairs(tokens: Sequence[int], order: int, copy: bool) -> Iterable[tuple[Context, int]]:
    walk, history = HarmonyWalk(), [0] * order
    for token in tokens:
        front = (walk.features()[1], walk.features()[3]) if copy else ()
        yield (*front, *reversed(history[-order + 1 :])), token
        history.append(token)
        walk.push(token)


def real_loops(held: Streams) -> list[Loop]:
    """The first eight bars of every verse and chorus of held-out Billboard songs in 4/4, each section kind once a song."""
    found, seen = [], set[tuple[str, str]]()
    for i, name in enumerate(held.names):
        tokens = held.one(i)
        if not name.startswith("billboard/") or tokens[HEADER.index("meter")] != KINDS["meter"].first:
            continue
        minor = tokens[0] == KINDS["mode"].first + 1
        held_chord = -1
        for section in decode_sections(tokens):
            bars, held_chord = filled(section, held_chord)
            if section.kind in ("verse", "chorus") and len(bars) >= BARS and (name, section.kind) not in seen:
                seen.add((name, section.kind))
                if all(chord not in (NO_CHORD, -1) for bar in bars[:BARS] for chord in bar):
                    found.append(Loop(tuple(bars[:BARS]), minor))
    return found


def filled(section: ChartSection, held: int) -> tuple[list[tuple[int, ...]], int]:
    """Every bar's chords, the one that is held written again, and the chord held after the section."""
    result = []
    for bar in section.bars:
        chords = [chord for _, chord in bar]
        if not bar or bar[0][0] > 0:
            chords = [held, *chords]
        held = chords[-1]
        result.append(tuple(chords))
    return result, held


def planned_loops(composer: str, seeds: int) -> list[Loop]:
    """The first eight bars of every verse and chorus of plans in the nearest styles."""
    rng, found = np.random.default_rng(11), []
    for style in STYLES:
        preset = find_preset(style)
        for seed in range(seeds):
            valence, arousal = (float(x) for x in rng.uniform(-0.9, 0.9, 2))
            intent = Intent("", Emotion(valence, arousal, 0.0), Wishes(bars=64), seed=seed)
            made = plan(intent, preset, composer=composer)
            if str(made.meter) == "4/4" and made.key.mode in ("major", "minor"):
                found += loops_of(made)
    return found


def loops_of(made: Plan) -> list[Loop]:
    """Verse and chorus of one plan."""
    found = []
    for kind in ("verse", "chorus"):
        section = next((s for s in made.sections if s.name == kind and s.bars >= BARS), None)
        if section is not None:
            bars = []
            for bar in range(section.start_bar, section.start_bar + BARS):
                start = bar * made.meter.bar_ticks
                spans = [span for span in made.harmony if start <= span.start < start + made.meter.bar_ticks]
                bars.append(tuple((s.chord.root.number - made.key.tonic.number) % 12 * 12 + chord_class(s.chord.quality) for s in spans))
            found.append(Loop(tuple(bars), made.key.mode == "minor"))
    return found


def figures(loops: Sequence[Loop]) -> dict[str, list[float]]:
    """What progressions are like; one value a loop."""
    named: dict[str, list[float]] = {
        "changes a bar": [len(one.changes) / BARS for one in loops],
        "distinct chords": [float(len(set(one.changes))) for one in loops],
        "entropy, bits": [entropy(Counter(one.changes)) for one in loops],
        "share outside the mode": [float(np.mean([is_foreign(chord, one.minor) for chord in one.changes])) for one in loops],
        "share of sevenths": [float(np.mean([chord % 12 >= 6 for chord in one.changes])) for one in loops],
        "bars 5-8 as bars 1-4": [float(np.mean([one.bars[i] == one.bars[i + 4] for i in range(4)])) for one in loops],
    }
    return named


def entropy(counts: Counter[int]) -> float:
    """Of a histogram, in bits."""
    share = np.array(list(counts.values()), float) / sum(counts.values())
    return float(-(share * np.log2(share)).sum())


def bigrams(loops: Sequence[Loop], minor: bool) -> Counter[tuple[int, int]]:
    """Pairs of chords that follow one another, in one mode."""
    return Counter(pair for one in loops if one.minor == minor for pair in zip(one.changes, one.changes[1:], strict=False))


def overlap(a: Counter[tuple[int, int]], b: Counter[tuple[int, int]]) -> float:
    """Overlapped area of two histograms, 0..1."""
    x, y = sum(a.values()) or 1, sum(b.values()) or 1
    return sum(min(count / x, b[pair] / y) for pair, count in a.items())


def run(args: argparse.Namespace) -> int:
    """Print the parts that were asked for; write them as JSON beside the charts."""
    parts = args.parts.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        raise PromptError(f"there is no part {', '.join(unknown)}; parts are {', '.join(PARTS)}")
    train, held = load_streams(args.data, args.charts)
    result: dict[str, object] = {}
    if "bits" in parts:
        result |= likelihoods(load_harmony(args.weights or WEIGHTS_PATH), train, held)
    if "progressions" in parts:
        result |= progressions(held, args.seeds)
    if "obedience" in parts:
        result["obedience"] = obedience(load_harmonist(), OBEDIENT)
        print(json.dumps(result["obedience"], indent=1))
    if "forms" in parts:
        result["forms"] = form_bench.measured(args.charts, train, held, args.songs)
        print(json.dumps(result["forms"], indent=1))
    (args.charts / "figures.json").write_text(json.dumps(result, indent=1))
    return 0


def likelihoods(weights: HarmonyWeights, train: Streams, held: Streams) -> dict[str, object]:
    """Bits a bar of the network and of Kneser-Ney."""
    result: dict[str, object] = {
        "bits a bar": bits(weights, held), "bits a bar, sections' levels not told": bits(weights, held, told=False)
    }  # fmt: skip
    for order in (3, 4, 5):
        result[f"Kneser-Ney {order}-gram, with copies"] = kneser_ney(train, held, order, copy=True)
    result["Kneser-Ney 5-gram"] = kneser_ney(train, held, 5, copy=False)
    for name, value in result.items():
        print(name, value)
    return result


def progressions(held: Streams, seeds: int) -> dict[str, object]:
    """Real loops, the reference's and the network's."""
    result: dict[str, object] = {}
    loops = {"real": real_loops(held), "reference": planned_loops("reference", seeds), "neural": planned_loops("neural", seeds)}
    columns = {name: figures(found) for name, found in loops.items()}
    print("\n| figure | " + " | ".join(f"{name} (n {len(found)})" for name, found in loops.items()) + " |\n|---|---|---|---|")
    for figure in columns["real"]:
        print(f"| {figure} | " + " | ".join(f"{np.mean(c[figure]):.2f} ± {np.std(c[figure]):.2f}" for c in columns.values()) + " |")
    for minor, mode in ((False, "major"), (True, "minor")):
        real = bigrams(loops["real"], minor)
        shares = {name: overlap(real, bigrams(found, minor)) for name, found in loops.items()}
        print(f"| overlap of chord pairs with real, {mode} | " + " | ".join(f"{share:.2f}" for share in shares.values()) + " |")
        result[f"pairs, {mode}"] = shares
    result["figures"] = {name: {f: [float(np.mean(v)), float(np.std(v)), len(v)] for f, v in c.items()} for name, c in columns.items()}
    return result
