"""What the host asks a worker to open: one plugin file and the sound it shall have."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from daiw.host.external.parameters import Value
from daiw.host.external.protocol import packed

LOAD_LIMIT_S = 60.0
STALL_LIMIT_S = 20.0
MEMORY_LIMIT_MB = 2048.0
BUFFER_FRAMES = 1024


@dataclass(frozen=True, slots=True)
class Spec:
    """One plugin with its settings.

    title: what people call it, for messages.  path: the file or bundle.  plugin: which one, where a file holds several.
    state: the plugin's own state, empty for none; applied first, then preset, then params.  preset: a .vstpreset file or "".
    params: by key, in the parameters' own units.  load_limit_s, stall_limit_s: seconds to load and seconds without a sign of life
    while rendering.  memory_limit_mb: how much the worker may grow while it renders.  buffer_frames: what the plugin gets at once.
    """

    title: str
    path: Path
    plugin: str = ""
    state: bytes = b""
    preset: str = ""
    params: Mapping[str, Value] = field(default_factory=dict)
    load_limit_s: float = LOAD_LIMIT_S
    stall_limit_s: float = STALL_LIMIT_S
    memory_limit_mb: float = MEMORY_LIMIT_MB
    buffer_frames: int = BUFFER_FRAMES

    def message(self) -> dict[str, object]:
        """The spec as plain data."""
        return {
            "path": str(self.path), "plugin": self.plugin, "state": packed(self.state), "preset": self.preset, "params": dict(self.params),
            "memory_limit_mb": self.memory_limit_mb, "buffer_frames": self.buffer_frames,
        }  # fmt: skip

    def digest(self) -> str:
        """A hash of everything that decides the sound, but for the bytes of the plugin itself."""
        return hashlib.sha256(json.dumps(self.message(), sort_keys=True).encode()).hexdigest()
