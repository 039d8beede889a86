"""The .dawproject is read by @opendaw/lib-dawproject, the library of a web DAW, which nobody here wrote."""

import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

import daiw
from daiw.cli.main import main
from daiw.files.midi import read_midi
from daiw.files.session import colour

HERE = Path(__file__).parent
pytestmark = [
    pytest.mark.daw,
    pytest.mark.skipif(
        shutil.which("node") is None or not (HERE / "node_modules").is_dir(), reason="wants node: tests/daw/install.sh installs it"
    ),
]


@pytest.fixture(scope="module")
def read(song_folder, tmp_path_factory):
    """The song as the library reads it."""
    return reading(daiw.export(song_folder, "dawproject", output=tmp_path_factory.mktemp("opendaw") / "song.dawproject"))


def reading(project):
    bundle = HERE / "node_modules" / ".bundle.mjs"  # where jsdom is found
    subprocess.run(
        [HERE / "node_modules" / ".bin" / "esbuild", HERE / "read_dawproject.mjs", "--bundle", "--platform=node", "--format=esm",
         "--external:jsdom", f"--outfile={bundle}", "--log-level=error"],
        check=True, timeout=120,
    )  # fmt: skip
    told = subprocess.run(["node", bundle, project], capture_output=True, text=True, check=True, timeout=120)
    return json.loads(told.stdout.splitlines()[-1])


def test_notes_and_tracks(read, song_folder):
    tracks = {track["name"]: track for track in read["tracks"]}
    ours = read_midi(song_folder / "song.mid")
    for index, track in enumerate(ours.tracks):
        theirs = tracks[track.role]
        assert theirs["color"] == colour(track.role, index)
        written = [
            (round(time * 480), round(length * 480), key, round(127 * vel)) for time, length, key, vel in read["notes"][theirs["id"]]
        ]
        assert written == [(note.start, note.duration, note.pitch, note.velocity) for note in track.notes]
    assert [track["role"] for track in read["tracks"]].count("master") == 1


def test_tempo_title_and_stems(read, song_folder):
    ours = read_midi(song_folder / "song.mid").timeline
    assert read["bpm"] == ours.tempos.bpm(0)
    assert [[float(time), bpm] for time, bpm in read["tempo"]] == [
        [pytest.approx(change.tick / 480), change.bpm] for change in ours.tempos.changes
    ]
    assert sorted(read["files"]) == sorted(f"stems/{path.name}" for path in (song_folder / "stems").glob("*.wav"))
    assert read["title"] == json.loads((song_folder / "song.json").read_text())["plan"]["title"]


def test_plugins_with_their_states(toolchain, tmp_path):
    """Our own VST3s, played by neo-soul, stand in their track with class, role and a state that is in the archive.

    The library reads plugins of any kind alike, but knows the name of CLAP's only: the reader tells it VST3's.
    """
    assert main(["plugins", "build"]) == 0
    words = ["make", "we slow danced in the kitchen", "--preset", "neo-soul", "--bars", "4", "--seed", "2", "--quiet"]
    assert main([*words, "-o", str(tmp_path / "song")]) == 0
    for project in (tmp_path / "song" / "song.dawproject", daiw.export(tmp_path / "song", "dawproject")):
        tracks = {track["name"]: track for track in reading(project)["tracks"]}
        keys, tone, equaliser = tracks["chords"]["devices"]
        assert (keys["name"], keys["role"], tone["name"], tone["role"]) == ("Daiw Keys", "instrument", "Daiw Tone", "audioFX")
        assert (equaliser["name"], equaliser["role"]) == ("DAiW channel EQ", "audioFX")
        with zipfile.ZipFile(project) as archive:
            states = [archive.read(device["state"]) for device in (keys, tone)]
        assert [state[8:40].decode() for state in states] == [keys["id"], tone["id"]]
        assert [state[:4] for state in states] == [b"VST3"] * 2
        assert [track["name"] for track in tracks.values() if track["muted"]] == ["chords"]


def test_the_markers_it_misses_are_its_own_mistake(read, song_folder):
    """It looks for markers one level too deep, and writes them there, too; the schema has <Markers><Marker time=.../></Markers>."""
    with zipfile.ZipFile(song_folder / "song.dawproject") as archive:
        project = ET.fromstring(archive.read("project.xml"))
    assert len(project.findall("Arrangement/Markers/Marker")) == len(read_midi(song_folder / "song.mid").timeline.markers) > 0
    assert not read["markers"]
    theirs = ET.fromstring(read["own"])
    assert theirs.find("Marker/Marker") is not None
    assert "time" not in theirs.find("Marker").attrib
