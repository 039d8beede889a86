"""Builds our own VST3 plugins: the C++ beside a manifest, compiled against DPF into `<folder>/<Name>.vst3`.

DPF (the DISTRHO Plugin Framework, ISC licence, Debian's dpf-source) is copied and changed before it is compiled: see `dpf`.  A
plugin that is up to date is left alone.  Nothing here runs unless somebody asks for it; a song needs no compiler.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from daiw.errors import PluginError
from daiw.host.dpf import PATCHES, patched_dpf

DPF_FOLDER = Path("/usr/share/dpf")
COMPILERS = ("c++", "g++", "clang++")
FLAGS = ("-std=c++17", "-O3", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared", "-fvisibility=hidden", "-DNDEBUG")
SHARED = "native"
STAMP = "Contents/Resources/build.txt"
FAULTS = (
    "none", "crash_load", "abort_load", "exit_load", "hang_load", "slow_load", "crash_render", "exit_render", "hang_render", "spin_render",
    "slow_render", "silence", "nan", "inf", "dc", "loud", "stdout_noise", "latency", "memory_growth",
)  # fmt: skip
RIG = "daiw_keys"


@dataclass(frozen=True, slots=True)
class Toolchain:
    """compiler: the command.  dpf: the folder that holds distrho/."""

    compiler: str
    dpf: Path


def find_toolchain() -> Toolchain:
    """The compiler ($CXX, c++, g++ or clang++) and DPF ($DPF or /usr/share/dpf).

    Raises PluginError with what is missing and how to get it.
    """
    compiler = next((found for name in (os.environ.get("CXX", ""), *COMPILERS) if name and (found := shutil.which(name))), None)
    dpf = Path(os.environ.get("DPF") or DPF_FOLDER)
    missing = []
    if compiler is None:
        missing.append("a C++ compiler (apt install g++)")
    if not (dpf / "distrho" / "DistrhoPluginMain.cpp").is_file():
        missing.append(f"DPF, looked for in {dpf} (apt install dpf-source, or set DPF)")
    if sys.platform != "linux":
        missing.append(f"a bundle layout for {sys.platform}: only Linux builds are made so far")
    if missing or compiler is None:
        raise PluginError(f"our own VST3 plugins were not built: {', and '.join(missing)} is missing; songs play without them")
    return Toolchain(compiler, dpf)


def native_folders(folders: Iterable[Path]) -> list[Path]:
    """The plugin folders that hold C++ of ours, sorted."""
    return sorted(path.parents[1] for folder in folders for path in folder.glob("*/source/DistrhoPluginInfo.h"))


def bundle_name(folder: Path) -> str:
    """What the bundle of a plugin folder is called.

    >>> bundle_name(Path("plugins/daiw_keys"))
    'DaiwKeys.vst3'
    """
    return "".join(word.title() for word in re.split(r"[_-]", folder.name)) + ".vst3"


def build_plugin(
    folder: Path, toolchain: Toolchain, *, into: Path | None = None, name: str | None = None, defines: Sequence[str] = ()
) -> tuple[Path, bool]:
    """Compile the C++ of a plugin folder; returns (the bundle, whether it had to be built).

    into: where to put the bundle, the folder itself by default.  name: of the bundle.  defines: for variants, such as "DAIW_FAULTS".
    Raises PluginError with the compiler's first complaint, or where DPF is not the one that `PATCHES` was written for.
    """
    bundle = (into or folder) / (name or bundle_name(folder))
    library = bundle / "Contents" / f"{platform.machine()}-linux" / f"{bundle.stem}.so"
    sources = sorted(path for place in (folder / "source", folder.parent / SHARED) for path in place.glob("*") if path.is_file())
    stamp = _stamp(sources, toolchain, defines)
    old = bundle / STAMP
    if library.is_file() and old.is_file() and old.read_text(encoding="utf-8") == stamp:
        return bundle, False
    with tempfile.TemporaryDirectory(prefix="daiw-build-") as scratch:
        distrho = patched_dpf(toolchain.dpf, Path(scratch))
        made = Path(scratch) / library.name
        command = [toolchain.compiler, *FLAGS, "-DDISTRHO_PLUGIN_TARGET_VST3", *(f"-D{define}" for define in defines)]
        command += [f"-I{place}" for place in (folder / "source", folder.parent / SHARED, distrho)]
        command += [str(distrho / "DistrhoPluginMain.cpp"), *map(str, (folder / "source").glob("*.cpp")), "-o", str(made), "-ldl"]
        told = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
        if told.returncode:
            complaint = next((line for line in told.stderr.splitlines() if " error: " in line), told.stderr[:300])
            raise PluginError(f"{folder}: {toolchain.compiler} failed: {complaint}")
        _install(made, library, old, stamp)
    return bundle, True


def build_faults(plugins: Path, toolchain: Toolchain, into: Path, names: Sequence[str] = FAULTS) -> dict[str, Path]:
    """The fault-injection rig: `into`/fault-NAME.vst3 for each of `names`, a daiw-keys that goes wrong in that one way.

    plugins: the folder of plugin folders.  The environment variables DAIW_FAULT and DAIW_FAULT_AMOUNT win over the name, where they are
    set for the process that loads the plugin.  One compilation serves all.
    """
    first, _ = build_plugin(plugins / RIG, toolchain, into=into, name="fault-none.vst3", defines=("DAIW_FAULTS",))
    (library,) = first.glob("Contents/*/*.so")
    stamp = (first / STAMP).read_text(encoding="utf-8")
    found = {}
    for name in names:
        bundle = found[name] = into / f"fault-{name}.vst3"
        if bundle != first:
            _install(library, bundle / library.parent.relative_to(first) / f"{bundle.stem}.so", bundle / STAMP, stamp)
    return found


def _stamp(sources: Iterable[Path], toolchain: Toolchain, defines: Sequence[str]) -> str:
    """What a build was made of; another stamp means another build."""
    digest = hashlib.sha256(repr((FLAGS, PATCHES, tuple(defines), toolchain.compiler)).encode())
    for path in (*sources, toolchain.dpf / "distrho" / "src" / "DistrhoPluginVST3.cpp"):
        digest.update(path.name.encode() + path.read_bytes())
    return f"{digest.hexdigest()}\n"


def _install(made: Path, library: Path, stamp_file: Path, stamp: str) -> None:
    """Move a fresh library into its bundle; a host that has the old one open keeps it."""
    try:
        for path in (library, stamp_file):
            path.parent.mkdir(parents=True, exist_ok=True)
        fresh = library.with_suffix(".part")
        shutil.copyfile(made, fresh)
        fresh.chmod(0o755)
        fresh.replace(library)
        stamp_file.write_text(stamp, encoding="utf-8")
    except OSError as error:
        raise PluginError(f"cannot write {library}: {error.strerror}") from error
