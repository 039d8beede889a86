"""What a grammar found in a prompt: a value and where it stands."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Found(Generic[T_co]):
    """A value read from `prompt[start:end]`.

    note: what a musician should know about the reading ("the middle of 80 to 90"); may be empty.
    """

    value: T_co
    start: int
    end: int
    note: str = ""

    def words(self, prompt: str) -> str:
        """The evidence: the words themselves, on one line."""
        return " ".join(prompt[self.start : self.end].split())


_DENIAL = re.compile(
    r"(?:\b(?:not|no|never|nor|without|avoid|except|isn't|ain't|don't want|instead of|rather than|anything but))"
    r"(?:\s+(?:in|a|an|at|the|any|another|like|be))*\s*$",
    re.IGNORECASE,
)


def denied(prompt: str, start: int) -> bool:
    """True where the words just before `start` take back what follows ("not in minor", "anything but a waltz").

    >>> denied("please, not in minor", 15), denied("not now; in minor", 12)
    (True, False)
    """
    return _DENIAL.search(prompt[max(0, start - 30) : start]) is not None
