"""Do these bars sound like these words?  Two small towers, over a sentence's embedding and a portrait of the music (CLIP, Radford 2021)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from daiw.errors import ModelError
from daiw.nets.text_encoder import EMBEDDING_SIZE, TextEncoder
from daiw.tokens.portrait import SIZE, portrait
from daiw.tokens.sheet import Sheet

MATCH_PATH = Path(__file__).parent.parent / "models" / "composer" / "match.npz"
WIDTH, SPACE = 96, 48
SHAPES = {
    "mean": (SIZE,), "spread": (SIZE,), "first": (WIDTH, SIZE), "first_bias": (WIDTH,), "second": (SPACE, WIDTH),
    "text": (SPACE, EMBEDDING_SIZE),
}  # fmt: skip
"""Name -> array shape of every weight."""

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class TextMatch:
    """weights: as in SHAPES; music: portrait, standardised -> WIDTH, tanh -> SPACE; text: embedding -> SPACE; both of unit length."""

    weights: dict[str, NDArray[np.float32]]

    def music(self, portraits: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, SPACE) of (n, SIZE) portraits."""
        w = self.weights
        inner = np.tanh(((portraits - w["mean"]) / w["spread"]).clip(-4, 4) @ w["first"].T + w["first_bias"])
        return unit(inner @ w["second"].T)

    def text(self, embedding: Vector) -> Vector:
        """(SPACE,) of a sentence's embedding."""
        return unit(embedding @ self.weights["text"].T)

    def scores(self, words: Vector, sheets: list[Sheet]) -> list[float]:
        """Cosine of the words, as `text` gives them, with each of the sheets."""
        found: list[float] = (self.music(np.stack([portrait(sheet) for sheet in sheets])) @ words).tolist()
        return found


def unit(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of unit length along the last axis."""
    result: NDArray[np.float32] = x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-6)
    return result


@lru_cache(maxsize=1)
def load_match(path: Path = MATCH_PATH) -> TextMatch:
    """The shipped towers; raises ModelError."""
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            weights = {name: file[name].astype(np.float32) for name in SHAPES}
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise ModelError(f"{path}: the towers that match music with words cannot be read; install daiw again") from error
    if any(weights[name].shape != shape for name, shape in SHAPES.items()):
        raise ModelError(f"{path}: the towers that match music with words are another version's; install daiw again")
    return TextMatch(weights)


def words_of(prompt: str, texts: Mapping[str, Vector] | None = None) -> Vector | None:
    """A prompt where music can be held against it; None for one without words.  texts: embeddings that need not be made again."""
    if not prompt.strip():
        return None
    known = (texts or {}).get(prompt)
    return load_match().text(TextEncoder().encode(prompt) if known is None else known)
