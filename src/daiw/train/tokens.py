"""Licensed files -> shards of tokens: `daiw train tokens`.

Every source and every split is one shard, written whole or not at all; what is there already is not made again, so a killed run goes on.
"""

from collections.abc import Callable
from pathlib import Path

from daiw.errors import FileFormatError, PromptError
from daiw.tokens.layout import KIT, LAYOUTS
from daiw.tokens.sheet import Sheet
from daiw.tokens.takes import Accompaniment, DrumTake
from daiw.train.corpus import VERSION, held_out, joined, load_sheets, load_windows, save_sheets, save_windows, windows_path
from daiw.train.manifest import Source, write_record
from daiw.train.windows import HOP_BARS, WINDOW_BARS, make_windows, song_windows, take_windows

RECORD = "sources.json"
DRUM_SPLITS = (("val", "validation"), ("test", "test"), ("train", "train"))
"""Ours -> the dataset's own; its test split is for `daiw evaluate composer`."""


def readers() -> dict[str, tuple[str, Callable[[Path], list[Sheet]]]]:
    """Source of sheets -> (its folder, its reader)."""
    from daiw.train.musicxml import read_lieder, read_openewld
    from daiw.train.pop909 import read_pop909

    return {"pop909": ("pop909", read_pop909), "openewld": ("openewld_us_pd", read_openewld), "lieder": ("openscore_lieder", read_lieder)}


def build_lead(data: Path, out: Path, sources: frozenset[str]) -> None:
    """Melodies and chords."""
    sheets: list[Sheet] = []
    for source, (folder, read) in readers().items():
        if source in sources:
            path = out / f"sheets-{source}-v{VERSION}.npz"
            if not path.exists():
                save_sheets(path, read(data / folder))
            sheets += load_sheets(path)
    for split, wanted in (("val", True), ("train", False)):
        path = windows_path(out, "lead", split)
        if not path.exists():
            chosen = [sheet for sheet in sheets if held_out(sheet.name) == wanted]
            save_windows(path, make_windows(chosen, hop=WINDOW_BARS if wanted else HOP_BARS, unreferred=not wanted))


def build_kit(data: Path, out: Path, sources: frozenset[str]) -> None:
    """Drums."""
    from daiw.train.groove import read_groove

    takes: dict[str, list[DrumTake]] | None = None
    for split, source in DRUM_SPLITS:
        path = windows_path(out, "kit", split)
        if not path.exists():
            takes = takes or read_groove(data / "groove")
            hop = KIT.window_bars if split != "train" else 8
            save_windows(path, joined((one for take in takes[source] for one in take_windows(take, hop)), KIT.window_bars))


def build_band(data: Path, out: Path, sources: frozenset[str]) -> None:
    """Bass and keys."""
    from daiw.train.accompaniment import read_accompaniments

    songs: list[Accompaniment] = []
    for split, wanted in (("val", True), ("train", False)):
        path = windows_path(out, "band", split)
        if not path.exists():
            songs = songs or read_accompaniments(data, sources)
            chosen = [song for song in songs if held_out(song.sheet.name) == wanted]
            bars = LAYOUTS["band"].window_bars
            made = (one for song in chosen for one in song_windows(song, bars if wanted else 3 * bars // 4, lonely=not wanted))
            save_windows(path, joined(made, bars))


def build_harmony(data: Path, out: Path, sources: frozenset[str]) -> None:
    """Form and chords."""
    from daiw.train.harmony import load_streams

    load_streams(data, out, sources)


BUILDERS: dict[str, Callable[[Path, Path, frozenset[str]], None]] = {
    "lead": build_lead, "band": build_band, "kit": build_kit, "harmony": build_harmony,
}  # fmt: skip


def build(data: Path, out: Path, sources: tuple[Source, ...], networks: tuple[str, ...], report: Callable[[str], None] = print) -> None:
    """Make the shards of these networks from the sources that are there, and a record of what was read.

    Raises PromptError where the data folder holds none of a network's sources, FileFormatError where files are not what they should be.
    """
    if not data.is_dir():
        raise PromptError(f"{data}: no such folder; --data names the folder that holds {', '.join(source.folder for source in sources)}")
    here = tuple(source for source in sources if (data / source.folder).is_dir() and set(source.networks) & set(networks))
    for source in sources:
        if set(source.networks) & set(networks):
            report(f"{source.name}: {source.licence}, {'found' if source in here else 'not in the data folder, left out'}")
    out.mkdir(parents=True, exist_ok=True)
    for network in networks:
        named = frozenset(source.name for source in here if network in source.networks)
        if not named:
            raise PromptError(f"{data} holds none of the sources of the {network} network; see the manifest")
        try:
            BUILDERS[network](data, out, named)
        except (OSError, KeyError, ValueError) as error:
            raise FileFormatError(f"{data}: the sources of the {network} network cannot be read ({error})") from error
        report(f"{network}: {told(out, network)}")
    write_record(out / RECORD, data, here)


def told(out: Path, network: str) -> str:
    """How much there is, in words."""
    if network == "harmony":
        from daiw.train.harmony import load_streams

        streams, held = load_streams(out, out, frozenset())
        return f"{len(streams.names)} charts, {len(streams.tokens)} tokens; {len(held.names)} charts held out"
    training, held_windows = (load_windows(windows_path(out, network, split)) for split in ("train", "val"))
    return f"{len(training.names)} windows, {len(training.targets)} tokens; {len(held_windows.names)} windows held out"
