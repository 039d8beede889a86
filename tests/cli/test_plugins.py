import json
import os
import shutil
from pathlib import Path

import pytest

import daiw
from daiw.cli.main import main
from daiw.files.song import read_song_file

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("zam")]


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("DAIW_PLUGINS", raising=False)
    return tmp_path


def test_scan_show_and_list(home, rig, capsys):
    (home / "Empty.vst3").mkdir()
    assert main(["plugins", "scan", str(rig / "RigSynth.vst3"), str(home / "Empty.vst3"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [plugin["name"] for plugin in told["plugins"]] == ["Rig Synth"]
    assert [failure["kind"] for failure in told["failures"]] == ["load"]
    assert main(["plugins", "scan", str(rig / "RigSynth.vst3")]) == 0
    assert "0 files opened, 1 known and unchanged" in capsys.readouterr().out
    assert main(["plugins", "show", "rig synth"]) == 0
    assert "cutoff_hz" in capsys.readouterr().out
    assert main(["plugins", "list"]) == 0
    listed = capsys.readouterr().out
    assert "Rig Synth" in listed
    assert "grand_piano" in listed
    assert main(["plugins", "show", "rig sinth"]) == 2
    assert "did you mean 'rig synth'" in capsys.readouterr().err


def test_a_plugin_that_is_added_plays_in_make_and_its_song_is_remade_alike(home, rig, capsys):
    synth = rig / "RigSynth.vst3"
    assert main(["plugins", "add", str(synth), "--as", "warm_keys", "--role", "keys"]) == 0
    manifest = home / "config" / "daiw" / "plugins" / "warm_keys" / "plugin.toml"
    assert 'roles = ["chords", "melody"]' in manifest.read_text()
    assert main(["plugins", "check", "warm_keys"]) == 0
    assert "the same samples each time" in capsys.readouterr().out
    assert main(["plugins", "add", str(synth), "--as", "warm_keys"]) == 2
    assert "already" in capsys.readouterr().err

    manifest.write_text(manifest.read_text().replace("[params]", "[params]\nlevel = 0.8"))
    words = ["make", "the rain has stopped", "--bars", "4", "--seed", "2", "--instrument", "chords=warm_keys", "--quiet"]
    assert main([*words, "-o", str(home / "song")]) == 0
    song = read_song_file(home / "song")
    assert song.instruments["warm_keys"]["engine"] == "vst3"
    assert len(song.instruments["warm_keys"]["plugin_sha256"]) == 64
    record = json.loads((home / "song" / "plugins" / "chords" / "plugin.json").read_text())
    assert (record["plugin"], record["version"], record["params"]) == ("Rig Synth", "1.2.3", {"level": 0.8})
    assert "plugins/chords/state" in song.files

    manifest.unlink()  # the manifest is gone; the song keeps what it needs
    manifest.parent.rmdir()
    assert main(["remake", str(home / "song"), "-o", str(home / "again"), "--quiet"]) == 0
    assert (home / "again" / "stems" / "chords.wav").read_bytes() == (home / "song" / "stems" / "chords.wav").read_bytes()


def test_a_plugin_that_fails_is_replaced_and_everyone_is_told(home, rig, capsys):
    assert main(["plugins", "add", str(rig / "RigSynth.vst3"), "--as", "sick", "--role", "keys"]) == 0
    manifest = home / "config" / "daiw" / "plugins" / "sick" / "plugin.toml"
    manifest.write_text(manifest.read_text().replace("[params]", '[params]\nfault = "Crash"'))
    words = ["make", "the rain has stopped", "--bars", "4", "--seed", "2", "--instrument", "chords=sick"]
    assert main([*words, "--on-plugin-failure", "stop", "-o", str(home / "none")]) == 2
    assert "crashed with SIGSEGV" in capsys.readouterr().err
    assert not (home / "none").exists()
    assert main([*words, "--json", "-o", str(home / "song")]) == 0
    out = capsys.readouterr()
    assert "grand_piano instead of sick" in json.loads(out.out)["plugin_failures"][0]
    (told,) = [decision for decision in read_song_file(home / "song").decisions if decision.stage == "render"]
    assert told.choice == "grand_piano instead of sick"
    assert "SIGSEGV" in (home / "song" / "report.html").read_text()
    assert not (home / "song" / "plugins").exists()


def test_a_fallback_is_told_as_long_as_it_sounds_and_no_longer(home, rig, capsys):
    def told() -> list[str]:
        return [decision.choice for decision in read_song_file(home / "song").decisions if decision.stage == "render"]

    assert main(["plugins", "add", str(rig / "RigSynth.vst3"), "--as", "sick", "--role", "keys"]) == 0
    manifest = home / "config" / "daiw" / "plugins" / "sick" / "plugin.toml"
    well = manifest.read_text()
    manifest.write_text(well.replace("[params]", '[params]\nfault = "Crash"'))
    words = ["make", "the rain has stopped", "--bars", "4", "--seed", "2", "--instrument", "chords=sick", "--quiet"]
    assert main([*words, "-o", str(home / "song")]) == 0
    before = (home / "song" / "stems" / "chords.wav").read_bytes()
    assert main(["remake", str(home / "song"), "--part", "bass", "--seed", "9", "--quiet"]) == 0
    assert told() == ["grand_piano instead of sick"]
    assert (home / "song" / "stems" / "chords.wav").read_bytes() == before
    manifest.write_text(well)
    assert main(["remake", str(home / "song"), "--part", "bass", "--seed", "10", "--quiet"]) == 0
    assert told() == []
    assert (home / "song" / "stems" / "chords.wav").read_bytes() != before
    assert (home / "song" / "plugins" / "chords" / "plugin.json").exists()


def test_a_plugin_that_is_away_for_a_while_is_not_forgotten(home, rig, capsys):
    shutil.copytree(rig / "RigSynth.vst3", home / "RigSynth.vst3")
    assert main(["plugins", "add", str(home / "RigSynth.vst3"), "--as", "mine", "--role", "keys"]) == 0
    words = ["make", "the rain has stopped", "--bars", "4", "--seed", "2", "--instrument", "chords=mine", "--quiet"]
    assert main([*words, "-o", str(home / "song")]) == 0
    capsys.readouterr()
    (home / "RigSynth.vst3").rename(home / "away.vst3")
    assert main(["remake", str(home / "song"), "-o", str(home / "without"), "--quiet"]) == 0
    told = capsys.readouterr().err
    assert "grand_piano instead of mine. The plugin failed (missing)" in told
    assert told.count("\n") == 1
    state = (home / "song" / "plugins" / "chords" / "state").read_bytes()
    assert (home / "without" / "plugins" / "chords" / "state").read_bytes() == state
    (home / "away.vst3").rename(home / "RigSynth.vst3")
    assert main(["remake", str(home / "without"), "-o", str(home / "again"), "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    assert (home / "again" / "stems" / "chords.wav").read_bytes() == (home / "song" / "stems" / "chords.wav").read_bytes()


def test_a_song_in_memory_keeps_a_plugin_that_is_away(home, rig):
    shutil.copytree(rig / "RigSynth.vst3", home / "RigSynth.vst3")
    assert main(["plugins", "add", str(home / "RigSynth.vst3"), "--as", "mine", "--role", "keys"]) == 0
    song = daiw.make("the rain has stopped", bars=4, seed=2, instruments={"chords": "mine"}, cache=False)
    state = song.plugins["chords: instrument"].state
    (home / "RigSynth.vst3").rename(home / "away.vst3")
    without = song.remake("chords", seed=3)
    assert not any(stem.plugins for stem in without.mix.stems)
    without.save(home / "without")
    assert (home / "without" / "plugins" / "chords" / "state").read_bytes() == state
    (home / "away.vst3").rename(home / "RigSynth.vst3")
    again = without.remake("chords", seed=4)
    assert again.unheard == {}
    assert again.plugins["chords: instrument"].state == state


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ("chords=warm_kees", "no instrument 'warm_kees'"),
        ("keys=grand_piano", "no role 'keys' to choose an instrument for; roles are"),
        ("chords", "wants ROLE=NAME"),
    ],
)
def test_a_wish_for_an_instrument_that_cannot_be_met_is_refused(home, capsys, wish, says):
    assert main(["make", "rain", "--bars", "4", "--instrument", wish, "-o", str(home / "song")]) == 2
    assert says in capsys.readouterr().err
    assert os.listdir(home) == [] or not (home / "song").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add", "/nowhere/X.vst3", "--as", "x"], "is not there"),
        (["add", "{rig}", "--as", "Bad Name"], "cannot be a plugin's name"),
        (["add", "{rig}", "--as", "good", "--role", "tuba"], "there is no role 'tuba'"),
        (["check", "vst3:ZamTub"], "did you mean 'ZamTube'"),
        (["check", "kazoo"], "no plugin named 'kazoo'"),
        (["scan", "/nowhere"], "/nowhere does not exist"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(home, rig, capsys, arguments, says):
    synth = str(rig / "RigSynth.vst3")
    assert main(["plugins", *(argument.replace("{rig}", synth) for argument in arguments)]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1
    assert not (home / "config").exists()


def test_a_zam_plugin_is_an_insert_of_a_rendered_file(home, capsys):
    preset = home / "config" / "daiw" / "presets" / "tubes.toml"
    preset.parent.mkdir(parents=True)
    insert = '{ effect = "vst3:ZamTube", params = { tube_drive = 8.0 } }'
    preset.write_text(f'[about]\ntitle = "Tubes"\ndescription = "Warm."\n[render.inserts]\nmelody = [{insert}]\n')
    assert main(["presets", "check", str(preset)]) == 0
    words = ["make", "the rain has stopped", "--bars", "4", "--seed", "2", "--quiet"]
    assert main([*words, "-o", str(home / "song")]) == 0
    capsys.readouterr()
    for name in ("lofi", "tubes"):
        assert main(["render", str(home / "song" / "song.mid"), "--preset", name, "--quiet", "-o", str(home / name)]) == 0
    record = json.loads(next((home / "tubes" / "plugins").glob("*/*/plugin.json")).read_text())
    assert (record["plugin"], record["params"]) == ("ZamTube", {"tube_drive": 8.0})


def test_our_own_plugins_are_built_by_the_command_that_make_calls(toolchain, capsys):
    assert "daiw plugins build" in (Path(__file__).parents[2] / "Makefile").read_text().replace("$(BIN)/", "")
    assert main(["plugins", "build"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {Path(line.rsplit(":", 1)[0]).parent.name for line in lines} == {"daiw_keys", "daiw_tone"}
