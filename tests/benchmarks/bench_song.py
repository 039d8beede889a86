"""The main job, the help and the reading of a prompt, each as a whole process from cold."""

import json
import os
import subprocess
import sys
import time

from .conftest import spread

PROMPT = "we danced until the lights came on and then I walked home alone"
DAIW = [sys.executable, "-m", "daiw"]


def whole_process(command):
    """Wall seconds and peak memory in MiB of one command, and what it printed."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with process.stdout as stdout:
        out = stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.perf_counter() - began, usage.ru_maxrss / 1024, out


def test_a_three_minute_song(tmp_path, publish):
    walls, memories, told = [], [], []
    for run in range(4):
        command = [*DAIW, "make", PROMPT, "--preset", "pop", "--minutes", "3", "--json", "-o", str(tmp_path / str(run))]
        wall, memory, out = whole_process(command)
        walls, memories, told = [*walls, wall], [*memories, memory], [*told, json.loads(out)]
    walls, memories, told = walls[1:], memories[1:], told[1:]
    length = told[0]["duration_s"]
    stems = [name for name in told[0]["files"] if name.startswith("stems/") and name[6:-4] not in ("reverb", "delay")]
    rows = [
        ["figure", "value", "limit"],
        ["length, stems", f"{length:.0f} s, {len(stems)}", "180 s, 6"],
        ["wall", spread(walls, " s"), ""],
        ["times real time", spread([length / wall for wall in walls], " x", 1), ">= 6 x"],
        ["peak memory", spread(memories, " MiB", 0), "< 1500 MiB"],
    ]
    stages = told[0]["stage_seconds"]
    rows += [[f"stage {name}", spread([entry["stage_seconds"][name] for entry in told], " s"), ""] for name in stages]
    publish("A 3-minute song from prompt to master, whole process", rows)


def test_cold_starts(publish):
    read = [sys.executable, "-c", f"import daiw; daiw.understand({PROMPT!r})"]
    python = [sys.executable, "-c", "pass"]
    rows = [["whole process", "wall", "limit"]]
    for name, command, limit in (
        ("daiw --help", [*DAIW, "--help"], "< 0.2 s"),
        ("prompt to intent", read, "< 1 s"),
        ("python -c pass", python, ""),
    ):
        rows.append([name, spread([whole_process(command)[0] for _ in range(8)][1:], " s", 3), limit])
    publish("Cold starts", rows)
