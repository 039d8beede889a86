"""Teach the composer your own music, or train its networks from the start."""

import argparse
from importlib import import_module
from pathlib import Path

NETWORKS = ("lead", "band", "kit", "harmony")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw train`."""
    own = parser.add_argument_group("on your own music")
    own.add_argument("--on", type=Path, metavar="DIR", help="a folder of MIDI files to learn from, starting from our weights")
    own.add_argument("-o", "--output", type=Path, metavar="DIR", help="folder of weights to write (default: <DIR>-composer)")
    own.add_argument("--minutes", type=float, default=6.0, metavar="M", help="how long to train, judging included (default: 6)")
    own.add_argument("--check", action="store_true", help="only read the folder and say what is in it")
    own.add_argument("--force", action="store_true", help="replace a folder of weights that exists")
    own.add_argument("--json", action="store_true", help="print the report as JSON")
    own.add_argument("--threads", type=int, default=2, metavar="N", help="of the processor (default: 2)")
    parser.set_defaults(part=None)
    parts = parser.add_subparsers(dest="part", metavar="PART")
    tokens = parts.add_parser("tokens", help="licensed files to shards of tokens", description="Licensed files to shards of tokens.")
    tokens.add_argument("--data", type=Path, required=True, metavar="DIR", help="holds the sources' folders, as the manifest names them")
    tokens.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the shards go; what is there is not made again")
    tokens.add_argument("--manifest", type=Path, metavar="FILE.toml", help="sources and their licences (default: ours)")
    tokens.add_argument("--network", action="append", choices=NETWORKS, help="only for this network (repeatable; default: all)")
    match = parts.add_parser("match", help="the towers that hold music against words", description="Train the text-music towers.")
    match.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="shards of daiw train tokens")
    match.add_argument("--out", type=Path, required=True, metavar="FILE.npz", help="weights to write")
    judge = parts.add_parser(
        "quadrants", help="the judge of feeling, from composers' own markings of art songs", description="Train the judge of feeling."
    )
    judge.add_argument("--data", type=Path, required=True, metavar="DIR", help="holds openscore_lieder/")
    judge.add_argument("--out", type=Path, required=True, metavar="FILE.npz", help="weights to write")
    model = parts.add_parser("model", help="train a network; goes on where it was stopped", description="Train a network; torchrun works.")
    model.add_argument("--network", choices=NETWORKS, required=True, help="lead: melody and chords; band: bass and keys; kit: drums")
    model.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="shards of daiw train tokens")
    model.add_argument("--run", dest="run_folder", type=Path, required=True, metavar="DIR", help="checkpoints, curve and weights")
    model.add_argument("--steps", type=int, metavar="N", help="over which the learning rate falls")
    model.add_argument("--batch-tokens", type=int, metavar="N", help="padded rows a step")
    model.add_argument("--warm-up", type=int, metavar="N", help="steps in which the learning rate rises")
    model.add_argument("--start", type=Path, metavar="FILE", help="weights to go on from, as RUN/weights holds them")
    model.add_argument("--rate", type=float, default=1.0, metavar="X", help="times the usual learning rates (default: 1)")
    model.add_argument("--dropout", type=float, metavar="X")
    model.add_argument("--seed", type=int, metavar="N")
    model.add_argument("--every", type=int, default=100, metavar="N", help="steps between checkpoints (default: 100)")
    model.add_argument("--device", default="auto", help="auto (default), cpu or cuda")
    model.add_argument("--precision", choices=("auto", "bf16", "fp32"), default="auto", help="auto: bf16 where the device has it")
    model.add_argument(
        "--without", choices=("conditioning", "hierarchy", "copy"), default="", help="an ablation: hide this input all through training"
    )
    model.add_argument("--threads", type=int, default=1, metavar="N", help="of the processor (default: 1, which repeats to the last digit)")


def run(args: argparse.Namespace) -> int:
    """Hand over; torch loads only where something is trained."""
    code: int = import_module("daiw.train.command").run(args)
    return code
