"""Form and chords: what the harmonist learns, in the loop of `daiw.train.run`."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daiw.nets.harmony_shape import HarmonyShape
from daiw.tokens.harmony import (
    BAR,
    CHORD,
    FEATURES,
    HEADER,
    KINDS,
    LENGTH,
    PLACE,
    SECTION,
    Chart,
    HarmonyWalk,
    decode_sections,
    encode,
)
from daiw.tokens.harmony_levels import TOLD, section_levels
from daiw.train.corpus import write_whole
from daiw.train.harmony_model import model_of
from daiw.train.run import Run, Watch
from daiw.train.settings import Settings, shelved
from daiw.train.world import ALONE, World

if TYPE_CHECKING:
    from torch import Tensor

ALL_SOURCES = frozenset(("billboard", "pop909", "openewld"))
SHELF = 128
"""Songs that are sorted by length together, so that rows of a batch are of one length and little is padding."""

CONTEXT = 768
"""Tokens a row; longer songs are cut at a section, the header going before every piece."""


@dataclass(frozen=True, slots=True)
class Streams:
    """Token streams end to end.  starts: (songs + 1,).  names: of their charts."""

    tokens: NDArray[np.int16]
    starts: NDArray[np.int64]
    names: tuple[str, ...]

    def one(self, i: int) -> list[int]:
        """The tokens of one stream."""
        found: list[int] = self.tokens[self.starts[i] : self.starts[i + 1]].tolist()
        return found


def pieces(tokens: list[int], most: int = CONTEXT) -> Iterator[list[int]]:
    """A stream cut before sections into pieces of at most `most` tokens, a header each; a section too long for one loses its end."""
    header, body = tokens[: len(HEADER)], tokens[len(HEADER) :]
    room = most - len(header)
    cuts = [*(i for i, token in enumerate(body) if token in SECTION), len(body)]
    piece: list[int] = []
    for first, last in pairwise(cuts):
        section = body[first:last][:room]
        if piece and len(piece) + len(section) > room:
            yield [*header, *piece]
            piece = []
        piece += section
    yield [*header, *piece]


def streams_of(charts: list[Chart]) -> Streams:
    """The charts as token streams, long ones cut."""
    cut = [(chart.name, piece) for chart in charts for piece in pieces(encode(chart))]
    tokens = np.concatenate([np.zeros(0, np.int16), *(np.array(piece, np.int16) for _, piece in cut)])
    starts = np.concatenate([[0], np.cumsum([len(piece) for _, piece in cut])]).astype(np.int64)
    return Streams(tokens, starts, tuple(name for name, _ in cut))


def load_streams(data: Path, folder: Path, sources: frozenset[str] = ALL_SOURCES) -> tuple[Streams, Streams]:
    """(training, held out); read from `data` the first time, then from FOLDER/charts.npz."""
    path = folder / "charts.npz"
    if not path.exists():
        from daiw.train.harmony_corpus import read_charts

        arrays: dict[str, NDArray[Any]] = {}
        for split, charts in zip(("train", "held"), read_charts(data, sources), strict=True):
            made = streams_of(charts)
            arrays[f"{split}_tokens"], arrays[f"{split}_starts"] = made.tokens, made.starts
            arrays[f"{split}_names"] = np.frombuffer("\n".join(made.names).encode(), np.uint8)
        write_whole(path, arrays)
    with np.load(path) as file:
        found = [
            Streams(file[f"{s}_tokens"], file[f"{s}_starts"], tuple(file[f"{s}_names"].tobytes().decode().split("\n")))
            for s in ("train", "held")
        ]
    return found[0], found[1]


def hidden(tokens: list[int], settings: Settings, rng: np.random.Generator) -> list[int]:
    """The stream with some of what its header tells replaced by "not told"."""
    told = list(tokens)
    nothing = rng.random() < settings.hide_all
    for i, name in enumerate(HEADER[2:], 2):
        if nothing or rng.random() < settings.hide_one:
            told[i] = KINDS[name].token(0)
    return told


Told = list[tuple[int, ...]]
"""The levels of every section of a stream, 0 where one is not told."""


def told_of(tokens: list[int]) -> Told:
    """What is true of every section of a stream."""
    return section_levels([section.bars for section in decode_sections(tokens)], tokens[0] == KINDS["mode"].token(1))


def partly_told(tokens: list[int], levels: Told, settings: Settings, rng: np.random.Generator) -> tuple[list[int], Told]:
    """`hidden`, and the sections' levels: none where the header tells nothing, else each kind hidden by itself in the whole song."""
    shown = hidden(tokens, settings, rng)
    nothing = all(KINDS[name].value(shown[i]) == 0 for i, name in enumerate(HEADER[2:], 2))
    kept = (rng.random(len(TOLD)) >= settings.hide_one) & (not nothing)
    return shown, [tuple(value if keep else 0 for value, keep in zip(row, kept, strict=True)) for row in levels]


def rows_of(tokens: list[int], told: Sequence[tuple[int, ...]] = ()) -> NDArray[np.int64]:
    """(len(tokens), len(FEATURES)): row i predicts tokens[i].  told: the levels of the sections, as far as they are told."""
    walk, rows = HarmonyWalk(told), []
    for token in tokens:
        rows.append(walk.features())
        walk.push(token)
    return np.array(rows, np.int64)


def content(targets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which tokens are chords, their places and the ends of bars; sections and lengths are form, the header is given."""
    chords = (targets >= PLACE.first) & (targets < CHORD.end)
    return np.asarray(chords | (targets == BAR))


def form(targets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which tokens are sections, their lengths and the end."""
    return np.asarray(((targets >= SECTION.first) & (targets < LENGTH.end)) | (targets >= KINDS["end"].first))


def batches(streams: Streams, settings: Settings, epoch: int) -> list[list[int]]:
    """The streams of every step of an epoch: songs in a new order, of like length in a batch, at most `batch_tokens` with padding."""
    sizes = np.diff(streams.starts).tolist()
    rng = np.random.default_rng([settings.seed, epoch])
    return shelved(rng.permutation(len(sizes)).tolist(), sizes.__getitem__, settings.batch_tokens, SHELF, rng)


def padded(streams: list[tuple[list[int], Told]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(features, targets) of streams and what is told of their sections, short ones padded with zeros."""
    longest = max(len(tokens) for tokens, _ in streams)
    features = np.zeros((len(streams), longest, len(FEATURES)), np.int64)
    targets = np.zeros((len(streams), longest), np.int64)
    for row, (tokens, told) in enumerate(streams):
        features[row, : len(tokens)] = rows_of(tokens, told)
        targets[row, : len(tokens)] = tokens
    return features, targets


def validate(model: Any, held: Streams, device: str = "cpu") -> dict[str, float]:  # noqa: ANN401
    """Bits a bar of chords and of form, by source."""
    import torch
    from torch.nn import functional

    bits: dict[str, float] = {}
    bars: dict[str, int] = {}
    with torch.no_grad():
        for first in range(0, len(held.names), 8):
            chosen = range(first, min(first + 8, len(held.names)))
            features, targets = padded([(held.one(i), told_of(held.one(i))) for i in chosen])
            logits = model(torch.from_numpy(features).to(device)).float().cpu()
            loss = functional.cross_entropy(logits.flatten(0, 1), torch.from_numpy(targets).flatten(), reduction="none")
            cost = loss.view(targets.shape).numpy() / math.log(2)
            for row, i in enumerate(chosen):
                source = held.names[i].split("/")[0]
                bars[source] = bars.get(source, 0) + int((targets[row] == BAR).sum())
                for name, which in (("chords", content), ("form", form)):
                    bits[f"{source} {name}"] = bits.get(f"{source} {name}", 0.0) + float(cost[row][which(targets[row])].sum())
    return {key: value / bars[key.split(" ")[0]] for key, value in sorted(bits.items())}


class ChartsTask:
    """Charts of whole songs: token cross-entropy, sections and their lengths weighed apart."""

    def __init__(self, training: Streams, held: Streams, settings: Settings, shape: HarmonyShape) -> None:
        self.training, self.held, self.settings, self.shape = training, held, settings, shape
        self.about: dict[str, Any] = {"shape": asdict(shape)}
        self.levels: dict[int, Told] = {}

    def model(self) -> Any:  # noqa: ANN401
        """The network at the start, drawn from the seed."""
        return model_of(self.shape, self.settings.dropout)

    def batches(self, epoch: int) -> list[list[int]]:
        """Numbers of the streams of every batch of an epoch."""
        return batches(self.training, self.settings, epoch)

    def loss(self, model: Any, chosen: list[int], world: World, step: int) -> "tuple[Tensor, float]":  # noqa: ANN401
        """Nats of this process's streams, and the weight of all."""
        import torch
        from torch.nn import functional

        rng = np.random.default_rng([self.settings.seed, 7, step])
        features, targets = padded([self._shown(i, rng) for i in chosen])
        weights = (content(targets) + self.settings.plan_weight * form(targets)).astype(np.float32)
        mine = world.share(list(range(len(chosen)))) or [0]
        logits = model(torch.from_numpy(features[mine]).to(world.device))
        told = torch.from_numpy(targets[mine]).to(world.device).flatten()
        loss = functional.cross_entropy(logits.float().flatten(0, 1), told, reduction="none")
        weighed = loss * torch.from_numpy(weights[mine]).to(world.device).flatten()
        return weighed.sum() * float(world.rank < len(chosen)), float(weights.sum())

    def _shown(self, i: int, rng: np.random.Generator) -> tuple[list[int], Told]:
        """A training stream with some of what is told of it hidden."""
        tokens = self.training.one(i)
        if i not in self.levels:
            self.levels[i] = told_of(tokens)
        return partly_told(tokens, self.levels[i], self.settings, rng)

    def validate(self, model: Any, world: World) -> dict[str, float]:  # noqa: ANN401
        """Bits a bar of the held-out charts."""
        return validate(model, self.held, world.device)

    def score(self, figures: dict[str, float]) -> float:
        """Bits a bar of the chords of every source, together."""
        return sum(value for key, value in figures.items() if key.endswith("chords"))


def train(
    train_streams: Streams, held: Streams, run: Path, settings: Settings, shape: HarmonyShape, *, world: World = ALONE, bf16: bool = False,
    every: int = 100, report: Callable[[str], None] = print,
) -> dict[str, float]:  # fmt: skip
    """Train or go on training; returns the last held-out figures.  Arguments as in `daiw.train.loop.train`."""
    return Run(ChartsTask(train_streams, held, settings, shape), run, settings, world, bf16=bf16).train(every, Watch(report))
