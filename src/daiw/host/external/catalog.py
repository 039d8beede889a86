"""What scanning found: one file in the user's data folder with every plugin seen, and every failure with its reason.

Each entry carries the hash of the plugin's code: a plugin is asked again only when it has changed, a bad one, too.
"""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from daiw.errors import PluginError, PluginFault
from daiw.files.table import dump_table, load_table
from daiw.host.external.buses import Bus
from daiw.host.external.client import Worker
from daiw.host.external.parameters import Parameter
from daiw.host.external.source import check_file, plugin_files, plugin_sha256, standard_folders

SCHEMA = "daiw-plugins-2"
SCAN_LIMIT_S = 30.0
MOST_BYTES = 64 * 1024 * 1024
_LOCK_WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Scanned:
    """One plugin as it described itself.

    kind: "instrument" or "effect".  inputs, outputs: channels of its main buses.  latency_samples: as it reports after loading.
    buses: all its audio buses, where it tells of them; empty where not.
    """

    name: str
    kind: str
    vendor: str = ""
    version: str = ""
    category: str = ""
    identifier: str = ""
    inputs: int = 0
    outputs: int = 2
    latency_samples: int = 0
    load_s: float = 0.0
    parameters: tuple[Parameter, ...] = ()
    buses: tuple[Bus, ...] = ()

    @property
    def unheard(self) -> tuple[Bus, ...]:
        """What pedalboard neither feeds nor hears: every bus but the first of each direction."""
        ways = [[bus for bus in self.buses if bus.direction == way] for way in ("in", "out")]
        return tuple(bus for way in ways for bus in way[1:])


@dataclass(frozen=True, slots=True)
class Entry:
    """One plugin file.

    sha256: of its code when it was asked.  plugins: what it holds.  fault, reason: why it could not be opened; empty where it could.
    scan_s: how long that took, with the start of its process.
    """

    path: str
    sha256: str
    plugins: tuple[Scanned, ...] = ()
    fault: str = ""
    reason: str = ""
    scan_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that was scanned, by path."""

    schema: str = SCHEMA
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def plugins(self) -> Iterator[tuple[Entry, Scanned]]:
        """Every plugin that could be opened, with its file."""
        for entry in self.entries.values():
            for scanned in entry.plugins:
                yield entry, scanned


def catalog_path() -> Path:
    """`$XDG_DATA_HOME/daiw/plugins.json`, else `~/.local/share/daiw/plugins.json`."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "daiw" / "plugins.json"


def read_catalog(path: Path | None = None) -> Catalog:
    """The catalog, empty where there is none; raises PluginError where the file is damaged."""
    path = path or catalog_path()
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PluginError(f"{path} is larger than {MOST_BYTES} bytes; delete it and scan again")
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Catalog()
    except (OSError, ValueError, RecursionError) as error:
        raise PluginError(f"{path} cannot be read ({error}); delete it and scan again") from error
    if isinstance(data, dict) and data.get("schema") != SCHEMA:
        return Catalog()
    return load_table(Catalog, data, f"{path} (delete it and scan again)", PluginError)


def write_entries(entries: Iterable[Entry], path: Path | None = None) -> Catalog:
    """Add entries to the catalog on disk, replacing those of the same path; safe while another process does the same."""
    path = path or catalog_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_suffix(".lock")):
            known = dict(read_catalog(path).entries) | {entry.path: entry for entry in entries}
            catalog = Catalog(SCHEMA, {name: known[name] for name in sorted(known)})
            handle, temporary = tempfile.mkstemp(prefix=".plugins.", suffix=".part", dir=path.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as stream:
                    json.dump(dump_table(catalog), stream, indent=1, ensure_ascii=False)
                os.replace(temporary, path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise PluginError(f"cannot write {path}: {error.strerror or error}") from error
    return catalog


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock file; one that a dead process left is taken over after `_LOCK_WAIT_S`."""
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan did.  asked: files that were opened.  known: files that had not changed."""

    catalog: Catalog
    asked: tuple[Entry, ...]
    known: tuple[Entry, ...]


def scan(
    paths: Iterable[Path] = (), *, again: bool = False, limit_s: float = SCAN_LIMIT_S, jobs: int = 2, catalog: Path | None = None,
    watch: Any = None,  # noqa: ANN401 - Callable[[Entry], None] | None
) -> Scan:  # fmt: skip
    """Open every plugin below `paths`, or of the standard folders, each in a process of its own, and write down what it said.

    again: also those that have not changed, bad ones among them.  limit_s: for one file.  watch: told each entry as it is found.
    Raises PluginError where a path does not exist or holds no plugin.
    """
    given = tuple(path.expanduser().absolute() for path in paths)
    for path in given:
        if not path.exists():
            raise PluginError(f"{path} does not exist")
    files = plugin_files(given or standard_folders())
    if given and not files:
        raise PluginError(f"no plugin in {', '.join(map(str, given))}; plugins are named .vst3 or, on macOS, .component")
    before = read_catalog(catalog).entries
    known = [before[str(file)] for file in files if not again and _unchanged(file, before.get(str(file)))]
    todo = [file for file in files if str(file) not in {entry.path for entry in known}]
    asked: list[Entry] = []
    if todo:
        with ThreadPoolExecutor(min(jobs, len(todo)), thread_name_prefix="scan") as pool:
            for entry in pool.map(lambda file: probe(file, limit_s), todo):
                asked.append(entry)
                write_entries([entry], catalog)  # what was paid for is kept, whatever the next plugin does
                if watch:
                    watch(entry)
    return Scan(read_catalog(catalog), tuple(asked), tuple(known))


def _unchanged(file: Path, entry: Entry | None) -> bool:
    return entry is not None and entry.sha256 == plugin_sha256(file)


def probe(file: Path, limit_s: float = SCAN_LIMIT_S) -> Entry:
    """What one file says of itself, or why it does not; never raises for what a plugin does."""
    began = time.perf_counter()
    digest = plugin_sha256(file)
    worker: Worker | None = None
    try:
        check_file(file, file.name)
        worker = Worker(file.name)
        answer = worker.ask({"do": "describe", "path": str(file)}, limit_s=limit_s, stall_s=limit_s, doing="loading")
        plugins = tuple(_with_buses(_scanned(facts), file, worker, limit_s) for facts in answer["ok"])
        return Entry(str(file), digest, plugins, scan_s=round(time.perf_counter() - began, 3))
    except PluginFault as fault:
        return Entry(str(file), digest, (), fault.kind, str(fault), round(time.perf_counter() - began, 3))
    except PluginError as error:
        return Entry(str(file), digest, (), "protocol", str(error), round(time.perf_counter() - began, 3))
    finally:
        if worker is not None:
            worker.close()


def _scanned(facts: dict[str, Any]) -> Scanned:
    wanted = {name: facts[name] for name in Scanned.__dataclass_fields__ if name in facts}
    return load_table(Scanned, wanted, "the plugin's worker", PluginError)


def _with_buses(plugin: Scanned, file: Path, worker: Worker, limit_s: float) -> Scanned:
    """With its buses; what goes wrong while it is asked for them is no fault of a plugin that plays."""
    if file.suffix.lower() != ".vst3":
        return plugin
    request = {"do": "buses", "path": str(file), "plugin": plugin.name}
    try:
        answer = worker.ask(request, limit_s=limit_s, stall_s=limit_s, doing="telling its buses")
        return replace(plugin, buses=tuple(load_table(Bus, bus, "the plugin's worker", PluginError) for bus in answer["ok"]))
    except PluginError:
        return plugin


def find(name: str, catalog: Catalog | None = None) -> tuple[Entry, Scanned]:
    """A scanned plugin by name or file name, upper and lower case alike; raises PluginError with the nearest names."""
    import difflib

    catalog = catalog or read_catalog()
    wanted = name.strip().lower()
    by_name = {scanned.name.lower(): (entry, scanned) for entry, scanned in catalog.plugins()}
    by_file = {Path(entry.path).stem.lower(): (entry, scanned) for entry, scanned in catalog.plugins()}
    if found := by_name.get(wanted) or by_file.get(wanted):
        return found
    for entry in catalog.entries.values():
        if entry.fault and Path(entry.path).stem.lower() == wanted:
            raise PluginError(f"{Path(entry.path).name} could not be opened when it was scanned: {entry.reason}")
    near = difflib.get_close_matches(wanted, {**by_name, **by_file}, n=3)
    offer = f"did you mean {' or '.join(map(repr, near))}?" if near else "scan first: daiw plugins scan"
    raise PluginError(f"no plugin named {name!r} was scanned; {offer}")
