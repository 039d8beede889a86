"""Ardour imports the song's MIDI file and stems, as a person would, and is read back by its own interpreter.

Ardour imports only with its editor, so it runs on a virtual display, its sound going nowhere.  The script that imports lies in its
"Lua Scripts" menu, where keys press it.  Ardour 7 has no other door: its headless interpreter cannot import.
"""

import base64
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import soundfile

from daiw.files.midi import read_midi

HERE = Path(__file__).parent
NEEDS = ("ardour", "ardour7-lua", "Xvfb", "xdotool")
MENU = ("Up", "Up", "Right", "Down", "Return")
"""From the open Edit menu to the first script."""
PATIENCE_S = 240

pytestmark = [
    pytest.mark.daw,
    pytest.mark.skipif(not all(map(shutil.which, NEEDS)), reason=f"{', '.join(NEEDS)}: tests/daw/install.sh installs them"),
]

CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<Ardour><Config><Option name="hide-dummy-backend" value="0"/></Config><Metadata/><Extra><AudioMIDISetup><EngineStates>
<State backend="None (Dummy)" driver="Normal Speed" device="Silence" input-device="" output-device="" sample-rate="48000" buffer-size="1024"
 n-periods="0" input-latency="0" output-latency="0" input-channels="0" output-channels="0" active="1" use-buffered-io="0"
 midi-option="1 in, 1 out, Silence" lru="0"/></EngineStates></AudioMIDISetup></Extra></Ardour>
"""


@pytest.fixture(scope="module")
def session(song_folder, tmp_path_factory):
    """A session folder of Ardour's with the song imported, and the environment it was made in."""
    place = tmp_path_factory.mktemp("ardour")
    home = place / "home" / ".config" / "ardour7"
    home.mkdir(parents=True)
    (home / ".a7").touch()  # been here before: no welcome
    (home / "config").write_text(CONFIG)
    script = (HERE / "ardour_import.lua").read_text()
    state = f"scripts = {{}} scripts[1] = {{ ['n'] = 'DAiW', ['s'] = '', ['f'] = [==[return function ()\n{script}\nend]==], ['a'] = {{}} }}"
    encoded = base64.b64encode(state.encode()).decode()
    (home / "ui_scripts").write_text(f'<UIScripts><ActionScript lua="Lua 5.3">{encoded}</ActionScript><ActionHooks/></UIScripts>\n')
    log, told = place / "import.log", place / "ardour.log"
    environment = os.environ | {
        "HOME": str(place / "home"),
        "DAIW_MIDI": str(song_folder / "song.mid"),
        "DAIW_STEMS": "\n".join(str(path) for path in sorted((song_folder / "stems").glob("*.wav"))),
        "DAIW_LOG": str(log),
    }
    screen = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24"]
    display = subprocess.Popen(screen, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    environment["DISPLAY"] = f":{display.stdout.readline().strip()}"

    def press(*words):
        subprocess.run(["xdotool", *words], env=environment, check=True, capture_output=True)
        time.sleep(0.5)

    with told.open("w") as output:
        ardour = subprocess.Popen(["ardour", "-n", "-a", "-d", "-N", str(place / "session")], env=environment, stdout=output, stderr=output)
        try:
            wait(lambda: (place / "session" / "session.ardour").exists(), lambda: press("key", "Return"), told)  # the audio dialog's Start
            time.sleep(8)  # the editor draws itself
            for _ in range(4):
                press("mousemove", "134", "12", "click", "1")
                for key in MENU:
                    press("key", key)
                if wait(log.exists, None, told, seconds=20, fail=False):
                    break
            wait(lambda: log.exists() and log.read_text().strip(), None, told)
            assert log.read_text().strip() == "saved"
        finally:
            ardour.terminate()
            ardour.wait(30)
            display.terminate()
            display.wait(30)
            display.stdout.close()
    return place / "session", environment


def wait(done, meanwhile, told, *, seconds=PATIENCE_S, fail=True):
    """Wait until `done`, doing `meanwhile` every two seconds."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            assert not fail, told.read_text()[-2000:]
            return False
        time.sleep(2)
        if meanwhile:
            meanwhile()
    return True


@pytest.fixture(scope="module")
def seen(session, song_folder):
    """What Ardour's interpreter reads in the session: lines by their first field."""
    folder, environment = session
    timeline = read_midi(song_folder / "song.mid").timeline
    beats = ",".join(str(change.tick / 480 + 0.01) for change in timeline.tempos.changes)
    told = subprocess.run(
        ["ardour7-lua", str(HERE / "ardour_read.lua")], env=environment | {"DAIW_SESSION": str(folder), "DAIW_BEATS": beats},
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    lines = [line.split("\t") for line in told.stdout.splitlines() if "\t" in line or line == "end"]
    assert ["end"] in lines, told.stdout[-1500:] + told.stderr[-1500:]
    found: dict[str, list[list[str]]] = {}
    for kind, *rest in lines:
        found.setdefault(kind, []).append(rest)
    return found


def test_every_part_is_a_track_with_its_notes(seen, song_folder):
    for track in read_midi(song_folder / "song.mid").tracks:
        named = [fields for fields in seen["midi"] if track.role in fields[0]]
        assert len(named) == 1, seen["midi"]
        notes = sorted(named[0][3].split())
        assert notes == sorted(f"{note.pitch}/{note.velocity}" for note in track.notes)


def test_every_stem_is_a_track_of_its_length(seen, song_folder):
    stems = sorted((song_folder / "stems").glob("*.wav"))
    assert len(seen["audio"]) == len(stems)
    for stem in stems:
        named = [fields for fields in seen["audio"] if stem.stem in fields[0]]
        assert [(int(start), int(length)) for _, start, length, *_ in named] == [(0, soundfile.info(stem).frames)]


def test_tempo_and_meter_are_ours(seen, song_folder):
    timeline = read_midi(song_folder / "song.mid").timeline
    assert [float(bpm) for _, bpm in seen["tempo"]] == [pytest.approx(change.bpm, abs=0.01) for change in timeline.tempos.changes]
    assert [int(float(field)) for field in seen["meter"][0]] == [timeline.meter(0).numerator, timeline.meter(0).denominator]
