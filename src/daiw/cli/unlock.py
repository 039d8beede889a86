"""Let go of what daiw lock holds."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw unlock`."""
    parser.add_argument("folder", type=Path, metavar="SONG", help="a song folder")
    parser.add_argument("what", metavar="PART[:BARS]", help="what to let go: chords, bass:9-12, form, harmony, or all")


def run(args: argparse.Namespace) -> int:
    """Change the song's locks and print all there are."""
    from daiw.editing.remake import lock

    locks = lock(args.folder, args.what, locked=False)
    print("locked: " + (", ".join(map(str, locks)) or "nothing"))
    return 0
