"""List, show and check styles."""

import argparse
import json
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw presets`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="every style, shipped and your own")
    listed.add_argument("--json", action="store_true", help="as JSON")
    shown = actions.add_parser("show", help="one style, as its file says it")
    shown.add_argument("name")
    checked = actions.add_parser("check", help="is this preset file right?")
    checked.add_argument("file", type=Path)


def run(args: argparse.Namespace) -> int:
    """Do what the action says."""
    return {"list": _list, "show": _show, "check": _check}[args.action](args)


def _list(args: argparse.Namespace) -> int:
    from daiw.files.preset import load_preset, preset_paths

    presets = [load_preset(path) for path in preset_paths().values()]
    if args.json:
        print(
            json.dumps([{"name": p.name, "title": p.about.title, "description": p.about.description} for p in presets], ensure_ascii=False)
        )
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("what it is")
    for preset in presets:
        table.add_row(preset.name, preset.about.description)
    Console().print(table)
    return 0


def _show(args: argparse.Namespace) -> int:
    from daiw.files.preset import find_preset, preset_paths

    find_preset(args.name)
    path = preset_paths()[args.name]
    print(f"# {path}\n{path.read_text(encoding='utf-8')}", end="")
    return 0


def _check(args: argparse.Namespace) -> int:
    from daiw.files.preset import load_preset
    from daiw.studio import Studio

    preset = load_preset(args.file)
    Studio().check(preset)
    print(f"{args.file}: a sound preset ({preset.about.title})")
    return 0
