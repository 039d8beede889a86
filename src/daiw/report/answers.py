"""What a person answered, question by question, with the words that decided something marked."""

from collections.abc import Sequence
from dataclasses import fields

from daiw.music.decision import Decision
from daiw.music.interview import ASKED, Interview
from daiw.report.markup import Html, el
from daiw.report.reasons import marked_prompt

CHOSEN = {
    "sound": "how it should sound", "meaning": "what the brightness means", "openness": "how much of yourself it shows",
    "conflict": "whether you are at peace with it", "arc": "what shape the story has", "voice": "who sings", "rule": "which rule is broken",
}  # fmt: skip
"""Answer -> its question in a clause, for those that are no story."""


def answers(interview: Interview, decisions: Sequence[Decision]) -> Html:
    """The questions that were answered, as a list of terms."""
    about = ASKED | CHOSEN
    given = [(about[field.name], getattr(interview, field.name)) for field in fields(interview) if getattr(interview, field.name)]
    rows = (el("div", el("dt", asked), el("dd", marked_prompt(answer, decisions))) for asked, answer in given)
    return el("dl", *rows, class_="answers")
