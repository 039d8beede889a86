"""Words of strangers' MIDI files find their notes: lyric events and karaoke texts, in whichever chunk they stand."""

import struct

import pytest

from daiw.files.midi import parse_arrangement

TUNE, LOW = (64, 65, 67, 72), (36, 36, 43, 43)


def meta(kind, text):
    payload = text if isinstance(text, bytes) else text.encode()
    return bytes([0xFF, kind, len(payload)]) + payload


def chunk(*events):
    """(tick, bytes) in order of time; 96 ticks a quarter."""
    data, last = b"", 0
    for tick, event in (*events, (max((tick for tick, _ in events), default=0), b"\xff\x2f\x00")):
        delta = tick - last
        data += (bytes([0x80 | delta >> 7, delta & 127]) if delta > 127 else bytes([delta])) + event
        last = tick
    return b"MTrk" + struct.pack(">I", len(data)) + data


def smf(*chunks, form=1):
    return b"MThd" + struct.pack(">IHHH", 6, form, len(chunks), 96) + b"".join(chunks)


def tune(pitches=TUNE, channel=0, start=0):
    on = [(start + 96 * i, bytes([0x90 | channel, pitch, 90])) for i, pitch in enumerate(pitches)]
    off = [(start + 96 * i + 95, bytes([0x80 | channel, pitch, 0])) for i, pitch in enumerate(pitches)]
    return sorted(on + off)


def words(texts, kind=5, late=0):
    return [(96 * i + late, meta(kind, text)) for i, text in enumerate(texts)]


def sung(data):
    """Role of each track that has words -> its syllables."""
    tracks = parse_arrangement(data).tracks
    return {track.role: [note.lyric for note in track.notes] for track in tracks if any(note.lyric for note in track.notes)}


KAR = [(0, meta(1, "@KMIDI KARAOKE FILE")), (0, meta(1, "@TA title")), *words(["\\Hel", "lo ", "/my ", "dear"], 1)]
HELLO = ["Hel-", "lo", "my", "dear"]


def test_karaoke_texts_of_a_words_track_go_to_the_melody():
    named = [(0, meta(3, "Melody")), *tune()]
    data = smf(chunk((0, meta(3, "Soft karaoke"))), chunk((0, meta(3, "Words")), *KAR), chunk(*tune(LOW, 1, 48)), chunk(*named))
    assert sung(data) == {"Melody": HELLO}


def test_of_two_tracks_that_begin_alike_the_one_called_a_voice_sings_else_the_higher():
    low = [(0, meta(3, "Lead vocal")), *tune(LOW)]
    assert set(sung(smf(chunk(*KAR), chunk((0, meta(3, "Flute")), *tune(channel=1)), chunk(*low)))) == {"Lead vocal"}
    low[0] = (0, meta(3, "Tuba"))
    assert set(sung(smf(chunk(*KAR), chunk((0, meta(3, "Flute")), *tune(channel=1)), chunk(*low)))) == {"Flute"}


def test_in_a_single_chunk_the_words_do_not_land_in_the_bass():
    together = sorted([*words(["Hel-", "lo", "my", "dear"]), *tune(LOW[:1], 1), *tune(channel=0)], key=lambda event: event[0])
    assert list(sung(smf(chunk(*together), form=0)).values()) == [HELLO]
    tracks = parse_arrangement(smf(chunk(*together), form=0)).tracks
    assert [note.lyric for track in tracks for note in track.notes if note.pitch == 36] == [""]


def test_lyrics_of_another_chunk_and_a_little_late_are_found():
    data = smf(chunk(*words(["Hel", "lo ", "my ", "dear"], late=5)), chunk(*tune()))
    assert list(sung(data).values()) == [HELLO]


def test_hyphens_are_kept_and_lines_that_break_end_a_word():
    assert list(sung(smf(chunk(*words(["Hel-", "lo", "my", "dear"]), *[]), chunk(*tune()))).values()) == [HELLO]
    own = sorted([*words(["Hel", "lo\r", "my ", "dear"]), *tune()], key=lambda event: (event[0], event[1][0] != 0xFF))
    assert list(sung(smf(chunk(*own))).values()) == [HELLO]


def test_lyric_events_outweigh_texts():
    own = sorted([*words(["la", "la", "la", "la"]), *tune()], key=lambda event: (event[0], event[1][0] != 0xFF))
    assert list(sung(smf(chunk(*KAR), chunk(*own))).values()) == [["la"] * 4]


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk(*words(["one", "two", "three", "four"], 1)), chunk(*tune())],  # texts, but no karaoke
        [chunk(*KAR), chunk(*tune(start=48))],  # nothing begins where the words do
        [chunk(*KAR), chunk(*tune(TUNE[:1]))],  # one of four does
        [chunk(*KAR)],  # no notes at all
        [chunk(*KAR), chunk(*tune(channel=9))],  # drums do not sing
    ],
)
def test_words_that_belong_to_nothing_are_left_out(chunks):
    assert sung(smf(*chunks)) == {}


def test_words_at_some_notes_of_their_chunk_stay_where_no_track_fits_better():
    own = sorted([*words(["a", "b"]), (150, meta(5, "c")), (250, meta(5, "d")), (260, meta(5, "e")), *tune()],
                 key=lambda event: (event[0], event[1][0] != 0xFF))  # fmt: skip
    assert list(sung(smf(chunk(*own))).values()) == [["a", "b", "", ""]]
