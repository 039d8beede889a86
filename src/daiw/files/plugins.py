"""The external plugins of a song, kept in its folder: plugins/<role>/ with state, version and hash, and the same for each insert.

A VST3's state is there as a .vstpreset file, too, for any other host.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from daiw.errors import FileFormatError
from daiw.files.table import dump_table, load_table
from daiw.files.vstpreset import class_id
from daiw.music.audio import Stem
from daiw.music.manifest import PluginRecord

FOLDER = "plugins"
RECORD, STATE, PRESET, MANIFEST = "plugin.json", "state", "state.vstpreset", "plugin.toml"
INSTRUMENT = "instrument"
MOST_BYTES = 64 * 1024 * 1024
_APART = ("state", "vstpreset", "manifest", "remarks")


def sounding_plugins(stems: Iterable[Stem]) -> dict[str, PluginRecord]:
    """ "role: slot" -> the plugins that sounded in `stems`."""
    return {f"{stem.role}: {record.slot}": record for stem in stems for record in stem.plugins}


def write_plugins(plugins: Mapping[str, PluginRecord], folder: Path) -> None:
    """Write the plugins of a song, "role: slot" -> record."""
    for name, record in plugins.items():
        place = folder / FOLDER / name.partition(": ")[0]
        if record.slot != INSTRUMENT:
            place = place / record.slot.replace(" ", "-").replace("/", "-")
        place.mkdir(parents=True, exist_ok=True)
        (place / STATE).write_bytes(record.state)
        if record.vstpreset:
            (place / PRESET).write_bytes(record.vstpreset)
        if record.manifest:
            (place / MANIFEST).write_text(record.manifest, encoding="utf-8")
        table = dump_table(record)
        for apart in _APART:
            del table[apart]
        (place / RECORD).write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_plugins(folder: Path) -> dict[str, PluginRecord]:
    """ "role: slot" -> the plugin as the song keeps it, empty where it has none; raises FileFormatError on a damaged record."""
    found: dict[str, PluginRecord] = {}
    for path in sorted((folder / FOLDER).glob(f"*/{RECORD}")) + sorted((folder / FOLDER).glob(f"*/*/{RECORD}")):
        try:
            state, preset, manifest = (path.with_name(name) for name in (STATE, PRESET, MANIFEST))
            kept = [path, state, *(other for other in (preset, manifest) if other.is_file())]
            if max(file.stat().st_size for file in kept) > MOST_BYTES:
                raise FileFormatError(f"{path.parent} is larger than {MOST_BYTES} bytes: it is no plugin's state")
            table = json.loads(path.read_bytes())
            text = manifest.read_text(encoding="utf-8") if manifest.is_file() else ""
            data, shared = state.read_bytes(), preset.read_bytes() if preset.is_file() else b""
            if shared:
                class_id(shared)
        except (OSError, ValueError, RecursionError) as error:
            raise FileFormatError(f"{path} cannot be read: {error}") from error
        if not isinstance(table, dict) or set(_APART) & set(table):
            raise FileFormatError(f"{path} is no plugin's record")
        record = load_table(PluginRecord, table, str(path), FileFormatError)
        record = PluginRecord(**{name: getattr(record, name) for name in table}, state=data, vstpreset=shared, manifest=text)
        found[f"{path.relative_to(folder / FOLDER).parts[0]}: {record.slot}"] = record
    return found
