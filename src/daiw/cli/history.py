"""List a song's versions: what was changed, when, why and from which seed."""

import argparse
import json
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw history`."""
    parser.add_argument("folder", type=Path, metavar="SONG", help="a song folder")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    """Print a table, the present version marked."""
    from daiw.editing.history import history
    from daiw.files.song import read_song_file

    edits, now = history(args.folder)
    locks = [str(lock) for lock in read_song_file(args.folder).locks]
    if args.json:
        from dataclasses import asdict

        print(json.dumps({"version": now, "locks": locks, "edits": [asdict(edit) for edit in edits]}, ensure_ascii=False))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("", "version", "from", "when", "what", "notes changed", "seed", "why"):
        table.add_column(name, no_wrap=name in ("version", "from", "when"))
    for edit in edits:
        changed = ", ".join(f"{role} {count}" for role, count in edit.changed.items())
        here = "*" if edit.number == now else ""
        table.add_row(here, str(edit.number), str(edit.parent or ""), edit.when, edit.what, changed, str(edit.seed), edit.why)
    Console().print(table)
    if locks:
        print("locked: " + ", ".join(locks))
    return 0
