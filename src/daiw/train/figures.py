"""What a set of melodies is like, against real ones: the table of the evaluation."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from daiw.measure.form import section_similarity
from daiw.measure.melody import (
    by_bar,
    chord_tone_ratio,
    groove_similarity,
    intervals,
    leap_share,
    notes_per_bar,
    pitch_class_entropy,
    repeat_share,
    stray_notes,
)
from daiw.music.plan import Plan
from daiw.music.score import Note
from daiw.music.time import TICKS_PER_QUARTER
from daiw.nets.novelty import RUN_NOTES, moves
from daiw.tokens.controls import PHRASE_BARS
from daiw.tokens.grid import TICKS_PER_UNIT

SUNG = frozenset({"verse", "pre-chorus", "chorus", "drop", "bridge"})
"""Sections whose phrases are held against real ones: what comes between them is silent in real songs more often than not."""

Line = tuple[Plan, tuple[Note, ...]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Figure -> value of every song that has one; histograms pooled over songs, as shares."""

    values: dict[str, list[float]]
    interval_shares: dict[int, float]
    onset_shares: dict[int, float]


def returning(plan: Plan, notes: tuple[Note, ...]) -> list[float]:
    """Similarity of every section to the first of its letter."""
    first: dict[str, int] = {}
    found = []
    for i, section in enumerate(plan.sections):
        if "melody" in section.roles:
            if section.letter in first:
                found.append(section_similarity(notes, plan, plan.sections[first[section.letter]], section))
            else:
                first[section.letter] = i
    return found


def breathing(plan: Plan, notes: tuple[Note, ...]) -> tuple[float, float]:
    """Share of phrases of four bars that end on a silent bar, and the mean silence behind them, quarters, at most a bar; nan where none.

    Only sections that are sung through count, since what instruments play between them rests anywhere.
    """
    bars, ticks = by_bar(notes, plan), plan.meter.bar_ticks
    silent, gaps = [], []
    for section in plan.sections:
        if section.name not in SUNG or "melody" not in section.roles:
            continue
        for first in range(section.start_bar, section.start_bar + section.bars - PHRASE_BARS + 1, PHRASE_BARS):
            inside = [note for bar in bars[first : first + PHRASE_BARS] for note in bar]
            end = (first + PHRASE_BARS) * ticks
            if inside:
                silent.append(not bars[first + PHRASE_BARS - 1])
                after = min((note.start for note in notes if note.start >= end), default=end)
                gaps.append(min(ticks, after - inside[-1].end) / TICKS_PER_QUARTER)
    return (float(np.mean(silent)), float(np.mean(gaps))) if silent else (float("nan"), float("nan"))


def shares(counts: Counter[int]) -> dict[int, float]:
    """Counts as shares of one."""
    total = sum(counts.values()) or 1
    return {key: count / total for key, count in sorted(counts.items())}


def overlap_of(a: dict[int, float], b: dict[int, float]) -> float:
    """Overlapped area of two histograms, 0..1."""
    return sum(min(share, b.get(key, 0.0)) for key, share in a.items())


def figures_of(lines: list[Line]) -> Figures:
    """Measure every line against its plan."""
    values: dict[str, list[float]] = {}
    steps: Counter[int] = Counter()
    onsets: Counter[int] = Counter()
    for plan, notes in lines:
        if not notes:
            continue
        row = {
            "pitch-class entropy, 1 bar": pitch_class_entropy(notes, plan),
            "pitch-class entropy, 4 bars": pitch_class_entropy(notes, plan, 4),
            "groove similarity": groove_similarity(notes, plan),
            "notes a bar": notes_per_bar(notes, plan),
            "chord tones": chord_tone_ratio(notes, plan),
            "chord tones, strong beats": chord_tone_ratio(notes, plan, strong_only=True),
            "out of key and chord": len(stray_notes(notes, plan)) / len(notes),
            "repeated pitches": repeat_share(notes),
            "leaps over 7 semitones": leap_share(notes),
        }
        silent, rest = breathing(plan, notes)
        if silent == silent:
            row |= {"phrases that end on a silent bar": silent, "rest behind phrases, quarters": rest}
        similar = returning(plan, notes)
        if similar:
            row["returning sections"] = float(np.mean(similar))
        for name, value in row.items():
            values.setdefault(name, []).append(value)
        steps.update(max(-13, min(13, step)) for step in intervals(notes))
        onsets.update(note.start % plan.meter.bar_ticks // TICKS_PER_UNIT for note in notes if str(plan.meter) == "4/4")
    return Figures(values, shares(steps), shares(onsets))


class Matcher:
    """Exact search for the longest run of a line that occurs in a corpus, by intervals and onsets.  corpus: `moves` of its lines."""

    def __init__(self, corpus: list[tuple[np.ndarray, np.ndarray]], shortest: int = 6) -> None:
        self.shortest = shortest
        self.lines = [[tuple(row) for row in moves(*line).tolist()] for line in corpus]
        self.places: dict[tuple[tuple[int, ...], ...], list[tuple[int, int]]] = {}
        for i, line in enumerate(self.lines):
            for j in range(len(line) - shortest + 2):
                self.places.setdefault(tuple(line[j : j + shortest - 1]), []).append((i, j))

    def longest(self, notes: tuple[Note, ...], besides: int = -1) -> int:
        """Notes of the longest match; 0 below `shortest`.  besides: a corpus line not to look in."""
        starts = np.array([note.start // TICKS_PER_UNIT for note in notes])
        line = [tuple(row) for row in moves(starts, np.array([note.pitch for note in notes])).tolist()] if len(notes) > 1 else []
        best = 0
        for i in range(len(line) - self.shortest + 2):
            for song, j in self.places.get(tuple(line[i : i + self.shortest - 1]), ()):
                if song != besides:
                    best = max(best, 1 + self._run(line, i, self.lines[song], j))
        return best

    def _run(self, a: list[tuple[int, ...]], i: int, b: list[tuple[int, ...]], j: int) -> int:
        """Length of the common run from a[i] and b[j]."""
        length = 0
        while i + length < len(a) and j + length < len(b) and a[i + length] == b[j + length]:
            length += 1
        return length


def table(columns: dict[str, Figures], real: Figures) -> str:
    """Markdown: mean and standard deviation of every figure for every set of lines, and histogram overlaps with `real`."""
    names = list(dict.fromkeys(name for figures in columns.values() for name in figures.values))
    rows = ["| figure | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name in names:
        cells = [
            f"{np.mean(v):.3f} ± {np.std(v):.3f} (n {len(v)})" if (v := figures.values.get(name)) else "-" for figures in columns.values()
        ]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    for label, attribute in (("interval histogram overlap", "interval_shares"), ("onset histogram overlap", "onset_shares")):
        cells = [f"{overlap_of(getattr(figures, attribute), getattr(real, attribute)):.3f}" for figures in columns.values()]
        rows.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


assert RUN_NOTES > 6, "matches are searched from six notes up"
