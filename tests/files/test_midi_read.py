import os
import struct

import pytest

from daiw.errors import FileFormatError
from daiw.files import midi, midi_events
from daiw.files.midi import parse_arrangement, read_midi
from daiw.music.pitch import Key
from daiw.music.score import Control, Note
from daiw.music.time import Meter, Tempo

END = "00 ff2f00"
NOTE = "00 90 3c 64  60 80 3c 40 "


def chunk(name: str, body: str, length: int | None = None) -> bytes:
    data = bytes.fromhex(body)
    return name.encode() + struct.pack(">I", len(data) if length is None else length) + data


def smf(*tracks: str, form: int = 1, division: int = 96, count: int | None = None) -> bytes:
    head = b"MThd" + struct.pack(">IHHH", 6, form, len(tracks) if count is None else count, division)
    return head + b"".join(chunk("MTrk", track) for track in tracks)


def notes(data: bytes, track: int = 0) -> list[tuple[int, int, int, int]]:
    return [(note.start, note.duration, note.pitch, note.velocity) for note in parse_arrangement(data).tracks[track].notes]


def name(text: str) -> str:
    payload = text.encode()
    return f"00 ff03 {len(payload):02x} {payload.hex()} "


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("00 90 3c 64  60 3c 00  00 3e 64  60 3e 00", [(0, 480, 60, 100), (480, 480, 62, 100)]),
        ("00 90 3c 64  00 ff0100  60 3c 00", [(0, 480, 60, 100)]),
        ("00 90 3c 64  00 f0 03 7e 09 f7  60 3c 00", [(0, 480, 60, 100)]),
        ("00 90 3c 64  00 f8  60 3c 00", [(0, 480, 60, 100)]),
        ("00 90 3c 64  00 80 3c 40", [(0, 1, 60, 100)]),
        ("00 90 3c 64  60 b0 7b 00", [(0, 480, 60, 100)]),
        ("00 90 3c 64  60 b0 78 00  60 80 3c 40", [(0, 480, 60, 100)]),
        ("00 90 3c 64  60 90 3c 50  60 b0 78 00  60 90 3c 40  60 80 3c 40", [(0, 960, 60, 100), (480, 480, 60, 80), (1440, 480, 60, 64)]),
        ("00 90 3c 64  81 00 ff2f00", [(0, 640, 60, 100)]),
        ("00 80 3c 40" + NOTE, [(0, 480, 60, 100)]),
        ("00 90 3c 64  00 90 3c 50  60 80 3c 40  60 80 3c 40", [(0, 480, 60, 100), (0, 960, 60, 80)]),
        ("00 90 3c 64  60 90 3c 50  60 80 3c 40", [(0, 480, 60, 100), (480, 480, 60, 80)]),
        ("00 90 3c 64  00 90 3c 50  60 80 3c 40", [(0, 480, 60, 100)]),
    ],
    ids=["running status", "across a meta", "across SysEx", "realtime byte", "zero length", "all notes off", "all sound off",
         "all of a key off", "never ended", "stray off", "unison of two voices", "lost off", "lost off at once"],
)  # fmt: skip
def test_notes_as_players_hear_them(body, expected):
    assert sorted(notes(smf(body))) == sorted(expected)


@pytest.mark.parametrize(
    ("division", "expected"),
    [
        (96, (0, 480)),
        (480, (0, 96)),
        (1, (0, 46080)),
        (0x7FFF, (0, 1)),
        (7, (0, 6583)),
        (0xE728, (0, 92)),
        (0xE201, (0, 3072)),
        (0xE301, (0, 3075)),
        (0xE804, (0, 960)),
    ],
)
def test_every_division_becomes_480(division, expected):
    assert notes(smf(NOTE, division=division))[0][:2] == expected


def test_smpte_time_ignores_tempo():
    assert parse_arrangement(smf("00 ff5103 000001" + NOTE, division=0xE728)).timeline.tempos.changes == (Tempo(0, 120.0),)


def test_tempo_meter_key_and_markers():
    body = "00 ff5103 07a120  00 ff5804 03 03 24 08  00 ff5902 fd 01  00 ff0601 41  60 ff5103 0a2c2b  00 ff5103 07a120 60 ff5103 09fbf1"
    timeline = parse_arrangement(smf(body, NOTE)).timeline
    assert timeline.tempos.changes == (Tempo(0, 120.0), Tempo(960, 60e6 / 654321))
    assert timeline.meters == ((0, Meter(3, 8)),)
    assert timeline.keys == ((0, Key.parse("C minor")),)
    assert timeline.markers == ((0, "A"),)
    assert timeline.end == 960


def test_the_first_key_holds_from_the_start():
    keys = parse_arrangement(smf("60 ff5902 01 00 60 ff5902 01 01" + NOTE)).timeline.keys
    assert keys == ((0, Key.parse("G major")), (960, Key.parse("E minor")))


@pytest.mark.parametrize(
    ("text", "signature", "key"),
    [("Key: D dorian", "00 01", "D dorian"), ("Key: D dorian", "00 00", "C major"), ("Key: D dorian", "01 01", "E minor"),
     ("Key: H moll", "00 01", "A minor"), ("D dorian", "00 01", "A minor")],
)  # fmt: skip
def test_a_text_names_the_mode_only_where_it_fits_the_signature(text, signature, key):
    body = f"00 ff01 {len(text):02x} {text.encode().hex()} 00 ff5902 {signature}"
    assert parse_arrangement(smf(body + NOTE)).timeline.keys == ((0, Key.parse(key)),)


def test_impossible_meters_and_keys_are_passed_over():
    timeline = parse_arrangement(
        smf("00 ff5804 00 02 18 08 00 ff5804 04 09 18 08 00 ff5902 63 00 00 ff5902 00 07 00 ff5801 04" + NOTE)
    ).timeline
    assert timeline.meters == ((0, Meter(4, 4)),)
    assert timeline.keys == ()


def test_format_2_plays_one_pattern_after_the_other():
    arrangement = parse_arrangement(smf("00 ff5103 07a120" + NOTE + END, "00 ff5103 0f4240" + NOTE + END, form=2))
    assert [track.notes[0].start for track in arrangement.tracks] == [0, 480]
    assert arrangement.timeline.tempos.changes == (Tempo(0, 120.0), Tempo(480, 60.0))


def test_programs_and_channels_become_tracks_with_names():
    body = (
        name("My Song")
        + "00 c0 18  00 90 3c 64 60 80 3c 40  00 c0 28 00 90 3e 64 60 80 3e 40 00 99 24 64 60 89 24 40 00 c1 18 00 91 3c 64 60 81 3c 40"
    )
    tracks = parse_arrangement(smf(body, form=0)).tracks
    assert [(track.role, track.program, track.drums) for track in tracks] == [
        ("nylon guitar", 24, False), ("violin", 40, False), ("drums", 0, True), ("nylon guitar 2", 24, False)]  # fmt: skip


def test_setup_chunks_reach_the_tracks_of_their_channel():
    setup = "00 c0 20  00 b0 07 50  00 b1 07 10"
    tracks = parse_arrangement(smf(setup, name("A") + NOTE, name("B") + "00 c0 21" + NOTE)).tracks
    assert [(track.role, track.program, track.controls) for track in tracks] == [
        ("A", 32, (Control(0, "cc", 7, 80),)), ("B", 33, (Control(0, "cc", 7, 80),))]  # fmt: skip


def test_banks_choose_variations_and_drum_kits():
    body = "00 b0 00 7f 00 c0 08" + NOTE + "00 b0 00 01 00 b0 20 02 00 c0 05" + NOTE + "00 b9 00 79 00 c9 05 00 99 3c 64 60 89 3c 40"
    tracks = parse_arrangement(smf(body)).tracks
    assert [(track.program, track.drums, track.controls) for track in tracks] == [
        (8, True, (Control(0, "program", 127 << 7, 8),)),
        (5, False, (Control(0, "program", 130, 5),)),
        (5, False, (Control(0, "program", 121 << 7, 5),)),
    ]


def test_pedal_bend_and_pressure_are_kept():
    body = "00 b0 40 7f  00 e0 00 60  00 d0 11" + NOTE + "60 b0 40 00"
    track = parse_arrangement(smf(body)).tracks[0]
    assert track.controls == (
        Control(0, "cc", 64, 127),
        Control(0, "bend", 0, 4096),
        Control(0, "pressure", 0, 17),
        Control(960, "cc", 64, 0),
    )


def test_bends_in_several_ranges_become_one_range():
    select = "00 b0 65 00 00 b0 64 00 00 b0 06 "
    track = parse_arrangement(smf(select + "0c 00 e0 00 60" + NOTE + select + "02 00 e0 00 60 00 b0 63 01 00 b0 06 7f")).tracks[0]
    assert track.bend_range == 12
    assert [control.value for control in track.controls] == [4096, 683]


def test_reset_all_controllers_is_spelled_out():
    track = parse_arrangement(smf("00 b0 40 7f 00 b0 07 50 00 e0 00 60 00 d0 11" + NOTE + "00 b0 79 00")).tracks[0]
    assert track.controls[-3:] == (Control(480, "cc", 64, 0), Control(480, "bend", 0, 0), Control(480, "pressure", 0, 0))


def test_lyrics_find_their_notes():
    body = "00 ff0502 6c61 00 90 3c 64 00 ff0502 c3a9 60 80 3c 40  00 90 3e 64 00 ff0501 e9 60 80 3e 40 30 ff0501 78"
    assert [note.lyric for note in parse_arrangement(smf(body)).tracks[0].notes] == ["la", "é"]


@pytest.mark.parametrize(
    ("text", "role"),
    [("../../etc/passwd", "etc passwd"), ("a" * 10_000, "a" * 40), ("con", "con track"), ("\x00\x1b[31m", "31m"), ("..", "piano"),
     ("reverb", "reverb 2"), ("Größe/小", "Größe 小")],
)  # fmt: skip
def test_hostile_names_become_file_names(text, role):
    payload = text.encode()
    size = bytes([len(payload) >> 7 | 128, len(payload) & 127]).hex()
    assert parse_arrangement(smf(f"00 ff03 {size} {payload.hex()}" + NOTE, END)).tracks[0].role == role


def test_roles_are_unique_without_regard_to_case():
    tracks = parse_arrangement(smf(name("Lead") + NOTE, name("lead") + NOTE, NOTE, NOTE)).tracks
    assert [track.role for track in tracks] == ["Lead", "lead 2", "piano", "piano 2"]


def test_ports_keep_channels_apart():
    port = "00 ff2101 01 00 c0 05"
    assert [track.program for track in parse_arrangement(smf(port, NOTE, port + NOTE)).tracks] == [0, 5]


def test_rmid_wrapper_unknown_chunks_and_trailing_junk():
    head = b"MThd" + struct.pack(">IHHH", 8, 1, 1, 96) + b"\0\0"
    data = head + chunk("XFIH", "00 01 02") + chunk("MTrk", NOTE + END + "00 ff") + b"junk behind the music"
    wrapped = (
        b"RIFF"
        + struct.pack("<I", len(data) + 24)
        + b"RMID"
        + b"JUNK"
        + struct.pack("<I", 3)
        + b"abc\0"
        + b"data"
        + struct.pack("<I", len(data))
        + data
    )
    assert notes(data) == notes(wrapped) == [(0, 480, 60, 100)]


def test_more_tracks_than_announced_are_read():
    assert len(parse_arrangement(smf(NOTE, NOTE, form=0, count=1)).tracks) == 2


def test_long_silence_at_the_end_is_cut_to_a_minute():
    assert parse_arrangement(smf(NOTE + "ff ff ff 7f ff2f00")).timeline.end == 480 + 60 * 960


def test_nothing_is_left_behind_the_end():
    arrangement = parse_arrangement(smf(NOTE + "ff ff ff 7f ff0601 41 00 b0 07 50 00 ff5103 0a2c2b 00 ff2f00"))
    assert arrangement.timeline.markers == ()
    assert arrangement.timeline.tempos.changes == (Tempo(0, 120.0),)
    assert arrangement.tracks[0].controls == ()


def test_a_file_without_notes_has_no_tracks():
    assert parse_arrangement(smf(END)).tracks == ()


BROKEN = {
    "empty": (b"", "byte 0: not a MIDI file .it is empty"),
    "wav": (b"RIFF\0\0\0\0WAVEfmt ", "it is a WAV file"),
    "mp3": (b"ID3\x04", "it looks like an MP3 file"),
    "rmid without data": (b"RIFF\0\0\0\0RMID", "no data chunk"),
    "rmid lies": (b"RIFF\0\0\0\0RMIDdata\xff\0\0\0MThd", "byte 16: the RMID data says 255 bytes but 4 are left"),
    "short header": (b"MThd\0\0\0\6\0", "byte 9: the header is cut short"),
    "small header": (b"MThd\0\0\0\4\0\0\0\1\0\x60", "byte 4: the header says it is 4 bytes"),
    "header lies": (b"MThd\xff\xff\xff\xff\0\0\0\1\0\x60", "byte 4: the header says it is 4294967295 bytes"),
    "format 3": (smf(NOTE, form=3), "byte 8: MIDI file format 3"),
    "division 0": (smf(NOTE, division=0), "byte 12: the time division is 0"),
    "SMPTE 10": (smf(NOTE, division=0xF604), "byte 12: time division 0xf604"),
    "SMPTE by 0": (smf(NOTE, division=0xE700), "byte 12: time division 0xe700"),
    "no track": (smf(), "0 tracks but 0 are there"),
    "missing track": (smf(NOTE, count=3), "announces 3 tracks but 1 are there"),
    "track cut short": (smf(NOTE)[:-3], "byte 18: track 1 says 8 bytes but 5 are left"),
    "track lies": (smf()[:10] + b"\0\1\0\x60" + chunk("MTrk", NOTE, 0xFFFFFFFF), "track 1 says 4294967295 bytes but 8 are left"),
    "unknown chunk lies": (smf(count=1) + chunk("XXXX", "00", 99), "the chunk b'XXXX' says 99 bytes"),
    "event past the end": (smf("00 90 3c"), "byte 25: an event runs past the end"),
    "meta past the end": (smf("00 ff 01 7f 41"), "byte 23: an event says 127 bytes but its track has 1 left"),
    "no status": (smf("00 3c 40"), "byte 23: data without a status byte"),
    "bad data": (smf("00 90 3c 80"), "byte 25: a value over 127 in a message 0x90"),
    "undefined status": (smf("00 f4 00"), "byte 23: 0xf4 is no MIDI message"),
    "endless delta": (smf("ff ff ff ff 7f 90 3c 40"), "byte 22: a number longer than four bytes"),
    "tempo 0": (smf("00 ff5103 000000" + NOTE), "byte 23: a tempo of 000000"),
    "short tempo": (smf("00 ff5101 10" + NOTE), "byte 23: a tempo of 10"),
    "endless song": (smf("00 90 3c 64 ff ff ff 7f 80 3c 40"), "the song would last 388 hours; the limit is 4"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files_are_one_clear_line(case, tmp_path):
    data, message = BROKEN[case]
    path = tmp_path / "x.mid"
    path.write_bytes(data)
    with pytest.raises(FileFormatError, match=message) as caught:
        read_midi(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_too_many_events(monkeypatch):
    monkeypatch.setattr(midi_events, "MAX_EVENTS", 5)
    parse_arrangement(smf(NOTE + END, NOTE))
    with pytest.raises(FileFormatError, match="byte 50: more than 5 events"):
        parse_arrangement(smf(NOTE + END, NOTE + NOTE))


def test_ten_million_events_are_refused_in_time():
    with pytest.raises(FileFormatError, match="more than 2,000,000 events"):
        parse_arrangement(smf("00 90 3c 40" + "00 3c 40" * 10_000_000))


def test_too_many_tracks():
    with pytest.raises(FileFormatError, match="more than 512 instruments"):
        parse_arrangement(smf(*[NOTE] * 513))


def test_places_that_are_no_files(tmp_path, monkeypatch):
    with pytest.raises(FileFormatError, match="is a folder"):
        read_midi(tmp_path)
    with pytest.raises(FileFormatError, match="cannot be read: No such file"):
        read_midi(tmp_path / "none.mid")
    with pytest.raises(FileFormatError, match="cannot be read: embedded null"):
        read_midi("a\0b")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileFormatError, match="not a regular file"):
        read_midi(tmp_path / "pipe")
    monkeypatch.setattr(midi, "MAX_BYTES", 10)
    (tmp_path / "big.mid").write_bytes(smf(NOTE))
    with pytest.raises(FileFormatError, match=r"big\.mid: the file is larger"):
        read_midi(tmp_path / "big.mid")


def test_reading_gives_the_nouns(tmp_path):
    path = tmp_path / "song.mid"
    path.write_bytes(smf(name("Lead") + NOTE, END))
    track = read_midi(str(path)).tracks[0]
    assert (track.role, track.instrument, track.notes) == ("Lead", "gm", (Note(0, 480, 60, 100),))
