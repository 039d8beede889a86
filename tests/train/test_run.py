import json
import subprocess
import sys

import numpy as np
import pytest

from daiw.cli.main import main
from daiw.errors import FileFormatError, ModelError
from daiw.nets.transformer_shape import Shape
from daiw.tokens.sheet import Sheet
from daiw.train.corpus import VERSION, save_sheets, save_windows, windows_path
from daiw.train.manifest import read_manifest, read_record
from daiw.train.settings import Settings
from daiw.train.tokens import build
from daiw.train.windows import make_windows

torch = pytest.importorskip("torch", reason="training needs torch")

SHAPE = Shape(width=32, layers=2, heads=2, head=16, inner=32, condition=16, cross=(1,))
SETTINGS = Settings(steps=8, batch_tokens=1200, warm_up=2, dropout=0.0)


def tune(seed):
    rng = np.random.default_rng(seed)
    motif = rng.choice([60, 62, 64, 65, 67], 4)
    notes = [(bar * 48 + 12 * i, int(motif[i]), 12) for bar in range(8) for i in range(4)]
    chords = [(bar * 48, (0, 5, 7, 0)[bar % 4], 0) for bar in range(8)]
    return Sheet(f"pop909/{seed:03}", "pop909", "4/4", 8, np.array(notes, np.int32), np.array(chords, np.int32))


@pytest.fixture
def corpus(tmp_path):
    for split, seeds in (("train", range(12)), ("val", range(100, 103))):
        save_windows(windows_path(tmp_path, "lead", split), make_windows([tune(s) for s in seeds], hop=16, unreferred=split == "train"))
    save_sheets(tmp_path / f"sheets-pop909-v{VERSION}.npz", [tune(seed) for seed in range(12)])
    return tmp_path


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def trained(corpus, run, settings=SETTINGS, shape=SHAPE, every=4):
    from daiw.train.loop import train

    train(corpus, run, settings, shape, every=every, report=lambda line: None)
    return [json.loads(line) for line in (run / "curve.jsonl").read_text().splitlines()]


WORKER = """
import sys
from pathlib import Path
import torch
from daiw.nets.transformer_shape import Shape
from daiw.train.loop import train
from daiw.train.settings import Settings
from daiw.train.world import joined_world
torch.set_num_threads(1)
with joined_world("cpu") as world:
    train(Path(sys.argv[1]), Path(sys.argv[2]), Settings(**eval(sys.argv[3])), Shape(**eval(sys.argv[4])), world=world, every=4)
"""


@pytest.mark.slow
def test_two_processes_of_torchrun_learn_as_one_does(corpus, tmp_path):
    from dataclasses import asdict

    (tmp_path / "worker.py").write_text(WORKER)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(tmp_path / "worker.py")]
    command += [str(corpus), str(tmp_path / "two"), repr(asdict(SETTINGS)), repr(asdict(SHAPE))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    two = [json.loads(line) for line in (tmp_path / "two" / "curve.jsonl").read_text().splitlines()]
    one = trained(corpus, tmp_path / "one")
    assert len(one) == len(two) == 2
    for ours, theirs in zip(one, two, strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], abs=2e-3)
        assert ours["melody pop909"] == pytest.approx(theirs["melody pop909"], rel=2e-3)
    assert one[1]["melody pop909"] < one[0]["melody pop909"]


def test_a_batch_smaller_than_the_world_is_learnt_once(corpus):
    from daiw.train.corpus import load_windows
    from daiw.train.loop import WindowsTask
    from daiw.train.world import World

    training = load_windows(windows_path(corpus, "lead", "train"))
    task = WindowsTask(training, training, SETTINGS, SHAPE)
    torch.manual_seed(1)
    model = task.model().requires_grad_(False)
    whole, weight = task.loss(model, [3], World(), 0)
    parts = [task.loss(model, [3], World(rank, 3), 0) for rank in range(3)]
    assert float(sum(part for part, _ in parts)) == pytest.approx(float(whole), rel=1e-5)
    assert {told for _, told in parts} == {weight}
    pair = [task.loss(model, [3, 5], World(rank, 2), 0)[0] for rank in range(2)]
    assert float(sum(pair)) == pytest.approx(float(task.loss(model, [3, 5], World(), 0)[0]), rel=1e-5)


def test_a_checkpoint_that_is_cut_short_or_another_versions_is_one_clear_line(corpus, tmp_path):
    run = tmp_path / "run"
    trained(corpus, run)
    whole = (run / "last.pt").read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 200):
        (run / "last.pt").write_bytes(whole[:size])
        with pytest.raises(ModelError, match=r"last\.pt: not a checkpoint, or cut short"):
            trained(corpus, run)
    state = torch.load(run / "best.pt", weights_only=True)
    torch.save(state | {"format": 99}, run / "last.pt")
    with pytest.raises(ModelError, match=r"another version \(format 99"):
        trained(corpus, run)
    (run / "last.pt").write_bytes(whole)
    other = Shape(width=48, layers=2, heads=3, head=16, inner=32, condition=16, cross=(1,))
    with pytest.raises(ModelError, match="another network"):
        trained(corpus, run, shape=other)
    assert len(trained(corpus, run)) == 2  # nothing was lost


def test_a_run_killed_between_its_log_and_its_checkpoint_logs_no_step_twice(corpus, tmp_path):
    whole = trained(corpus, tmp_path / "whole")
    run = tmp_path / "cut"
    trained(corpus, run, every=4)
    first = json.dumps({"step": 12, "loss": 1.0}) + "\n"
    (run / "curve.jsonl").write_text((run / "curve.jsonl").read_text() + first)
    again = trained(corpus, run)
    assert [line["step"] for line in again] == [line["step"] for line in whole]


def test_train_model_writes_weights_that_the_composer_plays_with(corpus, tmp_path, capsys, monkeypatch):
    from daiw.nets.own import composer_files
    from daiw.train import loop

    monkeypatch.setitem(loop.SHAPES, "lead", SHAPE)
    arguments = ["train", "model", "--network", "lead", "--corpus", str(corpus), "--run", str(tmp_path / "run"), "--device", "cpu"]
    assert main([*arguments, "--steps", "4", "--every", "2", "--batch-tokens", "1200", "--precision", "fp32"]) == 0
    assert str(tmp_path / "run" / "weights") in capsys.readouterr().out
    files = composer_files(str(tmp_path / "run" / "weights"))
    assert files.own == ("lead", "index")
    card = (tmp_path / "run" / "weights" / "card.toml").read_text()
    assert "melody pop909" in card
    assert "sha256" in card
    assert main([*arguments, "--steps", "4", "--every", "2"]) == 0  # nothing left to do, nothing lost
    assert main(["train", "model", "--network", "band", "--corpus", str(corpus), "--run", str(tmp_path / "b")]) == 2
    assert "daiw train tokens makes them" in capsys.readouterr().err


def test_training_goes_on_from_weights_that_are_there(corpus, tmp_path, capsys, monkeypatch):
    from daiw.train import loop

    monkeypatch.setitem(loop.SHAPES, "lead", SHAPE)

    def learnt(run, *more):
        arguments = ["train", "model", "--network", "lead", "--corpus", str(corpus), "--run", str(tmp_path / run), "--device", "cpu"]
        code = main([*arguments, "--every", "1", "--batch-tokens", "1200", "--precision", "fp32", *more])
        curve = tmp_path / run / "curve.jsonl"
        return code, [json.loads(line)["melody pop909"] for line in curve.read_text().splitlines()] if curve.exists() else []

    _, first = learnt("first", "--steps", "12")
    weights = tmp_path / "first" / "weights" / "weights.safetensors"
    code, further = learnt("further", "--steps", "2", "--start", str(weights), "--rate", "0.1")
    assert code == 0
    assert abs(further[0] - first[-1]) < 0.1 * (first[0] - first[-1])  # a small step from there, where a start from nothing is far off
    assert f"--start {weights} --rate 0.1" in (tmp_path / "further" / "weights" / "card.toml").read_text()
    capsys.readouterr()
    monkeypatch.setitem(loop.SHAPES, "lead", Shape(width=48, layers=2, heads=3, head=16, inner=32, condition=16, cross=(1,)))
    code, curve = learnt("other", "--steps", "2", "--start", str(weights))
    assert (code, curve) == (2, [])
    assert "weights of another network" in capsys.readouterr().err
    assert learnt("none", "--steps", "2", "--start", str(tmp_path / "none.safetensors")) == (2, [])
    assert "no weights to go on from" in capsys.readouterr().err


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf"])
def test_rates_that_cannot_be_learnt_at_are_refused(corpus, tmp_path, capsys, rate):
    arguments = ["train", "model", "--network", "lead", "--corpus", str(corpus), "--run", str(tmp_path / "run"), "--rate", rate]
    assert main(arguments) == 2
    assert "--rate" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_the_shipped_manifest_names_permissive_sources_for_every_network():
    sources = read_manifest()
    assert {network for source in sources for network in source.networks} == {"lead", "band", "kit", "harmony"}
    assert all(source.attribution for source in sources)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (
            'name = "x"\nfolder = "x"\nlicence = "CC-BY-NC-4.0"\nattribution = ""\nnetworks = ["lead"]',
            "not one that weights may be made under",
        ),
        ('name = "x"\nfolder = "../x"\nlicence = "MIT"\nattribution = ""\nnetworks = ["lead"]', "below the data folder"),
        ('name = "x"\nfolder = "x"\nlicence = "MIT"\nattribution = ""\nnetworks = ["choir"]', "no network choir"),
        ('name = "x"', "source 'x'"),
    ],
)
def test_a_source_without_a_licence_to_train_on_is_refused(tmp_path, row, why):
    path = tmp_path / "manifest.toml"
    path.write_text(f"format = 1\n[[source]]\n{row}\n")
    with pytest.raises(FileFormatError, match=why):
        read_manifest(path)


def test_tokens_are_made_once_and_their_sources_recorded(tmp_path, monkeypatch, capsys):
    from daiw.train import tokens

    calls = []

    def read(folder):
        calls.append(folder.name)
        return [tune(seed) for seed in range(30)]

    monkeypatch.setattr(tokens, "readers", lambda: {"pop909": ("pop909", read)})
    (tmp_path / "data" / "pop909").mkdir(parents=True)
    (tmp_path / "data" / "pop909" / "a.mid").write_bytes(b"x")
    for _ in range(2):
        build(tmp_path / "data", tmp_path / "out", read_manifest(), ("lead",))
    assert calls == ["pop909"]
    assert "openewld: LicenseRef-public-domain, not in the data folder" in capsys.readouterr().out
    (record,) = read_record(tmp_path / "out" / "sources.json")
    assert (record["name"], record["licence"], record["files"]) == ("pop909", "MIT", 1)
    assert main(["train", "tokens", "--data", str(tmp_path / "none"), "--out", str(tmp_path / "o")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_without_torch_one_line_says_what_to_install(tmp_path, monkeypatch, capsys):
    from daiw.train import command

    monkeypatch.setattr(command, "find_spec", lambda name: None)
    assert main(["train", "model", "--network", "lead", "--corpus", str(tmp_path), "--run", str(tmp_path)]) == 2
    assert capsys.readouterr().err == 'daiw: training needs torch; pip install "daiw[train]"\n'
    assert main(["train"]) == 2
    assert "name what to train" in capsys.readouterr().err


def test_a_source_that_cannot_be_read_is_one_line(tmp_path, capsys):
    (tmp_path / "data" / "groove").mkdir(parents=True)
    assert main(["train", "tokens", "--network", "kit", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "o")]) == 2
    assert "the kit network cannot be read" in capsys.readouterr().err
