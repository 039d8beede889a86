"""Tempo, key, sections, chords and length, as they come back: what differs goes into the plan, what a file does not speak of stays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from daiw.exchange.pairing import EXACT_TICKS
from daiw.files.foreign import Foreign
from daiw.music.chord import Chord
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.roman import numeral_of
from daiw.music.score import Timeline
from daiw.music.time import Tempo, TempoMap

BPM_TOLERANCE = 0.05
"""MIDI and scores round tempos; nobody sets one finer."""
ROUNDING_BPM = 0.51
"""MuseScore reads the tempos of a MIDI file as whole numbers."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A plan after an import.  changes: one sentence for each thing that was taken over.  remarks: for each that could not be."""

    plan: Plan
    changes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def reconcile_plan(plan: Plan, base: Timeline, theirs: Foreign) -> Outline:
    """The plan with the file's tempo map, key, section names, chord symbols and length where these differ.

    base: our own timeline, exported to the same format and read back.  Section boundaries stay on bar lines.
    """
    found = theirs.arrangement.timeline
    changes: list[str] = []
    remarks: list[str] = []
    plan = _lengthened(plan, max((note.end for track in theirs.arrangement.tracks for note in track.notes), default=0), changes)
    blurred = theirs.kind != "dawproject" and _blurred(base.tempos, found.tempos)
    if "tempo" in theirs.said and blurred:
        remarks.append("the file's tempos are the song's, rounded or thinned out by the other program; the song's were kept")
    if "tempo" in theirs.said and not blurred and (tempos := _tempos(plan.timeline.tempos, base.tempos, found.tempos)):
        changes.append(f"tempo {_bpm(plan.timeline.tempos, tempos)} -> {_bpm(tempos, plan.timeline.tempos)} bpm")
        plan = replace(plan, timeline=replace(plan.timeline, tempos=tempos))
    if "meter" in theirs.said and found.meters != base.meters:
        written = ", ".join(str(meter) for _, meter in found.meters[:4])
        remarks.append(f"the file is in {written}; the song stays in {plan.meter}, with its notes where they are in time")
    if "key" in theirs.said and (keys := _keys(base.keys, found.keys)):
        changes.append(f"key {plan.key} -> {keys[0][1]}")
        harmony = tuple(replace(span, numeral=numeral_of(span.chord, keys[0][1])) for span in plan.harmony)
        plan = replace(plan, key=keys[0][1], harmony=harmony, timeline=replace(plan.timeline, keys=keys))
    if "markers" in theirs.said and not _same_marks(base.markers, found.markers):
        plan, moved = _sections(plan, found.markers)
        changes.append(moved)
    if "harmony" in theirs.said and (spans := _harmony(plan, theirs.harmony)):
        old = {(span.start, span.chord) for span in plan.harmony}
        changes.append(f"{sum((span.start, span.chord) not in old for span in spans)} chord symbols")
        plan = replace(plan, harmony=spans)
    return Outline(plan, tuple(changes), tuple(remarks))


def _bpm(tempos: TempoMap, other: TempoMap) -> str:
    """The first tempo, and how many there are where that is the difference."""
    alike = len(tempos.changes) == len(other.changes)
    return f"{tempos.bpm(0):.4g}" + ("" if alike else f" ({len(tempos.changes)} tempo{'s' if len(tempos.changes) > 1 else ''})")


def _lengthened(plan: Plan, end: int, changes: list[str]) -> Plan:
    """The plan with bars for notes behind its end: the last section and its last chord go on."""
    more = -(-(end - plan.timeline.end) // plan.meter.bar_ticks)
    if more <= 0 or not plan.sections or not plan.harmony:
        return plan
    ticks = more * plan.meter.bar_ticks
    changes.append(f"{more} bar{'s' if more > 1 else ''} more at the end")
    last = plan.harmony[-1]
    return replace(
        plan,
        sections=(*plan.sections[:-1], replace(plan.sections[-1], bars=plan.sections[-1].bars + more)),
        harmony=(*plan.harmony[:-1], replace(last, duration=last.duration + ticks)),
        timeline=replace(plan.timeline, end=plan.timeline.end + ticks),
    )


def _tempos(ours: TempoMap, base: TempoMap, found: TempoMap) -> TempoMap | None:
    """The new tempo map, None where it is the old one or the file knows its beginning only.

    One tempo in the place of several sets the beginning, and the turns follow in proportion: few programs export a whole map.
    """
    known, theirs = _steps(base), _steps(found)
    if len(known) == len(theirs) and all(
        abs(a.tick - b.tick) <= EXACT_TICKS and abs(a.bpm - b.bpm) <= BPM_TOLERANCE for a, b in zip(known, theirs, strict=True)
    ):
        return None
    if len(theirs) == 1 and len(known) > 1:
        ratio = theirs[0].bpm / known[0].bpm
        if abs(ratio - 1) * known[0].bpm <= BPM_TOLERANCE:
            return None
        return TempoMap(tuple(Tempo(change.tick, round(change.bpm * ratio, 3)) for change in ours.changes))
    return found


def _blurred(base: TempoMap, found: TempoMap) -> bool:
    """Whether a tempo map is ours after a program that drops tempos or rounds them to whole numbers, and not ours to the letter."""
    known, theirs = _steps(base), _steps(found)
    ours = all(any(abs(a.tick - b.tick) <= EXACT_TICKS and abs(a.bpm - b.bpm) <= BPM_TOLERANCE for a in known) for b in theirs)
    if ours:
        return len(theirs) < len(known)
    ticks = [change.tick for change in (*known, *theirs)]
    whole = all(change.bpm == round(change.bpm) for change in theirs) and not all(change.bpm == round(change.bpm) for change in known)
    return whole and all(abs(base.bpm(tick) - found.bpm(tick)) <= ROUNDING_BPM for tick in ticks)


def _steps(tempos: TempoMap) -> list[Tempo]:
    return [tempos.changes[0], *(b for a, b in pairwise(tempos.changes) if abs(a.bpm - b.bpm) > BPM_TOLERANCE / 2)]


def _keys(base: Sequence[tuple[int, Key]], found: Sequence[tuple[int, Key]]) -> tuple[tuple[int, Key], ...] | None:
    """The new keys, None where the signatures are ours: modes are lost on the way, and MuseScore calls every key major."""

    def alike(ours: Key, theirs: Key) -> bool:
        same = (ours.signature - theirs.signature) % 12 == 0
        return same and (theirs.mode == "major" or ours.minor_third == theirs.minor_third)

    if len(base) == len(found) and all(alike(a, b) for (_, a), (_, b) in zip(base, found, strict=True)):
        return None
    return tuple((tick if index else 0, key) for index, (tick, key) in enumerate(found)) or None


def _same_marks(ours: Sequence[tuple[int, str]], theirs: Sequence[tuple[int, str]]) -> bool:
    return len(ours) == len(theirs) and all(
        abs(a - b) <= EXACT_TICKS and one == other for (a, one), (b, other) in zip(ours, theirs, strict=True)
    )


def _sections(plan: Plan, marks: Sequence[tuple[int, str]]) -> tuple[Plan, str]:
    """Sections from markers, each with the character of the old section that it mostly covers."""
    ticks = plan.meter.bar_ticks
    starts: dict[int, str] = {}
    for tick, name in marks:
        bar = round(tick / ticks)
        if bar < plan.bars:
            starts[bar] = name
    if 0 not in starts:
        starts[0] = plan.sections[0].name
    edges = sorted(starts)
    sections = []
    for first, end in pairwise([*edges, plan.bars]):
        old = max(plan.sections, key=lambda section: min(end, section.start_bar + section.bars) - max(first, section.start_bar))
        sections.append(replace(old, name=starts[first], start_bar=first, bars=end - first))
    markers = tuple((section.start_bar * ticks, section.name) for section in sections)
    said = f"sections {_named(plan.sections)} -> {_named(sections)}"
    return replace(plan, sections=tuple(sections), timeline=replace(plan.timeline, markers=markers)), said


def _named(sections: Sequence[Section]) -> str:
    return " ".join(f"{section.name}:{section.bars}" for section in sections)


def _harmony(plan: Plan, symbols: Sequence[tuple[int, Chord]]) -> tuple[ChordSpan, ...] | None:
    """The symbols as chords from the first bar to the end, None where they are the plan's own."""
    end = plan.timeline.end
    inside = {tick: chord for tick, chord in symbols if tick < end}
    if not inside or [*inside.items()] == [(span.start, span.chord) for span in plan.harmony]:
        return None
    if min(inside) > 0:
        inside[0] = plan.harmony[0].chord if plan.harmony else inside[min(inside)]
    starts = sorted(inside)
    return tuple(
        ChordSpan(start, until - start, inside[start], numeral_of(inside[start], plan.key)) for start, until in pairwise([*starts, end])
    )
