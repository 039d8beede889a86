"""A plan bent by the knobs: the same song, the same tonic, another feeling.

A pure function, monotone in each knob.  Two plans come out, because writing and playing answer differently: the writers see density as
energy, which chooses their patterns; the players see only how excited and how exposed the music is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from daiw.live.feeling import Feeling
from daiw.live.recolour import in_mode, recoloured
from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.pitch import Key
from daiw.music.plan import Plan, Section
from daiw.planning.emotion import MODE_BRIGHTNESS, WEIGHTS, cues_of
from daiw.planning.form import ENTRIES, roles_in
from daiw.planning.openness import OPEN_DOMINANCE, OPEN_ENERGY, opened

AROUSAL_ENERGY, DENSITY_ENERGY = 0.4, 0.4
"""What a whole knob (arousal 1, density .5) adds to a section's energy."""
DENSITY_CUE = 0.35
MODE_GAIN = 0.3
"""By how much nearer in brightness another mode must be before it is entered; keeps a resting hand from flickering."""
TEMPO_SHARE = 0.6
"""Share of the emotion's own change of tempo that a moving hand is given."""


@dataclass(frozen=True, slots=True)
class Bent:
    """What the composers obey.  tune: for melodies, whose rhythm and contour stay.  notes: for the other parts.  players: for arrange.

    thinning: how many notes a tune has against the one it was composed with, about .25..4.  strokes: the share of an
    accompaniment's strokes that stays, .7..1, so that a knob turned down is heard where a style is sparse already.
    bpm: the tempo the feeling asks for.
    """

    tune: Plan
    notes: Plan
    players: Plan
    thinning: float
    strokes: float
    bpm: float


def moved_cues(cues: Cues, base: Emotion, now: Emotion) -> Cues:
    """The cues, each moved by what the emotion model says of the way from `base` to `now`, within its range."""
    before, after = cues_of(base), cues_of(now)
    values = {}
    for item in fields(Cues):
        weights = WEIGHTS[item.name]
        value = getattr(cues, item.name) + getattr(after, item.name) - getattr(before, item.name)
        values[item.name] = min(weights.high, max(weights.low, value))
    return Cues(**values)


def mode_for(key: Key, modes: Sequence[str], brightness: float, current: str) -> str:
    """The style's mode nearest to a brightness, or the current one where none is clearly nearer."""
    able = [mode for mode in modes if mode in MODE_BRIGHTNESS] or [key.mode]
    best = min(able, key=lambda mode: (abs(MODE_BRIGHTNESS[mode] - brightness), mode != current))
    here = abs(MODE_BRIGHTNESS[current] - brightness)
    return best if here - abs(MODE_BRIGHTNESS[best] - brightness) > MODE_GAIN else current


def bend(plan: Plan, base: Emotion, feeling: Feeling, *, mode: str, entries: Mapping[str, float]) -> Bent:
    """The plan as `feeling` wants it.

    base: the emotion it was planned for.  mode: the mode to be in, on the plan's tonic.  entries: the style's own, as in `PlanStyle`.
    """
    aroused = feeling.arousal - base.arousal
    denser, tenser, exposed = (2.0 * (value - 0.5) for value in (feeling.density, feeling.tension, feeling.vulnerability))
    now = Emotion(feeling.valence, feeling.arousal, _unit(base.dominance + OPEN_DOMINANCE * exposed), base.labels)
    cues = opened(moved_cues(plan.cues, base, now), exposed, tenser)
    cues = replace(cues, density=_within(cues.density + DENSITY_CUE * denser, 0.0, 1.0))
    key, spans = in_mode(plan.key, plan.harmony, mode)
    harmony = recoloured(spans, key, tenser)
    timeline = replace(plan.timeline, keys=((0, key),))
    played = AROUSAL_ENERGY * aroused + OPEN_ENERGY * exposed
    written = played + DENSITY_ENERGY * denser
    levels = ENTRIES | dict(entries)
    notes = tuple(_written(section, plan, written, aroused, denser, levels) for section in plan.sections)
    players = tuple(
        replace(section, energy=_within(section.energy + played, 0.05, 1.0), roles=other.roles)
        for section, other in zip(plan.sections, notes, strict=True)
    )
    moved = replace(plan, key=key, harmony=harmony, timeline=timeline)
    tune = replace(
        moved,
        cues=replace(plan.cues, register=_stepped(cues.register, 3.0, plan.cues.register), dissonance=_stepped(cues.dissonance, 0.15, 0.0)),
        sections=tuple(replace(section, roles=other.roles) for section, other in zip(plan.sections, notes, strict=True)),
    )
    return Bent(
        tune=tune,
        notes=replace(moved, cues=cues, sections=notes),
        players=replace(moved, cues=cues, sections=players),
        thinning=2.0 ** (0.9 * denser + 0.5 * aroused - 0.25 * exposed),
        strokes=2.0 ** (0.5 * min(0.0, denser)),
        bpm=plan.timeline.tempos.bpm(0) + TEMPO_SHARE * (cues.bpm - plan.cues.bpm),
    )


def _written(section: Section, plan: Plan, shift: float, aroused: float, denser: float, levels: Mapping[str, float]) -> Section:
    """A section as the writers see it: its energy, its density, and who plays."""
    energy = _within(section.energy + shift, 0.05, 1.0)
    roles = section.roles
    if abs(energy - section.energy) > 0.02:
        fitting = set(roles_in(section.name, energy, plan.roles, levels))
        roles = tuple(role for role in plan.roles if role in fitting or (role in section.roles and energy >= section.energy))
        roles = tuple(role for role in roles if role in section.roles or energy > section.energy) or section.roles
    return replace(section, energy=energy, density=_within(section.density + 0.25 * aroused + 0.35 * denser, 0.05, 1.0), roles=roles)


def _within(value: float, low: float, high: float) -> float:
    return min(high, max(low, value))


def _unit(value: float) -> float:
    return _within(value, -1.0, 1.0)


def _stepped(value: float, step: float, start: float) -> float:
    """The value in whole steps from `start`, so that a small move does not rewrite a tune."""
    return start + step * round((value - start) / step)
