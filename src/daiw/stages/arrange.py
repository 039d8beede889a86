"""Score -> Arrangement: who plays each part, where, how long, how late and how loud."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from daiw.music.decision import Decision
from daiw.music.ensemble import Sound
from daiw.music.groove import Groove, groove
from daiw.music.lyrics import SINGERS
from daiw.music.plan import Plan
from daiw.music.score import Arrangement, Note, Part, Score, Track
from daiw.music.styles.arrange import ArrangeStyle
from daiw.planning.articulate import fit_range, heard, sounding_ends
from daiw.planning.controls import controls_of
from daiw.planning.dynamics import velocities
from daiw.planning.feel import MAX_OFFSET_MS, Feel, perform
from daiw.planning.orchestrate import Casting, cast
from daiw.planning.voice_controls import voice_controls

PILLARS = frozenset(("melody", "bass", "drums", "vocal"))
"""Roles that no lack of energy silences."""


STRUM_MS = 12.0
"""A quick strum, and a slow hand on a keyboard."""


def arrange(
    score: Score, plan: Plan, style: ArrangeStyle, *, sounds: Mapping[str, Sound] | None = None, played: Groove | None = None
) -> Arrangement:
    """Give every part a player.  The same score, plan and style give the same arrangement, tick for tick.

    Humanising keeps every note, their order, the bar lines' harmony within MAX_OFFSET_MS and the ghost notes' level.  Decorative roles
    rest in sections whose energy is below their own, but where nobody else would play a pitch.
    sounds: what the person's own instruments can do, by manifest name.  played: how the players are felt, instead of the style's groove.
    Raises PresetError where the style names a groove that does not exist.
    """
    feel = Feel(played or groove(style.groove), score.timeline.tempos, plan.meter, plan.cues.timing_ms, style.humanize, plan.seed)
    castings = cast(plan, style, score.parts, sounds)
    resting = _resting(plan, style, {part.role for part, casting in zip(score.parts, castings, strict=True) if casting.wished})
    tracks = tuple(_track(part, casting, plan, style, feel, resting) for part, casting in zip(score.parts, castings, strict=True))
    decisions = (*(casting.decision for casting in castings), *_decisions(plan, style, feel.groove))
    return Arrangement(tracks, score.timeline, decisions)


def _track(part: Part, casting: Casting, plan: Plan, style: ArrangeStyle, feel: Feel, resting: Mapping[str, frozenset[int]]) -> Track:
    """One part in the hands of its player."""
    table, sound = style.role(part.role), casting.sound
    written = part
    if part.role not in SINGERS:
        part = _doubled(_thinned(part, plan, resting.get(part.role, frozenset())), plan, table.octave_from_energy, sound.high)
    levels = velocities(part, plan, style, feel.groove.looseness)
    song_end = plan.timeline.end
    played = perform(part, feel, chord_spread_ms(sound, table.spread_ms), song_end)
    if part.role == "drums":
        pitches, ends = tuple(note.pitch for note in part.notes), [end for _, end in played]
    else:
        pitches = fit_range(part, sound.low, sound.high, table.octave)
        gate = 1.0 if part.role == "pad" or part.role in SINGERS else plan.cues.gate * table.gate
        ends = sounding_ends(part.notes, played, gate)
    performed = heard(
        [
            replace(note, start=start, duration=max(1, end - start), pitch=pitch, velocity=velocity)
            for note, (start, _), end, pitch, velocity in zip(part.notes, played, ends, pitches, levels, strict=True)
        ],
        song_end,
    )
    notes = tuple(note for note, _ in performed)
    places = _places(written, part)
    controls = controls_of(plan, notes, sound, table)
    if part.role in SINGERS:
        controls = tuple(sorted((*controls, *voice_controls(plan, part.role, notes)), key=lambda control: (control.tick, control.number)))
    sources = tuple(places[i] for _, i in performed)
    return Track(part.role, casting.instrument, notes, sound.program, sound.drums, controls, sources=sources)


def _places(written: Part, played: Part) -> list[int]:
    """For each note of `played` the place of the written note it is, or doubles an octave above."""
    places = {(note.start, note.pitch): i for i, note in enumerate(written.notes)}
    return [places.get((note.start, note.pitch), places.get((note.start, note.pitch - 12), -1)) for note in played.notes]


def chord_spread_ms(sound: Sound, wished_ms: float) -> float:
    """How long a chord takes from its first note to its last: guitars and harps cannot strike it at once, keys hardly need longer."""
    if sound.drums:
        return 0.0
    return max(wished_ms, STRUM_MS) if sound.strums else min(wished_ms, STRUM_MS)


def _resting(plan: Plan, style: ArrangeStyle, wished: Collection[str]) -> Mapping[str, frozenset[int]]:
    """Role -> first bars of the sections that are too quiet for it; pillars, singers and who was wished for play on.

    Where that would leave drums alone, or nobody, all play on: a quiet intro is no empty one.
    """
    resting: dict[str, set[int]] = {}
    for section in plan.sections:
        pitched = [role for role in section.roles if role != "drums"]
        decoration = [role for role in pitched if role not in PILLARS and role not in SINGERS and role not in wished]
        tired = [role for role in decoration if section.energy < style.role(role).from_energy]
        for role in tired if len(tired) < len(pitched) else ():
            resting.setdefault(role, set()).add(section.start_bar)
    return {role: frozenset(bars) for role, bars in resting.items()}


def _thinned(part: Part, plan: Plan, resting: frozenset[int]) -> Part:
    """The part without the sections in which it rests."""
    if not resting:
        return part
    ticks = plan.meter.bar_ticks
    kept = tuple(note for note in part.notes if plan.section_at(note.start // ticks).start_bar not in resting)
    return Part(part.role, kept) if kept else part


def _doubled(part: Part, plan: Plan, from_energy: float, high: int) -> Part:
    """The part with an octave above its top voice where the energy is high enough, softer than the part itself."""
    if from_energy > 1.0 or part.role == "drums":
        return part
    ticks = plan.meter.bar_ticks
    top: dict[int, Note] = {}
    for note in part.notes:
        loud = plan.section_at(note.start // ticks).energy >= from_energy
        if loud and note.pitch + 12 <= high and (note.start not in top or top[note.start].pitch < note.pitch):
            top[note.start] = note
    struck = {(note.start, note.pitch) for note in part.notes}
    above = [
        Note(note.start, note.duration, note.pitch + 12, max(1, round(0.75 * note.velocity)))
        for note in top.values()
        if (note.start, note.pitch + 12) not in struck
    ]
    return Part(part.role, tuple(sorted([*part.notes, *above])))


def _decisions(plan: Plan, style: ArrangeStyle, feel: Groove) -> tuple[Decision, ...]:
    """Why the song is played as it is."""
    swing = feel.swing_at(plan.timeline.tempos.bpm(0))
    straight = "straight" if swing <= 50.5 or plan.meter.compound else f"swung to {swing:.0f} %"
    lean = plan.cues.timing_ms
    leaning = f" The feeling leans {abs(lean):.0f} ms {'behind' if lean > 0 else 'ahead of'} the beat." if abs(lean) >= 1 else ""
    energies = [section.energy for section in plan.sections] or [0.5]
    span_db = style.dynamics_db * (max(energies) - min(energies))
    return (
        Decision(
            "arrange", "groove", f"{style.groove}, {straight}",
            f"This style puts the snare {feel.snare_ms:+.0f} ms, hats {feel.hat_ms:+.0f} ms and bass {feel.bass_ms:+.0f} ms from the grid."
            + leaning,
        ),
        Decision(
            "arrange", "humanising", f"{style.humanize:.0%} of a player's natural spread, never more than {MAX_OFFSET_MS:.0f} ms",
            "Listeners prefer less than players do; players keep their distance from each other, only a little of it is chance.",
        ),
        Decision(
            "arrange", "dynamics", f"{span_db:.0f} dB from the quietest section to the loudest" if span_db >= 1 else "one level throughout",
            f"Players' level follows the plan's energy ({plan.arc}), "
            + ("so that the arc is heard." if span_db >= 1 else "which hardly moves."),
        ),
    )  # fmt: skip
