"""Form and chords: what the harmonist learns, in the loop of `daiw.train.run`."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daiw.nets.harmony_shape import HarmonyShape
from daiw.tokens.harmony import BAR, CHORD, FEATURES, HEADER, KINDS, LENGTH, PLACE, SECTION, Chart, HarmonyWalk, encode
from daiw.train.corpus import write_whole
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


def rows_of(tokens: list[int]) -> NDArray[np.int64]:
    """(len(tokens), len(FEATURES)): row i predicts tokens[i]."""
    walk, rows = HarmonyWalk(), []
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


ALL_SOURCES = frozenset(("billboard", "pop909", "openewld"))
SHELF = 128
"""Songs that are sorted by length together, so that rows of a batch are of one length and little is padding."""


def batches(streams: Streams, settings: Settings, epoch: int) -> list[list[int]]:
    """The streams of every step of an epoch: songs in a new order, of like length in a batch, at most `batch_tokens` with padding."""
    sizes = np.diff(streams.starts).tolist()
    rng = np.random.default_rng([settings.seed, epoch])
    return shelved(rng.permutation(len(sizes)).tolist(), sizes.__getitem__, settings.batch_tokens, SHELF, rng)


def model_of(shape: HarmonyShape, dropout: float) -> Any:  # noqa: ANN401  # torch is untyped where it is not installed
    """The network in torch; `daiw.nets.harmony_transformer` is the same arithmetic in numpy."""
    import torch
    from torch import nn
    from torch.nn import functional

    from daiw.train.model import norm, rotary, rotate

    class HarmonyModel(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weights = nn.ParameterDict()
            for name, size in shape.weights().items():
                if name.endswith((".out", ".down")):
                    start = torch.zeros(size)
                elif name.startswith("feature"):
                    start = torch.randn(size) * (0.3 if name == "feature.token" else 0.1)
                else:
                    start = torch.randn(size) * (0.02 if name == "head" else 1.0 / math.sqrt(size[1]))
                self.weights[name.replace(".", "_")] = nn.Parameter(start)

        def weight(self, name: str) -> "Tensor":
            return self.weights[name.replace(".", "_")]

        def forward(self, features: "Tensor") -> "Tensor":
            batch, length, _ = features.shape
            x = sum(self.weight(f"feature.{name}")[features[..., i]] for i, name in enumerate(FEATURES))
            x = functional.dropout(x, dropout, self.training)
            cos, sin = rotary(length, shape.head, features.device)
            mask = torch.ones(length, length, dtype=torch.bool, device=features.device).tril()
            for i in range(shape.layers):
                h = norm(x)
                query = functional.linear(h, self.weight(f"{i}.query")).view(batch, length, shape.heads, shape.head).transpose(1, 2)
                key, value = functional.linear(h, self.weight(f"{i}.key_value")).chunk(2, dim=-1)
                query, key = rotate(norm(query), cos, sin), rotate(norm(key), cos, sin)
                scores = (query.to(x.dtype) @ key.to(x.dtype).transpose(1, 2)[:, None]) * shape.head**-0.5 * 2.0
                chances = scores.masked_fill(~mask, -1e9).softmax(-1).to(value.dtype)
                mixed = (chances @ value[:, None]).transpose(1, 2).reshape(batch, length, -1)
                x = x + functional.dropout(functional.linear(mixed, self.weight(f"{i}.out")), dropout, self.training)
                gate, up = functional.linear(norm(x), self.weight(f"{i}.gate_up")).chunk(2, dim=-1)
                x = x + functional.dropout(functional.linear(functional.silu(gate) * up, self.weight(f"{i}.down")), dropout, self.training)
            return functional.linear(norm(x), self.weight("head"))

    return HarmonyModel()


def padded(streams: list[list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(features, targets), short streams padded with zeros."""
    longest = max(len(tokens) for tokens in streams)
    features = np.zeros((len(streams), longest, len(FEATURES)), np.int64)
    targets = np.zeros((len(streams), longest), np.int64)
    for row, tokens in enumerate(streams):
        features[row, : len(tokens)] = rows_of(tokens)
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
            features, targets = padded([held.one(i) for i in chosen])
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
        features, targets = padded([hidden(self.training.one(i), self.settings, rng) for i in chosen])
        weights = (content(targets) + self.settings.plan_weight * form(targets)).astype(np.float32)
        mine = world.share(list(range(len(chosen)))) or [0]
        logits = model(torch.from_numpy(features[mine]).to(world.device))
        told = torch.from_numpy(targets[mine]).to(world.device).flatten()
        loss = functional.cross_entropy(logits.float().flatten(0, 1), told, reduction="none")
        weighed = loss * torch.from_numpy(weights[mine]).to(world.device).flatten()
        return weighed.sum() * float(world.rank < len(chosen)), float(weights.sum())

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
