"""A few held-out windows of our own corpora, shipped, so that one can hear what a network forgets when it learns something else.

Only what may be given on freely: art songs (CC0) and public-domain lead sheets, drummers (CC BY 4.0), Freedoom's basses (BSD) and
Billboard's chords (CC0).  POP909's songs are copyrighted, so nothing of them is here, and nothing measures how keys are forgotten.
"""

from pathlib import Path
from zlib import crc32

import numpy as np

from daiw.nets.own import FILES
from daiw.train.corpus import Windows, load_windows, windows_path, write_whole
from daiw.train.harmony import Streams, load_streams

PROBE = Path(__file__).parent.parent / "models" / "composer" / "probe.npz"
FREE = ("lieder/", "openewld/", "groove/", "freedoom/", "billboard/")
MOST = {"lead": 40, "band": 20, "kit": 40, "harmony": 20}
"""Windows, or charts, of each network."""

ARRAYS = ("features", "targets", "bars", "starts", "controls")
assert set(MOST) < set(FILES)


def select(windows: Windows, chosen: list[int]) -> Windows:
    """Some of the windows, end to end."""
    rows = np.concatenate([np.arange(windows.starts[i], windows.starts[i + 1]) for i in chosen])
    lengths = [int(windows.starts[i + 1] - windows.starts[i]) for i in chosen]
    return Windows(
        windows.features[rows], windows.targets[rows], windows.bars[rows], np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        windows.controls[chosen], tuple(windows.names[i] for i in chosen),
    )  # fmt: skip


def drawn(names: tuple[str, ...], most: int) -> list[int]:
    """At most `most` numbers of freely given names, drawn by name."""
    free = [i for i, name in enumerate(names) if any(source in name for source in FREE)]
    return sorted(sorted(free, key=lambda i: crc32(names[i].encode()))[:most])


def make_probe(corpus: Path, path: Path = PROBE) -> None:
    """Write the probe from the held-out shards of a corpus."""
    arrays: dict[str, np.ndarray] = {}
    for network in ("lead", "band", "kit"):
        held = load_windows(windows_path(corpus, network, "val"))
        some = select(held, drawn(held.names, MOST[network]))
        arrays |= {f"{network}_{name}": getattr(some, name) for name in ARRAYS}
        arrays[f"{network}_names"] = np.frombuffer("\n".join(some.names).encode(), np.uint8)
    _, charts = load_streams(corpus, corpus)
    chosen = drawn(charts.names, MOST["harmony"])
    streams = [charts.one(i) for i in chosen]
    arrays["harmony_tokens"] = np.concatenate([np.array(one, np.int16) for one in streams])
    arrays["harmony_starts"] = np.concatenate([[0], np.cumsum([len(one) for one in streams])]).astype(np.int64)
    arrays["harmony_names"] = np.frombuffer("\n".join(charts.names[i] for i in chosen).encode(), np.uint8)
    write_whole(path, arrays)


def load_probe(network: str, path: Path = PROBE) -> "Windows | Streams":
    """The shipped windows of a network, or charts of the harmony network."""
    with np.load(path) as file:
        names = tuple(file[f"{network}_names"].tobytes().decode().split("\n"))
        if network == "harmony":
            return Streams(file["harmony_tokens"], file["harmony_starts"], names)
        features, targets, bars, starts, controls = (file[f"{network}_{name}"] for name in ARRAYS)
        return Windows(features, targets, bars, starts, controls, names)
