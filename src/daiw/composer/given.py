"""A composer that writes around what was given: the tune, the drums or the opening as they are, the rest by another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from daiw.music.cells import joined
from daiw.music.decision import Decision
from daiw.music.given import Given, rounds
from daiw.music.plan import Plan
from daiw.music.score import Arrangement, Note, Part, Score, Track


class Composer(Protocol):
    """As in `stages.compose`, which composers may not import."""

    @property
    def decisions(self) -> Sequence[Decision]:
        """What it has to say."""
        ...

    def write(self, plan: Plan, role: str, earlier: tuple[Part, ...]) -> Part:
        """The notes of `role`."""
        ...


@dataclass(frozen=True, slots=True)
class GivenComposer:
    """Leaves what was given as it is and lets `composer` write everything else, hearing it."""

    given: Given
    composer: Composer

    @property
    def decisions(self) -> Sequence[Decision]:
        """The other composer's."""
        return self.composer.decisions

    def write(self, plan: Plan, role: str, earlier: tuple[Part, ...]) -> Part:
        """The part of `role` over the whole song."""
        given, ticks, end = self.given, plan.meter.bar_ticks, plan.timeline.end
        if role == "melody" and given.melody:
            return Part(role, rounds(given.melody, given.melody_bars * ticks, 0, end))
        if role == "drums" and given.drums:
            played = rounds(given.drums, given.drum_bars * ticks, 0, end)
            return Part(role, tuple(note for note in played if "drums" in plan.section_at(note.start // ticks).roles))
        fresh = self.composer.write(plan, role, earlier)
        opening = next((part.notes for part in given.opening if part.role == role), ())
        if not given.opening:
            return fresh
        stop = given.opening_bars * ticks
        later = tuple(note for note in fresh.notes if note.start >= stop)
        return joined(Part(role, tuple(sorted((*opening, *later)))), later, (stop, max(stop + 1, end))) if later else Part(role, opening)


def as_given(arrangement: Arrangement, score: Score, given: Given, plan: Plan) -> Arrangement:
    """The arrangement with everything that was given played tick for tick as it was given."""
    if not (given.melody or given.drums or given.opening):
        return arrangement
    tracks = []
    for track in arrangement.tracks:
        exact = plan.timeline.end if (track.role == "melody" and given.melody) or (track.role == "drums" and given.drums) else 0
        exact = max(exact, given.opening_bars * plan.meter.bar_ticks)
        tracks.append(_exactly(track, score.part(track.role).notes, exact) if exact else track)
    return replace(arrangement, tracks=tuple(tracks))


def _exactly(track: Track, written: Sequence[Note], until: int) -> Track:
    """The track with the notes that are written before tick `until` as they are written, later ones as they were arranged."""
    played = [(note, i) for i, note in enumerate(written) if note.start < until]
    rest = [(note, i) for note, i in zip(track.notes, track.sources, strict=True) if written[i].start >= until]
    both = sorted([*played, *rest])
    return replace(track, notes=tuple(note for note, _ in both), sources=tuple(i for _, i in both))
