"""The groove of a performance, read back from its onsets: swing, each player's place, and how loosely he keeps it."""

import numpy as np
from numpy.typing import NDArray

from daiw.music.drum_patterns import KIT, TIME_KEEPERS
from daiw.music.groove import MAX_SWING_PERCENT, STRAIGHT_PERCENT, Groove
from daiw.music.score import Arrangement, Note, Timeline
from daiw.music.time import TICKS_PER_QUARTER

Values = NDArray[np.float64]

PLAYERS = {
    "kick": ("drums", frozenset(KIT[voice] for voice in KIT if voice == "kick")),
    "snare": ("drums", frozenset(KIT[voice] for voice in ("side stick", "snare", "clap", "swirl"))),
    "hat": ("drums", frozenset(KIT[voice] for voice in TIME_KEEPERS)),
    "bass": ("bass", frozenset(range(128))),
    "chords": ("chords", frozenset(range(128))),
    "melody": ("melody", frozenset(range(128))),
    "counter": ("counter", frozenset(range(128))),
}
"""Field of `Groove` without its unit -> the track and the pitches it speaks of."""

SWUNG_PERCENT = 52.0
"""Swing below this is a player's wandering; the finer pair is then asked."""

ON_WINDOW, OFF_LOW, OFF_HIGH = 0.14, 0.44, 0.78
"""Places in a pair, 0..1, that count as on it and as its second half."""

FEWEST_NOTES = 8
HUMANIZE, KIT_SPREAD_MS = 0.4, 10.0
"""The share of natural spread that is assumed when looseness is named, and a kit's natural spread."""

GHOST_VELOCITY = 50


def extract_groove(arrangement: Arrangement) -> Groove:
    """The groove that a performance follows, in the terms of `music.groove`.

    Swing is the median place of the second notes of pairs, eighths first, sixteenths where those are straight; offsets are medians of
    the distance to the grid over notes that swing does not move.  A player with fewer than FEWEST_NOTES is taken to sit on the grid.
    Offsets beyond a seventh of a pair cannot be told from other notes.
    """
    timeline = arrangement.timeline
    players = {name: _notes(arrangement, role, pitches) for name, (role, pitches) in PLAYERS.items()}
    everyone = [(notes, _offset_ms(notes, timeline, TICKS_PER_QUARTER)) for notes in players.values()]
    steps, percent = 8, _swing_percent(everyone, timeline, TICKS_PER_QUARTER)
    if percent < SWUNG_PERCENT:
        pair = TICKS_PER_QUARTER // 2
        everyone = [(notes, _offset_ms(notes, timeline, pair)) for notes in players.values()]
        steps, percent = 16, _swing_percent(everyone, timeline, pair)
    pair = 2 * 4 * TICKS_PER_QUARTER // steps
    places = {name: _offset_ms(notes, timeline, pair) for name, notes in players.items()}
    ghosts = [note.velocity for note in players["snare"] if note.velocity < GHOST_VELOCITY]
    kit = [_residues_ms(players[name], timeline, pair) for name in ("kick", "snare", "hat") if len(players[name]) >= FEWEST_NOTES]
    spreads = [float(np.std(residues)) for residues in kit if len(residues) > 1]
    spread = float(np.median(spreads)) if spreads else 0.0
    return Groove(
        swing_percent=percent,
        swing_steps=steps,
        ghost_velocity=(min(ghosts), max(ghosts)) if ghosts else Groove().ghost_velocity,
        looseness=min(1.0, spread / (2.0 * HUMANIZE * KIT_SPREAD_MS)),
        **{f"{name}_ms": places[name] for name in PLAYERS},
    )


def _notes(arrangement: Arrangement, role: str, pitches: frozenset[int]) -> tuple[Note, ...]:
    """The first note of every chord of a role's notes at `pitches`."""
    found = [note for track in arrangement.tracks if track.role == role for note in track.notes if note.pitch in pitches]
    return tuple(sorted(found))


def _places(notes: tuple[Note, ...], timeline: Timeline, pair: int) -> tuple[Values, Values]:
    """Each note's place in its pair, 0..1, a little early ones as just below 0, and the length of its pair in milliseconds."""
    starts = np.array([note.start for note in notes], float)
    bars = np.array([timeline.meter(note.start).bar_ticks for note in notes], float)
    place = (starts % bars) % pair / pair
    pair_ms = np.array([60000.0 * pair / (TICKS_PER_QUARTER * timeline.tempos.bpm(note.start)) for note in notes])
    return np.where(place > 1.0 - ON_WINDOW, place - 1.0, place), pair_ms


def _residues_ms(notes: tuple[Note, ...], timeline: Timeline, pair: int) -> Values:
    """Distance in milliseconds of the notes near the start of a pair from it."""
    if not notes:
        return np.zeros(0)
    place, pair_ms = _places(notes, timeline, pair)
    return np.asarray((place * pair_ms)[np.abs(place) <= ON_WINDOW])


def _offset_ms(notes: tuple[Note, ...], timeline: Timeline, pair: int) -> float:
    """The median of those distances, 0 where there are too few."""
    residues = _residues_ms(notes, timeline, pair)
    return float(np.median(residues)) if len(residues) >= FEWEST_NOTES else 0.0


def _swing_percent(players: list[tuple[tuple[Note, ...], float]], timeline: Timeline, pair: int) -> float:
    """Median place of the second notes of pairs in percent, each player's own offset taken away; straight where there are too few."""
    seconds: list[float] = []
    for notes, offset_ms in players:
        if notes:
            place, pair_ms = _places(notes, timeline, pair)
            clean = place - offset_ms / pair_ms
            seconds += clean[(clean >= OFF_LOW) & (clean <= OFF_HIGH)].tolist()
    if len(seconds) < FEWEST_NOTES:
        return STRAIGHT_PERCENT
    return float(min(MAX_SWING_PERCENT, max(STRAIGHT_PERCENT, 100.0 * np.median(seconds))))
