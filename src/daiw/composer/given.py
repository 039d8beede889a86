"""A composer that writes around what was given: the tune, the drums or the opening as they are, the rest by another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from daiw.composer.given_voice import played_as_given, sung_as_given
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


GoingOn = Callable[[Plan, Part, tuple[int, int]], Part]
"""Writes bars of a tune anew so that they grow out of the bars before."""


@dataclass(frozen=True, slots=True)
class GivenComposer:
    """Leaves what was given as it is and lets `composer` write everything else, hearing it.

    going_on: goes on from an opening's tune; None where the composer does so by itself.  told: filled while writing.
    """

    given: Given
    composer: Composer
    going_on: GoingOn | None = None
    told: list[Decision] = field(default_factory=list)

    @property
    def decisions(self) -> Sequence[Decision]:
        """The other composer's, and where a given tune is sung."""
        return (*self.composer.decisions, *self.told)

    def write(self, plan: Plan, role: str, earlier: tuple[Part, ...]) -> Part:
        """The part of `role` over the whole song."""
        given, ticks, end = self.given, plan.meter.bar_ticks, plan.timeline.end
        if given.melody and role in ("melody", "vocal"):
            tune = rounds(given.melody, given.melody_bars * ticks, 0, end)
            if plan.voice is None:
                return Part(role, tune)
            if role == "melody":
                return played_as_given(plan, tune)
            sung, told = sung_as_given(plan, tune, plan.voice)
            self.told[:] = [told]
            return sung
        if role == "drums" and given.drums:
            played = rounds(given.drums, given.drum_bars * ticks, 0, end)
            return Part(role, tuple(note for note in played if "drums" in plan.section_at(note.start // ticks).roles))
        fresh = self.composer.write(plan, role, earlier)
        if not given.opening:
            return fresh
        stop = given.opening_bars * ticks
        opening = next((part.notes for part in given.opening if part.role == role), ())
        later = tuple(note for note in fresh.notes if stop <= note.start < end)
        part = joined(Part(role, opening), later, (stop, max(stop + 1, end)))
        if role == "melody" and self.going_on is not None and opening:
            for bars in _sung_bars(plan, given.opening_bars):
                part = self.going_on(plan, part, bars)
        return part


def _sung_bars(plan: Plan, first: int) -> list[tuple[int, int]]:
    """The stretches from bar `first` on in which the melody plays."""
    runs: list[tuple[int, int]] = []
    for bar in range(first, plan.bars):
        if "melody" in plan.section_at(bar).roles:
            if runs and runs[-1][1] == bar:
                runs[-1] = (runs[-1][0], bar + 1)
            else:
                runs.append((bar, bar + 1))
    return runs


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
