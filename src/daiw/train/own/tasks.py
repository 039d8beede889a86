"""What each network learns from a person's songs, from our weights on: the tasks of `daiw.train.run` with their differences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np

from daiw.nets.composer import load_weights
from daiw.nets.harmony_transformer import load_harmony
from daiw.nets.own import ComposerFiles
from daiw.tokens.layout import LAYOUTS
from daiw.tokens.vocab import TIMING
from daiw.train.checkpoint import start_from
from daiw.train.corpus import Made, Windows, joined
from daiw.train.harmony import ChartsTask, Streams, streams_of
from daiw.train.harmony import validate as validate_charts
from daiw.train.loop import Batch, WindowsTask, validate
from daiw.train.own.material import Material
from daiw.train.probe import load_probe, select
from daiw.train.settings import Settings
from daiw.train.windows import sheet_windows, song_windows, take_windows
from daiw.train.world import World

NETWORKS = ("lead", "band", "kit", "harmony")
ROLES = {"lead": "melody and chords", "band": "bass and keys", "kit": "drums", "harmony": "form and chords"}
MOST_HELD_WINDOWS = 24
"""Of each role, to judge by while training."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a network learns from and is judged by.  bars: of the training songs.  quantised: names of songs whose drums have no feel."""

    training: "Windows | Streams"
    held: "Windows | Streams"
    quantised: frozenset[str] = frozenset()


def has(network: str, material: Material) -> bool:
    """Whether the song has what the network learns."""
    part = {"lead": material.lead, "band": material.band, "kit": material.take, "harmony": material.chart}[network]
    return part is not None


def made(network: str, material: Material, *, training: bool) -> Iterator[Made]:
    """The song's windows."""
    if network == "lead" and material.lead is not None:
        for one in sheet_windows(material.lead, hop=8 if training else 32, unreferred=training):
            if not (material.guessed_from_tune and one[0].startswith("chords ")):
                yield one
    elif network == "band" and material.band is not None:
        yield from song_windows(material.band, 16 if training else 32, lonely=training)
    elif network == "kit" and material.take is not None:
        yield from take_windows(material.take, 6 if training else 12)


def pieces(network: str, training: Sequence[Material], held: Sequence[Material]) -> Pieces | None:
    """Windows or charts of the songs; None where they give none to learn from or none to judge by."""
    if network == "harmony":
        streams = [streams_of([one.chart for one in some if one.chart is not None]) for some in (training, held)]
        return Pieces(streams[0], streams[1]) if all(len(one.names) for one in streams) else None
    found = [[one for song in some for one in made(network, song, training=some is training)] for some in (training, held)]
    if not all(found):
        return None
    both = [joined(some, LAYOUTS[network].window_bars) for some in found]
    quantised = frozenset(song.take.name for song in (*training, *held) if network == "kit" and song.take and song.quantised)
    return Pieces(both[0], thinned(both[1]), quantised)


def thinned(windows: Windows) -> Windows:
    """At most MOST_HELD_WINDOWS of each role, drawn by name."""
    chosen: list[int] = []
    for role in sorted({name.split(" ")[0] for name in windows.names}):
        mine = [i for i, name in enumerate(windows.names) if name.split(" ")[0] == role]
        chosen += sorted(mine, key=lambda i: crc32(windows.names[i].encode()))[:MOST_HELD_WINDOWS]
    return select(windows, sorted(chosen))


class OwnWindowsTask(WindowsTask):
    """A person's windows.  Any style may be told, so that the manner is learnt under all; timing put on the grid by a machine is not."""

    def __init__(self, network: str, found: Pieces, settings: Settings, files: ComposerFiles) -> None:
        assert isinstance(found.training, Windows)
        assert isinstance(found.held, Windows)
        self.path = getattr(files, network)
        super().__init__(found.training, found.held, settings, load_weights(self.path).shape)
        self.network, self.quantised = network, found.quantised

    def model(self) -> Any:  # noqa: ANN401
        """The network with our weights."""
        return start_from(super().model(), self.path)

    def batch(self, chosen: list[int], step: int) -> Batch:
        """The windows with some controls hidden and a style drawn."""
        batch = super().batch(chosen, step)
        layout = self.shape.table
        rng = np.random.default_rng([self.settings.seed, 13, step])
        controls, weight = batch.controls.copy(), batch.weight.copy()
        controls[:, :, layout.column("style")] = rng.integers(0, dict(layout.controls)["style"], len(chosen))[:, None]
        for row, i in enumerate(chosen):
            if self.training.names[i].split(" ", 1)[1].rsplit("@", 1)[0] in self.quantised:
                weight[row, (batch.targets[row] >= TIMING.first) & (batch.targets[row] < TIMING.end)] = 0.0
        return replace(batch, controls=controls, weight=weight)

    def score(self, figures: dict[str, float]) -> float:
        """Bits a bar of every role together, references aside."""
        return sum(value for name, value in figures.items() if not name.endswith(" plan"))

    def ours(self, model: Any, world: World) -> dict[str, float]:  # noqa: ANN401
        """Bits a bar of our own held-out music."""
        probe = load_probe(self.network)
        assert isinstance(probe, Windows)
        return validate(model, probe, self.settings, world.device)


class OwnChartsTask(ChartsTask):
    """A person's chord charts."""

    def __init__(self, found: Pieces, settings: Settings, files: ComposerFiles) -> None:
        assert isinstance(found.training, Streams)
        assert isinstance(found.held, Streams)
        self.path = files.harmony
        super().__init__(found.training, found.held, settings, load_harmony(self.path).shape)

    def model(self) -> Any:  # noqa: ANN401
        """The network with our weights."""
        return start_from(super().model(), self.path)

    def ours(self, model: Any, world: World) -> dict[str, float]:  # noqa: ANN401
        """Bits a bar of our own held-out charts."""
        probe = load_probe("harmony")
        assert isinstance(probe, Streams)
        return validate_charts(model, probe, world.device)


def task_of(network: str, found: Pieces, settings: Settings, files: ComposerFiles) -> "OwnWindowsTask | OwnChartsTask":
    """The task of a network."""
    return OwnChartsTask(found, settings, files) if network == "harmony" else OwnWindowsTask(network, found, settings, files)
