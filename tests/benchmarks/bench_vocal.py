"""What a voice adds to a song's time, as whole processes: the same words, form and band, once played and once sung."""

import json
import sys

from .bench_song import whole_process
from .conftest import spread

PROMPT = "the last train has gone and I don't mind"
VERSE = """The platform is quiet, the clock is kind
I count every window that used to be lit
And hum you the tune that we never could quit
I carry the kitchen, the key and the door
"""
CHORUS = """[Chorus]
Leave a light on, leave a light on for me
I'm crossing the river, I'm under the sea
Leave a light on, leave a light on tonight
I'll follow the echo, I'll follow the light
"""
BRIDGE = """[Bridge]
Remember the morning
Remember the sound
"""
RUNS = 3


def test_what_a_voice_adds(tmp_path, publish):
    words = tmp_path / "words.txt"
    words.write_text(f"[Verse 1]\n{VERSE}{CHORUS}[Verse 2]\n{VERSE}[Chorus]\n{BRIDGE}[Chorus]\n[Chorus]\n")
    walls: dict[str, list[float]] = {"--no-sing": [], "--sing": []}
    told = {}
    for run in range(RUNS + 1):
        for option, mine in walls.items():
            folder = tmp_path / f"{run}{option}"
            command = [
                sys.executable,
                "-m",
                "daiw",
                "make",
                PROMPT,
                "--preset",
                "pop",
                "--lyrics",
                str(words),
                option,
                "--json",
                "--no-cache",
            ]
            wall, _, out = whole_process([*command, "-o", str(folder)])
            told[option] = json.loads(out)
            mine.append(wall)
    played, sung = (walls[option][1:] for option in ("--no-sing", "--sing"))
    rows = [
        ["figure", "value", "limit"],
        ["length, what is sung", f"{told['--sing']['duration_s']:.0f} s, {told['--sing']['sung']}", ""],
        ["the words played by an instrument", spread(played, " s"), ""],
        ["the words sung", spread(sung, " s"), ""],
        ["sung / played", spread([a / b for a, b in zip(sung, played, strict=True)], " x", 2), "<= 1.30 x"],
    ]
    publish("What a voice adds to a song's time, whole process", rows)
