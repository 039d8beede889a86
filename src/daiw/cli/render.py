"""Render any MIDI file, or many, to stems, mix and master."""

import argparse
from pathlib import Path

from daiw.cli.batch import add_batch_arguments, run_all
from daiw.cli.output import add_output_arguments, add_plugin_arguments, chosen_instruments, chosen_preset, progress, report, target_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw render`."""
    parser.add_argument("file", type=Path, nargs="+", help="a MIDI file; several are rendered side by side, and -o is then their parent")
    parser.add_argument(
        "--preset",
        metavar="NAME",
        help="take effects, mix and master from a style, or from a FILE.toml of yours (default: a plain balance)",
    )
    add_plugin_arguments(parser, choose="TRACK")
    add_output_arguments(parser)
    add_batch_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Render the file, write its folder, print what became of it; with several files, a table."""
    if len(args.file) > 1:
        return _many(args)
    (file,) = args.file
    from daiw.files.folder import check_target
    from daiw.pipeline import render_midi

    if args.output is not None:
        check_target(args.output, force=args.force)
    with progress(args, ("read", "render", "mix", "master", "write")) as watch:
        rendering = render_midi(
            file, preset=chosen_preset(args.preset), instruments=chosen_instruments(args.instrument),
            on_plugin_failure=args.on_plugin_failure, watch=watch, cache=not args.no_cache,
        )  # fmt: skip
        watch("write")
        folder = rendering.save(target_folder(args, rendering.title), formats=args.format, force=args.force)
    report(args, folder, rendering, {"preset": rendering.preset.name, "tracks": len(rendering.arrangement.tracks)})
    return 0


def _many(args: argparse.Namespace) -> int:
    from daiw.batch.jobs import numbered, render_jobs

    jobs = numbered(render_jobs(args.file, args.preset or "", args.format))
    return run_all(jobs, args.output or Path("songs"), args)
