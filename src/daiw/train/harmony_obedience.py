"""Does the harmonist do what it is told?  The part "obedience" of `daiw evaluate harmony`.

Controls: what is asked of a section drawn at random, each value by itself, nothing written before it, as in the product with candidates
and their ranking.  Feelings: at random through the planner in one style, key and tempo held, so that the chords alone can follow.
Every rho is Spearman's within a mode, averaged over major and minor.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import spearmanr

from daiw.files.preset import find_preset
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.pitch import Key
from daiw.music.plan import Plan
from daiw.music.time import Meter
from daiw.nets.harmonist import Job, NeuralHarmonist
from daiw.nets.harmony_asked import QUICKEST, SLOWEST, TENSION, TENSION_OF_SEVENTHS, at
from daiw.pipeline import plan
from daiw.planning.colour import Appetite
from daiw.planning.emotion import cues_of
from daiw.tokens.harmony_levels import PLACES, TOLD, Bar, measured
from daiw.tokens.vocab import CHORD_CLASSES, chord_class

KEYS = {"major": "C major", "minor": "A minor"}
BARS, SONG_BARS, BPM = 8, 32, 100.0
PLAIN = Appetite(0.1, 0.0, 0.0, 0.1, 0.2, 0.0)
FELT = ("brightness by valence", "changes by arousal", "tension by dissonance")


def rho(asked: Sequence[float], got: Sequence[float]) -> float:
    """Spearman's, nan left out."""
    return float(spearmanr(asked, got, nan_policy="omit").statistic)


def random_wish(rng: np.random.Generator, minor: bool) -> dict[str, float]:
    """Values of TOLD, each drawn by itself."""
    wish = {name: at(name, float(rng.random()), minor) for name in ("sevenths", "foreign", "brightness", "returns")}
    wish["changes"] = SLOWEST * (QUICKEST / SLOWEST) ** float(rng.random())
    wish["tension"] = TENSION_OF_SEVENTHS * wish["sevenths"] + TENSION * float(rng.random())
    return wish


def by_controls(harmonist: NeuralHarmonist, count: int, seed: int = 3) -> dict[str, float]:
    """Rho of each value asked and written, over `count` eight-bar verses of each mode; the mean over the modes, and n of both."""
    rng = np.random.default_rng(seed)
    rhos: dict[str, list[float]] = {name: [] for name in TOLD}
    for mode in KEYS:
        wishes = [random_wish(rng, mode == "minor") for _ in range(count)]
        written = [
            measured(harmonist.best(Job("verse", BARS, mode, Meter(4, 4), PLAIN, wish), (), (), number).bars, mode == "minor")
            for number, wish in enumerate(wishes)
        ]
        for name in TOLD:
            rhos[name].append(rho([wish[name] for wish in wishes], [one[name] for one in written]))
    return {name: float(np.mean(values)) for name, values in rhos.items()} | {"n": float(2 * count)}


def bars_of(made: Plan) -> list[Bar]:
    """A plan's chords as the corpus would have them."""
    ticks, result = made.meter.bar_ticks, list[Bar]()
    for bar in range(made.bars):
        spans = [span for span in made.harmony if bar * ticks <= span.start < (bar + 1) * ticks]
        tonic = made.key.tonic.number
        result.append(
            tuple(
                (
                    (span.start - bar * ticks) * PLACES // ticks,
                    (span.chord.root.number - tonic) % 12 * len(CHORD_CLASSES) + chord_class(span.chord.quality),
                )
                for span in spans
            )
        )
    return result


def by_feelings(composer: str, count: int, style: str = "pop", seed: int = 5) -> dict[str, float]:
    """Rho of the feeling asked and what the chords of `count` songs of each mode do, key and tempo held; n of both modes."""
    rng, preset = np.random.default_rng(seed), find_preset(style)
    rhos: dict[str, list[float]] = {name: [] for name in FELT}
    for mode, key in KEYS.items():
        asked: list[tuple[float, ...]] = []
        got: list[tuple[float, ...]] = []
        for number in range(count):
            valence, arousal, dominance = (float(x) for x in rng.uniform(-0.9, 0.9, 3))
            emotion = Emotion(valence, arousal, dominance)
            made = plan(Intent("", emotion, Wishes(bars=SONG_BARS, key=Key.parse(key), bpm=BPM), seed=number), preset, composer=composer)
            found = measured(bars_of(made), mode == "minor")
            asked.append((emotion.valence, emotion.arousal, cues_of(emotion).dissonance))
            got.append((found["brightness"], found["changes"], found["tension"]))
        for name, wanted, heard in zip(FELT, np.array(asked).T, np.array(got).T, strict=True):
            rhos[name].append(rho(wanted, heard))
    return {name: float(np.mean(values)) for name, values in rhos.items()} | {"n": float(2 * count)}


def obedience(harmonist: NeuralHarmonist, count: int) -> dict[str, dict[str, float]]:
    """Both ways, and the reference's beside the second; `count` of each mode."""
    return {
        "controls": by_controls(harmonist, count),
        "feelings": by_feelings("neural", count),
        "feelings, reference": by_feelings("reference", count),
    }
