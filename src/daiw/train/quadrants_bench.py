"""Do songs of four feelings sound like them to a judge that has learnt from composers' own markings, and not from our conditions?

    daiw evaluate quadrants --preset pop --preset indie-folk --seeds 10

Songs of our composers at the middle of each quadrant of valence and arousal, read by the probe of `quadrants.py` with and without loudness
and tempo; its own accuracy on art songs by composers that it has not learnt from stands beside.
"""

import argparse
import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daiw.errors import ModelError, PromptError
from daiw.files.preset import find_preset
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.preset import Preset
from daiw.pipeline import arrange, compose, plan
from daiw.studio import Studio
from daiw.train.emotion_sweep import on_stderr
from daiw.train.hearing import CUES, cues_of, piece_of
from daiw.train.quadrants import HALVES, PATH, SETS, Probe, Vector, confusion, load_probe, quadrants, separation

CORNERS = ((1, 1), (-1, 1), (-1, -1), (1, -1))
"""Signs of valence and arousal, quadrants 1 to 4."""
FIRST_SEED = 200
"""Of the songs: none of these had been heard when the probe was made."""


@dataclass(frozen=True)
class Songs:
    """What is heard of songs.  values: (n, len(CUES)).  valence, arousal: the signs asked for.  styles: theirs."""

    values: Vector
    valence: NDArray[np.int64]
    arousal: NDArray[np.int64]
    styles: NDArray[np.str_]

    def half(self, name: str) -> NDArray[np.int64]:
        """The signs of "valence" or "arousal"."""
        return self.valence if name == "valence" else self.arousal


def songs_of(
    presets: Sequence[Preset], composer: str, *, seeds: int, bars: int, strength: float, report: Callable[[str], None] = on_stderr
) -> Songs:
    """A song of every quadrant, seed and style; valence and arousal are plus or minus `strength`, dominance 0."""
    studio = Studio()
    values, asked, styles = [], [], []
    for preset in presets:
        for valence, arousal in CORNERS:
            for seed in range(FIRST_SEED, FIRST_SEED + seeds):
                intent = Intent("", Emotion(strength * valence, strength * arousal, 0.0), Wishes(bars=bars), seed=seed)
                outline = plan(intent, preset, composer=composer, studio=studio)
                cues = cues_of(piece_of(arrange(compose(outline, preset, composer=composer, studio=studio), outline, preset)))
                if cues is None:
                    report(f"{preset.name}, seed {seed}: too few notes to judge, left out")
                    continue
                values.append([cues[name] for name in CUES])
                asked.append((valence, arousal))
                styles.append(preset.name)
        report(f"{preset.name}, {composer}: {len(values)} songs")
    signs = np.array(asked, np.int64).reshape(-1, 2)
    return Songs(np.array(values, float).reshape(-1, len(CUES)), signs[:, 0], signs[:, 1], np.array(styles, np.str_))


def beside_their_style(songs: Songs, mean: Vector) -> Vector:
    """The songs' cues as they differ from the mean of their style, which is put where the mean of art songs is: (n, len(CUES))."""
    values = songs.values.copy()
    for style in np.unique(songs.styles).tolist():
        here = songs.styles == style
        values[here] += mean - values[here].mean(axis=0)
    return values


def read(probe: Probe, songs: Songs) -> dict[str, Any]:
    """How well the probe tells halves and quadrants apart, for every set of cues: songs as they are, and beside their style."""
    whole = probe["all"]["valence"], probe["all"]["arousal"]
    found: dict[str, Any] = {}
    for name in SETS:
        here: dict[str, Any] = {}
        for way in ("as they are", "beside their style"):
            scores = {}
            for half, one in zip(HALVES, whole, strict=True):
                values = songs.values if way == "as they are" else beside_their_style(songs, one.mean)
                scores[half] = probe[name][half].scores(values)
            here[way] = {half: separation(scores[half], songs.half(half)) for half in HALVES}
            here[way]["quadrants"] = confusion(quadrants(songs.valence, songs.arousal), quadrants(scores["valence"], scores["arousal"]))
        found[name] = here
    return found


def table(own: dict[str, Any], found: dict[str, dict[str, Any]]) -> str:
    """Markdown: the probe on art songs first, then every composer."""
    rows = [
        "| who, read how | heard | valence: AUC, accuracy | arousal: AUC, accuracy | quadrant | n |",
        "|---|---|---|---|---|---|",
    ]
    for name in SETS:
        lines = [("art songs, other composers", own[name])]
        lines += [(f"{who}, {way}", what[name][way]) for who, what in found.items() for way in ("as they are", "beside their style")]
        for who, line in lines:
            halves = " | ".join(f"{line[half]['auc']:.2f}, {line[half]['balanced']:.2f}" for half in HALVES)
            right = line["quadrants"]
            rows.append(f"| {who} | {name} | {halves} | {right['balanced']:.2f} | {right['n']} |")
    rows.append("\nAccuracies are means over the halves, or the quadrants (by chance .50 and .25).")
    return "\n".join(rows)


def held_out() -> dict[str, Any]:
    """The probe's own figures, from its card; raises ModelError."""
    path = PATH.with_name("card.toml")
    try:
        own: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["held_out"]
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(f"{path}: the card of the probe cannot be read ({error}); reinstall daiw") from error
    return own


def run(args: argparse.Namespace) -> int:
    """Compose, read, print; write every figure where asked."""
    if args.seeds < 1 or not 0 < args.strength <= 1:
        raise PromptError("quadrants need at least one seed, and a strength over 0 and at most 1")
    presets = [find_preset(name) for name in args.preset or ["pop", "indie-folk"]]
    probe, own, found = load_probe(), held_out(), {}
    for composer in args.composer or ["reference", "neural"]:
        songs = songs_of(presets, composer, seeds=args.seeds, bars=args.bars, strength=args.strength)
        found[composer] = read(probe, songs)
    print(table(own, found))
    if args.out:
        part = args.out.with_name(args.out.name + ".part")
        part.write_text(json.dumps({"styles": [preset.name for preset in presets], "songs": found, "art songs": own}, indent=1))
        part.replace(args.out)
    return 0
