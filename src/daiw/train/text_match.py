"""The contrastive objective: captions and bars of music that belong together are near, all others far (InfoNCE, van den Oord 2018; CLIP).

`daiw train match --corpus TOKENS --out FILE`: towers on portraits of 16 bars and the embeddings of captions, and how well held-out music is
found again from its caption.
"""

import argparse
import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from daiw.errors import FileFormatError
from daiw.nets.text_encoder import TextEncoder
from daiw.nets.text_match import SHAPES, SPACE, WIDTH, TextMatch, unit
from daiw.tokens.codec import window_chords
from daiw.tokens.portrait import portrait
from daiw.tokens.sheet import Sheet
from daiw.train.captions import caption, truths
from daiw.train.corpus import all_sheets, held_out, write_whole

BARS = 16
CAPTIONS = 3
"""Of every training stretch."""

STEPS, BATCH, RATE = 1500, 256, 2e-3
LEAST_NOTES = 12


def stretch(sheet: Sheet, first: int, bars: int = BARS) -> Sheet:
    """Some bars as a sheet of their own."""
    units = sheet.bar_units
    notes = sheet.notes[(sheet.notes[:, 0] >= first * units) & (sheet.notes[:, 0] < (first + bars) * units)].copy()
    notes[:, 0] -= first * units
    chords = window_chords(sheet.chords, first, bars, units)
    return Sheet(
        f"{sheet.name}@{first}", sheet.style, sheet.meter, bars, notes, chords[chords[:, 0] < bars * units], (), sheet.bpm, sheet.minor,
        sheet.level[first : first + bars], sheet.shift,
    )  # fmt: skip


def stretches(sheet: Sheet) -> list[Sheet]:
    """Every 16 bars with a melody and something to say of it."""
    found = [stretch(sheet, first) for first in range(0, sheet.bars - BARS + 1, BARS)]
    return [one for one in found if len(one.notes) >= LEAST_NOTES and len(one.chords) and truths(one)]


def held_songs(sheets: Sequence[Sheet]) -> list[Sheet]:
    """One stretch of every held-out song."""
    found = {sheet.name.split(".")[0]: some[0] for sheet in sheets if held_out(sheet.name) and (some := stretches(sheet))}
    return list(found.values())


class Texts:
    """Embeddings of captions, each made once."""

    def __init__(self) -> None:
        self.encoder, self.known = TextEncoder(), dict[str, NDArray[np.float32]]()

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 384)."""
        for text in texts:
            if text not in self.known:
                self.known[text] = self.encoder.encode(text)
        return np.stack([self.known[text] for text in texts])


def recalls(match: TextMatch, portraits: NDArray[np.float32], embeddings: NDArray[np.float32]) -> dict[str, float]:
    """Share of captions whose own music is the first, and among the first ten, of all; both ways, and by chance."""
    near = unit(embeddings @ match.weights["text"].T) @ match.music(portraits).T
    own = np.diag(near)
    by_text, by_music = (near > own[:, None]).sum(axis=1), (near > own[None]).sum(axis=0)
    n = len(near)
    return {
        "n": float(n), "recall at 1": float((by_text < 1).mean()), "recall at 10": float((by_text < 10).mean()),
        "music to text, recall at 10": float((by_music < 10).mean()), "chance at 1": 1 / n, "chance at 10": min(1.0, 10 / n),
        "median rank": float(np.median(by_text)) + 1,
    }  # fmt: skip


def fit(portraits: NDArray[np.float32], embeddings: NDArray[np.float32], seed: int = 1, steps: int = STEPS) -> TextMatch:
    """Towers for portraits (n, SIZE) and the captions' embeddings (n, CAPTIONS, 384)."""
    import torch
    from torch.nn import functional

    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    mean, spread = portraits.mean(axis=0), portraits.std(axis=0) + 0.02
    music = torch.from_numpy(((portraits - mean) / spread).clip(-4, 4).astype(np.float32))
    texts = torch.from_numpy(embeddings.astype(np.float32))
    first = torch.nn.Linear(portraits.shape[1], WIDTH)
    second, words = torch.nn.Linear(WIDTH, SPACE, bias=False), torch.nn.Linear(embeddings.shape[-1], SPACE, bias=False)
    heat = torch.nn.Parameter(torch.tensor(2.0))
    stepper = torch.optim.AdamW([*first.parameters(), *second.parameters(), *words.parameters(), heat], lr=RATE, weight_decay=0.05)
    size = min(BATCH, len(portraits))
    for step in range(steps):
        chosen = torch.from_numpy(rng.choice(len(portraits), size, replace=False))
        which = torch.from_numpy(rng.integers(embeddings.shape[1], size=size))
        seen = functional.dropout(music[chosen], 0.1)
        heard = functional.normalize(second(torch.tanh(first(seen))), dim=-1)
        said = functional.normalize(words(texts[chosen, which]), dim=-1)
        logits = said @ heard.T * heat.exp().clamp(max=50.0)
        right = torch.arange(size)
        loss = (functional.cross_entropy(logits, right) + functional.cross_entropy(logits.T, right)) / 2
        for group in stepper.param_groups:
            group["lr"] = RATE * (1.0 - step / steps)
        stepper.zero_grad()
        loss.backward()
        stepper.step()
    arrays = {
        "mean": mean, "spread": spread, "first": first.weight, "first_bias": first.bias, "second": second.weight, "text": words.weight,
    }  # fmt: skip
    kept = {
        name: np.asarray(a.detach().numpy() if hasattr(a, "detach") else a, np.float16).astype(np.float32) for name, a in arrays.items()
    }
    assert {name: array.shape for name, array in kept.items()} == SHAPES
    return TextMatch(kept)


def judged(match: TextMatch, held: Sequence[Sheet], texts: Texts) -> dict[str, dict[str, float]]:
    """How well held-out music is found: one stretch a song, whole captions and the feeling's words alone, over all and within a corpus."""
    rng = np.random.default_rng(5)
    found = {}
    feeling = [one for one in held if truths(one, music=False)]
    for name, some, music, unseen in (
        ("all, whole captions", held, True, False),
        ("pop909, whole captions", [one for one in held if one.style == "pop909"], True, False),
        ("all, feeling alone", feeling, False, False),
        ("all, feeling alone, in words that were not learnt", feeling, False, True),
    ):
        if some:
            portraits = np.stack([portrait(one) for one in some])
            found[name] = recalls(match, portraits, texts.of([caption(one, rng, music=music, unseen=unseen) for one in some]))
    return found


def run(args: argparse.Namespace) -> int:
    """Train, judge, write."""
    from daiw.train.command import need_torch

    need_torch()
    import torch

    sheets = all_sheets(args.corpus)
    if not sheets:
        raise FileFormatError(f"{args.corpus} holds no sheets; daiw train tokens makes them")
    torch.set_num_threads(1)
    training = [one for sheet in sheets if not held_out(sheet.name) for one in stretches(sheet)]
    songs = held_songs(sheets)
    texts, rng = Texts(), np.random.default_rng(3)
    print(f"{len(training)} stretches to learn from, {len(songs)} songs held out", flush=True)
    portraits = np.stack([portrait(one) for one in training])
    said = [[caption(one, rng, music=k > 0 or not truths(one, music=False)) for k in range(CAPTIONS)] for one in training]
    embeddings = np.stack([texts.of(some) for some in said])
    match = fit(portraits, embeddings)
    figures = judged(match, songs, texts)
    write_whole(args.out, {name: array.astype(np.float16) for name, array in match.weights.items()})
    print(json.dumps(figures, indent=1))
    return 0
