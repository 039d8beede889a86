"""A song made again from another seed, around what is locked: form, harmony, parts, bars."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from daiw.editing.rewrite import edit_decision
from daiw.editing.sounding import performed
from daiw.errors import PromptError
from daiw.music.cells import ONE_VOICE, bar_span, changed_notes, inside, joined
from daiw.music.decision import Decision
from daiw.music.plan import Plan
from daiw.music.score import Note, Part, Score
from daiw.music.take import Take
from daiw.pipeline import plan as make_plan
from daiw.stages.compose import Composer, compose
from daiw.stages.plan import reharmonise
from daiw.studio import Studio


@dataclass(frozen=True, slots=True)
class Locked:
    """A composer that leaves what is locked and lets another write the rest."""

    take: Take
    composer: Composer

    @property
    def decisions(self) -> Sequence[Decision]:
        """The other's."""
        return self.composer.decisions

    def write(self, plan: Plan, role: str, earlier: tuple[Part, ...]) -> Part:
        """The part, locked bars with the notes they have."""
        old = next((part for part in self.take.score.parts if part.role == role), None)
        bars = [bar for bar in range(plan.bars) if self.take.locked(role, bar)]
        if old is not None and len(bars) == plan.bars:
            return old
        fresh = self.composer.write(plan, role, earlier)
        if old is None or not bars:
            return fresh
        return self._around(old, fresh, plan)

    def _around(self, old: Part, fresh: Part, plan: Plan) -> Part:
        """The locked bars of the old part with the fresh part in between."""
        part, first = old, 0
        for bar in range(plan.bars + 1):
            if bar == plan.bars or self.take.locked(part.role, bar):
                if bar > first:
                    part = _exchanged(part, fresh, bar_span((first, bar), plan.meter.bar_ticks))
                first = bar + 1
        return part


def _exchanged(part: Part, fresh: Part, span: tuple[int, int]) -> Part:
    """The part with a span's notes from the fresh one, at their own lengths where nothing is in the way."""
    new = inside(fresh.notes, span)
    if part.role in ONE_VOICE:
        return joined(part, new, span)
    outside = tuple(note for note in part.notes if not span[0] <= note.start < span[1])
    return Part(part.role, tuple(sorted((*outside, *new))))


def regenerated(take: Take, seed: int, studio: Studio, *, what: str, why: str) -> Take:
    """The take made again from `seed` with everything that is locked as it is.

    A locked part keeps the chords, the form and the tempo that it stands on, and "harmony" and "form" keep theirs.  Raises PromptError
    where all of it is locked.
    """
    if all(take.locked(part.role, bar) for part in take.score.parts for bar in range(take.plan.bars)):
        raise PromptError("nothing to make again: every part is locked; see daiw unlock")
    held = {lock.what for lock in take.locks}
    intent = replace(take.intent, seed=seed)
    if held - {"form"}:
        plan = replace(take.plan, seed=seed)
    else:
        plan = replace(make_plan(intent, take.preset, composer=take.composer, studio=studio), title=take.plan.title)
        if "form" in held:
            plan = reharmonise(take.plan, intent, take.preset.plan, harmonist=studio.harmonist(take.composer))
    score = compose(plan, Locked(take, studio.composer(take.preset, take.composer, take.intent.given, take.intent.prompt)))
    changed = {part.role: changed_notes(_notes(take.score, part.role), part.notes) for part in score.parts}
    score = replace(score, decisions=(*score.decisions, edit_decision(what, why, changed, seed)))
    touched = {lock.what for lock in take.locks}
    new = replace(take, intent=intent, plan=plan, score=score)
    new = performed(take, new, recast=tuple(part.role for part in score.parts if part.role not in touched))
    kept = take.mixing and replace(take.mixing, channels=tuple(c for c in take.mixing.channels if c.role in touched))
    return replace(new, mixing=kept if kept and kept.channels else None)


def _notes(score: Score, role: str) -> Sequence[Note]:
    return next((part.notes for part in score.parts if part.role == role), ())
