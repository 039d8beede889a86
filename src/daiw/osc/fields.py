"""What a request carries, held to what it must be."""

import json
from typing import Any

from daiw.errors import PromptError
from daiw.live.clocks import check_bpm
from daiw.live.sender import SenderOptions


class RequestError(Exception):
    """A request that cannot be met: code of `schema.CODES`, and a line."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def json_object(said: str) -> dict[str, Any]:
    """A JSON object; raises RequestError."""
    try:
        value = json.loads(said) if said.strip() else {}
    except (ValueError, RecursionError) as error:
        raise RequestError("syntax", f"the request is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise RequestError("syntax", "the request must be a JSON object")
    return value


def whole(wanted: dict[str, Any], name: str) -> int:
    """A whole number, 0 where it is not said; raises RequestError."""
    value = wanted.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RequestError("argument", f"{name} must be a whole number")
    return value


def text(wanted: dict[str, Any], name: str) -> str | None:
    """A text, None where it is not said; raises RequestError."""
    value = wanted.get(name)
    if value is not None and not isinstance(value, str):
        raise RequestError("argument", f"{name} must be text")
    return value


def bpm_of(wanted: dict[str, Any]) -> float | None:
    """The tempo that is asked for, None where none is; raises PromptError outside what is played."""
    value = wanted.get("bpm")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PromptError("bpm must be a number")
    check_bpm(float(value))
    return float(value)


def sender_options(wanted: dict[str, Any]) -> SenderOptions:
    """Port, clock and tempo of a session; raises RequestError."""
    clock = wanted.get("clock", "internal")
    if clock not in ("internal", "external", "link"):
        raise RequestError("argument", "clock is internal, external or link")
    return SenderOptions(str(wanted.get("port", "DAiW"))[:40], clock, bpm_of(wanted) or 120.0, listen=text(wanted, "listen") or "")
