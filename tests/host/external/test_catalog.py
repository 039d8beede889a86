import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from daiw.errors import PluginError
from daiw.host.external.catalog import SCHEMA, Catalog, Entry, find, probe, read_catalog, scan, write_entries
from daiw.host.external.client import Worker
from daiw.host.external.source import plugin_files, standard_folders


@pytest.fixture
def catalog(tmp_path) -> Path:
    return tmp_path / "data" / "plugins.json"


@pytest.mark.system
def test_a_scan_tells_what_plugins_are(rig, zam, catalog):
    found = scan([rig / "RigSynth.vst3", rig / "RigDelay.vst3", zam / "ZamVerb.vst3"], catalog=catalog, limit_s=60.0)
    assert [entry.fault for entry in found.asked] == ["", "", ""]
    _, synth = find("rig synth", found.catalog)
    assert (synth.kind, synth.vendor, synth.version, synth.inputs, synth.outputs) == ("instrument", "DAiW tests", "1.2.3", 0, 2)
    cutoff = next(parameter for parameter in synth.parameters if parameter.key == "cutoff_hz")
    assert (cutoff.low, cutoff.high, cutoff.unit, cutoff.default) == (20.0, 20_000.0, "Hz", "20000.000000")
    assert next(parameter for parameter in synth.parameters if parameter.key == "wave").choices == ("Sine", "Saw")
    _, delay = find("RigDelay", found.catalog)
    assert (delay.kind, delay.inputs, delay.latency_samples) == ("effect", 2, 480)
    entry, verb = find("zamverb", found.catalog)
    assert verb.category == "Fx|Reverb|Stereo"
    assert entry.scan_s < 45.0  # pedalboard alone takes minutes
    assert read_catalog(catalog) == found.catalog


@pytest.mark.system
def test_a_bad_plugin_costs_its_time_once(rig, tmp_path, catalog, monkeypatch):
    good, bad = tmp_path / "vst" / "Good.vst3", tmp_path / "vst" / "Bad.vst3"
    for target in (good, bad):
        shutil.copytree(rig / "RigSynth.vst3", target)
        (target / "Contents" / "x86_64-linux" / "RigSynth.so").rename(target / "Contents" / "x86_64-linux" / f"{target.stem}.so")
    (tmp_path / "vst" / "Empty.vst3").mkdir()
    monkeypatch.setenv("RIG_LOAD", "hang")
    hung = scan([bad], catalog=catalog, limit_s=1.5)
    assert [entry.fault for entry in hung.asked] == ["hang"]
    monkeypatch.setenv("RIG_LOAD", "crash")
    crashed = scan([good], catalog=catalog)
    assert "SIGSEGV" in crashed.asked[0].reason
    monkeypatch.delenv("RIG_LOAD")
    all_three = scan([tmp_path / "vst"], catalog=catalog)
    assert [Path(entry.path).name for entry in all_three.asked] == ["Empty.vst3"]
    assert {entry.fault for entry in all_three.known} == {"hang", "crash"}
    with pytest.raises(PluginError, match=r"Good\.vst3 could not be opened when it was scanned: .*SIGSEGV"):
        find("good", all_three.catalog)
    again = scan([good], catalog=catalog, again=True)
    assert again.asked[0].fault == ""
    with (bad / "Contents" / "x86_64-linux" / "Bad.so").open("ab") as binary:  # an update of the plugin
        binary.write(b"\0")
    assert scan([bad], catalog=catalog).asked[0].fault == ""


@pytest.mark.system
@pytest.mark.parametrize(("load", "kind"), [("exit", "crash"), ("print", ""), ("slow", "")])
def test_what_a_plugin_does_while_it_loads(rig, catalog, monkeypatch, load, kind):
    monkeypatch.setenv("RIG_LOAD", load)
    (entry,) = scan([rig / "RigMono.vst3"], catalog=catalog, limit_s=60.0).asked
    assert entry.fault == kind
    assert bool(entry.plugins) == (not kind)


def test_a_scan_of_nothing_says_so(tmp_path, catalog):
    with pytest.raises(PluginError, match="does not exist"):
        scan([tmp_path / "nowhere"], catalog=catalog)
    with pytest.raises(PluginError, match="no plugin in"):
        scan([tmp_path], catalog=catalog)
    assert not catalog.exists()


def test_folders_are_searched_but_bundles_are_not_entered(tmp_path):
    (tmp_path / "vendor" / "A.vst3" / "Contents" / "Resources" / "Inner.vst3").mkdir(parents=True)
    (tmp_path / "B.vst3").write_bytes(b"x")
    assert [path.name for path in plugin_files((tmp_path,))] == ["B.vst3", "A.vst3"]


@pytest.mark.parametrize(
    ("system", "part"),
    [("linux", "/usr/lib/vst3"), ("darwin", "/Library/Audio/Plug-Ins/VST3"), ("darwin", "/Library/Audio/Plug-Ins/Components")],
)
def test_the_standard_folders_of_each_system(monkeypatch, system, part):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv("VST3_PATH", f"/mine{os.pathsep}/yours")
    folders = [str(folder) for folder in standard_folders()]
    assert folders[:2] == ["/mine", "/yours"]
    assert any(folder == part for folder in folders)


def test_two_writers_lose_nothing(catalog):
    def write(first: int) -> None:
        for number in range(first, first + 10):
            write_entries([Entry(f"/p/{number}.vst3", "ab")], catalog)

    threads = [threading.Thread(target=write, args=(start,)) for start in (0, 10)]
    code = f"""
from pathlib import Path
from daiw.host.external.catalog import Entry, write_entries
for n in range(20, 30):
    write_entries([Entry(f"/p/{{n}}.vst3", "ab")], Path({str(catalog)!r}))
"""
    other = subprocess.Popen([sys.executable, "-c", code])
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert other.wait(60) == 0
    assert len(read_catalog(catalog).entries) == 30
    assert [path.name for path in catalog.parent.iterdir()] == ["plugins.json"]


def test_a_damaged_catalog_says_what_to_do(catalog):
    catalog.parent.mkdir(parents=True)
    catalog.write_text("{")
    with pytest.raises(PluginError, match="delete it and scan again"):
        read_catalog(catalog)
    catalog.write_text(json.dumps({"schema": SCHEMA, "entries": {"x": {"path": 3}}}))
    with pytest.raises(PluginError, match="delete it and scan again"):
        read_catalog(catalog)
    catalog.write_text(json.dumps({"schema": "daiw-plugins-0"}))
    assert read_catalog(catalog) == Catalog()


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(PluginError, match="scan first: daiw plugins scan"):
        find("massive", Catalog())


@pytest.mark.system
def test_the_manifest_in_the_readme_plays(rig, zam, tmp_path):
    import re

    import numpy as np

    from daiw.files.shipped import shipped
    from daiw.host.instruments import open_instrument
    from daiw.host.registry import load_manifests
    from daiw.music.manifest import MANIFEST_FILE
    from daiw.music.score import Note, Timeline, Track

    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    (text,) = [block for block in re.findall(r"```toml\n(.*?)```", readme, re.S) if 'engine = "vst3"' in block]
    folder = tmp_path / "warm_keys"
    folder.mkdir()
    text = text.replace("/usr/lib/vst3/Some.vst3", str(rig / "RigSynth.vst3")).replace('state = "warm.state"', "")
    (folder / MANIFEST_FILE).write_text(text)
    instrument = open_instrument("warm_keys", load_manifests([shipped("plugins"), tmp_path]))
    sound = instrument(Track("chords", "warm_keys", (Note(0, 480, 60, 100),)), Timeline(), 48_000)
    assert np.abs(sound.samples).max() > 0.01
    assert [record.plugin for record in instrument.plugins("chords")] == ["Rig Synth", "ZamTube"]


@pytest.mark.parametrize(
    ("plugin", "buses", "unheard"),
    [
        ("Synth", [("out", 2, True)], []),
        ("Quad", [("out", 4, True)], []),
        ("Buses", [("out", 2, True), ("out", 2, True)], ["Aux"]),
        ("Side", [("in", 2, True), ("in", 2, False), ("out", 2, True)], ["Audio Input 3"]),
    ],
)
def test_buses_are_told_and_those_that_nobody_hears_are_named(rig, plugin, buses, unheard):
    (found,) = probe(rig / f"Rig{plugin}.vst3").plugins
    assert [(bus.direction, bus.channels, bus.main) for bus in found.buses] == buses
    assert [bus.name for bus in found.unheard] == unheard


def test_a_plugin_that_fails_when_asked_for_its_buses_is_a_good_plugin_still(rig, monkeypatch):
    def die(self, request, **limits):
        if request["do"] == "buses":
            os.kill(self.pid, signal.SIGKILL)
        return ask(self, request, **limits)

    ask = Worker.ask
    monkeypatch.setattr(Worker, "ask", die)
    entry = probe(rig / "RigSynth.vst3")
    assert (entry.fault, entry.plugins[0].name, entry.plugins[0].buses) == ("", "Rig Synth", ())
