"""A manifest for a plugin that a user owns, written into the user's folder."""

import re
import shutil
import tempfile
from pathlib import Path

from daiw.errors import PluginError
from daiw.host.external.catalog import Entry, Scanned, probe
from daiw.host.registry import read_manifest
from daiw.music.instruments import ROLES
from daiw.music.manifest import MANIFEST_FILE, Manifest

ROLE_WORDS = {
    "keys": ("chords", "melody"), "piano": ("chords", "melody"), "lead": ("melody", "counter"), "strings": ("pad", "counter"),
    "kit": ("drums",), "drum": ("drums",), "vox": ("melody",),
}  # fmt: skip
"""What players say -> roles of a song."""
_USUAL = {"bass": (24, 67), "pad": (36, 91), "melody": (48, 96), "counter": (48, 96), "chords": (36, 96), "drums": (0, 127)}
_FALLBACKS = {
    "chords": "grand_piano", "melody": "grand_piano", "counter": "strings", "pad": "warm_pad", "bass": "finger_bass",
    "drums": "standard_kit",
}  # fmt: skip


def add_plugin(
    path: Path, name: str, roles: tuple[str, ...], folder: Path, *, plugin: str = "", taken: frozenset[str] = frozenset()
) -> tuple[Manifest, Scanned]:
    """Probe the plugin at `path` and write `folder`/`name`/plugin.toml for it.

    roles: of a song, or what players say ("keys").  plugin: which of several in the file.  taken: names in use.
    Raises PluginError on a name that is taken or unfit, an unknown role and a plugin that cannot be opened; nothing is written then.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,47}", name):
        raise PluginError(f"{name!r} cannot be a plugin's name; use a-z, 0-9 and _, such as warm_keys")
    if name in taken or (folder / name).exists():
        raise PluginError(f"there is a plugin named {name!r} already; choose another name with --as")
    path = path.expanduser().absolute()
    serves = _roles(roles)
    entry = probe(path)
    if entry.fault:
        raise PluginError(entry.reason)
    scanned = _chosen(entry, plugin)
    text = _manifest(path, entry, scanned, serves)
    folder.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=".part", dir=folder))
    try:
        (making / MANIFEST_FILE).write_text(text, encoding="utf-8")
        making.chmod(0o755)
        making.rename(folder / name)
    except OSError as error:
        raise PluginError(f"cannot write {folder / name}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return read_manifest(folder / name / MANIFEST_FILE), scanned


def _roles(words: tuple[str, ...]) -> tuple[str, ...]:
    roles: list[str] = []
    for word in words:
        if word not in ROLES and word not in ROLE_WORDS:
            raise PluginError(f"there is no role {word!r}; roles are {', '.join(ROLES)}, or {', '.join(ROLE_WORDS)}")
        roles += ROLE_WORDS.get(word, (word,))
    return tuple(dict.fromkeys(roles))


def _chosen(entry: Entry, plugin: str) -> Scanned:
    found = [scanned for scanned in entry.plugins if plugin in ("", scanned.name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(repr(scanned.name) for scanned in entry.plugins)
    raise PluginError(f"{entry.path} holds {names}; say which one with --plugin")


def _manifest(path: Path, entry: Entry, scanned: Scanned, roles: tuple[str, ...]) -> str:
    engine = "au" if path.suffix == ".component" else "vst3"
    lines = [
        f"# {scanned.name} {scanned.version} by {scanned.vendor}, added by daiw plugins add.",
        "# Beside this file may lie its state; see the README for every key.",
        f"kind = {_quoted(scanned.kind)}",
        f"engine = {_quoted(engine)}",
        f"path = {_quoted(str(path))}",
    ]
    if len(entry.plugins) > 1:
        lines.append(f"plugin = {_quoted(scanned.name)}")
    lines += ['license = "LicenseRef-owned-by-the-user"', f"description = {_quoted(f'{scanned.name} by {scanned.vendor}')}"]
    if scanned.kind == "instrument":
        role = roles[0] if roles else "chords"
        low, high = _USUAL[role]
        lines += [
            f"roles = [{', '.join(_quoted(role) for role in (roles or ('chords', 'melody')))}]",
            f"range = [{low}, {high}]",
            f"drums = {'true' if role == 'drums' else 'false'}",
            f"fallback = {_quoted(_FALLBACKS[role])}",
        ]
    lines += [f"# Its bus {_comment(bus.name)} ({bus.direction}) stays silent: only the main buses are hosted." for bus in scanned.unheard]
    lines += ["", "# What it can be told, with its value when it is opened; take the # away to set one.", "[params]"]
    lines += [f"# {_key(parameter.key)} = {_default(parameter.default)}  # {parameter.range_text}" for parameter in scanned.parameters]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string."""
    plain = "".join(ch if ch.isprintable() else " " for ch in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _comment(text: str) -> str:
    return _quoted(text)[1:-1]


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def _default(text: str) -> str:
    from daiw.host.external.parameters import number

    found = number(text)
    return f"{found[0]:.6g}" if found else _quoted(text)
