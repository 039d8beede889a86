"""Where notes really fall: swing, each player's place, and the small wandering of hands.

Bounds are part of the contract: no note leaves the swung grid by more than `MAX_OFFSET_MS`, no two strokes of a kit drift apart by more
than `KIT_JITTER_MS`, and the order of a part's notes never changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from daiw.music.drum_patterns import KIT, TIME_KEEPERS
from daiw.music.groove import Groove
from daiw.music.score import Note, Part
from daiw.music.time import TICKS_PER_QUARTER, Meter, TempoMap

Ticks = NDArray[np.int64]
Values = NDArray[np.float64]

MAX_OFFSET_MS = 30.0
FREE_OFFSET_MS = 20.0
"""Up to here offsets are taken as they are; beyond, they are pressed softly towards MAX_OFFSET_MS."""

KIT_JITTER_MS = 10.0
NATURAL_SPREAD_MS: Mapping[str, float] = {
    "melody": 18.0,
    "counter": 18.0,
    "chords": 14.0,
    "pad": 22.0,
    "bass": 12.0,
    "drums": 10.0,
    "vocal": 8.0,
}
"""Standard deviation of a good player's onsets around his own mean, in milliseconds; others are taken as 15."""

PERSISTENCE = 0.6
"""Correlation of one onset's deviation with the next: players drift rather than jump (Hennig et al. 2011)."""

FEELING_SHARE: Mapping[str, float] = {
    "melody": 1.0,
    "counter": 0.8,
    "chords": 0.6,
    "pad": 0.3,
    "bass": 0.5,
    "vocal": 0.3,
    "backing": 0.3,
    "backing low": 0.3,
}
"""How far the emotion's timing moves a role: the drums are the clock and stay, the melody leans on it."""

SNARES = frozenset(KIT[voice] for voice in ("side stick", "snare", "clap", "swirl"))
TIME_PITCHES = frozenset(KIT[voice] for voice in TIME_KEEPERS)


@dataclass(frozen=True, slots=True)
class Feel:
    """All that timing depends on.  timing_ms: the emotion's own, + behind.  humanize: 0..1, share of natural spread."""

    groove: Groove
    tempos: TempoMap
    meter: Meter
    timing_ms: float
    humanize: float
    seed: int


def swing(ticks: Ticks, feel: Feel) -> Ticks:
    """Grid ticks to swung ticks: the first half of each pair is stretched, the second squeezed.

    Triplets and compound meters already carry their lilt and stay; so does a pair that the barline cuts.
    """
    pair = feel.groove.pair_ticks
    if feel.meter.compound or feel.groove.swing_percent == 50.0:
        return ticks
    in_bar = ticks % feel.meter.bar_ticks
    place = in_bar % pair
    shares = np.array([feel.groove.swing_at(change.bpm) for change in feel.tempos.changes]) / 100.0
    starts = np.array([change.tick for change in feel.tempos.changes])
    middle = shares[np.searchsorted(starts, ticks, side="right") - 1] * pair
    half = pair / 2
    swung = np.where(place <= half, place * middle / half, middle + (place - half) * (pair - middle) / half)
    swings = (place % (pair // 4) == 0) & (in_bar - place + pair <= feel.meter.bar_ticks)
    return np.where(swings, ticks - place + np.round(swung), ticks).astype(np.int64)


def place_ms(role: str, pitches: Ticks, feel: Feel) -> Values:
    """Each note's constant distance from the grid in milliseconds: the groove's, and the emotion's share for this role."""
    groove = feel.groove
    constants = {"bass": groove.bass_ms, "chords": groove.chords_ms, "melody": groove.melody_ms, "counter": groove.counter_ms}
    if role == "drums":
        snare = np.isin(pitches, list(SNARES))
        return np.where(snare, groove.snare_ms, np.where(np.isin(pitches, list(TIME_PITCHES)), groove.hat_ms, groove.kick_ms))
    return np.full(len(pitches), constants.get(role, 0.0) + FEELING_SHARE.get(role, 0.5) * feel.timing_ms)


def jitter_ms(role: str, starts: Ticks, feel: Feel) -> Values:
    """The wandering of a player's hands, one value an onset: correlated normal deviates, cut at two standard deviations."""
    onsets, index = np.unique(starts, return_inverse=True)
    spread = NATURAL_SPREAD_MS.get(role, 15.0) * feel.humanize * 2.0 * feel.groove.looseness
    if spread == 0.0 or not len(onsets):
        return np.zeros(len(starts))
    rng = np.random.default_rng([feel.seed % 2**63, crc32(f"timing {role}".encode())])
    white = rng.standard_normal(len(onsets))
    drift = np.empty(len(onsets))
    state = 0.0
    for i, value in enumerate(white.tolist()):
        state = PERSISTENCE * state + (1.0 - PERSISTENCE**2) ** 0.5 * value if i else value
        drift[i] = state
    bound = min(2.0 * spread, KIT_JITTER_MS / 2 if role == "drums" else MAX_OFFSET_MS)
    shared = np.clip(drift * spread, -bound, bound)[index]
    if role != "drums":
        return np.asarray(shared)
    limb = rng.standard_normal(len(starts)) * 0.3 * spread
    return np.asarray(np.clip(shared * 0.8 + limb, -bound, bound))


def spread_ms(notes: tuple[Note, ...], total_ms: float, meter: Meter) -> Values:
    """The strum: within a chord, from the lowest note up on beats and down between them, `total_ms` from first to last, centred."""
    offsets = np.zeros(len(notes))
    if total_ms == 0.0:
        return offsets
    first = 0
    while first < len(notes):
        last = first
        while last + 1 < len(notes) and notes[last + 1].start == notes[first].start:
            last += 1
        if last > first:
            fan = np.linspace(-0.5, 0.5, last - first + 1) * total_ms
            offsets[first : last + 1] = fan if notes[first].start % meter.bar_ticks % meter.beat_ticks == 0 else fan[::-1]
        first = last + 1
    return offsets


def bounded_ms(offset_ms: Values) -> Values:
    """Offsets within MAX_OFFSET_MS, in the same order and without a heap of equal values at the bound."""
    size, room = np.abs(offset_ms), MAX_OFFSET_MS - FREE_OFFSET_MS
    pressed = FREE_OFFSET_MS + room * np.tanh((size - FREE_OFFSET_MS) / room)
    return np.asarray(np.where(size <= FREE_OFFSET_MS, offset_ms, np.sign(offset_ms) * pressed))


def perform(part: Part, feel: Feel, strum_ms: float, song_end: int) -> tuple[tuple[int, int], ...]:
    """(start, end) in ticks of every note of the part, in its order, as played; ends keep the notes' lengths.

    Notes that say how late their player strikes them keep that beside the style's place; the others wander as hands do.
    Every start lies in 0..song_end - 1 within MAX_OFFSET_MS of the swung grid, and rises with the score's starts.
    """
    starts = np.array([note.start for note in part.notes], np.int64)
    ends = np.array([note.end for note in part.notes], np.int64)
    if not len(starts):
        return ()
    pitches = np.array([note.pitch for note in part.notes], np.int64)
    own = np.array([bool(note.late_ms) for note in part.notes])
    late = np.array([note.late_ms[0] if note.late_ms else 0.0 for note in part.notes])
    ours = jitter_ms(part.role, starts, feel) + spread_ms(part.notes, strum_ms, feel.meter)
    offset = bounded_ms(place_ms(part.role, pitches, feel) + np.where(own, late, ours))
    swung = swing(starts, feel)
    played = _ordered(starts, moved(swung, offset, feel.tempos), song_end)
    lengths = np.maximum(1, swing(ends, feel) - swung)
    return tuple(zip(played.tolist(), (played + lengths).tolist(), strict=True))


def moved(ticks: Ticks, offset_ms: Values, tempos: TempoMap) -> Ticks:
    """Ticks moved by milliseconds through the tempo map."""
    seconds = tempos.seconds_of(ticks) + offset_ms / 1000.0
    changes = np.array([change.tick for change in tempos.changes], np.int64)
    begins = tempos.seconds_of(changes)
    rates = np.array([change.bpm * TICKS_PER_QUARTER / 60.0 for change in tempos.changes])
    i = np.maximum(0, np.searchsorted(begins, seconds, side="right") - 1)
    return np.asarray(np.round(changes[i] + (seconds - begins[i]) * rates[i]), dtype=np.int64)


def _ordered(starts: Ticks, played: Ticks, song_end: int) -> Ticks:
    """Played starts in 0..song_end - 1, every onset of the score strictly after all of the one before."""
    onsets, index = np.unique(starts, return_inverse=True)
    result = played.copy()
    floor = 0
    for i, members in enumerate(np.split(np.argsort(index, kind="stable"), np.cumsum(np.bincount(index))[:-1])):
        ceiling = max(floor, song_end - (len(onsets) - i))
        result[members] = np.clip(played[members], floor, ceiling)
        floor = int(result[members].max()) + 1
    return result
