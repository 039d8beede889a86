"""A part that VST3s played goes to a DAW with them and their states, through edits and back."""

import shutil
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daiw.cli.main import main
from daiw.files.plugins import read_plugins
from daiw.files.score import SCORE, read_score
from daiw.files.shipped import shipped
from daiw.files.song import read_song_file
from daiw.host.instruments import Surroundings, open_instrument
from daiw.host.registry import load_manifests, parse_manifest
from daiw.music.manifest import Insert

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.usefixtures("zam")]

MANIFEST = """
kind = "instrument"
engine = "vst3"
path = "{path}"
license = "GPL-3.0-or-later"
description = "An organ of ours through a tube."
roles = ["chords"]
fallback = "grand_piano"
params = {{ current_program = "{program}", release_ms = 90.0 }}
chain = [{{ effect = "vst3:ZamTube", params = {{ tube_drive = 8.0 }} }}, {{ effect = "chorus" }}]
"""


@pytest.fixture(scope="module")
def home(toolchain):
    """A folder with the manifest and a song that it plays in."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        home = Path(folder)
        patch.setenv("DAIW_PLUGINS", str(home / "own"))
        patch.setenv("XDG_DATA_HOME", str(home / "data"))
        assert main(["plugins", "build"]) == 0
        shutil.copytree(shipped("plugins") / "daiw_keys" / "DaiwKeys.vst3", home / "DaiwKeys.vst3")
        (home / "own" / "tube_organ").mkdir(parents=True)
        text = MANIFEST.format(path=home / "DaiwKeys.vst3", program="Drawbar")
        (home / "own" / "tube_organ" / "plugin.toml").write_text(text)
        words = ["make", "we slow danced in the kitchen", "--preset", "neo-soul", "--bars", "4", "--seed", "2", "--quiet"]
        assert main([*words, "--instrument", "chords=tube_organ", "-o", str(home / "song")]) == 0
        yield home


def project(path):
    with zipfile.ZipFile(path) as archive:
        track = next(track for track in ET.fromstring(archive.read("project.xml")).iter("Track") if track.get("name") == "chords")
        devices = [
            (device.get("deviceName"), device.get("deviceRole"), device.get("deviceID"), archive.read(device.find("State").get("path")))
            for device in track.iter("Vst3Plugin")
        ]
    return track, devices


def test_the_project_names_what_played_with_its_state(home, tmp_path):
    assert main(["export", str(home / "song"), "--to", "dawproject", "-o", str(tmp_path / "song.dawproject")]) == 0
    kept = {record.plugin: record for record in read_plugins(home / "song").values()}
    assert set(kept) == {"Daiw Keys", "ZamTube", "Daiw Tone"}
    for path in (tmp_path / "song.dawproject", home / "song" / "song.dawproject"):
        track, devices = project(path)
        assert [(name, role) for name, role, _, _ in devices] == [
            ("Daiw Keys", "instrument"), ("ZamTube", "audioFX"), ("Daiw Tone", "audioFX"),
        ]  # fmt: skip
        assert [state for *_, state in devices] == [kept[name].vstpreset for name, *_ in devices]
        assert [identity for *_, identity, _ in devices] == [kept[name].vstpreset[8:40].decode() for name, *_ in devices]
        assert len({identity for *_, identity, _ in devices}) == 3
        assert track.find("Channel/Mute").get("value") == "true"
        assert "without our chorus, phaser" in track.get("comment")


def test_it_holds_to_the_published_schema(home, schema):
    with zipfile.ZipFile(home / "song" / "song.dawproject") as archive:
        assert schema("dawproject/Project.xsd")(archive.read("project.xml")) == []


def test_its_states_give_the_very_sound(home, tmp_path):
    """An instrument and an effect set by nothing but the project's .vstpreset files sound as the song's did, and not as they usually do."""
    manifest = read_song_file(home / "song")
    (track,) = [t for t in read_score(home / "song" / SCORE, manifest.plan.timeline)[1].tracks if t.role == "chords"]
    with zipfile.ZipFile(home / "song" / "song.dawproject") as archive:
        for name, state in (("keys", "instrument"), ("tube", "insert-1-ZamTube")):
            (tmp_path / name).mkdir()
            (tmp_path / name / "a.vstpreset").write_bytes(archive.read(f"plugins/chords/{state}.vstpreset"))
    head = 'license = "MIT"\ndescription = "x"\nengine = "vst3"\n'
    keys = f'kind = "instrument"\n{head}path = "{home / "DaiwKeys.vst3"}"\n'
    tube = f'kind = "effect"\n{head}path = "/usr/lib/vst3/ZamTube.vst3"\n'
    preset = 'vstpreset = "a.vstpreset"\n'
    manifests = load_manifests([shipped("plugins")])
    original = parse_manifest((home / "own" / "tube_organ" / "plugin.toml").read_text(), "x", "tube_organ")
    original = replace(original, chain=original.chain[:1])
    again = replace(parse_manifest(keys + preset, "x", "again", tmp_path / "keys"), chain=(Insert("tube"),))
    usual = replace(parse_manifest(keys, "x", "usual", tmp_path / "keys"), chain=(Insert("usual_tube"),))
    effects = {
        "tube": parse_manifest(tube + preset, "x", "tube", tmp_path / "tube"), "usual_tube": parse_manifest(tube, "x", "usual_tube"),
    }  # fmt: skip
    known = {**manifests, **effects, "tube_organ": original, "again": again, "usual": usual}
    ours, theirs, others = (
        open_instrument(name, known, Surroundings(known))(track, manifest.plan.timeline, 48_000).samples
        for name in ("tube_organ", "again", "usual")
    )
    frames = min(ours.shape[1], theirs.shape[1], others.shape[1])
    assert np.abs(ours).max() > 0.01
    assert np.abs(ours[:, :frames] - theirs[:, :frames]).max() < 2e-5  # ZamTube differs by 5e-6 between runs of differing history
    assert np.abs(ours[:, :frames] - others[:, :frames]).max() > 0.01


def test_edits_undo_and_remake_keep_them(home, tmp_path):
    song = tmp_path / "song"
    shutil.copytree(home / "song", song)
    before = project(song / "song.dawproject")[1]
    stem = (song / "stems" / "chords.wav").read_bytes()
    for words in (["remake", "--part", "melody", "--seed", "9"], ["undo"], ["redo"]):
        assert main([words[0], str(song), *words[1:], "--quiet"] if words[0] == "remake" else [words[0], str(song)]) == 0
        assert project(song / "song.dawproject")[1] == before
        assert (song / "stems" / "chords.wav").read_bytes() == stem
        assert read_plugins(song) == read_plugins(home / "song")
    assert main(["remake", str(song), "--part", "chords", "--seed", "4", "--quiet"]) == 0
    assert (song / "stems" / "chords.wav").read_bytes() != stem
    assert project(song / "song.dawproject")[1] == before
    assert main(["import", str(song / "song.dawproject"), "--into", str(song), "--json"]) == 0


def test_a_plugin_that_is_away_is_not_forgotten(home, tmp_path, capsys):
    song = tmp_path / "song"
    shutil.copytree(home / "song", song)
    kept = read_plugins(song)
    (home / "DaiwKeys.vst3").rename(home / "away.vst3")
    try:
        assert main(["remake", str(song), "--part", "chords", "--seed", "4", "--quiet"]) == 0
    finally:
        (home / "away.vst3").rename(home / "DaiwKeys.vst3")
    assert "grand_piano instead of tube_organ" in capsys.readouterr().err
    assert read_plugins(song)["chords: instrument"] == kept["chords: instrument"]
    assert main(["export", str(song), "--to", "dawproject", "-o", str(tmp_path / "song.dawproject")]) == 0
    assert project(tmp_path / "song.dawproject")[1][0][0] == "Daiw Keys"


def test_reaper_finds_the_states_in_the_zip(home, tmp_path):
    assert main(["export", str(home / "song"), "--to", "reaper", "--zip", "-o", str(tmp_path / "song.zip")]) == 0
    with zipfile.ZipFile(tmp_path / "song.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".vstpreset")]
        assert sorted(names) == [
            "song/plugins/chords/insert-1-ZamTube.vstpreset", "song/plugins/chords/instrument.vstpreset",
            "song/plugins/chords/style-insert-1-daiw_tone.vstpreset",
        ]  # fmt: skip
