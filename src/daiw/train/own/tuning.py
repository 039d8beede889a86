"""Learn from a person's songs, starting from our weights, and say what was learnt and what was forgotten."""

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from daiw.errors import PromptError
from daiw.nets.novelty import read_index, run_hashes
from daiw.nets.own import FILES, ComposerFiles
from daiw.train.checkpoint import load_whole, save_whole
from daiw.train.corpus import write_whole
from daiw.train.export import shape_of, write_weights
from daiw.train.own.material import Material
from daiw.train.own.sanity import Split
from daiw.train.own.tasks import OwnChartsTask, OwnWindowsTask, Pieces, pieces, task_of
from daiw.train.pace import Pace
from daiw.train.run import Run, Watch, batches_from
from daiw.train.settings import Settings
from daiw.train.world import ALONE

Tuned = OwnWindowsTask | OwnChartsTask

PLAN = "plan.json"
PLAN_FORMAT = 2
SHARES = {"lead": 0.4, "band": 0.35, "kit": 0.15, "harmony": 0.1}
"""Of the time, where all are trained."""

OWN = Settings(batch_tokens=1500, muon_rate=4e-4, adam_rate=4e-4, dropout=0.15, warm_up=8)
FEWEST_STEPS, MOST_EPOCHS = 24, 10
"""Steps planned at least; rounds of the material at most."""

SURE_STEPS = 8
"""Steps that are made however long they take on a machine that has grown busy."""

BLENDS = (0.75, 1.0, 0.5, 0.25)
"""Shares of what was learnt, in the order in which they are tried while there is time."""

LOOKS = 6
"""How often the held-out songs are asked while training; the best is kept."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What became of one network.  before, after: held-out bits a bar of the person's songs.  ours_before, ours_after: of our own music.

    kept: False where training made the held-out songs no likelier, so that our weights stay.
    blend: share of what was learnt in the weights that are written, the rest being ours.
    """

    network: str
    steps: int
    of_steps: int
    seconds: float
    before: Mapping[str, float]
    after: Mapping[str, float]
    ours_before: Mapping[str, float]
    ours_after: Mapping[str, float]
    kept: bool
    stopped: bool = False
    blend: float = 0.0


@dataclass(slots=True)
class Tuning:
    """One person's training in its state folder, which a later call goes on from.

    state: checkpoints and the plan.  minutes: how long in all, judging included; longer only where SURE_STEPS do not fit.
    files: the weights to start from.  says: told a line at a time.
    step: told (network, step, of how many, loss).
    """

    materials: Sequence[Material]
    splits: Sequence[Split]
    state: Path
    minutes: float
    files: ComposerFiles = field(default_factory=ComposerFiles)
    says: Callable[[str], None] = print
    step: Callable[[str, int, int, float], None] = field(default=lambda network, step, steps, loss: None)

    def run(self, digest: str) -> list[Learnt]:
        """Train every network that has the material; a KeyboardInterrupt keeps the best so far and ends it.

        digest: of the material; a state folder of other material is begun anew.
        """
        wanted = [split for split in self.splits if not split.why_not]
        if not wanted:
            reasons = "; ".join(f"{split.network}: {split.why_not}" for split in self.splits)
            raise PromptError(f"too little material: {reasons}")
        steps = self._plan(digest)
        end = time.perf_counter() + 60.0 * self.minutes
        found: list[Learnt] = []
        for i, split in enumerate(wanted):
            share = SHARES[split.network] / sum(SHARES[later.network] for later in wanted[i:])
            training, held = ([self.materials[number] for number in some] for some in (split.training, split.held))
            material = pieces(split.network, training, held)
            if material is None:
                self.says(f"{split.network}: its songs give no window to learn from or to judge by; not trained")
                continue
            learnt = self._one(split.network, material, steps, share * max(0.0, end - time.perf_counter()))
            found.append(learnt)
            if learnt.stopped:
                break
        return found

    def _plan(self, digest: str) -> dict[str, int]:
        """Network -> steps, as an earlier call settled them for the same material; else the state folder is begun anew."""
        path = self.state / PLAN
        wanted = {"format": PLAN_FORMAT, "digest": digest, "minutes": self.minutes}
        try:
            told = json.loads(path.read_text())
            if {name: told.get(name) for name in wanted} == wanted:
                self.says("going on where it was stopped")
                return {str(name): int(steps) for name, steps in told["steps"].items()}
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            pass
        shutil.rmtree(self.state, ignore_errors=True)
        self.state.mkdir(parents=True)
        self._keep(wanted | {"steps": {}})
        return {}

    def _keep(self, plan: dict[str, Any]) -> None:
        part = self.state / (PLAN + ".part")
        part.write_text(json.dumps(plan))
        part.replace(self.state / PLAN)

    def _one(self, network: str, material: Pieces, steps: dict[str, int], seconds: float) -> Learnt:
        """Train one network for `seconds`: for as many steps as the first call planned, or fewer where the machine has grown busy since."""
        began, stopped = time.perf_counter(), False
        folder = self.state / network
        task = task_of(network, material, OWN, self.files)
        if network not in steps:
            steps[network] = steps_for(task, seconds)
            self._keep(json.loads((self.state / PLAN).read_text()) | {"steps": steps})
        count = steps[network]
        task.settings = replace(OWN, steps=count, warm_up=min(OWN.warm_up, max(1, count // 4)))
        run = Run(task, folder, task.settings)
        before, ours_before, look_s, both_s = self._before(task, run, folder / "before.json")
        pace = Pace(began + seconds - 2 * both_s, min(count, SURE_STEPS), look_s=look_s)
        try:
            watch = Watch(lambda line: None, lambda step, steps, loss: self.step(network, step, steps, loss))
            run.train(max(2, -(-count // LOOKS)), watch, pace)
        except KeyboardInterrupt:
            stopped = True
            self.says(f"{network}: stopped at step {run.step} of {count}; the best so far is kept")
            run.keep({}, Watch(lambda line: None))
        best = load_whole(folder / "best.pt") if (folder / "best.pt").exists() else None
        after, ours_after, blend = dict(before), dict(ours_before), 0.0
        if best is not None and task.score(best["figures"]) < task.score(before):
            blend, after, ours_after = self._blended(task, folder, best, before, ours_before, began + seconds)
        spent = time.perf_counter() - began
        return Learnt(network, run.step, count, spent, before, after, ours_before, ours_after, blend > 0.0, stopped, blend)

    def _before(self, task: Tuned, run: Run, path: Path) -> tuple[dict[str, float], dict[str, float], float, float]:
        """Before anything is learnt: figures of the person's songs, of our music, seconds for the first and for both.  Kept in `path`."""
        if not path.exists():
            run.model.eval()
            began = time.perf_counter()
            mine = task.validate(run.model, ALONE)
            look_s = time.perf_counter() - began
            ours = task.ours(run.model, ALONE)
            path.write_text(json.dumps([mine, ours, look_s, time.perf_counter() - began]))
        mine, ours, look_s, both_s = json.loads(path.read_text())
        return mine, ours, look_s, both_s

    def _blended(
        self,
        task: Tuned,
        folder: Path,
        best: dict[str, Any],
        before: dict[str, float],
        ours_before: dict[str, float],
        until: float = float("inf"),
    ) -> tuple[float, dict[str, float], dict[str, float]]:
        """(share of the best weights, held-out figures of the person's songs, of our music) of the blend with ours that gains most.

        Weights between two networks that share a start are networks, too (WiSE-FT, Wortsman et al. 2022): much is learnt half-way, and less
        forgotten.  The gain is of both figures against before, each as a share, equally weighed; the person's own must fall.
        Once it is `until`, the best found so far is taken.
        """
        start, model = task.model().state_dict(), task.model()
        model.eval()
        found: list[tuple[float, float, dict[str, float], dict[str, float], dict[str, Any]]] = []
        for share in BLENDS:
            if found and late(until):
                break
            state = {name: (1.0 - share) * start[name] + share * best["model"][name] for name in start}
            model.load_state_dict(state)
            mine, ours = task.validate(model, ALONE), task.ours(model, ALONE)
            cost = task.score(mine) / task.score(before) + sum(ours.values()) / sum(ours_before.values())
            if task.score(mine) < task.score(before):
                found.append((cost, share, mine, ours, state))
        _, share, mine, ours, state = min(found, key=lambda row: (row[0], -row[1]))
        save_whole(folder / "kept.pt", {"model": state, "step": best["step"], "shape": best["shape"]})
        return share, mine, ours


def late(until: float) -> bool:
    """Whether it is past a moment of the performance counter."""
    return time.perf_counter() > until


def steps_for(task: Any, seconds: float) -> int:  # noqa: ANN401  # a Task; torch is untyped
    """How many steps fit into `seconds` on this machine, by trying a few; at most MOST_EPOCHS rounds of the material."""
    model = task.model()
    model.train()
    batches = batches_from(task, 0)
    spent: list[float] = []
    for i in range(4):
        _, chosen = next(batches)
        began = time.perf_counter()
        total, weight = task.loss(model, chosen, ALONE, i)
        (total / weight).backward()
        spent.append(time.perf_counter() - began)
    each = 1.1 * float(np.median(spent[1:])) + 0.01
    fit = int(0.7 * seconds / each)  # the rest is for judging
    return max(FEWEST_STEPS, min(fit, MOST_EPOCHS * len(task.batches(0))))


def write_networks(state: Path, out: Path, learnt: Sequence[Learnt], files: ComposerFiles, materials: Sequence[Material]) -> int:
    """Write the weights of every network that was kept, and the index of tunes that may not come back; returns its new runs of notes."""
    for one in learnt:
        if one.kept:
            best = load_whole(state / one.network / "kept.pt")
            write_weights(out / FILES[one.network], best["model"], shape_of(best["shape"]), best["step"])
    old = read_index(files.index).hashes
    sheets = [material.lead for material in materials if material.lead is not None]
    new = [run_hashes(sheet.notes[:, 0].astype(np.int64), sheet.notes[:, 1].astype(np.int64)) for sheet in sheets]
    hashes = np.unique(np.concatenate([old, *new]))
    write_whole(out / FILES["index"], {"hashes": hashes})
    return len(hashes) - len(old)
