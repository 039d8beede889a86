"""Plan -> Score: every role is written in the plan's order and hears the roles before it."""

from typing import Protocol

from daiw.music.plan import Plan
from daiw.music.score import Part, Score


class Composer(Protocol):
    """Writes one part at a time."""

    def write(self, plan: Plan, role: str, earlier: tuple[Part, ...]) -> Part:
        """The notes of `role` over the whole song, hearing the parts already written; silent outside the sections that list it."""


def compose(plan: Plan, composer: Composer) -> Score:
    """Write all of plan.roles in order.

    The score's timeline is the plan's.  Notes are on the grid (16ths or triplet 8ths); swing and feel belong to `arrange`.
    Raises ValueError where a composer leaves the song's bounds or answers for another role: that is a bug of the composer.
    """
    parts: tuple[Part, ...] = ()
    for role in plan.roles:
        part = composer.write(plan, role, parts)
        if part.role != role:
            raise ValueError(f"asked for {role!r}, the composer wrote {part.role!r}")
        if part.notes and max(note.end for note in part.notes) > plan.timeline.end:
            raise ValueError(f"{role} plays beyond the end of the song")
        parts = (*parts, part)
    return Score(parts, plan.timeline)
