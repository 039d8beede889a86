"""Does the voice of a song follow its feeling?  The same words sung at steps of valence, arousal and dominance, each alone.

    daiw evaluate voice --sweep [--preset pop] [--steps 5] [--seeds 3] [--out FILE.json]

Songs are planned, composed and arranged anew at every step, in one tempo, key, length and voice; what is read is the stem of `vocal`,
through the style's inserts, before the mix levels it.  Little dominance stands for vulnerability.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from daiw.errors import PromptError
from daiw.files.lyrics import parse_lyrics
from daiw.files.preset import find_preset
from daiw.host.instruments import open_instrument
from daiw.host.singer import Singer
from daiw.measure.singing import Timbre, timbre
from daiw.music.audio import SAMPLE_RATE_HZ
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.pitch import Key
from daiw.music.preset import Preset
from daiw.music.score import Arrangement
from daiw.pipeline import arrange, compose, plan, render
from daiw.studio import Studio
from daiw.train.mix_bench import WORDS

DIMENSIONS = ("valence", "arousal", "dominance")
DIRECTIONS = {("level_db", "arousal"): 1, ("alpha_db", "arousal"): 1, ("hnr_db", "arousal"): 1, ("hnr_db", "dominance"): 1}
"""(figure, dimension) -> sign, after Scherer et al. (2017); breath, and with it noise, comes with vulnerability."""

FIGURES = {"level_db": "level", "alpha_db": "alpha ratio", "hnr_db": "harmonics to noise"}


@dataclass(frozen=True, slots=True)
class Sung:
    """One song: what was asked and what its voice is like."""

    feeling: Emotion
    seed: int
    timbre: Timbre


def sung(preset: Preset, feeling: Emotion, seed: int, studio: Studio, bars: int = 8) -> Timbre:
    """The voice of one song, whose notes are the reference composer's: those of networks would differ more than what is measured."""
    wishes = Wishes(bars=bars, bpm=96.0, key=Key.parse("A minor"), sung=True, company=())
    intent = Intent("", feeling, wishes, seed=seed, lyrics=parse_lyrics(WORDS))
    outline = plan(intent, preset, composer="reference", studio=studio)
    whole = arrange(compose(outline, preset, composer="reference", studio=studio), outline, preset, studio=studio)
    [track] = [track for track in whole.tracks if track.role == "vocal"]
    [stem] = render(Arrangement((track,), whole.timeline), preset, plan=outline, studio=studio)
    singer = open_instrument(track.instrument, studio.manifests).engine
    assert isinstance(singer, Singer)
    return timbre(stem.audio.samples.mean(axis=0), SAMPLE_RATE_HZ, singer.lines(track, whole.timeline))


def sweep(preset: Preset, steps: int, seeds: int) -> list[Sung]:
    """A song a step, a dimension and a seed."""
    studio, found = Studio(use_cache=False), list[Sung]()
    for dimension in DIMENSIONS:
        for value in np.linspace(-1.0, 1.0, steps):
            valence, arousal, dominance = (float(value) if name == dimension else 0.0 for name in DIMENSIONS)
            feeling = Emotion(valence, arousal, dominance)
            found += [Sung(feeling, seed, sung(preset, feeling, seed, studio)) for seed in range(seeds)]
        print(f"{preset.name}: {dimension} done, {len(found)} songs", file=sys.stderr, flush=True)
    return found


def means(songs: Sequence[Sung], figure: str, dimension: str) -> tuple[list[float], list[float]]:
    """(steps, mean of the figure at each), of the songs in which only this dimension moves."""
    alone = [song for song in songs if all(getattr(song.feeling, other) == 0.0 for other in DIMENSIONS if other != dimension)]
    steps = sorted({getattr(song.feeling, dimension) for song in alone})
    at = {step: [getattr(s.timbre, figure) for s in alone if getattr(s.feeling, dimension) == step] for step in steps}
    return steps, [float(np.mean(at[step])) for step in steps]


def table(songs: Sequence[Sung]) -> str:
    """Rows of figure and dimension with the means from the lowest to the highest step; rho where the literature has a direction."""
    from scipy.stats import spearmanr

    rows = ["| figure | dimension | from lowest to highest step, dB | rho of step means, stated direction |", "|---|---|---|---|"]
    for figure, name in FIGURES.items():
        for dimension in DIMENSIONS:
            steps, values = means(songs, figure, dimension)
            sign = DIRECTIONS.get((figure, dimension))
            rho = f"{sign * float(spearmanr(steps, values).statistic):.2f}" if sign else "none stated"
            rows.append(f"| {name} | {dimension} | {', '.join(f'{value:.1f}' for value in values)} | {rho} |")
    return "\n".join(rows)


def run(args: argparse.Namespace) -> int:
    """Sweep, print the table, write what was heard."""
    if args.seeds < 1 or args.steps < 2:
        raise PromptError("a sweep needs at least one seed and two steps")
    songs = sweep(find_preset(args.preset), args.steps, args.seeds)
    print(f"\n{args.preset}, {len(songs)} songs\n\n{table(songs)}")
    if args.out is not None:
        part = args.out.with_name(args.out.name + ".part")
        part.write_text(json.dumps([asdict(song) for song in songs], indent=1))
        part.replace(args.out)
    return 0
