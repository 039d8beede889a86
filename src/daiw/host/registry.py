"""Finds the manifests: `plugins/<name>/plugin.toml` of what is shipped, then of the user's own folder.

A name that exists twice, a key nobody knows and a value of the wrong type are errors that name the file; nothing is renamed or skipped.
"""

import hashlib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path

from daiw.errors import PluginError
from daiw.music.manifest import Insert, Manifest, Value

MANIFEST_FILE = "plugin.toml"
_FROM_OUTSIDE = {"name", "folder", "sha256"}
_KEYS = tuple(field.name for field in fields(Manifest) if field.name not in _FROM_OUTSIDE)
_REQUIRED = ("kind", "engine", "license", "description")


def user_plugins() -> Path:
    """The user's own plugin folder: `$DAIW_PLUGINS`, else `$XDG_CONFIG_HOME/daiw/plugins`, else `~/.config/daiw/plugins`."""
    if chosen := os.environ.get("DAIW_PLUGINS"):
        return Path(chosen)
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "daiw" / "plugins"


def load_manifests(folders: Iterable[Path]) -> dict[str, Manifest]:
    """Every manifest under `folders`, by name; a folder that does not exist holds none.

    Raises PluginError on a file that cannot be read, an unknown key, a wrong type or a name that is already taken.
    """
    found: dict[str, Manifest] = {}
    for folder in folders:
        for path in sorted(folder.glob(f"*/{MANIFEST_FILE}")):
            manifest = read_manifest(path)
            if manifest.name in found:
                other = found[manifest.name].folder / MANIFEST_FILE
                raise PluginError(f"{path}: the plugin {manifest.name!r} is already declared by {other}; rename one of the two folders")
            found[manifest.name] = manifest
    for manifest in found.values():
        if manifest.fallback and manifest.fallback not in found:
            raise PluginError(f"{manifest.folder / MANIFEST_FILE}: fallback names no plugin: {manifest.fallback!r}")
    return found


def read_manifest(path: Path) -> Manifest:
    """The manifest in one plugin.toml; its name is the name of its folder."""
    try:
        raw = path.read_bytes()
        table = tomllib.loads(raw.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PluginError(f"{path}: cannot be read: {error}") from error
    if unknown := sorted(set(table) - set(_KEYS)):
        raise PluginError(f"{path}: unknown key {unknown[0]!r}; valid keys are {', '.join(_KEYS)}")
    if missing := [key for key in _REQUIRED if key not in table]:
        raise PluginError(f"{path}: the key {missing[0]!r} is missing")
    values = {key: _READ[key](value, f"{path}: {key}") for key, value in table.items()}
    try:
        return Manifest(
            name=path.parent.name,
            folder=path.parent,
            sha256=hashlib.sha256(raw).hexdigest(),
            **values,  # type: ignore[arg-type]  # checked key by key in _READ
        )
    except ValueError as error:
        raise PluginError(f"{path}: {error}") from error


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise PluginError(f"{where} must be text, not {value!r}")
    return value


def _integer(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise PluginError(f"{where} must be a whole number, not {value!r}")
    return value


def _number(value: object, where: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise PluginError(f"{where} must be a number, not {value!r}")
    return float(value)


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise PluginError(f"{where} must be true or false, not {value!r}")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise PluginError(f"{where} must be a list of texts, not {value!r}")
    return tuple(_text(item, where) for item in value)


def _span(value: object, where: str) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise PluginError(f"{where} must be [low, high], not {value!r}")
    return _integer(value[0], where), _integer(value[1], where)


def _values(value: object, where: str) -> Mapping[str, Value]:
    if not isinstance(value, dict) or not all(isinstance(item, bool | int | float | str) for item in value.values()):
        raise PluginError(f"{where} must be a table of numbers, texts and true or false, not {value!r}")
    return value


def _inserts(value: object, where: str) -> tuple[Insert, ...]:
    if not isinstance(value, list):
        raise PluginError(f"{where} must be a list of [[chain]] tables, not {value!r}")
    return tuple(_insert(item, where) for item in value)


def _insert(value: object, where: str) -> Insert:
    """One `{effect = "chorus", rate_hz = 0.8}`."""
    if not isinstance(value, dict) or "effect" not in value:
        raise PluginError(f'{where}: each entry is a table with an effect, like {{effect = "chorus", rate_hz = 0.8}}; got {value!r}')
    params = {key: _number(item, f"{where}.{key}") for key, item in value.items() if key != "effect"}
    return Insert(_text(value["effect"], f"{where}.effect"), params)


_READ = {
    "kind": _text,
    "engine": _text,
    "license": _text,
    "description": _text,
    "roles": _texts,
    "range": _span,
    "program": _integer,
    "bank": _integer,
    "drums": _flag,
    "font": _texts,
    "params": _values,
    "chain": _inserts,
    "gain_db": _number,
    "fallback": _text,
}
