"""Figures of bass, keys and drums: how their distributions lie against real players', and what of them is found in training."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.music.score import Arrangement, Note
from daiw.nets.band_sheet import VOICE_OF_PITCH
from daiw.tokens.band_controls import chord_tone_share
from daiw.tokens.grid import UNITS_PER_QUARTER
from daiw.tokens.onsets import VOICE, Harmony, Onset, Played, heard
from daiw.tokens.sheet import Events
from daiw.train.groove import grid_units, without_swing

GROUPS = {
    "kick": ("kick",), "snare": ("snare", "side stick"), "time": ("closed hat", "open hat", "ride", "ride bell"), "pedal": ("pedal hat",),
    "toms": ("low tom", "mid tom", "high tom"),
}  # fmt: skip
FURTHEST_MS = 60.0
PERSISTING = 32
"""Fewer onsets tell nothing of how lateness goes on."""


@dataclass(frozen=True, slots=True)
class Strokes:
    """A kit as played, of many bars.  voice: index of KIT_VOICES.  unit: of the grid.  late_ms: after its own swing and lag."""

    voice: NDArray[np.int64]
    unit: NDArray[np.int64]
    velocity: NDArray[np.float64]
    late_ms: NDArray[np.float64]
    bars: int

    def of(self, group: str) -> NDArray[np.bool_]:
        """Which strokes belong to a group."""
        return np.isin(self.voice, [VOICE[name] for name in GROUPS[group]])


def performed_strokes(arrangement: Arrangement, bpm: float, bars: int) -> Strokes:
    """The drum track of an arrangement, read back from its ticks as a recorded take is."""
    notes: tuple[Note, ...] = next((track.notes for track in arrangement.tracks if track.role == "drums"), ())
    kept = [note for note in notes if note.pitch in VOICE_OF_PITCH]
    places = np.array([note.start / 40.0 for note in kept])
    return measured(places, [VOICE_OF_PITCH[note.pitch] for note in kept], [note.velocity for note in kept], bpm, bars)


def measured(places: NDArray[np.float64], voices: list[int], velocities: list[int], bpm: float, bars: int) -> Strokes:
    """Strokes at places in units of the grid, not yet snapped."""
    units = grid_units(places)
    late = without_swing(units, (places - units) * 60000.0 / bpm / UNITS_PER_QUARTER)
    near = np.abs(late) <= FURTHEST_MS
    return Strokes(np.array(voices)[near], units[near], np.array(velocities, float)[near], late[near], bars)


def joined(many: Iterable[Strokes]) -> Strokes:
    """All strokes of several performances."""
    some = list(many)
    return Strokes(
        np.concatenate([one.voice for one in some]),
        np.concatenate([one.unit for one in some]),
        np.concatenate([one.velocity for one in some]),
        np.concatenate([one.late_ms for one in some]),
        sum(one.bars for one in some),
    )


def distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Wasserstein-1 distance of two samples, in their unit; nan where one is empty."""
    if not len(a) or not len(b):
        return float("nan")
    shares = np.linspace(0.0, 1.0, 512)
    return float(np.abs(np.quantile(a, shares) - np.quantile(b, shares)).mean())


def overlap(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    """Overlapped area of two histograms of whole numbers."""
    if not len(a) or not len(b):
        return 0.0
    size = int(max(a.max(), b.max())) + 1
    shares = [np.bincount(x, minlength=size) / len(x) for x in (a, b)]
    return float(np.minimum(*shares).sum())


def feel_figures(ours: Strokes, real: Strokes) -> dict[str, float]:
    """How far a drummer's feel is from real ones'; velocities against each side's mean, since a mix sets the level."""
    found = {"strokes a bar": len(ours.voice) / ours.bars, "timing sd, ms": float(ours.late_ms.std())}
    found["velocity sd"] = float(ours.velocity.std())
    for group in ("kick", "snare", "time"):
        mine, theirs = ours.of(group), real.of(group)
        found[f"timing distance {group}, ms"] = distance(ours.late_ms[mine], real.late_ms[theirs])
        found[f"velocity distance {group}"] = distance(
            ours.velocity[mine] - ours.velocity.mean(), real.velocity[theirs] - real.velocity.mean()
        )
        bar = 4 * UNITS_PER_QUARTER
        found[f"onset overlap {group}"] = overlap(ours.unit[mine] % bar, real.unit[theirs] % bar)
    return found


def lateness_persists(performances: Iterable[Strokes]) -> float:
    """Correlation of one onset's mean lateness with the next's: the median of performances of PERSISTING onsets or more, nan without."""
    found = []
    for strokes in performances:
        units, place = np.unique(strokes.unit, return_inverse=True)
        if len(units) < PERSISTING:
            continue
        means = np.bincount(place, strokes.late_ms) / np.bincount(place)
        if means[:-1].std() and means[1:].std():
            found.append(float(np.corrcoef(means[:-1], means[1:])[0, 1]))
    return float(np.median(found)) if found else float("nan")


@dataclass(frozen=True, slots=True)
class Line:
    """A bass or keys part over its chords, in the neutral key."""

    played: Played
    chords: Events
    bars: int
    units: int


def line_figures(lines: list[Line]) -> dict[str, tuple[float, float]]:
    """(mean, sd over songs) of what a musician would count."""
    rows: dict[str, list[float]] = {}
    for line in lines:
        if not len(line.played):
            continue
        starts, first = np.unique(line.played[:, 0], return_index=True)
        gaps = np.minimum(np.diff(starts), 48)
        used = np.unique(starts // line.units)
        found = {
            "onsets a bar": len(starts) / line.bars,
            "notes a bar": len(line.played) / line.bars,
            "notes an onset": len(line.played) / len(starts),
            "chord tones": chord_tone_share(line.played, Harmony(line.chords)),
            "off-beat onsets": float((starts % UNITS_PER_QUARTER != 0).mean()),
            "held": float(np.minimum(1.0, line.played[first[:-1], 2] / gaps).mean()) if len(gaps) else float("nan"),
            "bars with notes": len(used) / line.bars,
            "pitch sd": float(line.played[:, 1].std()),
            "repeated bars": repeated_bars(line),
        }
        for name, value in found.items():
            rows.setdefault(name, []).append(value)
    return {name: (float(np.nanmean(values)), float(np.nanstd(values))) for name, values in rows.items()}


def repeated_bars(line: Line) -> float:
    """Share of bars whose rhythm and pitches above the root were heard in one of the four bars before."""
    harmony = Harmony(line.chords)
    bars: list[frozenset[tuple[int, int]]] = []
    for bar in range(line.bars):
        some = line.played[line.played[:, 0] // line.units == bar]
        bars.append(frozenset((int(u) % line.units, (int(p) - harmony.base(int(u))) % 12) for u, p, _, _ in some.tolist()))
    return sum(bool(one) and one in bars[max(0, i - 4) : i] for i, one in enumerate(bars)) / max(1, len(bars))


def line_overlaps(lines: list[Line], real: list[Line]) -> dict[str, float]:
    """Overlapped areas of the histograms of onsets in the bar and of intervals above the root."""

    def onsets(some: list[Line]) -> NDArray[np.int64]:
        return np.concatenate([np.unique(line.played[:, 0]) % line.units for line in some if line.units == 48])

    def steps(some: list[Line]) -> NDArray[np.int64]:
        return np.concatenate(
            [np.array([(p - Harmony(line.chords).base(u)) % 12 for u, p, _, _ in line.played.tolist()], np.int64) for line in some]
        )

    return {"onset overlap": overlap(onsets(lines), onsets(real)), "interval above the root overlap": overlap(steps(lines), steps(real))}


class BarMatcher:
    """Runs of bars that occur in training."""

    def __init__(self, songs: Iterable[list[list[Onset]]], role: str) -> None:
        self.role = role
        self.bars = [[heard(bar, role) for bar in song] for song in songs]
        self.places: dict[frozenset[tuple[int, int]], list[tuple[int, int]]] = {}
        for song, bars in enumerate(self.bars):
            for i, bar in enumerate(bars):
                if len(bar) >= 3:
                    self.places.setdefault(bar, []).append((song, i))

    def longest(self, song: list[list[Onset]]) -> int:
        """The most different bars in a row that a training song has in a row, too; bars that only repeat the one before do not count."""
        bars = [heard(bar, self.role) for bar in song]
        best = 0
        for i, bar in enumerate(bars):
            for other, j in self.places.get(bar, [])[:200]:
                count, length = 1, 1
                theirs = self.bars[other]
                while i + length < len(bars) and j + length < len(theirs) and bars[i + length] == theirs[j + length]:
                    count += bars[i + length] != bars[i + length - 1] and len(bars[i + length]) >= 3
                    length += 1
                best = max(best, count)
        return best
