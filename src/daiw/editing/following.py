"""Who sings along with the voice follows it: the same words on the notes that belong to the new ones, where nobody locked them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from daiw.composer.reference import VOICES
from daiw.editing.spans import Bars, said_bars
from daiw.music.cells import bar_span, inside, joined
from daiw.music.decision import Decision
from daiw.music.lyrics import COMPANIONS
from daiw.music.plan import Plan
from daiw.music.score import Part, Score
from daiw.music.take import Take

VOICE = "vocal"
ANSWERED_LATER = 2
"""Bars after a line's last word in which it may be answered."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A part that sings, or plays, along.  bars: written anew after the voice.  locked: where a lock kept it as it was."""

    role: str
    bars: tuple[Bars, ...]
    locked: tuple[Bars, ...]

    def __str__(self) -> str:
        went = f"{self.role} in {_said(self.bars)}" if self.bars else ""
        kept = f"{self.role} stays as it is in {_said(self.locked)}: locked" if self.locked else ""
        return "; ".join(part for part in (went, kept) if part)


def changed_bars(old: Part, new: Part, bar_ticks: int) -> frozenset[int]:
    """The bars in which the voice has other notes or other words."""
    before, after = set(old.notes), set(new.notes)
    return frozenset(note.start // bar_ticks for note in before ^ after)


def followed(take: Take, bars: Collection[int], but: Collection[str] = ()) -> tuple[Score, tuple[Followed, ...]]:
    """The take's score with those who sing along in `bars` doing so after the voice as it now is, and who that was.

    An instrument that doubles the voice follows, too.  but: roles that are left alone.  Bars that are locked, and notes outside `bars`,
    stay as they are.
    """
    score, told = take.score, list[Followed]()
    for role in followers(take.plan):
        part = next((part for part in score.parts if part.role == role), None)
        if part is None or role in but:
            continue
        there = _beside(take.plan, role, bars)
        others = tuple(other for other in score.parts if other.role != role)
        fresh = VOICES[role](take.plan, take.preset.compose, others) if there else part
        went: list[int] = []
        locked: list[int] = []
        for bar in there:
            span = bar_span((bar, bar + 1), take.plan.meter.bar_ticks)
            if inside(part.notes, span) == inside(fresh.notes, span):
                continue
            if take.locked(role, bar):
                locked.append(bar)
                continue
            part = joined(part, inside(fresh.notes, span), span)
            went.append(bar)
        if went or locked:
            score = Score(tuple(part if other.role == role else other for other in score.parts), score.timeline, score.decisions)
            told.append(Followed(role, runs(went), runs(locked)))
    return score, tuple(told)


def followers(plan: Plan) -> tuple[str, ...]:
    """The roles that follow a voice in this song."""
    return () if plan.voice is None else (*COMPANIONS, *(("melody",) if plan.lead == "double" else ()))


def _beside(plan: Plan, role: str, bars: Collection[int]) -> list[int]:
    """The bars in which a role goes with the voice where the voice has changed in `bars`; answers come up to two bars later."""
    reached = {bar + later for bar in bars for later in range(ANSWERED_LATER + 1 if role == "ad-libs" else 1)}
    return sorted(bar for bar in reached if 0 <= bar < plan.bars and {VOICE, role} <= set(plan.section_at(bar).roles))


def told_as(told: Iterable[Followed], why: str) -> Decision:
    """What followed, as a decision of the song.  why: what the person did."""
    because = f"{why}; who sings along has the voice's words and notes, unless you lock them: daiw lock SONG backing."
    return Decision("edit", "voices beside the voice", "; ".join(str(each) for each in told), because)


def runs(bars: Iterable[int]) -> tuple[Bars, ...]:
    """Neighbouring bars joined, 0-based, the end not included.

    >>> runs([4, 5, 7])
    ((4, 6), (7, 8))
    """
    found: list[Bars] = []
    for bar in sorted(bars):
        if found and found[-1][1] == bar:
            found[-1] = (found[-1][0], bar + 1)
        else:
            found.append((bar, bar + 1))
    return tuple(found)


def _said(bars: Iterable[Bars]) -> str:
    return ", ".join(said_bars(each) for each in bars)
