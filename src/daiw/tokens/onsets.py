"""Bass, keys and drums as onsets: a slot of the bar and what is struck there; to tokens and back, exactly.

The grammar of one onset, after its slot: bass is OFFSET DURATION LEVEL, keys are TONE (rising, up to MOST_TONES) DURATION LEVEL, drums are
STROKE TIMING, again for every further voice in rising order.
"""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.grid import DURATIONS, slot_of, unit_of
from daiw.tokens.refs import references
from daiw.tokens.sheet import Events
from daiw.tokens.vocab import (
    BAR,
    DURATION,
    KIT_VOICES,
    LEVEL,
    LEVEL_EDGES,
    LEVELS,
    OFFSET,
    ROOT_LOW,
    SLOT,
    STRENGTH_EDGES,
    STRENGTHS,
    STROKE,
    TIMING,
    TIMINGS_MS,
    TONE,
    bar_token,
)

Played = NDArray[np.int32]
"""(n, 4) rows sorted by unit, then by pitch or voice.  Bass and keys: start unit, MIDI pitch, duration units, velocity against the part's
mean.  Drums: start unit, index of KIT_VOICES, MIDI velocity, milliseconds after the swung grid."""

MOST_TONES = 5
PITCHED = {"bass": OFFSET, "keys": TONE}


@dataclass(frozen=True, slots=True)
class Onset:
    """slot: of the bar.  body: the tokens after the slot's."""

    slot: int
    body: tuple[int, ...]

    @property
    def tokens(self) -> tuple[int, ...]:
        """The slot's token and the body."""
        return (SLOT.token(self.slot), *self.body)


def base_pitch(root: int) -> int:
    """The MIDI pitch of a root 0..11 from which bass and keys are counted.

    >>> base_pitch(4), base_pitch(3)
    (28, 39)
    """
    return ROOT_LOW + (root - ROOT_LOW) % 12


class Harmony:
    """Chords of a stretch, asked for at units; C major before the first."""

    def __init__(self, chords: Events) -> None:
        self.starts = chords[:, 0].tolist()
        self.rows = [tuple(row) for row in chords[:, 1:].tolist()]

    def at(self, unit: int) -> tuple[int, int]:
        """(root, class) sounding at `unit`; (-1, -1) before the first."""
        i = bisect_right(self.starts, unit) - 1
        return self.rows[i] if i >= 0 else (-1, -1)

    def base(self, unit: int) -> int:
        """The base pitch at `unit`."""
        return base_pitch(max(0, self.at(unit)[0]))


def strength_token(voice: int, velocity: int) -> int:
    """The stroke of a voice at a MIDI velocity."""
    return STROKE.token(voice * len(STRENGTHS) + bisect_right(STRENGTH_EDGES, velocity))


def stroke_of(token: int) -> tuple[int, int]:
    """(voice, strength) of a stroke token."""
    voice, strength = divmod(STROKE.value(token), len(STRENGTHS))
    return voice, strength


def timing_token(ms: float) -> int:
    """The nearest timing, the outermost beyond."""
    step = TIMINGS_MS[1] - TIMINGS_MS[0]
    return TIMING.token(min(len(TIMINGS_MS) - 1, max(0, int((ms - TIMINGS_MS[0]) / step + 0.5))))


def level_token(deviation: float) -> int:
    """The level of a velocity's deviation from the part's mean."""
    return LEVEL.token(bisect_right(LEVEL_EDGES, deviation))


def onsets_of(role: str, played: Played, chords: Events, bars: int, bar_units: int) -> list[list[Onset]]:
    """The onsets of every bar.  Rows of one unit are one onset: keys share the first row's length and level.

    Raises ValueError where a row cannot be said: `sayable` sees to it that every row can.
    """
    harmony = Harmony(chords)
    grouped: dict[int, list[list[int]]] = {}
    for row in played.tolist():
        grouped.setdefault(row[0], []).append(row)
    result: list[list[Onset]] = [[] for _ in range(bars)]
    for start in sorted(grouped):
        bar, unit = divmod(start, bar_units)
        if 0 <= bar < bars:
            result[bar].append(Onset(slot_of(unit), _body(role, grouped[start], harmony.base(start))))
    return result


def _body(role: str, rows: list[list[int]], base: int) -> tuple[int, ...]:
    """The tokens of rows that start together."""
    if role == "drums":
        return tuple(token for _, voice, velocity, ms in rows for token in (strength_token(voice, velocity), timing_token(ms)))
    kind = PITCHED[role]
    pitches = [kind.token(pitch - base) for _, pitch, _, _ in rows]
    return (*pitches, DURATION.token(DURATIONS.index(rows[0][2])), level_token(rows[0][3]))


def sayable(role: str, played: Played, chords: Events) -> Played:
    """The rows as the tokens give them back: octaves folded into the vocabulary, at most MOST_TONES together, values at bin middles."""
    harmony = Harmony(chords)
    grouped: dict[int, list[list[int]]] = {}
    for row in played.tolist():
        grouped.setdefault(row[0], []).append(row)
    rows: list[tuple[int, int, int, int]] = []
    for start in sorted(grouped):
        if role == "drums":
            loudest: dict[int, tuple[int, int]] = {}
            for _, voice, velocity, ms in grouped[start]:
                loudest[voice] = max(loudest.get(voice, (0, 0)), (velocity, ms))
            for voice, (velocity, ms) in sorted(loudest.items()):
                strength = STRENGTHS[bisect_right(STRENGTH_EDGES, velocity)]
                rows.append((start, voice, strength, TIMINGS_MS[TIMING.value(timing_token(ms))]))
            continue
        base, kind = harmony.base(start), PITCHED[role]
        pitches = sorted({_folded(pitch - base, kind.size) + base for _, pitch, _, _ in grouped[start]})
        pitches = pitches[:1] if role == "bass" else pitches[-MOST_TONES:]
        length = max(DURATIONS[min(len(DURATIONS) - 1, _index_of(row[2]))] for row in grouped[start])
        level = LEVELS[bisect_right(LEVEL_EDGES, float(np.mean([row[3] for row in grouped[start]])))]
        rows += [(start, pitch, length, level) for pitch in pitches]
    return np.array(rows, np.int32).reshape(-1, 4)


def _index_of(units: int) -> int:
    """The index of the duration nearest to `units`."""
    return min(range(len(DURATIONS)), key=lambda i: (abs(DURATIONS[i] - units), i))


def _folded(value: int, size: int) -> int:
    """The value moved by octaves into 0..size - 1."""
    return value % 12 if value < 0 else value - 12 * max(0, -(-(value - size + 1) // 12))


def encode_onsets(bars: list[list[Onset]], role: str, *, refer: bool = True) -> list[int]:
    """The token stream of bars of onsets, each opened by its reference."""
    heads = references([heard(bar, role) for bar in bars]) if refer else [bar_token(0, 0)] * len(bars)
    return [token for head, bar in zip(heads, bars, strict=True) for token in (head, *(t for onset in bar for t in onset.tokens))]


def heard(bar: list[Onset], role: str) -> frozenset[tuple[int, int]]:
    """(slot, voice or pitch token) pairs by which bars are compared; strength, timing, length and level do not count."""
    if role == "drums":
        return frozenset((onset.slot, stroke_of(token)[0]) for onset in bar for token in onset.body if token in STROKE)
    return frozenset((onset.slot, token) for onset in bar for token in onset.body if token in PITCHED[role])


def parse(tokens: list[int]) -> list[list[Onset]]:
    """The onsets of every bar of a stream; raises ValueError where it starts without a bar or a body without a slot."""
    bars: list[list[tuple[int, list[int]]]] = []
    for token in tokens:
        if token in BAR:
            bars.append([])
        elif not bars or (token not in SLOT and not bars[-1]):
            raise ValueError("a stream opens with a bar, and every onset with a slot")
        elif token in SLOT:
            bars[-1].append((SLOT.value(token), []))
        else:
            bars[-1][-1][1].append(token)
    return [[Onset(slot, tuple(body)) for slot, body in bar] for bar in bars]


def decode_onsets(tokens: list[int], role: str, chords: Events, bar_units: int) -> Played:
    """The rows of a token stream, at the middles of the bins; raises ValueError where it is not one."""
    harmony = Harmony(chords)
    rows: list[tuple[int, int, int, int]] = []
    for bar, onsets in enumerate(parse(tokens)):
        for onset in onsets:
            start = bar * bar_units + unit_of(onset.slot)
            body = onset.body
            if role == "drums":
                if len(body) % 2 or not body:
                    raise ValueError(f"a stroke without its timing in bar {bar}")
                for stroke, timing in zip(body[::2], body[1::2], strict=True):
                    voice, strength = stroke_of(stroke)
                    rows.append((start, voice, STRENGTHS[strength], TIMINGS_MS[TIMING.value(timing)]))
                continue
            if len(body) < 3:
                raise ValueError(f"an onset breaks off in bar {bar}")
            base, length, level = harmony.base(start), DURATIONS[DURATION.value(body[-2])], LEVELS[LEVEL.value(body[-1])]
            rows += [(start, base + PITCHED[role].value(token), length, level) for token in body[:-2]]
    return np.array(rows, np.int32).reshape(-1, 4)


VOICE = {name: i for i, name in enumerate(KIT_VOICES)}
