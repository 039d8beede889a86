import json
import os
import signal
import subprocess
import sys
import time

import pytest

from daiw.cli.main import main, parser
from daiw.files.preset import preset_paths

HEAVY = {"numpy", "scipy", "rich", "cattrs", "torch", "onnxruntime", "pedalboard", "symusic", "mido", "pretty_midi", "music21"}


def daiw(*arguments, **kwargs):
    return subprocess.run([sys.executable, "-m", "daiw", *arguments], capture_output=True, text=True, timeout=120, **kwargs)


def refused(capsys, *arguments):
    """Run a command that must fail; return its one line."""
    code = main(list(arguments))
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("daiw: ")
    return lines[0]


def test_help_loads_nothing_heavy():
    code = "import sys; from daiw.cli.main import parser; parser().format_help(); print(*sys.modules)"
    loaded = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
    assert "daiw.cli.main" in loaded
    assert not loaded & HEAVY


def test_importing_the_package_loads_nothing_heavy():
    loaded = subprocess.run([sys.executable, "-c", "import sys, daiw; print(*sys.modules)"], capture_output=True, text=True, check=True)
    assert not set(loaded.stdout.split()) & HEAVY


def test_every_command_is_in_the_help():
    assert all(name in parser().format_help() for name in ("make", "render", "remake", "presets", "plugins"))


BAD_MAKES = [
    ([""], "no words"),
    (["   \n\t "], "no words"),
    (["x" * 100_000], "characters"),
    (["a song", "--bpm", "0"], "bpm"),
    (["a song", "--bpm", "-5"], "bpm"),
    (["a song", "--bpm", "1e9"], "bpm"),
    (["a song", "--bpm", "nan"], "bpm"),
    (["a song", "--bars", "0"], "bars"),
    (["a song", "--bars", "100000000"], "bars"),
    (["a song", "--minutes", "-1"], "minutes"),
    (["a song", "--minutes", "inf"], "minutes"),
    (["a song", "--key", "H minor"], "key"),
    (["a song", "--key", "C wonky"], "mode"),
    (["a song", "--meter", "4-4"], "meter"),
    (["a song", "--meter", "4/0"], "meter"),
    (["a song", "--meter", "4/3"], "meter"),
    (["a song", "--preset", "lofy"], "did you mean lofi"),
    (["a song", "--preset", "../../etc/passwd"], "no preset"),
    (["a song", "--seed", "-1"], "seed"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD_MAKES, ids=lambda value: str(value)[:24])
def test_a_bad_wish_is_one_clear_line(capsys, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert message in refused(capsys, "make", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_never_overwritten(capsys, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "draft.txt").write_text("years of work")
    for force in ([], ["--force"]):
        assert "not a song folder" in refused(capsys, "make", "a song", "-o", str(tmp_path / "thesis"), *force)
    assert (tmp_path / "thesis" / "draft.txt").read_text() == "years of work"


def test_a_song_is_only_replaced_by_force(capsys, song_folder):
    assert "--force" in refused(capsys, "make", "a song", "-o", str(song_folder))


def test_an_impossible_place_is_refused_before_any_work(capsys, tmp_path):
    (tmp_path / "file").write_text("x")
    assert "cannot write" in refused(capsys, "make", "a song", "-o", str(tmp_path / "file" / "song"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", [["list"], ["show", "lofi"], ["check", str(preset_paths()["lofi"])]])
def test_stdout_may_be_full(arguments):
    command, buffered = [sys.executable, "-m", "daiw", "presets", *arguments], {**os.environ, "PYTHONUNBUFFERED": ""}
    with open("/dev/full", "w") as full:
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=buffered)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_interrupting_leaves_nothing(tmp_path):
    command = [sys.executable, "-m", "daiw", "make", "a long song about waiting", "--minutes", "4", "-o", str(tmp_path / "song")]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs are started deaf to it
    )
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 2, (out, err)
    assert err.splitlines()[-1].strip() == "daiw: interrupted; nothing was written"
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_while_a_dataclass_is_made_exits_2(tmp_path):
    """CPython remembers an interrupt inside exec(str) and, under `python -m`, dies of the signal although it was caught."""
    (tmp_path / "interrupted.py").write_text(
        "import sys\n"
        "from daiw.cli import main, presets\n"
        "presets.run = lambda args: exec('raise KeyboardInterrupt')\n"
        "sys.exit(main.main(['presets', 'list']))\n"
    )
    result = subprocess.run([sys.executable, "-m", "interrupted"], capture_output=True, text=True, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (2, "daiw: interrupted; nothing was written\n")


def test_an_unknown_command_exits_2():
    result = daiw("whistle")
    assert result.returncode == 2
    assert "invalid choice" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["make", "x", "--bpm", "fast"], ["make", "x", "--bars", "2", "--minutes", "1"], ["make"], ["presets"], ["make", "x", "--whistle"]],
)
def test_a_wrong_option_is_one_line(arguments):
    result = daiw(*arguments)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "--help" in result.stderr


def test_json_is_one_result(tmp_path):
    result = daiw("make", "a small song", "--bars", "2", "--json", "-o", str(tmp_path / "song"))
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["bars"] == 2
    assert told["measurements"]["integrated_lufs"] < 0
    assert "master.wav" in told["files"]
    assert result.stderr == ""


def test_quiet_prints_only_the_folder(tmp_path):
    result = daiw("make", "a small song", "--bars", "2", "--quiet", "-o", str(tmp_path / "song"))
    assert (result.stdout.strip(), result.stderr) == (str(tmp_path / "song"), "")


def test_progress_names_the_stages(tmp_path):
    result = daiw("make", "a small song", "--bars", "2", "-o", str(tmp_path / "song"))
    assert "LUFS" in result.stdout
    assert "runners up" in result.stdout
    assert str(tmp_path / "song") in result.stdout.replace("\n", "")


def test_the_default_folder_is_named_after_the_song_and_free(tmp_path):
    first, second = (daiw("make", "Rain, again!", "--bars", "1", "--quiet", cwd=tmp_path).stdout.strip() for _ in range(2))
    assert first.startswith("songs/")
    assert second == f"{first}-2"


def test_every_part_is_a_networks_where_nobody_asks_for_another_composer(song_folder):
    kept = json.loads((song_folder / "song.json").read_text())
    assert kept["composer"] == "neural"
    drawn = {told["subject"].split(" of ")[0] for told in kept["decisions"] if told["choice"].startswith("candidate ")}
    assert {"harmony", "melody"} <= drawn  # a waltz keeps its own bass and chords
    assert {"weights.safetensors", "band.safetensors", "harmony.safetensors", "sections.csv", "match.npz"} <= set(kept["weights"])
