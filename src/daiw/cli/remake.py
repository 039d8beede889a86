"""Make a song again from its folder's song.json."""

import argparse
from pathlib import Path

from daiw.cli.output import add_output_arguments, progress, report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw remake`."""
    parser.add_argument("folder", type=Path, help="a song folder")
    add_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Remake the song, write it beside the old one (or to -o), and say whether it is the same."""
    from daiw.files.folder import check_target, free_name
    from daiw.files.song import read_song_file
    from daiw.pipeline import STAGES, remake

    if args.output is not None:
        check_target(args.output, force=args.force)
    old = read_song_file(args.folder)
    with progress(args, (*STAGES, "write")) as watch:
        song = remake(args.folder, watch=watch, cache=not args.no_cache)
        watch("write")
        target = args.output if args.output is not None else free_name(args.folder)
        folder = song.save(target, formats=args.format, force=args.force)
    same = read_song_file(folder).files["song.mid"] == old.files.get("song.mid")
    report(args, folder, song, {"preset": song.preset.name, "seed": song.intent.seed, "same_midi": same})
    return 0
