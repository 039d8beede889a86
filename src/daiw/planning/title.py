"""A working title out of the prompt's own words."""

import re

from daiw.music.emotion import Emotion
from daiw.planning.chance import generator

MAX_CHARS = 60

_ORDERS = re.compile(
    r"^(?:(?:please|can you|could you|i(?:'d| would)? (?:want|like|need)(?: to hear)?|give me|make(?: me)?|write(?: me)?|compose|create"
    r"|generate|play(?: me)?)\s+)*",
    re.IGNORECASE,
)
_CARRIER = re.compile(
    r"^(?:(?:an?|the|some|my|this)\s+)?(?:[\w'-]+\s+){0,4}?(?:song|track|tune|piece|beat|ballad|instrumental|loop|music|anthem|lullaby|waltz)\s+"
    r"(?:about|for|of|on|to|like|that says)\s+",
    re.IGNORECASE,
)
_FIGURES = re.compile(
    r"\b(?:at|in|with|around|about)?\s*(?:\d+(?:[.,]\d+)?\s*(?:bpm|bars?|minutes?|mins?|seconds?)|\d+/\d+(?:\s*time)?"
    r"|(?:in\s+)?[A-G](?:[#b♯♭]|\s?-?(?:sharp|flat))?\s+(?:major|minor|dorian|phrygian|lydian|mixolydian))\b",
    re.IGNORECASE,
)
_LOOSE_ENDS = frozenset(
    (
        "a", "an", "the", "and", "or", "but", "of", "in", "on", "at", "to", "for", "with", "about", "my", "your", "his", "her", "our",
        "their", "that", "which", "who", "is", "was", "were", "as", "so", "no",
    )
)  # fmt: skip

STAND_INS = {
    "++": ("First Light", "Open Windows", "Bright Road", "The Whole Sky"),
    "+-": ("Small Hours", "Soft Weather", "Warm Glass", "Slow Morning"),
    "-+": ("Broken Clock", "Wire and Rain", "Red Signal", "Teeth of the Wind"),
    "--": ("Empty Rooms", "Grey Water", "Last Train Home", "Under the Snow"),
}
"""Quadrant -> titles for prompts that hold nothing but orders and figures."""


def title_of(prompt: str, emotion: Emotion, seed: int) -> str:
    """The first clause that says something, at most sixty characters, cut between words.

    >>> title_of("Write me a slow song about the night we lost the house, 80 bpm", Emotion(0, 0), 0)
    'The night we lost the house'
    """
    for clause in re.split(r"[.,;:!?\n\u2014\u2013()\[\]\"]+|\s-\s", prompt[:2000]):
        words = _ORDERS.sub("", _FIGURES.sub(" ", clause).strip())
        words = " ".join(_CARRIER.sub("", words).split())
        title = _cut(re.sub(r"[^\w\s'’&-]", "", words).strip(" '’-&"))
        if len(title) >= 3 and len(title.split()) >= 2 and re.search(r"[^\W\d_]{2}", title):
            return title[0].upper() + title[1:]
    names = STAND_INS[emotion.quadrant]
    return names[int(generator(seed, "title").integers(len(names)))]


_JOINTS = frozenset(("and", "but", "so", "because", "until", "while", "when", "since", "though", "before", "after"))
"""Words at which a long clause comes apart, where they begin a second thought."""

FEWEST_WORDS = 3
"""Before a joint, for what is left to say something."""


def _cut(text: str) -> str:
    """At most sixty characters: cut before a joint, else between words, with no dangling article."""
    words = text.split()
    if len(text) > MAX_CHARS:
        for i in range(len(words) - 1, FEWEST_WORDS - 1, -1):
            if words[i].lower() in _JOINTS and len(" ".join(words[:i])) <= MAX_CHARS:
                return " ".join(words[:i])
    while words and (len(" ".join(words)) > MAX_CHARS or (len(words) > 1 and words[-1].lower() in _LOOSE_ENDS)):
        words.pop()
    return " ".join(words)
