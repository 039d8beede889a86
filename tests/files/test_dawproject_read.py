"""Reading DAW projects: what we wrote comes back; what others may write is laid out as a DAW would play it."""

import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.errors import FileFormatError
from daiw.files.dawproject import metadata_xml, project_xml, write_dawproject
from daiw.files.dawproject_read import parse_project, read_dawproject
from daiw.files.session import Session
from daiw.music.score import Arrangement, Control, Note, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap

NOTES = st.lists(
    st.builds(Note, st.integers(0, 20_000), st.integers(1, 4000), st.integers(0, 127), st.integers(1, 127)), min_size=1, max_size=20
)
CONTROLS = st.lists(
    st.one_of(
        st.builds(Control, st.integers(1, 9000), st.just("cc"), st.integers(0, 127), st.integers(0, 127)),
        st.builds(Control, st.integers(1, 9000), st.just("bend"), st.just(0), st.integers(-8192, 8191)),
        st.builds(Control, st.integers(1, 9000), st.just("pressure"), st.just(0), st.integers(0, 127)),
    ),
    max_size=8,
    unique_by=lambda control: (control.tick, control.kind, control.number),
)
ROLES = ("melody", "bass", "drums", "vocal")


@st.composite
def arrangements(draw):
    tracks = tuple(
        Track(role, "gm", tuple(sorted(draw(NOTES))), draw(st.integers(0, 127)), role == "drums", tuple(sorted(draw(CONTROLS))))
        for role in ROLES[: draw(st.integers(1, 4))]
    )
    ticks = sorted(draw(st.sets(st.integers(1, 20_000), max_size=4)))
    tempos = TempoMap(tuple(Tempo(tick, draw(st.integers(20_000, 300_000)) / 1000) for tick in [0, *ticks]))
    meters = ((0, Meter(3, 4)), (14_400, Meter(7, 8))) if draw(st.booleans()) else ((0, Meter(4, 4)),)
    markers = tuple((tick, name) for tick, name in zip((0, 1920), ("verse", "<chorus> &"), strict=True) if draw(st.booleans()))
    end = max(24_000, *(note.end for track in tracks for note in track.notes))
    return Arrangement(tracks, Timeline(tempos, meters, (), markers, end))


def steps(tempos):
    """Without repeats of one tempo."""
    return [change for i, change in enumerate(tempos.changes) if not i or change.bpm != tempos.changes[i - 1].bpm]


@given(arrangements())
@settings(max_examples=60, deadline=None)
def test_what_was_exported_comes_back(arrangement):
    read = parse_project(project_xml(Session("x", arrangement)), "x").arrangement
    for ours, theirs in zip(arrangement.tracks, read.tracks, strict=True):
        assert (theirs.role, theirs.notes, theirs.program, theirs.drums) == (ours.role, ours.notes, ours.program, ours.drums)
        assert theirs.controls == ours.controls
    assert list(read.timeline.tempos.changes) == steps(arrangement.timeline.tempos)
    assert read.timeline.meters == arrangement.timeline.meters
    assert read.timeline.markers == arrangement.timeline.markers
    assert read.timeline.end == arrangement.timeline.end


def test_title_empty_tracks_and_what_was_said(session, tmp_path):
    silent = Track("pad", "x", ())
    for stem in session.stems:
        (tmp_path / stem.path).parent.mkdir(exist_ok=True)
        (tmp_path / stem.path).write_bytes(b"sound")
    arrangement = Arrangement((*session.arrangement.tracks, silent), session.arrangement.timeline)
    write_dawproject(Session("Window & <door>", arrangement, session.stems), tmp_path / "x.dawproject", tmp_path)
    read = read_dawproject(tmp_path / "x.dawproject")
    assert read.title == "Window & <door>"
    assert read.empty == ("pad",)
    assert read.said == {"tempo", "meter", "markers", "velocity", "controls"}
    assert [track.role for track in read.arrangement.tracks] == ["bass", "melody", "chords", "drums"]


def project(lanes, *, transport="", unit="beats", extra=""):
    """A project of one note track around `lanes`."""
    return f"""<?xml version="1.0"?><Project version="1.0"><Application name="x" version="1"/>{transport}
    <Structure><Track id="t" name="Keys" contentType="notes"><Channel role="regular"/></Track></Structure>
    <Arrangement><Lanes timeUnit="{unit}"><Lanes track="t">{lanes}</Lanes></Lanes>{extra}</Arrangement></Project>""".encode()


NOTE = '<Note time="{}" duration="{}" channel="0" key="60" vel="0.5"/>'


def starts(data):
    (track,) = parse_project(data, "x").arrangement.tracks
    return [(note.start / 480, note.duration / 480) for note in track.notes]


def test_clips_play_from_where_they_start_and_loop():
    notes = "".join(NOTE.format(time, 1) for time in (0, 1, 3, 5))
    inside = f"<Notes>{notes}</Notes>"
    assert starts(project(f'<Clips><Clip time="8" duration="3.5" playStart="1">{inside}</Clip></Clips>')) == [(8, 1), (10, 1)]
    looped = f'<Clips><Clip time="8" duration="7" playStart="1" loopStart="0" loopEnd="2">{inside}</Clip></Clips>'
    # one beat from playStart, then beats 0..2 again and again
    assert starts(project(looped)) == [(8, 1), (9, 1), (10, 1), (11, 1), (12, 1), (13, 1), (14, 1)]
    cut = f'<Clips><Clip time="0" duration="3.25">{inside}</Clip></Clips>'
    assert starts(project(cut)) == [(0, 1), (1, 1), (3, 0.25)]
    assert starts(project(f'<Clips><Clip time="2" duration="1">{inside}</Clip><Clip time="4" enable="false">{inside}</Clip></Clips>')) == [
        (2, 1)
    ]


def test_a_loop_goes_back_to_its_own_start():
    inside = f"<Notes>{NOTE.format(0, 0.5)}{NOTE.format(1.5, 0.5)}</Notes>"
    clip = f'<Clips><Clip time="8" duration="4" playStart="1" loopStart="0" loopEnd="2">{inside}</Clip></Clips>'
    assert starts(project(clip)) == [(8.5, 0.5), (9, 0.5), (10.5, 0.5), (11, 0.5)]


def test_clips_in_clips_and_aliases():
    inner = f'<Clips><Clip time="1" duration="1"><Notes id="n">{NOTE.format(0, 1)}</Notes></Clip></Clips>'
    assert starts(project(f'<Clips><Clip time="4" duration="4">{inner}</Clip></Clips>')) == [(5, 1)]
    first = f'<Clip time="0" duration="1"><Notes id="n">{NOTE.format(0, 1)}</Notes></Clip>'
    alias = f'<Clips>{first}<Clip time="6" duration="1" reference="n"/></Clips>'
    assert starts(project(alias)) == [(0, 1), (6, 1)]


def test_seconds_follow_the_tempo():
    transport = '<Transport><Tempo unit="bpm" value="60"/></Transport>'
    inside = f'<Notes timeUnit="seconds">{NOTE.format(0.5, 0.25)}</Notes>'
    clip = f'<Clips><Clip time="2" duration="2" contentTimeUnit="seconds">{inside}</Clip></Clips>'
    assert starts(project(clip, transport=transport)) == [(2.5, 0.25)]
    whole = f"<Notes>{NOTE.format(1, 1)}</Notes>"
    assert starts(project(whole, transport=transport.replace("60", "120"), unit="seconds")) == [(2, 2)]


def test_a_gliding_tempo_becomes_steps():
    points = '<RealPoint time="0" value="100" interpolation="linear"/><RealPoint time="4" value="140"/>'
    extra = f'<TempoAutomation timeUnit="beats"><Target parameter="x"/>{points}</TempoAutomation>'
    data = project(f"<Notes>{NOTE.format(0, 1)}</Notes>", transport='<Transport><Tempo unit="bpm" value="100"/></Transport>', extra=extra)
    tempos = parse_project(data, "x").arrangement.timeline.tempos
    assert [change.tick for change in tempos.changes] == [240 * i for i in range(9)]
    assert [change.bpm for change in tempos.changes] == [102.5, 107.5, 112.5, 117.5, 122.5, 127.5, 132.5, 137.5, 140]


BAD = {
    "not XML": (b"hello", "line 1"),
    "cut short": (project(f"<Notes>{NOTE.format(0, 1)}</Notes>")[:200], "no element found|unclosed"),
    "another document": (b"<score-partwise/>", "not a DAW project"),
    "a later version": (b'<Project version="2.0"/>', "version '2.0'"),
    "no number": (project('<Notes><Note time="soon" duration="1" channel="0" key="60"/></Notes>'), "'soon'"),
    "not finite": (project('<Notes><Note time="nan" duration="1" channel="0" key="60"/></Notes>'), "'nan'"),
    "a key of 128": (project('<Notes><Note time="0" duration="1" channel="0" key="128"/></Notes>'), r"0\.\.127"),
    "no tempo": (project("", transport='<Transport><Tempo unit="bpm" value="0"/></Transport>'), "0 bpm"),
    "an odd meter": (project("", transport='<Transport><TimeSignature numerator="4" denominator="3"/></Transport>'), "4/3"),
    "a bomb": (b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Project version="1.0">&b;</Project>', "entity"),
    "an outside entity": (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Project version="1.0">&a;</Project>', "entity"),
    "deep nesting": (b"<a>" * 5000 + b"</a>" * 5000, "too deep"),
    "endless loops": (project('<Clips><Clip time="0" duration="1e9" loopEnd="1e-6"><Notes/></Clip></Clips>'), "loop more than"),
    "a clip in itself": (project('<Clips id="c"><Clip time="0" duration="9" reference="c"/></Clips>'), "deep"),
    "far too long": (project(f"<Notes>{NOTE.format(9e8, 1)}</Notes>"), "hours"),
}  # fmt: skip
assert len(BAD) > 10


@pytest.mark.parametrize("fault", BAD)
def test_what_is_wrong_is_said(fault):
    data, words = BAD[fault]
    with pytest.raises(FileFormatError, match=words):
        parse_project(data, "x.dawproject: project.xml")


def archive(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in entries.items():
            target.writestr(name, data)
    return path


def test_hostile_archives(session, tmp_path):
    good = project_xml(session)
    (tmp_path / "text.dawproject").write_text("not a zip")
    whole = archive(tmp_path / "whole.dawproject", {"project.xml": good, "metadata.xml": metadata_xml(session)}).read_bytes()
    (tmp_path / "cut.dawproject").write_bytes(whole[: len(whole) // 2])
    archive(tmp_path / "none.dawproject", {"../../project.xml": good})
    locked = bytearray(whole)
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.dawproject").write_bytes(locked)
    damaged = bytearray(whole)
    damaged[60:90] = bytes(30)
    (tmp_path / "damaged.dawproject").write_bytes(damaged)
    wrong = {
        "text": "not a zip", "cut": "not a zip", "none": "no project.xml", "locked": "encrypted",
        "damaged": "damaged", "missing": "cannot be read", "": "is a folder",
    }  # fmt: skip
    for name, words in wrong.items():
        with pytest.raises(FileFormatError, match=words):
            read_dawproject(tmp_path / f"{name}.dawproject" if name else tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".dawproject"] * 6


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damage_is_refused_or_read(data):
    """Any change of bytes gives music or one kind of error."""
    good = project(f'<Clips><Clip time="0" duration="4" loopStart="0" loopEnd="1"><Notes>{NOTE.format(0, 1)}</Notes></Clip></Clips>')
    raw = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        parse_project(bytes(raw), "x")
    except FileFormatError as error:
        assert "\n" not in str(error)


def test_a_hundred_thousand_notes():
    notes = "".join(f'<Note time="{i / 8}" duration="0.25" channel="0" key="{i % 128}"/>' for i in range(100_000))
    assert len(parse_project(project(f"<Notes>{notes}</Notes>"), "x").arrangement.tracks[0].notes) == 100_000
