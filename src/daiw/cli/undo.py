"""Put back the version before the last edit, notes and stems."""

import argparse
from pathlib import Path

from daiw.cli.output import add_edit_output_arguments, progress, report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw undo`."""
    parser.add_argument("folder", type=Path, metavar="SONG", help="a song folder")
    parser.add_argument("--to", type=int, metavar="N", help="go to version N of daiw history instead")
    add_edit_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Go there, and say whether every note and stem came back with its hash."""
    from daiw.editing.history import came_back, go_to, undo

    with progress(args, ("render", "mix", "master", "write")) as watch:
        song = undo(args.folder, watch=watch) if args.to is None else go_to(args.folder, args.to, watch=watch)
    report(args, args.folder, song, {"version": song.number, "same_files": came_back(args.folder, song.number)})
    return 0
