"""`daiw import`: edits of another program come back, are locked, and can be undone; a stranger's file becomes a song."""

import json
import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

import daiw
from daiw.cli.main import main
from daiw.editing.opening import open_take
from daiw.exchange.reading import read_foreign
from daiw.files.engrave import find_musescore
from daiw.files.midi import midi_bytes, read_midi
from daiw.importing import compare
from daiw.music.score import Note


@pytest.fixture
def song(song_folder, tmp_path, monkeypatch):
    """The session's song in a folder of its own; the current directory is around it."""
    copy = tmp_path / "work" / "kitchen"
    shutil.copytree(song_folder, copy)
    monkeypatch.chdir(copy.parent)
    return copy


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def facts(capsys, *words):
    capsys.readouterr()
    assert main(["import", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys, *words):
    capsys.readouterr()
    assert main(["import", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    return captured.err


def edit_midi(path, target, role="melody"):
    """Two notes of a part changed, as a DAW would save it."""
    arrangement = read_midi(path)

    def edited(notes):
        first, second, *rest = notes
        return tuple(sorted((replace(first, pitch=first.pitch + 2), replace(second, velocity=second.velocity - 25), *rest)))

    tracks = tuple(replace(track, notes=edited(track.notes)) if track.role == role else track for track in arrangement.tracks)
    target.write_bytes(midi_bytes(replace(arrangement, tracks=tracks)))
    return {track.role: track for track in tracks}


@pytest.mark.parametrize("to", ["midi", "dawproject", "musicxml"])
def test_an_unchanged_file_changes_nothing(song, capsys, to):
    assert main(["export", "kitchen", "--to", to]) == 0
    name = next(path.name for path in song.parent.iterdir() if path.is_file())
    before = contents(song)
    told = facts(capsys, name)
    assert (told["changed"], told["notes"], told["changes"], told["locked"], told["absent"]) == (False, 0, [], [], [])
    assert sum(part["same"] for part in told["parts"].values()) == sum(len(track.notes) for track in read_midi(song / "song.mid").tracks)
    assert contents(song) == before


def test_edits_come_back_are_locked_and_undone(song, capsys):
    before = contents(song)
    wanted = edit_midi(song / "song.mid", song.parent / "edited.mid")
    told = facts(capsys, "edited.mid", "--into", "kitchen")
    assert told["changed"]
    assert told["notes"] == 2
    assert (told["parts"]["melody"]["repitched"], told["parts"]["melody"]["louder"]) == (1, 1)
    assert told["locked"]
    assert all(lock.startswith("melody:") for lock in told["locked"])
    now = {track.role: track for track in read_midi(song / "song.mid").tracks}
    assert {role: track.notes for role, track in now.items()} == {role: track.notes for role, track in wanted.items()}
    after = contents(song)
    assert after["stems/melody.wav"] != before["stems/melody.wav"]
    assert after["stems/bass.wav"] == before["stems/bass.wav"]
    # written anew around them, the person's notes stay
    assert main(["remake", "kitchen", "--part", "melody", "--seed", "9", "--quiet"]) == 0
    again = next(track for track in read_midi(song / "song.mid").tracks if track.role == "melody")
    changed = set(wanted["melody"].notes) - set(daiw.read_midi(_version(song, "001")).tracks[0].notes)
    assert changed
    assert changed <= set(again.notes)
    assert set(again.notes) != set(wanted["melody"].notes)
    assert main(["undo", "kitchen", "--quiet"]) == 0
    assert main(["undo", "kitchen", "--quiet"]) == 0
    assert (song / "song.mid").read_bytes() == before["song.mid"]


def _version(song, number):
    return song / "history" / number / "song.mid"


def test_a_file_edited_where_it_lies(song, capsys):
    wanted = edit_midi(song / "song.mid", song / "song.mid")
    assert "daiw import" in _refused_remake(capsys)
    told = facts(capsys, "kitchen/song.mid")
    assert told["notes"] == 2
    now = {track.role: track for track in read_midi(song / "song.mid").tracks}
    assert now["melody"].notes == wanted["melody"].notes


def _refused_remake(capsys):
    capsys.readouterr()
    assert main(["remake", "kitchen", "--part", "melody", "--quiet"]) == 2
    return capsys.readouterr().err


def test_another_song_is_refused(song, capsys):
    arrangement = read_midi(song / "song.mid")
    tracks = tuple(
        replace(track, notes=tuple(Note(700 * i + 333, 90, (37 * i) % 60 + 30, 80) for i in range(40))) for track in arrangement.tracks
    )
    (song.parent / "other.mid").write_bytes(midi_bytes(replace(arrangement, tracks=tracks)))
    before = contents(song)
    assert "is not kitchen" in refused(capsys, "other.mid", "--into", "kitchen")
    assert contents(song) == before


def test_bad_files_are_refused_in_one_line(song, capsys):
    (song.parent / "empty.mid").write_bytes(b"")
    (song.parent / "text.mid").write_text("a song")
    (song.parent / "cut.dawproject").write_bytes((song / "song.dawproject").read_bytes()[:300])
    faults = {
        "empty.mid": "empty", "text.mid": "neither MIDI", "cut.dawproject": "cut short", "none.mid": "cannot be read", "kitchen": "folder",
    }  # fmt: skip
    for name, words in faults.items():
        before = contents(song)
        assert words in refused(capsys, name, "--into", "kitchen")
        assert contents(song) == before
    assert "not a song folder" in refused(capsys, "kitchen/song.mid", "--into", ".")


def test_a_stranger_becomes_a_song(song, capsys):
    shutil.copy(song / "song.mid", song.parent / "tune.mid")
    told = facts(capsys, "tune.mid", "-o", "new")
    new = song.parent / "new"
    ours, theirs = read_midi(song / "song.mid"), read_midi(new / "song.mid")
    assert sorted(track.notes for track in theirs.tracks) == sorted(track.notes for track in ours.tracks)
    assert told["notes"] == sum(len(track.notes) for track in ours.tracks)
    assert theirs.timeline.markers == ours.timeline.markers
    plan = json.loads((new / "song.json").read_text())["plan"]
    known = json.loads((song / "song.json").read_text())["plan"]
    assert plan["key"] == known["key"]
    assert main(["remake", "new", "--part", "melody", "--bars", "1-4", "--quiet"]) == 0
    assert main(["undo", "new", "--quiet"]) == 0
    assert read_midi(new / "song.mid") == theirs


@pytest.mark.system
@pytest.mark.skipif(find_musescore() is None, reason="MuseScore opens the files and writes them again; .ci/run installs it")
@pytest.mark.parametrize("source", ["musicxml", "midi"])
@pytest.mark.parametrize("target", ["again.musicxml", "again.mid"])
def test_what_musescore_makes_of_it_is_no_edit(song, source, target):
    """Opened in MuseScore and saved as a score or as MIDI, quantised by its lights, not a note counts as moved, added or removed."""
    daiw.export("kitchen", source, output="sent" + (".mid" if source == "midi" else ".musicxml"))
    sent = next(song.parent.glob("sent.*"))
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(song.parent)}
    command = [find_musescore(), "-o", target, str(sent)]
    subprocess.run(command, cwd=song.parent, capture_output=True, env=environment, timeout=120, check=True)
    theirs = read_foreign(song.parent / target)
    parts, outline = compare(open_take(song), theirs)
    ours = read_midi(song / "song.mid")
    for change in parts.changes:
        assert (change.moved, change.repitched, change.added, change.removed, change.louder, change.new) == (0, 0, 0, 0, 0, False), change
    assert sum(change.resized for change in parts.changes) <= 0.03 * sum(change.same for change in parts.changes), parts.changes
    assert parts.absent == ()
    assert not any(change.startswith(("tempo", "key")) for change in outline.changes)
    if target.endswith("xml"):
        bars = {len(part.findall("measure")) for part in ET.parse(song.parent / target).getroot().iter("part")}
        assert bars == {12}
        names = [track.role.casefold() for track in theirs.arrangement.tracks]
        assert all(any(track.role in name for name in names) for track in ours.tracks)
