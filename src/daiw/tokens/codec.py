"""Sheets to token streams and back, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.grid import DURATIONS, slot_of, unit_of
from daiw.tokens.refs import references
from daiw.tokens.sheet import Events, Sheet, no_events
from daiw.tokens.vocab import BAR, EVENT_KINDS, PITCH_LOW, SLOT, bar_token
from daiw.tokens.walk import Walk, walk_tokens

FIRST_VALUE = {"melody": PITCH_LOW, "chords": 0}


@dataclass(frozen=True, slots=True)
class Stream:
    """features: (n, len(FEATURES)) int16, row i predicts targets[i].  bars: the bar
    that is open when the row's target is chosen, whose controls steer it."""

    features: NDArray[np.int16]
    targets: NDArray[np.int16]
    bars: NDArray[np.int16]


def event_tokens(role: str, events: Events, bar_units: int) -> list[tuple[int, int, int, int]]:
    """(bar, slot token, second token, third token) of every event."""
    _, second, third = EVENT_KINDS[role]
    rows = []
    for start, a, b in events.tolist():
        bar, unit = divmod(start, bar_units)
        value = DURATIONS.index(b) if role == "melody" else b
        rows.append((bar, SLOT.token(slot_of(unit)), second.token(a - FIRST_VALUE[role]), third.token(value)))
    return rows


def encode(sheet: Sheet, role: str, first_bar: int = 0, bars: int | None = None, *, refer: bool = True) -> list[int]:
    """Tokens of `role` in `bars` bars from `first_bar`: for each bar its bar token, then its events.

    refer: False opens every bar with "refers to nothing".  A note's length may cross the barline; so decode is exact.
    """
    bars = sheet.bars - first_bar if bars is None else bars
    per_bar: list[list[tuple[int, int, int]]] = [[] for _ in range(bars)]
    for bar, *tokens in event_tokens(role, sheet.events(role), sheet.bar_units):
        if first_bar <= bar < first_bar + bars:
            per_bar[bar - first_bar].append((tokens[0], tokens[1], tokens[2]))
    heads = references([frozenset((a, b) for a, b, _ in bar) for bar in per_bar]) if refer else [bar_token(0, 0)] * bars
    stream = []
    for head, events in zip(heads, per_bar, strict=True):
        stream.append(head)
        for event in events:
            stream.extend(event)
    return stream


def decode(tokens: list[int], role: str, bar_units: int) -> Events:
    """The events of a token stream; raises ValueError where it is not one."""
    _, second, third = EVENT_KINDS[role]
    rows, bar, i = [], -1, 0
    while i < len(tokens):
        if tokens[i] in BAR:
            bar, i = bar + 1, i + 1
            continue
        if bar < 0 or i + 3 > len(tokens):
            raise ValueError(f"a {role} stream breaks off at token {i}")
        start = bar * bar_units + unit_of(SLOT.value(tokens[i]))
        a, b = second.value(tokens[i + 1]) + FIRST_VALUE[role], third.value(tokens[i + 2])
        rows.append((start, a, DURATIONS[b] if role == "melody" else b))
        i += 3
    return np.array(rows, np.int32).reshape(-1, 3) if rows else no_events()


def window_chords(chords: Events, first_bar: int, bars: int, bar_units: int) -> Events:
    """The chords from `first_bar` on, counted from there, the one held over the barline re-stated; one bar more than asked for."""
    start, end = first_bar * bar_units, (first_bar + bars + 1) * bar_units
    rows = chords[(chords[:, 0] >= start) & (chords[:, 0] < end)].copy()
    held = int(np.searchsorted(chords[:, 0], start, side="right")) - 1
    if held >= 0 and (not len(rows) or rows[0, 0] > start):
        rows = np.concatenate([[[start, *chords[held, 1:]]], rows]).astype(np.int32)
    rows[:, 0] -= start
    return rows


def restate(chords: Events, bars: int, bar_units: int) -> Events:
    """The same harmony with the chord re-stated at the start of every bar that lacks one; nothing before the first chord."""
    if not len(chords):
        return chords
    starts = np.union1d(chords[:, 0], np.arange(bars) * bar_units)
    rows = np.searchsorted(chords[:, 0], starts, side="right") - 1
    kept = rows >= 0
    return np.column_stack([starts[kept], chords[rows[kept], 1:]]).astype(np.int32)


def stream(sheet: Sheet, role: str, first_bar: int, bars: int, *, refer: bool = True) -> Stream:
    """Training rows of a window of `sheet`."""
    tokens = encode(sheet, role, first_bar, bars, refer=refer)
    walk = Walk(role, bars, sheet.bar_units, window_chords(sheet.chords, first_bar, bars, sheet.bar_units))
    features = walk_tokens(walk, tokens)
    opened = np.cumsum([token in BAR for token in tokens])
    inside = np.maximum(0, np.concatenate([[0], opened[:-1]]) - 1)
    return Stream(np.array(features, np.int16), np.array(tokens, np.int16), inside.astype(np.int16))


def split_bars(tokens: Sequence[int]) -> list[tuple[int, ...]]:
    """A stream cut before every bar token."""
    bars: list[list[int]] = []
    for token in tokens:
        if token in BAR:
            bars.append([])
        bars[-1].append(token)
    return [tuple(bar) for bar in bars]
