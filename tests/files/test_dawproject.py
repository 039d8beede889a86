import io
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace

import pytest

from daiw.files.dawproject import dawproject_bytes, metadata_xml, project_xml, write_dawproject
from daiw.files.session import Device, EqBand, Strip


@pytest.fixture
def project(session):
    return ET.fromstring(project_xml(session))


def lanes_of(project, name):
    identity = next(track.get("id") for track in project.iter("Track") if track.get("name") == name)
    return next(lanes for lanes in project.iter("Lanes") if lanes.get("track") == identity)


def test_it_holds_to_the_published_schema(session, schema):
    assert schema("dawproject/Project.xsd")(project_xml(session)) == []
    assert schema("dawproject/Project.xsd")(project_xml(session, external=True)) == []
    assert schema("dawproject/MetaData.xsd")(metadata_xml(session)) == []


def test_anything_with_notes_becomes_a_valid_project(stranger, schema):
    assert schema("dawproject/Project.xsd")(project_xml(stranger)) == []
    assert schema("dawproject/MetaData.xsd")(metadata_xml(stranger)) == []


def test_the_schema_finds_faults(session, schema):
    broken = project_xml(session).replace(b'unit="linear"', b'unit="loud"')
    assert schema("dawproject/Project.xsd")(broken)


def test_every_note_is_there_in_beats(session, project):
    for track in session.arrangement.tracks:
        written = [
            (float(note.get("time")) * 480, float(note.get("duration")) * 480, int(note.get("key")), float(note.get("vel")) * 127)
            for note in lanes_of(project, track.role).iter("Note")
        ]
        assert written == [pytest.approx((note.start, note.duration, note.pitch, note.velocity), abs=1e-5) for note in track.notes]
        channels = {note.get("channel") for note in lanes_of(project, track.role).iter("Note")}
        assert channels == ({"9"} if track.drums else {"0"})


def test_pedals_bends_and_programs_go_with_the_notes(project):
    lanes = {}
    for points in lanes_of(project, "chords").iter("Points"):
        target = points.find("Target")
        key = target.get("expression"), target.get("controller")
        lanes[key] = [(float(point.get("time")), float(point.get("value"))) for point in points.iter("RealPoint")]
    assert lanes["channelController", "64"] == [(0.0, 1.0), (pytest.approx(1910 / 480), 0.0)]
    assert lanes["pitchBend", None] == [(1.0, pytest.approx(4097 / 16384))]
    assert lanes["programChange", None] == [(0.0, pytest.approx(4 / 127))]
    melody = lanes_of(project, "melody")
    assert [points.find("Target").get("expression") for points in melody.iter("Points")] == ["programChange"]
    assert [float(point.get("value")) * 127 for point in melody.iter("RealPoint")] == [pytest.approx(73)]


def test_tempo_and_meter_map(project):
    tempos = project.find("Arrangement/TempoAutomation")
    assert tempos.find("Target").get("parameter") == project.find("Transport/Tempo").get("id")
    assert [(point.get("time"), point.get("value"), point.get("interpolation")) for point in tempos.iter("RealPoint")] == [
        ("0", "96", "hold"), ("16", "84.5", "hold"), ("17", "71.25", "hold"),
    ]  # fmt: skip
    meters = project.find("Arrangement/TimeSignatureAutomation").iter("TimeSignaturePoint")
    assert [(point.get("time"), point.get("numerator"), point.get("denominator")) for point in meters] == [
        ("0", "4", "4"),
        ("16", "3", "4"),
    ]


def test_sections_are_markers(project):
    markers = project.iter("Marker")
    assert [(marker.get("time"), marker.get("name")) for marker in markers] == [("0", "verse"), ("8", 'chorus "big"'), ("16", "outro")]


def test_stems_play_unstretched_through_faders_at_unity(session, project):
    for stem in session.stems:
        clip = lanes_of(project, f"{stem.name} stem").find("Clips/Clip")
        assert (clip.get("time"), clip.get("contentTimeUnit")) == ("0", "seconds")
        assert clip.find("Warps") is None
        assert float(clip.find("Audio").get("duration")) == stem.duration_s
    # 16 beats at 96, 1 at 84.5, the rest of 17 s at 71.25
    expected = 17 + (17 - 16 * 60 / 96 - 60 / 84.5) * 71.25 / 60
    assert float(lanes_of(project, "melody stem").find("Clips/Clip").get("duration")) == pytest.approx(expected, abs=1e-6)
    strips = list(project.iter("Channel"))
    assert {strip.find("Volume").get("value") for strip in strips} == {"1"}
    assert {strip.find("Pan").get("value") for strip in strips} == {"0.5"}
    master = next(strip for strip in strips if strip.get("role") == "master")
    assert {strip.get("destination") for strip in strips if strip is not master} == {master.get("id")}


def test_note_tracks_stand_where_their_parts_stood(session, schema):
    placed = replace(session, strips={"melody": Strip("flute", -0.5, (("reverb", -6.0),)), "bass": Strip("finger_bass")})
    document = project_xml(placed)
    assert schema("dawproject/Project.xsd")(document) == []
    tracks = {track.get("name"): track for track in ET.fromstring(document).iter("Track")}
    assert tracks["melody"].get("comment") == "played by DAiW's flute"
    assert tracks["melody"].find("Channel/Pan").get("value") == "0.25"
    (send,) = tracks["melody"].iter("Send")
    effect = tracks["reverb stem"].find("Channel")
    assert send.get("destination") == effect.get("id")
    assert float(send.find("Volume").get("value")) == pytest.approx(10 ** (-6 / 20))
    assert effect.get("role") == "effect"
    assert list(tracks["bass"].iter("Send")) == []
    # what sounds, sounds as in mix.wav: stems at unity, in the middle, without sends
    for stem in ("melody stem", "reverb stem"):
        strip = tracks[stem].find("Channel")
        assert [strip.find(tag).get("value") for tag in ("Pan", "Volume", "Mute")] == ["0.5", "1", "false"]
        assert strip.find("Sends") is None


PRESETS = {name: b"VST3" + bytes((1, 0, 0, 0)) + name * 8 + bytes(range(200)) for name in (b"4B45", b"544F")}
DEVICES = (
    Device("Keys & <co>", "DAiW", "1.0.0", "4B45" * 8, True, "plugins/chords/instrument.vstpreset", PRESETS[b"4B45"]),
    Device("Tone", "DAiW", "1.0.0", "544F" * 8, False, "plugins/chords/insert-1-tone.vstpreset", PRESETS[b"544F"]),
)
BANDS = (EqBand("highPass", 90.0, 0.0, 0.7071), EqBand("bell", 300.0, -2.0, 0.8))


@pytest.fixture
def played(session):
    """The session with chords that a plugin plays."""
    strip = Strip("daiw_keys", -0.2, (("reverb", -13.0),), DEVICES, BANDS, -4.0, ("phaser",))
    return replace(session, strips={"chords": strip, "melody": Strip("flute")})


def test_a_part_that_a_plugin_played_can_be_played_by_it(played, schema):
    for external in (False, True):
        assert schema("dawproject/Project.xsd")(project_xml(played, external=external)) == []
    tracks = {track.get("name"): track for track in ET.fromstring(project_xml(played)).iter("Track")}
    channel = tracks["chords"].find("Channel")
    keys, tone, equaliser = channel.find("Devices")
    assert (keys.tag, tone.tag, equaliser.tag) == ("Vst3Plugin", "Vst3Plugin", "Equalizer")
    named = ("deviceID", "deviceName", "deviceVendor", "pluginVersion", "deviceRole", "loaded")
    assert [keys.get(name) for name in named] == ["4B45" * 8, "Keys & <co>", "DAiW", "1.0.0", "instrument", "true"]
    assert [tone.get(name) for name in named] == ["544F" * 8, "Tone", "DAiW", "1.0.0", "audioFX", "true"]
    assert [device.find("Enabled").get("value") for device in (keys, tone, equaliser)] == ["true"] * 3
    assert [(band.get("type"), band.find("Freq").get("value")) for band in equaliser.iter("Band")] == [("highPass", "90"), ("bell", "300")]
    assert [band.find("Gain").get("value") if band.find("Gain") is not None else None for band in equaliser.iter("Band")] == [None, "-2"]
    # nothing sounds twice: the track waits, muted, where its part stood in the mix
    assert channel.find("Mute").get("value") == "true"
    assert float(channel.find("Volume").get("value")) == pytest.approx(10 ** (-4 / 20))
    assert tracks["chords"].get("comment") == (
        "played by DAiW's daiw_keys; muted, as chords stem sounds: unmute this and mute that to play the notes anew; without our phaser"
    )
    assert tracks["melody"].find("Channel/Mute").get("value") == "false"
    assert tracks["melody"].find("Channel/Devices") is None


def test_a_fader_stays_in_its_range(played):
    loud = replace(played, strips={"chords": replace(played.strips["chords"], gain_db=20.0)})
    tracks = {track.get("name"): track for track in ET.fromstring(project_xml(loud)).iter("Track")}
    assert tracks["chords"].find("Channel/Volume").get("value") == "2"


def test_states_are_inside_whether_stems_are_or_not(played, tmp_path):
    (tmp_path / "stems").mkdir()
    for stem in played.stems:
        (tmp_path / stem.path).write_bytes(b"sound")
    write_dawproject(played, tmp_path / "all.dawproject", tmp_path)
    (tmp_path / "beside.dawproject").write_bytes(dawproject_bytes(played))
    for name in ("all.dawproject", "beside.dawproject"):
        with zipfile.ZipFile(tmp_path / name) as archive:
            states = list(ET.fromstring(archive.read("project.xml")).iter("State"))
            assert [archive.read(state.get("path")) for state in states] == list(PRESETS.values())
            assert {state.get("external") for state in states} == {None}


def test_tracks_are_named_and_coloured_by_role(project):
    colours = {track.get("name"): track.get("color") for track in project.iter("Track")}
    assert list(colours) == ["bass", "melody", "chords", "drums", "melody stem", "reverb stem", "Master"]
    assert colours["melody"] == colours["melody stem"]
    assert len({colours[role] for role in ("bass", "melody", "chords", "drums")}) == 4


def test_ids_are_unique(project):
    ids = [element.get("id") for element in project.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) > 40


def test_the_archive_holds_what_it_names(session, tmp_path):
    (tmp_path / "stems").mkdir()
    for stem in session.stems:
        (tmp_path / stem.path).write_bytes(stem.name.encode() * 1000)
    for name in ("one.dawproject", "two.dawproject"):
        write_dawproject(session, tmp_path / name, tmp_path)
    assert (tmp_path / "one.dawproject").read_bytes() == (tmp_path / "two.dawproject").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.dawproject") as archive:
        assert archive.testzip() is None
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        files = [element for element in ET.fromstring(archive.read("project.xml")).iter("File")]
        assert [archive.read(file.get("path"))[:6] for file in files] == [b"melody", b"reverb"]
        assert {file.get("external") for file in files} == {None}
        assert ET.fromstring(archive.read("metadata.xml")).findtext("Title") == "Window & <door>"


def test_beside_a_song_the_stems_stay_outside(session):
    with zipfile.ZipFile(io.BytesIO(dawproject_bytes(session))) as archive:
        assert sorted(archive.namelist()) == ["metadata.xml", "project.xml"]
        files = list(ET.fromstring(archive.read("project.xml")).iter("File"))
    assert [(file.get("path"), file.get("external")) for file in files] == [("stems/melody.wav", "true"), ("stems/reverb.wav", "true")]
