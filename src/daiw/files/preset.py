"""presets/*.toml -> Preset: the shipped ones first, then the user's own; unknown tables and keys are refused by name."""

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from daiw.errors import PresetError
from daiw.files.shipped import shipped
from daiw.files.table import load_table, read_toml
from daiw.music.preset import About, Preset

MAX_PRESET_BYTES = 256 * 1024


def user_preset_folder() -> Path:
    """Where people keep their own presets: $DAIW_PRESETS, else ~/.config/daiw/presets (or under $XDG_CONFIG_HOME)."""
    if own := os.environ.get("DAIW_PRESETS"):
        return Path(own)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "daiw" / "presets"


def preset_folders() -> tuple[Path, ...]:
    """The folders searched, in order; those that do not exist are left out."""
    return tuple(folder for folder in (shipped("presets"), user_preset_folder()) if folder.is_dir())


def load_preset(path: Path) -> Preset:
    """Read one preset file; raises PresetError naming the file, the key and what was expected."""
    data = _read_toml(path)
    if "name" in data:
        raise PresetError(f"{path}: the name of a preset is its file name; remove the key name")
    return load_table(Preset, {"name": path.stem, **data}, str(path), PresetError)


def load_about(path: Path) -> About:
    """What a preset says of itself, without the work of checking all its tables; raises PresetError."""
    return load_table(About, _read_toml(path).get("about", {}), f"{path}: [about]", PresetError)


def _read_toml(path: Path) -> dict[str, object]:
    return read_toml(path, "the preset", MAX_PRESET_BYTES, PresetError)


def preset_paths(folders: Sequence[Path] | None = None) -> Mapping[str, Path]:
    """All presets by name, sorted; a second preset of the same name is an error, never a silent override."""
    found: dict[str, Path] = {}
    for folder in preset_folders() if folders is None else folders:
        for path in sorted(folder.glob("*.toml")):
            if path.stem in found:
                raise PresetError(f"the preset {path.stem!r} exists twice: {found[path.stem]} and {path}; rename one")
            found[path.stem] = path
    return dict(sorted(found.items()))


def find_preset(name: str, folders: Sequence[Path] | None = None) -> Preset:
    """The preset called `name`; raises PresetError offering the nearest names."""
    paths = preset_paths(folders)
    if name not in paths:
        near = difflib.get_close_matches(name.lower(), paths, n=3, cutoff=0.5)
        offer = f"did you mean {', '.join(near)}?" if near else f"presets are {', '.join(paths)}"
        raise PresetError(f"there is no preset {name!r}; {offer}")
    return load_preset(paths[name])
