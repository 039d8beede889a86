"""Key and mode, said outright; "a minor setback" is no key."""

import re

from daiw.errors import TheoryError
from daiw.music.pitch import Key, PitchClass, mode_name
from daiw.words.found import Found, denied

_MODES = r"major|minor|maj|min|ionian|dorian|phrygian|lydian|mixolydian|aeolian|locrian"
_KIND = r"(?:(?:natural|harmonic|melodic)[\s-]+)?"
_ACCIDENTAL = r"(?:\s*[♯♭]|#|b(?![a-z])|[\s-]+(?:sharp|flat)\b)"
_TONIC_AND_MODE = re.compile(
    rf"(?<![\w#♯♭'’-])(?P<note>(?P<letter>[A-Ga-g])(?P<accidental>{_ACCIDENTAL})?)[\s-]*{_KIND}(?P<mode>{_MODES})(?![\w'’])", re.IGNORECASE
)
_LEAD = r"(?:\b(?:in|key\s+of|key\s*[:=]|key\s+is|key)\s+(?:the\s+key\s+of\s+)?)"
_SHORT_MINOR = re.compile(rf"{_LEAD}(?P<note>[A-G](?:#|b|♯|♭)?)m(?![\w])")
_BARE = re.compile(
    rf"(?P<lead>{_LEAD})(?P<note>[A-G](?:#|b|♯|♭|[\s-]+(?:sharp|flat)\b)?)(?![\w#♯♭'’-])(?=\s*(?:$|[,;.!?)]|at\s+\d|\d|with\b|and\s+\d))"
)
_KEY_OF = re.compile(r"\bkey\s+of\s+(?P<note>[A-Ga-g](?:#|b(?!\w)|♯|♭|[\s-]+(?:sharp|flat)\b)?)(?![\w#♯♭'’-])")
_MODE_ALONE = re.compile(
    rf"\b(?:in\s+(?:a\s+|the\s+)?{_KIND}(?P<in_mode>{_MODES})(?=\s*(?:$|[,;.!?)]|key\b|mode\b|scale\b|tonality\b|at\s+\d|\d|with\b))(?:\s+(?:key|mode|scale|tonality))?"
    rf"|(?P<key_mode>{_MODES})[\s-]+(?:key|mode|scale|tonality)\b"
    r"|(?P<song_mode>minor|dorian|phrygian|lydian|mixolydian|locrian|aeolian)\s+(?:ballad|waltz|tune|melody|song|vamp|groove|chord\s+progression)\b)",
    re.IGNORECASE,
)
_MAY_FOLLOW_A = re.compile(
    r"\s*(?:$|[,;.!?)]|\d|at\b|with\b|and\b|for\b|then\b|in\b|no\b|blues\b|ballad\b|song\b|waltz\b|piano\b|guitar\b|tune\b|key\b(?!s))",
    re.IGNORECASE,
)
_MAY_PRECEDE_A = re.compile(r"(?:\bin|\bkey(?:\s+of)?|[:=,;(]|\bto)\s*$", re.IGNORECASE)


def find_keys(prompt: str) -> tuple[Found[Key], ...]:
    """Every key named with its tonic, in reading order; a bare letter ("in D") means major.

    >>> [str(found.value) for found in find_keys("in f# minor, later Bb major")], find_keys("I have a minor setback")
    (['F# minor', 'Bb major'], ())
    """
    found: list[Found[Key]] = []
    for pattern in (_TONIC_AND_MODE, _SHORT_MINOR, _BARE, _KEY_OF):
        for match in pattern.finditer(prompt):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            if denied(prompt, match.start()) or (pattern is _TONIC_AND_MODE and not _letter_is_a_note(prompt, match)):
                continue
            mode = {_TONIC_AND_MODE: match.groupdict().get("mode") or "", _SHORT_MINOR: "minor"}.get(pattern, "major")
            try:
                key = Key(PitchClass.parse(match["note"].replace(" ♯", "♯").replace(" ♭", "♭")), mode_name(mode))
                _ = key.scale
            except TheoryError:
                continue
            note = "a letter alone means major" if pattern in (_BARE, _KEY_OF) else ""
            found.append(Found(key, match.start("note"), match.end(), note))
    return tuple(sorted(found, key=lambda item: item.start))


def find_modes(prompt: str) -> tuple[Found[str], ...]:
    """Every mode named without a tonic ("in minor", "a minor key", "dorian groove"), in reading order.

    >>> [found.value for found in find_modes("something in a minor key")], find_modes("Dorian Gray, a minor poet")
    (['minor'], ())
    """
    keys = find_keys(prompt)
    found = []
    for match in _MODE_ALONE.finditer(prompt):
        if denied(prompt, match.start()) or any(match.start() < key.end and key.start < match.end() for key in keys):
            continue
        found.append(Found(mode_name(match["in_mode"] or match["key_mode"] or match["song_mode"]), *match.span()))
    return tuple(found)


def _letter_is_a_note(prompt: str, match: re.Match[str]) -> bool:
    """Whether "a minor", "A major", "E min" is a key and not an article, a person under age or minutes."""
    letter, before, after = match["letter"], prompt[: match.start()], prompt[match.end() :]
    if match["accidental"] or (match["mode"].lower() not in ("major", "minor", "maj", "min")):
        return letter != "a" or bool(match["accidental"] and not re.fullmatch(r"[\s-]+flat", match["accidental"])) or _led(before)
    if letter.lower() != "a":
        return True
    if re.match(r"[\s-]+(?:key|mode|scale|tonality)\b", after):
        return letter == "A" and bool(before.strip())
    if letter == "A" and before.strip() and not re.search(r"[.!?]\s*$", before):
        return True
    if letter == "A":
        return _MAY_FOLLOW_A.match(after) is not None
    return _led(before) and _MAY_FOLLOW_A.match(after) is not None


def _led(before: str) -> bool:
    """True where the words before ask for a key ("in", "key of", a comma)."""
    return _MAY_PRECEDE_A.search(before) is not None
