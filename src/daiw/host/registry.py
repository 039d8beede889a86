"""Finds the manifests: `plugins/<name>/plugin.toml` of what is shipped, then of the user's own folder.

A name that exists twice, a key nobody knows and a value of the wrong type are errors that name the file; nothing is renamed or skipped.
"""

import hashlib
import os
import tomllib
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from daiw.errors import PluginError
from daiw.files.table import load_table
from daiw.music.manifest import MANIFEST_FILE, Declaration, Manifest

MAX_MANIFEST_BYTES = 64 * 1024


def user_plugins() -> Path:
    """The user's own plugin folder: `$DAIW_PLUGINS`, else `$XDG_CONFIG_HOME/daiw/plugins`, else `~/.config/daiw/plugins`."""
    if chosen := os.environ.get("DAIW_PLUGINS"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "daiw" / "plugins"


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
        if manifest.fallback and manifest.fallback not in found and not (manifest.kind == "effect" and _built_in(manifest.fallback)):
            raise PluginError(f"{manifest.folder / MANIFEST_FILE}: fallback names no plugin: {manifest.fallback!r}")
    return found


def _built_in(effect: str) -> bool:
    """Whether an insert may name it without a manifest.  The effects load scipy, which reading a prompt should not wait for."""
    from daiw.host.effects import BYPASS, EFFECTS

    return effect == BYPASS or effect in EFFECTS


def read_manifest(path: Path) -> Manifest:
    """The manifest in one plugin.toml; its name is the name of its folder."""
    try:
        if (size := path.stat().st_size) > MAX_MANIFEST_BYTES:
            raise PluginError(f"{path} has {size} bytes; a manifest has at most {MAX_MANIFEST_BYTES}")
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise PluginError(f"{path}: cannot be read: {error}") from error
    return parse_manifest(text, str(path), path.parent.name, path.parent)


def parse_manifest(text: str, where: str, name: str, folder: Path = Path()) -> Manifest:
    """The manifest in the text of a plugin.toml.  where: for messages.  folder: where its files lie."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PluginError(f"{where}: cannot be read: {error}") from error
    declared = load_table(Declaration, table, where, PluginError)
    values = {field.name: getattr(declared, field.name) for field in fields(Declaration)}
    return Manifest(**values, name=name, folder=folder, sha256=hashlib.sha256(text.encode()).hexdigest())
