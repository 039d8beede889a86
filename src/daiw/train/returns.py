"""How sections of real songs return: bar by bar as before, alike or new; and the log odds by which `nets.lead_returns` has ours return.

Bars are settled from a section's last one backwards: a bar changes by its place, by whether the one after it changes, by verse or not, by
whether the letter comes twice in a row, and by how freely the song varies (normal from song to song, integrated by Gauss and Hermite).
"""

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from daiw.nets.lead_returns import CHANGED, NEW, SHORTEST
from daiw.tokens.refs import SIMILAR, overlap
from daiw.tokens.sheet import SECTION_KINDS, Sheet
from daiw.train.corpus import held_out

KINDS = ("verse", "chorus", "bridge")
NODES = 15
RIDGE = 0.01


@dataclass(frozen=True, slots=True)
class Returned:
    """One return.  song: of which.  at_once: right behind the first of its letter.  alike: F1 of (onset, pitch) with it, every bar's."""

    song: int
    kind: str
    at_once: bool
    alike: tuple[float, ...]


def returns_in(sheets: list[Sheet]) -> list[Returned]:
    """Every return of a section to the first of its kind, where both are as long, in songs of known form."""
    found = []
    for number, sheet in enumerate(sheets):
        bars = [frozenset[tuple[int, int]]()] * sheet.bars
        units = sheet.bar_units
        placed = [(start // units, start % units, pitch) for start, pitch, _ in sheet.notes.tolist()]
        for bar, notes in groupby(placed, itemgetter(0)):
            bars[bar] = frozenset((start, pitch) for _, start, pitch in notes)
        first: dict[int, tuple[int, int]] = {}
        starts = [start for start, _ in sheet.sections] + [sheet.bars]
        for (start, kind), end in zip(sheet.sections, starts[1:], strict=True):
            if SECTION_KINDS[kind] not in KINDS or not any(bars[start:end]):
                continue
            before = first.setdefault(kind, (start, end))
            if before[0] != start and end - start == before[1] - before[0] >= SHORTEST:
                pairs = zip(bars[start:end], bars[slice(*before)], strict=True)
                alike = tuple(overlap(a, b) if a or b else 1.0 for a, b in pairs)
                found.append(Returned(number, SECTION_KINDS[kind], start == before[1], alike))
    return found


def shares(returns: list[Returned]) -> dict[str, float]:
    """Of the bars of every kind: how many return as they were, alike and new; how many last bars and whole sections return as they were."""
    found: dict[str, float] = {}
    for kind in KINDS:
        rows = [row.alike for row in returns if row.kind == kind]
        if not rows:
            continue
        bars = np.concatenate(rows)
        found |= {
            f"{kind}: returns": float(len(rows)), f"{kind}: bars as before": float(np.mean(bars == 1.0)),
            f"{kind}: bars alike": float(np.mean((bars >= SIMILAR) & (bars < 1.0))), f"{kind}: bars new": float(np.mean(bars < SIMILAR)),
            f"{kind}: last bar as before": float(np.mean([row[-1] == 1.0 for row in rows])),
            f"{kind}: wholly as before": float(np.mean([min(row) == 1.0 for row in rows])),
        }  # fmt: skip
    return found


def fitted(returns: list[Returned]) -> dict[str, list[float]]:
    """The log odds of `nets.lead_returns` that make the returns likeliest."""
    rows: list[list[float]] = []
    changes: list[bool] = []
    songs: list[int] = []
    new_rows: list[list[float]] = []
    news: list[bool] = []
    for each in returns:
        later = newer = False
        for place, alike in enumerate(reversed(each.alike)):
            changed, new = alike < 1.0, alike < SIMILAR
            rows.append([*_one_of(place, len(CHANGED)), later, each.at_once, each.kind == "verse"])
            changes.append(changed)
            songs.append(each.song)
            if changed:
                new_rows.append([*_one_of(place, len(NEW)), newer])
                news.append(new)
            later, newer = changed, new
    odds = _mixed(np.array(rows, float), np.array(changes, float), np.unique(songs, return_inverse=True)[1])
    news_odds = _mixed(np.array(new_rows, float), np.array(news, float), None)
    cut = len(CHANGED)
    named = {"CHANGED": odds[:cut], "CHANGED_AFTER, _AT_ONCE, verse": odds[cut:-1], "FREEDOM": odds[-1:]}
    named |= {"NEW": news_odds[: len(NEW)], "NEW_AFTER": news_odds[len(NEW) :]}
    return {name: [round(float(value), 2) for value in values] for name, values in named.items()}


def _one_of(place: int, count: int) -> list[float]:
    return [float(min(place, count - 1) == each) for each in range(count)]


def _mixed(rows: NDArray[np.float64], hits: NDArray[np.float64], songs: NDArray[np.int64] | None) -> NDArray[np.float64]:
    """Log odds a column, and, where songs are told apart, the standard deviation of theirs behind them."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()

    def cost(odds: NDArray[np.float64]) -> float:
        if songs is None:
            z = rows @ odds
            return float(-(hits * z - np.logaddexp(0.0, z)).sum() + RIDGE * (odds**2).sum())
        z = (rows @ odds[:-1])[:, None] + np.exp(odds[-1]) * nodes
        each = hits[:, None] * z - np.logaddexp(0.0, z)
        summed = np.stack([np.bincount(songs, column) for column in each.T], axis=1)
        top = summed.max(axis=1, keepdims=True)
        return float(-(top[:, 0] + np.log(np.exp(summed - top) @ weights)).sum() + RIDGE * (odds[:-1] ** 2).sum())

    found = minimize(cost, np.zeros(rows.shape[1] + (songs is not None)), method="L-BFGS-B").x
    return found if songs is None else np.append(found[:-1], np.exp(found[-1]))


def report(sheets: list[Sheet]) -> dict[str, object]:
    """What POP909's training songs in 4/4 do, and the odds that follow."""
    chosen = [sheet for sheet in sheets if sheet.style == "pop909" and sheet.sections and sheet.meter == "4/4" and not held_out(sheet.name)]
    returns = returns_in(chosen)
    return {name: round(value, 3) for name, value in shares(returns).items()} | dict(fitted(returns))
