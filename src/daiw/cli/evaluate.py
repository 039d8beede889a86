"""Measure what we claim."""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple


class Part(NamedTuple):
    """One thing to measure.  module: loaded by name when it runs, has `run(args) -> int`; the product never imports what judges it."""

    module: str
    about: str
    add_arguments: Callable[[argparse.ArgumentParser], None]


def _emotion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", action="append", metavar="NAME", help="a style to sweep (repeatable; default: pop)")
    parser.add_argument("--seeds", type=int, default=8, metavar="N", help="songs at each point of valence and arousal (default: 8)")
    parser.add_argument("--steps", type=int, default=9, metavar="N", help="steps of valence and of arousal (default: 9)")
    parser.add_argument("--bars", type=int, default=32, metavar="N", help="length of each song (default: 32)")
    parser.add_argument("--composer", default="neural", metavar="NAME", help="neural (default), mixed or reference")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write every song's cues as JSON")


def _quadrants(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", action="append", metavar="NAME", help="a style (repeatable; default: pop and indie-folk)")
    parser.add_argument("--composer", action="append", metavar="NAME", help="repeatable (default: reference and neural)")
    parser.add_argument("--seeds", type=int, default=10, metavar="N", help="songs of each quadrant and style (default: 10)")
    parser.add_argument("--bars", type=int, default=16, metavar="N", help="length of each song (default: 16)")
    parser.add_argument("--strength", type=float, default=0.6, metavar="X", help="valence and arousal are plus or minus X (default: 0.6)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write all figures as JSON")


def _harmony(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--charts", type=Path, required=True, metavar="DIR", help="folder of daiw train tokens --network harmony, with the held-out charts"
    )
    parser.add_argument("--data", type=Path, default=Path(), metavar="DIR", help="the data folder, where the charts are not read yet")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="other weights than the shipped ones")
    parser.add_argument("--seeds", type=int, default=16, metavar="N", help="plans of each style and composer (default: 16)")
    parser.add_argument(
        "--parts",
        default="bits,progressions,obedience,forms",
        metavar="LIST",
        help="bits, progressions, obedience, forms, by commas (default: all)",
    )
    parser.add_argument("--songs", type=int, default=60, metavar="N", help="forms of each source at most (default: 60)")


def _pitches(text: str) -> tuple[int, ...]:
    """MIDI pitches of a list with commas."""
    pitches = tuple(int(each) for each in text.split(","))
    if not all(36 <= pitch <= 84 for pitch in pitches):
        raise argparse.ArgumentTypeError(f"pitches of the voice are 36..84, not {text}")
    return pitches


def _voice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--voice", default="voice_heart", metavar="NAME", help="who sings (default: voice_heart)")
    parser.add_argument("--lines", type=int, default=48, metavar="N", help="how many of the 48 lines (default: all)")
    parser.add_argument(
        "--centres", type=_pitches, metavar="LIST", help="MIDI pitches that the lines take turns on, as in 72 (default: 57,62,67,72)"
    )
    parser.add_argument("--doubled", action="store_true", help="each line with two more takes of it, left and right, heard in mono")
    parser.add_argument("--no-baseline", action="store_true", help="without speech moved to pitch")
    parser.add_argument("--sweep", action="store_true", help="instead of lines: does the voice of a song follow its feeling?")
    parser.add_argument("--preset", default="pop", metavar="NAME", help="the style of --sweep (default: pop)")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="songs of --sweep at each step (default: 3)")
    parser.add_argument("--steps", type=int, default=5, metavar="N", help="steps of --sweep in each dimension (default: 5)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write every line's figures, or every song's, as JSON")


def _mix(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", action="append", metavar="NAME", help="a style (repeatable; default: all)")
    parser.add_argument("--bars", type=int, default=8, metavar="N", help="length of each song (default: 8)")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="songs of each style (default: 1)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write every song's figures as JSON")


def _composer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="shards of daiw train tokens")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the sources' folder, for drums and lines")
    parser.add_argument("--composer", default="neural", metavar="NAME", help="neural (default), or a folder of weights")
    parser.add_argument(
        "--parts", default="bits,ablations,match", metavar="LIST",
        help="of bits, ablations, baselines, match, figures, plans, network-plans, long, memorisation, returns, obedience, drums, lines "
        "(default: first two and match)",
    )  # fmt: skip
    parser.add_argument("--songs", type=int, default=16, metavar="N", help="songs of figures, plans, drums and lines (default: 16)")
    parser.add_argument("--windows", type=int, metavar="N", help="at most so many held-out windows of each role and source (default: all)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="also write every part's figures as JSON")


PARTS = {
    "emotion": Part(
        "daiw.train.emotion_sweep", "do mode, tempo, register, density, loudness and articulation follow the feeling?", _emotion
    ),
    "quadrants": Part(
        "daiw.train.quadrants_bench", "does a judge taught by composers' own markings hear the feeling that was asked for?", _quadrants
    ),
    "voice": Part("daiw.train.voice_bench", "are words, pitch and timing of the singer right, and is it free of faults?", _voice),
    "mix": Part("daiw.train.mix_bench", "does the voice stand where its style wants it, against the band?", _mix),
    "composer": Part("daiw.train.composer_bench", "what do held-out songs cost, and are the parts like real ones?", _composer),
    "harmony": Part("daiw.train.harmony_evaluate", "what do held-out songs cost, and are written progressions like real ones?", _harmony),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw evaluate`."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for name, part in PARTS.items():
        part.add_arguments(parts.add_parser(name, help=part.about, description=part.about))


def run(args: argparse.Namespace) -> int:
    """Hand over to the part."""
    code: int = import_module(PARTS[args.part].module).run(args)
    return code
