"""Guides on the command line, through to the files."""

from tests.guides.conftest import tune_notes

import daiw
from daiw.cli.main import main
from daiw.files.song import read_song_file


def test_make_keeps_the_tune_in_the_file_and_makes_it_again(midi, tmp_path, capsys):
    tune = midi("tune.mid", 120.0, melody=tune_notes(0, late=11))
    folder = tmp_path / "song"
    words = ["make", "a lullaby for nobody", "--melody", str(tune), "--chords", "C | F C | Dm G", "--preset", "lofi", "--quiet"]
    assert main([*words, "-o", str(folder)]) == 0
    melody = next(track for track in daiw.read_midi(folder / "song.mid").tracks if track.role == "melody")
    assert melody.notes == tune_notes(0, late=11)
    manifest = read_song_file(folder)
    assert [str(manifest.plan.chord_at(bar * 1920).chord) for bar in range(6)] == ["C", "F", "Dm"] * 2
    assert any(decision.subject == "melody" and "tune.mid" in decision.choice for decision in manifest.decisions)
    reasons = {(decision.stage, decision.subject): decision.because for decision in manifest.decisions}
    assert {reasons["understand", name] for name in ("bpm", "key", "meter", "bars")} == {"what you gave has it"}
    assert reasons["plan", "key"] == f"What you gave is in {manifest.plan.key}, so that is home."
    assert reasons["plan", "bpm"].startswith("What you gave moves at 120 bpm")
    assert reasons["plan", "length"].startswith("What you gave lasts 8 bars")
    assert main(["remake", str(folder), "--part", "melody"]) == 2
    assert "melody in bars 1-8 is locked; see daiw unlock" in capsys.readouterr().err
    tune.unlink()
    assert main(["remake", str(folder), "-o", str(tmp_path / "again"), "--quiet"]) == 0
    assert read_song_file(tmp_path / "again").files["song.mid"] == manifest.files["song.mid"]


def test_what_somebody_asks_for_beside_a_guide_is_told_as_asked_for(tmp_path):
    words = [
        "make",
        "a lullaby",
        "--chords",
        "C/E F | G Am7 | Dm7 G7sus4 | C",
        "--bars",
        "4",
        "--preset",
        "ambient",
        "--composer",
        "reference",
    ]
    assert main([*words, "--key", "C major", "--quiet", "-o", str(tmp_path / "song")]) == 0
    reasons = {(told.stage, told.subject): told.because for told in read_song_file(tmp_path / "song").decisions}
    assert reasons["understand", "key"] == "the option --key says so"
    assert reasons["plan", "key"] == "You asked for C major, so that is home."


def test_a_broken_guide_is_one_line_and_no_folder(midi, tmp_path, capsys):
    for guide, complaint in (
        (["--chords", "F H7"], "'H7' is not a chord symbol"),
        (["--melody", str(midi("none.mid", melody=()))], "has no notes"),
        (["--hum", str(tmp_path / "gone.wav")], "gone.wav"),
        (["--groove", str(tmp_path / "gone.mid")], "gone.mid"),
    ):
        assert main(["make", "a lullaby", *guide, "-o", str(tmp_path / "song")]) == 2
        error = capsys.readouterr().err
        assert complaint in error
        assert error.count("\n") == 1
        assert not (tmp_path / "song").exists()
