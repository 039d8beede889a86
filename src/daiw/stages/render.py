"""The fifth hop: played notes become sound, one stem a track.  Ticks become seconds here."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np

from daiw.errors import PluginError
from daiw.music.audio import SAMPLE_RATE_HZ, Audio, Stem
from daiw.music.score import Arrangement, Timeline, Track


class Renderer(Protocol):
    """One instrument: a track in, stereo sound out.

    The sound starts at song time 0, every onset lies on its own frame, and it is long enough for the last note to ring out.
    """

    def __call__(self, track: Track, timeline: Timeline, sample_rate: int) -> Audio:
        """The track's sound, (2, frames)."""


class Effect(Protocol):
    """One insert chain: sound in, sound of the same shape out, latency compensated."""

    def __call__(self, audio: Audio) -> Audio:
        """The processed sound."""


def render(
    arrangement: Arrangement,
    renderers: Mapping[str, Renderer],
    *,
    inserts: Mapping[str, Effect] | None = None,
    sample_rate: int = SAMPLE_RATE_HZ,
    workers: int = 2,
) -> tuple[Stem, ...]:
    """Every track's stem, in the order of the tracks, all of one length.

    renderers: by instrument name.  inserts: by role, the style's own chain after the instrument's.  workers: threads; the
    engines spend their time in numpy and C++, which let go of the interpreter.
    Raises PluginError where an instrument is unknown, stays silent although it has notes, or gives a number that is not finite.
    """
    chains = inserts or {}
    playing = [track for track in arrangement.tracks if track.notes]
    for track in playing:
        if track.instrument not in renderers:
            raise PluginError(f"{track.role}: no instrument named {track.instrument!r}; there are {', '.join(sorted(renderers))}")

    def sound(track: Track) -> Audio:
        dry = renderers[track.instrument](track, arrangement.timeline, sample_rate)
        checked = _checked(dry, track)
        return _checked(chains[track.role](checked), track) if track.role in chains else checked

    if workers > 1 and len(playing) > 1:
        with ThreadPoolExecutor(workers, thread_name_prefix="render") as pool:
            sounds = list(pool.map(sound, playing))
    else:
        sounds = [sound(track) for track in playing]
    frames = max((audio.frames for audio in sounds), default=0)
    return tuple(Stem(track.role, _padded(audio, frames)) for track, audio in zip(playing, sounds, strict=True))


def _checked(audio: Audio, track: Track) -> Audio:
    """`audio`, or a PluginError that says what the instrument did."""
    peak = float(np.abs(audio.samples).max(initial=0.0))
    if not np.isfinite(peak):
        raise PluginError(f"{track.role}: the instrument {track.instrument!r} gave sound that is not a number; choose another instrument")
    if peak == 0.0:
        raise PluginError(f"{track.role}: the instrument {track.instrument!r} stays silent although it has {len(track.notes)} notes")
    return audio


def _padded(audio: Audio, frames: int) -> Audio:
    """`audio` with silence after it up to `frames`."""
    if audio.frames == frames:
        return audio
    return Audio(np.pad(audio.samples, ((0, 0), (0, frames - audio.frames))), audio.sample_rate)
