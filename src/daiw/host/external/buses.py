"""The audio buses of a VST3 plugin, asked of its component itself: pedalboard tells of none but the main ones.

The interfaces are those of Steinberg's VST3 API (`IPluginFactory`, `IComponent`), called through their tables of functions.  For a
process that may die: the plugin's code runs here.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daiw.host.external.source import binaries

_COMPONENT = bytes.fromhex("E831FF31F2D54301928EBBEE25697802")
_AUDIO, _DIRECTIONS, _MAIN = 0, ("in", "out"), 0
_CATEGORY = b"Audio Module Class"
_RELEASE = 2
_COUNT_CLASSES, _CLASS_INFO, _CREATE = 4, 5, 6
_INITIALIZE, _TERMINATE, _COUNT_BUSES, _BUS_INFO = 3, 4, 7, 8
_OK = 0


@dataclass(frozen=True, slots=True)
class Bus:
    """One audio bus.  direction: "in" or "out".  main: False for side chains and further outputs."""

    name: str
    direction: str
    channels: int
    main: bool = True


class _ClassInfo(ctypes.Structure):
    _fields_ = (("cid", ctypes.c_char * 16), ("most", ctypes.c_int32), ("category", ctypes.c_char * 32), ("name", ctypes.c_char * 64))


class _BusInfo(ctypes.Structure):
    _fields_ = (
        ("media", ctypes.c_int32), ("direction", ctypes.c_int32), ("channels", ctypes.c_int32), ("name", ctypes.c_uint16 * 128),
        ("kind", ctypes.c_int32), ("flags", ctypes.c_uint32),
    )  # fmt: skip


class _Object:
    """An object of the API by its address."""

    def __init__(self, address: int) -> None:
        self._address = address

    def call(self, place: int, *arguments: Any) -> int:  # noqa: ANN401 - what ctypes can pass on
        """The function at `place` of its table."""
        table = ctypes.cast(self._address, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
        function = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, *(type(argument) for argument in arguments))(table[place] or 0)
        return int(function(self._address, *arguments))


def buses_in(path: Path, name: str) -> tuple[Bus, ...]:
    """The buses of the plugin called `name` in a file that this process has open already; raises OSError where that is no plugin."""
    files = binaries(path)
    if not files:
        raise OSError(f"{path} holds no code for this machine")
    module = ctypes.CDLL(str(files[0]))
    try:
        module.GetPluginFactory.restype = ctypes.c_void_p
        address = module.GetPluginFactory()
    except AttributeError as error:
        raise OSError(f"{path} is no VST3") from error
    factory = _Object(address or 0)
    info = _ClassInfo()
    for i in range(factory.call(_COUNT_CLASSES)):
        if factory.call(_CLASS_INFO, ctypes.c_int32(i), ctypes.pointer(info)) != _OK or info.category != _CATEGORY:
            continue
        if name in ("", info.name.decode("utf-8", "replace")):
            return tuple(_of_component(factory, bytes(info)[:16]))
    raise OSError(f"{path} has no plugin called {name!r}")


def _of_component(factory: _Object, cid: bytes) -> Iterator[Bus]:
    made = ctypes.c_void_p()
    if factory.call(_CREATE, ctypes.c_char_p(cid), ctypes.c_char_p(_COMPONENT), ctypes.pointer(made)) != _OK or not made.value:
        raise OSError("the plugin makes no component")
    component = _Object(made.value)
    try:
        if component.call(_INITIALIZE, ctypes.c_void_p(None)) != _OK:
            raise OSError("the plugin does not start without a host")
        for number, direction in enumerate(_DIRECTIONS):
            for i in range(component.call(_COUNT_BUSES, ctypes.c_int32(_AUDIO), ctypes.c_int32(number))):
                info = _BusInfo()
                place = ctypes.c_int32(_AUDIO), ctypes.c_int32(number), ctypes.c_int32(i)
                if component.call(_BUS_INFO, *place, ctypes.pointer(info)) == _OK:
                    text = bytes(info.name).decode("utf-16-le", "replace").partition("\0")[0]
                    yield Bus(text, direction, int(info.channels), info.kind == _MAIN)
        component.call(_TERMINATE)
    finally:
        component.call(_RELEASE)
