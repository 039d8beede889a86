"""Bass and keys on plans of our own: do they follow energy and density, keep clear of the tune, and lock with the drums?

Each part by the reference composer and by the trained players, on the same plans and tunes; in `daiw evaluate composer --parts lines`.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from daiw.composer.reference import ReferenceComposer
from daiw.music.drum_patterns import KIT
from daiw.music.intent import Wishes
from daiw.music.plan import Plan
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle
from daiw.nets.accompanists import PIANISTS_GROOVES, who_plays
from daiw.nets.band import Player, unlearnt
from daiw.nets.transformer import Weights
from daiw.tokens.grid import TICKS_PER_UNIT, snap_onset
from daiw.train.own_plans import own_plans

OWN_SEED, OWN_REACH, OWN_BARS = 31, 0.9, 40
QUARTER = 480
CLEARLY = 0.12
"""How much more energy one section must have than another of its song to be held against it."""


@dataclass
class Tally:
    """What was counted of one role by one composer."""

    shares: dict[str, list[float]] = field(default_factory=dict)
    sections: list[tuple[float, float, float]] = field(default_factory=list)

    def add(self, name: str, value: float) -> None:
        """One song's share."""
        self.shares.setdefault(name, []).append(value)

    def figures(self) -> dict[str, float]:
        """Means over songs; rank correlations over sections that pianists play."""
        from scipy.stats import spearmanr

        found = {name: float(np.mean(values)) for name, values in self.shares.items()}
        if len(self.sections) > 8:
            energy, density, onsets = zip(*self.sections, strict=True)
            found |= {f"rho {name}": float(spearmanr(told, onsets).statistic) for name, told in (("energy", energy), ("density", density))}
            found["sections that pianists play"] = float(len(energy))
        return found


def band_on_own_plans(band: Weights, kit: Weights, count: int) -> dict[str, dict[str, float]]:
    """Figures of bass and keys, `count` plans of each style."""
    tallies = {f"{role} {who}": Tally() for role in ("keys", "bass") for who in ("reference", "trained", "pianists only")}
    for plan, preset in own_plans(count, Wishes(bars=OWN_BARS), seed=OWN_SEED, reach=OWN_REACH):
        reference = ReferenceComposer(preset.compose)
        tune = reference.write(plan, "melody", ()) if "melody" in plan.roles else Part("melody", ())
        for who in ("reference", "trained"):
            parts: tuple[Part, ...] = (tune,)
            for role, weights in (("chords", band), ("bass", band), ("drums", kit)):
                if role in plan.roles:
                    part = reference.write(plan, role, parts)
                    if who == "trained" and not unlearnt({"chords": "keys"}.get(role, role), plan, preset.compose):
                        part = Player(weights, preset.compose, plan, role, parts, lambda part=part: part).part()  # type: ignore[misc]
                    parts = (*parts, part)
            played = {part.role: part.notes for part in parts}
            if "chords" in played:
                _count(tallies[f"keys {who}"], plan, preset.compose, "keys", played["chords"])
                tallies[f"keys {who}"].add("a semitone from long notes of the tune", clashing(played["chords"], tune.notes))
            if "bass" in played:
                _count(tallies[f"bass {who}"], plan, preset.compose, "bass", played["bass"])
                _lock(tallies[f"bass {who}"], plan, played)
        if preset.compose.groove in PIANISTS_GROOVES:
            plain = only_pianists(preset.compose)
            composer, parts = ReferenceComposer(plain), (tune,)
            for role, token_role in (("chords", "keys"), ("bass", "bass")):
                if role in plan.roles and not unlearnt(token_role, plan, plain):
                    part = composer.write(plan, role, parts)
                    part = Player(band, plain, plan, role, parts, lambda part=part: part).part()  # type: ignore[misc]
                    parts = (*parts, part)
                    _count(tallies[f"{token_role} pianists only"], plan, plain, token_role, part.notes)
        print(".", end="", flush=True)
    print()
    return {name: tally.figures() for name, tally in tallies.items()}


def only_pianists(style: ComposeStyle) -> ComposeStyle:
    """The style with pianists in every section, so that loud and calm ones can be held against each other."""
    chords = replace(style.chords, patterns=("push",), voicing="close")
    return replace(style, chords=chords, bass=replace(style.bass, patterns=("roots",)))


def _count(tally: Tally, plan: Plan, style: ComposeStyle, role: str, notes: tuple[Note, ...]) -> None:
    """Range, silence, and how busy the sections are that pianists play."""
    own, ticks = (style.bass, plan.meter.bar_ticks) if role == "bass" else (style.chords, plan.meter.bar_ticks)
    part = "bass" if role == "bass" else "chords"
    tally.add("in the style's range", float(np.mean([own.low <= note.pitch <= own.high for note in notes])))
    tally.add("where the role rests", float(np.mean([part not in plan.section_at(note.start // ticks).roles for note in notes])))
    busy = []
    for section in plan.sections:
        if part in section.roles and who_plays(role, style, section) == "pianists":
            start, end = section.start_bar * ticks, (section.start_bar + section.bars) * ticks
            onsets = len({note.start for note in notes if start <= note.start < end})
            busy.append((section.energy, section.density, onsets / (end - start) * QUARTER))
    tally.sections += busy
    for one in busy:
        for other in busy:
            if one[0] > other[0] + CLEARLY and one[1] > other[1]:
                tally.add("louder and denser sections of a song that are busier", float(one[2] > other[2]))


def clashing(notes: tuple[Note, ...], tune: tuple[Note, ...]) -> float:
    """Share of the time of the tune's notes of a quarter or more that a note a semitone off sounds with them."""
    total = bad = 0
    for long in tune:
        if long.duration >= QUARTER:
            near = [(max(note.start, long.start), min(note.end, long.end)) for note in notes if abs(note.pitch - long.pitch) == 1]
            total += long.duration
            bad += min(long.duration, sum(max(0, end - start) for start, end in near))
    return bad / max(1, total)


def _lock(tally: Tally, plan: Plan, played: dict[str, tuple[Note, ...]]) -> None:
    """Downbeats on the chord's bass, and how many onsets of bass and kick fall together where both play."""
    ticks = plan.meter.bar_ticks
    downbeats = [note for note in played["bass"] if note.start % ticks == 0]
    if downbeats:
        on = [note.pitch % 12 == plan.chord_at(note.start).chord.bass_number for note in downbeats]
        tally.add("downbeats on the chord's bass", float(np.mean(on)))
    both = [section for section in plan.sections if {"bass", "drums"} <= set(section.roles)]
    bars = {bar for section in both for bar in range(section.start_bar, section.start_bar + section.bars)}
    bass, kick = (
        {snap_onset(note.start / TICKS_PER_UNIT) for note in notes if note.start // ticks in bars}
        for notes in (played["bass"], tuple(note for note in played.get("drums", ()) if note.pitch == KIT["kick"]))
    )
    if bass and kick:
        tally.add("bass on a kick", len(bass & kick) / len(bass))
        tally.add("kicks with the bass", len(bass & kick) / len(kick))
