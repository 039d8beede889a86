"""Real songs, made and mixed: the voice stands where the style wants it."""

import json

import pytest

from daiw.cli.main import main


def test_the_voice_of_a_real_song_stands_within_one_lu_of_its_place(tmp_path, capsys):
    out = tmp_path / "mix.json"
    assert main(["evaluate", "mix", "--preset", "house", "--preset", "indie-folk", "--out", str(out)]) == 0
    songs = json.loads(out.read_text())
    assert [song["preset"] for song in songs] == ["house", "indie-folk"]
    for song in songs:
        assert song["dry_lu"] == pytest.approx(song["wanted_lu"], abs=1.0), song
        assert song["wet_lu"] < song["dry_lu"]
    assert "2 of 2 within 1 LU" in capsys.readouterr().out


def test_what_cannot_be_measured_is_refused(capsys):
    assert main(["evaluate", "mix", "--preset", "polka"]) == 2
    assert "there is no preset 'polka'" in capsys.readouterr().err
    assert main(["evaluate", "mix", "--bars", "1"]) == 2
