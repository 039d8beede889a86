"""Held-out bits a bar of exported weights, by role, source and kind of token, with and without what the network is given; no torch.

An ablation here hides an input of the trained network: it says what the network leans on, and flatters the input, since the network was
hardly ever trained to do without.  What a network trained without it would reach is another figure: `daiw train model --without`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from daiw.nets.transformer import Decoder, Weights
from daiw.tokens.layout import Layout
from daiw.tokens.vocab import BAR, KINDS, STRENGTHS, STROKE
from daiw.train.corpus import Windows

Arrays = tuple[NDArray[np.int64], NDArray[np.int64]]
Hide = Callable[[NDArray[np.int64], NDArray[np.int64], Layout], Arrays]

FORM = ("kind", "since", "left", "turn", "crash")
ABOVE = ("root", "quality", "change_slot", "move", "next_root", "next_quality", "tune", "tune_slot")
"""Columns of steps that say the chords and the tune, in any layout."""


def without_conditioning(features: NDArray[np.int64], controls: NDArray[np.int64], layout: Layout) -> Arrays:
    """No control is told but the meter: no form, style, tempo, density, register, feeling."""
    told = controls.copy()
    told[..., [i for i, (name, _) in enumerate(layout.controls) if name != "meter"]] = 0
    return features, told


def without_hierarchy(features: NDArray[np.int64], controls: NDArray[np.int64], layout: Layout) -> Arrays:
    """Nothing of the levels above: no form among the controls, no chords (for bass and keys, no tune) among the features."""
    told, seen = controls.copy(), features.copy()
    told[..., [i for i, (name, _) in enumerate(layout.controls) if name in FORM]] = 0
    seen[..., [i for i, (name, _) in enumerate(layout.features) if name in ABOVE]] = 0
    return seen, told


def without_copy(features: NDArray[np.int64], controls: NDArray[np.int64], layout: Layout) -> Arrays:
    """Nothing of what the bar referred to has next; that it refers, and how, is still told."""
    seen = features.copy()
    seen[..., [i for i, (name, _) in enumerate(layout.features) if name.startswith("copy_")]] = 0
    return seen, controls


ABLATIONS: Mapping[str, Hide] = {"conditioning": without_conditioning, "hierarchy": without_hierarchy, "copy": without_copy}


def windows_without(name: str, windows: Windows, layout: Layout) -> Windows:
    """The windows with an input of ABLATIONS hidden everywhere."""
    features, controls = ABLATIONS[name](windows.features.astype(np.int64), windows.controls.astype(np.int64), layout)
    return replace(windows, features=features.astype(np.int16), controls=controls.astype(np.int16))


def logits_of(weights: Weights, features: NDArray[np.int64], bars: NDArray[np.int64], controls: NDArray[np.int64]) -> NDArray[np.float64]:
    """(rows, vocabulary) log chances in bits of one window."""
    decoder = Decoder(weights, controls[None], len(features))
    logits = decoder.extend(features[None], bars[None])[0].astype(np.float64)
    logits -= logits.max(-1, keepdims=True)
    result: NDArray[np.float64] = (logits - np.log(np.exp(logits).sum(-1, keepdims=True))) / np.log(2)
    return result


def costs(chances: NDArray[np.float64], targets: NDArray[np.int64]) -> dict[str, float]:
    """Bits of a window's tokens: "" of content, " plan" of which bar is referred to, ": KIND" by kind of token, and the drums' voices."""
    chosen = -chances[np.arange(len(targets)), targets]
    ending = np.log2(np.exp2(chances[:, BAR.first : BAR.end]).sum(-1))
    is_bar = (targets >= BAR.first) & (targets < BAR.end)
    found = {"": float(np.where(is_bar, -ending, chosen).sum()), " plan": float(np.where(is_bar, chosen + ending, 0.0).sum())}
    for name, kind in KINDS.items():
        here = (targets >= kind.first) & (targets < kind.end)
        if here.any() and name != "bar":
            found[f": {name}"] = float(chosen[here].sum())
    stroke = (targets >= STROKE.first) & (targets < STROKE.end)
    if stroke.any():
        struck = np.exp2(chances[stroke][:, STROKE.first : STROKE.end]).reshape(int(stroke.sum()), -1, len(STRENGTHS)).sum(-1)
        found[": which voice"] = -float(np.log2(struck[np.arange(len(struck)), (targets[stroke] - STROKE.first) // len(STRENGTHS)]).sum())
    return found


def bits(weights: Weights, held: Windows, most: int | None = None, hide: Hide | None = None) -> dict[str, float]:
    """Bits a bar by "role source", as `loop.validate` reports them, and finer.  most: windows of each, drawn once and for all."""
    found: dict[str, float] = {}
    bars: dict[str, int] = {}
    shown: dict[str, int] = {}
    layout = weights.shape.table
    order = range(len(held.names)) if most is None else np.random.default_rng(1).permutation(len(held.names)).tolist()
    for i in order:
        role, song = held.names[i].split(" ", 1)
        key = f"{role} {song.split('/')[0]}"
        shown[key] = shown.get(key, 0) + 1
        if most is not None and shown[key] > most:
            continue
        rows = slice(int(held.starts[i]), int(held.starts[i + 1]))
        features, controls = held.features[rows].astype(np.int64), held.controls[i].astype(np.int64)
        if hide is not None:
            features, controls = hide(features, controls, layout)
        targets = held.targets[rows].astype(np.int64)
        for name, value in costs(logits_of(weights, features, held.bars[rows].astype(np.int64), controls), targets).items():
            found[key + name] = found.get(key + name, 0.0) + value
        bars[key] = bars.get(key, 0) + int(((targets >= BAR.first) & (targets < BAR.end)).sum())
    return {name: value / bars[name.split(":")[0].removesuffix(" plan")] for name, value in sorted(found.items())}


def ablated(weights: Weights, held: Windows, most: int | None) -> dict[str, float]:
    """Content bits a bar with everything, and with each input of ABLATIONS hidden."""
    result: dict[str, float] = {}
    for name, hide in ({"everything": None} | dict(ABLATIONS)).items():
        for key, value in bits(weights, held, most, hide).items():
            if ":" not in key and not key.endswith(" plan"):
                result[f"{key}, {'with' if hide is None else 'without'} {name}"] = value
    return result
