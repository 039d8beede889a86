"""Change about a share of a song's notes: a bar here, a bar there."""

import argparse
from pathlib import Path

from daiw.cli.output import add_output_arguments, edit_facts, progress, report
from daiw.cli.remake import EDIT_STAGES, add_span_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw vary`."""
    parser.add_argument("folder", type=Path, metavar="SONG", help="a song folder")
    parser.add_argument("--amount", type=float, required=True, metavar="X", help="share of the notes, above 0, at most 1")
    add_span_arguments(parser)
    add_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Vary the song in place, or with -o elsewhere."""
    from daiw.editing.folder import Destination
    from daiw.editing.remake import Wanted, remake
    from daiw.errors import PromptError
    from daiw.files.folder import check_target
    from daiw.studio import Studio

    if args.output is not None:
        check_target(args.output, force=args.force)
    if args.amount <= 0:
        raise PromptError(f"the amount {args.amount:g} changes nothing; .3 changes about a third of the notes")
    with progress(args, EDIT_STAGES) as watch:
        wanted = Wanted(
            amount=args.amount, part=args.part, bars=args.bars, section=args.section, seed=args.seed, lock=args.lock, why=args.why,
        )  # fmt: skip
        song = remake(
            args.folder,
            wanted,
            into=Destination(args.output, args.force, tuple(args.format)),
            studio=Studio(use_cache=not args.no_cache),
            watch=watch,
        )
    report(args, args.output or args.folder, song, edit_facts(song))
    return 0
