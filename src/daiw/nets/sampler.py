"""Draw lines from the transformer under rules that cannot be broken: several candidates at once, guided, each with its likelihood."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daiw.nets.decoder import Context, Rows, engine_of
from daiw.nets.lead_rules import Rules, Window
from daiw.nets.picking import AnyWalk, Chance, Choice, Options, draw_from, only_bars, surprises
from daiw.nets.transformer import Weights
from daiw.tokens.layout import LEAD, Layout
from daiw.tokens.vocab import BAR, bar_reference, bar_token
from daiw.tokens.walk import Walk


class Frame(Protocol):
    """What every window says, whoever writes in it; fields as in `Window`."""

    @property
    def bars(self) -> int: ...  # noqa: D102
    @property
    def controls(self) -> NDArray[np.int64]: ...  # noqa: D102
    @property
    def given(self) -> Mapping[int, tuple[int, ...]]: ...  # noqa: D102
    @property
    def head(self) -> Mapping[int, int]: ...  # noqa: D102
    @property
    def refer_from(self) -> int: ...  # noqa: D102


class Grammar(Protocol):
    """What may come next, beyond the walk's own rules."""

    def options(self, walk: AnyWalk) -> Options:
        """The tokens allowed, and what is added to their logits where they are liked or disliked."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line.

    tokens: the whole window, context included.  bits: mean bits a drawn token under the model as conditioned, untempered.
    bits_ahead: the same of the given bars that follow the first drawn one: how well the line leads into them; 0 where there are none.
    """

    tokens: tuple[int, ...]
    bits: float
    bits_ahead: float = 0.0


def untold(controls: NDArray[np.int64], layout: Layout = LEAD) -> NDArray[np.int64]:
    """The controls without those that guidance strengthens."""
    plain = controls.copy()
    plain[..., [layout.column(name) for name in layout.felt]] = 0
    return plain


def fenced(token: int, bar: int, refer_from: int) -> int:
    """The bar token, or "refers to nothing" where it would repeat or resemble a bar before the fence."""
    reference, distance = bar_reference(token)
    return bar_token(0, 0) if reference in (1, 2) and bar - distance < refer_from else token


class _Row:
    """One candidate while it is drawn, with chance of its own."""

    def __init__(self, walk: AnyWalk, rng: np.random.Generator) -> None:
        self.walk, self.rng = walk, rng
        self.tokens: list[int] = []
        self.queue: list[int] = []
        self.drawn: list[Choice] = []
        self.ahead: list[Choice] = []
        self.done = False

    def push(self, token: int) -> None:
        """Take a token."""
        self.walk.push(token)
        self.tokens.append(token)


def draw(weights: Weights, window: Window, chance: Chance, rng: np.random.Generator, role: str = "melody") -> list[Drawn]:
    """`chance.candidates` lines for the window, independently drawn; deterministic given the generator's state."""
    walks = [Walk(role, window.bars, window.bar_units, window.chords) for _ in range(chance.candidates)]
    return draw_walks(weights, window, Rules(window, chance), walks, chance, rng)


def draw_walks(
    weights: Weights, window: Frame, rules: Grammar, walks: Sequence[AnyWalk], chance: Chance, rng: np.random.Generator
) -> list[Drawn]:
    """One line for each of `walks`, fresh ones, through the frame.

    The candidates go in two halves, each on a thread; what is drawn does not depend on which is first.
    """
    told = window.controls[None]
    guided = chance.guidance != 1.0
    context = Context(engine_of(weights), np.concatenate([told, untold(told, weights.shape.table)]) if guided else told)
    rows = [_Row(walk, own) for walk, own in zip(walks, rng.spawn(len(walks)), strict=True)]
    logits = _read(context, window, rows)
    middle = -(-len(rows) // 2)
    halves = [half for half in (rows[:middle], rows[middle:]) if half]

    def run(half: list[_Row], lane: int) -> None:
        _Drawing(context, window, rules, chance).run(half, logits, lane)

    with ThreadPoolExecutor(len(halves)) as pool:
        for _ in pool.map(run, halves, range(len(halves))):
            pass
    bits, ahead = _means([row.drawn for row in rows]), _means([row.ahead for row in rows])
    return [Drawn(tuple(row.tokens), *each) for row, *each in zip(rows, bits, ahead, strict=True)]


def _means(choices: Sequence[Sequence[Choice]]) -> list[float]:
    """Bits a choice of every row; 0 where it made none."""
    bits = surprises([choice for row in choices for choice in row])
    ends = np.cumsum([len(row) for row in choices])[:-1]
    return [float(part.cumsum()[-1]) / len(part) if len(part) else 0.0 for part in np.split(bits, ends)]


def _read(context: Context, window: Frame, rows: list[_Row]) -> NDArray[np.float32]:
    """The logits after the bars that lead, which every row takes first; (groups, vocabulary)."""
    first = rows[0].walk
    tokens = [token for bar in range(_leading(window)) for token in window.given[bar]]
    steps, bars = [], []
    for token in tokens:
        steps.append(first.features())
        bars.append(max(0, first.bar))
        for row in rows:
            row.push(token)
    features, places = np.array([*steps, first.features()]), np.array([*bars, max(0, first.bar)])
    return context.read(features, places)


class _Drawing:
    """Some candidates on their way through a window."""

    def __init__(self, context: Context, window: Frame, rules: Grammar, chance: Chance) -> None:
        self.context, self.window, self.rules, self.chance = context, window, rules, chance

    def run(self, rows: list[_Row], logits: NDArray[np.float32], lane: int) -> None:
        """Draw every row to its end.  logits: (groups, vocabulary), after the context.  lane: of the threads that draw at once."""
        groups = len(logits)
        stepper = Rows(self.context, len(rows), lane)
        logits = np.repeat(logits, len(rows), axis=0)
        active = rows
        while True:
            told = lean = logits[: len(active)]
            if groups == 2:
                plain = logits[len(active) :]
                lean = plain + np.float32(self.chance.guidance) * (told - plain)
            for row, mine, leaning in zip(active, told, lean, strict=True):
                self._advance(row, mine, leaning)
            going = [i for i, row in enumerate(active) if not row.done]
            if not going:
                return
            if len(going) < len(active):
                stepper.keep(going)
                active = [active[i] for i in going]
            logits = stepper.step([row.walk.features() for row in active], [row.walk.bar for row in active])

    def _advance(self, row: _Row, told: NDArray[np.float32], lean: NDArray[np.float32]) -> None:
        """Draw or take the row's next token; finished where the last bar ends.  told, lean: logits as conditioned, and as guided."""
        walk, window = row.walk, self.window
        if row.queue:
            token = row.queue.pop(0)
            legal = np.concatenate([np.arange(first, end) for first, end in sorted(walk.legal())])
            row.ahead.append((told[legal], int(np.searchsorted(legal, token))))
            row.push(token)
            return
        options = self.rules.options(walk)
        closed = walk.bar in window.given
        if closed:
            options = only_bars(options)
        when = isinstance(walk, Walk) and not walk.expected
        choice = self._picked(options, row.rng, told, told if when and not self.chance.guided_onsets else lean)
        token = int(options.ids[choice[1]])
        if not closed:
            row.drawn.append(choice)
        if token in BAR:
            if walk.bar + 1 >= window.bars:
                row.done = True
                return
            if walk.bar + 1 in window.given:
                first, *row.queue = window.given[walk.bar + 1]
                row.push(first)
                return
            token = window.head.get(walk.bar + 1, fenced(token, walk.bar + 1, window.refer_from))
        row.push(token)

    def _picked(self, options: Options, rng: np.random.Generator, told: NDArray[np.float32], lean: NDArray[np.float32]) -> Choice:
        """One of the options, drawn by what is leant to, among their logits as conditioned."""
        mine = told[options.ids]
        index = draw_from(lean[options.ids] + options.added, self.chance.temperature, self.chance.top_p, rng)
        if len(options.bars) and BAR.first <= options.ids[index] < BAR.end:
            bars = options.bars
            index = int(bars[draw_from(mine[bars] + options.added[bars], 1.0, 1.0, rng)])
        return mine, index


def _leading(window: Frame) -> int:
    """Bars at the start that are given."""
    count = 0
    while count in window.given and count < window.bars:
        count += 1
    return count
