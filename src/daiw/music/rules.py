"""Rules that may be broken on purpose: what each does, why one would, and what it risks; today those of the voice."""

from collections.abc import Mapping
from dataclasses import dataclass

from daiw.errors import PromptError


@dataclass(frozen=True, slots=True)
class Rule:
    """stage: the verb that breaks it.  does: to the music.  feeling: what it is for.  risk: what may go wrong."""

    stage: str
    does: str
    feeling: str
    risk: str


VOCAL_RULES: Mapping[str, Rule] = {
    "BuriedVocals": Rule(
        "mix", "the voice 8 dB under its place, without its top and in more of the room", "dissociation, dream, words half remembered",
        "nobody understands the words",
    ),
    "DoubledVocal": Rule(
        "plan", "two more takes of the voice, left and right, in every sung section", "intimate isolation: one alone with oneself",
        "consonants smear",
    ),
    "PitchImperfection": Rule(
        "arrange", "the voice drifts 5 to 30 cents around its notes", "honesty: nobody has corrected this", "it is heard as a mistake",
    ),
    "BreathPauses": Rule(
        "compose", "a silence and an audible breath before the first line of each section", "courage: it is hard to say",
        "the tune loses its drive",
    ),
    "ConflictingTimbres": Rule(
        "arrange", "a second, differing voice sings the same line", "wrongness, a self that does not fit",
        "it sounds like an error of casting",
    ),
}  # fmt: skip
"""Id -> rule.  The ids are those of the catalogue."""


@dataclass(frozen=True, slots=True)
class RuleBreak:
    """A rule that is broken.  rule: its id.  because: the person's reason.  amount: 0..1, how far."""

    rule: str
    because: str
    amount: float = 1.0

    def __post_init__(self) -> None:
        if self.rule not in VOCAL_RULES or not 0 < self.amount <= 1 or not self.because.strip():
            raise ValueError(f"no such break, or one without a reason: {self}")

    @classmethod
    def parse(cls, text: str) -> "RuleBreak":
        """Read "BuriedVocals: she is already far away" or "BuriedVocals 0.5: ..."; raises PromptError.

        >>> RuleBreak.parse("doubledvocal 0.5: I only talk to myself")
        RuleBreak(rule='DoubledVocal', because='I only talk to myself', amount=0.5)
        """
        head, _, because = text.partition(":")
        name, _, amount = head.strip().partition(" ")
        rule = next((known for known in VOCAL_RULES if known.casefold() == name.casefold()), None)
        if rule is None:
            raise PromptError(f"there is no rule {name!r} to break; there are {', '.join(VOCAL_RULES)}")
        if not because.strip():
            raise PromptError(f'say why {rule} is broken, as in --break "{rule}: {VOCAL_RULES[rule].feeling}"')
        try:
            share = float(amount) if amount.strip() else 1.0
        except ValueError:
            share = 0.0
        if not 0 < share <= 1:
            raise PromptError(f"{rule} can be broken by more than 0 and at most 1, not {amount.strip()!r}")
        return cls(rule, " ".join(because.split()), share)


def amount_of(breaks: tuple[RuleBreak, ...], rule: str) -> float:
    """How far a rule is broken, 0 where it is kept."""
    return max((each.amount for each in breaks if each.rule == rule), default=0.0)
