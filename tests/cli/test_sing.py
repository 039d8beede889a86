import json

import numpy as np
import pytest

from daiw.cli.main import main
from daiw.files.audio import read_audio
from daiw.files.midi import read_midi, write_midi
from daiw.music.score import Arrangement, Note, Timeline, Track


@pytest.fixture
def tune(tmp_path):
    def write(*lyrics, pitches=(60, 62, 64, 65, 67, 65, 64, 62)):
        lyrics = lyrics or ("",) * len(pitches)
        notes = tuple(Note(480 * i, 480, pitch, 80, lyric) for i, (pitch, lyric) in enumerate(zip(pitches, lyrics, strict=True)))
        bass = Track("bass", "gm", (Note(0, 3840, 36, 80),), program=33)
        write_midi(Arrangement((bass, Track("tune", "gm", notes)), Timeline(end=4800)), tmp_path / "tune.mid")
        return tmp_path / "tune.mid"

    return write


def test_a_midi_file_with_words_sings(tune, tmp_path, capsys):
    file = tune("cop-", "per", "lan-", "terns", "on", "the", "riv-", "er")
    assert main(["sing", str(file), "-o", str(tmp_path / "v.wav"), "--curves", str(tmp_path / "c.json"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["voice"] == "voice_heart"
    assert facts["notes"] == 8
    audio = read_audio(tmp_path / "v.wav")
    assert audio.sample_rate == 48_000
    assert np.abs(audio.samples).max() > 0.05
    [line] = json.loads((tmp_path / "c.json").read_text())
    assert [sound[0] for sound in line["phonemes"]][:3] == ["K", "AA1", "P"]
    assert line["phonemes"][1][1] == pytest.approx(line["phonemes"][0][2])


def test_words_are_set_to_a_bare_melody_and_kept_in_the_midi(tune, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("Copper lanterns on the river\n")
    arguments = [
        "sing",
        str(tune()),
        "--lyrics",
        str(words),
        "--voice",
        "voice_ember",
        "-o",
        str(tmp_path / "v.wav"),
        "--midi",
        str(tmp_path / "v.mid"),
    ]
    assert main(arguments) == 0
    [track] = read_midi(tmp_path / "v.mid").tracks
    assert "".join(note.lyric for note in track.notes).replace("-", "").casefold() == "copperlanternsontheriver"


@pytest.mark.parametrize(
    ("more", "message"),
    [([], "has no words"), (["--voice", "caruso"], "no voice 'caruso'"), (["--track", "oboe"], "no track 'oboe'")],
)
def test_what_cannot_be_sung_is_said_in_one_line_and_nothing_is_written(tune, tmp_path, capsys, more, message):
    assert main(["sing", str(tune()), "-o", str(tmp_path / "v.wav"), *more]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not list(tmp_path.glob("v.wav*"))


def test_an_existing_file_is_not_replaced_unasked(tune, tmp_path, capsys):
    (tmp_path / "v.wav").write_bytes(b"mine")
    assert main(["sing", str(tune()), "-o", str(tmp_path / "v.wav")]) == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "v.wav").read_bytes() == b"mine"


def test_a_melody_two_octaves_too_wide_is_sung_whole_and_that_is_said(tune, tmp_path, capsys):
    """Nothing is folded or left out; how many notes are beyond the voice is told, in words and as a number."""
    file = tune("the", "night", "is", "far", "too", "wide", "for", "me", pitches=(36, 48, 60, 62, 84, 60, 64, 62))
    assert main(["sing", str(file), "-o", str(tmp_path / "v.wav"), "--midi", str(tmp_path / "v.mid"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["notes"], facts["outside_range"], facts["moved_semitones"]) == (8, 2, 12)
    assert "2 of 8 notes lie outside" in facts["note"]
    [track] = read_midi(tmp_path / "v.mid").tracks
    assert [note.pitch for note in track.notes] == [36, 48, 60, 62, 84, 60, 64, 62]
    assert main(["sing", str(tune(*"abcdefgh")), "-o", str(tmp_path / "w.wav"), "--json"]) == 0
    inside = json.loads(capsys.readouterr().out)
    assert inside["outside_range"] == 0
    assert "note" not in inside


def test_a_karaoke_file_sings(tmp_path):
    def meta(text):
        return bytes([0, 0xFF, 1, len(text)]) + text

    body = bytes([0, 0xC0, 0]) + meta(b"@KMIDI KARAOKE FILE")
    for text, pitch in ((b"\\cop", 60), (b"per ", 62), (b"/lan", 64), (b"terns", 65)):
        body += meta(text) + bytes([0, 0x90, pitch, 90, 96, 0x80, pitch, 0])
    body += b"\x00\xff\x2f\x00"
    path, sung = tmp_path / "old.kar", tmp_path / "c.json"
    path.write_bytes(b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60MTrk" + len(body).to_bytes(4, "big") + body)
    assert main(["sing", str(path), "-o", str(tmp_path / "v.wav"), "--curves", str(sung)]) == 0
    sounds = [sound[0] for line in json.loads(sung.read_text()) for sound in line["phonemes"]]
    assert sounds[:4] == ["K", "AA1", "P", "ER0"]
    assert sounds[4] == "L"
