"""Does the music follow the feeling?  Songs over a grid of valence and arousal, their cues read back from the notes.

    daiw evaluate emotion --seeds 8 --preset pop --out figures

For every cue and every direction that the literature gives it, Spearman's rho of what was asked and what is heard: over all songs, and
over the means of the nine steps of that dimension.  The composer, the planner and the arranger are those of `daiw make`; no audio.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from daiw.errors import PromptError
from daiw.files.preset import find_preset
from daiw.measure.expression import CUES, Expression, expression_of
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.preset import Preset
from daiw.pipeline import arrange, compose, plan
from daiw.studio import Studio

STEPS = 9
DIRECTIONS = {
    ("brightness", "valence"): 1, ("register", "valence"): 1, ("bpm", "arousal"): 1, ("density", "arousal"): 1,
    ("velocity", "arousal"): 1, ("gate", "arousal"): -1, ("register", "arousal"): 1,
}  # fmt: skip
"""(cue, dimension) -> sign, after Gabrielsson and Lindström (2010) and Eerola, Friberg and Bresin (2013)."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One song: what was asked and what its notes express."""

    valence: float
    arousal: float
    seed: int
    expression: Expression


@dataclass(frozen=True, slots=True)
class Following:
    """How one cue follows one dimension.

    rho: over songs.  rho_of_means: over the means of the steps.  Both are positive in the direction of `sign`.
    span: from the mean of the lowest step to that of the highest, in the unit of the cue.
    """

    cue: str
    dimension: str
    sign: int
    rho: float
    rho_of_means: float
    span: float
    songs: int


def on_stderr(line: str) -> None:
    """Progress."""
    print(line, file=sys.stderr, flush=True)


def sweep(
    preset: Preset,
    *,
    seeds: int,
    bars: int = 32,
    steps: int = STEPS,
    composer: str = "reference",
    report: Callable[[str], None] = on_stderr,
) -> list[Heard]:
    """A song at every point of the grid for every seed; dominance is neutral."""
    studio, heard = Studio(), list[Heard]()
    for valence in np.linspace(-1.0, 1.0, steps):
        for arousal in np.linspace(-1.0, 1.0, steps):
            for seed in range(seeds):
                intent = Intent("", Emotion(float(valence), float(arousal), 0.0), Wishes(bars=bars), seed=seed)
                outline = plan(intent, preset, composer=composer, studio=studio)
                played = arrange(compose(outline, preset, composer=composer, studio=studio), outline, preset)
                heard.append(Heard(float(valence), float(arousal), seed, expression_of(played, outline.key)))
        report(f"{preset.name}, {composer}: valence {valence:+.2f} done, {len(heard)} songs")
    return heard


def followings(heard: Sequence[Heard]) -> list[Following]:
    """Every cue against every dimension that the literature ties it to; raises ValueError for fewer than two steps."""
    from scipy.stats import spearmanr

    found = []
    for (cue, dimension), sign in DIRECTIONS.items():
        asked = np.array([getattr(one, dimension) for one in heard])
        value = np.array([getattr(one.expression, cue) for one in heard])
        levels = np.unique(asked)
        if len(levels) < 2:
            raise ValueError("a sweep needs at least two steps")
        means = np.array([value[asked == level].mean() for level in levels])
        still = float(np.ptp(value)) == 0.0
        rho = 0.0 if still else float(spearmanr(asked, value).statistic)
        rho_of_means = 0.0 if float(np.ptp(means)) == 0.0 else float(spearmanr(levels, means).statistic)
        found.append(Following(cue, dimension, sign, sign * rho, sign * rho_of_means, float(means[-1] - means[0]), len(heard)))
    return found


def table(found: Sequence[Following]) -> str:
    """The figures as a Markdown table; rho is positive where the cue moves in the stated direction."""
    rows = [
        "| cue | follows | direction | rho over songs | rho of step means | lowest to highest step | n |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in found:
        way = "up" if one.sign > 0 else "down"
        rows.append(f"| {one.cue} | {one.dimension} | {way} | {one.rho:.2f} | {one.rho_of_means:.2f} | {one.span:+.2f} | {one.songs} |")
    return "\n".join(rows)


def run(args: argparse.Namespace) -> int:
    """Sweep, print a table a style, write what was heard."""
    if args.seeds < 1 or args.steps < 2:
        raise PromptError("a sweep needs at least one seed and two steps")
    presets = [find_preset(name) for name in args.preset or ["pop"]]
    kept = {}
    for preset in presets:
        heard = sweep(preset, seeds=args.seeds, steps=args.steps, bars=args.bars, composer=args.composer, report=on_stderr)
        print(f"\n{preset.name}, {args.composer} composer\n\n{table(followings(heard))}")
        kept[preset.name] = [asdict(one) for one in heard]
    if args.out:
        part = args.out.with_name(args.out.name + ".part")
        part.write_text(json.dumps({"composer": args.composer, "cues": CUES, "songs": kept}))
        part.replace(args.out)
    return 0
