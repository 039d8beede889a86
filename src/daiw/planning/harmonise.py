"""Chords under a given tune: the cheapest path through the chords a song might use, bar by bar, phrase by phrase."""

from collections.abc import Sequence

import numpy as np

from daiw.music.chord import Chord
from daiw.music.pitch import Key
from daiw.music.roman import chord_of
from daiw.music.score import Note
from daiw.music.time import Meter

CANDIDATES = {
    "major": {"I": 0.0, "ii": 0.5, "iii": 0.9, "IV": 0.1, "V": 0.1, "vi": 0.3, "V7/ii": 1.8, "V7/V": 1.8, "V7/vi": 1.6,
        "iv": 1.9, "bVII": 1.7, "bVI": 2.2},
    "minor": {"i": 0.0, "III": 0.4, "iv": 0.2, "v": 0.7, "V": 0.4, "VI": 0.2, "VII": 0.3, "bII": 2.4, "V7/iv": 2.0, "IV": 1.4},
}  # fmt: skip
"""Mode -> numeral -> how unusual it is; borrowed chords and secondary dominants must earn their place."""

STEPS = {
    "major": {
        ("V", "I"): -0.6, ("V7/V", "V"): -1.4, ("V7/ii", "ii"): -1.4, ("V7/vi", "vi"): -1.4, ("IV", "I"): -0.3, ("ii", "V"): -0.5,
        ("IV", "V"): -0.4, ("vi", "IV"): -0.4, ("vi", "ii"): -0.3, ("I", "vi"): -0.2, ("iv", "I"): -0.9, ("bVII", "IV"): -0.6,
        ("bVI", "bVII"): -1.0, ("bVII", "I"): -0.5, ("V", "vi"): -0.2, ("V", "IV"): 0.3, ("V", "ii"): 0.8,
    },
    "minor": {
        ("V", "i"): -0.6, ("v", "i"): -0.2, ("iv", "V"): -0.5, ("iv", "i"): -0.3, ("VI", "VII"): -0.4, ("VII", "i"): -0.4,
        ("VI", "III"): -0.2,
        ("III", "VII"): -0.3, ("i", "VI"): -0.2, ("V7/iv", "iv"): -1.4, ("bII", "V"): -1.0, ("VII", "III"): -0.4,
        ("V", "VI"): -0.1, ("V", "iv"): 0.8,
    },
}  # fmt: skip
UNPREPARED = 1.6
"""What a secondary dominant that does not go where it points costs besides."""

STAYING = 0.5
FOREIGN, CLASH = 1.6, 2.4
"""Cost of a quarter note outside the chord, and of one a semitone above a chord tone, on a weak place."""

PHRASE_BARS = 4


def harmonise(notes: Sequence[Note], key: Key, meter: Meter, bars: int) -> tuple[tuple[Chord, ...], ...]:
    """One or two chords a bar for a tune in a key; deterministic.

    Viterbi over half bars: melody notes want to be chord tones, the more the longer and the stronger their place; progressions have
    their usual turns; chords change at bar lines rather than inside bars; phrases of four bars end on I, V or IV, the last at home.
    """
    mode = "minor" if key.minor_third else "major"
    home = Key(key.tonic, mode)
    names = list(CANDIDATES[mode])
    chords = [chord_of(name, home) for name in names]
    halves = 2 if meter.beats % 2 == 0 and meter.bar_ticks >= 1920 else 1
    slot = meter.bar_ticks // halves
    own = np.stack([_fit(notes, chords, names, mode, i * slot, (i + 1) * slot, meter) for i in range(bars * halves)])
    for bar in range(PHRASE_BARS - 1, bars, PHRASE_BARS):
        own[bar * halves + halves - 1] += [0.0 if name in ("I", "i", "V", "IV", "iv") else 0.8 for name in names]
    own[-halves:] += [0.0 if name in ("I", "i") else 2.0 for name in names]
    own[0] += [0.0 if name in ("I", "i") else 0.5 for name in names]
    steps = _steps(mode, names)
    cost, back = own[0].copy(), []
    for i in range(1, len(own)):
        inside = i % halves != 0
        total = cost[:, None] + (steps + (0.9 * (1 - np.eye(len(names))) if inside else STAYING * np.eye(len(names))))
        back.append(total.argmin(0))
        cost = total.min(0) + own[i]
    path = [int(cost.argmin())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    path.reverse()
    bars_of = [path[i : i + halves] for i in range(0, len(path), halves)]
    return tuple(tuple(chords[k] for n, k in enumerate(bar) if n == 0 or k != bar[n - 1]) for bar in bars_of)


def _steps(mode: str, names: Sequence[str]) -> np.ndarray:
    """Cost of every step from one candidate to another."""
    table = np.full((len(names), len(names)), 0.35)
    for i, one in enumerate(names):
        table[i, i] = 0.0
        for k, other in enumerate(names):
            table[i, k] = STEPS[mode].get((one, other), table[i, k])
        if "/" in one:
            goal = one.partition("/")[2]
            table[i, [k for k, other in enumerate(names) if other != goal]] += UNPREPARED
    return table


def _fit(notes: Sequence[Note], chords: Sequence[Chord], names: Sequence[str], mode: str, first: int, end: int, meter: Meter) -> np.ndarray:
    """Cost of each chord under the notes that sound in first..end."""
    cost = np.array([CANDIDATES[mode][name] for name in names])
    for note in notes:
        heard = min(note.end, end) - max(note.start, first)
        if heard <= 0:
            continue
        strong = 1.6 if note.start % meter.bar_ticks == 0 else 1.25 if note.start % meter.beat_ticks == 0 else 0.8
        weight = min(2.0, heard / meter.beat_ticks) * strong
        for k, chord in enumerate(chords):
            if note.pitch % 12 in chord.pitch_classes:
                continue
            clash = (note.pitch - 1) % 12 in chord.pitch_classes
            cost[k] += weight * (CLASH if clash else FOREIGN)
    return cost
