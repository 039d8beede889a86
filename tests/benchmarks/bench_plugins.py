"""External plugins: our isolated workers against hosts in one process, scans with bad plugins, cached stems, faults, memory, onsets.

Peers are installed for this alone: pip install --group bench.  Ours and zam-plugins must be there: make plugins, apt install zam-plugins.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from daiw.errors import PluginFault
from daiw.files.shipped import shipped
from daiw.files.stem_cache import StemCache
from daiw.host.build import build_plugin
from daiw.host.chain import Chain
from daiw.host.external.catalog import scan
from daiw.host.external.pool import pool
from daiw.host.instruments import open_instruments
from daiw.host.registry import load_manifests
from daiw.music.manifest import Hosting, Insert, Manifest
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap
from daiw.stages.render import render

from .conftest import spread

RATE, RUNS = 48_000, int(os.environ.get("DAIW_BENCH_RUNS", "5"))
BARS = 30  # 60 s at 120 bpm
ZAM = Path("/usr/lib/vst3")
EFFECTS = ("ZamCompX2", "ZaMultiCompX2")
HOSTS = Path(__file__).with_name("plugin_hosts.py")
ROLES = ("melody", "counter", "chords", "pad", "bass")


@pytest.fixture(scope="module")
def bundle(toolchain):
    return build_plugin(shipped("plugins") / "daiw_keys", toolchain)[0]


def song() -> Arrangement:
    """Five parts for daiw-keys, 60 s: 4-voice chords and pads, moving lines, a bass."""
    random = np.random.default_rng(2)
    parts: dict[str, list[Note]] = {role: [] for role in ROLES}
    for bar in range(BARS):
        start, chord = bar * 1920, ((60, 64, 67, 71), (57, 60, 64, 67), (62, 65, 69, 72), (55, 59, 62, 65))[bar % 4]
        for pitch in chord:
            parts["pad"].append(Note(start, 1900, pitch, 60))
            parts["chords"] += [Note(start + beat * 480, 440, pitch, int(random.integers(60, 90))) for beat in range(4)]
        for eighth in range(8):
            parts["bass"].append(Note(start + eighth * 240, 220, chord[0] - 24, int(random.integers(80, 110))))
            parts["melody"].append(Note(start + eighth * 240, 230, chord[random.integers(0, 4)] + 12, int(random.integers(60, 110))))
        parts["counter"] += [Note(start + beat * 480 + 240, 200, chord[random.integers(0, 4)] + 12, 70) for beat in range(4)]
    tracks = [Track(role, "daiw_keys", tuple(sorted(notes)), 4) for role, notes in parts.items()]
    return Arrangement(tuple(tracks), Timeline(TempoMap((Tempo(0, 120.0),)), end=BARS * 1920))


def ours(workers: int = 2):
    """The song through warm workers, each stem with its two effects."""
    manifests = load_manifests([shipped("plugins")])
    arrangement = song()
    renderers = open_instruments(["daiw_keys"], manifests)
    inserts = {role: Chain(tuple(Insert(f"vst3:{name}") for name in EFFECTS), "bench", manifests, role=role) for role in ROLES}
    return lambda: render(arrangement, renderers, inserts=inserts, sample_rate=RATE, workers=workers, on_failure="stop")


def clocked(work, runs: int) -> tuple[list[float], list[float], list[float]]:
    """Of `runs` calls after one that warms up: wall and processor seconds, the workers' included, and those inside the plugins' calls."""
    work()
    walls, cpus, plugins = [], [], []
    for _ in range(runs):
        began, cpu, plugin = time.perf_counter(), _processor_s(), pool().plugin_s()
        work()
        walls.append(time.perf_counter() - began)
        cpus.append(_processor_s() - cpu)
        plugins.append(pool().plugin_s() - plugin)
    return walls, cpus, plugins


def _processor_s() -> float:
    """Of this process and its plugin workers, to the nanosecond as the scheduler counts."""
    running = sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pool().pids())
    return time.process_time() + running / 1e9


@pytest.mark.skipif(not (ZAM / f"{EFFECTS[0]}.vst3").exists(), reason="zam-plugins is not installed")
def test_a_song_on_plugins_against_other_hosts(bundle, tmp_path, publish):
    arrangement = song()
    stems = [[[n.pitch, n.velocity, n.start / 960.0, n.duration / 960.0] for n in track.notes] for track in arrangement.tracks]
    effects = [str(ZAM / f"{name}.vst3") for name in EFFECTS]
    job = {"rate": RATE, "seconds": BARS * 2.0 + 1.0, "instrument": str(bundle), "effects": effects, "stems": stems}
    (tmp_path / "job.json").write_text(json.dumps(job))
    rows = [["host, 60 s, five stems, daiw-keys and two zam effects each", "load", "wall, warm", "times real time", "processor"]]
    peers: dict[str, dict[str, list[float]]] = {}
    for host in ("pedalboard", "dawdreamer", "minihost"):
        if find_spec(host) is None:
            rows.append([f"{host}: not installed", "", "", "", ""])
            continue
        told = subprocess.run([sys.executable, str(HOSTS), host, str(tmp_path / "job.json"), str(RUNS)], capture_output=True, text=True)
        if told.returncode:
            rows.append([f"{host}: ended with code {told.returncode}: {told.stderr.strip().splitlines()[-1:] or ''}", "", "", "", ""])
            continue
        seen = peers[host] = json.loads(told.stdout.splitlines()[-1])
        assert min(seen["peak"]) > 0.01, host
        label = f"{host}, one process, one thread"
        times = spread([60.0 / wall for wall in seen["wall_s"]], " x", 1)
        rows.append([label, f"{seen['load_s']:.2f} s", spread(seen["wall_s"], " s"), times, spread(seen["cpu_s"], " s")])
    for workers in (1, 2):
        began = time.perf_counter()
        work = ours(workers)
        work()
        cold = time.perf_counter() - began
        walls, cpus, plugins = clocked(work, RUNS)
        times = spread([60.0 / wall for wall in walls], " x", 1)
        label = f"daiw, a process a plugin, {workers} at a time"
        rows.append([label, f"{cold:.2f} s, first render in it", spread(walls, " s"), times, spread(cpus, " s")])
        rows.append(["- of it inside the plugins' own calls", "", "", "", spread(plugins, " s")])
        over = [100.0 * (cpu / plugin - 1.0) for cpu, plugin in zip(cpus, plugins, strict=True)]
        rows.append(["- all processor time over the plugins' own in the same blocks (limit +10 %)", "", "", "", spread(over, " %", 1)])
        if "pedalboard" in peers:
            base = peers["pedalboard"]
            wall = statistics.median(walls) / statistics.median(base["wall_s"]) - 1.0
            cpu = statistics.median(cpus) / statistics.median(base["cpu_s"]) - 1.0
            rows.append(["- over pedalboard in one process", "", f"{100 * wall:+.0f} %", "", f"{100 * cpu:+.0f} %"])
    publish("External plugins: a 60 s song against other hosts", rows)


def test_an_edit_of_four_bars_against_a_full_render(bundle, tmp_path, publish):
    manifests = load_manifests([shipped("plugins")])
    arrangement = song()
    rows = [["60 s, five stems", "wall", "against a full render"]]
    for label, name in (
        ("daiw-keys, VST3", "daiw_keys"),
        ("electric_piano, built in", "electric_piano"),
        ("grand_piano, soundfont", "grand_piano"),
    ):
        tracks = tuple(replace(track, instrument=name) for track in arrangement.tracks)
        machines = open_instruments([name], manifests)
        full, warm, edited = [], [], []
        for run in range(RUNS + 1):
            cache = StemCache(tmp_path / f"{name}-{run}")
            whole = replace(arrangement, tracks=tracks)
            changed = tuple(replace(note, pitch=note.pitch + 1) if 8 * 1920 <= note.start < 12 * 1920 else note for note in tracks[0].notes)
            edit = replace(arrangement, tracks=(replace(tracks[0], notes=changed), *tracks[1:]))
            for into, played, kept in ((full, whole, None), (None, whole, cache), (warm, whole, cache), (edited, edit, cache)):
                began = time.perf_counter()
                render(played, machines, sample_rate=RATE, cache=kept)
                if into is not None and run:
                    into.append(time.perf_counter() - began)
            shutil.rmtree(cache.folder)
        whole_s = statistics.median(full)
        for what, seconds in (("full render, no cache", full), ("nothing changed", warm), ("four bars of the melody changed", edited)):
            rows.append([f"{label}: {what}", spread(seconds, " s", 3), f"{100 * statistics.median(seconds) / whole_s:.0f} %"])
    publish("Re-rendering after an edit of four bars, stem cache warm", rows)


FAULTS = {
    "crash_load": "crash", "exit_load": "crash", "crash_render": "crash", "hang_load": "hang", "hang_render": "hang", "silence": "silence",
    "nan": "nan", "slow_load": "hang", "dc": "dc", "stdout_noise": None,
}  # fmt: skip
LOAD_LIMITS_S = {"hang_load": 3.0, "slow_load": 1.5}  # the rig's slow plugin takes 3 s


def _manifest(name: str, bundle: Path) -> Manifest:
    hosting = Hosting(tail_s=0.5, load_limit_s=LOAD_LIMITS_S.get(name.removeprefix("fault_"), 5.0), stall_limit_s=2.0)
    return Manifest("instrument", "vst3", "GPL-3.0-or-later", "a fault", path=str(bundle), hosting=hosting, name=name, folder=bundle.parent)


def test_two_hundred_faults_are_told_apart(fault_rig, publish):
    """Each fault twenty times; correct is: the right kind and name, or, for noise on stdout, sound all the same."""
    track = Track("x", "bad", (Note(0, 480, 60, 100),))
    rows, children = [["fault", "injections", "told correctly", "seconds each", "as"]], _children()
    for fault, kind in FAULTS.items():
        right, seconds, seen = 0, [], set()
        for _ in range(int(os.environ.get("DAIW_BENCH_FAULTS", "20"))):
            manifest = _manifest(f"fault_{fault}", fault_rig[fault])
            began = time.perf_counter()
            try:
                (stem,) = render(
                    Arrangement((track,), Timeline()),
                    {"bad": open_instruments([manifest.name], {manifest.name: manifest})[manifest.name]},
                    workers=1,
                )
                told = None if np.abs(stem.audio.samples).max() > 0.01 else "quiet"
            except PluginFault as problem:
                told = problem.kind if problem.plugin == manifest.name else "another plugin"
            seconds.append(time.perf_counter() - began)
            seen.add(str(told))
            right += told == kind
        rows.append([fault, str(len(seconds)), str(right), spread(seconds, " s"), ", ".join(sorted(seen))])
    pool().close()
    time.sleep(1.0)
    left = _children() - children
    rows.append(["processes left over", "", str(len(left)), "", ""])
    publish("External plugins: injected faults", rows)


def _children() -> set[int]:
    """The live children of this process."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and fields[0] != "Z":
            found.add(int(path.parent.name))
    return found


@pytest.mark.skipif(not ZAM.is_dir(), reason="zam-plugins is not installed")
def test_a_scan_of_twenty_plugins_with_three_bad_ones(bundle, toolchain, fault_rig, tmp_path, publish):
    good = [path for path in sorted(ZAM.glob("*.vst3")) if path.stem != "ZamVerb"][:15]  # ZamVerb takes minutes in pedalboard
    good += [bundle, build_plugin(shipped("plugins") / "daiw_tone", toolchain)[0]]
    folder = tmp_path / "plugins"
    folder.mkdir()
    for path in (*good, fault_rig["crash_load"], fault_rig["hang_load"]):
        shutil.copytree(path, folder / path.name)
    (folder / "broken.vst3" / "Contents").mkdir(parents=True)
    seconds, seen = {}, {}
    for what in ("first scan", "second scan, nothing changed"):
        began = time.perf_counter()
        seen[what] = scan((folder,), limit_s=10.0, catalog=tmp_path / "catalog.json")
        seconds[what] = time.perf_counter() - began
    entries = seen["first scan"].asked
    bad = [entry for entry in entries if entry.fault]
    assert not seen["second scan, nothing changed"].asked
    rows = [["scan of 20 plugins, three bad (crash, hang until a limit of 10 s, no plugin)", "value"]]
    rows += [[what, f"{took:.2f} s"] for what, took in seconds.items()]
    rows.append(["good ones read, bad ones named", f"{len(entries) - len(bad)} of {len(good)}, {len(bad)} of 3"])
    rows.append(["a good plugin, its process included", spread([entry.scan_s for entry in entries if not entry.fault], " s")])
    rows += [[f"bad: {Path(entry.path).name}", f"{entry.fault}, {entry.scan_s:.2f} s"] for entry in bad]
    publish("External plugins: a scan", rows)


def test_memory_after_500_renders(bundle, publish):
    manifests = load_manifests([shipped("plugins")])
    machine = open_instruments(["daiw_keys"], manifests)["daiw_keys"]
    track = Track("x", "daiw_keys", tuple(Note(480 * i, 400, 60 + i, 90) for i in range(4)), 4)
    pool().close()

    def resident(pid: int) -> float:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    rows, marks = [["after", "this process", "worker"]], {}
    for count in range(1, 501):
        machine(track, Timeline(), RATE)
        if count in (20, 100, 250, 500):
            (pid,) = pool().pids()
            marks[count] = (resident(os.getpid()), resident(pid))
            rows.append([f"{count} renders", f"{marks[count][0]:.1f} MB", f"{marks[count][1]:.1f} MB"])
    growth = [100.0 * (marks[500][i] / marks[20][i] - 1.0) for i in range(2)]
    rows.append(["growth from 20 to 500 (limit 5 %)", f"{growth[0]:+.1f} %", f"{growth[1]:+.1f} %"])
    publish("External plugins: memory", rows)


def test_onsets_to_the_sample(bundle, publish):
    """daiw-keys through its worker, at every rate and buffer: the first frame that sounds against the frame of the note."""
    manifest = load_manifests([shipped("plugins")])["daiw_keys"]
    random, off, rates, sizes = np.random.default_rng(5), [], (44_100, 48_000, 96_000), (64, 100, 128, 256, 512, 1024, 2048, 4096, 8192)
    for size in sizes:
        hosted = replace(manifest, chain=(), hosting=replace(manifest.hosting, buffer_frames=size, tail_s=0.05))
        machine = open_instruments(["daiw_keys"], {"daiw_keys": hosted})["daiw_keys"]
        for rate in rates:
            for tick in random.integers(1, 3000, 10).tolist():
                sound = machine(Track("x", "daiw_keys", (Note(tick, 96, 60, 127),)), Timeline(), rate).samples
                off.append(int(np.flatnonzero(np.abs(sound).max(axis=0) > 1e-7)[0]) - round(tick / 960.0 * rate))
    rows = [["rates, buffers, onsets", "frames off, most", "exact"]]
    what = f"44.1, 48, 96 kHz; {len(sizes)} buffers of 64..8192 frames; {len(off)} onsets"
    rows.append([what, str(max(map(abs, off))), f"{sum(x == 0 for x in off)} of {len(off)}"])
    publish("External plugins: onsets", rows)
