"""write∘read is the identity on what a MIDI file can hold, and no bytes whatever raise anything but FileFormatError."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daiw.errors import FileFormatError
from daiw.files.midi import midi_bytes, parse_arrangement
from daiw.music.pitch import MODES, Key, PitchClass
from daiw.music.score import Arrangement, Control, Note, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap

END = 1920 * 8
WORDS = st.sampled_from(["", "la", "hé", "小さい", "a b"])
CONTROLS = st.one_of(
    st.builds(Control, st.integers(0, END), st.just("cc"), st.sampled_from([1, 2, 7, 10, 11, 64, 67, 74, 91]), st.integers(0, 127)),
    st.builds(Control, st.integers(0, END), st.just("bend"), st.just(0), st.integers(-8192, 8191)),
    st.builds(Control, st.integers(0, END), st.just("pressure"), st.just(0), st.integers(0, 127)),
)
KEYS = st.builds(Key, st.builds(PitchClass, st.sampled_from("CDEFGAB"), st.integers(-1, 1)), st.sampled_from(sorted(MODES)))
METERS = st.builds(Meter, st.integers(1, 64), st.sampled_from([1, 2, 4, 8, 16, 32, 64]))


@st.composite
def note_lists(draw, drums=False):
    """Notes in which no key sounds twice at once."""
    free = [0] * 128
    notes = []
    for gap, duration, pitch, velocity in draw(
        st.lists(st.tuples(st.integers(0, 500), st.integers(1, 900), st.integers(0, 127), st.integers(1, 127)), min_size=1, max_size=12)
    ):
        start = free[pitch] + gap
        free[pitch] = start + duration
        notes.append(Note(start, duration, pitch, velocity, "" if drums else draw(WORDS)))
    return tuple(sorted(notes, key=lambda note: (note.start, note.end, note.pitch)))


def unequal_neighbours(items):
    return tuple(item for i, item in enumerate(items) if i == 0 or item[1] != items[i - 1][1])


@st.composite
def changes(draw, values):
    ticks = sorted(draw(st.sets(st.integers(1, END - 1), max_size=3)))
    return unequal_neighbours([(tick, draw(values)) for tick in (0, *ticks)])


@st.composite
def arrangements(draw):
    tracks = []
    for index in range(draw(st.sampled_from([0, 1, 2, 3, 17]))):
        drums = draw(st.booleans())
        controls = tuple(sorted(draw(st.lists(CONTROLS, max_size=6)), key=lambda control: control.tick))
        program, bank = draw(st.integers(0, 127)), draw(st.sampled_from([0, 0, 1, 8 << 7]))
        chosen = (Control(0, "program", bank, program),) if bank else ()
        bend_range = draw(st.integers(0, 2400)) / 100
        tracks.append(Track(f"part {index}", "gm", draw(note_lists(drums)), program, drums, chosen + controls, bend_range))
    tempos = tuple(Tempo(tick, bpm) for tick, bpm in draw(changes(st.integers(60, 400))))
    markers = sorted(
        draw(st.lists(st.tuples(st.integers(0, END), st.sampled_from(["verse", "Çhorus"])), max_size=3)), key=lambda mark: mark[0]
    )
    keys = draw(st.one_of(st.just(()), changes(KEYS)))
    return Arrangement(tuple(tracks), Timeline(TempoMap(tempos), draw(changes(METERS)), keys, tuple(markers), END))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(arrangements())
def test_reading_undoes_writing(arrangement):
    read = parse_arrangement(midi_bytes(arrangement, title="x"))
    for ours, theirs in zip(arrangement.tracks, read.tracks, strict=True):
        assert theirs == ours
    assert read.timeline.tempos == arrangement.timeline.tempos
    assert read.timeline.meters == arrangement.timeline.meters
    assert read.timeline.keys == arrangement.timeline.keys
    assert read.timeline.markers == arrangement.timeline.markers
    if arrangement.tracks:
        assert read.timeline.end == max(END, *(note.end for track in arrangement.tracks for note in track.notes))


def chunk(body: bytes, name: bytes = b"MTrk") -> bytes:
    return name + struct.pack(">I", len(body)) + body


META_TYPES = [1, 3, 5, 6, 0x20, 0x21, 0x2F, 0x51, 0x58, 0x59, 0x7F]
CHANNEL_NUMBERS = [0, 32, 6, 38, 98, 100, 101, 120, 121, 123]
EVENTS = st.one_of(
    st.builds(lambda status, one, two: bytes([status, one, two]), st.integers(0x80, 0xBF), st.integers(0, 127), st.integers(0, 127)),
    st.builds(lambda one, two: bytes([one, two]), st.integers(0, 127), st.integers(0, 127)),
    st.builds(lambda status, one: bytes([status, one]), st.integers(0xC0, 0xDF), st.integers(0, 127)),
    st.builds(lambda kind, text: bytes([0xFF, kind, len(text)]) + text, st.sampled_from(META_TYPES), st.binary(max_size=6)),
    st.builds(lambda text: b"\xf0" + bytes([len(text)]) + text, st.binary(max_size=5)),
    st.builds(lambda number, value: bytes([0xB0, number, value]), st.sampled_from(CHANNEL_NUMBERS), st.integers(0, 127)),
    st.binary(max_size=3),
)  # fmt: skip
DELTAS = st.sampled_from([b"\x00", b"\x00", b"\x60", b"\x83\x60", b"\xff\x7f", b"\xff\xff\xff\x7f", b"\xff"])
TRACKS = st.lists(st.builds(bytes.__add__, DELTAS, EVENTS), max_size=25).map(b"".join)
DIVISIONS = st.sampled_from([96, 480, 1, 0, 0x7FFF, 0xE728, 0xE350, 0xE700, 0x8000])


@st.composite
def likely_files(draw):
    """Files that look right from afar."""
    tracks = draw(st.lists(TRACKS, max_size=4))
    head = struct.pack(">HHH", draw(st.integers(0, 3)), draw(st.sampled_from([len(tracks), len(tracks), 0, 9])), draw(DIVISIONS))
    return chunk(head, b"MThd") + b"".join(chunk(track) for track in tracks) + draw(st.sampled_from([b"", b"junk", b"MTrk\0\0"]))


def mutated(data: bytes, edits: list[tuple[int, int, int]]) -> bytes:
    """`data` with bytes overwritten, cut out or doubled."""
    changed = bytearray(data)
    for place, what, value in edits:
        at = place % max(1, len(changed))
        if what == 0:
            changed[at : at + 1] = bytes([value])
        elif what == 1:
            del changed[at : at + value % 8]
        else:
            changed[at:at] = changed[at : at + value % 16]
    return bytes(changed)


EDITS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 2), st.integers(0, 255)), min_size=1, max_size=6)
HOSTILE = st.one_of(
    st.binary(max_size=200), st.binary(max_size=80).map(lambda tail: b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk" + tail), likely_files()
)


def check_hostile(data: bytes) -> bool:
    """Read bytes, and write what was read; True where they were a file."""
    try:
        arrangement = parse_arrangement(data)
    except FileFormatError as error:
        assert str(error).isprintable()
        return False
    assert len({track.role.casefold() for track in arrangement.tracks}) == len(arrangement.tracks)
    assert all(track.notes for track in arrangement.tracks)
    again = parse_arrangement(midi_bytes(arrangement))
    assert [track.role for track in again.tracks] == [track.role for track in arrangement.tracks]
    return True


@settings(max_examples=500, deadline=None)
@given(HOSTILE)
def test_no_bytes_break_the_reader(data):
    check_hostile(data)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(arrangements(), EDITS)
def test_no_damage_breaks_the_reader(arrangement, edits):
    check_hostile(mutated(midi_bytes(arrangement), edits))


@pytest.mark.parametrize("tail", [b"\x00\x90\x3c\x40", b"\x00\x90\x3c\x40\x60\x80\x3c\x40\x00\xff\x2f\x00"])
def test_the_fuzzer_knows_good_from_bad(tail):
    assert check_hostile(chunk(struct.pack(">HHH", 1, 1, 96), b"MThd") + chunk(tail))
    assert not check_hostile(chunk(tail))
