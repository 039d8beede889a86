"""The training loop of every network: batches, gradients, held-out figures, checkpoints, logs.

Every batch, dropout mask and hidden control is drawn from (seed, step), and a checkpoint holds weights, optimiser state and step: a run
that is killed and started again with the same command goes on with the same loss curve.  The best weights by held-out bits a bar are kept
beside the last ones.  Under torchrun each process takes its share of every batch, and the curve is that of one process with the whole
batch (without dropout to the last digits; with it, masks differ).
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from daiw.errors import ModelError
from daiw.train.checkpoint import load_whole, save_whole
from daiw.train.pace import Pace
from daiw.train.settings import Settings, rate
from daiw.train.world import ALONE, World

if TYPE_CHECKING:
    from torch import Tensor


class Task(Protocol):
    """What one network learns.  about: what a checkpoint needs to be used again, its shape first of all."""

    about: dict[str, Any]

    def model(self) -> Any:  # noqa: ANN401  # torch is untyped where it is not installed
        """The network at the start."""

    def batches(self, epoch: int) -> list[list[int]]:
        """Numbers of the pieces of every step of an epoch."""

    def loss(self, model: Any, chosen: list[int], world: World, step: int) -> "tuple[Tensor, float]":  # noqa: ANN401
        """(weighted sum of nats over this process's share, weight of the whole batch)."""

    def validate(self, model: Any, world: World) -> dict[str, float]:  # noqa: ANN401
        """Held-out bits a bar, by name."""

    def score(self, figures: dict[str, float]) -> float:
        """The figure by which the best weights are chosen; the lower the better."""


@dataclass(slots=True)
class Watch:
    """Who is told what.  report: a line after each checkpoint.  step: (step, of how many, loss) after each step.

    A KeyboardInterrupt of either ends the run; what was kept so far stays.
    """

    report: Callable[[str], None] = print
    step: Callable[[int, int, float], None] = field(default=lambda step, steps, loss: None)


def optimisers(model: Any, settings: Settings) -> list[Any]:  # noqa: ANN401
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


def batches_from(task: Task, step: int) -> Iterator[tuple[int, list[int]]]:
    """(epoch, pieces) of step `step` and of all after it, epoch after epoch."""
    passed, epoch = 0, 0
    while True:
        found = task.batches(epoch)
        for chosen in found[max(0, step - passed) :]:
            yield epoch, chosen
        passed, epoch = passed + len(found), epoch + 1


class Run:
    """One run in its folder: last.pt to go on from, best.pt, curve.jsonl, and TensorBoard's files where that is installed."""

    def __init__(self, task: Task, folder: Path, settings: Settings, world: World = ALONE, *, bf16: bool = False) -> None:
        import torch

        self.task, self.folder, self.settings, self.world, self.bf16 = task, folder, settings, world, bf16
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(settings.seed)
        self.model = task.model().to(world.device)
        self.steppers = optimisers(self.model, settings)
        self.step, self.best = 0, float("inf")
        self.figures: dict[str, float] = {}
        if (folder / "last.pt").exists():
            self._go_on(load_whole(folder / "last.pt", world.device))
        self.spread = world.spread(self.model)
        self.seconds, self.running = 0.0, 0.0
        self.board = board(folder) if world.writes else None

    def _go_on(self, state: dict[str, Any]) -> None:
        """Take up a checkpoint; raises ModelError where it is another network's."""
        try:
            self.model.load_state_dict(state["model"])
            for stepper, kept in zip(self.steppers, state["steppers"], strict=True):
                stepper.load_state_dict(kept)
            self.step, self.best, self.figures = state["step"], state["best"], dict(state["figures"])
        except (RuntimeError, KeyError, ValueError, TypeError) as error:
            raise ModelError(f"{self.folder / 'last.pt'}: a checkpoint of another network; choose another folder for this run") from error
        curve = self.folder / "curve.jsonl"
        if curve.exists():
            lines = [line for line in curve.read_text().splitlines() if json.loads(line)["step"] <= self.step]
            curve.write_text("".join(f"{line}\n" for line in lines))

    def train(self, every: int, watch: Watch, pace: Pace | None = None) -> dict[str, float]:
        """Until the last step; returns the last held-out figures.

        every: steps between checkpoints.  pace: may bring the last step, and the fall of the rates with it, nearer while training, and
        as far back as was planned where the machine grows idle again.
        """
        began, planned = time.perf_counter(), self.settings.steps
        self.model.train()
        for epoch, chosen in batches_from(self.task, self.step):
            if self.step >= self.settings.steps:
                break
            started = pace.clock() if pace else 0.0
            seen = self._one(chosen)
            self.running = seen if self.running == 0.0 else 0.95 * self.running + 0.05 * seen
            if pace:
                pace.stepped(pace.clock() - started)
                self.settings = replace(self.settings, steps=pace.steps(self.step, planned, every))
            watch.step(self.step, self.settings.steps, self.running)
            if self.step % every == 0 or self.step == self.settings.steps:
                started = pace.clock() if pace else 0.0
                self.keep({"epoch": epoch, "seconds": round(time.perf_counter() - began)}, watch)
                if pace:
                    pace.looked(pace.clock() - started)
        return self.figures

    def _one(self, chosen: list[int]) -> float:
        """One step; returns the loss in nats a token over the whole batch."""
        import torch

        torch.manual_seed(self.settings.seed * 1_000_003 + self.step + 7_919 * self.world.rank)
        with torch.autocast(self.world.device.split(":")[0], dtype=torch.bfloat16, enabled=self.bf16):
            total, weight = self.task.loss(self.spread, chosen, self.world, self.step)
        loss = total * (self.world.size / weight)  # gradients are averaged over the processes, and shall be those of the sum
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for stepper, start in zip(self.steppers, (self.settings.muon_rate, self.settings.adam_rate), strict=True):
            stepper.param_groups[0]["lr"] = start * rate(self.step, self.settings)
            stepper.step()
            stepper.zero_grad(set_to_none=True)
        self.step += 1
        seen = loss.detach()
        if self.world.size > 1:
            torch.distributed.all_reduce(seen)
            seen = seen / self.world.size
        return float(seen)

    def keep(self, about: dict[str, float], watch: Watch) -> None:
        """Held-out figures and a checkpoint; the writing process does both, the others wait."""
        if self.world.writes:
            self.model.eval()
            self.figures = self.task.validate(self.model, self.world)
            self.model.train()
            score = self.task.score(self.figures)
            line = {"step": self.step, "loss": round(self.running, 4), **about, **{k: round(v, 3) for k, v in self.figures.items()}}
            with (self.folder / "curve.jsonl").open("a") as file:
                file.write(json.dumps(line) + "\n")
            for name, value in (("loss", self.running), *self.figures.items()):
                if self.board is not None:
                    self.board.add_scalar(name, value, self.step)
            if score < self.best:
                self.best = score
                save_whole(
                    self.folder / "best.pt",
                    {"model": self.model.state_dict(), "step": self.step, "figures": self.figures} | self.task.about,
                )
            save_whole(
                self.folder / "last.pt",
                {
                    "model": self.model.state_dict(), "steppers": [s.state_dict() for s in self.steppers], "step": self.step,
                    "best": self.best, "figures": self.figures,
                },
            )  # fmt: skip
            watch.report(json.dumps(line))
        self.world.wait()


def board(folder: Path) -> Any:  # noqa: ANN401
    """TensorBoard's writer, or None where tensorboard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"))
