import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from daiw.cli.main import main

os.environ["DAIW_CACHE"] = "off"  # for child processes, too; tests of the cache name a folder of their own

PROMPT = "my grandmother's kitchen is empty now, and the radio still plays her waltz"


@pytest.fixture(scope="session")
def song_folder(tmp_path_factory):
    """A small song as the command line makes it; read it, do not change it."""
    folder = tmp_path_factory.mktemp("songs") / "kitchen"
    assert main(["make", PROMPT, "--bars", "12", "--seed", "5", "--quiet", "--format", "flac", "--format", "mp3", "-o", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def toolchain():
    """The compiler and DPF, or the reason why a test of our own plugins is skipped."""
    from daiw.errors import PluginError
    from daiw.host.build import find_toolchain

    try:
        return find_toolchain()
    except PluginError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def fault_rig(toolchain, tmp_path_factory):
    """The fault-injection rig, fault -> bundle; compiled once."""
    from daiw.files.shipped import shipped
    from daiw.host.build import build_faults

    return build_faults(shipped("plugins"), toolchain, tmp_path_factory.mktemp("rig"))


DPF = Path("/usr/share/dpf/distrho")
ZAM = Path("/usr/lib/vst3")
RIG = Path(__file__).parent / "host" / "external" / "rig"
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
