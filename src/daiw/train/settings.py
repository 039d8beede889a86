"""How a network is trained, and which pieces make up a step: the same for every network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    steps: optimiser steps, over which the learning rates follow a cosine to a twentieth after a short warm-up.  batch_tokens: padded rows a
    step.  muon_rate, adam_rate: of matrices and of embeddings.  plan_weight: in the loss, of what is written about the form (the bar
    tokens' references; sections and their lengths).  hide_all, hide_one: chance that a piece loses all of what it is told for guidance,
    and each thing by itself.  lieder_share: share of the art songs seen each epoch.
    """

    steps: int = 1800
    batch_tokens: int = 5000
    muon_rate: float = 3e-3
    adam_rate: float = 3e-3
    warm_up: int = 30
    plan_weight: float = 0.25
    dropout: float = 0.1
    hide_all: float = 0.12
    hide_one: float = 0.15
    lieder_share: float = 0.5
    seed: int = 1


HARMONY_SETTINGS = Settings(steps=1500, batch_tokens=4000, warm_up=40, plan_weight=0.5, hide_all=0.1)
"""What differs for the network that writes form and chords."""


def rate(step: int, settings: Settings) -> float:
    """Factor of the learning rates at `step`."""
    if step < settings.warm_up:
        return (step + 1) / settings.warm_up
    progress = (step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
    return 0.05 + 0.95 * 0.5 * (1.0 + float(np.cos(np.pi * min(1.0, progress))))


def packed(indices: Sequence[int], length: Callable[[int], int], tokens: int) -> list[list[int]]:
    """Cut pieces, sorted by length, into batches of at most `tokens` padded rows; one that is longer is a batch of its own."""
    batches: list[list[int]] = [[]]
    for i in indices:
        if batches[-1] and (len(batches[-1]) + 1) * length(i) > tokens:
            batches.append([])
        batches[-1].append(i)
    return [batch for batch in batches if batch]


def shelved(order: Sequence[int], length: Callable[[int], int], tokens: int, shelf: int, rng: np.random.Generator) -> list[list[int]]:
    """The batches of an epoch: `shelf` pieces at a time are gathered by length, to waste little padding, and the batches shuffled."""
    batches: list[list[int]] = []
    for start in range(0, len(order), shelf):
        batches += packed(sorted(order[start : start + shelf], key=length), length, tokens)
    rng.shuffle(batches)
    return batches
