import json
import shutil

import numpy as np
import pytest

import daiw
from daiw.cli.main import main
from daiw.errors import ModelError, PromptError
from daiw.nets.composer import WEIGHTS_PATH
from daiw.nets.own import FILES, composer_files, full_name
from daiw.nets.tensor_file import read_tensors, write_tensors
from daiw.train.export import write_card


@pytest.fixture
def mine(tmp_path):
    """A folder of weights with a melody network that leans towards long notes."""
    folder = tmp_path / "mine"
    folder.mkdir()
    tensors, about = read_tensors(WEIGHTS_PATH)
    rng = np.random.default_rng(1)
    tensors["head"] = tensors["head"] + rng.normal(0, 0.05, tensors["head"].shape).astype(np.float32)
    write_tensors(folder / FILES["lead"], {name: array.astype(np.float16) for name, array in tensors.items()}, about)
    write_card(folder, {"name": "mine"}, [], {})
    return folder


def test_a_folder_of_weights_writes_the_song_and_the_song_remembers_it(mine, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["make", "the first warm day", "--bars", "4", "--preset", "pop", "--seed", "2", "--quiet"]
    assert main([*command, "--composer", "mine", "-o", "own"]) == 0
    assert main([*command, "--composer", "neural", "-o", "ours"]) == 0
    own, ours = (json.loads((tmp_path / name / "song.json").read_text()) for name in ("own", "ours"))
    assert own["composer"] == str(mine.resolve())
    assert own["weights"]["weights.safetensors"] != ours["weights"]["weights.safetensors"]
    assert own["weights"]["kit.safetensors"] == ours["weights"]["kit.safetensors"]  # what it lacks is ours
    tunes = [
        [n for t in daiw.read_midi(tmp_path / name / "song.mid").tracks if t.role == "melody" for n in t.notes] for name in ("own", "ours")
    ]
    assert tunes[0] != tunes[1]
    assert main(["remake", "own", "--quiet", "-o", "again"]) == 0
    assert (tmp_path / "again" / "song.mid").read_bytes() == (tmp_path / "own" / "song.mid").read_bytes()
    shutil.rmtree(mine)
    assert main(["remake", "own", "--quiet", "-o", "third"]) == 2
    assert "no such folder of weights" in capsys.readouterr().err
    assert not (tmp_path / "third").exists()


def test_names_are_told_from_folders(mine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "neural").mkdir()
    assert full_name("neural") == "neural"
    assert full_name("mine") == str(mine.resolve())
    assert composer_files("mine").own == ("lead",)
    with pytest.raises(PromptError, match="no such folder of weights"):
        composer_files("./nothing")
    with pytest.raises(PromptError, match="there is no composer 'bach'"):
        daiw.make("a day", composer="bach")


def broken(folder, change):
    path = folder / FILES["lead"]
    change(path)
    write_card(folder, {"name": "mine"}, [], {})


def rewritten(path, change):
    tensors, about = read_tensors(path)
    change(tensors, about)
    write_tensors(path, tensors, about)


def test_what_is_wrong_with_a_folder_is_one_line_before_anything_is_made(mine, tmp_path, capsys):
    lead, card = mine / FILES["lead"], mine / "card.toml"
    whole, stated = lead.read_bytes(), card.read_text()

    def refused(says):
        with pytest.raises(ModelError, match=says):
            composer_files(str(mine))
        lead.write_bytes(whole)
        card.write_text(stated)

    lead.write_bytes(whole[:-100])
    assert main(["make", "a day", "--composer", str(mine), "-o", str(tmp_path / "song")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "song").exists()
    refused("cut short or changed")
    card.write_text(stated.replace("format = 1", "format = 7"))
    refused("another version .format 7")
    card.write_text("format = ")
    refused("not a readable one")
    card.write_text("format = 1\n")
    refused("does not state the weights' hashes")
    card.write_text('format = 1\n[sha256]\n"../../etc/passwd" = "00"\n')
    refused("names no weights")
    lead.unlink()
    refused("cannot be read")
    for change, says in (
        (lambda path: path.write_bytes(whole[: len(whole) // 2]), "cut short"),
        (lambda path: path.write_bytes(b"\xff" * 64), "not a weights file"),
        (lambda path: path.write_bytes((2**20).to_bytes(8, "little") + b"[" * 2**20), "not a weights file"),
        (lambda path: rewritten(path, lambda tensors, about: tensors.pop("head")), "another version"),
        (lambda path: rewritten(path, lambda tensors, about: tensors.update(head=tensors["head"][:-1])), "do not fit this version"),
        (lambda path: rewritten(path, lambda tensors, about: tensors["head"].__setitem__(0, np.nan)), "no numbers"),
        (
            lambda path: rewritten(path, lambda tensors, about: about.update(shape='{"layers": 1000000000}')),
            "not the weights of a composer",
        ),
        (lambda path: rewritten(path, lambda tensors, about: about.update(shape="[]")), "not the weights of a composer"),
        (lambda path: path.write_bytes((mine.parent / "kit").read_bytes()), "holds the kit network"),
    ):
        from daiw.nets.composer import KIT_PATH

        (mine.parent / "kit").write_bytes(KIT_PATH.read_bytes())
        broken(mine, change)
        refused(says)
    assert composer_files(str(mine)).own == ("lead",)
