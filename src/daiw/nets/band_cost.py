"""What speaks against a take of bass, keys or drums, in one number and in words."""

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.band_controls import chord_tone_share
from daiw.tokens.controls import CHORD_TONES
from daiw.tokens.grid import UNITS_PER_QUARTER
from daiw.tokens.kit_controls import KEEPERS, KIT_COLUMN, backbeat_of, crash_of, keeper_of, kit_bin, turn_of, typical_bar
from daiw.tokens.onsets import VOICE, Harmony, Played
from daiw.tokens.sheet import Events

UNLIKELY_BITS = {"bass": 1.6, "keys": 1.8, "drums": 2.6}
"""Bits a token from which a take counts as unlikely."""


def cost_of(
    voice: str, bits: float, rows: Played, wanted: float, chords: Events, tune: Events, bass: frozenset[int], bars: int, units: int,
    controls: NDArray[np.int64],
) -> tuple[float, str]:  # fmt: skip
    """(cost, reasons).  rows: the take.  wanted: onsets asked for.  bass: its onsets, for drums.  controls: of the same bars."""
    onsets = len(np.unique(rows[:, 0]))
    parts = {
        "surprise": 0.6 * max(0.0, bits - UNLIKELY_BITS[voice]),
        "density": _unlike(rows, bars, units, controls) if voice == "drums" else abs(onsets - wanted) / max(4.0, wanted),
        "empty": sum(not ((rows[:, 0] // units) == bar).any() for bar in range(bars)) / bars,
    }
    parts |= _drums(rows, bass, bars, units, controls) if voice == "drums" else _pitched(voice, rows, chords, tune)
    said = ", ".join(f"{name} {value:.2f}" for name, value in parts.items() if value >= 0.05) or "nothing against it"
    return sum(parts.values()), said


def _pitched(voice: str, rows: Played, chords: Events, tune: Events) -> dict[str, float]:
    """Off the chords, leaping, or on top of the melody."""
    harmony = Harmony(chords)
    parts = {"off chords": 3.0 * max(0.0, 0.93 - chord_tone_share(rows, harmony))}
    if voice == "bass":
        leaps = np.abs(np.diff(rows[:, 1]))
        parts["leaps"] = float((leaps > 12).mean()) if len(leaps) else 0.0
        return parts
    parts["thin"] = 0.6 * max(0.0, 0.75 - _thirds(rows, harmony))
    parts["over the melody"] = 1.5 * _clashes(rows, tune)
    return parts


def _thirds(rows: Played, harmony: Harmony) -> float:
    """Share of the chords whose third or fourth is played while they last."""
    found: dict[int, bool] = {}
    for unit, pitch, _, _ in rows.tolist():
        i = int(np.searchsorted(harmony.starts, unit, side="right")) - 1
        if i >= 0:
            root, quality = harmony.rows[i]
            step = (pitch - root) % 12
            found[i] = found.get(i, False) or (bool(CHORD_TONES[quality, step]) and step in (2, 3, 4, 5))
    return sum(found.values()) / len(found) if found else 1.0


def _clashes(rows: Played, tune: Events) -> float:
    """Share of the onsets of the keys that sound a semitone from the melody, or a third or more above it."""
    if not len(tune) or not len(rows):
        return 0.0
    starts, ends = tune[:, 0], tune[:, 0] + tune[:, 2]
    bad = 0
    for unit, pitch, _, _ in rows.tolist():
        i = int(np.searchsorted(starts, unit, side="right")) - 1
        if i >= 0 and ends[i] > unit:
            bad += abs(pitch - int(tune[i, 1])) == 1 or pitch > int(tune[i, 1]) + 3
    return bad / len(rows)


def _unlike(rows: Played, bars: int, units: int, controls: NDArray[np.int64]) -> float:
    """How many bins of strokes a quarter lie between a take of the drums and what was asked, a quarter each."""
    found = kit_bin("density", len(rows) / (bars * units / UNITS_PER_QUARTER))
    return 0.25 * abs(found - float(controls[:, KIT_COLUMN["density"]].mean()))


def _drums(rows: Played, bass: frozenset[int], bars: int, units: int, controls: NDArray[np.int64]) -> dict[str, float]:
    """Turns, crashes, time-keeper and backbeat that are not as asked; a kick that leaves the bass alone."""
    played = [rows[rows[:, 0] // units == bar] for bar in range(bars)]
    typical = played[typical_bar(played, units)]
    missed = {"turn": 0.0, "crash": 0.0, "keeper": 0.0, "backbeat": 0.0}
    for bar, strokes in enumerate(played):
        told = controls[bar]
        missed["turn"] += abs(turn_of(strokes, typical, units) + 1 - int(told[KIT_COLUMN["turn"]])) / 2
        missed["crash"] += crash_of(strokes, units) + 1 != told[KIT_COLUMN["crash"]]
        keeper = keeper_of(strokes)
        missed["keeper"] += keeper + 1 != told[KIT_COLUMN["keeper"]] and KEEPERS[keeper] != "pedal hat"
        missed["backbeat"] += backbeat_of(strokes) + 1 != told[KIT_COLUMN["backbeat"]]
    result = {name: 0.6 * value / bars for name, value in missed.items()}
    kicks = set(rows[rows[:, 1] == VOICE["kick"], 0].tolist())
    if bass and kicks:
        result["away from the bass"] = 0.4 * (1.0 - len(kicks & bass) / len(kicks))
    return result
