import io
import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace

import pytest

from daiw.files.musicxml import musicxml_bytes, mxl_bytes
from daiw.files.musicxml_chords import KINDS, harmony_element
from daiw.files.spelling import Speller
from daiw.music.chord import QUALITIES, Chord
from daiw.music.groove import GROOVES
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import Meter

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
DEGREES = {
    "major": (0, 4, 7), "minor": (0, 3, 7), "diminished": (0, 3, 6), "augmented": (0, 4, 8), "suspended-second": (0, 2, 7),
    "suspended-fourth": (0, 5, 7), "power": (0, 7), "major-sixth": (0, 4, 7, 9), "minor-sixth": (0, 3, 7, 9), "dominant": (0, 4, 7, 10),
    "major-seventh": (0, 4, 7, 11), "minor-seventh": (0, 3, 7, 10), "major-minor": (0, 3, 7, 11), "half-diminished": (0, 3, 6, 10),
    "diminished-seventh": (0, 3, 6, 9), "augmented-seventh": (0, 4, 8, 10), "dominant-ninth": (0, 4, 7, 10, 14),
    "major-ninth": (0, 4, 7, 11, 14), "minor-ninth": (0, 3, 7, 10, 14), "dominant-11th": (0, 4, 7, 10, 14, 17),
    "minor-11th": (0, 3, 7, 10, 14, 17), "dominant-13th": (0, 4, 7, 10, 14, 21),
}  # fmt: skip
"""What the standard says each kind holds; ours leave out the 11th of a 13th chord, as players do."""


@pytest.fixture
def score(session):
    return ET.fromstring(musicxml_bytes(session))


def part(score, name):
    identity = next(entry.get("id") for entry in score.iter("score-part") if entry.findtext("part-name") == name)
    return next(part for part in score.iter("part") if part.get("id") == identity)


def sounding(part):
    """(start, duration, pitch) of a part's notes with ties joined; rests left out."""
    found, open_ties, now, longest = [], {}, 0, 0
    for measure in part.iter("measure"):
        begin = now
        for item in measure:
            if item.tag == "backup":
                now -= int(item.findtext("duration"))
            if item.tag != "note":
                continue
            length = int(item.findtext("duration"))
            start = now - length if item.find("chord") is not None else now
            now = start + length
            pitch = item.find("pitch")
            if pitch is not None:
                number = STEPS[pitch.findtext("step")] + int(pitch.findtext("alter") or 0) + 12 * (int(pitch.findtext("octave")) + 1)
                ties = {tie.get("type") for tie in item.iter("tie")}
                if "stop" in ties:
                    index = open_ties.pop(number)
                    found[index] = (found[index][0], found[index][1] + length, number)
                else:
                    index = len(found)
                    found.append((start, length, number))
                if "start" in ties:
                    open_ties[number] = index
            longest = max(longest, now)
        assert now > begin
    assert not open_ties
    return found


def test_it_holds_to_the_published_schema(session, schema):
    errors = schema("musicxml/musicxml.xsd")
    assert errors(musicxml_bytes(session)) == []
    assert errors(musicxml_bytes(session, GROOVES["lofi"])) == []
    assert errors(musicxml_bytes(replace(session, plan=None))) == []
    assert errors(musicxml_bytes(session).replace(b"<type>quarter", b"<type>crotchet"))


def test_anything_with_notes_becomes_a_valid_score(stranger, schema):
    assert schema("musicxml/musicxml.xsd")(musicxml_bytes(stranger)) == []


def test_parts_stand_in_score_order_with_their_clefs(score):
    assert [entry.findtext("part-name") for entry in score.iter("score-part")] == ["Melody", "Chords", "Bass", "Drums"]
    clefs = {
        name: [(clef.findtext("sign"), clef.findtext("clef-octave-change")) for clef in part(score, name).iter("clef")]
        for name in ("Melody", "Chords", "Bass", "Drums")
    }
    assert clefs == {"Melody": [("G", None)], "Chords": [("G", None), ("F", None)], "Bass": [("F", "-1")], "Drums": [("percussion", None)]}


def test_every_measure_is_full(score):
    lengths = [1920] * 4 + [1440] * 2
    for each in score.iter("part"):
        found = []
        for measure in each.iter("measure"):
            staves = {}
            for note in measure.iter("note"):
                if note.find("chord") is None:
                    staff = note.findtext("staff")
                    staves[staff] = staves.get(staff, 0) + int(note.findtext("duration"))
            assert len(set(staves.values())) == 1
            found.append(next(iter(staves.values())))
        assert found == lengths


def test_the_notes_are_those_that_were_played(session, score):
    melody = sounding(part(score, "Melody"))
    assert melody[:8] == [(240 * i, 240, pitch) for i, pitch in enumerate((65, 68, 72, 70, 73, 72, 68, 67))]
    assert melody[-4:] == [(5760, 160, 72), (5920, 160, 71), (6080, 160, 70), (6720, 3840, 65)]
    for track in session.arrangement.tracks:
        if not track.drums:
            found = sounding(part(score, track.role.capitalize()))
            assert sorted(pitch for _, _, pitch in found) == sorted(note.pitch for note in track.notes)
            assert sorted(start for start, _, _ in found) == sorted(round(note.start / 40) * 40 for note in track.notes)


def test_drums_are_unpitched_and_keep_their_sounds(session, score):
    drums = part(score, "Drums")
    assert drums.find(".//pitch") is None
    strokes = [note.find("instrument").get("id").partition("-I")[2] for note in drums.iter("note") if note.find("unpitched") is not None]
    track = next(track for track in session.arrangement.tracks if track.drums)
    assert sorted(strokes) == sorted(str(note.pitch) for note in track.notes)
    sounds = {entry.get("id").partition("-I")[2]: entry.findtext("midi-unpitched") for entry in score.iter("midi-instrument")}
    assert {pitch: sounds[pitch] for pitch in ("36", "38", "42")} == {"36": "37", "38": "39", "42": "43"}


def test_key_meter_tempo_and_sections(score):
    melody = part(score, "Melody")
    assert [(key.findtext("fifths"), key.findtext("mode")) for key in melody.iter("key")] == [("-4", "minor")]
    assert [(time.findtext("beats"), time.findtext("beat-type")) for time in melody.iter("time")] == [("4", "4"), ("3", "4")]
    assert [sound.get("tempo") for sound in melody.iter("sound")] == ["96", "84.5", "71.25"]
    assert [mark.text for mark in melody.iter("rehearsal")] == ["verse", 'chorus "big"', "outro"]
    assert part(score, "Bass").find(".//rehearsal") is None


def test_chord_symbols_stand_over_the_first_part(score):
    symbols = [
        (
            harmony.findtext("root/root-step"),
            harmony.findtext("root/root-alter"),
            harmony.findtext("kind"),
            harmony.findtext("bass/bass-step"),
        )
        for harmony in part(score, "Melody").iter("harmony")
    ]
    assert symbols == [
        ("F", None, "minor-seventh", None), ("D", "-1", "major", None), ("E", "-1", "suspended-fourth", None),
        ("C", None, "dominant", "G"), ("F", None, "minor", None),
    ]  # fmt: skip
    assert len(list(score.iter("harmony"))) == 5


@pytest.mark.parametrize("quality", QUALITIES)
def test_every_quality_says_its_notes(quality):
    """The kind and its degrees, by the standard's account, are our intervals."""
    kind, degrees = KINDS[quality]
    major = {7: 10, 9: 14, 11: 17}  # degrees are altered from the dominant's scale
    notes = {*DEGREES[kind], *(major[value] + alter + (1 if value == 7 and alter else 0) for value, alter, _ in degrees)}
    assert notes == set(QUALITIES[quality])
    assert harmony_element(Chord.parse(f"C{quality}")).find("kind").get("text") == quality


def test_syllables_know_their_place_in_the_word(score):
    lyrics = [" ".join((lyric.findtext("syllabic"), lyric.findtext("text"))) for lyric in part(score, "Melody").iter("lyric")]
    assert lyrics == ["single the", "begin win", "end dow", "single is", "begin o", "end pen", "begin to", "end night"]


def test_triplets_are_bracketed(score):
    brackets = [bracket.get("type") for bracket in part(score, "Melody").iter("tuplet")]
    assert brackets == ["start", "stop"]
    assert len(list(part(score, "Melody").iter("time-modification"))) == 3


def test_names_follow_chord_and_key(session):
    speller = Speller(((0, Key.parse("F minor")),), session.plan.harmony)
    assert [str(speller(pitch, 0)[0]) for pitch in (65, 68, 63, 61)] == ["F", "Ab", "Eb", "Db"]
    assert str(speller(64, 3 * 1920)[0]) == "E"  # the third of C7
    foreign = Speller(speller.keys, (ChordSpan(0, 1920, Chord.parse("B7"), "bV7"),))
    assert [str(foreign(pitch, 0)[0]) for pitch in (63, 66, 68)] == ["D#", "F#", "Ab"]
    assert [(str(name), octave) for name, octave in (speller(59, 0), speller(60, 0))] == [("B", 3), ("C", 4)]
    assert [str(Speller((), ())(pitch, 0)[0]) for pitch in (61, 63, 66, 68, 70)] == ["Db", "Eb", "F#", "Ab", "Bb"]
    assert Speller(((0, Key.parse("Cb major")),), ())(71, 0)[1] == 5  # Cb5 sounds as B4


def test_a_key_nobody_writes_is_respelled(schema):
    key = Key.parse("D# major")
    timeline = Timeline(keys=((0, key),), meters=((0, Meter(4, 4)),), end=1920)
    from daiw.files.session import Session

    song = Session("x", Arrangement((Track("melody", "x", (Note(0, 1900, 63, 80),)),), timeline))
    written = musicxml_bytes(song)
    assert schema("musicxml/musicxml.xsd")(written) == []
    assert ET.fromstring(written).findtext(".//fifths") == "-3"
    assert ET.fromstring(written).findtext(".//note/pitch/step") == "E"


def test_the_compressed_score_names_what_it_holds(session):
    score = musicxml_bytes(session)
    assert mxl_bytes(score) == mxl_bytes(score)
    with zipfile.ZipFile(io.BytesIO(mxl_bytes(score))) as archive:
        rootfile = ET.fromstring(archive.read("META-INF/container.xml")).find("rootfiles/rootfile")
        assert archive.read(rootfile.get("full-path")) == score


@pytest.mark.system
@pytest.mark.skipif(shutil.which("musescore3") is None, reason="MuseScore reads the score; .ci/run installs it")
def test_musescore_reads_what_we_wrote(session, score, tmp_path):
    """Part names, measures, pitches, chord symbols, lyrics and tempo, as MuseScore writes them out again."""
    (tmp_path / "in.musicxml").write_bytes(musicxml_bytes(session))
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)}
    command = ["musescore3", "-o", str(tmp_path / "out.musicxml"), str(tmp_path / "in.musicxml")]
    told = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=True)
    assert "not a valid" not in told.stderr + told.stdout
    theirs = ET.parse(tmp_path / "out.musicxml").getroot()
    for name in ("Melody", "Chords", "Bass", "Drums"):
        ours_part, theirs_part = part(score, name), part(theirs, name)
        assert len(theirs_part.findall("measure")) == len(ours_part.findall("measure")) == 6
        assert count(theirs_part) == count(ours_part)
    assert [kind.text for kind in theirs.iter("kind")] == [kind.text for kind in score.iter("kind")]
    assert [lyric.findtext("text") for lyric in theirs.iter("lyric")] == [lyric.findtext("text") for lyric in score.iter("lyric")]
    assert [mark.text for mark in theirs.iter("rehearsal")] == ["verse", 'chorus "big"', "outro"]
    assert [float(sound.get("tempo")) for sound in theirs.iter("sound") if sound.get("tempo")] == [96.0, 84.5, 71.25]


def count(part):
    """Notes that begin, by pitch or place on the staff."""
    found = []
    for note in part.iter("note"):
        place = note.find("pitch") if note.find("pitch") is not None else note.find("unpitched")
        if place is not None and not any(tie.get("type") == "stop" for tie in note.iter("tie")):
            found.append("".join(child.text for child in place))
    return sorted(found)
