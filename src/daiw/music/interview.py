"""What a person answered before any music was made: what happened, what it feels like, and how it should sound."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from daiw.music.rules import RuleBreak
from daiw.music.styles.plan import ARCS

OPENNESS: Mapping[str, float] = {"guarded": 0.2, "honest": 0.5, "raw": 0.8}
"""How far somebody shows himself, 0..1."""

CONFLICT: Mapping[str, float] = {"at peace": 0.2, "undecided": 0.5, "torn": 0.8}
"""How much somebody is at odds with himself, 0..1."""

VOICES = ("nobody", "vowels", "draft")
"""Who sings: nobody, a voice without words, or a voice with words drafted from the answers."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What bright music about something dark is meant as.  does: in a clause.  valence, arousal, dominance: what it adds to the feeling.

    darkens: the song goes towards the feeling of what happened.  arc: the shape it takes where none was asked for.
    """

    does: str
    valence: float
    arousal: float
    dominance: float
    darkens: bool = False
    arc: str = ""


MEANINGS: Mapping[str, Meaning] = {
    "mask": Meaning("it smiles, and keeps smiling", 0.5, 0.1, 0.15),
    "misdirection": Meaning("it begins bright and lets the truth in", 0.5, 0.05, 0.0, darkens=True, arc="slow-reveal"),
    "dissociation": Meaning("it floats and feels nothing", 0.15, -0.35, -0.25, arc="static-reflection"),
    "irony": Meaning("it is far too cheerful", 0.85, 0.35, 0.25),
    "corrupted nostalgia": Meaning("it remembers fondly, and the memory spoils", 0.3, -0.15, -0.1, darkens=True, arc="descent"),
}
"""Name -> what it does; the five readings of the mismatch that DAiW's documents ask about, the numbers are ours."""

NEEDED = ("event", "mood", "longing")
"""Without these there is nothing to make a song of; `sketch` goes on all the same."""

ASKED = {
    "event": "what happened",
    "mood": "what it feels like",
    "longing": "what you long for",
    "resistance": "what makes it hard to say",
    "transformation": "how you want to feel at the end",
}
"""Answer -> the question it answers, in a clause; of these, words are drafted."""

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "openness": tuple(OPENNESS), "conflict": tuple(CONFLICT), "arc": ARCS, "voice": VOICES, "meaning": tuple(MEANINGS),
}  # fmt: skip
_LONGEST = 1300  # three of them make a prompt


@dataclass(frozen=True, slots=True)
class Interview:
    """A person's answers; an empty text is a question that was skipped.

    event, mood, longing, resistance, transformation: in their own words, see `ASKED`.  sound: style, tempo, key, instruments, in words.
    openness, conflict, arc, voice, meaning: one of their choices.  rule: "BuriedVocals: because ...".
    Raises ValueError for an answer that is no choice or longer than 1,300 characters, PromptError for a rule that does not exist.
    """

    event: str = ""
    mood: str = ""
    longing: str = ""
    resistance: str = ""
    transformation: str = ""
    sound: str = ""
    meaning: str = ""
    openness: str = ""
    conflict: str = ""
    arc: str = ""
    voice: str = ""
    rule: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if len(value) > _LONGEST:
                raise ValueError(f"{field.name} has {len(value)} characters; {_LONGEST} are the most")
            if value and value not in choices_of(field.name, value):
                raise ValueError(f"{field.name} must be one of {', '.join(_CHOICES[field.name])}, not {value!r}")
        if self.rule:
            RuleBreak.parse(self.rule)

    @property
    def missing(self) -> tuple[str, ...]:
        """What has to be known before a song is made and is not."""
        return tuple(name for name in NEEDED if not getattr(self, name).strip())

    @property
    def prompt(self) -> str:
        """The sentence that the answers amount to: what happened, what it feels like and how it should sound."""
        return ". ".join(filter(None, (self.felt, self.sound.strip().rstrip("."))))

    @property
    def felt(self) -> str:
        """What the feeling is read from."""
        return ". ".join(text.strip().rstrip(".") for text in (self.event, self.mood) if text.strip())

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """(what was asked, the answer) for all that was said in the person's own words."""
        return tuple((asked, getattr(self, name)) for name, asked in ASKED.items() if getattr(self, name).strip())

    @property
    def breaks(self) -> tuple[RuleBreak, ...]:
        """The rule that is to be broken."""
        return (RuleBreak.parse(self.rule),) if self.rule else ()


def choices_of(name: str, otherwise: str = "") -> tuple[str, ...]:
    """What an answer is chosen from; (otherwise,) where it is free.

    >>> choices_of("openness"), choices_of("event", "she left")
    (('guarded', 'honest', 'raw'), ('she left',))
    """
    return _CHOICES.get(name, (otherwise,))
