"""Reading scores: what we wrote comes back within the grid; what others write is played as it stands."""

import io
import os
import subprocess
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.errors import FileFormatError
from daiw.files.engrave import find_musescore
from daiw.files.musicxml import musicxml_bytes, mxl_bytes
from daiw.files.musicxml_chords import harmony_element, read_harmony
from daiw.files.musicxml_read import parse_score, read_musicxml
from daiw.files.session import Session
from daiw.music.chord import QUALITIES, Chord
from daiw.music.pitch import Key, PitchClass
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap

GRID = 120


@st.composite
def lines(draw):
    """A tune on sixteenths, without rests shorter than two beats: what notation writes without a choice of its own."""
    notes, now = [], 0
    for _ in range(draw(st.integers(1, 24))):
        length = GRID * draw(st.integers(1, 8))
        pitch, velocity = draw(st.integers(24, 100)), draw(st.integers(1, 127))
        notes.append(Note(now, length, pitch, velocity, draw(st.sampled_from(("", "la", "win-", "dow")))))
        now += length
    return tuple(notes)


@st.composite
def arrangements(draw):
    tune, bass = draw(lines()), draw(lines())
    drums = tuple(
        sorted(Note(GRID * i, 60, draw(st.sampled_from((36, 38, 42))), 90) for i in draw(st.sets(st.integers(0, 60), min_size=1)))
    )
    tracks = (Track("melody", "x", tune, 73), Track("bass", "x", bass, 33), Track("drums", "x", drums, drums=True))
    meter = draw(st.sampled_from((Meter(4, 4), Meter(3, 4), Meter(6, 8), Meter(7, 8))))
    tempos = TempoMap((Tempo(0, draw(st.integers(40, 200))), Tempo(GRID * draw(st.integers(1, 40)), 60.5)))
    end = max(note.end for track in tracks for note in track.notes)
    key = Key.parse(draw(st.sampled_from(("F minor", "D dorian", "E major", "Gb major"))))
    timeline = Timeline(tempos, ((0, meter),), ((0, key),), ((0, "verse"), (meter.bar_ticks, "chorus")), end)
    return Arrangement(tracks[: draw(st.integers(1, 3))], timeline)


def plain(notes, *, lengths=True):
    return [(note.start, note.duration if lengths else 0, note.pitch, note.velocity) for note in notes]


@given(arrangements())
@settings(max_examples=60, deadline=None)
def test_what_was_exported_comes_back(arrangement):
    read = parse_score(musicxml_bytes(Session("x", arrangement)), "x").arrangement
    for ours, theirs in zip(arrangement.tracks, read.tracks, strict=True):
        assert (theirs.role, theirs.program, theirs.drums) == (ours.role.capitalize(), ours.program, ours.drums)
        assert plain(theirs.notes, lengths=False) == plain(ours.notes, lengths=False)
        if not ours.drums:
            assert [note.lyric for note in theirs.notes] == [note.lyric for note in ours.notes]
            # the last note rings to where a reader expects its end
            assert plain(theirs.notes[:-1]) == plain(ours.notes[:-1])
    assert read.timeline.meters == arrangement.timeline.meters
    assert read.timeline.keys == arrangement.timeline.keys
    written = arrangement.timeline.tempos.changes
    assert read.timeline.tempos.changes == (written if written[1].tick < read.timeline.end else written[:1])
    assert read.timeline.markers == tuple(marker for marker in arrangement.timeline.markers if marker[0] < read.timeline.end)


def test_reading_and_writing_again_changes_nothing_more(session):
    once = parse_score(musicxml_bytes(session), "x").arrangement
    twice = parse_score(musicxml_bytes(Session("x", once)), "x").arrangement
    assert twice == once
    assert sum(len(track.notes) for track in once.tracks) == sum(len(track.notes) for track in session.arrangement.tracks)


def test_chord_symbols_come_back(session):
    read = parse_score(musicxml_bytes(session), "x")
    assert read.harmony == tuple((span.start, span.chord) for span in session.plan.harmony)
    assert read.said == {"tempo", "meter", "key", "markers", "velocity", "harmony", "lyrics"}
    assert read.title == "Window & <door>"


@pytest.mark.parametrize("quality", QUALITIES)
def test_every_quality_comes_back(quality):
    chord = Chord(PitchClass("E", -1), quality, PitchClass("F"))
    assert read_harmony(harmony_element(chord)) == chord


def score(measures, *, attributes="<divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"):
    """A score of one part; each measure is what stands in it."""
    first, *rest = measures
    body = f'<measure number="1"><attributes>{attributes}</attributes>{first}</measure>'
    body += "".join(f'<measure number="{i}">{measure}</measure>' for i, measure in enumerate(rest, 2))
    head = '<part-list><score-part id="P1"><part-name>Flute</part-name></score-part></part-list>'
    return f'<score-partwise version="3.1">{head}<part id="P1">{body}</part></score-partwise>'.encode()


def note(step, length, extra="", octave=4, before=""):
    return f"<note>{before}<pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>{length}</duration>{extra}</note>"


def read(*measures, **options):
    (track,) = parse_score(score(measures, **options), "x").arrangement.tracks
    return [(each.start // 240, each.duration // 240, each.pitch) for each in track.notes]


def test_chords_ties_voices_and_rests():
    chord = note("C", 2) + note("E", 2, before="<chord/>") + "<note><rest/><duration>2</duration></note>"
    tied = note("G", 4, '<tie type="start"/>')
    second = "<backup><duration>8</duration></backup><forward><duration>6</duration></forward>" + note("C", 2, octave=3)
    over = note("G", 2, '<tie type="stop"/>') + note("A", 6)
    assert read(chord + tied + second, over) == [(0, 2, 60), (0, 2, 64), (4, 6, 67), (6, 2, 48), (10, 6, 69)]


def test_grace_and_cue_notes_take_no_time():
    grace = "<note><grace/><pitch><step>D</step><octave>4</octave></pitch></note>"
    cue = "<note><cue/><pitch><step>D</step><octave>4</octave></pitch><duration>4</duration></note>"
    assert read(grace + cue + note("C", 8)) == [(0, 8, 60)]


def test_transposing_parts_sound_in_concert_pitch():
    attributes = "<divisions>2</divisions><key><fifths>2</fifths></key><time><beats>4</beats><beat-type>4</beat-type></time>"
    attributes += "<transpose><chromatic>-2</chromatic><octave-change>-1</octave-change></transpose>"
    assert read(note("D", 8), attributes=attributes) == [(0, 8, 48)]
    keys = parse_score(score([note("D", 8)], attributes=attributes), "x").arrangement.timeline.keys
    assert [str(key) for _, key in keys] == ["C major"]


def test_an_upbeat_completes_its_bar():
    assert read(note("G", 2), note("C", 8), note("D", 8)) == [(6, 2, 67), (8, 8, 60), (16, 8, 62)]


def test_repeats_and_endings_are_played():
    forward = '<barline location="left"><repeat direction="forward"/></barline>'
    back = '<barline location="right"><repeat direction="backward"/></barline>'
    assert [pitch for _, _, pitch in read(note("C", 8), forward + note("D", 8) + back, note("E", 8))] == [60, 62, 62, 64]
    ends = [f'<barline location="left"><ending number="{number}" type="start"/></barline>' for number in (1, 2)]
    stop = '<barline location="right"><ending number="1" type="stop"/><repeat direction="backward"/></barline>'
    found = read(note("C", 8), ends[0] + note("D", 8) + stop, ends[1] + note("E", 8), note("F", 8))
    assert [pitch for _, _, pitch in found] == [60, 62, 60, 64, 65]
    assert [start for start, _, _ in found] == [0, 8, 16, 24, 32]


def test_dynamics_are_the_marks_where_notes_say_nothing():
    mark = "<direction><direction-type><dynamics><f/></dynamics></direction-type></direction>"
    (track,) = parse_score(score([note("C", 4) + mark + note("D", 4)]), "x").arrangement.tracks
    assert [each.velocity for each in track.notes] == [80, 96]
    assert "velocity" not in parse_score(score([note("C", 8)]), "x").said


def test_a_chord_nobody_knows_is_left_and_said():
    strange = "<harmony><root><root-step>C</root-step></root><kind text='Petrushka'>other</kind></harmony>"
    found = parse_score(score([strange + note("C", 8)]), "x")
    assert found.harmony == ()
    assert "Petrushka" in found.remarks[0]


def test_compressed_scores(session, tmp_path):
    plain_score = musicxml_bytes(session)
    (tmp_path / "x.mxl").write_bytes(mxl_bytes(plain_score))
    (tmp_path / "x.musicxml").write_bytes(plain_score)
    assert read_musicxml(tmp_path / "x.mxl") == read_musicxml(tmp_path / "x.musicxml")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("META-INF/container.xml", '<container><rootfiles><rootfile full-path="../up.xml"/></rootfiles></container>')
    (tmp_path / "y.mxl").write_bytes(stream.getvalue())
    with pytest.raises(FileFormatError, match="holds no"):
        read_musicxml(tmp_path / "y.mxl")


BAD = {
    "timewise": (b"<score-timewise/>", "partwise"),
    "another document": (b"<html/>", "not a MusicXML"),
    "no octave": (score([note("C", 8, octave="x")]), "octave is 'x'"),
    "no letter": (score([note("H", 8)]), "'H'"),
    "no duration": (score([note("C", "soon")]), "duration is 'soon'"),
    "no divisions": (score([note("C", 8)], attributes="<divisions>0</divisions>"), "divisions is '0'"),
    "an odd meter": (score([note("C", 8)], attributes="<time><beats>4</beats><beat-type>5</beat-type></time>"), "4/5"),
    "no tempo": (score(['<direction><sound tempo="0"/></direction>' + note("C", 8)]), "tempo of '0'"),
    "loud": (score(['<note dynamics="ff"><pitch><step>C</step><octave>4</octave></pitch><duration>8</duration></note>']), "dynamics 'ff'"),
    "a bomb": (b'<!DOCTYPE x [<!ENTITY a "ha">]><score-partwise>&a;</score-partwise>', "entity"),
    "endless": (score([note("C", 100_000_000)] * 40), "hours"),
    "repeats": (score([f'{note("C", 8)}<barline><repeat direction="backward" times="65"/></barline>']), r"1\.\.64"),
}  # fmt: skip
assert len(BAD) > 9


@pytest.mark.parametrize("fault", BAD)
def test_what_is_wrong_is_said(fault):
    data, words = BAD[fault]
    with pytest.raises(FileFormatError, match=words):
        parse_score(data, "x.musicxml")


def test_nested_repeats_do_not_explode():
    loud = f'{note("C", 8)}<barline><repeat direction="backward" times="64"/></barline>'
    with pytest.raises(FileFormatError, match="write them out"):
        parse_score(score([loud] * 400), "x")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damage_is_refused_or_read(data):
    raw = bytearray(score([note("C", 4) + note("E", 4, "<tie type='start'/>"), note("E", 8, "<tie type='stop'/>")]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        parse_score(bytes(raw), "x")
    except FileFormatError as error:
        assert "\n" not in str(error)


@pytest.mark.system
@pytest.mark.skipif(find_musescore() is None, reason="MuseScore writes the score again; .ci/run installs it")
def test_musescore_gives_back_what_it_was_given(session, tmp_path):
    """Our score through MuseScore is our score: names, notes, velocities, words, chords, tempo, sections."""
    (tmp_path / "in.musicxml").write_bytes(musicxml_bytes(session))
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)}
    command = [find_musescore(), "-o", str(tmp_path / "out.mxl"), str(tmp_path / "in.musicxml")]
    subprocess.run(command, capture_output=True, env=environment, timeout=120, check=True)
    ours, theirs = read_musicxml(tmp_path / "in.musicxml"), read_musicxml(tmp_path / "out.mxl")
    assert [track.role for track in theirs.arrangement.tracks] == [track.role for track in ours.arrangement.tracks]
    for one, other in zip(ours.arrangement.tracks, theirs.arrangement.tracks, strict=True):
        assert plain(other.notes) == plain(one.notes)
        assert [each.lyric for each in other.notes] == [each.lyric for each in one.notes]
    assert theirs.harmony == ours.harmony
    assert theirs.arrangement.timeline.tempos == ours.arrangement.timeline.tempos
    assert theirs.arrangement.timeline.markers == ours.arrangement.timeline.markers
    assert theirs.arrangement.timeline.meters == ours.arrangement.timeline.meters
