"""Form: a style's section list fitted to an exact number of bars, with letters, energy and roles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daiw.planning.arcs import CURVES


@dataclass(frozen=True, slots=True)
class Block:
    """A section before it has a place: name and bars."""

    name: str
    bars: int


DROP_ORDER = ("solo", "breakdown", "bridge", "intro", "outro", "build", "pre-chorus", "verse", "chorus", "drop")
"""What a shorter song can spare, first to last."""

GROW_ORDER = ("chorus", "drop", "verse", "solo", "bridge", "outro", "intro", "breakdown", "build", "pre-chorus")
"""Where spare bars go, first to last."""

SECTION_ENERGY = {
    "intro": 0.3, "verse": 0.5, "pre-chorus": 0.65, "chorus": 0.9, "bridge": 0.55, "breakdown": 0.25, "build": 0.65, "drop": 1.0,
    "solo": 0.7, "outro": 0.25,
}  # fmt: skip

DENSITY_SHIFT = {
    "intro": -0.18, "verse": -0.10, "pre-chorus": 0.05, "chorus": 0.18, "drop": 0.20, "bridge": -0.05, "outro": -0.20, "breakdown": -0.25,
    "build": 0.0, "solo": 0.05,
}  # fmt: skip


def fit(form: Sequence[tuple[str, int]], bars: int) -> tuple[Block, ...]:
    """The form with exactly `bars` bars (>= 1): sections are dropped or repeated, then stretched in the largest blocks that fit.

    >>> sum(block.bars for block in fit((("intro", 4), ("verse", 8), ("chorus", 8), ("outro", 4)), 17))
    17
    """
    blocks = [Block(name, length) for name, length in form]
    blocks = _repeated(blocks, bars)
    while len(blocks) > 1 and (sum(block.bars for block in blocks) > 1.3 * bars or len(blocks) * 4 > bars):
        blocks.pop(_sparest(blocks))
    return tuple(_stretched(blocks, bars))


def _repeated(blocks: list[Block], bars: int) -> list[Block]:
    """More rounds of the first cycle (all up to the first chorus or drop) until the form is long enough."""
    names = [block.name for block in blocks]
    peaks = [i for i, name in enumerate(names) if name in ("chorus", "drop")]
    start = 1 if names[0] == "intro" else 0
    end = peaks[0] + 1 if peaks and peaks[0] >= start else max(start + 1, len(blocks) - 1)
    cycle = blocks[start:end]
    while sum(block.bars for block in blocks) + sum(block.bars for block in cycle) / 2 < bars:
        blocks = blocks[:end] + cycle + blocks[end:]
    return blocks


def _sparest(blocks: list[Block]) -> int:
    """Index of the section a shorter song misses least: the last of its kind, repeats before first appearances."""
    names = [block.name for block in blocks]
    repeated = [i for i, name in enumerate(names) if names.count(name) > 2]
    if repeated:
        return repeated[len(repeated) // 2]
    lonely = min(range(len(names)), key=lambda i: (DROP_ORDER.index(names[i]) - (3 if names.count(names[i]) > 1 else 0), -i))
    return lonely


def _stretched(blocks: list[Block], bars: int) -> list[Block]:
    """Grow or shrink sections in steps of 4, 2 and 1 bars until the sum is exact."""
    lengths = [block.bars for block in blocks]
    order = sorted(range(len(blocks)), key=lambda i: (GROW_ORDER.index(blocks[i].name), -i))
    for step in (4, 2, 1):
        while abs(bars - sum(lengths)) >= step:
            sign = 1 if bars > sum(lengths) else -1
            able = [i for i in order if sign > 0 or lengths[i] > step]
            if not able:
                break
            ratio = {i: lengths[i] / blocks[i].bars for i in able}
            chosen = min(able, key=lambda i: sign * ratio[i])
            lengths[chosen] += sign * step
    return [Block(block.name, length) for block, length in zip(blocks, lengths, strict=True)]


def letters(names: Sequence[str]) -> tuple[str, ...]:
    """A letter for each section: A, B, C by first appearance; "I" for the intro and "O" for the outro.

    >>> letters(["intro", "verse", "chorus", "verse", "chorus", "outro"])
    ('I', 'A', 'B', 'A', 'B', 'O')
    """
    given: dict[str, str] = {"intro": "I", "outro": "O"}
    free = iter("ABCDEFGH")
    for name in names:
        if name not in given:
            given[name] = next(free)
    return tuple(given[name] for name in names)


def energies(blocks: Sequence[Block], arc: str, arousal: float) -> tuple[float, ...]:
    """Energy 0..1 of each section: the arc at its middle, leaning on what the section is, at a level set by arousal -1..1."""
    total = sum(block.bars for block in blocks)
    level = 0.85 + 0.15 * arousal
    flat = arc in ("static-reflection", "repetitive-despair")
    lean = 0.25 if flat else 0.5
    result, start = [], 0
    for i, block in enumerate(blocks):
        middle = (start + block.bars / 2) / total
        start += block.bars
        later = sum(1 for earlier in blocks[:i] if earlier.name == block.name)
        energy = CURVES[arc](middle) + lean * (SECTION_ENERGY[block.name] - 0.55) + 0.03 * later
        result.append(round(min(1.0, max(0.05, level * energy)), 3))
    return tuple(result)


ENTRIES = {"chords": 0.0, "melody": 0.2, "pad": 0.15, "bass": 0.3, "drums": 0.35, "counter": 0.6}
"""Role -> section energy from which it usually plays."""

SILENT = {
    "intro": ("melody", "counter"), "outro": ("counter",), "breakdown": ("drums", "bass", "counter"), "solo": ("counter",),
    "build": ("counter",),
}  # fmt: skip
"""Section -> roles that rest there whatever the energy."""


def roles_in(name: str, energy: float, roles: Sequence[str], entries: Mapping[str, float]) -> tuple[str, ...]:
    """The roles that play in a section; never none."""
    level = ENTRIES | dict(entries)
    playing = tuple(role for role in roles if energy >= level[role] and role not in SILENT.get(name, ()))
    return playing or tuple(sorted(roles, key=lambda role: level[role])[:1])
