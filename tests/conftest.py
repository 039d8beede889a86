import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from daiw.cli.main import main

os.environ["DAIW_CACHE"] = "off"  # for child processes, too; tests of the cache name a folder of their own

SCHEMAS = next((place for parent in Path(__file__).parents if (place := parent / "shared" / "data" / "schemas").is_dir()), None)
PROMPT = "my grandmother's kitchen is empty now, and the radio still plays her waltz"


@pytest.fixture(scope="session")
def song_folder(tmp_path_factory):
    """A small song as the command line makes it; read it, do not change it."""
    folder = tmp_path_factory.mktemp("songs") / "kitchen"
    assert main(["make", PROMPT, "--bars", "12", "--seed", "5", "--quiet", "--format", "flac", "--format", "mp3", "-o", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def schema():
    """A validator of a published schema: its errors, of a document in bytes."""
    etree = pytest.importorskip("lxml.etree")
    if SCHEMAS is None:
        pytest.skip("the published schemas are in ../shared/data/schemas, which is not here")

    def load(name):
        loaded = etree.XMLSchema(etree.parse(str(SCHEMAS / name)))

        def errors(document):
            loaded.validate(etree.fromstring(document))
            return [str(error) for error in loaded.error_log]

        return errors

    return load


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
KINDS = {"Synth": 0, "Stereo": 1, "Mono": 2, "Delay": 3, "Quad": 4, "Buses": 5, "Side": 6}


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


@pytest.fixture(scope="session")
def jack():
    """A JACK server of this process's own, with a dummy driver; or the reason why there is none."""
    for program in ("jackd", "jack_lsp", "jack_connect"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Debian: jackd2)")
    before = os.environ.get("JACK_DEFAULT_SERVER")
    name = os.environ["JACK_DEFAULT_SERVER"] = f"daiw{os.getpid()}"  # test processes side by side do not hear each other
    server = subprocess.Popen(jack_command(name), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=jack_environment())
    for _ in range(100):
        if subprocess.run(["jack_lsp"], capture_output=True, timeout=20, env=jack_environment()).returncode == 0:
            break
        time.sleep(0.1)
    else:
        server.kill()
        server.wait(10)
        pytest.skip("jackd does not start here")
    yield name
    server.terminate()
    server.wait(20)
    os.environ.pop("JACK_DEFAULT_SERVER")
    if before is not None:
        os.environ["JACK_DEFAULT_SERVER"] = before


def jack_command(name):
    """A server that loses nothing: synchronous and with real-time priority; where that is not granted, with long periods instead.

    Without priority, and with periods of 128 frames, JACK lost 9 to 52 of 4,000 messages of a plain rtmidi client on an idle machine and up
    to 1,400 on a busy one; with it, none (tests/benchmarks/bench_live.py).
    """
    asking = "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))"
    granted = subprocess.run([sys.executable, "-c", asking], capture_output=True).returncode == 0
    priority, frames = ("-R", "128") if granted else ("-r", "1024")
    return ["jackd", "-n", name, priority, "-S", "-d", "dummy", "-r", "48000", "-p", frames]


def jack_environment():
    return os.environ | {"JACK_NO_START_SERVER": "1", "DAIW_MIDI_API": "jack"}


class JackTools:
    """The JACK example programs."""

    environment = property(lambda self: jack_environment())
    server = staticmethod(jack_command)

    def there(self, *programs):
        return all(shutil.which(program) for program in programs)

    def ports(self):
        found = subprocess.run(["jack_lsp"], capture_output=True, text=True, timeout=20, env=jack_environment())
        return found.stdout.split("\n")

    def connect(self, source, target):
        self.wait_for(lambda: source in self.ports() and target in self.ports())
        subprocess.run(["jack_connect", source, target], check=True, capture_output=True, timeout=20, env=jack_environment())

    def wait_for(self, condition, seconds=60.0):
        """Wait until `condition()` is true; its value."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := condition():
                return value
            time.sleep(0.02)
        raise AssertionError(f"nothing after {seconds} s")

    def settled(self, messages):
        """What was heard, once nothing more comes."""
        count = -1
        while count != len(messages()):
            count = len(messages())
            time.sleep(0.3)
        return messages()


@pytest.fixture
def jack_tools():
    return JackTools()
