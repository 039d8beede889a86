"""`daiw render` on files that people and attackers have."""

import json
import struct

import numpy as np
import pytest
import soundfile

from daiw.cli.main import main


def chunk(name, data, length=None):
    return name + struct.pack(">I", len(data) if length is None else length) + data


def header(kind=0, tracks=1, division=480):
    return chunk(b"MThd", struct.pack(">HHH", kind, tracks, division))


END = b"\x00\xff\x2f\x00"
NOTE = b"\x00\x90\x3c\x64\x83\x60\x80\x3c\x40"

BROKEN = {
    "empty": b"",
    "text": b"this is not a midi file at all",
    "truncated header": header()[:9],
    "no notes": header() + chunk(b"MTrk", END),
    "lying length": header() + chunk(b"MTrk", NOTE + END, 2**32 - 1)[:12],
    "zero division": header(division=0) + chunk(b"MTrk", NOTE + END),
    "wav": b"RIFF\x24\x00\x00\x00WAVEfmt ",
}

PLAYABLE = {
    "running status and tempo change": b"\x00\xff\x51\x03\x07\xa1\x20\x00\x90\x3c\x64\x60\x40\x64\x83\x60\x3c\x00\x00\x40\x00"
    + b"\x00\xff\x51\x03\x0f\x42\x40"
    + NOTE
    + END,
    "sustain, bend, program": b"\x00\xc0\x20\x00\xb0\x40\x7f\x00\xe0\x00\x60" + NOTE + b"\x83\x60\xb0\x40\x00" + END,
    "drums": NOTE.replace(b"\x90", b"\x99").replace(b"\x80", b"\x89") + END,
    "sysex, zero length and overlap": b"\x00\xf0\x05\x7e\x7f\x09\x01\xf7\x00\x90\x3c\x64\x00\x80\x3c\x00"
    + b"\x00\x90\x3c\x50\x10\x90\x3c\x50\x83\x60\x80\x3c\x00\x10\x80\x3c\x00"
    + END,
    "never ended, no end of track": b"\x00\x90\x3c\x64\x83\x60\x90\x40\x64",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_clear_line(tmp_path, capsys, name):
    source = tmp_path / "in.mid"
    source.write_bytes(BROKEN[name])
    assert main(["render", str(source), "-o", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert "in.mid" in captured.err
    assert [path.name for path in tmp_path.iterdir()] == ["in.mid"]


def test_a_folder_and_an_absent_file_are_refused(tmp_path, capsys):
    for name in (tmp_path, tmp_path / "absent.mid"):
        assert main(["render", str(name), "-o", str(tmp_path / "out")]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("name", PLAYABLE)
def test_what_players_play_is_rendered(tmp_path, capsys, name):
    source = tmp_path / "in.mid"
    source.write_bytes(header() + chunk(b"MTrk", PLAYABLE[name]))
    assert main(["render", str(source), "-o", str(tmp_path / "out"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["tracks"] == 1
    samples, rate = soundfile.read(tmp_path / "out" / "master.wav")
    assert rate == 48_000
    assert 0.05 < np.abs(samples).max() <= 10 ** (-1.0 / 20)
    assert np.isfinite(samples).all()


def test_a_preset_changes_how_a_file_sounds(tmp_path, song_folder):
    for preset in ("lofi", "house"):
        assert main(["render", str(song_folder / "song.mid"), "--preset", preset, "--quiet", "-o", str(tmp_path / preset)]) == 0
    one, other = (soundfile.read(tmp_path / preset / "master.wav")[0] for preset in ("lofi", "house"))
    frames = min(len(one), len(other))
    assert np.abs(one[:frames] - other[:frames]).max() > 0.01


def test_a_song_of_ours_renders_like_any_other_file(tmp_path, song_folder):
    assert main(["render", str(song_folder / "song.mid"), "--quiet", "-o", str(tmp_path / "out")]) == 0
    stems = {path.stem for path in (tmp_path / "out" / "stems").glob("*.wav")}
    assert {"melody", "bass"} & stems
