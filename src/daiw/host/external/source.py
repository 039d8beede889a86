"""From what a manifest says of an external plugin to what a worker is asked to open: files found, checked and hashed."""

import difflib
import hashlib
import os
import platform
import sys
from functools import lru_cache
from pathlib import Path

from daiw.errors import PluginError, PluginFault
from daiw.host.external.spec import Spec
from daiw.music.manifest import Hosting, Insert, Manifest, PluginRecord, Value

MOST_STATE_BYTES = 64 * 1024 * 1024
PREFIX = "vst3:"
_BINARIES = (".so", ".dylib", ".vst3", ".dll", "")


def standard_folders() -> tuple[Path, ...]:
    """Where plugins are installed on this system: `VST3_PATH` first, then what the VST3 and Audio Unit documents name."""
    home = Path.home()
    own = [Path(part) for part in os.environ.get("VST3_PATH", "").split(os.pathsep) if part]
    if sys.platform == "darwin":
        sounds = "Library/Audio/Plug-Ins"
        places = [root / sounds / kind for kind in ("VST3", "Components") for root in (home, Path("/"))]
    elif sys.platform == "win32":
        common = os.environ.get("COMMONPROGRAMFILES", r"C:\Program Files\Common Files")
        places = [Path(os.environ.get("LOCALAPPDATA", str(home))) / "Programs" / "Common" / "VST3", Path(common) / "VST3"]
    else:
        places = [home / ".vst3", Path("/usr/local/lib/vst3"), Path("/usr/lib/vst3")]
    return (*own, *places)


def plugin_files(folders: tuple[Path, ...]) -> list[Path]:
    """Every plugin file or bundle below `folders`, sorted; a path that is a plugin itself counts."""
    found: set[Path] = set()
    for folder in folders:
        if folder.suffix.lower() in (".vst3", ".component"):
            found.add(folder)
            continue
        for root, directories, files in os.walk(folder, followlinks=False):
            bundles = [name for name in directories if Path(name).suffix.lower() in (".vst3", ".component")]
            found.update(Path(root) / name for name in bundles)
            found.update(Path(root) / name for name in files if Path(name).suffix.lower() == ".vst3")
            directories[:] = sorted(name for name in directories if name not in bundles)
    return sorted(found)


def locate(name: str) -> Path:
    """The file of a plugin named "vst3:NAME": a path, a file name in the standard folders, or the name of a plugin that was scanned.

    Raises PluginError with the nearest name.
    """
    wanted = name.removeprefix(PREFIX).strip()
    if "/" in wanted or os.sep in wanted:
        return Path(wanted).expanduser()
    folders = standard_folders()
    return _located(wanted, folders, tuple(folder.stat().st_mtime_ns if folder.is_dir() else 0 for folder in folders))


@lru_cache(maxsize=256)
def _located(wanted: str, folders: tuple[Path, ...], changed: tuple[int, ...]) -> Path:
    """`locate` within `folders`, looked up again only when one of them has changed."""
    files = {path.stem.lower(): path for path in reversed(plugin_files(folders))}
    if wanted.lower() in files:
        return files[wanted.lower()]
    from daiw.host.external.catalog import read_catalog

    scanned = {plugin.name.lower(): Path(entry.path) for entry, plugin in read_catalog().plugins()}
    if wanted.lower() in scanned:
        return scanned[wanted.lower()]
    near = difflib.get_close_matches(wanted.lower(), files, n=1)
    offer = f"did you mean {files[near[0]].stem!r}?" if near else f"looked in {', '.join(map(str, folders))}"
    raise PluginError(f"no plugin named {wanted!r}; {offer}")


def check_file(path: Path, title: str) -> None:
    """Raise PluginFault where `path` cannot be a plugin of this system, saying why."""
    if not path.exists():
        raise PluginFault(title, "missing", f"{title}: {path} is not there; install the plugin or correct the path")
    if path.is_dir() and path.suffix.lower() == ".vst3":
        machines = sorted(folder.name for folder in (path / "Contents").glob("*") if folder.is_dir() and _machine_folder(folder.name))
        if not machines:
            raise PluginFault(title, "load", f"{title}: {path} is a folder without a plugin in it: no Contents/<architecture>")
        if _here() not in machines:
            raise PluginFault(title, "load", f"{title}: {path} is built for {', '.join(machines)}, not for this machine ({_here()})")
        if not binaries(path):
            raise PluginFault(title, "load", f"{title}: {path} has no plugin for this machine in Contents/{_here()}")
    elif path.is_dir() and path.suffix.lower() != ".component":
        raise PluginFault(title, "load", f"{title}: {path} is a folder and no plugin; plugins are named .vst3 or .component")
    elif path.is_file() and path.stat().st_size == 0:
        raise PluginFault(title, "load", f"{title}: {path} is empty")


def _machine_folder(name: str) -> bool:
    return name.endswith(("-linux", "-win")) or name == "MacOS"


def _here() -> str:
    if sys.platform == "darwin":
        return "MacOS"
    machine = platform.machine().lower().replace("amd64", "x86_64").replace("arm64", "aarch64")
    return f"{machine}-{'win' if sys.platform == 'win32' else 'linux'}"


def binaries(path: Path) -> list[Path]:
    """The files of a plugin that hold its code for this system."""
    if path.is_file():
        return [path]
    folder = path / "Contents" / _here()
    return sorted(file for file in folder.glob("*") if file.is_file() and file.suffix.lower() in _BINARIES) if folder.is_dir() else []


def plugin_sha256(path: Path) -> str:
    """SHA-256 of a plugin's code for this system, "" where there is none; read again only when size or time change."""
    return _hashed(tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in binaries(path)))


@lru_cache(maxsize=512)
def _hashed(files: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for name, _, _ in files:
        with Path(name).open("rb") as stream:
            while piece := stream.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest() if files else ""


def spec_of(manifest: Manifest, saved: PluginRecord | None = None) -> Spec:
    """What a worker shall open for a manifest; raises PluginFault where a file is missing or no plugin.

    saved: the plugin as a song keeps it; its state then takes the place of the manifest's.
    """
    path = plugin_path(manifest)
    title = manifest.name
    check_file(path, title)
    hosting = manifest.hosting
    if saved is not None and saved.state:
        return _spec(title, path, manifest.plugin, saved.state, "", {}, hosting)
    state = _beside(manifest, manifest.state).read_bytes() if manifest.state else b""
    preset = str(_beside(manifest, manifest.vstpreset)) if manifest.vstpreset else ""
    return _spec(title, path, manifest.plugin, state, preset, dict(manifest.params), hosting)


def insert_spec(insert: Insert, manifest: Manifest | None, saved: PluginRecord | None = None) -> Spec:
    """What a worker shall open for an insert: "vst3:NAME", or a manifest with the insert's settings on top."""
    if manifest is not None:
        spec = spec_of(manifest, saved)
        if saved is not None and saved.state:
            return spec
        return _spec(spec.title, spec.path, spec.plugin, spec.state, spec.preset, dict(spec.params) | dict(insert.params), manifest.hosting)
    path = locate(insert.effect)
    check_file(path, insert.effect)
    if saved is not None and saved.state:
        return _spec(insert.effect, path, "", saved.state, "", {}, Hosting())
    return _spec(insert.effect, path, "", b"", "", dict(insert.params), Hosting())


def _spec(title: str, path: Path, plugin: str, state: bytes, preset: str, params: dict[str, Value], hosting: Hosting) -> Spec:
    limits = hosting.load_limit_s, hosting.stall_limit_s, hosting.memory_mb
    return Spec(title, path, plugin, state, preset, params, *limits, hosting.buffer_frames)


def plugin_path(manifest: Manifest) -> Path:
    """Where a manifest's plugin lies: an absolute path, or one below the home folder, or one beside the manifest.

    Raises PluginError on a relative path that leaves the manifest's folder: a manifest from elsewhere must not reach around in secret.
    """
    path = Path(manifest.path).expanduser()
    return path if path.is_absolute() else _beside(manifest, manifest.path)


def _beside(manifest: Manifest, name: str) -> Path:
    """A file of the manifest's own folder."""
    path = manifest.folder / Path(name)
    where = manifest.folder / "plugin.toml"
    if Path(name).is_absolute() or not path.resolve().is_relative_to(manifest.folder.resolve()):
        raise PluginError(f"{where}: {name!r} points outside the plugin's folder; copy the file beside the manifest")
    if not path.exists():
        build = "; make plugins builds it" if (manifest.folder / "source").is_dir() else ""
        raise PluginFault(manifest.name, "missing", f"{where}: {name!r} is not there{build}")
    if path.is_file() and path.stat().st_size > MOST_STATE_BYTES and path.suffix != ".vst3":
        raise PluginError(f"{where}: {name!r} has {path.stat().st_size} bytes; a state has at most {MOST_STATE_BYTES}")
    return path


def identity(manifest: Manifest) -> str:
    """A hash of everything in a manifest and its files that decides the sound: plugin code, state, parameters, limits."""
    spec = spec_of(manifest)
    preset = hashlib.sha256(Path(spec.preset).read_bytes()).hexdigest() if spec.preset else ""
    text = "\n".join((manifest.sha256, plugin_sha256(spec.path), spec.digest(), preset))
    return hashlib.sha256(text.encode()).hexdigest()
