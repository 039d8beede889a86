"""Text in MIDI files, and role names fit for file names."""

import re
import unicodedata
from collections.abc import Iterable

MAX_NAME = 40
MAX_TEXT = 1000

RESERVED_ROLES = ("reverb", "delay")
"""Names of bus returns; a track of that name gets a number."""

_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def decode_text(payload: bytes) -> str:
    """A meta event's text: UTF-8 where it is, else Latin-1 (as RP-001 leaves it open); control characters become spaces.

    >>> decode_text(b"Caf\\xe9"), decode_text("Café".encode())
    ('Café', 'Café')
    """
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = payload.decode("latin-1")
    return clean_text(text)


def clean_text(text: str) -> str:
    """One line without control, surrogate or private characters, single-spaced, at most MAX_TEXT characters."""
    kept = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text[: 4 * MAX_TEXT])
    return " ".join(kept.split())[:MAX_TEXT].rstrip()


def role_name(text: str) -> str:
    """A name that can be a file's stem on every system; empty where nothing usable is left.

    >>> role_name("../../etc/passwd"), role_name("Lead: Gtr 1  (L)"), role_name("con"), role_name("\\x00\\x07")
    ('etc passwd', 'Lead Gtr 1 (L)', 'con track', '')
    """
    text = unicodedata.normalize("NFC", clean_text(text))
    text = re.sub(r"[^\w .+#&()'-]+|\.{2,}", " ", text)
    text = " ".join(text.split())[:MAX_NAME].strip(" .-'")
    while len(text.encode()) > 3 * MAX_NAME:
        text = text[:-1]
    return f"{text} track" if text.split(".")[0].lower() in _DEVICES else text


def unique_names(wanted: Iterable[str]) -> list[str]:
    """Number the names that come twice, whatever their case.

    >>> unique_names(["piano", "Piano", "reverb", "piano 2"])
    ['piano', 'Piano 2', 'reverb 2', 'piano 2 2']
    """
    taken, counts, names = {name.casefold() for name in RESERVED_ROLES}, dict[str, int](), []
    for name in wanted:
        unique = name
        while unique.casefold() in taken:
            counts[name.casefold()] = number = counts.get(name.casefold(), 1) + 1
            unique = f"{name} {number}"
        taken.add(unique.casefold())
        names.append(unique)
    return names
