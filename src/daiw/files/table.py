"""Plain tables (TOML, JSON) <-> frozen dataclasses: unknown keys, wrong types and values out of range are refused by name.

cattrs does the walking; this module makes it strict (no "3" for 3, no string for a list) and its errors readable.
"""

import tomllib
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from cattrs import Converter, transform_error
from cattrs.errors import ForbiddenExtraKeysError

from daiw.errors import DaiwError
from daiw.music.chord import Chord
from daiw.music.manifest import Value
from daiw.music.pitch import Key, PitchClass
from daiw.music.time import Meter

T = TypeVar("T")
_KINDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def _strict(kind: type) -> Any:
    accepted = (int, float) if kind is float else kind

    def structure(value: object, _: type) -> Any:
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            raise TypeError(f"must be {_KINDS[kind]}, got {value!r}")
        return kind(value)

    return structure


# Types that a person writes as text: "F minor", "Am7/C", "3/4".
_TEXT_TYPES: dict[type, Any] = {Key: Key.parse, Chord: Chord.parse, PitchClass: PitchClass.parse, Meter: Meter.parse}


def _structure_value(value: object, _: Any) -> Any:
    """A number, a text or a switch, kept as it is."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"must be a number, a text, true or false, got {value!r}")


def _from_text(parse: Any) -> Any:
    return lambda value, _: parse(_strict(str)(value, str))


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


@lru_cache(maxsize=1)
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    for kind in _KINDS:
        converter.register_structure_hook(kind, _strict(kind))
    for kind, parse in _TEXT_TYPES.items():
        converter.register_structure_hook(kind, _from_text(parse))
        converter.register_unstructure_hook(kind, str)

    converter.register_structure_hook_func(lambda kind: kind == Value, _structure_value)
    converter.register_unstructure_hook_func(lambda kind: kind == Value, lambda value: value)

    def array(of: Any) -> Any:
        inner = converter._structure_tuple

        def structure(value: object, target: Any) -> Any:
            if not isinstance(value, list | tuple):
                raise TypeError(f"must be a list, got {value!r}")
            return inner(value, target)

        return structure

    converter.register_structure_hook_factory(_is_tuple, array)
    converter.register_unstructure_hook_factory(_is_tuple, lambda _: lambda value: [converter.unstructure(item) for item in value])
    return converter


def _say(error: BaseException, kind: type | None) -> str:
    """One complaint in words, for `transform_error`."""
    if isinstance(error, ForbiddenExtraKeysError):
        valid = ", ".join(field.name for field in fields(error.cl))
        return f"has no key {', '.join(sorted(error.extra_fields))}; keys are {valid}"
    if isinstance(error, KeyError):
        return f"lacks the key {error.args[0]!r}"
    if get_origin(kind) is Literal:
        return f"must be one of {', '.join(map(str, get_args(kind)))}"
    if isinstance(error, AttributeError):  # cattrs asked something that is no dict for its keys
        return "must be a table of keys and values"
    return str(error)


def load_table(kind: type[T], data: object, where: str, error: type[DaiwError]) -> T:
    """Build a `kind` from plain data.

    where: the file, for the message.  Raises `error` in one line, naming the path in the file ("mix.gain_db.bass"), what is wrong
    and, for an unknown key, the keys there are.
    """
    try:
        return _converter().structure(data, kind)
    except Exception as problem:  # cattrs raises exception groups and, at the top, plain exceptions
        complaints = []
        for line in transform_error(problem, path="", format_exception=_say):
            message, _, path = line.rpartition(" @ ")
            complaints.append(f"{path.lstrip('.')} {message}".strip() if path else message)
        raise error(f"{where}: {'; '.join(dict.fromkeys(complaints))}") from problem


def read_toml(path: Path, what: str, limit: int, error: type[DaiwError]) -> dict[str, Any]:
    """The plain data of a TOML file of at most `limit` bytes; raises `error` in one line.  what: the file, as in "the preset"."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise error(f"cannot read {what} {path}: {problem.strerror}") from problem
    if len(raw) > limit:
        raise error(f"{path} has {len(raw)} bytes; at most {limit} make {what}")
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as problem:
        raise error(f"{path} is not UTF-8 text (byte {problem.start})") from problem
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise error(f"{path} is not valid TOML: {problem}") from problem


def dump_table(value: object) -> Any:
    """The plain data (dicts, lists, numbers, texts) that `load_table` reads back."""
    return _converter().unstructure(value)
