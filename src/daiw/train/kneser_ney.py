"""The baseline to beat: an interpolated Kneser-Ney model over the same tokens, with or without the same copy information."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from daiw.tokens.layout import Layout
from daiw.tokens.vocab import BAR, EVENT_KINDS, SIZE, SLOT
from daiw.tokens.walk import FEATURES
from daiw.train.corpus import Windows

Context = tuple[int, ...]
COLUMNS = {name: i for i, name in enumerate(FEATURES)}
END = BAR.first
"""All bar tokens are one symbol here: only "the bar ends" is content."""


@dataclass(slots=True)
class KneserNey:
    """Interpolated Kneser-Ney with one discount (Ney, Essen & Kneser 1994; Chen & Goodman 1999), over contexts that grow to the left.

    order: longest context + 1.  Counts of shorter contexts are of distinct continuations.  The floor is uniform over `size` tokens.
    """

    order: int
    discount: float = 0.75
    size: int = SIZE
    levels: list[dict[Context, dict[int, int]]] = field(default_factory=list)
    totals: list[dict[Context, int]] = field(default_factory=list)

    def fit(self, pairs: Iterable[tuple[Context, int]]) -> None:
        """Learn from (context, token) pairs, the most telling entry of the context first."""
        top: dict[Context, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for context, token in pairs:
            top[context][token] += 1
        self.levels = [top]
        for length in range(self.order - 2, -1, -1):
            lower: dict[Context, dict[int, int]] = defaultdict(lambda: defaultdict(int))
            for context, counts in self.levels[0].items():
                for token in counts:
                    lower[context[:length]][token] += 1
            self.levels.insert(0, lower)
        self.totals = [{context: sum(counts.values()) for context, counts in level.items()} for level in self.levels]

    def chance(self, context: Context, token: int) -> float:
        """Probability of `token` after `context`."""
        result = 1.0 / self.size
        for length, (level, totals) in enumerate(zip(self.levels, self.totals, strict=True)):
            counts = level.get(context[:length])
            if counts is None:
                break
            total = totals[context[:length]]
            kept = max(0.0, counts.get(token, 0) - self.discount) / total
            result = kept + self.discount * len(counts) / total * result
        return result


def pairs_of(windows: Windows, i: int, order: int, *, copy: bool, chords: bool) -> list[tuple[Context, int]]:
    """(context, token) of one window: what a copy would say next, the chord here, then the tokens before, newest first."""
    rows = slice(int(windows.starts[i]), int(windows.starts[i + 1]))
    features, targets = windows.features[rows].tolist(), windows.targets[rows].tolist()
    kinds = EVENT_KINDS[windows.names[i].split(" ")[0]]
    history: list[int] = []
    pairs = []
    for row, target in zip(features, targets, strict=True):
        token = END if target in BAR else target
        last = row[0]
        column = "copy_second" if last in SLOT else "copy_third" if last in kinds[1] else "copy_slot"
        front = ((row[COLUMNS[column]],) if copy else ()) + ((row[COLUMNS["root"]] * 16 + row[COLUMNS["quality"]],) if chords else ())
        context = (*front, *reversed(history[-order:]), *([0] * order))[: order - 1]
        if history:
            pairs.append((context, token))
        history.append(token)
    return pairs


def baseline(train: Windows, held: Windows, role: str, source: str, order: int, *, copy: bool = False, chords: bool = False) -> float:
    """Bits a bar of content tokens on held-out windows of a role and source, learnt from that role's windows that do not overlap."""
    model = KneserNey(order)
    chosen = [i for i, name in enumerate(train.names) if name.startswith(role) and int(name.rsplit("@", 1)[1]) % 32 == 0]
    model.fit(pair for i in first_showings(train, chosen) for pair in pairs_of(train, i, order, copy=copy, chords=chords))
    bits, bars = 0.0, 0
    for i, name in enumerate(held.names):
        if name.startswith(f"{role} {source}/"):
            pairs = pairs_of(held, i, order, copy=copy, chords=chords)
            bits -= float(np.log2([model.chance(*pair) for pair in pairs]).sum())
            bars += 1 + sum(token == END for _, token in pairs)
    return bits / bars


def band_pairs(windows: Windows, i: int, layout: Layout, order: int, bars: int, *, copy: bool) -> list[tuple[Context, int]]:
    """(context, token) of the first `bars` bars of one window of band or kit; the copy slot says what the copied bar has next."""
    rows = slice(int(windows.starts[i]), int(windows.starts[i + 1]))
    columns = {name: place for place, (name, _) in enumerate(layout.features)}
    size, following, slot = columns["size"], columns["copy_next"], columns["copy_slot"]
    history: list[int] = []
    pairs = []
    for row, target, bar in zip(windows.features[rows].tolist(), windows.targets[rows].tolist(), windows.bars[rows].tolist(), strict=True):
        if bar >= bars:
            break
        token = END if target in BAR else target
        hint = row[following] if row[size] and row[following] else row[slot]
        context = (*((hint,) if copy else ()), *reversed(history[-order:]), *([0] * order))[: order - 1]
        if history:
            pairs.append((context, token))
        history.append(token)
    return pairs


def band_baseline(train: Windows, held: Windows, layout: Layout, role: str, source: str, order: int, hop: int, *, copy: bool) -> float:
    """As `baseline`, for bass, keys and drums.  hop: bars between the starts of training windows, so that each is learnt once."""
    model = KneserNey(order, size=layout.vocabulary)
    chosen = first_showings(train, [i for i, name in enumerate(train.names) if name.startswith(role)])
    model.fit(pair for i in chosen for pair in band_pairs(train, i, layout, order, hop, copy=copy))
    bits, bars = 0.0, 0
    for i, name in enumerate(held.names):
        if name.startswith(f"{role} {source}/"):
            pairs = band_pairs(held, i, layout, order, layout.window_bars, copy=copy)
            bits -= float(np.log2([model.chance(*pair) for pair in pairs]).sum())
            bars += 1 + sum(token == END for _, token in pairs)
    return bits / bars


def first_showings(windows: Windows, chosen: list[int]) -> list[int]:
    """Of windows shown with and without references, only the first."""
    seen: set[str] = set()
    return [i for i in chosen if not (windows.names[i] in seen or seen.add(windows.names[i]))]  # type: ignore[func-returns-value]
