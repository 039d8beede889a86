"""List, scan, try, add and build instruments and effects."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daiw.host.external.catalog import Entry, Scanned


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw plugins`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="every plugin: shipped, your own, and what a scan found")
    listed.add_argument("--json", action="store_true", help="as JSON")
    actions.add_parser("build", help="compile our own VST3 plugins (needs g++ and dpf-source)")
    scanned = actions.add_parser("scan", help="look for VST3 plugins (and Audio Units on macOS), each tried in a process of its own")
    scanned.add_argument("paths", nargs="*", type=Path, help="files or folders (default: the standard folders)")
    scanned.add_argument("--again", action="store_true", help="also those that have not changed since, bad ones among them")
    scanned.add_argument("--timeout", type=float, default=30.0, metavar="S", help="seconds for each file (default: 30)")
    scanned.add_argument("--json", action="store_true", help="as JSON")
    shown = actions.add_parser("show", help="one plugin: what it is and what it can be told")
    shown.add_argument("name", help="a manifest, or a plugin that was scanned")
    shown.add_argument("--json", action="store_true", help="as JSON")
    checked = actions.add_parser("check", help="open it, play two bars twice, and say what it did")
    checked.add_argument("name", help="a manifest, or vst3:NAME")
    added = actions.add_parser("add", help="make a plugin of yours usable in presets, make and render")
    added.add_argument("path", type=Path, help="a .vst3 file or bundle, or the name of a plugin that was scanned")
    added.add_argument("--as", dest="name", required=True, metavar="NAME", help="what to call it, such as warm_keys")
    added.add_argument("--role", action="append", default=[], metavar="ROLE", help="what it shall play: keys, bass, pad ... (repeatable)")
    added.add_argument("--plugin", default="", metavar="NAME", help="which one, where the file holds several")


def run(args: argparse.Namespace) -> int:
    """Do what the action says."""
    return {"list": _list, "scan": _scan, "show": _show, "check": _check, "add": _add, "build": _build}[args.action](args)


def _list(args: argparse.Namespace) -> int:
    from daiw.host.external.catalog import read_catalog
    from daiw.studio import Studio

    manifests = Studio().manifests.values()
    catalog = read_catalog()
    if args.json:
        own = [{"name": m.name, "kind": m.kind, "engine": m.engine, "roles": m.roles, "description": m.description} for m in manifests]
        print(json.dumps({"manifests": own, "scanned": [_plain(*found) for found in catalog.plugins()]}, ensure_ascii=False))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name, style in (("name", "bold"), ("engine", ""), ("roles", ""), ("what it is", "")):
        table.add_column(name, style=style, no_wrap=name == "name")
    for manifest in manifests:
        table.add_row(manifest.name, manifest.engine, ", ".join(manifest.roles) or manifest.kind, manifest.description)
    console = Console()
    console.print(table)
    if catalog.entries:
        _print_scanned(list(catalog.entries.values()))
    return 0


def _scan(args: argparse.Namespace) -> int:
    import sys

    from daiw.host.external.catalog import catalog_path, scan

    def watch(entry: "Entry") -> None:
        if not args.json and sys.stderr.isatty():
            print(f"{Path(entry.path).name}: {entry.reason or 'ok'} ({entry.scan_s:.1f} s)", file=sys.stderr)

    found = scan(args.paths, again=args.again, limit_s=args.timeout, watch=watch)
    entries = [*found.asked, *found.known]
    bad = [entry for entry in entries if entry.fault]
    if args.json:
        print(json.dumps({
            "file": str(catalog_path()), "asked": len(found.asked), "known": len(found.known),
            "plugins": [_plain(entry, plugin) for entry in entries for plugin in entry.plugins],
            "failures": [{"path": entry.path, "kind": entry.fault, "reason": entry.reason, "sha256": entry.sha256} for entry in bad],
        }, ensure_ascii=False))  # fmt: skip
        return 0
    _print_scanned(sorted(entries, key=lambda entry: entry.path))
    plugins = sum(len(entry.plugins) for entry in entries)
    print(f"{plugins} plugins, {len(bad)} failures; {len(found.asked)} files opened, {len(found.known)} known and unchanged")
    print(f"kept in {catalog_path()}")
    return 0


def _print_scanned(entries: "list[Entry]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("scanned", "kind", "vendor", "version", "in/out", "params", "load s"):
        table.add_column(name, style="bold" if name == "scanned" else "", no_wrap=name == "scanned")
    for entry in entries:
        for plugin in entry.plugins:
            table.add_row(
                plugin.name, plugin.kind, plugin.vendor, plugin.version, f"{plugin.inputs}/{plugin.outputs}", str(len(plugin.parameters)),
                f"{plugin.load_s:.2f}",
            )  # fmt: skip
    console = Console()
    console.print(table)
    for entry in entries:
        if entry.fault:
            console.print(f"{entry.fault}: {entry.reason}", style="red", highlight=False, markup=False)


def _plain(entry: "Entry", plugin: "Scanned") -> dict[str, object]:
    from daiw.files.table import dump_table

    table: dict[str, object] = dump_table(plugin)
    return {"path": entry.path, "sha256": entry.sha256} | table


def _show(args: argparse.Namespace) -> int:
    from daiw.host.external.catalog import find
    from daiw.music.manifest import MANIFEST_FILE
    from daiw.studio import Studio

    manifest = Studio().manifests.get(args.name)
    if manifest is not None and not args.json:
        path = manifest.folder / MANIFEST_FILE
        print(f"# {path}\n{path.read_text(encoding='utf-8')}", end="")
        if not manifest.external:
            return 0
        print()
    name = Path(manifest.path).stem if manifest is not None and manifest.external else args.name
    entry, plugin = find(name)
    if args.json:
        print(json.dumps(_plain(entry, plugin), ensure_ascii=False))
        return 0
    print(f"{plugin.name} {plugin.version} by {plugin.vendor}: {plugin.kind}, {plugin.category}")
    print(f"  {'file':<10} {entry.path}")
    print(f"  {'sha-256':<10} {entry.sha256}")
    print(f"  {'channels':<10} {plugin.inputs} in, {plugin.outputs} out")
    for bus in plugin.buses:
        what = "" if bus not in plugin.unheard else ", not fed" if bus.direction == "in" else ", not heard"
        print(f"  {'bus':<10} {bus.direction}: {bus.name}, {bus.channels} channels{what}")
    print(f"  {'latency':<10} {plugin.latency_samples} frames")
    print(f"  {'loads in':<10} {plugin.load_s:.2f} s")
    for parameter in plugin.parameters:
        print(f"  {parameter.key:<28} {parameter.range_text}  (at first {parameter.default})")
    return 0


def _check(args: argparse.Namespace) -> int:
    from daiw.host.external.trial import try_plugin
    from daiw.studio import Studio

    trial = try_plugin(args.name, dict(Studio().manifests))
    print(f"{args.name}: sounds, {trial.peak_dbfs:.1f} dBFS, {trial.sounds_s:.1f} s")
    for record in trial.plugins:
        print(f"  {'plugin':<10} {record.plugin} {record.version} by {record.vendor} ({record.path})")
    print(f"  {'opened in':<10} {trial.first_s - trial.warm_s:.2f} s, then {trial.sounds_s / max(1e-3, trial.warm_s):.0f} x real time")
    print(f"  {'repeats':<10} {'the same samples each time' if trial.repeats else 'differently each time: it uses chance'}")
    return 0


def _add(args: argparse.Namespace) -> int:
    from daiw.host.external.adding import add_plugin
    from daiw.host.external.catalog import find
    from daiw.host.registry import user_plugins
    from daiw.music.manifest import MANIFEST_FILE
    from daiw.studio import Studio

    path = args.path if args.path.exists() or args.path.suffix else Path(find(str(args.path))[0].path)
    taken = frozenset(Studio().manifests)
    manifest, plugin = add_plugin(path, args.name, tuple(args.role), user_plugins(), plugin=args.plugin, taken=taken)
    print(f"{manifest.name}: {plugin.name} {plugin.version} by {plugin.vendor}, {plugin.kind}")
    print(f"  {'manifest':<10} {manifest.folder / MANIFEST_FILE}")
    for bus in plugin.unheard:
        silent = "nothing goes into" if bus.direction == "in" else "nothing is heard of"
        print(f"  {'note':<10} {silent} its bus {bus.name!r}: only main buses are hosted")
    if plugin.kind == "instrument":
        print(f'  {"play it":<10} daiw make "..." --instrument {manifest.roles[0]}={manifest.name}')
    else:
        print(f'  {"use it":<10} in a preset\'s [render.inserts]: {{ effect = "{manifest.name}" }}')
    return 0


def _build(args: argparse.Namespace) -> int:
    from daiw.files.shipped import shipped
    from daiw.host.build import build_plugin, find_toolchain, native_folders

    toolchain = find_toolchain()
    for folder in native_folders([shipped("plugins")]):
        bundle, fresh = build_plugin(folder, toolchain)
        print(f"{bundle}: {'built' if fresh else 'up to date'}", flush=True)
    return 0
