"""Turn a sentence into a song folder."""

import argparse

from daiw.cli.output import add_output_arguments, progress, report, target_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw make`."""
    parser.add_argument("prompt", help="what happened, what it feels like, what it should sound like; - reads standard input")
    parser.add_argument("--preset", metavar="NAME", help="a style; see daiw presets list (default: the nearest to the prompt)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number, another song (default: 0)")
    parser.add_argument("--bpm", type=float, metavar="X", help="exact tempo in quarter notes a minute")
    parser.add_argument("--key", metavar="KEY", help='exact key, such as "F minor" or "D dorian"')
    parser.add_argument("--meter", metavar="N/M", help="exact meter, such as 4/4, 3/4 or 6/8")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--bars", type=int, metavar="N", help="exact length in bars")
    length.add_argument("--minutes", type=float, metavar="M", help="length in minutes, to the nearest bar")
    parser.add_argument(
        "--composer", default="reference", metavar="NAME", help="reference (default), or neural: melodies by our trained transformer"
    )
    add_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Make the song, write its folder, print what became of it."""
    from daiw.files.folder import check_target
    from daiw.pipeline import STAGES, make

    if args.output is not None:
        check_target(args.output, force=args.force)
    with progress(args, (*STAGES, "write")) as watch:
        song = make(
            _prompt(args.prompt), preset=args.preset, seed=args.seed, bpm=args.bpm, key=args.key, meter=args.meter, bars=args.bars,
            minutes=args.minutes, composer=args.composer, watch=watch,
        )  # fmt: skip
        watch("write")
        folder = song.save(target_folder(args, song.title), formats=args.format, force=args.force)
    plan = song.plan
    chosen = args.preset is not None or song.intent.wishes.preset is not None
    facts: dict[str, object] = {
        "preset": song.preset.name,
        "runners_up": [] if chosen else [name for name, _ in song.intent.preset_ranking[1:4]],
        "key": str(plan.key),
        "meter": str(plan.meter),
        "bpm": round(plan.timeline.tempos.bpm(0), 2),
        "bars": plan.bars,
        "seed": song.intent.seed,
        "composer": song.composer,
    }
    report(args, folder, song, facts)
    return 0


def _prompt(text: str) -> str:
    """The prompt itself, or standard input for "-"; undecodable bytes become replacement characters."""
    import sys

    if text != "-":
        return text.encode("utf-8", "replace").decode("utf-8")
    return sys.stdin.buffer.read(1 << 20).decode("utf-8", "replace")
