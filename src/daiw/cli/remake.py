"""Write parts, bars or sections of a song anew and leave the rest as it is, to the bit."""

import argparse
from pathlib import Path

from daiw.cli.output import add_output_arguments, add_plugin_arguments, edit_facts, progress, report

EDIT_STAGES = ("compose", "render", "mix", "master", "write")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw remake`."""
    parser.add_argument("folder", type=Path, metavar="SONG", help="a song folder; with -o alone it is made again there, the same song")
    add_span_arguments(parser)
    parser.add_argument("--remix", action="store_true", help="set faders, rides and ducking anew, too; other stems may change")
    add_plugin_arguments(parser)
    add_output_arguments(parser)


def add_span_arguments(parser: argparse.ArgumentParser) -> None:
    """--part, --bars, --section, --seed, --lock and --why, which edits share."""
    parser.add_argument("--part", metavar="PART", help="melody, or melody,bass (default: every part that is not locked)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--bars", metavar="A-B", help="bars counted from 1, such as 9-12 or 9")
    where.add_argument("--section", metavar="NAME", help='every section of that name, or one: "chorus", "verse 2"')
    parser.add_argument("--seed", type=int, metavar="N", help="the same number gives the same notes (default: one not used yet)")
    parser.add_argument("--lock", metavar="LIST", help="lock first, and for good: chords,bass:9-12,form,harmony")
    parser.add_argument("--why", default="", metavar="TEXT", help="your reason, kept in the song's history")


def run(args: argparse.Namespace) -> int:
    """Edit the song in place, or with -o elsewhere."""
    edits = any((args.part, args.bars, args.section, args.seed is not None, args.lock, args.remix))
    if args.output is not None and not edits:
        return _again(args)
    from daiw.editing.folder import Destination
    from daiw.editing.remake import Wanted, remake
    from daiw.files.folder import check_target
    from daiw.studio import Studio

    if args.output is not None:
        check_target(args.output, force=args.force)
    with progress(args, EDIT_STAGES) as watch:
        wanted = Wanted(
            part=args.part, bars=args.bars, section=args.section, seed=args.seed, lock=args.lock, why=args.why, remix=args.remix,
        )  # fmt: skip
        song = remake(
            args.folder,
            wanted,
            into=Destination(args.output, args.force, tuple(args.format)),
            studio=Studio(use_cache=not args.no_cache, on_plugin_failure=args.on_plugin_failure or "fallback"),
            watch=watch,
        )
    report(args, args.output or args.folder, song, edit_facts(song))
    return 0


def _again(args: argparse.Namespace) -> int:
    """Make the same song in another folder, and say whether it is the same."""
    from daiw.files.folder import check_target
    from daiw.files.song import read_song_file
    from daiw.pipeline import STAGES, remake

    check_target(args.output, force=args.force)
    old = read_song_file(args.folder)
    with progress(args, (*STAGES, "write")) as watch:
        song = remake(args.folder, on_plugin_failure=args.on_plugin_failure, watch=watch, cache=not args.no_cache)
        watch("write")
        folder = song.save(args.output, formats=args.format, force=args.force)
    same = read_song_file(folder).files["song.mid"] == old.files.get("song.mid")
    report(args, folder, song, {"preset": song.preset.name, "seed": song.intent.seed, "same_midi": same})
    return 0
