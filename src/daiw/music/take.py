"""One version of a song without its sound, what of it is locked, and the log of how it came about."""

from dataclasses import dataclass, field

from daiw.music.intent import Intent
from daiw.music.mixing import MixSettings
from daiw.music.plan import Plan
from daiw.music.preset import Preset
from daiw.music.score import Arrangement, Score

LEVELS = ("form", "harmony")
"""What can be locked beside roles: "form" keeps sections, meter, tempo and key; "harmony" keeps the chords, and with them the form."""


@dataclass(frozen=True, slots=True, order=True)
class Lock:
    """What no edit may change.

    what: a role, or one of LEVELS.  bars: first and end, 0-based, the end excluded; (0, 0) means all of it.
    """

    what: str
    bars: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        first, end = self.bars
        if self.bars != (0, 0) and not 0 <= first < end:
            raise ValueError(f"a lock covers bars first < end, 0-based, got {self.bars}")
        if self.what in LEVELS and self.bars != (0, 0):
            raise ValueError(f"{self.what} is locked as a whole, not by bars")

    def covers(self, role: str, bar: int) -> bool:
        """Whether the lock holds `role` in 0-based `bar`."""
        return self.what == role and (self.bars == (0, 0) or self.bars[0] <= bar < self.bars[1])

    def __str__(self) -> str:
        first, end = self.bars
        return self.what if self.bars == (0, 0) else f"{self.what}:{first + 1}-{end}" if end - first > 1 else f"{self.what}:{end}"


@dataclass(frozen=True, slots=True)
class Edit:
    """One step of a song's history: how version `number` came from version `parent`; the first has the parent 0.

    what: the edit in words.  why: the person's reason, may be empty.  when: UTC, ISO 8601, to the second.
    changed: role -> notes that are not as before.
    """

    number: int
    parent: int
    what: str
    when: str
    seed: int = 0
    why: str = ""
    changed: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """A song without its sound.

    composer: who wrote the notes.  mixing: None where it was not mixed yet, or shall be mixed anew.
    """

    intent: Intent
    preset: Preset
    plan: Plan
    score: Score
    arrangement: Arrangement
    composer: str = "reference"
    locks: tuple[Lock, ...] = ()
    mixing: MixSettings | None = None

    def locked(self, role: str, bar: int) -> bool:
        """Whether `role` is locked in 0-based `bar`."""
        return any(lock.covers(role, bar) for lock in self.locks)
