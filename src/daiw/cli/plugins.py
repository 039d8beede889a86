"""List instruments and effects."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw plugins`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="every plugin, shipped and your own")


def run(args: argparse.Namespace) -> int:
    """Print a table of the manifests."""
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
