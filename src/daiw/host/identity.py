"""What a sound depends on beside the notes: hashes of manifests, fonts, plugins, states and automation, for the stem cache.

A machine whose sound we cannot foretell has no identity, and its stems are made afresh each time.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from daiw.errors import DaiwError
from daiw.host.external.source import PREFIX, identity, locate, plugin_sha256
from daiw.host.soundfont.font import find_font, font_sha256
from daiw.music.automation import Automation, Line
from daiw.music.manifest import Insert, Manifest, PluginRecord

_LIBRARIES = ("numpy", "scipy", "pedalboard", "onnxruntime", "hibari-tts")
_CODE = ("host", "dsp", "music", "stages", "nets", "words", "singing")


@lru_cache(maxsize=1)
def engine_identity() -> str:
    """A hash of the code that makes sound and of the libraries it stands on."""
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in ("daiw", *_LIBRARIES)).encode())
    root = Path(__file__).parents[1]
    for package in _CODE:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def manifest_identity(manifest: Manifest, lines: Mapping[str, Line], saved: PluginRecord | None) -> str | None:
    """The identity of what a manifest opens, its chain aside; None where it cannot be told, a missing plugin among them."""
    parts = [engine_identity(), manifest.sha256]
    try:
        if manifest.external:
            parts += [identity(manifest), _followed(manifest.automation.values(), lines), _record(saved)]
        elif manifest.engine == "soundfont":
            parts.append(font_sha256(find_font(manifest.font, manifest.folder)))
        elif manifest.engine == "singer":
            from daiw.singing.voice_net import weights

            parts.append(repr(sorted(weights().items())))
        elif manifest.engine != "synth":
            return None
    except (DaiwError, OSError):
        return None
    return _hash(parts)


def insert_identity(
    insert: Insert, effects: Mapping[str, Manifest], lines: Mapping[str, Line], saved: PluginRecord | None
) -> str | None:  # fmt: skip
    """The identity of one effect of a chain; None where it cannot be told."""
    parts = [engine_identity(), repr((insert.effect, sorted(insert.params.items()), sorted(insert.automation.items()))), _record(saved)]
    parts.append(_followed(insert.automation.values(), lines))
    try:
        if insert.effect.startswith(PREFIX):
            parts.append(plugin_sha256(locate(insert.effect)) or "?")
        elif insert.effect in effects and (manifest := effects[insert.effect]).external:
            parts += [identity(manifest), _followed(manifest.automation.values(), lines)]
    except (DaiwError, OSError):
        return None
    return _hash(parts)


def _followed(automation: Iterable[Automation], lines: Mapping[str, Line]) -> str:
    """The lines that automation follows, and no others: a song may change its energy where nothing listens to it."""
    return repr(sorted((wish.follows, lines.get(wish.follows, ())) for wish in automation))


def _record(saved: PluginRecord | None) -> str:
    return "" if saved is None else _hash([saved.sha256, hashlib.sha256(saved.state).hexdigest(), repr(sorted(saved.params.items()))])


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
