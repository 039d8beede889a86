"""The questions of an interview, in the order in which they are asked; each has an effect that can be heard, or it is not asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from daiw.music.interview import MEANINGS
from daiw.music.rules import VOCAL_RULES
from daiw.planning.arcs import STORIES


@dataclass(frozen=True, slots=True)
class Question:
    """name: the answer's field in `Interview`.  asks: the question.  why: what the answer does to the song.

    choices: answer -> what it means; empty where one answers in one's own words.
    """

    name: str
    asks: str
    why: str
    choices: Mapping[str, str] = field(default_factory=dict)


_RULES = "; ".join(f"{name} ({rule.feeling})" for name, rule in VOCAL_RULES.items())

QUESTIONS = {
    question.name: question
    for question in (
        Question(
            "event", "What happened? Say it as you would to a friend.",
            "The feeling of the song is read from it, its first clause is the title, and drafted words begin with it.",
        ),
        Question(
            "mood", "What does it feel like? A word, a picture, a place in the body.",
            "The feeling of the song is read from it, too, and the style is looked for near it.",
        ),
        Question(
            "longing", "What do you long for?",
            "The song goes there: its sections move towards that feeling, and the hook of drafted words is taken from it.",
        ),
        Question(
            "sound", "How should it sound? Style, tempo, key, instruments, length: whatever you know.",
            "All of it is kept exactly; what you leave out is chosen for the feeling, with reasons.",
        ),
        Question(
            "meaning", "What happened is dark, and the music shall be bright. What do you mean by that?",
            "It decides whether the music smiles, lies, floats, mocks or remembers.",
            {name: meaning.does for name, meaning in MEANINGS.items()},
        ),
        Question(
            "resistance", "What makes it hard to say?",
            "How much in control the song is follows it, and drafted words keep it for the bridge.",
        ),
        Question(
            "transformation", "How do you want to feel when the song is over?",
            "The song ends there: louder or softer, fuller or emptier, at home or open.",
        ),
        Question(
            "openness", "How much of yourself shall it show?", "The more is shown, the softer, sparser and looser it is played.",
            {"guarded": "firm, full, in time", "honest": "as the feeling has it", "raw": "soft, few players, loose"},
        ),
        Question(
            "conflict", "Are you at peace with it?", "The more you are torn, the more the chords rub and borrow.",
            {"at peace": "plain chords", "undecided": "as the feeling has it", "torn": "suspended, borrowed, rubbing"},
        ),
        Question("arc", "What shape does the story have?", "It is the energy of the song from beginning to end.", dict(STORIES)),
        Question(
            "voice", "Shall a voice sing?", "A neural voice sings vowels, or words drafted from what you said here.",
            {"nobody": "instruments only", "vowels": "a voice without words", "draft": "words of a draft, made of your own"},
        ),
        Question(
            "rule", "Which rule of singing shall be broken, and why? As in BuriedVocals: she is already far away.",
            f"It is broken so that it can be heard, and your reason is kept with the song. There are {_RULES}.",
        ),
    )
}  # fmt: skip
"""Name -> question."""
