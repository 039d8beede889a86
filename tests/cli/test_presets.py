import json

from daiw.cli.main import main
from daiw.files.preset import preset_paths


def test_list_names_every_preset(capsys):
    assert main(["presets", "list"]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in preset_paths())


def test_list_as_json(capsys):
    assert main(["presets", "list", "--json"]) == 0
    assert {entry["name"] for entry in json.loads(capsys.readouterr().out)} == set(preset_paths())


def test_what_show_prints_is_a_preset_that_check_accepts(capsys, tmp_path):
    assert main(["presets", "show", "lofi"]) == 0
    mine = tmp_path / "mine.toml"
    mine.write_text(capsys.readouterr().out)
    assert main(["presets", "check", str(mine)]) == 0
    assert "sound preset" in capsys.readouterr().out


def test_check_names_what_is_wrong(capsys, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('[about]\ntitle = "Mine"\ndescription = "d"\n[mix]\nwobble = 3\n')
    assert main(["presets", "check", str(mine)]) == 2
    assert "mix has no key wobble; keys are" in capsys.readouterr().err


def test_check_names_an_instrument_that_is_not_there(capsys, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('[about]\ntitle = "Mine"\ndescription = "d"\n[arrange.melody]\ninstruments = ["theremin"]\n')
    assert main(["presets", "check", str(mine)]) == 2
    assert "theremin" in capsys.readouterr().err


def test_a_users_own_preset_is_found(monkeypatch, tmp_path, capsys):
    (tmp_path / "mine.toml").write_text('[about]\ntitle = "Mine"\ndescription = "my own dusty sound"\n')
    monkeypatch.setenv("DAIW_PRESETS", str(tmp_path))
    assert main(["presets", "list"]) == 0
    assert "my own dusty sound" in capsys.readouterr().out.replace("\n", " ")


def test_plugins_are_listed(capsys):
    assert main(["plugins", "list"]) == 0
    assert "electric_piano" in capsys.readouterr().out


def test_make_and_render_take_a_preset_file_from_anywhere(capsys, tmp_path):
    assert main(["presets", "show", "lofi"]) == 0
    mine = tmp_path / "mine.toml"
    mine.write_text(capsys.readouterr().out)
    song = tmp_path / "song"
    assert main(["make", "slow rain", "--preset", str(mine), "--bars", "1", "-o", str(song)]) == 0
    assert "mine" in capsys.readouterr().out
    assert main(["remake", str(song)]) == 0  # the song keeps the style, wherever the file goes
    assert main(["render", str(song / "song.mid"), "--preset", str(tmp_path / "gone.toml")]) == 2
    assert "cannot read the preset" in capsys.readouterr().err
