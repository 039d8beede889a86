"""Put back the version that was undone."""

import argparse
from pathlib import Path

from daiw.cli.output import add_edit_output_arguments, progress, report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw redo`."""
    parser.add_argument("folder", type=Path, metavar="SONG", help="a song folder")

    add_edit_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Go there, and say whether every note and stem came back with its hash."""
    from daiw.editing.history import came_back, redo

    with progress(args, ("render", "mix", "master", "write")) as watch:
        song = redo(args.folder, watch=watch)
    report(args, args.folder, song, {"version": song.number, "same_files": came_back(args.folder, song.number)})
    return 0
