"""Voice-leading as a shortest path: every chord gets candidate voicings, and the smoothest chain through them wins."""

from collections.abc import Collection
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daiw.music.chord import Chord
from daiw.music.styles.compose import Voicing

LOW_INTERVAL_LIMITS = {1: 64, 2: 57, 3: 51, 4: 48, 5: 46, 6: 47, 7: 36, 8: 43, 9: 42, 10: 41, 11: 41}
"""Interval in semitones -> lowest MIDI pitch at which its lower note stays clear (arranger's rule of thumb)."""

MUDDY = 3.0
PARALLEL = 4.0
TOP_LEAP = 0.5
CENTRE = 0.25
MINOR_NINTH = 5.0
CROWDING = 1.0
RUB, RUB_AT_THE_NINTH = 14.0, 3.0
"""Cost of a voice a semitone from a tone of the tune that sounds as long as the chord; of one a minor ninth under it."""

Over = tuple[tuple[int, float], ...]
"""The tune over a chord: (MIDI pitch, share 0..1 of the chord's time)."""


def _tones(chord: Chord, voicing: Voicing, voices: int) -> tuple[int, ...]:
    """Pitch classes to sound: third and seventh first, then tensions, root, fifth; sorted as stacked from the root."""
    by_interval = {interval: (chord.root.number + interval) % 12 for interval in chord.intervals}
    intervals = list(by_interval)
    if voicing == "power":
        return tuple(dict.fromkeys(by_interval[i] for i in intervals if i % 12 in (0, 5, 6, 7, 8)))[:2]
    keep = {
        "shell": [i for i in intervals if i % 12 not in (6, 7, 8) or len(intervals) < 4],
        "rootless": [i for i in intervals if i or len(intervals) < 4],
    }.get(voicing, intervals)
    rank = sorted(keep, key=lambda i: (i not in (3, 4, 10, 11, 9), i < 12 and i not in (2, 5), i == 7, i))
    return tuple(by_interval[i] for i in sorted(rank[:voices]))


@lru_cache(maxsize=4096)
def candidates(chord: Chord, voicing: Voicing, window: tuple[int, int], voices: int) -> tuple[tuple[int, ...], ...]:
    """Every stacking of `chord` in the style's manner with exactly `voices` notes (2 for power chords + octave) inside the window."""
    low, high = window
    tones = _tones(chord, voicing, voices)
    found: set[tuple[int, ...]] = set()
    orders = [tones] if voicing == "power" else [tones[i:] + tones[:i] for i in range(len(tones))]
    for order in orders:
        for start in range(low, high + 1):
            if start % 12 != order[0]:
                continue
            close = [start]
            for step in range(1, voices):
                tone = order[step % len(order)]
                close.append(close[-1] + ((tone - close[-1]) % 12 or 12))
            found.update(_spread(close, voicing))
    fitting = sorted(v for v in found if low <= v[0] and v[-1] <= high and len(set(v)) == voices)
    if fitting:
        return tuple(fitting)
    centre = (low + high) // 2
    return (tuple(sorted({centre - 6 + ((tone - centre + 6) % 12) for tone in tones})),)


def _spread(close: list[int], voicing: Voicing) -> list[tuple[int, ...]]:
    """The close position and what the manner makes of it by dropping voices an octave."""
    drops = {"open": ((1,),), "drop2": ((-2,),), "spread": ((-2,), (-2, -4)), "close": ((),), "shell": ((), (-2,)), "rootless": ((), (-2,))}
    result = []
    for drop in drops.get(voicing, ((),)):
        if any(abs(index) > len(close) or (index >= 0 and index >= len(close)) for index in drop):
            result.append(tuple(close))
            continue
        voices = list(close)
        for index in drop:
            voices[index] += 12 if index >= 0 else -12
        result.append(tuple(sorted(voices)))
    return result


def roughness(voicing: tuple[int, ...], chord: Chord) -> float:
    """Cost of one voicing alone: muddy low intervals, minor ninths, and no third where the chord has one."""
    cost = 0.0
    for lower, upper in pairwise(voicing):
        limit = LOW_INTERVAL_LIMITS.get(upper - lower, 0)
        cost += MUDDY + 0.3 * (limit - lower) if lower < limit else 0.0
        cost += 1.5 if upper - lower > 12 else 0.0
    ninths = sum((b - a) in (13, 25) for i, a in enumerate(voicing) for b in voicing[i + 1 :])
    third = {(chord.root.number + i) % 12 for i in chord.intervals if i in (3, 4)}
    missing = bool(third) and not third & {pitch % 12 for pitch in voicing}
    return cost + MINOR_NINTH * ninths * ("b9" not in chord.quality) + (4.0 if missing else 0.0)


@lru_cache(maxsize=4096)
def _table(chord: Chord, voicing: Voicing, window: tuple[int, int], voices: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Candidates as an array (count, voices) and their own costs (count,)."""
    found = candidates(chord, voicing, window, voices)
    centre = sum(window) / 2
    cost = [roughness(v, chord) + CENTRE * abs(sum(v) / len(v) - centre) for v in found]
    return np.array(found, np.int64), np.array(cost)


def lead_voices(
    chords: tuple[Chord, ...], voicing: Voicing, window: tuple[int, int], voices: int, tunes: tuple[Over, ...] = ()
) -> tuple[tuple[int, ...], ...]:
    """The chain of voicings, one a chord, with the least movement (dynamic programming over all candidates).

    Costs: sum of semitones moved, extra for the top voice's leaps, parallel octaves or fifths of top voice and chord bass,
    muddy low intervals, distance from the window's centre.  tunes: the tune over each chord, which the top voice should not cover and
    which no voice should rub against.
    """
    if not chords:
        return ()
    tables = [_table(chord, voicing, window, voices) for chord in chords]
    own = [cost + _against(table, tunes[i]) if tunes and tunes[i] else cost for i, (table, cost) in enumerate(tables)]
    best, back = own[0], []
    for i in range(1, len(chords)):
        total = best[:, None] + _movement(tables[i - 1][0], tables[i][0], chords[i - 1], chords[i])
        back.append(total.argmin(0))
        best = total.min(0) + own[i]
    index = int(best.argmin())
    path = [index]
    for pointers in reversed(back):
        index = int(pointers[index])
        path.append(index)
    return tuple(tuple(int(p) for p in tables[i][0][k]) for i, k in enumerate(reversed(path)))


def clear_of(voices: tuple[int, ...], heard: Collection[int]) -> tuple[int, ...]:
    """The voices that do not rub, a semitone apart, against the pitches `heard` in the tune; all of them where fewer than two are left."""
    clear = tuple(voice for voice in voices if voice - 1 not in heard and voice + 1 not in heard)
    return clear if len(clear) > 1 else voices


def _against(table: NDArray[np.int64], tune: Over) -> NDArray[np.float64]:
    """Cost for covering the tune with the top voice, and for voices a semitone beside it or a minor ninth under it."""
    cost: NDArray[np.float64] = CROWDING * np.maximum(0.0, table[:, -1] - (min(pitch for pitch, _ in tune) - 1))
    for pitch, share in tune:
        beside, ninth = np.abs(table - pitch) == 1, pitch - table == 13
        cost = cost + share * (RUB * beside.sum(-1) + RUB_AT_THE_NINTH * ninth.sum(-1))
    return cost


def _movement(before: NDArray[np.int64], after: NDArray[np.int64], chord: Chord, following: Chord) -> NDArray[np.float64]:
    """Cost of every step from one candidate to the next, (count before, count after)."""
    shared = min(before.shape[1], after.shape[1])
    moved = np.abs(before[:, None, -shared:] - after[None, :, -shared:])
    cost = moved.sum(-1) + TOP_LEAP * np.maximum(0, moved[:, :, -1] - 4)
    if chord.bass_number != following.bass_number:
        first = (before[:, -1] - chord.bass_number) % 12
        second = (after[:, -1] - following.bass_number) % 12
        perfect = (first[:, None] == second[None, :]) & ((first == 0) | (first == 7))[:, None]
        cost = cost + PARALLEL * perfect
    result: NDArray[np.float64] = cost
    return result
