"""Jobs in processes: with stand-ins for the daiw command, and a few real songs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from daiw.batch import local
from daiw.batch.jobs import Job
from daiw.batch.local import LocalProcesses
from daiw.cli.main import main

SCRIPTS = {
    "good": "print('chatter'); print('{\"title\": \"x\"}')",
    "refused": "import sys; print('daiw: there is no preset', file=sys.stderr); sys.exit(2)",
    "crash": "import os; os.kill(os.getpid(), 11)",
    "mute": "pass",
    "slow": "import time; time.sleep(60)",
    "stdin": "import sys; print('{\"read\": %d}' % len(sys.stdin.read()))",
}


@pytest.fixture
def stand_ins(monkeypatch):
    monkeypatch.setattr(local, "command_of", lambda job, folder, force: [sys.executable, "-c", SCRIPTS.get(job.name, job.command[0])])


def outcomes(names, workers=2, limit_s=0.0):
    jobs = [Job(name, (name,)) for name in names]
    return {o.name: o for o in LocalProcesses(workers, limit_s).run(jobs, Path("x"), frozenset())}


def test_each_end_of_a_process_is_told_in_words(stand_ins):
    seen = outcomes(["good", "refused", "crash", "mute", "slow", "stdin"], limit_s=4.0)
    assert seen["good"].state == "done"
    assert seen["good"].facts == {"title": "x"}
    assert seen["refused"].error == "there is no preset"
    assert seen["crash"].error == "ended by SIGSEGV"
    assert seen["mute"].error == "finished without a result"
    assert seen["slow"].error == "took longer than 4 s"
    assert seen["stdin"].facts == {"read": 0}
    assert [o.state for o in seen.values()].count("done") == 2


def test_jobs_run_side_by_side_but_no_more_than_asked_for(stand_ins, tmp_path):
    text = (
        "import time,pathlib; p=pathlib.Path({!r}); n=p/str(time.time_ns()); n.touch(); time.sleep(.5); "
        "c=len(list(p.iterdir())); n.unlink(); print(c)"
    )
    jobs = [Job(f"job{i}", (text.format(str(tmp_path)),)) for i in range(5)]
    seen = [o.facts for o in LocalProcesses(2).run(jobs, tmp_path, frozenset())]
    assert max(seen) == 2


def test_stopping_ends_every_child(stand_ins):
    backend = LocalProcesses(2)
    work = backend.run([Job("good", ("good",)), Job("slow", ("slow",)), Job("later", ("slow",))], Path("x"), frozenset())
    assert next(work).name == "good"
    time.sleep(0.3)
    running = [process.pid for process in backend._running]
    assert running
    began = time.monotonic()
    work.close()
    assert time.monotonic() - began < local.GRACE_S + 5.0
    for pid in running:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.slow
def test_a_batch_of_songs_and_renders_from_the_command_line(tmp_path, capsys, song_folder):
    (tmp_path / "in.mid").write_bytes((song_folder / "song.mid").read_bytes())
    (tmp_path / "jobs.toml").write_text(
        '[[song]]\nprompt = "the first warm day"\nbars = 2\npresets = ["lofi", "nonesuch"]\n[[render]]\nmidi = "*.mid"\n'
    )
    assert main(["batch", str(tmp_path / "jobs.toml"), "--jobs", "2", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    states = {job["name"]: (job["state"], job["attempts"]) for job in told["jobs"]}
    assert states == {"the-first-warm-day-lofi": ("done", 1), "the-first-warm-day-nonesuch": ("failed", 2), "in": ("done", 1)}
    assert "nonesuch" in next(job["error"] for job in told["jobs"] if job["state"] == "failed")
    assert (tmp_path / "songs" / "in" / "master.wav").is_file()
    assert main(["batch", str(tmp_path / "jobs.toml")]) == 1
    seen = capsys.readouterr()
    assert "2 skipped, 1 failed" in seen.out
    assert "nonesuch" in seen.err


@pytest.mark.slow
def test_rendering_several_files_at_once(tmp_path, capsys, song_folder):
    files = [tmp_path / name for name in ("one.mid", "two.mid", "broken.mid")]
    for file in files[:2]:
        file.write_bytes((song_folder / "song.mid").read_bytes())
    files[2].write_bytes(b"not MIDI")
    assert main(["render", *map(str, files), "--jobs", "2", "-o", str(tmp_path / "out"), "--quiet"]) == 1
    assert capsys.readouterr().out.startswith("broken: ")
    assert (tmp_path / "out" / "one" / "mix.wav").read_bytes() == (tmp_path / "out" / "two" / "mix.wav").read_bytes()


@pytest.mark.slow
def test_an_interrupt_leaves_no_process_and_nothing_half_written(tmp_path):
    (tmp_path / "jobs.toml").write_text('[[song]]\nprompt = "a long road"\nbars = 64\nseeds = [1, 2, 3]\n')
    words = [sys.executable, "-m", "daiw", "batch", str(tmp_path / "jobs.toml"), "--jobs", "2"]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs are started deaf to it
    )  # fmt: skip
    time.sleep(4.0)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "interrupted" in err
    left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False).stdout.split()
    assert not left
    assert [path.name for path in (tmp_path / "songs").iterdir() if path.name.endswith(".part")] == []
