"""Render any MIDI file to stems, mix and master."""

import argparse
from pathlib import Path

from daiw.cli.output import add_output_arguments, progress, report, target_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw render`."""
    parser.add_argument("file", type=Path, help="a MIDI file")
    parser.add_argument("--preset", metavar="NAME", help="take effects, mix and master from a style (default: a plain balance)")
    add_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Render the file, write its folder, print what became of it."""
    from daiw.files.folder import check_target
    from daiw.pipeline import render_midi

    if args.output is not None:
        check_target(args.output, force=args.force)
    with progress(args, ("read", "render", "mix", "master", "write")) as watch:
        rendering = render_midi(args.file, preset=args.preset, watch=watch)
        watch("write")
        folder = rendering.save(target_folder(args, rendering.title), formats=args.format, force=args.force)
    report(args, folder, rendering, {"preset": rendering.preset.name, "tracks": len(rendering.arrangement.tracks)})
    return 0
