"""Instruments wanted and unwanted, and whether anybody sings."""

import re
from dataclasses import dataclass
from functools import cache

from daiw.music.instruments import FAMILIES, ROLES, WORDS_PATTERN, find_family
from daiw.words.found import Found
from daiw.words.musical import AMBIGUOUS_INSTRUMENTS, is_musical

_ADJECTIVES = (
    r"(?:(?:an?|the|any|some|my|live|loud|soft|heavy|big|solo|lonely|lone|acoustic|electronic|gentle|warm|quiet|distant|single|one|two|just|only|played|more|real|"
    r"slow|fast|dusty|punchy|brushed|muted|felt|sparse|deep|hot|bright|low|high|sad|happy|old|broken|simple|programmed|analog|analogue|cheeky|huge|lots\s+of)\s+){0,3}"
)
_ITEM = rf"{_ADJECTIVES}(?:{WORDS_PATTERN})(?!\w)(?:\s+(?:section|part|track|sounds?|line))?"
_JOIN = r"(?:\s*(?:,\s*(?:and|or|nor)?|and|or|nor|&|\+|/)\s*(?:no\s+|any\s+|without\s+)?)"
_LIST = rf"(?P<list>{_ITEM}(?:{_JOIN}{_ITEM})*)"
_JOIN_OR = r"(?:\s*(?:,?\s*(?:or|nor)|,\s*no|,\s*without|&|/)\s*(?:any\s+)?|\s+and\s+(?:no\s+)?)"
_DENIED_LIST = rf"(?P<list>{_ITEM}(?:{_JOIN_OR}{_ITEM})*)"
_WITHOUT = (
    rf"\b(?:no|without|minus|zero|not?\s+any|leave\s+out|skip|drop\s+the|lose\s+the|omit|mute|free\s+of|don'?t\s+(?:want|use|add|play|need)|do\s+not\s+(?:want|use|add))"
    rf"\s+{_DENIED_LIST}"
)
_LESS = re.compile(r"\b(?P<word>drum|bass|beat|guitar|percussion)[\s-]?(?:less|free)\b", re.IGNORECASE)
_LIST_BEFORE = _LIST.replace("<list>", "<list2>")
_ONLY = (
    rf"\b(?:just|only|nothing\s+but|solo|unaccompanied)\s+{_LIST}"
    rf"|{_LIST_BEFORE}(?:\s+(?:only|alone|solo(?!\s+over)))\b(?!\s+(?:in|at|with)\s+(?:the|my))"
)
_MENTION = re.compile(rf"\b(?:{WORDS_PATTERN})(?!\w)", re.IGNORECASE)
_WITH = rf"\b(?:with|featuring|feat\.?|plus|add|include|want|wants|use|for|on|over|and\s+then)\s+{_LIST}"
_FIGURATIVE = re.compile(
    r"\b(?:drums?\s+of\s+war|war\s+drums?\s+in|heart\s*strings?|no\s+strings\s+attached|strings\s+attached|eardrums?|missing\s+a\s+beat|skip(?:s|ped)?\s+a\s+beat|"
    r"beat\s+(?:me|you|him|her|us|them|up|the|my|it|cancer)|heart\s*beats?|off\s*beat|down\s*beat|saved\s+by\s+the\s+bell|ring(?:s|ing)?\s+a\s+bell|sea\s+bass|bass\s+fish\w*|"
    r"kick\s+(?:me|him|her|it|the|out|off|my)|bell\s+jar|pull\w*\s+(?:the\s+|some\s+)?strings|second\s+fiddle|fit\s+as\s+a\s+fiddle|fiddle\s+with|note\s*pad|launch\s*pad|"
    r"good\s+vibes|bad\s+vibes|vibes\s+only|horns?\s+of|donor|organ\s+(?:transplant|failure|donation)|trumpet\s+(?:call|of)|blow\s+my\s+own\s+trumpet|harp(?:s|ed|ing)?\s+on|piano\s+lessons?)\b",
    re.IGNORECASE,
)
_UNSUNG = re.compile(
    r"\b(?:no|without|minus|zero)\s+(?:any\s+)?(?:vocals?|voices?|singing|singers?|lyrics|words)\b|\b(?:vocal|lyric)[\s-]?(?:less|free)\b"
    r"|\binstrumentals?\b(?!\s+in\b)|\b(?:not|never)\s+sung\b|\bdon'?t\s+(?:sing|want\s+(?:any\s+)?(?:vocals|singing))\b|\bunsung\b(?!\s+hero)",
    re.IGNORECASE,
)
_SUNG = re.compile(
    r"\b(?:with|featuring|add|want|wants)\s+(?:a\s+|some\s+|soft\s+|female\s+|male\s+|lead\s+|breathy\s+|quiet\s+|my\s+)*(?:vocals?|lyrics|singing|singers?|voice)\b"
    r"|\b(?:female|male|lead|soulful|breathy|whispered|backing|harmony|doubled|layered|autotuned|auto-tuned)\s+(?:vocals?|singer)\b|\b(?:a\s+)?sung\b|\ba\s?cappella\b|\bsing\s+(?:this|it|my\s+words)\b|\bsinger\s+and\b",
    re.IGNORECASE,
)

_COMPANY = {
    "harmonies": r"(?:vocal|sung|choral)\s+harmonies|(?:harmony|backing|background)\s+(?:vocals?|voices?|singers?)"
    r"|(?:stacked|layered)\s+(?:vocals|voices)",
    "doubles": r"(?:doubled|double-tracked|double\s+tracked)\s+(?:\w+\s+)?(?:vocals?|voices?)|vocal\s+doubles",
    "whispers": r"whisper(?:ed|ing|y|s)?\s+(?:backing\s+)?(?:vocals?|voices?|doubles?|layers?|takes?)",
    "ad-libs": r"ad[\s-]?libs?",
}
_COMPANY_SAID = {
    name: re.compile(rf"(?P<no>\b(?:no|without|minus)\s+(?:any\s+)?)?\b(?:{words})\b", re.IGNORECASE) for name, words in _COMPANY.items()
}


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Who plays.

    wanted, unwanted: names of `music.instruments.FAMILIES` or roles, with where they stand; a name is never in both.
    only: where "just piano and strings" shuts out every other role (those are in `unwanted` too); None elsewhere.
    sung: True, False, or None where nothing was said.  company: who sings with the voice, keys of `music.lyrics.COMPANY`.
    """

    wanted: tuple[Found[str], ...] = ()
    unwanted: tuple[Found[str], ...] = ()
    only: Found[str] | None = None
    sung: Found[bool] | None = None
    company: tuple[Found[str], ...] = ()


def find_ensemble(prompt: str) -> Ensemble:
    """Read instruments and voice from a prompt.

    >>> e = find_ensemble("just piano and strings, no vocals")
    >>> [f.value for f in e.wanted], [f.value for f in e.unwanted], e.sung.value
    (['piano', 'strings'], ['bass', 'drums'], False)
    """
    text = _FIGURATIVE.sub(lambda match: "_" * len(match[0]), prompt)
    unwanted = [item for match in _lists(_WITHOUT, text) for item in _items(text, match, "list")]
    unwanted += [Found(find_family(match["word"]) or "drums", *match.span()) for match in _LESS.finditer(text)]
    rest = _blank(text, [match.span() for match in [*_lists(_WITHOUT, text), *_LESS.finditer(text)]])
    refused = {item.value for item in unwanted}
    only, exclusive = _find_only(rest)
    wanted = exclusive or _find_wanted(rest)
    wanted = [item for item in _unique(wanted) if item.value not in refused]
    if only is not None and exclusive:
        served = {role for item in exclusive for role in (FAMILIES[item.value].roles if item.value in FAMILIES else (item.value,))}
        unwanted += [
            Found(role, only.start, only.end, note="nothing else was to play") for role in ROLES if role not in served | {"pad", "counter"}
        ]
    return Ensemble(tuple(wanted), tuple(_unique(unwanted)), only if exclusive else None, _find_sung(text), _find_company(text))


def _lists(pattern: str, text: str) -> list[re.Match[str]]:
    """Where a phrase with a list of instruments stands; nowhere, and nothing is compiled (20 ms each), where no instrument is named."""
    return list(_compiled(pattern).finditer(text)) if _MENTION.search(text) else []


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _find_only(text: str) -> tuple[Found[str] | None, list[Found[str]]]:
    """The phrase that shuts everything else out, and what it names."""
    for match in _lists(_ONLY, text):
        group = "list" if match["list"] else "list2"
        items = _items(text, match, group)
        if match[0].lower().startswith("solo") and len(items) > 1:
            continue
        if items and (all(_sure(text, item) for item in items)):
            return Found(" ".join(match[0].split()), *match.span()), items
    return None, []


def _find_wanted(text: str) -> list[Found[str]]:
    """Instruments named, those of "with ..." lists and mentions that are instruments beyond doubt."""
    found = [item for match in _lists(_WITH, text) for item in _items(text, match, "list") if _sure(text, item)]
    for match in _MENTION.finditer(text):
        name = find_family(match[0])
        item = Found(name or "", *match.span(), note="named, though not asked for in so many words")
        if name and name not in ROLES[:3] and _sure(text, item):
            found.append(item)
    return sorted(found, key=lambda item: item.start)


def _sure(text: str, item: Found[str]) -> bool:
    """Whether the word is an instrument here: always for "cello", only beside words of music or other instruments for "bell"."""
    word = text[item.start : item.end].lower()
    ambiguous = any(word in (form, form + "s", form + "es") for form in AMBIGUOUS_INSTRUMENTS)
    rest = text[: item.start] + " " + text[item.end :]
    return not ambiguous or is_musical(rest) or any(find_family(other[0]) != item.value for other in _MENTION.finditer(rest))


def _items(text: str, match: re.Match[str], group: str) -> list[Found[str]]:
    """The families named inside one group of a match."""
    start = match.start(group)
    items = []
    for word in _MENTION.finditer(match[group]):
        name = find_family(word[0])
        if name:
            items.append(Found(name, start + word.start(), start + word.end()))
    return items


def _unique(items: list[Found[str]]) -> list[Found[str]]:
    """The first of each name."""
    seen: dict[str, Found[str]] = {}
    for item in items:
        seen.setdefault(item.value, item)
    return list(seen.values())


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with the spans overwritten, so that positions stay."""
    for start, end in spans:
        text = text[:start] + "_" * (end - start) + text[end:]
    return text


def _find_sung(text: str) -> Found[bool] | None:
    """The first word on whether anybody sings; a refusal outweighs a wish."""
    for pattern, value in ((_UNSUNG, False), (_SUNG, True)):
        match = pattern.search(text)
        if match:
            return Found(value, *match.span())
    return None


def _find_company(text: str) -> tuple[Found[str], ...]:
    """Those who were asked to sing along; one that is refused is not among them."""
    said = [(name, match) for name, pattern in _COMPANY_SAID.items() if (match := pattern.search(text)) and not match["no"]]
    return tuple(Found(name, *match.span()) for name, match in said)
