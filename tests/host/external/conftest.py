"""Real plugins: our own test rig, compiled with DPF once a machine, and Debian's zam-plugins."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

DPF = Path("/usr/share/dpf/distrho")
ZAM = Path("/usr/lib/vst3")
RIG = Path(__file__).parent / "rig"
KINDS = {"Synth": 0, "Stereo": 1, "Mono": 2, "Delay": 3}


def built() -> Path:
    """The folder with Rig*.vst3, compiled when the sources are new; two test processes may ask at once."""
    sources = [RIG / "rig.cpp", RIG / "DistrhoPluginInfo.h"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"daiw-rig-{os.getuid()}-{digest}"
    if not folder.is_dir():
        making = Path(tempfile.mkdtemp(prefix="daiw-rig-making-"))
        for name, kind in KINDS.items():
            inside = making / f"Rig{name}.vst3" / "Contents" / "x86_64-linux"
            inside.mkdir(parents=True)
            command = ["g++", "-O1", "-w", "-fPIC", "-shared", "-std=c++17", "-fvisibility=hidden", "-DDISTRHO_PLUGIN_TARGET_VST3"]
            command += [f"-DRIG_KIND={kind}", f"-I{RIG}", f"-I{DPF}", str(sources[0]), str(DPF / "DistrhoPluginMain.cpp")]
            subprocess.run([*command, "-o", str(inside / f"Rig{name}.so")], check=True)
        try:
            making.rename(folder)
        except OSError:  # another process was quicker
            shutil.rmtree(making)
    return folder


@pytest.fixture(scope="session")
def rig() -> Path:
    if not DPF.is_dir() or shutil.which("g++") is None:
        pytest.skip("needs dpf-source and g++")
    return built()


@pytest.fixture(scope="session")
def zam() -> Path:
    if not (ZAM / "ZamTube.vst3").is_dir():
        pytest.skip("needs zam-plugins")
    return ZAM


@pytest.fixture
def declare(rig, tmp_path):
    """Write a manifest of the rig and return all manifests found beside it."""
    from daiw.host.registry import MANIFEST_FILE, load_manifests

    def write(name: str = "mine", plugin: str = "Synth", more: str = "", kind: str = "instrument", path: str = "", beside=()):
        folder = tmp_path / "plugins" / name
        folder.mkdir(parents=True, exist_ok=True)
        text = f'kind = "{kind}"\nengine = "vst3"\nlicense = "GPL-3.0-or-later"\ndescription = "A test."\n'
        text += f'path = "{path or rig / f"Rig{plugin}.vst3"}"\n{more}\n'
        (folder / MANIFEST_FILE).write_text(text)
        return load_manifests([*beside, tmp_path / "plugins"])

    return write
