"""`daiw export`: every format, alone and zipped, with nothing missing and nothing overwritten."""

import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile

import numpy as np
import pytest
import soundfile
import yaml

import daiw
from daiw.cli.export import FORMATS as CHOICES
from daiw.cli.main import main
from daiw.errors import OutputError, PromptError
from daiw.exporting import FORMATS
from daiw.files import engrave
from daiw.files.engrave import find_musescore

SHEET = "-lead-sheet.pdf" if find_musescore() else "-lead-sheet.musicxml"
ENDINGS = {"dawproject": ".dawproject", "reaper": ".rpp", "musicxml": ".musicxml", "midi": ".mid", "ustx": ".ustx", "lead-sheet": SHEET}
ZIPS = {
    "dawproject": "-dawproject.zip", "reaper": "-reaper.zip", "musicxml": ".mxl", "midi": "-midi.zip", "ustx": "-ustx.zip",
    "lead-sheet": "-lead-sheet.mxl",
}  # fmt: skip
assert ENDINGS.keys() == ZIPS.keys() == FORMATS.keys() == set(CHOICES)


@pytest.fixture
def song(song_folder, tmp_path, monkeypatch):
    """The session's song in a folder of its own, its stems linked; the current directory is around it."""
    copy = tmp_path / "work" / "kitchen"
    copy.mkdir(parents=True)
    for name in ("song.json", "song.mid", "score.json"):
        shutil.copy(song_folder / name, copy / name)
    (copy / "stems").symlink_to(song_folder / "stems")
    monkeypatch.chdir(copy.parent)
    return copy


def refused(capsys, *words):
    """The one line of a refusal."""
    assert main(["export", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    return captured.err


@pytest.mark.parametrize("to", ENDINGS)
@pytest.mark.parametrize("zipped", [False, True])
def test_each_format_lands_beside_the_folder(song, capsys, to, zipped):
    words = ["export", "kitchen", "--to", to, *(["--zip"] if zipped else [])]
    assert main(words) == 0
    name = "kitchen" + (ZIPS if zipped else ENDINGS)[to]
    assert capsys.readouterr().out == f"{name}\n"
    assert sorted(path.name for path in song.parent.iterdir()) == ["kitchen", name]
    first = (song.parent / name).read_bytes()
    assert "exists" in refused(capsys, *words[1:])
    assert main([*words, "--force"]) == 0
    if not name.endswith(".pdf"):  # MuseScore writes the hour into its pages
        assert (song.parent / name).read_bytes() == first


def test_the_dawproject_holds_its_stems(song, song_folder):
    assert main(["export", "kitchen", "--to", "dawproject"]) == 0
    with zipfile.ZipFile("kitchen.dawproject") as archive:
        files = [file.get("path") for file in ET.fromstring(archive.read("project.xml")).iter("File")]
        assert sorted(files) == sorted(f"stems/{path.name}" for path in (song_folder / "stems").glob("*.wav"))
        for name in files:
            assert archive.read(name) == (song_folder / name).read_bytes()


def test_the_stems_of_the_project_sum_to_the_mix(song, song_folder):
    """With every fader of the project at unity, what plays is mix.wav."""
    assert main(["export", "kitchen", "--to", "dawproject"]) == 0
    mix, _ = soundfile.read(song_folder / "mix.wav", dtype="float32")
    total = np.zeros_like(mix)
    with zipfile.ZipFile("kitchen.dawproject") as archive:
        project = ET.fromstring(archive.read("project.xml"))
        faders = {track.get("id"): track.find("Channel") for track in project.iter("Track")}
        for lanes in project.iter("Lanes"):
            for file in lanes.iterfind("Clips/Clip/Audio/File"):
                strip = faders[lanes.get("track")]
                assert (strip.find("Pan").get("value"), strip.find("Sends")) == ("0.5", None)
                sound, _ = soundfile.read(io.BytesIO(archive.read(file.get("path"))), dtype="float32")
                total[: len(sound)] += np.float32(strip.find("Volume").get("value")) * sound
    assert np.abs(total - mix).max() < 1e-6
    returns = [track for track in project.iter("Track") if track.find("Channel").get("role") == "effect"]
    buses = [name for name in ("reverb", "delay") if (song / "stems" / f"{name}.wav").is_file()]
    assert [track.get("name") for track in returns] == [f"{name} stem" for name in buses]
    assert len(list(project.iter("Send"))) >= 1
    players = {track["role"]: track["instrument"] for track in json.loads((song / "score.json").read_text())["tracks"]}
    comments = {track.get("name"): track.get("comment") for track in project.iter("Track") if track.get("comment")}
    assert comments == {role: f"played by DAiW's {name}" for role, name in players.items()}


@pytest.mark.parametrize("output", [None, "deep/er/mine.rpp", "kitchen/mine.rpp"])
def test_reaper_finds_every_stem_from_where_it_is(song, song_folder, output):
    if output:
        (song.parent / output).parent.mkdir(parents=True, exist_ok=True)
    assert main(["export", "kitchen", "--to", "reaper", *(["-o", output] if output else [])]) == 0
    project = song.parent / (output or "kitchen.rpp")
    files = re.findall(r'FILE "(.*?)"', project.read_text(encoding="utf-8"))
    assert len(files) == len(list((song_folder / "stems").glob("*.wav"))) >= 4
    assert all((project.parent / name).is_file() for name in files)
    assert not any(name.startswith("/") for name in files)


@pytest.mark.parametrize("to", ["dawproject", "reaper"])
def test_the_zip_holds_all_that_its_project_names(song, to):
    assert main(["export", "kitchen", "--to", to, "--zip"]) == 0
    with zipfile.ZipFile(f"kitchen-{to}.zip") as archive:
        names = set(archive.namelist())
        inside = archive.read(f"kitchen/kitchen{ENDINGS[to]}")
        if to == "dawproject":
            with zipfile.ZipFile(io.BytesIO(inside)) as project:
                files = [file.get("path") for file in ET.fromstring(project.read("project.xml")).iter("File")]
        else:
            files = re.findall(r'FILE "(.*?)"', inside.decode())
        assert len(files) >= 4
        assert {f"kitchen/{name}" for name in files} < names
        assert archive.read("kitchen/song.mid") == (song / "song.mid").read_bytes()


def test_midi_is_the_song_as_it_is_now(song):
    assert main(["export", "kitchen", "--to", "midi", "-o", "out.mid"]) == 0
    assert (song.parent / "out.mid").read_bytes() == (song / "song.mid").read_bytes()


def test_the_score_has_every_note_the_song_has(song, song_folder):
    assert main(["export", "kitchen", "--to", "musicxml"]) == 0
    score = ET.parse("kitchen.musicxml").getroot()
    tracks = {track.role: track for track in daiw.read_midi(song_folder / "song.mid").tracks}
    names = [entry.findtext("part-name").lower() for entry in score.iter("score-part")]
    assert sorted(names) == sorted(tracks)
    for name, part in zip(names, score.iter("part"), strict=True):
        starts = [note for note in part.iter("note") if note.find("rest") is None and not _continues(note)]
        assert len(starts) == len(tracks[name].notes)
        assert len(part.findall("measure")) == 12
    plan = json.loads((song / "song.json").read_text())["plan"]
    assert len(list(score.iter("harmony"))) == len(plan["harmony"])


def _continues(note):
    return any(tie.get("type") == "stop" for tie in note.iter("tie"))


def test_a_song_folder_comes_with_its_dawproject(song_folder):
    with zipfile.ZipFile(song_folder / "song.dawproject") as archive:
        project = ET.fromstring(archive.read("project.xml"))
    files = list(project.iter("File"))
    assert {file.get("external") for file in files} == {"true"}
    assert all((song_folder / file.get("path")).is_file() for file in files)
    assert len(files) == len(list((song_folder / "stems").glob("*.wav")))
    tracks = daiw.read_midi(song_folder / "song.mid").tracks
    assert len(list(project.iter("Note"))) == sum(len(track.notes) for track in tracks)
    assert (song_folder / "song.dawproject").stat().st_size < 200_000


def test_the_lead_sheet_is_the_tune_with_its_chords(song, song_folder):
    assert main(["export", "kitchen", "--to", "lead-sheet", "-o", "sheet.musicxml"]) == 0
    sheet = ET.parse("sheet.musicxml").getroot()
    assert [entry.findtext("part-name") for entry in sheet.iter("score-part")] == ["Melody"]
    melody = next(track for track in daiw.read_midi(song_folder / "song.mid").tracks if track.role == "melody")
    assert len([note for note in sheet.iter("note") if note.find("rest") is None and not _continues(note)]) == len(melody.notes)
    plan = json.loads((song / "song.json").read_text())["plan"]
    assert len(list(sheet.iter("harmony"))) == len(plan["harmony"]) > 4


@pytest.mark.system
@pytest.mark.skipif(find_musescore() is None, reason="MuseScore prints the pages; .ci/run installs it")
@pytest.mark.parametrize("to", ["lead-sheet", "musicxml"])
def test_scores_become_pages(song, to):
    assert main(["export", "kitchen", "--to", to, "-o", "pages.pdf"]) == 0
    assert (song.parent / "pages.pdf").read_bytes().startswith(b"%PDF-")
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "pages.pdf", "-"], capture_output=True, text=True, check=True).stdout
        title = json.loads((song / "song.json").read_text())["plan"]["title"]
        assert title in " ".join(text.split())
        assert ("Drums" in text or "Bass" in text) == (to == "musicxml")


def test_without_musescore_the_sheet_is_a_score_and_says_so(song, capsys, monkeypatch):
    monkeypatch.setattr(engrave, "PROGRAMS", ("no-such-musescore",))
    assert main(["export", "kitchen", "--to", "lead-sheet"]) == 0
    told = capsys.readouterr()
    assert told.out == "kitchen-lead-sheet.musicxml\n"
    assert "MuseScore is not installed" in told.err
    assert ET.parse("kitchen-lead-sheet.musicxml").getroot().tag == "score-partwise"
    assert "MuseScore is not installed" in refused(capsys, "kitchen", "--to", "lead-sheet", "-o", "x.pdf")
    assert not (song.parent / "x.pdf").exists()


def test_a_musescore_that_fails_is_told_of(song, monkeypatch, tmp_path):
    broken = tmp_path / "musescore3"
    broken.write_text("#!/bin/sh\necho out of ink >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(engrave, "PROGRAMS", (str(broken),))
    with pytest.raises(OutputError, match="out of ink"):
        daiw.export("kitchen", "lead-sheet")
    assert [path.name for path in song.parent.iterdir()] == ["kitchen"]


def test_openutau_finds_its_backing(song, song_folder):
    assert main(["export", "kitchen", "--to", "ustx"]) == 0
    project = yaml.safe_load((song.parent / "kitchen.ustx").read_text(encoding="utf-8"))
    stems = {path.stem for path in (song_folder / "stems").glob("*.wav")} - {"melody"}
    assert {part["name"] for part in project["wave_parts"]} == stems
    assert all((song.parent / part["relative_path"]).is_file() for part in project["wave_parts"])
    assert [part["track_no"] for part in project["wave_parts"]] == list(range(1, len(stems) + 1))


def test_what_is_no_song_folder_is_refused(song, capsys, tmp_path):
    assert "not a song folder" in refused(capsys, "nowhere", "--to", "midi")
    (tmp_path / "empty").mkdir()
    assert "not a song folder" in refused(capsys, str(tmp_path / "empty"), "--to", "dawproject")
    assert "does not exist" in refused(capsys, "kitchen", "--to", "midi", "-o", "no/where.mid")
    assert "is a folder" in refused(capsys, "kitchen", "--to", "midi", "-o", "kitchen")
    with pytest.raises(SystemExit):
        main(["export", "kitchen", "--to", "garageband"])
    with pytest.raises(PromptError, match="no such session format"):
        daiw.export("kitchen", "garageband")


@pytest.mark.parametrize("to", ["dawproject", "reaper"])
def test_missing_and_broken_stems_leave_nothing_behind(song, capsys, to):
    (song / "stems").unlink()
    assert "no stems" in refused(capsys, "kitchen", "--to", to)
    (song / "stems").mkdir()
    (song / "stems" / "melody.wav").write_bytes(b"RIFF, they said")
    assert "melody.wav" in refused(capsys, "kitchen", "--to", to)
    (song / "song.mid").write_bytes(b"")
    assert "song.mid" in refused(capsys, "kitchen", "--to", to)
    assert [path.name for path in song.parent.iterdir()] == ["kitchen"]


def test_a_rendered_file_exports_too(song, song_folder, tmp_path):
    assert main(["render", str(song_folder / "song.mid"), "--quiet", "-o", str(tmp_path / "rendered")]) == 0
    for to in ENDINGS:
        assert main(["export", str(tmp_path / "rendered"), "--to", to]) == 0
    score = ET.parse(tmp_path / "rendered.musicxml").getroot()
    assert len(list(score.iter("rehearsal"))) >= 1
    assert list(score.iter("harmony")) == []
