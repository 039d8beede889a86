"""Scores as printed pages, by MuseScore where it is installed."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from daiw.errors import OutputError

PROGRAMS = ("musescore3", "mscore3", "musescore", "mscore", "musescore4", "mscore4portable", "MuseScore4")
TIMEOUT_S = 180


def find_musescore() -> str | None:
    """The path of a MuseScore 3 or 4 that can be called; None where there is none."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def engrave(score: bytes, target: Path, name: str) -> None:
    """Print a MusicXML score as `target`, a PDF, without a display.

    name: what a person calls the file.  Raises OutputError where MuseScore is missing or fails.
    """
    program = find_musescore()
    if program is None:
        raise OutputError(f"cannot print {name}: MuseScore is not installed; install it, or ask for a .musicxml with -o")
    with tempfile.TemporaryDirectory(prefix="daiw-engrave-") as folder:
        source, page = Path(folder) / "score.musicxml", Path(folder) / "score.pdf"
        source.write_bytes(score)
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": folder}
        try:
            told = subprocess.run(
                [program, "-o", str(page), str(source)], capture_output=True, env=environment, timeout=TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OutputError(f"cannot print {name}: {program} did not finish ({type(error).__name__})") from error
        if told.returncode or not page.is_file():
            last = told.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [""]
            raise OutputError(f"cannot print {name}: {program} failed with exit code {told.returncode}: {last[0][:200]}")
        shutil.copyfile(page, target)
