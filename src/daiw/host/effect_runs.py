"""Resolved effects on sound: neighbours in one pedalboard, silence skipped where effects have forgotten, automation block by block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from daiw.host import colour
from daiw.host.effects import Effect
from daiw.host.external.sound import ExternalEffect
from daiw.music.automation import Line

FORGETS_S, RELEASES = 2.0, 2.0
_STRETCH_FRAMES = 4096
CONTROL_FRAMES = 512


@dataclass(frozen=True, slots=True)
class Resolved:
    """A built-in effect with all its settings.  moving: setting -> (seconds, value) points."""

    effect: Effect
    settings: dict[str, float]
    moving: dict[str, Line]


Step = Resolved | ExternalEffect


def _is_board(step: Step) -> bool:
    return isinstance(step, Resolved) and isinstance(step.effect.engine, str)


def runs(steps: Sequence[Step]) -> list[list[Step]]:
    """Neighbours that pedalboard can process in one go, together; our own and external effects alone."""
    found: list[list[Step]] = []
    for step in steps:
        if found and _is_board(step) and _is_board(found[-1][-1]):
            found[-1].append(step)
        else:
            found.append([step])
    return found


def stretch_by_stretch(steps: Sequence[Resolved], samples: colour.Sound, sample_rate: int) -> colour.Sound:
    """Steady effects on what sounds and a while after it; silence, where the effects have forgotten all before it, stays silence."""
    forgets_s = max([FORGETS_S, *(RELEASES * step.settings.get("release_ms", 0.0) / 1000.0 for step in steps)])
    gap = round(forgets_s * sample_rate)
    starts = range(0, samples.shape[1], _STRETCH_FRAMES)
    sounding = [start for start in starts if samples[:, start : start + _STRETCH_FRAMES].any()]
    result = np.zeros(samples.shape, np.float32)
    for number, start in enumerate(sounding):
        if number == 0 or start - sounding[number - 1] > gap:
            first = start
        if number + 1 == len(sounding) or sounding[number + 1] - start > gap:
            stretch = samples[:, first : start + _STRETCH_FRAMES + gap // 2]
            for run in runs(steps):
                stretch = played(run, stretch, sample_rate)
            result[:, first : first + stretch.shape[1]] = stretch
    return result


def played(run: Sequence[Step], samples: colour.Sound, sample_rate: int) -> colour.Sound:
    """The sound after one run of `runs`, (channels, frames)."""
    first = run[0]
    if isinstance(first, ExternalEffect):
        return first(samples, sample_rate)
    if callable(first.effect.engine):
        return first.effect.engine(samples, sample_rate, **first.settings)
    return _board([step for step in run if isinstance(step, Resolved)], samples, sample_rate)


def _board(run: Sequence[Resolved], samples: colour.Sound, sample_rate: int) -> colour.Sound:
    import pedalboard

    plugins: list[Any] = []
    moving: list[tuple[Any, str, Line]] = []
    for step in run:
        effect = step.effect
        make = getattr(pedalboard, str(effect.engine))
        arguments: dict[str, Any] = {effect.settings[name].to or name: value for name, value in step.settings.items()}
        plugins.append(make(**arguments, **{name: getattr(getattr(make, name.title()), value) for name, value in effect.fixed.items()}))
        moving += [(plugins[-1], effect.settings[name].to or name, line) for name, line in step.moving.items()]
    board = pedalboard.Pedalboard(plugins)  # type: ignore[attr-defined]
    if moving:
        return _automated(board, moving, samples, sample_rate)
    result: colour.Sound = board(samples, sample_rate)
    return result


def _automated(
    board: Any,  # noqa: ANN401 - pedalboard has no types for its boards
    moving: Sequence[tuple[Any, str, Line]],
    samples: colour.Sound,
    sample_rate: int,
) -> colour.Sound:
    """Block by block, the moving settings set before each."""
    result = np.empty_like(samples)
    for start in range(0, samples.shape[1], CONTROL_FRAMES):
        for plugin, name, line in moving:
            seconds, values = zip(*line, strict=True)
            setattr(plugin, name, float(np.interp(start / sample_rate, seconds, values)))
        block = samples[:, start : start + CONTROL_FRAMES]
        result[:, start : start + CONTROL_FRAMES] = board(block, sample_rate, reset=start == 0)
    return result


def trimmed(samples: colour.Sound, least: int) -> colour.Sound:
    """Without the silence at its end (below -100 dBFS), but at least `least` frames."""
    loud = np.flatnonzero(np.abs(samples).max(axis=0) > 1e-5)
    return samples[:, : max(least, int(loud[-1]) + 1 if len(loud) else 0)]
