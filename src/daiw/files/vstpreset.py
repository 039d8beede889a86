"""The head of a .vstpreset file, which names the plugin whose state it holds.

Steinberg's VST 3 SDK, "Preset Format": "VST3", a version (int32), the class in 32 hexadecimal digits, then the chunks.
"""

import re

_HEAD = re.compile(rb"VST3\x01\x00\x00\x00([0-9A-Fa-f]{32})")


def class_id(preset: bytes) -> str:
    """The class of the plugin that wrote `preset`, 32 capital hexadecimal digits; raises ValueError where it is no preset.

    >>> class_id(b"VST3" + bytes((1, 0, 0, 0)) + b"5653546d796b65796d79206b65797300" + bytes(8))
    '5653546D796B65796D79206B65797300'
    """
    found = _HEAD.match(preset)
    if found is None:
        raise ValueError("its vstpreset is none")
    return found[1].decode("ascii").upper()
