"""Judge the composer on songs and drummers that it has not learnt from: `daiw evaluate composer`.

bits: held-out bits a bar by role and kind of token.  ablations: the same with an input of the network hidden.  baselines: Kneser-Ney on
the same tokens.  match: is held-out music found again from its caption?  figures, plans, network-plans, long, memorisation:
melodies (`lead_bench`).
returns: what sections of real songs do where they return, and the odds of it (`returns`).
obedience: do they do as they are told?  drums, lines: the band (`band_bench`).
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from daiw.errors import FileFormatError, PromptError
from daiw.nets.composer import load_weights
from daiw.nets.own import ComposerFiles, composer_files
from daiw.nets.picking import Chance
from daiw.nets.text_match import load_match
from daiw.train import band_bench, lead_bench, obedience, returns
from daiw.train.band_own import band_on_own_plans
from daiw.train.bits import ablated, bits
from daiw.train.corpus import all_sheets, load_windows, windows_path
from daiw.train.text_match import Texts, held_songs, judged

PARTS = (
    "bits", "ablations", "baselines", "match", "figures", "plans", "network-plans", "long", "memorisation", "returns", "obedience", "drums",
    "lines",
)  # fmt: skip
NETWORKS = ("lead", "band", "kit")


def run(args: argparse.Namespace) -> int:
    """Every part that was asked for, each to standard output and OUT/PART.json."""
    parts = args.parts.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        raise PromptError(f"there is no part {', '.join(unknown)}; parts are {', '.join(PARTS)}")
    if args.data is None and set(parts) & {"drums", "lines"}:
        raise PromptError("drums and lines need --data, the folder of the sources")
    if not args.corpus.is_dir():
        raise FileFormatError(f"{args.corpus}: no such folder; daiw train tokens makes it")
    files = composer_files(args.composer)
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
    for part in parts:
        found = measure(part, args, files)
        text = json.dumps(found, indent=1)
        print(f"## {part}\n{text}", flush=True)
        if args.out is not None:
            (args.out / f"{part}.json").write_text(text + "\n", encoding="utf-8")
    return 0


def measure(part: str, args: argparse.Namespace, files: ComposerFiles) -> object:
    """One part's figures."""
    jobs: dict[str, Callable[[], object]] = {
        "bits": lambda: by_network(args.corpus, files, lambda weights, held: bits(weights, held, args.windows)),
        "ablations": lambda: by_network(args.corpus, files, lambda weights, held: ablated(weights, held, args.windows)),
        "baselines": lambda: lead_bench.baselines(args.corpus) | band_bench.baselines(args.corpus, ("drums", "bass", "keys")),
        "match": lambda: judged(load_match(), held_songs(all_sheets(args.corpus)), Texts()),
        "figures": lambda: lead_bench.songs_report(args.corpus, load_weights(files.lead), "figures", args.songs),
        "plans": lambda: lead_bench.songs_report(args.corpus, load_weights(files.lead), "plans", args.songs),
        "network-plans": lambda: lead_bench.songs_report(args.corpus, load_weights(files.lead), "network-plans", args.songs),
        "long": lambda: lead_bench.long_structure(args.corpus, load_weights(files.lead), max(1, args.songs // 16)),
        "memorisation": lambda: lead_bench.memorisation(args.corpus, load_weights(files.lead), args.songs),
        "returns": lambda: returns.report(all_sheets(args.corpus)),
        "obedience": lambda: {
            "windows": obedience.in_windows(load_weights(files.lead), all_sheets(args.corpus), args.songs, Chance(candidates=2)),
            "songs of every style": obedience.through_the_plan(load_weights(files.lead), max(1, args.songs // 16)),
            "pop songs": obedience.through_the_plan(load_weights(files.lead), args.songs, "pop"),
            "pop songs, key and tempo held": obedience.with_keys_held(load_weights(files.lead), max(1, args.songs // 2), "pop"),
        },
        "drums": lambda: band_bench.drums(load_weights(files.kit), args.data, max(1, args.songs // 8)),
        "lines": lambda: {
            **band_bench.lines(load_weights(files.band), args.data, args.corpus, args.songs),
            "our own plans": band_on_own_plans(load_weights(files.band), load_weights(files.kit), max(1, args.songs // 16)),
        },
    }
    return jobs[part]()


def by_network(corpus: Path, files: ComposerFiles, job: Callable[..., dict[str, float]]) -> dict[str, float]:
    """The figures of every network whose held-out shard is there."""
    found: dict[str, float] = {}
    for network in NETWORKS:
        path = windows_path(corpus, network, "val")
        if path.exists():
            found |= job(load_weights(getattr(files, network)), load_windows(path))
    if not found:
        raise FileFormatError(f"{corpus} holds no held-out shards; daiw train tokens makes them")
    return {name: round(float(value), 4) for name, value in found.items() if np.isfinite(value)}
