"""What a person said, heard for a song: their clauses and the things they named, verbatim, without orders and musical directions."""

import re
from collections.abc import Sequence

DETERMINERS = frozenset(("my", "your", "his", "her", "our", "their", "the", "this", "that", "these", "those"))
_STOPS_TEXT = (
    "is are was were be been am has have had do does did will would can could should may might must and or but so because when while if "
    "then than that which who whom whose where why how as at by for from in into of off on onto out over to under up with without about "
    "after before until through I you he she it we they me him us them my your his her our their the a an this these those not no never "
    "still now again always just only too also gone left went came come keeps kept plays played says said feels felt makes made goes"
)
STOPS = frozenset(_STOPS_TEXT.split())
_MUSIC = re.compile(
    r"\b(?:bpm|vocals?|sung|sing|singer|lyrics|song|ballad|track|tempo|major|minor|dorian|drums?|piano|guitars?|strings|synths?|beat|"
    r"chorus|verse|bars?|minutes?|slow|fast|upbeat|lo-?fi|pop|rock|jazz|waltz|house|trap|folk|ambient|acoustic|instrumental|style)\b",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"^(?:please\s+)?(?:make|write|give|compose|create|generate|play)\b(?:\s+me)?\b|^(?:a|an)\s+\w+(?:\s+\w+)?\s+(?:about|for|of)\b", re.I
)
CONTRACTED = re.compile(r"(?:n't|'ll|'d|'ve|'re|'m)$", re.IGNORECASE)
"""How a verb ends that is drawn together with another word."""

VAGUE = frozenset(("same", "time", "way", "moment", "one", "thing", "things", "rest", "other", "day"))
"""Words that name nothing by themselves ("at the same time")."""

_ASKS_TEXT = "who what when where why how which did do does is are was were have has had can could will would should am"
ASKS = frozenset(_ASKS_TEXT.split())
"""How a question begins."""


def clauses_of(prompt: str) -> list[str]:
    """What the person said, clause by clause, verbatim; orders, figures and musical directions are left out.

    >>> clauses_of("a slow ballad, 80 bpm, the last train has gone and I don't mind, with vocals")
    ['the last train has gone', "and I don't mind"]
    """
    found: list[str] = []
    for piece in re.split(
        r"[.,;:!?\n()\[\]\"“”—–]+|\s-\s|\s+(?=(?:and|but|because)\s+(?:I|you|he|she|it|we|they|the|my|there|nobody)\b)", prompt
    ):
        clause = " ".join((piece or "").split())
        words = clause.split()
        if len(words) < 2 or (re.search(r"\d", clause) and _MUSIC.search(clause)):
            continue
        if _ORDER.match(clause):
            clause = re.sub(r"^.*?\b(?:about|for|of|on|where|when|that says)\s+", "", clause, count=1, flags=re.I)
            words = clause.split()
        musical = len(_MUSIC.findall(clause))
        if len(words) < 2 or musical * 3 > len(words):
            continue
        found.append(clause)
    return found


def named_in(clauses: Sequence[str]) -> list[str]:
    """Things the person named, verbatim, with the word before them ("my grandmother's kitchen"), each once.

    A capital that only began their sentence is not kept.

    >>> named_in(["My brother wouldn't answer", "the car wouldn't start at the same time"])
    ['my brother', 'the car']
    >>> named_in(["my grandmother's kitchen is empty now", "and the radio still plays her waltz"])
    ["my grandmother's kitchen", 'the radio', 'her waltz']
    """
    found: list[str] = []
    for clause in clauses:
        words = clause.split()
        for i, word in enumerate(words):
            if word.casefold() not in DETERMINERS:
                continue
            tail: list[str] = []
            for following in words[i + 1 : i + 4]:
                if following.casefold() in STOPS or following in STOPS or CONTRACTED.search(following.replace("’", "'")):
                    break
                tail.append(following)
                if not following.casefold().endswith("'s") and len(tail) >= 2:
                    break
            if tail and not tail[-1].casefold().endswith(("'s", "ly")) and not VAGUE.issuperset(map(str.casefold, tail)):
                found.append(" ".join([word.lower() if word.istitle() else word, *tail]))
    return list(dict.fromkeys(found))


def is_question(clause: str) -> bool:
    """Whether a clause asks.

    >>> is_question("why did you leave me"), is_question("she laughed anyway")
    (True, False)
    """
    words = clause.casefold().split()
    return bool(words) and words[0] in ASKS
