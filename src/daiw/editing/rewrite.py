"""Some bars of some parts written anew; every other note of the song stays the note it was."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from daiw.composer.reference import VOICES, WRITERS
from daiw.composer.retake import Retake, retake
from daiw.editing.following import VOICE, changed_bars, followed
from daiw.editing.spans import Bars, said_bars
from daiw.errors import PromptError
from daiw.music.cells import bar_span, inside, joined, notes_of_bar
from daiw.music.decision import Decision
from daiw.music.plan import Plan
from daiw.music.score import Note, Part, Score
from daiw.music.take import Take

PartWriter = Callable[[Take, Part, Bars, int], Part | None]
"""Writes bars of a part anew: the take, its part, the bars, a seed; None where it cannot, and the reference composer does."""

PartWriters = Mapping[str, PartWriter]
"""Role -> who writes it; the reference composer where nobody is named."""

NOBODY: PartWriters = MappingProxyType({})


def rewritten(take: Take, roles: Sequence[str], spans: Iterable[Bars], seed: int, writers: PartWriters = NOBODY) -> Score:
    """The take's score with the unlocked bars of `spans` written anew in `roles`, in the plan's order; each hears all others.

    Those who sing along follow the voice where they are not locked.  Spans that return earlier ones (the same letter, the same notes)
    return what was written for those.  Raises PromptError where nothing there may be, or can be, written.
    """
    score, done = take.score, False
    blocked: list[str] = []
    for role in (part.role for part in take.score.parts if part.role in roles):
        part = score.part(role)
        first_written: list[tuple[Bars, Part]] = []
        for span in spans:
            for bars in _unlocked(take, role, span, blocked):
                part, written = _written(replace(take, score=score), part, bars, seed, writers, first_written)
                done = done or written
                score = with_part(score, part)
    if not done:
        reason = f"{', '.join(dict.fromkeys(blocked))} is locked; see daiw unlock" if blocked else "the part rests there"
        raise PromptError(f"nothing to write anew: {reason}")
    if VOICE in roles:
        new = changed_bars(take.score.part(VOICE), score.part(VOICE), take.plan.meter.bar_ticks)
        score, _ = followed(replace(take, score=score), new, but=roles)
    return score


def _unlocked(take: Take, role: str, span: Bars, blocked: list[str]) -> list[Bars]:
    """The stretches of a span that no lock of the role covers; what is locked is noted in `blocked`."""
    stretches: list[Bars] = []
    for bar in range(*span):
        if take.locked(role, bar):
            blocked.append(f"{role} in {said_bars(span)}")
        elif stretches and stretches[-1][1] == bar:
            stretches[-1] = (stretches[-1][0], bar + 1)
        else:
            stretches.append((bar, bar + 1))
    return stretches


def _written(take: Take, part: Part, bars: Bars, seed: int, writers: PartWriters, earlier: list[tuple[Bars, Part]]) -> tuple[Part, bool]:
    """The part with those bars new, and whether anything was there to be written."""
    before = part
    if not _plays(take.plan, part, bars):
        return part, False
    for source, original in earlier:
        echo = echoed(take.plan, original, part, source, bars)
        if echo is not None:
            return echo, True
    if part.role not in (WRITERS if take.plan.voice is None else WRITERS | VOICES):
        raise PromptError(f"nobody can write the {part.role} anew yet; remake the parts it follows: {', '.join(WRITERS)}")
    trained = writers[part.role](take, part, bars, seed) if part.role in writers else None
    if trained is not None:
        part = trained
    else:
        others = tuple(other for other in take.score.parts if other.role != part.role)
        part = retake(Retake(take.plan, take.preset.compose, part.role, bars, seed), part, others)
    earlier.append((bars, before))
    return part, True


def _plays(plan: Plan, part: Part, bars: Bars) -> bool:
    """Whether the part has notes in those bars, or the plan wants some."""
    sounds = bool(inside(part.notes, bar_span(bars, plan.meter.bar_ticks)))
    return sounds or any(part.role in plan.section_at(bar).roles for bar in range(*bars))


def echoed(plan: Plan, original: Part, part: Part, source: Bars, bars: Bars) -> Part | None:
    """The part with `bars` made what `source` now is there, where both were the same music before, perhaps transposed; else None.

    original: the part before `source` was written anew.
    """
    ticks = plan.meter.bar_ticks
    length = min(source[1] - source[0], bars[1] - bars[0])
    if length < bars[1] - bars[0]:
        return None
    old = inside(original.notes, bar_span((source[0], source[0] + length), ticks))
    there = inside(original.notes, bar_span(bars, ticks))
    shift, move = same_music(old, there), (bars[0] - source[0]) * ticks
    if shift is None or [(note.start + move) for note in old] != [note.start for note in there]:
        return None
    new = inside(part.notes, bar_span((source[0], source[0] + length), ticks))
    if any(note.lyric for note in there):  # each return keeps its own words
        if [note.start + move for note in new] != [note.start for note in there]:
            return None
        return joined(part, [replace(own, pitch=note.pitch + shift) for note, own in zip(new, there, strict=True)], bar_span(bars, ticks))
    return joined(part, [replace(note, start=note.start + move, pitch=note.pitch + shift) for note in new], bar_span(bars, ticks))


def same_music(one: Sequence[Note], other: Sequence[Note]) -> int | None:
    """Semitones from one stretch of notes to another that has the same rhythm and intervals, None where it has not."""
    if len(one) != len(other) or not one:
        return None
    moves = {(b.pitch - a.pitch, b.duration - a.duration, b.start - a.start) for a, b in zip(one, other, strict=True)}
    return moves.pop()[0] if len(moves) == 1 and {m[1] for m in moves} <= {0} else None


def with_part(score: Score, part: Part) -> Score:
    """The score with one part exchanged."""
    return replace(score, parts=tuple(part if other.role == part.role else other for other in score.parts))


def cell(part: Part, bar: int, plan: Plan) -> tuple[Note, ...]:
    """The notes of one bar."""
    return notes_of_bar(part.notes, bar, plan.meter.bar_ticks)


def edit_decision(what: str, why: str, changed: dict[str, int], seed: int) -> Decision:
    """What was edited, as a decision of the song."""
    choice = ", ".join(f"{count} notes of the {role}" for role, count in changed.items() if count) or "no note"
    return Decision("edit", what, choice, why or "You asked for it; every other note and stem is as before.", evidence=f"seed {seed}")
