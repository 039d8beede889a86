"""Take out training sentences too near to golden prompts: python -m daiw.train.emotion_decontaminate FILE... [--cache FILE]

A sentence goes where its embedding has cosine .60 or more to a golden prompt, of either half, or shares half its words with one.
Prints counts alone, so that whoever writes sentences does not come to know the held half.
"""

import argparse
import csv
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daiw.nets.text_encoder import TextEncoder

Array = NDArray[np.float32]

NEAREST = 0.60
"""Cosine of embeddings; paraphrases lie above."""
MOST_SHARED = 0.5
"""Jaccard index of the words."""


class EmbeddingCache:
    """Sentence embeddings by the hash of the sentence, kept in one .npz between runs."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._encoder = TextEncoder()
        self._known: dict[bytes, NDArray[np.float16]] = {}
        if path and path.exists():
            with np.load(path) as archive:
                self._known = {bytes(key): value for key, value in zip(archive["keys"], archive["values"], strict=True)}

    def embeddings(self, texts: Sequence[str]) -> Array:
        """(texts, 384)."""
        rows = []
        for text in texts:
            key = hashlib.sha1(text.encode()).digest()
            if key not in self._known:
                self._known[key] = self._encoder.encode(text).astype(np.float16)
            rows.append(self._known[key])
        return np.stack(rows).astype(np.float32)

    def save(self) -> None:
        """Write the cache, if it has a place."""
        if self._path:
            keys = np.array([np.frombuffer(key, np.uint8) for key in self._known])
            np.savez(self._path, keys=keys, values=np.stack(list(self._known.values())))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9']+", text.lower()))


def too_near(sentences: list[str], prompts: list[str], cache: EmbeddingCache) -> frozenset[str]:
    """Those of the sentences that are too near to one of the prompts, in meaning or in words."""
    nearness = (cache.embeddings(sentences) @ cache.embeddings(prompts).T).max(axis=1)
    sets = [_words(prompt) for prompt in prompts]
    return frozenset(
        sentence
        for sentence, near in zip(sentences, nearness, strict=True)
        if near >= NEAREST or any(len(_words(sentence) & other) >= MOST_SHARED * len(_words(sentence) | other) for other in sets)
    )


def main() -> None:
    """Rewrite each file without the sentences that are too near."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--prompts", type=Path, default=Path("tests/golden/prompts.tsv"))
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    cache = EmbeddingCache(options.cache)
    with options.prompts.open(encoding="utf-8", newline="") as file:
        prompts = [row["prompt"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    for path in options.files:
        lines = path.read_text(encoding="utf-8").splitlines()
        sentences = [line for line in lines if line and line[0] not in "#="]
        near = too_near(sentences, prompts, cache)
        path.write_text("\n".join(line for line in lines if line not in near) + "\n", encoding="utf-8")
        print(f"{path.name}: {len(near)} of {len(sentences)} sentences taken out")
    cache.save()


if __name__ == "__main__":
    main()
