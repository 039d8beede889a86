"""Melodies and chords on songs that were not learnt from: parts of `daiw evaluate composer`.

Figures: real melodies, the reference composer and the trained one on the real songs' chords and form.  Plans: the two composers on our own
planner's plans.  Long: how sections return over three minutes.  Memorisation: songs of ours in the training melodies.
"""

from pathlib import Path

import numpy as np

from daiw.composer.reference import ReferenceComposer
from daiw.music.decision import Decision
from daiw.music.intent import Wishes
from daiw.music.plan import Plan
from daiw.music.styles.compose import ComposeStyle, MelodyStyle
from daiw.nets.composer import NeuralComposer
from daiw.nets.novelty import NoveltyIndex, run_hashes
from daiw.nets.picking import Chance
from daiw.nets.transformer import Weights
from daiw.tokens.sheet import Sheet
from daiw.train.as_plan import notes_of, plan_of
from daiw.train.corpus import all_sheets, held_out, load_windows, windows_path
from daiw.train.figures import Figures, Line, Matcher, figures_of, returning, table
from daiw.train.kneser_ney import baseline
from daiw.train.own_plans import LEAD_REACH, LEAD_SEED, own_intents, own_plans

SONG_BARS = 64
LONG_MINUTES, LONG_BARS = 3.0, 48
STYLE = ComposeStyle(melody=MelodyStyle(range_low=52, range_high=88))


def first_bars(sheet: Sheet, bars: int) -> Sheet:
    """The sheet cut to at most `bars` bars."""
    if sheet.bars <= bars:
        return sheet
    end = bars * sheet.bar_units
    return Sheet(
        sheet.name, sheet.style, sheet.meter, bars, sheet.notes[sheet.notes[:, 0] < end], sheet.chords[sheet.chords[:, 0] < end],
        tuple(row for row in sheet.sections if row[0] < bars), sheet.bpm, sheet.minor, sheet.level[:bars], sheet.shift,
    )  # fmt: skip


def baselines(corpus: Path) -> dict[str, float]:
    """Kneser-Ney on the same tokens, POP909's held-out songs, with and without what the copied bar has next."""
    train, held = (load_windows(windows_path(corpus, "lead", split)) for split in ("train", "val"))
    found = {}
    for role in ("melody", "chords"):
        found[f"{role} pop909: Kneser-Ney, 5-gram"] = baseline(train, held, role, "pop909", 5)
        for order in (4, 5, 6, 7):
            found[f"{role} pop909: Kneser-Ney, copy slot, order {order}"] = baseline(train, held, role, "pop909", order, copy=True)
    for order in (4, 5):
        found[f"melody pop909: Kneser-Ney, copy slot and chord, order {order}"] = baseline(
            train, held, "melody", "pop909", order, copy=True, chords=True
        )
    return found


def index_of(sheets: list[Sheet]) -> NoveltyIndex:
    """The novelty index over training melodies."""
    hashes = [run_hashes(sheet.notes[:, 0].astype(np.int64), sheet.notes[:, 1].astype(np.int64)) for sheet in sheets]
    return NoveltyIndex(np.unique(np.concatenate(hashes)))


def matcher_of(sheets: list[Sheet]) -> Matcher:
    """Exact search over training melodies."""
    return Matcher([(sheet.notes[:, 0].astype(np.int64), sheet.notes[:, 1].astype(np.int64)) for sheet in sheets])


def matches(lines: list[Line], matcher: Matcher) -> dict[str, float]:
    """How long the longest runs are that occur in training."""
    longest = [matcher.longest(notes) for _, notes in lines]
    return {
        "n": len(longest),
        "median": float(np.median(longest)),
        "max": float(max(longest)),
        "share of 12 or more": float(np.mean(np.array(longest) >= 12)),
        "share of 10 or more": float(np.mean(np.array(longest) >= 10)),
    }


def real_songs(sheets: list[Sheet], count: int) -> list[Sheet]:
    """Held-out POP909 songs in 4/4 with known form first, cut to SONG_BARS bars."""
    chosen = [s for s in sheets if s.style == "pop909" and held_out(s.name) and s.meter == "4/4" and len(s.notes) >= 40 and s.bars >= 24]
    chosen.sort(key=lambda s: (not s.sections, s.name))
    return [first_bars(s, SONG_BARS) for s in chosen[:count]]


def melodic_plans(count: int, planner: str = "reference") -> list[tuple[Plan, ComposeStyle]]:
    """`count` plans of SONG_BARS bars of every style that has a melody.  planner: who writes form and chords."""
    made = own_plans(count, Wishes(bars=SONG_BARS), seed=LEAD_SEED, reach=LEAD_REACH, composer=planner)
    return [(plan, preset.compose) for plan, preset in made if "melody" in plan.roles]


def long_structure(corpus: Path, weights: Weights, count: int) -> dict[str, list[float]]:
    """How alike sections of one letter are over whole songs of about LONG_MINUTES: mean, sd and n of songs.

    Real: held-out POP909 songs with known form, whole.  Ours: melodies of both composers on `count` plans of every style whose forms and
    chords the harmony network wrote.
    """
    sheets = all_sheets(corpus)
    novelty = index_of([sheet for sheet in sheets if not held_out(sheet.name)])
    whole = [sheet for sheet in sheets if sheet.style == "pop909" and held_out(sheet.name) and sheet.sections and sheet.bars >= LONG_BARS]
    real: list[Line] = [(plan_of(sheet, i, STYLE.melody.density), notes_of(sheet)) for i, sheet in enumerate(whole)]
    made = own_plans(count, Wishes(minutes=LONG_MINUTES), seed=LEAD_SEED, reach=LEAD_REACH, composer="neural")
    plans = [(plan, preset.compose) for plan, preset in made if "melody" in plan.roles and "chorus" in {s.name for s in plan.sections}]
    sets = {"real": real} | compared(weights, plans, novelty, Chance())
    found = {}
    for name, lines in sets.items():
        alike = [float(np.mean(values)) for plan, notes in lines if (values := returning(plan, notes))]
        found[name] = [round(float(np.mean(alike)), 3), round(float(np.std(alike)), 3), float(len(alike))]
        found[f"{name}, bars"] = [round(float(np.mean([plan.bars for plan, _ in lines])), 1)]
    return found


def compared(weights: Weights, plans: list[tuple[Plan, ComposeStyle]], novelty: NoveltyIndex, chance: Chance) -> dict[str, list[Line]]:
    """The same plans written by both composers."""
    lines: dict[str, list[Line]] = {"reference": [], "neural": []}
    known = np.zeros(2, int)
    for made, style in plans:
        reference = ReferenceComposer(style)
        lines["reference"].append((made, reference.write(made, "melody", ()).notes))
        neural = NeuralComposer(weights, style, reference, chance, novelty)
        lines["neural"].append((made, neural.write(made, "melody", ()).notes))
        known += np.sum([told_known(decision) for decision in neural.decisions], axis=0)
        print(".", end="", flush=True)
    print(f"\nmemorised: {known[0]} of {known[1]} lines drawn held twelve notes of a training melody and were refused", flush=True)
    return lines


def memorisation(corpus: Path, weights: Weights, count: int) -> dict[str, float]:
    """How much of `count` songs or a few more, as the product plans and writes them, is in the training melodies.

    Notes of the longest run, in any key, that a song has in common with one of them: median, most, share of songs with ten and with twelve;
    lines that were drawn, and those refused as they held twelve.
    """
    training = [sheet for sheet in all_sheets(corpus) if not held_out(sheet.name)]
    matcher, novelty = matcher_of(training), index_of(training)
    styles = len(own_intents(1, Wishes(), seed=LEAD_SEED, reach=LEAD_REACH))
    lines: list[Line] = []
    known = np.zeros(2, int)
    for plan, style in melodic_plans(-(-count // styles), "neural"):
        composer = NeuralComposer(weights, style, ReferenceComposer(style), Chance(), novelty)
        lines.append((plan, composer.write(plan, "melody", ()).notes))
        known += np.sum([told_known(decision) for decision in composer.decisions], axis=0)
        print(".", end="", flush=True)
    return matches(lines, matcher) | {"lines drawn": float(known[1]), "lines refused": float(known[0])}


def told_known(decision: Decision) -> tuple[int, int]:
    """Lines refused, and lines drawn, as the decision on known tunes says; 0 and 0 for every other."""
    words = decision.because.split()
    return (int(words[0]), int(words[2])) if decision.subject == "known tunes" else (0, 0)


def songs_report(corpus: Path, weights: Weights, part: str, songs: int) -> dict[str, object]:
    """Figures as (mean, sd, n), and the longest known runs.

    part: "figures" on the plans of real songs, "plans" on our own planner's, "network-plans" with form and chords by the network.
    """
    sheets = all_sheets(corpus)
    training = [sheet for sheet in sheets if not held_out(sheet.name)]
    novelty, matcher = index_of(training), matcher_of(training)
    real_lines: list[Line] = [
        (plan_of(sheet, i, STYLE.melody.density), notes_of(sheet)) for i, sheet in enumerate(real_songs(sheets, songs))
    ]
    planner = "neural" if part == "network-plans" else "reference"
    plans = [(plan, STYLE) for plan, _ in real_lines] if part == "figures" else melodic_plans(max(1, songs // 16), planner)
    lines = compared(weights, plans, novelty, Chance())
    found: dict[str, object] = {}
    print(block(lines, real_lines, figures_of(real_lines), matcher, found, part), flush=True)
    return found


def block(
    lines: dict[str, list[Line]], real_lines: list[Line], real: Figures, matcher: Matcher, found: dict[str, object], name: str
) -> str:
    """One table and the matches beneath it."""
    columns = {"real": real} | {key: figures_of(value) for key, value in lines.items()}
    found[name] = {
        key: {figure: [float(np.mean(v)), float(np.std(v)), len(v)] for figure, v in column.values.items()}
        for key, column in columns.items()
    }
    longest = {key: matches(value, matcher) for key, value in ({"real": real_lines} | lines).items()}
    found[f"{name}, longest training match"] = longest
    return (
        table(columns, real)
        + "\n\nLongest run found in training (notes):\n\n"
        + "\n".join(f"- {key}: {value}" for key, value in longest.items())
    )
