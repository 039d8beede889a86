"""Fills that end a phrase, rolls that lead into a louder section, and the hat rolls of trap."""

import numpy as np

from daiw.composer.kit_bars import SIXTEENTH, Beat, Hit
from daiw.music.drum_patterns import FILLS, TIME_KEEPERS
from daiw.music.time import TICKS_PER_QUARTER

ROLL_DIVISIONS = (SIXTEENTH // 2, TICKS_PER_QUARTER // 6, TICKS_PER_QUARTER // 3)
"""Ticks between strokes of a hat roll: thirty-seconds, sixteenth triplets, eighth triplets."""


def fill_bar(groove_hits: list[Hit], beats: tuple[Beat, ...], length: int, choice: tuple[str, int]) -> list[Hit]:
    """The bar with its last `length` beats replaced by a fill.  choice: (family of `FILLS`, index into it)."""
    length = min(length, len(beats), 4)
    if length == 0:
        return groove_hits
    start = beats[-length].start
    fills = FILLS[choice[0]]
    fill = fills[choice[1] % len(fills)]
    kept = [hit for hit in groove_hits if hit.tick < start or hit.voice == "pedal hat"]
    tail = [Beat(beat.start, beat.length, 4 - length + i, beat.compound) for i, beat in enumerate(beats[-length:])]
    return kept + [hit for voice, row in fill.items() for beat in tail for hit in beat.hits(voice, row)]


def build_bar(bars_left: int, beats: tuple[Beat, ...], voice: str) -> list[Hit]:
    """A bar of a build: quarters, then eighths, then sixteenths on `voice`, hotter towards the end; `bars_left` counts down to 1."""
    hits = []
    for i, beat in enumerate(beats):
        late = bars_left == 1 and i >= len(beats) / 2
        division = SIXTEENTH if late or bars_left == 1 else 2 * SIXTEENTH if bars_left == 2 else beat.length
        for tick in range(beat.start, beat.start + beat.length, division):
            strong = tick == beat.start
            letter = ("X" if strong else "x") if late or bars_left == 1 else ("x" if strong else "o")
            hits.append(Hit(tick, voice, letter))
    if bars_left > 1:
        hits += [Hit(beat.start, "kick", "x") for beat in beats]
    return hits


def roll_hats(hits: list[Hit], beats: tuple[Beat, ...], rng: np.random.Generator) -> list[Hit]:
    """The bar with one beat, or half of one, of its closed hats rolled; compound beats are left alone."""
    beat = beats[int(rng.integers(len(beats)))]
    division = ROLL_DIVISIONS[int(rng.choice(3, p=(0.45, 0.35, 0.2)))]
    half = rng.random() < 0.5 and division < TICKS_PER_QUARTER // 3
    rising = rng.random() < 0.6
    if beat.compound or beat.length < TICKS_PER_QUARTER:
        return hits
    start = beat.start + (TICKS_PER_QUARTER // 2 if half else 0)
    end = beat.start + TICKS_PER_QUARTER
    ticks = range(start, end, division)
    letters = ("o", "x", "X") if rising else ("X", "x", "o")
    kept = [hit for hit in hits if hit.voice not in TIME_KEEPERS or not start <= hit.tick < end]
    return kept + [Hit(tick, "closed hat", letters[min(2, 3 * i // len(ticks))]) for i, tick in enumerate(ticks)]
