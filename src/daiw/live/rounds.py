"""An endless form: one planned song after another in the same key, tempo and meter, each without its farewell.

A round is a whole plan of the planner: its chorus returns, its verses vary, its arc rises and falls.  The first keeps its intro; later
ones go straight on from the last section; the outro is kept for the moment the person asks for an ending.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from threading import Thread

from daiw.music.intent import Intent
from daiw.music.plan import Plan

MOST_ROUNDS = 4096
PlanOne = Callable[[Intent], Plan]


@dataclass(frozen=True, slots=True)
class Round:
    """One plan and what of it is played.  first, last: bars of the plan, the last not included.  start: the bar of the whole music."""

    number: int
    plan: Plan
    first: int
    last: int
    start: int

    @property
    def bars(self) -> int:
        """How many bars are played."""
        return self.last - self.first

    def ending(self) -> tuple[int, int]:
        """The bars of the plan that end the music: its outro, else its last four."""
        last = self.plan.sections[-1]
        first = last.start_bar if last.name == "outro" and last.bars <= 16 else max(0, self.plan.bars - 4)
        return max(first, self.plan.bars - 8), self.plan.bars


class Rounds:
    """The rounds of one intent, planned when they are first needed.

    plan: the planner, with its style.  ahead: it takes its time, so each round is planned beside the playing of the one before.
    """

    def __init__(self, intent: Intent, plan: PlanOne, *, start: int = 0, ahead: bool = False) -> None:
        first = plan(intent)
        bpm = first.timeline.tempos.bpm(0)
        self.intent = replace(intent, wishes=replace(intent.wishes, bpm=bpm, key=first.key, meter=first.meter, bars=None, minutes=None))
        self.meter, self.key, self.bpm = first.meter, first.key, bpm
        self._plan = plan
        self._ahead = ahead
        self._coming: Future[Plan] | None = None
        self._start = start
        self._rounds: list[Round] = []

    def at(self, bar: int) -> Round:
        """The round that plays 0-based `bar` of the music."""
        while not self._rounds or self._rounds[-1].start + self._rounds[-1].bars <= bar:
            self._rounds.append(self._next())
        return next(found for found in reversed(self._rounds) if found.start <= bar or found.number == 0)

    def _next(self) -> Round:
        number = len(self._rounds)
        plan = self._coming.result() if self._coming is not None else self._planned(number)
        self._coming = self._begun(number + 1) if self._ahead else None
        start = self._rounds[-1].start + self._rounds[-1].bars if self._rounds else self._start
        sections = plan.sections
        first = sections[0].bars if number and sections[0].name == "intro" and len(sections) > 2 else 0
        last = sections[-1].start_bar if sections[-1].name == "outro" and len(sections) > 2 else plan.bars
        return Round(number, plan, first, last, start)

    def _planned(self, number: int) -> Plan:
        return self._plan(replace(self.intent, seed=(self.intent.seed + number % MOST_ROUNDS) % 2**63))

    def _begun(self, number: int) -> "Future[Plan]":
        """Plan a round on a thread that nobody waits for at the end."""
        coming: Future[Plan] = Future()

        def work() -> None:
            try:
                coming.set_result(self._planned(number))
            except BaseException as error:  # the round's reader gets it
                coming.set_exception(error)

        Thread(target=work, name=f"round {number}", daemon=True).start()
        return coming
