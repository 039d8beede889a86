"""The ALSA sequencer, with aseqdump as the stranger who listens; where the kernel has none, JACK's tests stand in."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from daiw.live.finished import song_bars
from daiw.live.sender import SenderOptions
from daiw.live.session import Session

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not Path("/dev/snd/seq").exists(), reason="this kernel has no ALSA sequencer (/dev/snd/seq; modprobe snd-seq)"),
    pytest.mark.skipif(shutil.which("aseqdump") is None, reason="aseqdump is not installed (Debian: alsa-utils)"),
]


def test_aseqdump_hears_every_note_and_the_clock(song, tmp_path, monkeypatch):
    monkeypatch.setenv("DAIW_MIDI_API", "alsa")
    path = tmp_path / "dump.txt"
    with path.open("w") as out, Session(SenderOptions("DAiW alsa", bpm=240), song=song_bars(song)) as session:
        assert session.opened.driver == "alsa"
        dump = subprocess.Popen(["stdbuf", "-oL", "aseqdump", "-p", "DAiW alsa:0"], stdout=out, stderr=subprocess.STDOUT)
        try:
            time.sleep(1.0)
            session.transport("start")
            deadline = time.monotonic() + 30
            while not session.over and time.monotonic() < deadline:
                session.pump(0.02)
            time.sleep(0.5)
        finally:
            dump.terminate()
            dump.wait(10)
    heard = path.read_text()
    assert session.closed.why == "finished"
    ons = re.findall(r"Note on\s+(\d+), note (\d+), velocity (\d+)", heard)
    offs = re.findall(r"Note off\s+(\d+), note (\d+)", heard)
    assert [int(note) for channel, note, _ in ons if channel == "0"] == [60 + i % 12 for i in range(16)]
    assert sorted((channel, note) for channel, note, _ in ons) == sorted(offs)
    assert re.search(r"Control change\s+0, controller 123, value 0", heard)
    assert re.search(r"^\s*\d+:\d+\s+Start", heard, flags=re.M)
    assert 190 <= len(re.findall(r"^\s*\d+:\d+\s+Clock", heard, flags=re.M)) <= 195
