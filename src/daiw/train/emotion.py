"""Train the reader of feelings: python -m daiw.train.emotion --data DIR --out DIR --seed 0

DIR of --data holds goemotions/, emobank/ and musiccaps/ (see models/emotion/card.toml for their sources).  First the text encoder's last
two layers (torch, one core, --layers FILE takes trained ones), then the heads on their vectors (numpy); some minutes go into reading 60,000
sentences, whose states stay in memory (1 GB).
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from daiw.nets.emotion_heads import Heads
from daiw.nets.feeling_layers import FeelingLayers
from daiw.train.emotion_calibrate import calibrate, measure, measure_public, read_prompts, save, with_anchors
from daiw.train.emotion_composed import briefs, negations, states
from daiw.train.emotion_data import emobank, goemotions, musiccaps, own_sentences
from daiw.train.emotion_fit import Array, Recipe, tabulate, train_heads
from daiw.train.feeling_layers import LayerRecipe, States, save_layers, train_layers

ANCHOR_BRIEFS = 362
"""How many composed briefs join the anchors: every genre alone and some of the random ones; more did not help, and weights weigh."""


class Felt:
    """What trained layers hear in texts."""

    def __init__(self, states: States, layers: FeelingLayers) -> None:
        self._states, self._layers, self._known = states, layers, dict[str, Array]()

    def embeddings(self, texts: Sequence[str]) -> Array:
        """(texts, 384), of unit length."""
        for text in texts:
            if text not in self._known:
                self._known[text] = self._layers.vector([self._states.of(text).astype(np.float32)])
        return np.stack([self._known[text] for text in texts])


def main() -> None:
    """Read the data, train, calibrate on the development prompts, measure, write layers.safetensors, heads.npz and metrics.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--prompts", type=Path, default=Path("tests/golden/prompts.tsv"))
    parser.add_argument("--layers", type=Path, help="trained layers to take (default: train them)")
    parser.add_argument("--measure", action="append", default=[], metavar="SPLIT", help="held or fresh; every look makes it less of a test")
    options = parser.parse_args()
    began = time.monotonic()
    bank = emobank(options.data / "emobank")
    public = [*bank["train"], *goemotions(options.data / "goemotions", "train"), *musiccaps(options.data / "musiccaps")]
    composed = briefs(np.random.default_rng([options.seed, 1]))
    ours = [*own_sentences(), *states(), *negations(), *composed]
    options.out.mkdir(parents=True, exist_ok=True)
    known, layers = States(), options.out / "layers.safetensors"
    if options.layers:
        layers.write_bytes(options.layers.read_bytes())
    else:
        save_layers(train_layers([*public, *ours], known, LayerRecipe(), options.seed), layers)
    print(f"layers after {time.monotonic() - began:.0f} s", flush=True)
    felt, recipe = Felt(known, FeelingLayers(layers)), Recipe()
    table = tabulate([*public, *ours], felt)
    dev = read_prompts(options.prompts, "dev", felt)
    anchors = tabulate([*own_sentences(), *negations(), *composed[:ANCHOR_BRIEFS]], felt)
    heads = calibrate(train_heads(table, anchors, recipe, options.seed), dev)
    before = measure(heads, dev)
    heads = with_anchors(heads, replace(anchors, vad=np.nan_to_num(anchors.vad)), dev, recipe)
    save(heads, options.out / "heads.npz")
    heads = Heads.load(options.out / "heads.npz")
    held_out = tabulate(bank["test"], felt), tabulate(goemotions(options.data / "goemotions", "test"), felt)
    metrics = {"dev before its prompts became anchors": before, "public": measure_public(heads, *held_out)}
    metrics |= {split: measure(heads, read_prompts(options.prompts, split, felt)) for split in options.measure}
    metrics["examples"] = {"public": float(len(public)), "own": float(len(ours))}
    (options.out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    print(json.dumps(metrics, indent=2), f"\n{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
