"""The README is true: its commands run, its tree exists, its examples work."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from daiw.cli.main import parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.S)
COMMANDS = [
    line.partition("#")[0].strip() for kind, text in BLOCKS if kind == "sh" for line in text.splitlines() if line.startswith("daiw")
]
EXAMPLES = [text for kind, text in BLOCKS if kind == "python"]
JOBS = next(text for kind, text in BLOCKS if kind == "toml" and "[[song]]" in text)
ANSWERS = next(text for kind, text in BLOCKS if kind == "toml" and "daiw-interview" in text)
TREE = next(text for kind, text in BLOCKS if kind == "" and "src/daiw/" in text)
ENDLESS = ("live", "play", "serve")  # tests/live runs them, with a MIDI system
BUILT = ROOT / "plugins" / "daiw_keys" / "DaiwKeys.vst3"
assert len(COMMANDS) >= 6
assert EXAMPLES


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_parses(command):
    words = shlex.split(command)
    assert parser().parse_args(words[1:]).command == words[1]


def test_the_make_targets_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"^make (\w+)", README, re.M)) <= targets
    assert {"install", "song", "test", "check", "bench", "plugins"} <= targets


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_runs(tmp_path, number):
    result = subprocess.run([sys.executable, "-c", EXAMPLES[number]], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr


def test_the_commands_run_in_order(tmp_path):
    """The whole list, made short where a song would be long."""
    for line in re.findall(r"^printf .*> \S+$", README, re.M):  # files that commands read
        subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True)
    (tmp_path / "told.toml").write_text(ANSWERS)
    home = os.environ | {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE")}
    source = ROOT / "tests" / "golden"
    midi = sorted(source.glob("*.mid"))
    for line in COMMANDS:
        words = shlex.split(line)[1:]
        if "daiw_keys" in line and not BUILT.exists():  # the README says that `make plugins` builds it; CI does
            continue
        if words[0] in ENDLESS or (words[0] == "train" and "--check" not in words):  # minutes; tests/train/own trains
            continue
        if words[0] == "train":
            (tmp_path / words[2]).mkdir()
            (tmp_path / words[2] / "one.mid").write_bytes((tmp_path / "brother" / "song.mid").read_bytes())
        if words[0] == "make" and "--bars" not in words:
            words += ["--bars", "2"]
        if words[0] == "render":
            (tmp_path / words[1]).write_bytes(midi[0].read_bytes() if midi else (tmp_path / "brother" / "song.mid").read_bytes())
        if words[0] == "batch":
            (tmp_path / "sketches").mkdir()
            (tmp_path / "sketches" / "one.mid").write_bytes((tmp_path / "brother" / "song.mid").read_bytes())
            (tmp_path / words[1]).write_text(JOBS.replace("bars = 8", "bars = 2").replace("seeds = [1, 2]", "seeds = [1]"))
        result = subprocess.run(
            [sys.executable, "-m", "daiw", *words],
            cwd=tmp_path,
            env=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert result.returncode == 0, (line, result.stderr)


def test_the_tree_of_files_is_true():
    folder = ROOT
    named = set()
    for line in TREE.splitlines():
        name = line.split()[0]
        if name == "src/daiw/":
            folder = ROOT / "src" / "daiw"
            continue
        assert (folder / name).exists(), name
        named.add((folder / name).relative_to(ROOT).as_posix())
    packages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "src" / "daiw").iterdir() if path.is_dir() and path.name[0] != "_"}
    assert packages <= named
