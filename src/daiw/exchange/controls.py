"""Pedals, bends and the other controls that are part of the music, as they come back."""

from collections.abc import Iterable, Sequence

from daiw.exchange.pairing import EXACT_TICKS
from daiw.music.score import Control

EXPRESSIVE = frozenset((("cc", 1), ("cc", 2), ("cc", 11), ("cc", 64), ("cc", 66), ("cc", 67), ("bend", 0), ("pressure", 0)))
"""Controls that are part of the music; volume, pan and sends are the mixer's, and every program writes its own."""


def reconcile_controls(ours: Iterable[Control], theirs: Iterable[Control]) -> tuple[tuple[Control, ...], int]:
    """Our controls with the expressive lanes that differ in theirs, and how many these are; a lane they leave out is kept."""
    own, other = _lanes(ours), _lanes(theirs)
    differing = {lane for lane, controls in other.items() if lane in EXPRESSIVE and not _alike(own.get(lane, ()), controls)}
    if not differing:
        return tuple(ours), 0
    kept = [control for lane, controls in own.items() if lane not in differing for control in controls]
    return tuple(sorted([*kept, *(control for lane in differing for control in other[lane])])), len(differing)


def _lanes(controls: Iterable[Control]) -> dict[tuple[str, int], tuple[Control, ...]]:
    lanes: dict[tuple[str, int], tuple[Control, ...]] = {}
    for control in sorted(controls):
        lane = (control.kind, control.number if control.kind == "cc" else 0)
        lanes[lane] = (*lanes.get(lane, ()), control)
    return lanes


def _alike(ours: Sequence[Control], theirs: Sequence[Control]) -> bool:
    """Whether two lanes say the same, repeats and rounding apart."""
    one, other = _steps(ours), _steps(theirs)
    return len(one) == len(other) and all(
        abs(a.tick - b.tick) <= EXACT_TICKS and abs(a.value - b.value) <= (2 if a.kind == "bend" else 0)
        for a, b in zip(one, other, strict=True)
    )


def _steps(controls: Sequence[Control]) -> list[Control]:
    kept: list[Control] = []
    for control in controls:
        if kept and kept[-1].tick == control.tick:
            kept.pop()
        if not kept or kept[-1].value != control.value:
            kept.append(control)
    return kept
