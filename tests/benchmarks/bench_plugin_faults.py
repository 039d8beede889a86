"""What a plugin host must stand: 200 faults, 500 renders in flat memory, onsets at every rate and buffer, a scan with bad plugins."""

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from daiw.errors import PluginFault
from daiw.host.chain import Chain
from daiw.host.external.catalog import scan
from daiw.host.external.pool import pool
from daiw.host.instruments import open_instrument
from daiw.host.registry import load_manifests
from daiw.music.audio import Audio
from daiw.music.manifest import MANIFEST_FILE, Insert
from daiw.music.score import Note, Timeline, Track

from .conftest import spread

pytestmark = [pytest.mark.bench, pytest.mark.system]
FAULTS = {
    "Crash": "crash", "Abort": "crash", "Exit": "crash", "Hang": "hang", "Silence": "silence", "NaN": "nan", "Inf": "nan", "DC": "dc",
    "Leak": "memory", "Blow up": "level",
}  # fmt: skip
EACH = 20
RENDERS, WARM = 500, 50
LIMITS = "load_limit_s = 60.0, stall_limit_s = 60.0, memory_mb = 400.0, tail_s = 1.0"
SHORT = "load_limit_s = 4.0, stall_limit_s = 4.0, tail_s = 1.0"  # of those that hang
TRACK = Track("chords", "mine", (Note(0, 480, 60, 100), Note(480, 480, 64, 90)))


def declared(folder: Path, path: Path, more: str = "", kind: str = "instrument"):
    place = folder / "mine"
    place.mkdir(parents=True, exist_ok=True)
    head = f'kind = "{kind}"\nengine = "vst3"\nlicense = "GPL-3.0-or-later"\ndescription = "x"\npath = "{path}"\n'
    (place / MANIFEST_FILE).write_text(head + more + "\n")
    return load_manifests([folder])


def processes(pids) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def resident_mb(pid: int | str) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_two_hundred_faults(rig, tmp_path):
    right, seen, seconds = 0, set(), {fault: [] for fault in FAULTS}
    for turn in range(EACH):
        for fault, kind in FAULTS.items():
            limits = SHORT if fault == "Hang" else LIMITS
            manifests = declared(tmp_path, rig / "RigSynth.vst3", f'hosting = {{ {limits} }}\nparams = {{ fault = "{fault}" }}')
            began = time.perf_counter()
            try:
                open_instrument("mine", manifests)(TRACK, Timeline(), 48_000)
            except PluginFault as error:
                right += error.kind == kind
                if error.kind != kind:
                    print(f"{turn}: {fault} was called {error.kind}: {error}")
            seconds[fault].append(time.perf_counter() - began)
            seen.update(pool().pids())
    pool().close()
    orphans = processes(seen)
    print(f"\n| faults injected | named rightly | orphans |\n|---|---|---|\n| {EACH * len(FAULTS)} | {right} | {len(orphans)} |")
    print("| fault | seconds until it was named |\n|---|---|")
    for fault, times in seconds.items():
        print(f"| {fault} | {spread(times)} |")
    assert (right, orphans) == (EACH * len(FAULTS), [])


def test_memory_stays_flat(rig, tmp_path):
    manifests = declared(tmp_path, rig / "RigSynth.vst3")
    instrument = open_instrument("mine", manifests)
    figures = []
    for number in range(1, RENDERS + 1):
        instrument(TRACK, Timeline(), 48_000)
        if number in (WARM, RENDERS):
            (pid,) = pool().pids()
            figures.append((resident_mb("self"), resident_mb(pid)))
    (host, worker), (host_later, worker_later) = figures
    print(f"\n| process | MB after {WARM} renders | after {RENDERS} | growth |\n|---|---|---|---|")
    print(f"| host | {host:.1f} | {host_later:.1f} | {host_later / host - 1:+.1%} |")
    print(f"| worker | {worker:.1f} | {worker_later:.1f} | {worker_later / worker - 1:+.1%} |")
    assert max(host_later / host, worker_later / worker) < 1.05


def test_onsets_at_every_rate_and_buffer(rig, tmp_path):
    wrong = count = 0
    random = np.random.default_rng(5)
    for rate in (44_100, 48_000, 96_000):
        for buffer in (64, 128, 256, 512, 1024, 2048, 4096, 8192):
            more = f"hosting = {{ buffer_frames = {buffer}, tail_s = 0.05 }}"
            instrument = open_instrument("mine", declared(tmp_path, rig / "RigSynth.vst3", more))
            for tick in random.integers(0, 3000, 10).tolist():
                samples = instrument(Track("chords", "mine", (Note(tick, 48, 69, 127),)), Timeline(), rate).samples
                count += 1
                wrong += int(np.flatnonzero(np.abs(samples[0]) > 1e-6)[0]) != round(tick / 960 * rate)
    print(f"\n| onsets | not on their frame |\n|---|---|\n| {count} | {wrong} |")
    assert wrong == 0


def test_isolation_costs_little(rig, zam, tmp_path):
    """A minute of sound through ZamTube in its worker, against the same calls of pedalboard in this process."""
    from daiw.host.external.hosted import Hosted, hurry
    from daiw.host.external.playing import Wanted, play_effect

    hurry()
    sound = np.random.default_rng(1).standard_normal((2, 60 * 48_000)).astype(np.float32) * np.float32(0.1)
    chain = Chain((Insert("vst3:ZamTube"),), "bench", role="bass")
    inside = Hosted(str(zam / "ZamTube.vst3"))
    wanted = Wanted(48_000, sound.shape[1], 12 * 48_000, {}, 1e5)
    ours: list[float] = []
    bare: list[float] = []
    for turn in range(6):
        began = time.perf_counter()
        apart = chain(Audio(sound)).samples
        middle = time.perf_counter()
        here = play_effect(inside, sound, wanted, lambda _: None)
        if turn:  # the first opens the plugin
            ours.append(middle - began)
            bare.append(time.perf_counter() - middle)
    np.testing.assert_allclose(apart, here[:, : apart.shape[1]], atol=1e-4)  # ZamTube's last bits depend on what it played before
    print(f"\n| a minute through ZamTube | seconds |\n|---|---|\n| in a worker | {spread(ours)} |\n| in this process | {spread(bare)} |")
    print(f"| overhead | {np.median(ours) / np.median(bare) - 1:+.1%} |")


def test_a_scan_of_twenty_plugins_with_three_bad_ones(rig, zam, tmp_path, monkeypatch):
    folder = tmp_path / "vst"
    for path in sorted(zam.glob("*.vst3")):
        shutil.copytree(path, folder / path.name)
    for name in ("Bad1", "Bad2"):
        shutil.copytree(rig / "RigSynth.vst3", folder / f"{name}.vst3")
        code = folder / f"{name}.vst3" / "Contents" / "x86_64-linux"
        (code / "RigSynth.so").rename(code / f"{name}.so")
    (folder / "Bad3.vst3").mkdir()
    catalog = tmp_path / "plugins.json"
    began = time.perf_counter()
    scan([folder / path.name for path in sorted(zam.glob("*.vst3"))], catalog=catalog)
    monkeypatch.setenv("RIG_LOAD", "hang")
    scan([folder / "Bad1.vst3"], catalog=catalog, limit_s=10.0)
    monkeypatch.setenv("RIG_LOAD", "crash")
    scan([folder / "Bad2.vst3"], catalog=catalog)
    scan([folder / "Bad3.vst3"], catalog=catalog)
    first = time.perf_counter() - began
    again = time.perf_counter()
    found = scan([folder], catalog=catalog)
    second = time.perf_counter() - again
    bad = [entry for entry in found.known if entry.fault]
    print(f"\n| scan of {len(found.known)} files, {len(bad)} bad | seconds |\n|---|---|\n| first | {first:.1f} |\n| again | {second:.2f} |")
    assert (len(found.known), len(bad), len(found.asked)) == (20, 3, 0)
