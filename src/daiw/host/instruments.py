"""From a manifest to the machine that plays it."""

from collections.abc import Iterable, Mapping

from daiw.errors import PluginError
from daiw.host.soundfont.font import find_font
from daiw.host.soundfont.player import SoundFont
from daiw.music.manifest import Manifest

GENERIC = "gm"


def instrument_for(program: int, drums: bool, manifests: Mapping[str, Manifest]) -> str:
    """The manifest that plays a General MIDI program of a stranger's file: the generic one plays them all."""
    if GENERIC not in manifests:
        raise PluginError(f"no instrument plays General MIDI program {program}: the plugin {GENERIC!r} is missing")
    return GENERIC


def open_instruments(names: Iterable[str], manifests: Mapping[str, Manifest]) -> dict[str, SoundFont]:
    """A renderer for each of `names`; raises PluginError on a name without a manifest or an engine that is not known."""
    opened: dict[str, SoundFont] = {}
    for name in sorted(set(names)):
        if name not in manifests:
            raise PluginError(f"no instrument named {name!r}; there are {', '.join(sorted(manifests))}")
        manifest = manifests[name]
        opened[name] = SoundFont(
            find_font(manifest.font, manifest.folder),
            program=manifest.program,
            bank=manifest.bank,
            drums=None if manifest.program < 0 else manifest.drums,
        )
    return opened
