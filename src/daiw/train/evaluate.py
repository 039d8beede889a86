"""Judge the composer on songs it has not seen.

    python -m daiw.train.evaluate --corpus DIR --out DIR [--weights FILE] [--parts bits,figures,plans,obedience]

bits: held-out bits a bar against Kneser-Ney baselines.  figures: real melodies, the reference composer and the trained one on the real
songs' chords and form.  plans: the two composers on our own planner's plans.  obedience: random controls, no references.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from daiw.composer.reference import ReferenceComposer
from daiw.music.plan import Plan
from daiw.music.styles.compose import ComposeStyle, MelodyStyle
from daiw.nets.composer import WEIGHTS_PATH, NeuralComposer, load_weights
from daiw.nets.novelty import NoveltyIndex, run_hashes
from daiw.nets.sampler import Chance, Window, draw
from daiw.nets.transformer import Decoder, Weights
from daiw.tokens.codec import decode, window_chords
from daiw.tokens.controls import COLUMN, controls, feelings, phrase_cues
from daiw.tokens.sheet import Sheet
from daiw.tokens.vocab import BAR, bar_token
from daiw.train.as_plan import notes_of, plan_of
from daiw.train.corpus import VERSION, Windows, all_sheets, held_out, load_windows
from daiw.train.figures import Figures, Line, Matcher, figures_of, table
from daiw.train.kneser_ney import baseline

SONG_BARS = 64
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


def model_bits(weights: Weights, held: Windows) -> dict[str, float]:
    """Bits a bar of the exported weights on every held-out window, as `loop.validate` reports them, without torch."""
    bits: dict[str, float] = {}
    bars: dict[str, int] = {}
    for i, name in enumerate(held.names):
        rows = slice(int(held.starts[i]), int(held.starts[i + 1]))
        features, targets = held.features[rows].astype(np.int64)[None], held.targets[rows].astype(np.int64)
        decoder = Decoder(weights, held.controls[i : i + 1].astype(np.int64), len(targets))
        logits = decoder.extend(features, held.bars[rows].astype(np.int64)[None])[0].astype(np.float64)
        logits -= logits.max(-1, keepdims=True)
        whole = np.log(np.exp(logits).sum(-1))
        ending = np.log(np.exp(logits[:, BAR.first : BAR.end]).sum(-1))
        chosen = logits[np.arange(len(targets)), targets]
        is_bar = (targets >= BAR.first) & (targets < BAR.end)
        role, song = name.split(" ", 1)
        for key, nats in (
            (f"{role} {song.split('/')[0]}", whole - np.where(is_bar, ending, chosen)),
            (f"{role} {song.split('/')[0]} plan", np.where(is_bar, ending - chosen, 0)),
        ):
            bits[key] = bits.get(key, 0.0) + float(nats.sum()) / np.log(2)
            bars[key] = bars.get(key, 0) + int(is_bar.sum())
    return {key: float(bits[key] / bars[key]) for key in sorted(bits)}


def bits_table(corpus: Path, weights: Weights) -> dict[str, float]:
    """The model beside the baselines, POP909's held-out songs."""
    train, held = load_windows(corpus / f"windows-train-v{VERSION}.npz"), load_windows(corpus / f"windows-val-v{VERSION}.npz")
    found = model_bits(weights, held)
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


def own_plans(count: int) -> list[tuple[Plan, ComposeStyle]]:
    """Plans of our own planner, `count` seeds of every installed style with a melody, over feelings spread evenly."""
    from daiw.files.preset import load_preset, preset_paths
    from daiw.music.emotion import Emotion
    from daiw.music.intent import Intent, Wishes
    from daiw.stages.plan import plan

    rng = np.random.default_rng(7)
    found = []
    for name, path in sorted(preset_paths().items()):
        preset = load_preset(path)
        for seed in range(count):
            valence, arousal, dominance = (float(x) for x in rng.uniform(-0.9, 0.9, 3))
            emotion = Emotion(valence, arousal, dominance)
            made = plan(Intent("", emotion, Wishes(bars=SONG_BARS), seed=seed), preset.plan, preset=name)
            if "melody" in made.roles:
                found.append((made, preset.compose))
    return found


def compared(weights: Weights, plans: list[tuple[Plan, ComposeStyle]], novelty: NoveltyIndex, chance: Chance) -> dict[str, list[Line]]:
    """The same plans written by both composers."""
    lines: dict[str, list[Line]] = {"reference": [], "neural": []}
    for made, style in plans:
        reference = ReferenceComposer(style)
        lines["reference"].append((made, reference.write(made, "melody", ()).notes))
        neural = NeuralComposer(weights, style, reference, chance, novelty)
        lines["neural"].append((made, neural.write(made, "melody", ()).notes))
        print(".", end="", flush=True)
    print(flush=True)
    return lines


def obedience(weights: Weights, sheets: list[Sheet], count: int, chance: Chance, seed: int = 3) -> dict[str, float]:
    """Spearman's rho of requested and measured, over eight-bar windows of real chords with random felt controls and no references."""
    from scipy.stats import spearmanr

    rng = np.random.default_rng(seed)
    asked: dict[str, list[float]] = {name: [] for name in ("density", "register", "leap", "offbeat", "valence", "arousal")}
    got: dict[str, list[float]] = {name: [] for name in asked}
    pool = [sheet for sheet in sheets if sheet.style == "pop909" and held_out(sheet.name) and sheet.meter == "4/4" and sheet.bars >= 24]
    for _ in range(count):
        sheet = pool[int(rng.integers(len(pool)))]
        first = int(rng.integers(0, sheet.bars - 9))
        told = np.repeat(controls(sheet)[first : first + 1], weights.shape.window_bars, axis=0).astype(np.int64)
        wish = {
            "density": int(rng.integers(2, 10)),
            "register": int(rng.integers(1, 9)),
            "leap": int(rng.integers(1, 6)),
            "offbeat": int(rng.integers(1, 6)),
        }
        wish |= {"valence": int(rng.integers(1, 10)), "arousal": int(rng.integers(1, 10))}
        for name, value in wish.items():
            told[:, COLUMN[name]] = value
        told[:, COLUMN["dominance"]] = 0
        heads = {bar: bar_token(0, 0) for bar in range(8)}
        window = Window(8, sheet.bar_units, window_chords(sheet.chords, first, 8, sheet.bar_units), told, head=heads)
        for line in draw(weights, window, chance, rng):
            notes = decode([token for token in line.tokens], "melody", sheet.bar_units)
            if len(notes) < 4:
                continue
            written = Sheet(
                "drawn",
                "pop909",
                "4/4",
                8,
                notes,
                window.chords[window.chords[:, 0] < 8 * sheet.bar_units],
                bpm=sheet.bpm,
                minor=sheet.minor,
            )
            cues = phrase_cues(written, 0, 8)
            valence, arousal, _ = feelings(cues)
            for name in asked:
                asked[name].append(float(wish[name]))
                got[name].append(valence if name == "valence" else arousal if name == "arousal" else cues[name])
    result = {name: float(spearmanr(asked[name], got[name], nan_policy="omit").statistic) for name in asked}
    return result | {"n": float(len(asked["density"]))}


def evaluate(corpus: Path, weights: Weights, parts: frozenset[str], songs: int, out: Path) -> None:
    """Write figures.json and figures.md."""
    out.mkdir(parents=True, exist_ok=True)
    sheets = all_sheets(corpus)
    training = [sheet for sheet in sheets if not held_out(sheet.name)]
    found: dict[str, object] = {}
    text: list[str] = []
    jobs: dict[str, Callable[[], dict[str, float]]] = {
        "bits": lambda: bits_table(corpus, weights),
        "obedience": lambda: obedience(weights, sheets, songs, Chance(candidates=2)),
        "obedience, no guidance": lambda: obedience(weights, sheets, songs, Chance(candidates=2, guidance=1.0)),
    }
    for name, job in jobs.items():
        if name.split(",")[0] in parts:
            found[name] = job()
            text.append(f"## {name}\n\n" + "\n".join(f"- {key}: {value:.3f}" for key, value in found[name].items()))  # type: ignore[attr-defined]
            print(text[-1], flush=True)
    if parts & {"figures", "plans"}:
        novelty, matcher = index_of(training), matcher_of(training)
        real_sheets = real_songs(sheets, songs)
        real_lines: list[Line] = [(plan_of(sheet, i, STYLE.melody.density), notes_of(sheet)) for i, sheet in enumerate(real_sheets)]
        real = figures_of(real_lines)
        if "figures" in parts:
            lines = compared(weights, [(plan, STYLE) for plan, _ in real_lines], novelty, Chance())
            text.append("## figures: plans of real songs\n\n" + block(lines, real_lines, real, matcher, found, "figures"))
            print(text[-1], flush=True)
        if "plans" in parts:
            lines = compared(weights, own_plans(max(1, songs // 16)), novelty, Chance())
            text.append("## plans: our own planner's\n\n" + block(lines, real_lines, real, matcher, found, "plans"))
            print(text[-1], flush=True)
    (out / "figures.json").write_text(json.dumps(found, indent=1))
    (out / "figures.md").write_text("\n\n".join(text) + "\n")


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


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=WEIGHTS_PATH)
    parser.add_argument("--parts", default="bits,figures,plans,obedience")
    parser.add_argument("--songs", type=int, default=32)
    arguments = parser.parse_args()
    evaluate(arguments.corpus, load_weights(arguments.weights), frozenset(arguments.parts.split(",")), arguments.songs, arguments.out)


if __name__ == "__main__":
    main()
