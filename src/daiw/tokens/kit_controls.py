"""What the drummer is told of every bar: style, tempo, how busy and loud, who keeps time, where the fills and crashes are."""

import numpy as np
from numpy.typing import NDArray

from daiw.tokens.controls import EDGES, PHRASE_BARS, degree, feelings
from daiw.tokens.grid import UNITS_PER_QUARTER
from daiw.tokens.onsets import VOICE, Played
from daiw.tokens.refs import overlap
from daiw.tokens.takes import DRUM_STYLES, DrumTake

KIT_CONTROLS = (
    ("style", len(DRUM_STYLES) + 1),
    ("tempo", 9),
    ("density", 9),
    ("loudness", 8),
    ("shuffle", 4),
    ("turn", 4),
    ("crash", 4),
    ("keeper", 6),
    ("backbeat", 4),
    ("arousal", 10),
)
"""Columns and their number of values; 0 is always "not told"."""

KIT_COLUMN = {name: i for i, (name, _) in enumerate(KIT_CONTROLS)}
KIT_FELT = ("density", "loudness", "shuffle", "turn", "crash", "keeper", "backbeat", "arousal")
KIT_EDGES = {
    "density": (1.75, 2.75, 3.5, 4.25, 5.0, 6.0, 7.0),
    "loudness": (42.0, 51.0, 59.0, 67.0, 76.0, 88.0),
    "shuffle": (0.06, 0.25),
}
"""Between the bins of: strokes a quarter, mean MIDI velocity, share of onsets on triplet eighths."""

TURNS = ("groove", "variation", "fill")
CRASHES = ("none", "downbeat", "elsewhere")
KEEPERS = ("none", "closed hat", "open hat", "ride", "pedal hat")
BACKBEATS = ("none", "snare", "side stick")
TOMS = frozenset((VOICE["low tom"], VOICE["mid tom"], VOICE["high tom"]))
HEARD_VELOCITY = 45
"""A backbeat is a stroke of at least this velocity; softer ones are ghosts."""

GROOVE_SHARE, VARIATION_SHARE = 0.62, 0.45
"""Least F1 with the take's typical bar to be the groove, and to be a variation of it; less is a fill."""

FILL_TOMS = 3
"""So many strokes on toms that the typical bar lacks make a fill, too."""


def bars_of(take: DrumTake) -> list[Played]:
    """The strokes of every bar."""
    bar = take.strokes[:, 0] // take.bar_units
    return [take.strokes[bar == i] for i in range(take.bars)]


def typical_bar(bars: list[Played], units: int) -> int:
    """The index of the bar that resembles the others most."""
    said = [_places(bar, units) for bar in bars]
    step = max(1, len(said) // 24)
    sample = said[::step]
    return max(range(len(said)), key=lambda i: (sum(overlap(said[i], other) for other in sample), -i))


def _places(bar: Played, units: int) -> frozenset[object]:
    """(unit, voice) of the strokes that are heard."""
    return frozenset((int(unit) % units, int(voice)) for unit, voice, velocity, _ in bar.tolist() if velocity >= HEARD_VELOCITY // 2)


def turn_of(bar: Played, typical: Played, units: int) -> int:
    """Index of TURNS."""
    toms = sum(int(voice) in TOMS for voice in bar[:, 1]) - sum(int(voice) in TOMS for voice in typical[:, 1])
    alike = overlap(_places(bar, units), _places(typical, units))
    return 0 if alike >= GROOVE_SHARE and toms < FILL_TOMS else 1 if alike >= VARIATION_SHARE and toms < FILL_TOMS else 2


def crash_of(bar: Played, units: int) -> int:
    """Index of CRASHES."""
    at = bar[bar[:, 1] == VOICE["crash"], 0] % units
    return 0 if not len(at) else 1 if int(at.min()) == 0 else 2


def keeper_of(bar: Played) -> int:
    """Index of KEEPERS: the voice that keeps the time with three strokes or more."""
    counts = [0, *(int((bar[:, 1] == VOICE[name]).sum()) for name in KEEPERS[1:])]
    counts[3] += int((bar[:, 1] == VOICE["ride bell"]).sum())
    if max(counts[1:4]) >= 3:
        return int(np.argmax(counts[:4]))
    return 4 if counts[4] >= 2 else 0


def backbeat_of(bar: Played) -> int:
    """Index of BACKBEATS."""
    loud = bar[bar[:, 2] >= HEARD_VELOCITY, 1]
    snare, stick = int((loud == VOICE["snare"]).sum()), int((loud == VOICE["side stick"]).sum())
    return 0 if snare + stick == 0 else 1 if snare >= stick else 2


def kit_bin(name: str, value: float) -> int:
    """The bin, from 1, of a measured control."""
    return 1 + int(np.searchsorted(KIT_EDGES[name], value, side="right"))


def kit_controls(take: DrumTake) -> NDArray[np.int16]:
    """(bars, len(KIT_CONTROLS)): what is true of every bar of a take."""
    bars, units = bars_of(take), take.bar_units
    typical = bars[typical_bar(bars, units)] if bars else take.strokes
    rows = np.zeros((take.bars, len(KIT_CONTROLS)), np.int16)
    rows[:, KIT_COLUMN["style"]] = DRUM_STYLES.index(take.style) + 1 if take.style in DRUM_STYLES else 0
    rows[:, KIT_COLUMN["tempo"]] = 1 + int(np.searchsorted(EDGES["tempo"], take.bpm, side="right"))
    for i, bar in enumerate(bars):
        rows[i, KIT_COLUMN["turn"]] = 1 + (2 if take.fill else turn_of(bar, typical, units))
        rows[i, KIT_COLUMN["crash"]] = 1 + crash_of(bar, units)
        rows[i, KIT_COLUMN["keeper"]] = 1 + keeper_of(bar)
        rows[i, KIT_COLUMN["backbeat"]] = 1 + backbeat_of(bar)
    for first in range(0, take.bars, PHRASE_BARS):
        some = np.concatenate(bars[first : first + PHRASE_BARS])
        count = len(bars[first : first + PHRASE_BARS])
        density = len(some) / (count * units / UNITS_PER_QUARTER)
        loudness = float(some[:, 2].mean()) if len(some) else 0.0
        onsets = np.unique(some[:, 0]) % UNITS_PER_QUARTER
        shuffled = float(np.isin(onsets, (4, 8)).mean()) if len(onsets) else 0.0
        phrase = slice(first, first + PHRASE_BARS)
        rows[phrase, KIT_COLUMN["density"]] = kit_bin("density", density)
        rows[phrase, KIT_COLUMN["loudness"]] = kit_bin("loudness", loudness)
        rows[phrase, KIT_COLUMN["shuffle"]] = kit_bin("shuffle", shuffled)
        rows[phrase, KIT_COLUMN["arousal"]] = degree(kit_arousal(take.bpm, density, loudness))
    return rows


def kit_arousal(bpm: float, density: float, loudness: float) -> float:
    """Arousal -1..1 of a drum phrase by the additive model of `tokens.controls`, from tempo, density and loudness alone."""
    unknown = dict.fromkeys(("mode", "register", "dissonance", "articulation"), float("nan"))
    return feelings(unknown | {"tempo": float(np.log2(bpm)), "density": density / 3.5, "loudness": 80.1 + (loudness - 62.0) * 0.7})[1]
