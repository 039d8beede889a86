"""A sung song goes to other programs, a note and a word of it are changed there, and it comes back."""

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile

import mido
import pytest

from daiw.cli.main import main
from daiw.files.engrave import find_musescore
from daiw.files.midi import read_midi
from daiw.files.song import read_song_file

pytestmark = pytest.mark.slow
WORDS = "[Verse]\nThe window is open tonight\nAnd the kitchen smells of rain\n"
SUNG = ("stems/vocal.wav", "stems/reverb.wav", "stems/delay.wav")
"""The voice, and the returns that it is sent to."""


@pytest.fixture(scope="module")
def letter(tmp_path_factory):
    """The song beside its exports."""
    home = tmp_path_factory.mktemp("sung")
    (home / "words.txt").write_text(WORDS)
    words = ["--lyrics", str(home / "words.txt"), "--bars", "4", "--seed", "3", "--quiet"]
    assert main(["make", "a letter I never sent", *words, "-o", str(home / "letter")]) == 0
    for to in ("midi", "musicxml", "dawproject"):
        assert main(["export", str(home / "letter"), "--to", to]) == 0
    return home / "letter"


@pytest.fixture
def song(letter, tmp_path):
    shutil.copytree(letter, tmp_path / "letter")
    return tmp_path / "letter"


def voice(folder):
    return next(track for track in read_midi(folder / "song.mid").tracks if track.role == "vocal").notes


def by_mido(letter, target):
    """Somebody else's MIDI library: the fourth note up a tone, rain is snow."""
    file = mido.MidiFile(letter.with_suffix(".mid"))
    track = next(track for track in file.tracks if track.name == "vocal")
    fourth = [message for message in track if message.type == "note_on" and message.velocity][3]
    pitch, place = fourth.note, track.index(fourth)
    release = next(m for m in track[place + 1 :] if m.type in ("note_on", "note_off") and m.note == pitch)
    fourth.note = release.note = pitch + 2
    word = next(message for message in track if message.type == "lyrics" and message.text == "rain")
    word.text = "snow"
    file.save(target)


def by_xml(letter, target):
    """Somebody's hand in the score: the same."""
    tree = ET.parse(letter.with_suffix(".musicxml"))
    names = {part.get("id"): part.findtext("part-name") for part in tree.iter("score-part")}
    part = next(part for part in tree.iter("part") if names[part.get("id")] == "Vocal")
    notes = [note for note in part.iter("note") if note.find("pitch") is not None]
    struck = [note for note in notes if "stop" not in {tie.get("type") for tie in note.iter("tie")}]
    pitch = struck[3].find("pitch")
    pitch.find("octave").text = str(int(pitch.findtext("octave")) + 1)
    next(text for text in part.iter("text") if text.text == "rain").text = "snow"
    tree.write(target, encoding="UTF-8", xml_declaration=True)


def by_musescore(letter, target):
    if find_musescore() is None:
        pytest.skip("MuseScore is not installed")
    by_xml(letter, target.with_name("to musescore.musicxml"))
    command = [find_musescore(), "-o", target, target.with_name("to musescore.musicxml")]
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"})


def by_dawproject(letter, target):
    """A DAW, which has no words: the fourth note up a tone."""
    with zipfile.ZipFile(letter.with_suffix(".dawproject")) as archive, zipfile.ZipFile(target, "w") as changed:
        for name in archive.namelist():
            data = archive.read(name)
            if name == "project.xml":
                root = ET.fromstring(data)
                track = next(track.get("id") for track in root.iter("Track") if track.get("name") == "vocal")
                lanes = next(lanes for lanes in root.iter("Lanes") if lanes.get("track") == track)
                fourth = list(lanes.iter("Note"))[3]
                fourth.set("key", str(int(fourth.get("key")) + 2))
                data = ET.tostring(root)
            changed.writestr(name, data)


@pytest.mark.parametrize(
    ("edit", "name", "step", "worded"),
    [
        (by_mido, "back.mid", 2, True),
        (by_xml, "back.musicxml", 12, True),
        pytest.param(by_musescore, "back.musicxml", 12, True, marks=pytest.mark.system),
        (by_dawproject, "back.dawproject", 2, False),
    ],
)
def test_a_note_and_a_word_come_back_and_are_sung(letter, song, edit, name, step, worded):
    edit(letter, song.parent / name)
    before, notes = read_song_file(song), voice(song)
    assert main(["import", str(song.parent / name), "--into", str(song), "--quiet"]) == 0
    after, changed = read_song_file(song), voice(song)

    spot, word = 3, next(i for i, note in enumerate(notes) if note.lyric == "rain")
    assert [(i, now.pitch - was.pitch) for i, (was, now) in enumerate(zip(notes, changed, strict=True)) if was.pitch != now.pitch] == [
        (spot, step)
    ]
    assert [(now.start, now.duration, now.velocity) for now in changed] == [(was.start, was.duration, was.velocity) for was in notes]
    assert [i for i, (was, now) in enumerate(zip(notes, changed, strict=True)) if was.lyric != now.lyric] == [word] * worded
    stems = {path for path in before.files if path.startswith("stems/")}
    differing = {path for path in stems if before.files[path].sha256 != after.files[path].sha256}
    along = {"stems/melody.wav"} if after.plan.lead == "double" else set()  # an instrument that doubles the voice goes with it
    assert "stems/vocal.wav" in differing <= {*SUNG, *along}
    assert (song / "stems" / "bass.wav").read_bytes() == (letter / "stems" / "bass.wav").read_bytes()
    assert ("snow" in (song / "lyrics.lrc").read_text()) is worded
    assert len((song / "lyrics.lrc").read_text().splitlines()) == len((letter / "lyrics.lrc").read_text().splitlines())
    assert after.plan.words[1].text == "And the kitchen smells of " + ("snow" if worded else "rain")
    assert after.plan.words[0] == before.plan.words[0]

    assert main(["undo", str(song)]) == 0
    undone = read_song_file(song)
    assert {path: entry for path, entry in undone.files.items() if path.startswith(("stems/", "song.mid", "lyrics"))} == {
        path: entry for path, entry in before.files.items() if path.startswith(("stems/", "song.mid", "lyrics"))
    }
    assert undone.plan == before.plan


def test_the_new_word_is_heard_in_the_voice(letter, song):
    """With the word alone changed, the vocal differs where it is sung and nowhere before its breath."""
    import numpy as np
    import soundfile

    file = mido.MidiFile(letter.with_suffix(".mid"))
    word = next(m for track in file.tracks for m in track if m.type == "lyrics" and m.text == "rain")
    word.text = "snow"
    file.save(song.parent / "word.mid")
    assert main(["import", str(song.parent / "word.mid"), "--into", str(song), "--quiet"]) == 0
    (was, rate), (now, _) = (soundfile.read(folder / "stems" / "vocal.wav") for folder in (letter, song))
    timeline = read_midi(song / "song.mid").timeline
    note = next(note for note in voice(song) if note.lyric == "snow")
    start, end = (round(timeline.tempos.seconds(tick) * rate) for tick in (note.start, note.end))
    difference = np.abs(was[: len(now)] - now[: len(was)]).max(axis=1)
    assert difference[start:end].max() > 0.02
    line = min(n.start for n in voice(song) if n.lyric == "And")
    assert difference[: round((timeline.tempos.seconds(line) - 0.4) * rate)].max() < 1e-4


def test_who_sings_along_sings_the_new_word_unless_locked(tmp_path, capsys):
    """Two takes and a whisper beside the voice; one of the takes is locked."""
    song, company = tmp_path / "letter", ("double left", "double right", "whisper")
    (tmp_path / "words.txt").write_text("[Chorus]\nThe kitchen smells of rain\n")
    asked = ["--lyrics", str(tmp_path / "words.txt"), "--bars", "4", "--seed", "3", "--quiet", "--company", "doubles,whispers"]
    assert main(["make", "a letter I never sent", *asked, "-o", str(song)]) == 0
    assert main(["lock", str(song), "double left"]) == 0
    assert main(["export", str(song), "--to", "midi"]) == 0
    file = mido.MidiFile(song.with_suffix(".mid"))
    voice_track = next(track for track in file.tracks if track.name == "vocal")
    next(m for m in voice_track if m.type == "lyrics" and m.text == "rain").text = "snow"
    file.save(tmp_path / "back.mid")
    before = read_song_file(song)
    capsys.readouterr()
    assert main(["import", str(tmp_path / "back.mid"), "--into", str(song)]) == 0
    told = capsys.readouterr().out
    tracks = {track.role: [note.lyric for note in track.notes if note.lyric != "_"] for track in read_midi(song / "song.mid").tracks}
    assert [tracks[role][-1] for role in ("vocal", *company)] == ["snow", "rain", "snow", "snow"]
    assert "double left stays as it is" in told
    assert "double right in bar" in told
    after = read_song_file(song)
    differing = {path for path, entry in before.files.items() if path.startswith("stems/") and after.files[path].sha256 != entry.sha256}
    assert {"stems/vocal.wav", "stems/double right.wav", "stems/whisper.wav"} <= differing
    assert differing & {"stems/double left.wav", "stems/bass.wav", "stems/chords.wav"} == set()
    decision = next(each for each in after.decisions if each.subject == "voices beside the voice")
    assert "back.mid" in decision.because
    assert main(["undo", str(song), "--quiet"]) == 0
    tracks = {track.role: [note.lyric for note in track.notes if note.lyric != "_"] for track in read_midi(song / "song.mid").tracks}
    assert [tracks[role][-1] for role in company] == ["rain"] * 3
