"""Which weights a composer's name means: the shipped ones, or a folder that `daiw train` made of somebody's own material.

Such a folder is a stranger's until it is parsed: its card, the size, hash and version of every file, and the shape and finiteness of
every weight are checked before a network of it writes a note.  Networks that it lacks are the shipped ones.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from daiw.errors import ModelError, PromptError
from daiw.music.styles.compose import ComposeStyle
from daiw.nets import composer as shipped
from daiw.nets import harmony_transformer as shipped_harmony
from daiw.nets.decoder import engine_of
from daiw.nets.harmonist import NeuralHarmonist
from daiw.nets.harmony_decoder import sessions_of
from daiw.nets.harmony_transformer import load_harmony
from daiw.nets.mixed import MixedComposer
from daiw.nets.novelty import read_index
from daiw.nets.tensor_file import read_tensors
from daiw.nets.text_match import Vector, words_of
from daiw.nets.writers import Composer

FORMAT = 1
"""Of the folder and its card; raised when older folders can no longer be used."""

OURS = ("mixed", "reference", "neural")
"""Composers that are no folder's."""

CARD = "card.toml"
MOST_CARD_BYTES = 1 << 18
MOST_FILE_BYTES = 100 << 20
FILES = {
    "lead": "weights.safetensors", "band": "band.safetensors", "kit": "kit.safetensors", "index": "novelty.npz",
    "harmony": "harmony.safetensors",
}  # fmt: skip
"""Network -> its file in a folder of weights; index: runs of notes that may not come back."""


@dataclass(frozen=True, slots=True)
class ComposerFiles:
    """Where a composer's weights lie.  own: the networks that are not the shipped ones."""

    lead: Path = shipped.WEIGHTS_PATH
    band: Path = shipped.BAND_PATH
    kit: Path = shipped.KIT_PATH
    index: Path = shipped.INDEX_PATH
    harmony: Path = shipped_harmony.WEIGHTS_PATH
    own: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of them."""
        return (self.lead, self.index, self.band, self.kit, self.harmony)


def is_folder(name: str) -> bool:
    """Whether a composer's name is a folder's: it has a separator, or there is one of that name."""
    if name in OURS:
        return False
    return "/" in name or "\\" in name or name.startswith(("~", ".")) or Path(name).is_dir()


def full_name(name: str) -> str:
    """The name as a song keeps it: a folder's place does not depend on where one stands."""
    return str(Path(name).expanduser().resolve()) if is_folder(name) else name


def composer_files(name: str) -> ComposerFiles:
    """The weights that ship, or a folder's; raises PromptError where there is no such folder, ModelError where it is not sound."""
    if name in OURS:
        return ComposerFiles()
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise PromptError(f"{name}: no such folder of weights; daiw train --on DIR makes one, --composer neural needs none")
    card = folder / CARD
    try:
        stamp = tuple(
            (path.stat().st_size, path.stat().st_mtime_ns) for path in (card, *(folder / file for file in FILES.values())) if path.exists()
        )
    except OSError as error:
        raise ModelError(f"{folder}: cannot be read ({error.strerror})") from error
    return _checked(folder.resolve(), stamp)


def open_composer(
    name: str, style: ComposeStyle, fallback: Composer, prompt: str = "", texts: Mapping[str, Vector] | None = None
) -> shipped.NeuralComposer:
    """The composer of that name in a style, for a prompt where there is one; raises as `composer_files` does.

    texts: what was encoded before, the prompt perhaps among it.
    """
    files = composer_files(name)
    lead, band, kit = (shipped.load_weights(path) for path in (files.lead, files.band, files.kit))
    index, words = read_index(files.index), words_of(prompt, texts)
    return shipped.NeuralComposer(lead, style, fallback, novelty=index, band=band, kit=kit, words=words)


def open_mixed(style: ComposeStyle, theory: Composer) -> MixedComposer:
    """Theory with the shipped drummer, whose weights load when he first plays; then ModelError where they are missing or damaged."""
    return MixedComposer(partial(shipped.load_weights, shipped.KIT_PATH), style, theory)


def open_harmonist(name: str) -> NeuralHarmonist:
    """The harmonist of that name; raises as `composer_files` does."""
    return NeuralHarmonist(load_harmony(composer_files(name).harmony))


def forget() -> None:
    """Let go of the writers' weights and sessions, some 400 MB, wherever they were loaded; they load again when they are next asked for."""
    for kept in (engine_of, sessions_of, shipped.load_weights, load_harmony):
        kept.cache_clear()


@lru_cache(maxsize=8)
def _checked(folder: Path, stamp: tuple[tuple[int, int], ...]) -> ComposerFiles:
    """The folder's files once all is checked.  stamp: sizes and times, so that a folder that changes is checked again."""
    for load in (shipped.load_weights, load_harmony):
        load.cache_clear()  # a folder may have changed under its name
    stated = read_card(folder)
    found = ComposerFiles()
    for network, file in FILES.items():
        if file not in stated:
            continue
        path = folder / file
        _check_hash(path, stated[file])
        _check_weights(network, path)
        found = replace(found, **{network: path}, own=(*found.own, network))
    if not found.own:
        raise ModelError(f"{folder / CARD} names no weights that this daiw knows")
    return found


def read_card(folder: Path) -> dict[str, str]:
    """File -> its SHA-256 as the card states them; raises ModelError where it is missing, not a card, or another version's."""
    path = folder / CARD
    try:
        if path.stat().st_size > MOST_CARD_BYTES:
            raise ModelError(f"{path}: too large for a card")
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: no card, or not a readable one; daiw train --on DIR writes it with the weights") from error
    if told.get("format") != FORMAT:
        raise ModelError(f"{path}: weights of another version (format {told.get('format')}, this daiw reads {FORMAT}); train them again")
    files = told.get("sha256")
    if not isinstance(files, dict) or not all(isinstance(value, str) for value in files.values()):
        raise ModelError(f"{path}: the card does not state the weights' hashes; train them again")
    return dict(files)


def _check_hash(path: Path, stated: str) -> None:
    try:
        size = path.stat().st_size
        if size > MOST_FILE_BYTES:
            raise ModelError(f"{path}: {size >> 20} MB is too large for weights of ours")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: named in the card and cannot be read ({error.strerror})") from error
    if found != stated:
        raise ModelError(f"{path}: not the file that its card states: cut short or changed; train it again")


def _check_weights(network: str, path: Path) -> None:
    """Raise ModelError unless the file holds what the network needs."""
    if network == "index":
        hashes = read_index(path).hashes
        if hashes.ndim != 1 or hashes.dtype != np.uint32 or (np.diff(hashes.astype(np.int64)) <= 0).any():
            raise ModelError(f"{path}: not an index of known melodies; train the weights again")
        return
    tensors, _ = read_tensors(path)
    if not all(np.isfinite(array).all() for array in tensors.values()):
        raise ModelError(f"{path}: holds weights that are no numbers; train it again")
    if network == "harmony":
        load_harmony(path)
        return
    layout = shipped.load_weights(path).shape.layout
    if layout != network:
        raise ModelError(f"{path}: holds the {layout} network, not the {network} network")
