"""A few held-out windows of our own corpora, shipped, so that one can hear what a network forgets when it learns something else.

Only what may be given on freely: art songs (CC0) and public-domain lead sheets, drummers (CC BY 4.0), Freedoom's basses (BSD) and
Billboard's chords (CC0).  POP909's songs are copyrighted, so nothing of them is here.  Keys are the pianos of held-out art songs, which the
network of bass and keys did not learn from: their bits are high, and what counts is whether they rise.
"""

from pathlib import Path
from zlib import crc32

import numpy as np

from daiw.nets.own import FILES
from daiw.train.accompaniment import read_lieder_piano
from daiw.train.corpus import Made, Windows, held_out, joined, load_windows, windows_path, write_whole
from daiw.train.harmony import Streams, load_streams
from daiw.train.windows import WINDOW_BARS, song_windows

PROBE = Path(__file__).parent.parent / "models" / "composer" / "probe.npz"
FREE = ("lieder/", "openewld/", "groove/", "freedoom/", "billboard/")
MOST = {"lead": 40, "band": 28, "kit": 40, "harmony": 20}
"""Windows, or charts, of each network."""

MOST_KEYS = 8
"""Of the band's windows."""

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


def piano_windows(folder: Path, most: int) -> Windows:
    """A window of keys of each of the first `most` held-out art songs in 4/4, by name, from the folder `openscore_lieder`."""
    found: list[Made] = []
    paths = [path for path in folder.glob("scores/**/*.mxl") if held_out(f"lieder/{path.stem}")]
    for path in sorted(paths, key=lambda path: crc32(path.stem.encode())):
        song = read_lieder_piano(path)
        if song is not None and song.sheet.meter == "4/4":
            found += [one for one in song_windows(song, WINDOW_BARS, lonely=False) if one[0].startswith("keys ")][:1]
        if len(found) == most:
            break
    return joined(found, WINDOW_BARS)


def both(first: Windows, second: Windows) -> Windows:
    """The windows of both, end to end."""
    features, targets, bars, controls = (
        np.concatenate([getattr(one, name) for one in (first, second)]) for name in ("features", "targets", "bars", "controls")
    )
    starts = np.concatenate([first.starts, second.starts[1:] + first.starts[-1]])
    return Windows(features, targets, bars, starts, controls, first.names + second.names)


def make_probe(corpus: Path, data: Path, path: Path = PROBE) -> None:
    """Write the probe from the held-out shards of a corpus, and from the art songs in the data folder."""
    arrays: dict[str, np.ndarray] = {}
    for network in ("lead", "band", "kit"):
        held = load_windows(windows_path(corpus, network, "val"))
        some = select(held, drawn(held.names, MOST[network] - (MOST_KEYS if network == "band" else 0)))
        if network == "band":
            some = both(some, piano_windows(data / "openscore_lieder", MOST_KEYS))
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
