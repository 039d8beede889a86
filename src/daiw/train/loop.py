"""Melodies and chords, bass and keys, drums: what the three writers learn, in the loop of `daiw.train.run`."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daiw.nets.transformer_shape import Shape
from daiw.tokens.layout import LEAD, Layout
from daiw.tokens.vocab import BAR
from daiw.train.corpus import Windows, load_windows, windows_path
from daiw.train.run import Run, Watch
from daiw.train.settings import Settings, packed, shelved
from daiw.train.world import ALONE, World

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

SHELF = 256
"""Windows that are gathered by length together."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded rows: features (b, n, f), targets and bars (b, n), controls (b, window bars, c), weight (b, n) 1 where a row counts."""

    features: NDArray[np.int64]
    targets: NDArray[np.int64]
    bars: NDArray[np.int64]
    controls: NDArray[np.int64]
    weight: NDArray[np.float32]

    def rows(self, chosen: list[int]) -> "Batch":
        """Some of its windows, no longer than they need."""
        longest = 1 + int(np.flatnonzero((self.weight[chosen] > 0).any(axis=0)).max(initial=0))
        return Batch(
            self.features[chosen, :longest], self.targets[chosen, :longest], self.bars[chosen, :longest], self.controls[chosen],
            self.weight[chosen, :longest],
        )  # fmt: skip


def batches_of_epoch(windows: Windows, settings: Settings, epoch: int) -> list[list[int]]:
    """Window numbers of every batch of an epoch."""
    rng = np.random.default_rng([settings.seed, 11, epoch])
    order = rng.permutation(len(windows.names))
    kept = [int(i) for i in order if " lieder/" not in windows.names[i] or rng.random() < settings.lieder_share]
    lengths = np.diff(windows.starts).tolist()
    return shelved(kept, lengths.__getitem__, settings.batch_tokens, SHELF, rng)


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


def validate(model: Any, windows: Windows, settings: Settings, device: str, *, bf16: bool = False) -> dict[str, float]:  # noqa: ANN401
    """Bits a bar on held-out windows by role and source: "melody pop909", "melody pop909 plan", ..."""
    import torch

    from daiw.train.model import losses

    lengths = np.diff(windows.starts).tolist()
    order = sorted(range(len(windows.names)), key=lengths.__getitem__)
    bits: dict[str, float] = {}
    bars: dict[str, int] = {}
    with torch.no_grad(), torch.autocast(device.split(":")[0], dtype=torch.bfloat16, enabled=bf16):
        for chosen in packed(order, lengths.__getitem__, 2 * settings.batch_tokens):
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
    return {key: float(bits[key] / bars[key]) for key in sorted(bits)}


class WindowsTask:
    """Windows of melodies and chords, of bass and keys, or of drums: token cross-entropy, what refers to earlier bars weighed apart."""

    def __init__(self, training: Windows, held: Windows, settings: Settings, shape: Shape, *, bf16: bool = False) -> None:
        self.training, self.held, self.settings, self.shape, self.bf16 = training, held, settings, shape, bf16
        self.about: dict[str, Any] = {"shape": asdict(shape)}

    def model(self) -> "ComposerModel":
        """The network at the start, drawn from the seed."""
        from daiw.train.model import ComposerModel

        return ComposerModel(self.shape, self.settings.dropout)

    def batches(self, epoch: int) -> list[list[int]]:
        """Window numbers of every batch of an epoch."""
        return batches_of_epoch(self.training, self.settings, epoch)

    def batch(self, chosen: list[int], step: int) -> Batch:
        """The windows, some of their controls hidden."""
        batch = gather(self.training, chosen)
        rng = np.random.default_rng([self.settings.seed, 12, step])
        return replace(batch, controls=hide(batch.controls, self.settings, rng, self.shape.table))

    def loss(self, model: Any, chosen: list[int], world: World, step: int) -> "tuple[Tensor, float]":  # noqa: ANN401
        """Nats of this process's rows, and the rows of all."""
        from daiw.train.model import losses

        batch = self.batch(chosen, step)
        mine = world.share(list(range(len(chosen)))) or [0]
        alive = float(world.rank < len(chosen))
        features, targets, at, controls, weight = tensors(batch.rows(mine), world.device)
        content, reference = losses(model(features, at, controls), targets)
        return ((content + self.settings.plan_weight * reference) * weight).sum() * alive, float(batch.weight.sum())

    def validate(self, model: Any, world: World) -> dict[str, float]:  # noqa: ANN401
        """Bits a bar of the held-out windows."""
        return validate(model, self.held, self.settings, world.device, bf16=self.bf16)

    def score(self, figures: dict[str, float]) -> float:
        """Bits a bar of what this network is judged by, together."""
        return sum(figures[name] for name in JUDGED[self.shape.layout] if name in figures) or figures[min(figures)]


def train(
    corpus: Path,
    run: Path,
    settings: Settings,
    shape: Shape,
    *,
    world: World = ALONE,
    bf16: bool = False,
    every: int = 100,
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Train or go on training; returns the last held-out figures.

    bf16: autocast, where the machine is faster for it.  every: steps between checkpoints.  report: told a line after each.
    """
    training, held = (load_windows(windows_path(corpus, shape.layout, split)) for split in ("train", "val"))
    task = WindowsTask(training, held, settings, shape, bf16=bf16)
    return Run(task, run, settings, world, bf16=bf16).train(every, Watch(report))
