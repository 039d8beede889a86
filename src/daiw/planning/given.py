"""A plan around what was given: its chords exactly, its tune and its drums wherever they sound."""

from collections.abc import Sequence
from dataclasses import replace

from daiw.errors import TheoryError
from daiw.music.chord import Chord
from daiw.music.decision import Decision
from daiw.music.given import Given
from daiw.music.plan import ChordSpan, Plan
from daiw.music.roman import numeral_of
from daiw.music.take import Lock


def with_given(plan: Plan, given: Given) -> Plan:
    """The plan with given chords in every bar, and with roles for a given tune, drums and opening in the sections they sound in."""
    if not given:
        return plan
    roles = ["melody"] if given.melody else []
    roles += ["drums"] if given.drums else []
    roles += [part.role for part in given.opening]
    plan = replace(plan, roles=(*plan.roles, *(role for role in dict.fromkeys(roles) if role not in plan.roles)))
    sections = []
    for section in plan.sections:
        due = [role for role in roles if role in ("melody", "drums") or section.start_bar < given.opening_bars]
        sections.append(replace(section, roles=tuple(role for role in plan.roles if role in {*section.roles, *due})))
    plan = replace(plan, sections=tuple(sections))
    if given.harmony:
        plan = replace(plan, harmony=_harmony(plan, given))
    told = tuple(Decision("plan", what, said, "You gave it; it is kept exactly.") for what, said in given.told)
    dropped = ("progression of", "ending") if given.harmony else ()
    kept = tuple(d for d in plan.decisions if not any(d.subject.startswith(name) for name in dropped))
    return replace(plan, decisions=(*kept, *told))


def given_locks(given: Given) -> tuple[Lock, ...]:
    """The locks of a song with given music: no edit touches it before a person lets it go."""
    locks = [Lock("melody")] if given.melody else []
    locks += [Lock("drums")] if given.drums else []
    locks += [Lock("harmony")] if given.harmony else []
    locks += [Lock(part.role, (0, given.opening_bars)) for part in given.opening]
    return tuple(sorted(locks))


def _harmony(plan: Plan, given: Given) -> tuple[ChordSpan, ...]:
    """Every bar's chords, sharing its beats."""
    bars: list[tuple[Chord, ...]] = []
    for section in plan.sections:
        first = section.start_bar if given.from_the_start else 0
        bars += [given.harmony[(first + bar) % len(given.harmony)] for bar in range(section.bars)]
    spans = []
    for index, chords in enumerate(bars):
        start = index * plan.meter.bar_ticks
        edges = _edges(len(chords), plan)
        spans += [ChordSpan(start + a, b - a, chord, _numeral(chord, plan)) for chord, a, b in zip(chords, edges, edges[1:], strict=False)]
    return tuple(spans)


def _edges(count: int, plan: Plan) -> Sequence[int]:
    """Where `count` chords of a bar begin, and the bar's end: on beats where there are beats enough."""
    meter = plan.meter
    unit = meter.beat_ticks if count <= meter.beats else 1
    return [round(i * meter.bar_ticks / count / unit) * unit for i in range(count)] + [meter.bar_ticks]


def _numeral(chord: Chord, plan: Plan) -> str:
    """The chord's numeral in the song's key, its symbol where it has none."""
    try:
        return numeral_of(chord, plan.key)
    except TheoryError:
        return str(chord)
