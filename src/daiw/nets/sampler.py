"""Draw lines from the transformer under rules that cannot be broken: several candidates at once, guided, each with its likelihood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daiw.nets.decoder import Stepper, engine_of
from daiw.nets.transformer import Weights
from daiw.tokens.band_walk import BandWalk
from daiw.tokens.controls import CHORD_TONES
from daiw.tokens.grid import DURATIONS, unit_of
from daiw.tokens.layout import LEAD, Layout
from daiw.tokens.sheet import Events
from daiw.tokens.vocab import BAR, DURATION, PITCH, PITCH_LOW, SIZE, SLOT, bar_reference, bar_token
from daiw.tokens.walk import Walk

NEVER = np.float32(-1e9)
AnyWalk = Walk | BandWalk
TOKENS_A_BAR = 160
"""Room for so many tokens a bar on average."""


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

    def additions(self, walk: AnyWalk, features: tuple[int, ...]) -> NDArray[np.float32]:
        """(vocabulary,): 0 where free, -1e9 where forbidden, small amounts where only disliked or liked."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is given: bars of one meter, their chords and controls, and the bars already written.

    chords: from unit 0 of the window, one bar more than `bars` welcome.  controls: (window_bars, len(CONTROLS)).
    given: bar -> its tokens, bar token first; the bars from 0 without a gap are context, later ones are kept as they are.
    head: bar -> bar token to use (the rest of the bar is free).  silent: bars without notes.  sounding: bars with at least one.
    refer_from: first bar that later ones may repeat or resemble; of those before it only the rhythm may return.
    low, high: MIDI pitches allowed.  scale: pitch classes of the key in the neutral key.
    """

    bars: int
    bar_units: int
    chords: Events
    controls: NDArray[np.int64]
    given: dict[int, tuple[int, ...]] = field(default_factory=dict)
    head: dict[int, int] = field(default_factory=dict)
    silent: frozenset[int] = frozenset()
    sounding: frozenset[int] = frozenset()
    refer_from: int = 0
    low: int = 40
    high: int = 95
    scale: frozenset[int] = frozenset({0, 2, 4, 5, 7, 9, 11})


@dataclass(frozen=True, slots=True)
class Chance:
    """How to draw.

    candidates: lines at once.  temperature: of notes; what a bar refers to is drawn as
    learnt, untempered and unguided, since guidance makes rhythms monotonous.  top_p: share of probability kept.  guidance: 1 none;
    how far to lean from "not told" to the controls (Ho & Salimans 2022).  out_of_key: added to logits of pitches that neither key nor
    chord holds (-inf forbids).  chord_tone, strong_chord_tone: added to chord tones anywhere, and on strong beats.
    widest: largest interval, semitones.
    """

    candidates: int = 6
    temperature: float = 1.0
    top_p: float = 0.97
    guidance: float = 1.3
    out_of_key: float = -4.0
    chord_tone: float = 0.0
    strong_chord_tone: float = 0.2
    widest: int = 12


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


class Rules:
    """What may come next in one window, as additions to the logits."""

    def __init__(self, window: Window, chance: Chance) -> None:
        self.window, self.chance = window, chance
        pitches = np.arange(PITCH.size) + PITCH_LOW
        self.classes = pitches % 12
        self.outside = ~np.isin(self.classes, sorted(window.scale))
        self.range = np.where((pitches >= window.low) & (pitches <= window.high), np.float32(0), NEVER)
        self.lengths = np.array(DURATIONS)

    def additions(self, walk: AnyWalk, features: tuple[int, ...]) -> NDArray[np.float32]:
        """(SIZE,): 0 where free, -1e9 where forbidden, small amounts where only disliked or liked."""
        added = np.full(SIZE, NEVER, np.float32)
        for first, end in walk.legal():
            added[first:end] = 0
        slot, root, quality = features[5] - 2, features[6] - 1, features[7] - 1
        if added[PITCH.first] == 0:
            added[PITCH.first : PITCH.end] += self._pitch(walk, slot, root, quality)
        elif added[DURATION.first] == 0:
            left = (self.window.bars - walk.bar) * self.window.bar_units - unit_of(slot)
            added[DURATION.first : DURATION.end] = np.where(self.lengths <= max(left, self.lengths[0]), np.float32(0), NEVER)
        else:
            if walk.bar in self.window.silent:
                added[SLOT.first : SLOT.end] = NEVER
            elif walk.bar in self.window.sounding and not walk.written[-1]:
                added[BAR.first : BAR.end] = NEVER
        return added

    def _pitch(self, walk: AnyWalk, slot: int, root: int, quality: int) -> NDArray[np.float32]:
        added = self.range.copy()
        if root >= 0:
            tones = CHORD_TONES[quality, (self.classes - root) % 12]
            added[self.outside & ~tones] += np.float32(self.chance.out_of_key)
            strong = unit_of(slot) % (self.window.bar_units // 2) == 0
            added[tones] += np.float32(self.chance.chord_tone + (self.chance.strong_chord_tone if strong else 0.0))
        else:
            added[self.outside] += np.float32(self.chance.out_of_key)
        if walk.last_pitch is not None:
            far = np.abs(np.arange(PITCH.size) - walk.last_pitch) > self.chance.widest
            if (added[~far] > NEVER / 2).any():
                added[far] = NEVER
        return added


def draw_from(logits: NDArray[np.float32], temperature: float, top_p: float, rng: np.random.Generator) -> int:
    """One token by nucleus sampling (Holtzman et al. 2020)."""
    chances = np.exp((logits - logits.max()).astype(np.float64) / temperature)
    chances /= chances.sum()
    order = np.argsort(-chances, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(chances[order]), top_p)) + 1]
    share = np.cumsum(chances[kept])
    return int(kept[min(len(kept) - 1, np.searchsorted(share, rng.random() * share[-1], side="right"))])


def surprise(logits: NDArray[np.float32], added: NDArray[np.float32], token: int) -> float:
    """Bits of `token` among the legal ones."""
    legal = np.where(added > NEVER / 2, logits, NEVER)
    top = legal.max()
    return float((top + np.log(np.exp(legal - top).sum()) - logits[token]) / np.log(2))


def fenced(token: int, bar: int, refer_from: int) -> int:
    """The bar token, or "refers to nothing" where it would repeat or resemble a bar before the fence."""
    reference, distance = bar_reference(token)
    return bar_token(0, 0) if reference in (1, 2) and bar - distance < refer_from else token


class _Row:
    """One candidate while it is drawn."""

    def __init__(self, walk: AnyWalk) -> None:
        self.walk = walk
        self.tokens: list[int] = []
        self.queue: list[int] = []
        self.features: tuple[int, ...] = ()
        self.bits, self.drawn, self.done = 0.0, 0, False
        self.bits_ahead, self.ahead = 0.0, 0

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
    """One line for each of `walks`, fresh ones, through the frame."""
    both = 2 if chance.guidance != 1.0 else 1
    told = window.controls[None]
    stepper = Stepper(engine_of(weights), np.concatenate([told, untold(told, weights.shape.table)]) if both == 2 else told)
    rows = [_Row(walk) for walk in walks]
    logits = np.repeat(_read(stepper, window, rows), len(rows), axis=0)
    stepper.fan(len(rows))
    active = list(rows)
    while True:
        for i, row in enumerate(active):
            if not row.done:
                plain = logits[i]
                lean = plain if both == 1 else logits[len(active) + i] + np.float32(chance.guidance) * (plain - logits[len(active) + i])
                _advance(row, window, rules, chance, rng, lean, plain)
        going = [i for i, row in enumerate(active) if not row.done]
        if not going:
            break
        if len(going) <= len(active) // 2:
            stepper.keep(np.array([i + part * len(active) for part in range(both) for i in going]))
            active = [active[i] for i in going]
        for row in active:
            if not row.done:
                row.features = row.walk.features()
        logits = stepper.step(np.array([row.features for row in active] * both), np.array([row.walk.bar for row in active] * both))
    return [Drawn(tuple(row.tokens), row.bits / max(1, row.drawn), row.bits_ahead / max(1, row.ahead)) for row in rows]


def _read(stepper: Stepper, window: Frame, rows: list[_Row]) -> NDArray[np.float32]:
    """The logits after the bars that lead, which every row takes first."""
    context = [token for bar in range(_leading(window)) for token in window.given[bar]]
    steps, bars = [], []
    for token in context:
        steps.append(rows[0].walk.features())
        bars.append(max(0, rows[0].walk.bar))
        for row in rows:
            row.push(token)
    last = rows[0].walk.features()
    for row in rows:
        row.features = last
    features, places = np.array([*steps, last]), np.array([*bars, max(0, rows[0].walk.bar)])
    logits: NDArray[np.float32] = stepper.read(np.repeat(features[None], stepper.groups, 0), np.repeat(places[None], stepper.groups, 0))
    return logits[:, -1]


def _leading(window: Frame) -> int:
    """Bars at the start that are given."""
    count = 0
    while count in window.given and count < window.bars:
        count += 1
    return count


def _advance(
    row: _Row, window: Frame, rules: Grammar, chance: Chance, rng: np.random.Generator, lean: NDArray[np.float32], told: NDArray[np.float32]
) -> None:
    """Draw or take the row's next token; finished where the last bar ends."""
    walk = row.walk
    if row.queue:
        token = row.queue.pop(0)
        legal = np.full(len(told), NEVER, np.float32)
        for first, end in walk.legal():
            legal[first:end] = 0
        row.bits_ahead += surprise(told, legal, token)
        row.ahead += 1
        row.push(token)
        return
    added = rules.additions(walk, row.features)
    closed = walk.bar in window.given
    if closed:
        added[: BAR.first], added[BAR.end :] = NEVER, NEVER
    token = draw_from(lean + added, chance.temperature, chance.top_p, rng)
    if token in BAR:
        ends = np.full(len(told), NEVER)
        ends[BAR.first : BAR.end] = told[BAR.first : BAR.end] + added[BAR.first : BAR.end]
        token = draw_from(ends, 1.0, 1.0, rng)
    if not closed:
        row.bits += surprise(told, added, token)
        row.drawn += 1
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
