import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from daiw.errors import PluginFault
from daiw.files.shipped import shipped
from daiw.host.chain import Chain
from daiw.host.external.pool import pool
from daiw.host.instruments import open_instrument
from daiw.music.audio import Audio
from daiw.music.manifest import Insert
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.stages.render import render

LIMITS = "hosting = { load_limit_s = 40.0, stall_limit_s = 30.0, memory_mb = 400.0, tail_s = 2.0 }"  # a busy machine is no hang
SHORT = "hosting = { load_limit_s = 3.0, stall_limit_s = 2.0, tail_s = 2.0 }"
SAID = {
    "Crash": ("crash", "crashed with SIGSEGV"),
    "Abort": ("crash", "crashed with SIGABRT"),
    "Exit": ("crash", "ended its process with code 7"),
    "Hang": ("hang", "gave no sign of life for 3 s"),
    "Silence": ("silence", "stays silent although it has 1 notes"),
    "NaN": ("nan", "not a number"),
    "Inf": ("nan", "not a number"),
    "DC": ("dc", "off the centre"),
    "Leak": ("memory", "MB of memory"),
    "Blow up": ("level", "above full scale"),
}


def track(role="chords", instrument="mine"):
    return Track(role, instrument, (Note(0, 480, 60, 100),))


def alive(pids) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1][:3]]


@pytest.mark.parametrize("fault", SAID)
def test_every_fault_is_named_and_the_next_render_works(declare, fault):
    kind, says = SAID[fault]
    manifests = declare(more=f'{SHORT if fault == "Hang" else LIMITS}\nparams = {{ fault = "{fault}" }}')
    with pytest.raises(PluginFault, match=says) as caught:
        open_instrument("mine", manifests)(track(), Timeline(), 48_000)
    assert caught.value.kind == kind
    assert caught.value.plugin == "mine"
    well = open_instrument("mine", declare(more=LIMITS))(track(), Timeline(), 48_000)
    assert 0.05 < np.abs(well.samples).max() < 1.0


def test_a_hang_while_rendering_is_found_by_its_silence(declare):
    manifests = declare(more="hosting = { stall_limit_s = 4.0, tail_s = 2.0 }")
    instrument = open_instrument("mine", manifests)
    first = instrument(track(), Timeline(), 48_000)
    (pid,) = [pid for pid in pool().pids() if _holds(pid)]
    os.kill(pid, signal.SIGSTOP)  # as a plugin that never returns
    began = time.monotonic()
    with pytest.raises(PluginFault, match="no sign of life for 4 s while rendering") as caught:
        instrument(track(), Timeline(), 48_000)
    assert caught.value.kind == "hang"
    assert time.monotonic() - began < 20.0
    assert not alive([pid])
    np.testing.assert_array_equal(instrument(track(), Timeline(), 48_000).samples, first.samples)


def _holds(pid: int) -> bool:
    return "RigSynth" in Path(f"/proc/{pid}/maps").read_text()


@pytest.fixture
def close_all():
    pool().close()
    yield
    pool().close()


pytestmark = [pytest.mark.system, pytest.mark.usefixtures("close_all")]


def test_a_plugin_that_prints_disturbs_nothing(declare):
    manifests = declare(more='params = { fault = "Print" }')
    printed = open_instrument("mine", manifests)(track(), Timeline(), 48_000)
    np.testing.assert_array_equal(printed.samples, open_instrument("mine", declare())(track(), Timeline(), 48_000).samples)


def test_the_declared_fallback_plays_and_the_stem_says_so(declare):
    manifests = declare(more=f'{LIMITS}\nfallback = "bell"\nparams = {{ fault = "Crash" }}', beside=(shipped("plugins"),))
    arrangement = Arrangement((track(), track("pad", "bell")), Timeline())
    renderers = {name: open_instrument(name, manifests) for name in ("mine", "bell")}
    stems = render(arrangement, renderers)
    assert [stem.role for stem in stems] == ["chords", "pad"]
    (told,) = stems[0].decisions
    assert (told.stage, told.subject, told.choice, told.evidence) == ("render", "sound of chords", "bell instead of mine", "crash")
    assert "crashed with SIGSEGV" in told.because
    assert stems[1].decisions == ()
    np.testing.assert_array_equal(stems[0].audio.samples, stems[1].audio.samples)
    with pytest.raises(PluginFault, match="crashed with SIGSEGV"):
        render(arrangement, renderers, on_failure="stop")


def test_without_a_fallback_the_run_stops_with_advice(declare):
    manifests = declare(more=f'{LIMITS}\nparams = {{ fault = "NaN" }}')
    with pytest.raises(PluginFault, match="declare a fallback to go on without it"):
        render(Arrangement((track(),), Timeline()), {"mine": open_instrument("mine", manifests)})


@pytest.mark.parametrize(("fallback", "plays"), [("bypass", "no effect"), ("lowpass", "lowpass")])
def test_an_insert_that_fails_is_replaced_as_declared(declare, fallback, plays):
    declare()
    manifests = declare("broken", "Stereo", kind="effect", more=LIMITS)
    chain = Chain((Insert("broken", {"fault": "NaN"}, fallback=fallback),), "style", manifests, role="chords")
    stems = render(Arrangement((track(),), Timeline()), {"mine": open_instrument("mine", manifests)}, inserts={"chords": chain})
    assert stems[0].decisions[0].choice == f"{plays} instead of broken"
    plain = open_instrument("mine", manifests)(track(), Timeline(), 48_000).samples
    same = np.array_equal(stems[0].audio.samples[:, : plain.shape[1]], plain)
    assert same == (fallback == "bypass")


def test_no_worker_outlives_a_host_that_is_killed(rig, tmp_path):
    script = tmp_path / "host.py"
    script.write_text(f"""
import time
from pathlib import Path
import numpy as np
from daiw.host.external.pool import pool
from daiw.host.external.spec import Spec
leases = []
for slot in ("a", "b"):
    cm = pool().lease(Spec("rig", Path({str(rig / "RigSynth.vst3")!r})), slot)
    leases.append((cm, cm.__enter__()))
print(*pool().pids(), flush=True)
time.sleep(60)
""")
    host = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in host.stdout.readline().split()]
    assert len(pids) == 2
    assert alive(pids) == pids
    host.kill()
    host.wait()
    host.stdout.close()
    deadline = time.monotonic() + 5.0
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive(pids) == []


def test_workers_started_by_a_thread_live_on_after_it(declare):
    """Linux would kill them with the thread that started them."""
    import threading

    manifests = declare()
    thread = threading.Thread(target=lambda: open_instrument("mine", manifests)(track(), Timeline(), 48_000))
    thread.start()
    thread.join()
    time.sleep(0.2)
    assert len(alive(pool().pids())) == 1


def test_closing_the_pool_leaves_no_process(declare):
    open_instrument("mine", declare())(track(), Timeline(), 48_000)
    pids = pool().pids()
    assert len(pids) == 1
    pool().close()
    assert alive(pids) == []
    assert not [fd for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink() and "daiw-sound" in os.readlink(fd)]


def test_an_effect_that_turns_sound_into_silence_is_named(declare):
    manifests = declare("mute", "Stereo", kind="effect", more=LIMITS)
    sound = Audio(np.full((2, 4800), 0.1, np.float32))
    with pytest.raises(PluginFault, match="gives silence for sound"):
        Chain((Insert("mute", {"fault": "Silence"}),), "test", manifests)(sound, "bass")
