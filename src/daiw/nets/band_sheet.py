"""A plan as the band's players see it: controls measured on the reference's own part, so that a trained player keeps its form and style."""

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from daiw.music.drum_patterns import KIT
from daiw.music.groove import groove
from daiw.music.pitch import Key
from daiw.music.plan import Plan, Section
from daiw.music.score import Note
from daiw.music.styles.compose import ComposeStyle
from daiw.nets.accompanists import asked_density, asked_voices, who_plays
from daiw.nets.composer_sheet import KIND_OF_SECTION, key_at, meter_name
from daiw.nets.drummers import DRUMMERS
from daiw.tokens.band_controls import BAND_COLUMN, BAND_CONTROLS, MEASURED, band_bin, measures
from daiw.tokens.controls import PHRASE_BARS, bin_of, degree
from daiw.tokens.grid import METER_UNITS, METERS, TICKS_PER_UNIT, UNITS_PER_QUARTER, slot_of, snap_duration, snap_onset
from daiw.tokens.kit_controls import KIT_COLUMN, TURNS, kit_arousal, kit_bin, kit_controls
from daiw.tokens.onsets import VOICE, Played
from daiw.tokens.sheet import SECTION_KINDS, Events
from daiw.tokens.takes import BAND_STYLES, DRUM_STYLES, DrumTake

DRUMMER_OF_GROOVE: Mapping[str, str] = {
    "boom-bap": "hiphop", "neo-soul": "soul", "funk": "funk", "swing": "jazz", "bossa": "latin", "rock": "rock", "metal": "punk",
    "pop": "pop",
    "dream-pop": "rock", "reggae": "reggae", "lofi": "hiphop", "gospel": "soul", "country": "country", "ballad": "soul",
}  # fmt: skip
"""Groove -> style of the drummers learnt from.  The others are machines, hand percussion or film drums, which none of them plays."""

VOICE_OF_KIT: Mapping[str, str] = {
    "kick": "kick", "snare": "snare", "clap": "snare", "swirl": "snare", "side stick": "side stick", "closed hat": "closed hat",
    "pedal hat": "pedal hat", "open hat": "open hat", "floor tom": "low tom", "low tom": "low tom", "mid tom": "mid tom",
    "high tom": "high tom", "top tom": "high tom", "ride": "ride", "ride bell": "ride bell", "crash": "crash", "crash 2": "crash",
    "china": "crash", "splash": "crash",
}  # fmt: skip
"""Voice of the reference's kit -> voice of the tokens; what is missing here is percussion that a second player adds."""

VOICE_OF_PITCH = {KIT[name]: VOICE[voice] for name, voice in VOICE_OF_KIT.items()}
HEIGHT = {"bass": 0.55, "keys": 0.5}
"""Where in their window bass and keys lie whose players decide: a bass a little above the middle, as in POP909."""

OFF_BEAT_STYLE = 0.4
"""Share of off-beat onsets from which a style means them; below it the keys are free, since patterns on the beat are theory's habit."""

BACKBEAT_SHARE, LOUD_SHARE = 0.8, 0.75
"""A place of the bar is the style's backbeat where the reference has it in so many bars, so loud against its loudest."""

MIDDLING = 0.42
"""The mean of energy and density of a middling section, which is as busy as the median of the style's drummers."""


def neutral_shift(key: Key) -> int:
    """Semitones, -6..5, that bring a key to no sharps or flats."""
    return (-7 * key.signature + 6) % 12 - 6


def section_rows(notes: tuple[Note, ...], plan: Plan, section: Section, shift: int, mean: float) -> Played:
    """Pitched notes of a section as rows from its first unit: unit, pitch in the neutral key, duration units, velocity against `mean`."""
    start, end = _span(plan, section)
    rows = {
        (snap_onset((note.start - start) / TICKS_PER_UNIT), note.pitch + shift): (
            snap_duration(note.duration / TICKS_PER_UNIT),
            round(note.velocity - mean),
        )
        for note in notes
        if start <= note.start < end
    }
    inside = [(unit, pitch, *rest) for (unit, pitch), rest in rows.items() if unit * TICKS_PER_UNIT < end - start]
    return np.array(sorted(inside), np.int32).reshape(-1, 4)


def section_strokes(notes: tuple[Note, ...], plan: Plan, section: Section) -> Played:
    """Strokes of a section as rows from its first unit; percussion beyond the kit is left out."""
    start, end = _span(plan, section)
    rows: dict[tuple[int, int], tuple[int, int]] = {}
    for note in notes:
        voice = VOICE_OF_PITCH.get(note.pitch)
        unit = snap_onset((note.start - start) / TICKS_PER_UNIT)
        if voice is not None and start <= note.start < end and unit * TICKS_PER_UNIT < end - start:
            late_ms = round(note.late_ms[0]) if note.late_ms else 0
            rows[unit, voice] = max(rows.get((unit, voice), (0, 0)), (note.velocity, late_ms))
    return np.array([(*place, *rows[place]) for place in sorted(rows)], np.int32).reshape(-1, 4)


def tune_rows(notes: tuple[Note, ...], plan: Plan, section: Section, shift: int) -> Events:
    """The melody of a section as (unit, pitch, duration) rows, one at a time, in the neutral key."""
    rows: dict[int, tuple[int, int]] = {}
    for unit, pitch, length, _ in section_rows(notes, plan, section, shift, 0.0).tolist():
        rows[unit] = (pitch, length)
    return np.array([(unit, *rows[unit]) for unit in sorted(rows)], np.int32).reshape(-1, 3)


def _span(plan: Plan, section: Section) -> tuple[int, int]:
    """First tick of a section and the tick after it."""
    ticks = plan.meter.bar_ticks
    return section.start_bar * ticks, (section.start_bar + section.bars) * ticks


def band_section_controls(role: str, plan: Plan, section: Section, model: Played, style: ComposeStyle) -> NDArray[np.int64]:
    """(section.bars, len(BAND_CONTROLS)): the section's form and feeling, and how it is played.

    Where pianists decide: as busy and full as they are at what the section asks for, around the middle of the window, off-beats and lengths
    theirs.  Else, phrase by phrase, how the reference plays the style's figure.
    """
    meter = meter_name(plan.meter) or "4/4"
    units = METER_UNITS[meter]
    rows = np.zeros((section.bars, len(BAND_CONTROLS)), np.int64)
    players = who_plays(role, style, section)
    columns = {
        "meter": METERS.index(meter) + 1,
        "kind": SECTION_KINDS.index(KIND_OF_SECTION.get(section.name, "unknown")),
        "style": BAND_STYLES.index("freedoom" if players == "guitarists" else "pop909") + 1,
        "minor": 2 if key_at(plan, section.start_bar * plan.meter.bar_ticks).minor_third else 1,
        "tempo": bin_of("tempo", plan.timeline.tempos.bpm(0)),
        "valence": degree(section.emotion.valence),
        "arousal": degree(section.emotion.arousal),
        "dominance": degree(section.emotion.dominance),
    }
    for name, value in columns.items():
        rows[:, BAND_COLUMN[name]] = value
    rows[:, BAND_COLUMN["since"]] = np.clip(np.arange(section.bars) + 1, 0, 17)
    rows[:, BAND_COLUMN["left"]] = np.clip(np.arange(section.bars, 0, -1), 0, 17)
    for first in range(0, section.bars, PHRASE_BARS):
        count = min(PHRASE_BARS, section.bars - first)
        some = model[(model[:, 0] >= first * units) & (model[:, 0] < (first + count) * units)]
        found = measures(some, count * units / UNITS_PER_QUARTER)
        for name in MEASURED:
            if role == "keys" and name == "offbeat" and found[name] < OFF_BEAT_STYLE:
                continue
            lowest = 2 if name == "density" else 0
            rows[first : first + count, BAND_COLUMN[name]] = max(lowest, band_bin(role, name, found[name]))
    if players == "pianists":
        shift = neutral_shift(key_at(plan, section.start_bar * plan.meter.bar_ticks))
        told = {"density": asked_density(role, plan, section, manner(role, plan)), "voices": asked_voices(role, section)}
        own = style.bass if role == "bass" else style.chords
        told |= {"offbeat": float("nan"), "held": float("nan"), "register": own.low + HEIGHT[role] * (own.high - own.low) + shift}
        for name, wanted in told.items():
            rows[:, BAND_COLUMN[name]] = band_bin(role, name, wanted)
    return rows


def manner(role: str, plan: Plan) -> float:
    """How much busier than others the player of a role is in this song, in standard deviations."""
    return float(chance_of(plan, f"manner {role}").standard_normal())


def kit_section_controls(plan: Plan, section: Section, model: Played, groove_name: str) -> NDArray[np.int64]:
    """(section.bars, len(KIT_CONTROLS)): the reference drummer's turns, crashes, time-keeper and backbeat; how busy and loud by the plan.

    The plan's energy and density choose among what the style's drummers do, the loudest sections as their loudest tenth; where the
    reference holds kick or backbeat back, its own density stays.  Arousal follows from tempo, density and loudness as in training.
    """
    bpm = plan.timeline.tempos.bpm(0)
    take = DrumTake(section.name, DRUMMER_OF_GROOVE[groove_name], bpm, section.bars, model)
    rows = kit_controls(take).astype(np.int64)
    feel = groove(groove_name)
    triplets = feel.swing_steps == 8 and feel.swing_percent >= 60.0
    rows[:, KIT_COLUMN["shuffle"]] = 3 if triplets else 1
    rows[:, KIT_COLUMN["style"]] = DRUM_STYLES.index(take.style) + 1
    drummer = DRUMMERS[take.style]
    demand = float(np.interp((section.energy + section.density) / 2, (0.0, MIDDLING, 1.0), (0.0, 0.5, 1.0)))
    density, velocity = drummer.density(demand), drummer.velocity(section.energy)
    grooving = _grooving(model, section.bars, take.bar_units)
    for first in range(0, section.bars, PHRASE_BARS):
        phrase = slice(first, first + PHRASE_BARS)
        if grooving[phrase].any():
            rows[phrase, KIT_COLUMN["density"]] = kit_bin("density", density)
    rows[:, KIT_COLUMN["loudness"]] = kit_bin("loudness", velocity)
    rows[:, KIT_COLUMN["arousal"]] = degree(kit_arousal(bpm, density, velocity))
    return rows


def _grooving(model: Played, bars: int, units: int) -> NDArray[np.bool_]:
    """Which bars have both a kick and a backbeat."""
    struck = [set(model[model[:, 0] // units == bar, 1].tolist()) for bar in range(bars)]
    return np.array([VOICE["kick"] in one and bool(one & {VOICE["snare"], VOICE["side stick"]}) for one in struck])


def backbeats(
    model: Played, controls: NDArray[np.int64], units: int, voices: Sequence[str] = ("snare", "side stick")
) -> tuple[tuple[int, int], ...]:
    """(slot, voice) that the reference strikes loudly in BACKBEAT_SHARE of the bars that are no fills, by slot.

    Of the kick only the downbeat counts: where else it falls is the drummer's.
    """
    grooving = [bar for bar in range(len(controls)) if controls[bar, KIT_COLUMN["turn"]] - 1 != TURNS.index("fill")]
    found = []
    for name in voices:
        mine = model[model[:, 1] == VOICE[name]]
        if not len(mine):
            continue
        loud = mine[mine[:, 2] >= LOUD_SHARE * mine[:, 2].max()]
        for unit in [0] if name == "kick" else np.unique(loud[:, 0] % units).tolist():
            bars = set((loud[loud[:, 0] % units == unit, 0] // units).tolist())
            if len(bars.intersection(grooving)) >= BACKBEAT_SHARE * max(1, len(grooving)):
                found.append((slot_of(unit), VOICE[name]))
    return tuple(sorted(found))


def chance_of(plan: Plan, purpose: str) -> np.random.Generator:
    """Chance for one purpose, derived from the plan's seed alone."""
    return np.random.default_rng([plan.seed % 2**32, crc32(purpose.encode())])
