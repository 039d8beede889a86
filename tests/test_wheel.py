"""What a person gets from the wheel: the styles, the instruments and the weights are in it."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_wheel_holds_everything_a_song_needs(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("presets", "plugins"):
        shipped = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.toml")}
        assert shipped
        assert {f"daiw/_shipped/{name}" for name in shipped} <= names
    assert {f"daiw/_shipped/plugins/daiw_keys/source/{name}" for name in ("plugin.cpp", "engine.hpp")} <= names
    assert wheel.name.endswith("py3-none-any.whl")
    assert not [name for name in names if ".vst3/" in name or name.endswith(".so")]  # whether or not make plugins has run here
    package = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src" / "daiw").rglob("*") if path.is_file()}
    wanted = {name for name in package if "__pycache__" not in name}
    assert wanted <= names


def test_the_weights_stay_small_and_carry_cards():
    models = ROOT / "src" / "daiw" / "models"
    assert sum(path.stat().st_size for path in models.rglob("*")) < 80e6
    for folder in models.iterdir():
        card = (folder / "card.toml").read_text(encoding="utf-8")
        assert "licen" in card.lower()
