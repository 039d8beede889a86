"""List instruments and effects; build our own."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw plugins`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="every plugin, shipped and your own")
    actions.add_parser("build", help="compile our own VST3 plugins (needs g++ and dpf-source)")


def run(args: argparse.Namespace) -> int:
    """Do what the action says."""
    return {"list": _list, "build": _build}[args.action](args)


def _build(args: argparse.Namespace) -> int:
    from daiw.files.shipped import shipped
    from daiw.host.build import build_plugin, find_toolchain, native_folders

    toolchain = find_toolchain()
    for folder in native_folders([shipped("plugins")]):
        bundle, fresh = build_plugin(folder, toolchain)
        print(f"{bundle}: {'built' if fresh else 'up to date'}", flush=True)
    return 0


def _list(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    from daiw.studio import Studio

    table = Table(box=None, pad_edge=False)
    for name, style in (("name", "bold"), ("engine", ""), ("roles", ""), ("what it is", "")):
        table.add_column(name, style=style, no_wrap=name == "name")
    for manifest in Studio().manifests.values():
        table.add_row(manifest.name, manifest.engine, ", ".join(manifest.roles), manifest.description)
    Console().print(table)
    return 0
