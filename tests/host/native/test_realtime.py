"""No allocation, lock, sleep or file access inside process(): counted by a host of our own that interposes them."""

import json
import subprocess

import pytest

from daiw.files.shipped import shipped
from daiw.host.build import build_plugin

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def check(toolchain, tmp_path_factory):
    program = tmp_path_factory.mktemp("check") / "realtime"
    source = shipped("plugins") / "native" / "check" / "realtime.cpp"
    command = [toolchain.compiler, "-std=c++17", "-O1", "-rdynamic", f"-I{toolchain.dpf / 'distrho'}", str(source), "-o", str(program)]
    subprocess.run([*command, "-ldl", "-pthread"], check=True, capture_output=True)

    def run(name, parameters, *plant):
        bundle, _ = build_plugin(shipped("plugins") / name, toolchain)
        (library,) = bundle.glob("Contents/*/*.so")
        told = subprocess.run(
            [str(program), str(library), str(parameters), *plant], capture_output=True, text=True, timeout=120, check=True
        )
        assert not told.stderr
        return json.loads(told.stdout)

    return run


@pytest.mark.parametrize(("name", "parameters"), [("daiw_keys", 82), ("daiw_tone", 10)])
def test_the_callback_allocates_locks_sleeps_and_writes_nothing(check, name, parameters):
    seen = check(name, parameters)
    assert seen["blocks"] == 1200
    assert {key: seen[key] for key in ("allocations", "locks", "files", "sleeps", "not_finite")} == dict.fromkeys(
        ("allocations", "locks", "files", "sleeps", "not_finite"), 0
    )
    assert 0.1 < seen["peak"] < 20.0


@pytest.mark.parametrize(("name", "parameters"), [("daiw_keys", 82), ("daiw_tone", 10)])
def test_the_counter_counts(check, name, parameters):
    seen = check(name, parameters, "plant")
    assert min(seen["allocations"], seen["locks"], seen["files"], seen["sleeps"]) >= 1200
