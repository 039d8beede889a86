"""Train the network that writes form and chords.

    python -m daiw.train.harmony --data DIR --run DIR [--steps 1500]

DIR of --data holds mcgill_billboard/, pop909/ and openewld_us_pd/.  Charts are read once into RUN/charts.npz; checkpoints are whole or
absent, and a killed run goes on with the same batches.  Figures go to RUN/curve.jsonl.
"""

import argparse
import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daiw.nets.harmony_shape import HarmonyShape
from daiw.nets.tensor_file import write_tensors
from daiw.tokens.harmony import BAR, CHORD, FEATURES, HEADER, KINDS, LENGTH, PLACE, SECTION, HarmonyWalk, encode
from daiw.train.corpus import write_whole

if TYPE_CHECKING:
    from torch import Tensor

CONTEXT = 768
"""Tokens a row; longer songs are cut at a section, the header going before every piece."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One run.  hide: share of the header's levels and of sources that are not told.  told_nothing: share of songs without any."""

    steps: int = 1500
    batch_tokens: int = 4000
    muon_rate: float = 3e-3
    adam_rate: float = 3e-3
    warm_up: int = 40
    dropout: float = 0.1
    hide: float = 0.15
    told_nothing: float = 0.1
    seed: int = 1


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


def load_streams(data: Path, run: Path) -> tuple[Streams, Streams]:
    """(training, held out); read from `data` the first time, then from RUN/charts.npz."""
    path = run / "charts.npz"
    if not path.exists():
        from daiw.train.harmony_corpus import read_charts

        arrays: dict[str, NDArray[Any]] = {}
        for split, charts in zip(("train", "held"), read_charts(data), strict=True):
            cut = [(chart.name, piece) for chart in charts for piece in pieces(encode(chart))]
            arrays[f"{split}_tokens"] = np.concatenate([np.array(piece, np.int16) for _, piece in cut])
            arrays[f"{split}_starts"] = np.concatenate([[0], np.cumsum([len(piece) for _, piece in cut])]).astype(np.int64)
            arrays[f"{split}_names"] = np.frombuffer("\n".join(name for name, _ in cut).encode(), np.uint8)
        write_whole(path, arrays)
    with np.load(path) as file:
        made = [
            Streams(file[f"{s}_tokens"], file[f"{s}_starts"], tuple(file[f"{s}_names"].tobytes().decode().split("\n")))
            for s in ("train", "held")
        ]
    return made[0], made[1]


def hidden(tokens: list[int], settings: Settings, rng: np.random.Generator) -> list[int]:
    """The stream with some of what its header tells replaced by "not told"."""
    told = list(tokens)
    nothing = rng.random() < settings.told_nothing
    for i, name in enumerate(HEADER[2:], 2):
        if nothing or rng.random() < settings.hide:
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


SHELF = 128
"""Songs that are sorted by length together, so that rows of a batch are of one length and little is padding."""


def batches(streams: Streams, settings: Settings, epoch: int) -> list[list[int]]:
    """The streams of every step of an epoch: songs in a new order, of like length in a batch, at most `batch_tokens` with padding."""
    sizes = np.diff(streams.starts)
    rng = np.random.default_rng([settings.seed, epoch])
    order = rng.permutation(len(sizes))
    found: list[list[int]] = []
    for first in range(0, len(order), SHELF):
        longest, rows = 0, list[int]()
        for i in sorted(order[first : first + SHELF].tolist(), key=lambda i: (int(sizes[i]), i)):
            longest = int(sizes[i])
            if rows and longest * (len(rows) + 1) > settings.batch_tokens:
                found.append(rows)
                rows = []
            rows.append(i)
        found.append(rows)
    return [found[i] for i in rng.permutation(len(found))]


def steps_from(streams: Streams, settings: Settings, step: int) -> Iterator[list[int]]:
    """The streams of step `step` and of all after it, epoch after epoch."""
    passed, epoch = 0, 0
    while True:
        found = batches(streams, settings, epoch)
        yield from found[max(0, step - passed) :]
        passed, epoch = passed + len(found), epoch + 1


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


def validate(model: Any, held: Streams) -> dict[str, float]:  # noqa: ANN401
    """Bits a bar of chords and of form, by source."""
    import torch
    from torch.nn import functional

    bits: dict[str, float] = {}
    bars: dict[str, int] = {}
    model.eval()
    with torch.no_grad():
        for first in range(0, len(held.names), 8):
            chosen = range(first, min(first + 8, len(held.names)))
            features, targets = padded([held.one(i) for i in chosen])
            logits = model(torch.from_numpy(features)).float()
            loss = functional.cross_entropy(logits.flatten(0, 1), torch.from_numpy(targets).flatten(), reduction="none")
            cost = loss.view(targets.shape).numpy() / math.log(2)
            for row, i in enumerate(chosen):
                source = held.names[i].split("/")[0]
                bars[source] = bars.get(source, 0) + int((targets[row] == BAR).sum())
                for name, which in (("chords", content), ("form", form)):
                    bits[f"{source} {name}"] = bits.get(f"{source} {name}", 0.0) + float(cost[row][which(targets[row])].sum())
    model.train()
    return {key: value / bars[key.split(" ")[0]] for key, value in sorted(bits.items())}


def train(
    train_streams: Streams, held: Streams, run: Path, settings: Settings, shape: HarmonyShape, *, every: int = 100,
    report: Callable[[str], None] = print,
) -> dict[str, float]:  # fmt: skip
    """Train or go on training; returns the last held-out figures."""
    import torch
    from torch.nn import functional

    from daiw.train.loop import save_whole

    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    model = model_of(shape, settings.dropout)
    inner = [weight for name, weight in model.weights.items() if name[0].isdigit()]
    outer = [weight for name, weight in model.weights.items() if not name[0].isdigit()]
    steppers = [
        torch.optim.Muon(inner, lr=settings.muon_rate, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(outer, lr=settings.adam_rate, betas=(0.9, 0.95), weight_decay=0.01),
    ]
    step, best, figures, began = 0, float("inf"), dict[str, float](), time.perf_counter()
    if (run / "last.pt").exists():
        state = torch.load(run / "last.pt", map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        for stepper, kept in zip(steppers, state["steppers"], strict=True):
            stepper.load_state_dict(kept)
        step, best = state["step"], state["best"]
    for chosen in steps_from(train_streams, settings, step):
        if step >= settings.steps:
            break
        rng = np.random.default_rng([settings.seed, 7, step])
        torch.manual_seed(settings.seed * 1_000_003 + step)
        features, targets = padded([hidden(train_streams.one(i), settings, rng) for i in chosen])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(torch.from_numpy(features))
        loss = functional.cross_entropy(logits.float().flatten(0, 1), torch.from_numpy(targets).flatten(), reduction="none")
        weight = torch.from_numpy((content(targets) + 0.5 * form(targets)).astype(np.float32)).flatten()
        total = (loss * weight).sum() / weight.sum()
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        warm = min(1.0, (step + 1) / settings.warm_up)
        rate = warm * (0.05 + 0.95 * 0.5 * (1.0 + math.cos(math.pi * step / settings.steps)))
        for stepper, start in zip(steppers, (settings.muon_rate, settings.adam_rate), strict=True):
            stepper.param_groups[0]["lr"] = start * rate
            stepper.step()
            stepper.zero_grad(set_to_none=True)
        step += 1
        if step % every == 0 or step == settings.steps:
            figures = validate(model, held)
            score = sum(value for key, value in figures.items() if key.endswith("chords"))
            state = {"model": model.state_dict(), "steppers": [s.state_dict() for s in steppers], "step": step, "best": min(best, score)}
            save_whole(run / "last.pt", state)
            if score < best:
                best = score
                save_whole(run / "best.pt", {"model": model.state_dict(), "step": step, "shape": asdict(shape)})
            line = {"step": step, "seconds": round(time.perf_counter() - began), "loss": round(float(total.detach()), 4)}
            text = json.dumps(line | {key: round(value, 3) for key, value in figures.items()})
            with (run / "curve.jsonl").open("a") as file:
                file.write(text + "\n")
            report(text)
    return figures


def export(checkpoint: Path, out: Path) -> None:
    """Write every weight as float16, with the shape in the file's header."""
    import torch

    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    shape = HarmonyShape(**state["shape"])
    tensors = {name: state["model"]["weights." + name.replace(".", "_")].float().numpy().astype(np.float16) for name in shape.weights()}
    out.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(out, tensors, {"shape": json.dumps(asdict(shape)), "step": str(state["step"])})


def main() -> None:
    """Command line."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=Settings().steps)
    parser.add_argument("--out", type=Path, help="also export the best weights here")
    arguments = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    arguments.run.mkdir(parents=True, exist_ok=True)
    streams, held = load_streams(arguments.data, arguments.run)
    train(streams, held, arguments.run, Settings(steps=arguments.steps), HarmonyShape())
    if arguments.out:
        export(arguments.run / "best.pt", arguments.out)


if __name__ == "__main__":
    main()
