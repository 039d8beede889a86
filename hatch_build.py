"""Puts plugins/ into the wheel without the binaries that `make plugins` leaves there: the wheel is the same on every machine."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShippedPlugins(BuildHookInterface):  # type: ignore[type-arg]
    """Adds every file of plugins/ but those inside a .vst3 bundle."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files, one by one."""
        if version == "editable":
            return  # the checkout's own folder serves
        root = Path(self.root)
        for path in sorted((root / "plugins").rglob("*")):
            inside = path.relative_to(root)
            if path.is_file() and not any(part.endswith(".vst3") for part in inside.parts):
                build_data["force_include"][str(path)] = f"daiw/_shipped/{inside.as_posix()}"
