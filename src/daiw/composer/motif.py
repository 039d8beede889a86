"""Motifs: a rhythm and a contour that are recognised again, and what may be done to them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from daiw.composer import rhythm as rhythms
from daiw.composer.pulse import QUARTER
from daiw.composer.rhythm import Feel, Rhythm
from daiw.music.time import Meter


@dataclass(frozen=True, slots=True)
class Motif:
    """rhythm: one bar.  heights: scale steps above the motif's first note, one for each onset."""

    rhythm: Rhythm
    heights: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.heights) != len(self.rhythm.onsets):
            raise ValueError(f"{len(self.rhythm.onsets)} onsets need as many heights, got {len(self.heights)}")


def _arch(t: float) -> float:
    return float(np.sin(np.pi * min(1.0, t * 1.15)))


SHAPES: dict[str, Callable[[float], float]] = {
    "arch": _arch,
    "fall": lambda t: -t,
    "rise": lambda t: t,
    "dip": lambda t: -_arch(t),
    "turn": lambda t: float(np.sin(2 * np.pi * t)),
    "leap-fall": lambda t: 0.0 if t == 0 else 1.2 * (1.1 - t),
    "level": lambda t: 0.0,
}
"""Contours over t = 0..1, roughly -1..1."""


DRAWS = 6


def sample_motif(meter: Meter, feel: Feel, leapiness: float, repetition: float, rng: np.random.Generator) -> Motif:
    """A new motif in the wished feel: the most memorable of several."""
    return min((_draw(meter, feel, leapiness, repetition, rng) for _ in range(DRAWS)), key=forgettable)


def forgettable(motif: Motif) -> float:
    """Cost of a motif that no one would remember: even values, a trill, a flat or torn contour, too many notes, no place to rest."""
    onsets, heights = motif.rhythm.onsets, motif.heights
    lengths = np.diff((*onsets, motif.rhythm.length))
    steps = np.diff(heights)
    trills = sum(a == -b != 0 and a == c for a, b, c in zip(steps, steps[1:], steps[2:], strict=False))
    span = max(heights) - min(heights)
    cost = 0.8 * (len(onsets) > 2 and len(set(lengths.tolist())) == 1) + 0.7 * trills + 0.3 * max(0, len(onsets) - 7)
    cost += 0.9 * (span < 2 and len(onsets) > 2) + 0.4 * max(0, span - 6) + 0.5 * (int((np.abs(steps) > 2).sum()) > 2)
    return float(cost - 0.5 * (lengths.max() >= QUARTER and lengths.max() > lengths.min()))


def _draw(meter: Meter, feel: Feel, leapiness: float, repetition: float, rng: np.random.Generator) -> Motif:
    """A rhythm in the wished feel and one of the shapes, with small steps inside it and one wider interval at most."""
    rhythm = rhythms.sample_bar(meter, feel, rng)
    count = len(rhythm.onsets)
    names = list(SHAPES)
    odds = np.array([1.2, 1.2, 0.9, 0.7, 0.9, 0.3 + 1.4 * leapiness, 0.2 + repetition])
    shape = SHAPES[names[int(rng.choice(len(names), p=odds / odds.sum()))]]
    size = 2.0 + 2.4 * leapiness + rng.random()
    heights = [round(size * shape(i / max(1, count - 1))) for i in range(count)]
    first = heights[0]
    heights = [height - first for height in heights]
    for i in range(1, count):
        if heights[i] == heights[i - 1] and rng.random() > repetition + 0.1:
            heights[i] += 1 if rng.random() < 0.5 else -1
    return Motif(rhythm, tuple(heights))


def fitted(heights: tuple[int, ...], count: int) -> tuple[int, ...]:
    """The same contour over another number of notes."""
    if not heights or count == 0:
        return (0,) * count
    places = np.linspace(0, len(heights) - 1, count)
    return tuple(int(h) for h in np.round(np.interp(places, np.arange(len(heights)), heights)))


def with_rhythm(motif: Motif, rhythm: Rhythm) -> Motif:
    """The motif sung to another rhythm: notes at old places keep their height."""
    known = dict(zip(motif.rhythm.onsets, motif.heights, strict=True))
    spare = fitted(motif.heights, len(rhythm.onsets))
    return Motif(rhythm, tuple(known.get(onset, spare[i]) for i, onset in enumerate(rhythm.onsets)))


def inverted(motif: Motif) -> Motif:
    """Up for down."""
    return replace(motif, heights=tuple(-height for height in motif.heights))


def fragmented(motif: Motif, meter: Meter, step: int) -> Motif:
    """Its first half twice, the second time `step` scale steps higher."""
    rhythm = rhythms.fragment(motif.rhythm, meter)
    head = [offset for offset in motif.rhythm.onsets if offset < rhythm.length / 2 + 1]
    count = max(1, len(rhythm.onsets) // 2)
    base = motif.heights[: max(1, min(count, len(head)))] or (0,)
    heights = [base[i % len(base)] + step * (i >= count) for i in range(len(rhythm.onsets))]
    return Motif(rhythm, tuple(heights))


def augmented(motif: Motif) -> Motif:
    """Its first half at half speed."""
    rhythm = rhythms.augment(motif.rhythm)
    if not rhythm.onsets:
        rhythm = replace(rhythm, events=((0, True),))
    return Motif(rhythm, (motif.heights * len(rhythm.onsets))[: len(rhythm.onsets)] or (0,))
