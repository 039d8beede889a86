import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import mido
import pytest

from daiw.errors import OutputError
from daiw.files.midi import midi_bytes, write_midi
from daiw.music.pitch import Key
from daiw.music.score import Arrangement, Control, Note, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap

GOLDEN = Path(__file__).parents[1] / "golden"


def small_song() -> Arrangement:
    timeline = Timeline(
        TempoMap((Tempo(0, 120.0), Tempo(1920, 90.0))),
        ((0, Meter(4, 4)), (1920, Meter(6, 8))),
        ((0, Key.parse("D dorian")),),
        ((0, "intro"), (1920, "chorus")),
        1920 + 1440,
    )
    melody = Track("melody", "flute", (Note(0, 480, 62, 90, "hé"), Note(480, 480, 62, 80)), 73, controls=(Control(0, "cc", 7, 100),))
    bass = Track("bass", "picked_bass", (Note(0, 960, 38, 70),), 34, controls=(Control(480, "bend", 0, -8192),), bend_range=12.5)
    return Arrangement((melody, bass, Track("drums", "standard_kit", (Note(0, 60, 36, 127),), drums=True)), timeline)


def read_hex(name: str) -> bytes:
    """A commented hex dump: everything from # on is a remark."""
    lines = (GOLDEN / name).read_text(encoding="utf-8").splitlines()
    return bytes.fromhex("".join(line.split("#")[0] for line in lines))


def test_small_song_byte_for_byte():
    data = midi_bytes(small_song(), title="Tea", copyright="(c) me", texts=["a warm kitchen"])
    assert data.hex(" ") == read_hex("small_song.mid.hex").hex(" ")


def test_same_song_same_bytes():
    assert midi_bytes(small_song()) == midi_bytes(small_song())


@pytest.mark.parametrize(
    ("name", "fifths", "minor"),
    [("C major", 0, 0), ("D dorian", 0, 1), ("E phrygian", 0, 1), ("F lydian", 0, 0), ("G mixolydian", 0, 0), ("A minor", 0, 1),
     ("B locrian", 0, 1), ("Cb major", -7, 0), ("C# major", 7, 0), ("G# major", -4, 0), ("Fb major", 4, 0), ("D# lydian", -2, 0),
     ("Bb minor", -5, 1)],
)  # fmt: skip
def test_signatures_of_all_modes(name, fifths, minor):
    arrangement = Arrangement((), Timeline(keys=((0, Key.parse(name)),), end=1920))
    assert bytes([0xFF, 0x59, 2, fifths % 256, minor]) in midi_bytes(arrangement)


def test_note_off_precedes_note_on_and_overlaps_are_cut():
    notes = (Note(0, 960, 60, 80), Note(480, 480, 60, 80), Note(960, 10, 60, 80), Note(960, 20, 60, 70))
    data = midi_bytes(Arrangement((Track("lead", "gm", notes),), Timeline(end=1920)))
    tick, sounding, log = 0, set(), []
    for message in mido.MidiFile(file=BytesIO(data)).tracks[1]:
        tick += message.time
        if message.type == "note_on":
            assert message.note not in sounding
            sounding.add(message.note)
            log.append(tick)
        elif message.type == "note_off":
            sounding.remove(message.note)
            log.append(-tick)
    assert log == [0, -480, 480, -960, 960, -980]
    assert not sounding


def test_forty_tracks_never_share_a_channel():
    tracks = tuple(Track(f"part {i}", "gm", (Note(0, 480, 60, 80),), i, drums=i % 20 == 0) for i in range(40))
    file = mido.MidiFile(file=BytesIO(midi_bytes(Arrangement(tracks, Timeline(end=1920)))))
    places = []
    for track in file.tracks[1:]:
        port = next((message.port for message in track if message.type == "midi_port"), 0)
        places.append((port, next(message.channel for message in track if message.type == "note_on")))
    assert len(set(places)) == 40
    assert [channel == 9 for _, channel in places] == [track.drums for track in tracks]


def test_every_chunk_ends_at_the_end_of_the_song():
    file = mido.MidiFile(file=BytesIO(midi_bytes(small_song())))
    assert [sum(message.time for message in track) for track in file.tracks] == [3360] * 4
    assert all(track[-1].type == "end_of_track" for track in file.tracks)


def test_gaps_that_no_delta_can_hold_are_bridged():
    track = Track("lead", "gm", (Note(0, 1, 60, 80), Note(2**29, 1, 60, 80)))
    file = mido.MidiFile(file=BytesIO(midi_bytes(Arrangement((track,), Timeline()))))
    assert [sum(message.time for message in track) for track in file.tracks] == [2**29 + 1] * 2


def test_text_is_one_line_of_utf_8():
    data = midi_bytes(small_song(), title="a\nb\x00\ud800c", texts=["", "\x07"])
    assert b"\xff\x03\x05a b c" in data
    assert b"\xff\x01\x00" not in data


@pytest.mark.parametrize(
    "control", [Control(0, "cc", 128, 0), Control(0, "cc", 0, -1), Control(0, "bend", 0, 8192), Control(0, "program", 16384, 0)]
)
def test_impossible_controls_are_our_mistake(control):
    track = Track("lead", "gm", (Note(0, 480, 60, 80),), controls=(control,))
    with pytest.raises(ValueError, match="out of range"):
        midi_bytes(Arrangement((track,), Timeline(end=1920)))


def test_unwritable_place(tmp_path):
    with pytest.raises(OutputError, match=r"no/song\.mid"):
        write_midi(small_song(), tmp_path / "no" / "song.mid")


def test_mido_pretty_midi_and_symusic_agree(tmp_path):
    import pretty_midi
    import symusic

    path = write_midi(small_song(), tmp_path / "song.mid", title="Tea")
    pretty = pretty_midi.PrettyMIDI(str(path))
    assert [(part.name, part.program, part.is_drum) for part in pretty.instruments] == [
        ("melody", 73, False),
        ("bass", 34, False),
        ("drums", 0, True),
    ]
    assert [tempo for tempo in pretty.get_tempo_changes()[1]] == pytest.approx([120, 90], abs=1e-3)
    assert [lyric.text for lyric in pretty.lyrics] == ["hé".encode().decode("latin-1")]
    score = symusic.Score(str(path))
    tracks = [track for track in score.tracks if track.notes]  # symusic makes a track of its own for lyrics
    assert [(track.name, track.program, track.is_drum) for track in tracks] == [
        ("melody", 73, False),
        ("bass", 34, False),
        ("drums", 0, True),
    ]
    for track, ours in zip(tracks, small_song().tracks, strict=True):
        assert [(note.time, note.duration, note.pitch, note.velocity) for note in track.notes] == [
            (note.start, note.duration, note.pitch, note.velocity) for note in ours.notes
        ]
    assert [(mark.time, mark.text) for mark in score.markers] == [(0, "intro"), (1920, "chorus")]
    file = mido.MidiFile(path, charset="utf-8")
    assert (file.type, file.ticks_per_beat) == (1, 480)
    assert [track.name for track in file.tracks] == ["Tea", "melody", "bass", "drums"]
    assert [(message.key) for message in file.tracks[0] if message.type == "key_signature"] == ["Am"]


@pytest.mark.system
@pytest.mark.skipif(shutil.which("musescore3") is None, reason="MuseScore 3 is not installed (apt install musescore3)")
def test_musescore_reads_parts_measures_and_tempo(tmp_path):
    song = small_song()
    last = Note(1920, 1440, 50, 80)
    tracks = tuple(replace(track, notes=(*track.notes, replace(last, pitch=track.notes[0].pitch))) for track in song.tracks)
    write_midi(replace(song, tracks=tracks), tmp_path / "song.mid", title="Tea")
    subprocess.run(
        ["musescore3", "-o", str(tmp_path / "song.musicxml"), str(tmp_path / "song.mid")],
        env={"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    score = ElementTree.parse(tmp_path / "song.musicxml").getroot()
    names = [name.text for name in score.iter("part-name")]
    assert [name.split(", ")[-1] for name in names] == ["melody", "bass", "drums"]
    assert {len(part.findall("measure")) for part in score.findall("part")} == {2}
    assert [tempo.text for tempo in score.iter("per-minute")] == ["120", "90"]
    assert [beats.text for beats in score.find("part").iter("beats")] == ["4", "6"]
