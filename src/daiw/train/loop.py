"""Train the composer.

    python -m daiw.train.loop --corpus DIR --run DIR --steps 1800 [--layout lead|band|kit] [--device cpu]

Every batch, dropout mask and hidden control is drawn from (seed, step), and a checkpoint holds weights, optimiser state and step: a run
that is killed and started again with the same command goes on with the same loss curve.  The best weights by held-out bits a bar are kept
beside the last ones.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daiw.nets.transformer_shape import Shape
from daiw.tokens.layout import LEAD, Layout
from daiw.tokens.vocab import BAR
from daiw.train.corpus import Windows, load_windows, windows_path

if TYPE_CHECKING:
    from torch import Tensor

    from daiw.train.model import ComposerModel


SHAPES = {
    "lead": Shape(),
    "band": Shape(width=192, layers=4, heads=3, head=64, inner=576, condition=96, cross=(1, 3), layout="band"),
    "kit": Shape(width=192, layers=4, heads=3, head=64, inner=512, condition=96, cross=(1, 3), window_bars=12, layout="kit"),
}
"""The size of each writer, by its layout."""

JUDGED = {"lead": ("melody pop909",), "band": ("bass pop909", "keys pop909"), "kit": ("drums groove",)}
"""Held-out figures whose sum decides which weights are the best."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    steps: optimiser steps, over which the learning rates follow a cosine to a twentieth after a short warm-up.  batch_tokens: padded rows a
    step.  muon_rate, adam_rate: of matrices and of embeddings.  plan_weight: of the bar tokens' references in the loss.
    hide_all, hide_one: chance that a window loses all of its felt controls (for guidance), and each of the others by itself.
    lieder_share: share of the art songs seen each epoch.
    """

    steps: int = 1800
    batch_tokens: int = 5000
    muon_rate: float = 3e-3
    adam_rate: float = 3e-3
    warm_up: int = 30
    plan_weight: float = 0.25
    dropout: float = 0.1
    hide_all: float = 0.12
    hide_one: float = 0.15
    lieder_share: float = 0.5
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded rows: features (b, n, f), targets and bars (b, n), controls (b, window bars, c), weight (b, n) 1 where a row counts."""

    features: NDArray[np.int64]
    targets: NDArray[np.int64]
    bars: NDArray[np.int64]
    controls: NDArray[np.int64]
    weight: NDArray[np.float32]


def batches_of_epoch(windows: Windows, settings: Settings, epoch: int) -> list[list[int]]:
    """Window numbers of every batch of an epoch: shuffled, then gathered by length within stretches to waste little padding."""
    rng = np.random.default_rng([settings.seed, 11, epoch])
    order = rng.permutation(len(windows.names))
    kept = [int(i) for i in order if " lieder/" not in windows.names[i] or rng.random() < settings.lieder_share]
    lengths = np.diff(windows.starts)
    batches = []
    for start in range(0, len(kept), 256):
        batches += packed(sorted(kept[start : start + 256], key=lambda i: int(lengths[i])), lengths, settings.batch_tokens)
    rng.shuffle(batches)
    return batches


def packed(indices: list[int], lengths: NDArray[np.int64], tokens: int) -> list[list[int]]:
    """Cut a list of windows, sorted by length, into batches of at most `tokens` padded rows."""
    batches: list[list[int]] = [[]]
    for i in indices:
        if batches[-1] and (len(batches[-1]) + 1) * int(lengths[i]) > tokens:
            batches.append([])
        batches[-1].append(i)
    return [batch for batch in batches if batch]


def gather(windows: Windows, chosen: list[int]) -> Batch:
    """Pad the chosen windows to the longest."""
    lengths = [int(windows.starts[i + 1] - windows.starts[i]) for i in chosen]
    shape = (len(chosen), max(lengths))
    features, weight = np.zeros((*shape, windows.features.shape[1]), np.int64), np.zeros(shape, np.float32)
    targets, bars = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, (i, length) in enumerate(zip(chosen, lengths, strict=True)):
        rows = slice(int(windows.starts[i]), int(windows.starts[i + 1]))
        features[row, :length], targets[row, :length] = windows.features[rows], windows.targets[rows]
        bars[row, :length], weight[row, :length] = windows.bars[rows], 1.0
        bars[row, length:] = windows.bars[rows][-1]
    return Batch(features, targets, bars, windows.controls[chosen].astype(np.int64), weight)


def hide(controls: NDArray[np.int64], settings: Settings, rng: np.random.Generator, layout: Layout = LEAD) -> NDArray[np.int64]:
    """The controls with some not told, per window."""
    told = controls.copy()
    rows = len(told)
    for name in layout.told:
        told[rng.random(rows) < settings.hide_one, :, layout.column(name)] = 0
    formless = rng.random(rows) < settings.hide_one
    for name in ("since", "left"):
        if name in dict(layout.controls):
            told[formless, :, layout.column(name)] = 0
    nothing = rng.random(rows) < settings.hide_all
    for name in layout.felt:
        told[nothing | (rng.random(rows) < settings.hide_one), :, layout.column(name)] = 0
    return told


def tensors(batch: Batch, device: str) -> "tuple[Tensor, ...]":
    """The batch on a device."""
    import torch

    return tuple(torch.from_numpy(array).to(device) for array in (batch.features, batch.targets, batch.bars, batch.controls, batch.weight))


def optimisers(model: "ComposerModel", settings: Settings) -> list[Any]:
    """Muon (Jordan 2024) for matrices inside the layers, AdamW for embeddings, scales and the head."""
    import torch

    inner: list[Any] = []
    outer: list[Any] = []
    for name, weight in model.weights.items():
        deep = name[0].isdigit() and not name.endswith(("bias", "scale"))
        (inner if deep else outer).append(weight)
    return [
        torch.optim.Muon(inner, lr=settings.muon_rate, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(outer, lr=settings.adam_rate, betas=(0.9, 0.95), weight_decay=0.01),
    ]


def rate(step: int, settings: Settings) -> float:
    """Factor of the learning rates at `step`."""
    if step < settings.warm_up:
        return (step + 1) / settings.warm_up
    progress = (step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
    return 0.05 + 0.95 * 0.5 * (1.0 + float(np.cos(np.pi * min(1.0, progress))))


def validate(model: "ComposerModel", windows: Windows, settings: Settings, device: str, *, bf16: bool = False) -> dict[str, float]:
    """Bits a bar on held-out windows by role and source: "melody pop909", "melody pop909 plan", ..."""
    import torch

    from daiw.train.model import losses

    lengths = np.diff(windows.starts)
    order = sorted(range(len(windows.names)), key=lambda i: int(lengths[i]))
    bits: dict[str, float] = {}
    bars: dict[str, int] = {}
    model.eval()
    with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
        for chosen in packed(order, lengths, 2 * settings.batch_tokens):
            batch = gather(windows, chosen)
            features, targets, at, controls, weight = tensors(batch, device)
            content, plan = losses(model(features, at, controls), targets)
            for row, i in enumerate(chosen):
                role, song = windows.names[i].split(" ", 1)
                key = f"{role} {song.split('/')[0]}"
                bits[key] = bits.get(key, 0.0) + float((content[row] * weight[row]).sum()) / np.log(2)
                bits[f"{key} plan"] = bits.get(f"{key} plan", 0.0) + float((plan[row] * weight[row]).sum()) / np.log(2)
                count = int(np.isin(batch.targets[row], range(BAR.first, BAR.end)).sum())
                for name in (key, f"{key} plan"):
                    bars[name] = bars.get(name, 0) + count
    model.train()
    return {key: float(bits[key] / bars[key]) for key in sorted(bits)}


def save_whole(path: Path, state: dict[str, Any]) -> None:
    """torch.save beside `path`, then move into place."""
    import torch

    part = path.with_name(path.name + ".part")
    torch.save(state, part)
    os.replace(part, path)


def train(
    corpus: Path,
    run: Path,
    settings: Settings,
    shape: Shape,
    *,
    device: str = "cpu",
    bf16: bool = False,
    every: int = 100,
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Train or go on training; returns the last held-out figures.

    bf16: autocast, where the machine is faster for it (processors with AMX, and GPUs; without, it is a third slower).
    every: steps between checkpoints.  report: told a line after each.
    """
    import torch

    from daiw.train.model import ComposerModel, losses

    run.mkdir(parents=True, exist_ok=True)
    training, held = (load_windows(windows_path(corpus, shape.layout, split)) for split in ("train", "val"))
    torch.manual_seed(settings.seed)
    model = ComposerModel(shape, settings.dropout).to(device)
    steppers = optimisers(model, settings)
    step, best, figures = 0, float("inf"), {}
    if (run / "last.pt").exists():
        state = torch.load(run / "last.pt", map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        for stepper, kept in zip(steppers, state["steppers"], strict=True):
            stepper.load_state_dict(kept)
        step, best = state["step"], state["best"]
    base = (settings.muon_rate, settings.adam_rate)
    epoch, plan, passed = 0, batches_of_epoch(training, settings, 0), 0
    while step - passed >= len(plan):
        passed, epoch = passed + len(plan), epoch + 1
        plan = batches_of_epoch(training, settings, epoch)
    began, tokens, running = time.perf_counter(), 0, 0.0
    model.train()
    while step < settings.steps:
        if step - passed >= len(plan):
            passed, epoch = passed + len(plan), epoch + 1
            plan = batches_of_epoch(training, settings, epoch)
        batch = gather(training, plan[step - passed])
        rng = np.random.default_rng([settings.seed, 12, step])
        torch.manual_seed(settings.seed * 1_000_003 + step)
        features, targets, at, _, weight = tensors(batch, device)
        controls = torch.from_numpy(hide(batch.controls, settings, rng, shape.table)).to(device)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
            logits = model(features, at, controls)
        content, reference = losses(logits, targets)
        loss = ((content + settings.plan_weight * reference) * weight).sum() / weight.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper, start in zip(steppers, base, strict=True):
            stepper.param_groups[0]["lr"] = start * rate(step, settings)
            stepper.step()
            stepper.zero_grad(set_to_none=True)
        step += 1
        tokens += int(weight.sum())
        seen = float(loss.detach())
        running = seen if running == 0.0 else 0.95 * running + 0.05 * seen
        if step % 20 == 0:
            print(f"step {step} epoch {epoch} loss {running:.4f} tokens/s {tokens / (time.perf_counter() - began):.0f}", flush=True)
        if step % every == 0 or step == settings.steps:
            figures = validate(model, held, settings, device, bf16=bf16)
            score = sum(figures[name] for name in JUDGED[shape.layout] if name in figures) or figures[min(figures)]
            state = {"model": model.state_dict(), "steppers": [s.state_dict() for s in steppers], "step": step, "best": min(best, score)}
            save_whole(run / "last.pt", state)
            if score < best:
                best = score
                save_whole(run / "best.pt", {"model": model.state_dict(), "step": step, "figures": figures, "shape": asdict(shape)})
            line = {
                "step": step,
                "epoch": epoch,
                "loss": round(running, 4),
                "seconds": round(time.perf_counter() - began),
                "tokens": tokens,
                **{k: round(v, 3) for k, v in figures.items()},
            }
            with (run / "curve.jsonl").open("a") as file:
                file.write(json.dumps(line) + "\n")
            report(json.dumps(line))
    return figures


def main() -> None:
    """Command line."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=Settings().steps)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=100)
    parser.add_argument("--layout", choices=sorted(SHAPES), default="lead")
    parser.add_argument("--dropout", type=float, default=Settings().dropout)
    parser.add_argument("--batch-tokens", type=int, default=Settings().batch_tokens)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    settings = Settings(steps=arguments.steps, batch_tokens=arguments.batch_tokens, dropout=arguments.dropout)
    train(
        arguments.corpus,
        arguments.run,
        settings,
        SHAPES[arguments.layout],
        device=arguments.device,
        bf16=arguments.bf16,
        every=arguments.every,
    )


if __name__ == "__main__":
    main()
