"""The first question to a person: which one comes next, seen from what is missing and what does not agree."""

import re
from collections.abc import Collection

from daiw.music.interview import NEEDED, Interview
from daiw.planning.arcs import WORDS
from daiw.stages.answers import Feeler, mismatch
from daiw.stages.questions import QUESTIONS, Question


def next_question(interview: Interview, asked: Collection[str], reader: Feeler) -> Question | None:
    """The question to ask now; None when there is nothing left to ask.

    asked: names of questions that were put and skipped; what has an answer is not asked again.
    What a song needs comes first.  The meaning of a mismatch is asked where there is one, the arc where no word told it, the rule where
    somebody sings.  With every question skipped there are eleven at most, and the twelfth only where dark meets bright.
    """
    for name in (*NEEDED, *(name for name in QUESTIONS if name not in NEEDED)):
        if not getattr(interview, name) and name not in asked and _makes_sense(name, interview, reader):
            return QUESTIONS[name]
    return None


def _makes_sense(name: str, interview: Interview, reader: Feeler) -> bool:
    if name == "meaning":
        return mismatch(interview, reader)
    if name == "arc":
        return not any(re.search(rf"\b{re.escape(word)}\b", interview.prompt.casefold()) for words in WORDS.values() for word in words)
    return name != "rule" or interview.voice in ("vowels", "draft")
