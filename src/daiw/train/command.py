"""`daiw train tokens` and `daiw train model`: what the command line does, once torch is known to be there."""

import argparse
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from daiw.errors import FileFormatError, OutputError, PromptError
from daiw.nets.own import FILES
from daiw.train.bits import windows_without
from daiw.train.corpus import load_windows, windows_path
from daiw.train.manifest import MANIFEST, NETWORKS, read_manifest, read_record
from daiw.train.progress import Progress
from daiw.train.settings import HARMONY_SETTINGS, Settings
from daiw.train.tokens import RECORD, build

MISSING = 'training needs torch; pip install "daiw[train]"'


def need_torch() -> None:
    """Raise PromptError with the one line to type where torch is not installed."""
    if find_spec("torch") is None:
        raise PromptError(MISSING)


def run(args: argparse.Namespace) -> int:
    """Hand over to the part that was asked for."""
    if args.on is not None:
        from daiw.train.own.command import tune

        return tune(args)
    if args.part == "tokens":
        return tokens(args)
    if args.part == "model":
        return model(args)
    if args.part == "match":
        from daiw.train.text_match import run as match

        return match(args)
    if args.part == "quadrants":
        from daiw.train.quadrants_train import run as teach

        return teach(args)
    raise PromptError("name what to train: daiw train --on DIR for your own material, daiw train tokens or daiw train model for ours")


def tokens(args: argparse.Namespace) -> int:
    """Licensed files to shards of tokens."""
    if find_spec("symusic") is None:
        raise PromptError('reading the corpora needs symusic; pip install "daiw[train]"')
    networks = tuple(args.network or NETWORKS)
    build(args.data, args.out, read_manifest(args.manifest or MANIFEST), networks, lambda line: print(line, flush=True))
    return 0


def model(args: argparse.Namespace) -> int:
    """Train a network, evaluate it, write its weights and card."""
    need_torch()
    import torch

    from daiw.train.checkpoint import start_from
    from daiw.train.run import Run, Watch
    from daiw.train.world import half, joined_world

    torch.set_num_threads(args.threads)
    settings = settings_of(args)
    with joined_world(args.device) as world:
        bf16 = half(world.device, args.precision)
        task = task_of(args.network, args.corpus, settings, args.without, bf16=bf16)
        run = Run(task, args.run_folder, settings, world, bf16=bf16)
        if args.start and run.step == 0:
            start_from(run.model, args.start)
        if world.writes:
            print(f"{args.network} network, from step {run.step} of {settings.steps}, {world.size} process(es) on {world.device}, "
                  f"{'bf16' if bf16 else 'fp32'}", flush=True)  # fmt: skip
        progress = Progress() if world.writes else None
        figures = run.train(args.every, Watch(lambda line: print(line, flush=True), progress or (lambda step, steps, loss: None)))
        if progress:
            progress.end()
        if world.writes:
            write_folder(args, run.folder, figures, run.step)
    return 0


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings of the command line; what is not said is the network's.  Raises PromptError for rates that cannot be learnt at."""
    from dataclasses import replace

    if not 0.0 < args.rate < float("inf"):
        raise PromptError(f"--rate {args.rate:g}: so many times the usual learning rates, so above 0")
    own = HARMONY_SETTINGS if args.network == "harmony" else Settings()
    said = {
        name: getattr(args, name) for name in ("steps", "batch_tokens", "dropout", "seed", "warm_up") if getattr(args, name) is not None
    }
    return replace(own, **said, muon_rate=args.rate * own.muon_rate, adam_rate=args.rate * own.adam_rate)


def task_of(network: str, corpus: Path, settings: Settings, without: str = "", *, bf16: bool = False) -> Any:  # noqa: ANN401  # a Task
    """What the network learns from the shards; raises FileFormatError where they are not there."""
    from daiw.nets.harmony_shape import HarmonyShape
    from daiw.train.harmony import ChartsTask, load_streams
    from daiw.train.loop import SHAPES, WindowsTask

    if network == "harmony":
        if without:
            raise PromptError("--without is for lead, band and kit")
        if not (corpus / "charts.npz").exists():
            raise FileFormatError(f"{corpus} holds no charts; daiw train tokens makes them")
        return ChartsTask(*load_streams(corpus, corpus), settings, HarmonyShape())
    paths = [windows_path(corpus, network, split) for split in ("train", "val")]
    if missing := [path.name for path in paths if not path.exists()]:
        raise FileFormatError(f"{corpus} lacks {', '.join(missing)}; daiw train tokens makes them")
    training, held = (load_windows(path) for path in paths)
    if without:
        training, held = (windows_without(without, windows, SHAPES[network].table) for windows in (training, held))
    return WindowsTask(training, held, settings, SHAPES[network], bf16=bf16)


def write_folder(args: argparse.Namespace, folder: Path, figures: dict[str, float], step: int) -> None:
    """RUN/weights: what `daiw make --composer RUN/weights` plays with, and its card."""
    from daiw.train.export import export, export_index, write_card

    out = folder / "weights"
    try:
        export(folder / "best.pt", out / FILES[args.network])
        if args.network == "lead":
            export_index(args.corpus, out / FILES["index"])
        if args.network == "harmony":
            from daiw.train.harmony import load_streams
            from daiw.train.harmony_sections import write_sections

            write_sections(load_streams(args.corpus, args.corpus)[0], out / "sections.csv")
        command = f"daiw train model --network {args.network} --corpus {args.corpus} --run {args.run_folder} --steps {args.steps or step}"
        command += f" --start {args.start}" if args.start else ""
        command += f" --rate {args.rate:g}" if args.rate != 1.0 else ""
        command += f" --without {args.without}" if args.without else ""
        about: dict[str, Any] = {
            "name": f"{args.network} network", "daiw": version("daiw"), "licence": "GPL-3.0-or-later", "command": command, "step": step,
            "date": time.strftime("%Y-%m-%d"),
        }  # fmt: skip
        data = [
            {name: str(row[name]) for name in ("name", "licence", "attribution", "note", "files", "sha256")}
            for row in read_record(args.corpus / RECORD)
            if args.network in row["networks"]  # type: ignore[operator]
        ]
        metrics = {"protocol": "bits a bar on songs held out by name, near-duplicates together, as in daiw.train.loop.validate"}
        write_card(out, about, data, metrics | {name: round(value, 3) for name, value in figures.items()})
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror}") from error
    print(out)
