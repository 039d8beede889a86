"""Edits as a person makes them: on a song folder, by the command line."""

import hashlib
import json
import shutil

import pytest

import daiw
from daiw.cli.main import main
from daiw.editing import folder as editing
from daiw.editing.hand import played_by_hand
from daiw.files.song import read_song_file
from daiw.music.score import Note


def hashes(folder) -> dict[str, str]:
    files = [folder / "song.mid", *sorted((folder / "stems").iterdir())]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def song(song_folder, tmp_path):
    """A copy of the small song that may be edited."""
    return shutil.copytree(song_folder, tmp_path / "kitchen")


def span_of(song, role: str = "melody") -> str:
    """Two bars in which a part plays."""
    data = json.loads((song / "score.json").read_text())
    notes = next(part["notes"] for part in data["parts"] if part["role"] == role)
    ticks = read_song_file(song).plan.meter.bar_ticks
    bar = notes[len(notes) // 2][0] // ticks
    return f"{bar}-{bar + 1}"


def test_remake_undo_redo(song, capsys):
    """One part's bars change; all other stems keep their hashes; undo and redo bring back every hash."""
    before = hashes(song)
    (song / "notes of mine.txt").write_text("ask Anna about the bridge")
    assert main(["remake", str(song), "--part", "melody", "--bars", span_of(song), "--seed", "4", "--why", "too plain", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["version"] == 2
    assert "melody" in told["notes_changed"]
    after = hashes(song)
    assert {name for name in before if before[name] != after[name]} - {"reverb.wav", "delay.wav"} == {"song.mid", "melody.wav"}
    assert daiw.read_midi(song / "song.mid").tracks[0].notes != daiw.read_midi(song / "history/001/song.mid").tracks[0].notes
    assert (song / "notes of mine.txt").read_text() == "ask Anna about the bridge"

    edit = read_song_file(song).edits[-1]
    assert (edit.number, edit.parent, edit.seed, edit.why) == (2, 1, 4, "too plain")
    assert any(d.stage == "edit" and d.because == "too plain" for d in read_song_file(song).decisions)
    assert "Too plain" in (song / "report.html").read_text()

    (song / "stems" / "bass.wav").unlink(missing_ok=True)  # a stem that is gone is played again, to the same bytes
    assert main(["undo", str(song), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["same_files"] is True
    assert hashes(song) == before
    assert main(["redo", str(song), "--quiet"]) == 0
    assert hashes(song) == after
    assert main(["history", str(song)]) == 0
    assert "too plain" in capsys.readouterr().out
    assert main(["redo", str(song)]) == 2
    assert "nothing to redo" in capsys.readouterr().err


def test_an_interrupted_edit_leaves_the_song_as_it_was(song, monkeypatch, capsys):
    before = {path: path.read_bytes() for path in song.rglob("*") if path.is_file()}

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(editing, "carry_over", interrupted)
    assert main(["remake", str(song), "--part", "melody", "--bars", span_of(song)]) == 2
    assert {path: path.read_bytes() for path in song.rglob("*") if path.is_file()} == before
    assert [path.name for path in song.parent.iterdir()] == ["kitchen"]


def test_locks_are_kept_in_the_song(song, capsys):
    assert main(["lock", str(song), "melody:1-4,harmony"]) == 0
    assert capsys.readouterr().out == "locked: harmony, melody:1-4\n"
    assert main(["lock", str(song), "melody"]) == 0
    assert capsys.readouterr().out == "locked: harmony, melody\n"
    assert main(["remake", str(song), "--part", "melody"]) == 2
    assert "melody in bars 1-12 is locked" in capsys.readouterr().err
    assert main(["unlock", str(song), "melody"]) == 0
    assert main(["unlock", str(song), "melody"]) == 2
    assert "melody is not locked; locked: harmony" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--part", "kazoo"], "no part 'kazoo'; its parts are"),
        (["--bars", "9-99"], "bars 9-99 are not in the song: it has bars 1-12"),
        (["--bars", "x"], "'x' is not a range of bars"),
        (["--section", "hook"], "no section 'hook'; it has"),
        (["--seed", "-1"], "seed -1 is outside"),
        (["--lock", "kazoo"], "no part 'kazoo' to lock"),
    ],
)
def test_what_is_not_there_is_named(song_folder, options, complaint, capsys):
    before = (song_folder / "song.json").read_bytes()
    assert main(["remake", str(song_folder), *options]) == 2
    assert complaint in capsys.readouterr().err
    assert (song_folder / "song.json").read_bytes() == before


def test_what_a_person_did_to_the_files_is_not_lost(song, capsys):
    for name, hint in (("song.mid", "daiw import"), ("stems/melody.wav", "move it out of the folder"), ("score.json", "move it out")):
        kept = (song / name).read_bytes()
        (song / name).write_bytes(kept + b" ")
        assert main(["remake", str(song), "--part", "melody"]) == 2
        error = capsys.readouterr().err
        assert f"{name} was changed since daiw wrote it" in error
        assert hint in error
        assert (song / name).read_bytes() == kept + b" "
        (song / name).write_bytes(kept)


def test_folders_of_other_versions_are_named(song, capsys):
    text = (song / "song.json").read_text()
    (song / "score.json").unlink()
    assert main(["vary", str(song), "--amount", ".3"]) == 2
    assert "made before daiw kept its score" in capsys.readouterr().err
    (song / "song.json").write_text(text.replace("daiw-song-1", "daiw-song-9"))
    assert main(["undo", str(song)]) == 2
    assert "schema 'daiw-song-9'" in capsys.readouterr().err
    assert main(["remake", str(song / "nowhere")]) == 2
    assert "is not a song folder" in capsys.readouterr().err


def test_a_person_s_playing_is_kept_tick_for_tick(song_folder):
    """Notes moved and added by hand stay where they were played, their bars are locked, and a remake goes round them."""
    take = editing.open_take(song_folder)
    track = next(track for track in take.arrangement.tracks if track.role == "melody")
    moved = Note(track.notes[3].start + 13, 200, track.notes[3].pitch + 1, 99)
    mine = type(track)(track.role, track.instrument, (*track.notes[:3], moved, *track.notes[4:]), track.program, controls=track.controls)
    new = played_by_hand(take, type(take.arrangement)((mine,), take.arrangement.timeline))
    played = next(track for track in new.arrangement.tracks if track.role == "melody")
    assert moved in played.notes
    assert set(track.notes) - set(played.notes) == {track.notes[3]}
    ticks = take.plan.meter.bar_ticks
    assert new.locked("melody", moved.start // ticks)
    assert not new.locked("melody", (track.notes[-1].start // ticks))
    source = dict(zip(played.notes, played.sources, strict=True))[moved]
    assert source >= 0
    assert abs(new.score.part("melody").notes[source].start - moved.start) <= 60
    assert len(played.sources) == len(played.notes)
    assert [t for t in new.arrangement.tracks if t.role != "melody"] == [t for t in take.arrangement.tracks if t.role != "melody"]
