"""Our own VST3 plugins: what a host sees and hears of them, and what is said where they cannot be built."""

import shutil
from pathlib import Path

import pytest

from daiw.cli.main import main
from daiw.errors import PluginError
from daiw.files.shipped import shipped
from daiw.host.build import FAULTS, Toolchain, build_faults, build_plugin, bundle_name, find_toolchain, native_folders
from daiw.host.dpf import PATCHES, patched_dpf

KEYS = shipped("plugins") / "daiw_keys"


def test_every_native_folder_names_its_bundle():
    folders = native_folders([shipped("plugins")])
    assert KEYS in folders
    assert bundle_name(KEYS) == "DaiwKeys.vst3"


def test_what_is_missing_is_said(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DPF", str(tmp_path / "nowhere"))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(PluginError, match=r"a C\+\+ compiler \(apt install g\+\+\), and DPF, looked for in .*nowhere"):
        find_toolchain()
    assert main(["plugins", "build"]) == 2
    assert "songs play without them" in capsys.readouterr().err


def test_another_dpf_is_refused_and_named(tmp_path):
    for name in PATCHES:
        path = tmp_path / "dpf" / "distrho" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("// rewritten upstream\n")
    with pytest.raises(PluginError, match=r"this DPF is not 1\.6.*DistrhoPluginVST\.hpp"):
        patched_dpf(tmp_path / "dpf", tmp_path / "scratch")


@pytest.mark.system
def test_a_compiler_error_is_one_line(tmp_path, toolchain):
    broken = tmp_path / "broken"
    shutil.copytree(KEYS / "source", broken / "source")
    shutil.copytree(KEYS.parent / "native", tmp_path / "native")
    (broken / "source" / "plugin.cpp").write_text("int main() { return here; }\n")
    with pytest.raises(PluginError, match=r"broken: .* failed: .*error: 'here' was not declared"):
        build_plugin(broken, toolchain)
    assert not (broken / "Broken.vst3").exists()


@pytest.mark.system
def test_a_second_build_finds_it_done_and_a_change_is_seen(tmp_path, toolchain):
    """A stand-in compiler: what counts is when it is called."""
    log = tmp_path / "log"
    compiler = tmp_path / "cc"
    compiler.write_text(f'#!/bin/sh\necho x >> {log}\nfor last; do :; done\nwhile [ "$1" != -o ]; do shift; done\necho made > "$2"\n')
    compiler.chmod(0o755)
    fake = Toolchain(str(compiler), toolchain.dpf)
    folder = tmp_path / "some_keys"
    shutil.copytree(KEYS / "source", folder / "source")
    assert build_plugin(folder, fake) == (folder / "SomeKeys.vst3", True)
    assert build_plugin(folder, fake) == (folder / "SomeKeys.vst3", False)
    (folder / "source" / "parameters.hpp").write_text("// another sound\n")
    assert build_plugin(folder, fake)[1]
    assert len(log.read_text().split()) == 2


@pytest.mark.system
def test_the_rig_has_a_bundle_a_fault(tmp_path, toolchain, fault_rig):
    assert set(fault_rig) == set(FAULTS)
    for name, bundle in fault_rig.items():
        assert [path.name for path in bundle.glob("Contents/*/*.so")] == [f"fault-{name}.so"]
    source = (KEYS / "source" / "faults.hpp").read_text()
    assert all(f'"{name}"' in source for name in FAULTS if name != "none")
    assert isinstance(build_faults(KEYS.parent, toolchain, next(iter(fault_rig.values())).parent)["dc"], Path)
