"""Chance with a purpose: every choice draws from a generator of its own, so that one choice never moves another."""

from zlib import crc32

import numpy as np


def generator(seed: int, purpose: str) -> np.random.Generator:
    """The generator for one purpose ("tonic", "harmony verse") of a song with this seed (>= 0)."""
    return np.random.default_rng([seed, crc32(purpose.encode())])
