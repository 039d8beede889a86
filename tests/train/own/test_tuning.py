import json

import pytest

from daiw.cli.main import main
from daiw.nets.harmony_shape import HarmonyShape
from daiw.nets.own import FILES, ComposerFiles, composer_files
from daiw.nets.transformer_shape import Shape
from daiw.train.export import write_weights

from .songs import folder_of

torch = pytest.importorskip("torch", reason="training needs torch")

TINY = {
    "lead": Shape(width=32, layers=2, heads=2, head=16, inner=32, condition=16, cross=(1,)),
    "band": Shape(width=32, layers=2, heads=2, head=16, inner=32, condition=16, cross=(1,), layout="band"),
    "kit": Shape(width=32, layers=2, heads=2, head=16, inner=32, condition=16, cross=(1,), window_bars=12, layout="kit"),
    "harmony": HarmonyShape(width=32, layers=2, heads=2, head=16, inner=32),
}


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Weights to start from that take no time."""
    from daiw.train.harmony_model import model_of
    from daiw.train.model import ComposerModel
    from daiw.train.own import command

    paths = {}
    for network, shape in TINY.items():
        torch.manual_seed(1)
        model = model_of(shape, 0.0) if network == "harmony" else ComposerModel(shape, 0.0)
        paths[network] = tmp_path / "start" / FILES[network]
        write_weights(paths[network], model.state_dict(), shape, 0)
    monkeypatch.setattr(command, "ComposerFiles", lambda: ComposerFiles(**paths))
    return paths


@pytest.fixture
def folder(tmp_path):
    return folder_of(tmp_path / "mine")


def learn(folder, out, *more):
    return main(["train", "--on", str(folder), "-o", str(out), "--minutes", ".1", "--threads", "1", *more])


def test_a_folder_becomes_weights_that_know_it_better(folder, tiny, tmp_path, capsys):
    assert learn(folder, tmp_path / "out", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report == json.loads((tmp_path / "out" / "report.json").read_text())
    for network in ("lead", "band", "kit", "harmony"):
        figures = report["networks"][network]
        assert figures["kept"], network
        assert sum(figures["yours after"].values()) < sum(figures["yours before"].values())
        assert figures["ours after"].keys() == figures["ours before"].keys()
        assert figures["ours after"] != figures["ours before"]
        assert figures["share of what was learnt"] in (1.0, 0.75, 0.5, 0.25)
    assert report["tunes that may not come back"] > 0
    files = composer_files(str(tmp_path / "out"))
    assert set(files.own) == set(FILES)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([*FILES.values(), "card.toml", "report.json"])
    assert not (tmp_path / ".out.training").exists()
    assert learn(folder, tmp_path / "out") == 2  # not without --force
    assert "replace the weights with --force" in capsys.readouterr().err
    assert learn(folder, folder, "--force") == 2  # a person's own folder is never replaced
    assert "is not a weights folder" in capsys.readouterr().err


def test_an_interrupt_keeps_the_best_so_far_and_the_next_call_goes_on(folder, tiny, tmp_path, monkeypatch, capsys):
    from daiw.train.own import command

    class Interrupting(command.Progress):
        def __call__(self, step, steps, loss):
            if step == 4 and self.label == "lead: ":
                raise KeyboardInterrupt

    monkeypatch.setattr(command, "Progress", Interrupting)
    assert learn(folder, tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert "lead: stopped at step 4 of" in said
    assert set(composer_files(str(tmp_path / "out")).own) == {"lead", "index"}


PLENTY = ("--minutes", "600")
"""However slow the machine, the steps that were planned are made."""


def test_a_killed_training_goes_on_and_ends_as_an_unbroken_one(folder, tiny, tmp_path, monkeypatch, capsys):
    from daiw.train.own import command, tuning

    monkeypatch.setattr(tuning, "steps_for", lambda task, seconds: 12)

    class Killed(Exception):
        pass

    class Killing(command.Progress):
        def __call__(self, step, steps, loss):
            if step == 9 and self.label == "band: ":
                raise Killed

    whole = tmp_path / "whole"
    assert learn(folder, whole, *PLENTY) == 0
    with monkeypatch.context() as patch:
        patch.setattr(command, "Progress", Killing)
        with pytest.raises(Killed):
            learn(folder, tmp_path / "cut", *PLENTY)
    assert (tmp_path / ".cut.training" / "band" / "last.pt").exists()
    assert not (tmp_path / "cut").exists()
    assert learn(folder, tmp_path / "cut", *PLENTY) == 0
    assert "going on where it was stopped" in capsys.readouterr().out
    for name in FILES.values():
        assert (tmp_path / "cut" / name).read_bytes() == (whole / name).read_bytes(), name


def test_a_busy_machine_makes_fewer_steps_and_a_report_says_where_it_took_longer(folder, tiny, tmp_path, monkeypatch, capsys):
    from daiw.train.own import tuning

    class Busy(tuning.Pace):
        def steps(self, step, planned, every):
            assert self.fewest == tuning.SURE_STEPS
            assert self.look_s > 0
            return min(planned, 10)

    monkeypatch.setattr(tuning, "steps_for", lambda task, seconds: 40)
    monkeypatch.setattr(tuning, "Pace", Busy)
    monkeypatch.setattr(tuning, "late", lambda until: True)
    assert learn(folder, tmp_path / "out") == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["minutes"]["asked"] == 0.1
    assert {(network["steps"], network["of"]) for network in report["networks"].values()} == {(10, 40)}
    assert {network["share of what was learnt"] for network in report["networks"].values() if network["kept"]} == {tuning.BLENDS[0]}
    assert ("minutes instead of" in capsys.readouterr().out) == (report["minutes"]["taken"] > 1.15 * 0.1)


def test_other_material_begins_anew(folder, tiny, tmp_path, monkeypatch, capsys):
    from daiw.train.own import command

    class Killed(Exception):
        pass

    def killing(label):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(command, "Progress", killing)
        with pytest.raises(Killed):
            learn(folder, tmp_path / "out")
    (folder / "song 0.mid").unlink()
    assert learn(folder, tmp_path / "out") == 0
    assert "going on" not in capsys.readouterr().out


def test_too_little_is_refused_before_anything_is_written(tmp_path, tiny, capsys):
    folder = folder_of(tmp_path / "two", 2)
    assert learn(folder, tmp_path / "out") == 2
    assert "too little material" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main(["train", "--on", str(folder), "--minutes", "0"]) == 2
    assert "--minutes 0 is outside" in capsys.readouterr().err


def test_songs_that_teach_nothing_leave_no_weights(folder, tiny, tmp_path, monkeypatch, capsys):
    from dataclasses import replace

    from daiw.train.own import tuning

    monkeypatch.setattr(tuning, "OWN", replace(tuning.OWN, muon_rate=0.0, adam_rate=0.0))
    assert learn(folder, tmp_path / "out") == 2
    assert "nothing was learnt" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_is_written_is_the_blend_that_gains_most_for_what_it_forgets(tiny, tmp_path):
    """A stand-in whose figures are known: learning helps to the half, forgetting grows with the square."""
    from daiw.train.checkpoint import load_whole
    from daiw.train.own.tuning import Tuning

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

    class Task:
        def model(self):
            return Model()

        def validate(self, model, world):
            return {"a": 10.0 - 4.0 * min(0.5, float(model.weight.detach()))}

        def ours(self, model, world):
            return {"b": 10.0 + 4.0 * float(model.weight.detach()) ** 2}

        def score(self, figures):
            return figures["a"]

    best = {"model": {"weight": torch.ones(1)}, "step": 3, "shape": {}}
    share, mine, ours = Tuning([], [], tmp_path, 1.0)._blended(Task(), tmp_path, best, {"a": 10.0}, {"b": 10.0})
    assert (share, mine, ours) == (0.5, {"a": 8.0}, {"b": 11.0})
    assert float(load_whole(tmp_path / "kept.pt")["model"]["weight"]) == 0.5
