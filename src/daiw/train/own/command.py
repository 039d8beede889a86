"""`daiw train --on DIR`: read, say what is there, learn, say what was learnt and what was forgotten, write the weights."""

import argparse
import hashlib
import json
import shutil
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from daiw.errors import PromptError
from daiw.files.folder import check_target, new_folder
from daiw.nets.own import CARD, ComposerFiles
from daiw.train.own.material import Material
from daiw.train.own.reading import OwnSong, read_folder
from daiw.train.own.sanity import in_words, sanity, splits_of
from daiw.train.progress import Progress

LEAST_MINUTES = 0.05
OVER = 1.15
"""Of the time that was asked for, from which it is said that it took longer."""


def tune(args: argparse.Namespace) -> int:
    """Run it all; --check stops after the first report."""
    if not args.check:
        from daiw.train.command import need_torch

        need_torch()
    if not LEAST_MINUTES <= args.minutes <= 24 * 60:
        raise PromptError(f"--minutes {args.minutes:g} is outside {LEAST_MINUTES:g}..1440")
    out = args.output or Path(f"{args.on.resolve().name}-composer")
    if not args.check:
        check_target(out, force=args.force, manifest=CARD, kind="weights")
    quiet = bool(args.json)
    reading = read_folder(args.on)
    materials = [Material(song) for song in reading.songs]
    splits = splits_of(materials)
    report: dict[str, Any] = {"folder": str(args.on), "material": sanity(reading, materials, splits)}
    if not quiet:
        print("\n".join(in_words(report["material"])), flush=True)
    if args.check:
        if quiet:
            print(json.dumps(report, indent=1))
        return 0
    return _learn(args, out, materials, splits, report, quiet=quiet)


def _learn(args: argparse.Namespace, out: Path, materials: Sequence[Material], splits: Any, report: dict[str, Any], *, quiet: bool) -> int:  # noqa: ANN401
    import torch

    from daiw.train.own.tuning import Tuning, write_networks

    torch.set_num_threads(args.threads)
    state = out.absolute().parent / f".{out.name}.training"
    files = ComposerFiles()
    progress: dict[str, Progress] = {}

    def step(network: str, at: int, steps: int, loss: float) -> None:
        if network not in progress:
            progress[network] = Progress(f"{network}: ")
        progress[network](at, steps, loss)
        if at == steps:
            progress[network].end()

    says = (lambda line: None) if quiet else (lambda line: print(line, flush=True))
    began = time.perf_counter()
    tuning = Tuning(materials, splits, state, args.minutes, files, says, step)
    learnt = tuning.run(digest_of([material.song for material in materials], files))
    report["minutes"] = {"asked": args.minutes, "taken": round((time.perf_counter() - began) / 60.0, 2)}
    report["networks"] = {one.network: told(one) for one in learnt}
    stopped = any(one.stopped for one in learnt)
    if not any(one.kept for one in learnt):
        if not stopped:
            shutil.rmtree(state, ignore_errors=True)
        raise PromptError(f"nothing was learnt that makes your held-out songs likelier, so no weights were written; {_advice(learnt)}")
    with new_folder(out, force=args.force, manifest=CARD, kind="weights") as inside:
        report["tunes that may not come back"] = write_networks(state, inside, learnt, files, materials)
        _card(inside, args, report)
        (inside / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(state, ignore_errors=True)
    print(json.dumps(report, indent=1) if quiet else "\n".join(after(report, out)))
    return 0


def _advice(learnt: Sequence[Any]) -> str:
    if any(one.stopped for one in learnt):
        return "the same command goes on from there"
    return "they may be too few, too unlike one another, or already what our networks know"


def digest_of(songs: Sequence[OwnSong], files: ComposerFiles) -> str:
    """The same for the same songs, weights to start from and version."""
    digest = hashlib.sha256(version("daiw").encode())
    for song in songs:
        digest.update(f"{song.name}\0{song.digest}\n".encode())
    for path in files.paths:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def told(one: Any) -> dict[str, Any]:  # noqa: ANN401  # a Learnt; loads torch
    """A network's part of the report."""

    def rounded(figures: dict[str, float]) -> dict[str, float]:
        return {name: round(value, 3) for name, value in figures.items()}

    return {
        "kept": one.kept, "steps": one.steps, "of": one.of_steps, "seconds": round(one.seconds), "stopped": one.stopped,
        "share of what was learnt": one.blend,
        "yours before": rounded(one.before), "yours after": rounded(one.after), "ours before": rounded(one.ours_before),
        "ours after": rounded(one.ours_after),
    }  # fmt: skip


def after(report: dict[str, Any], out: Path) -> list[str]:
    """What was learnt and what was forgotten, in lines."""
    lines = ["", "bits a bar, the fewer the better known; your songs that were kept back, and music of ours that was never learnt from:"]
    if report["minutes"]["taken"] > OVER * report["minutes"]["asked"]:
        taken, asked = report["minutes"]["taken"], report["minutes"]["asked"]
        lines.insert(0, f"It took {taken:.1f} minutes instead of {asked:g}: the least that a network needs takes so long on this machine.")
    for network, about in report["networks"].items():
        if not about["kept"]:
            lines.append(f"{network}: training made your held-out songs no likelier; our weights stay")
            continue
        share = about["share of what was learnt"]
        if share < 1.0:
            lines.append(f"  {network}: the weights are {share:.0%} what was learnt and {1 - share:.0%} ours, so that less is forgotten")
        for whose in ("yours", "ours"):
            for name, value in about[f"{whose} before"].items():
                if name.endswith(" plan"):
                    continue
                now = about[f"{whose} after"][name]
                change = (now - value) / value if value else 0.0
                lines.append(f"  {network}, {whose}, {name}: {value:.2f} -> {now:.2f} ({change:+.0%})")
    lines.append("The best moment was chosen on the songs kept back, so their figures flatter a little.")
    lines.append(f"{report['tunes that may not come back']} more runs of twelve notes, your tunes', may not come back note for note.")
    lines.append(f'daiw make "..." --composer {out}')
    return lines


def _card(folder: Path, args: argparse.Namespace, report: dict[str, Any]) -> None:
    """card.toml: what it is, from what, and the figures."""
    from daiw.train.export import write_card

    material = report["material"]
    about: dict[str, Any] = {
        "name": folder.name if not folder.name.startswith(".") else str(args.output or args.on.resolve().name),
        "what": "the shipped composer, fine-tuned on somebody's own MIDI files", "daiw": version("daiw"),
        "licence": "the networks are GPL-3.0-or-later; what was learnt from is yours to answer for", "date": time.strftime("%Y-%m-%d"),
        "command": f"daiw train --on {args.on} --minutes {args.minutes:g}",
    }  # fmt: skip
    data = [{"name": "your own material", "use": f"{material['read']} songs, {material['bars']} bars", "licence": "yours"}]
    metrics: dict[str, Any] = {"protocol": "held-out bits a bar; the best step was chosen on the same songs"}
    for network, figures in report["networks"].items():
        for name in ("yours before", "yours after", "ours before", "ours after"):
            metrics[f"{network}, {name}"] = ", ".join(f"{key} {value}" for key, value in figures[name].items())
    write_card(folder, about, data, metrics)
