"""The fifth hop: played notes become sound, one stem a track.  Ticks become seconds here."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np

from daiw.errors import OutputError, PluginError
from daiw.music.audio import SAMPLE_RATE_HZ, Audio, Stem
from daiw.music.score import Arrangement, Timeline, Track

MOST_BYTES = 8e9
_VOLUMES = (7, 11)


class Renderer(Protocol):
    """One instrument: a track in, stereo sound out.

    The sound starts at song time 0, every onset lies on its own frame, and it is long enough for the last note to ring out.
    """

    def __call__(self, track: Track, timeline: Timeline, sample_rate: int) -> Audio:
        """The track's sound, (2, frames)."""


class Effect(Protocol):
    """One insert chain: sound in, sound out, no later and no shorter; it may ring on."""

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
    Raises PluginError where an instrument is unknown, stays silent although it has notes, or gives a number that is not finite, and
    OutputError where the stems would not fit in memory.
    """
    chains = inserts or {}
    playing = [track for track in arrangement.tracks if track.notes]
    for track in playing:
        if track.instrument not in renderers:
            raise PluginError(f"{track.role}: no instrument named {track.instrument!r}; there are {', '.join(sorted(renderers))}")
    _check_size(playing, arrangement.timeline, sample_rate)

    def sound(track: Track) -> Audio:
        dry = _checked(renderers[track.instrument](track, arrangement.timeline, sample_rate), track)
        return _checked(chains[track.role](dry), track) if track.role in chains else dry

    longest_first = sorted(range(len(playing)), key=lambda i: -sum(note.duration for note in playing[i].notes))
    sounds: dict[int, Audio] = {}
    pool = ThreadPoolExecutor(workers, thread_name_prefix="render") if workers > 1 and len(playing) > 1 else None
    try:
        played = (pool.map if pool else map)(sound, [playing[i] for i in longest_first])
        sounds = dict(zip(longest_first, played, strict=True))
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)
    frames = max((audio.frames for audio in sounds.values()), default=0)
    return tuple(Stem(track.role, _padded(sounds.pop(i), frames)) for i, track in enumerate(playing))


def _check_size(tracks: Sequence[Track], timeline: Timeline, sample_rate: int) -> None:
    """OutputError where the stems would fill the memory: a damaged file can last for years."""
    last_s = max((timeline.tempos.seconds(note.end) for track in tracks for note in track.notes[-1:]), default=0.0)
    last_s = max(last_s, timeline.tempos.seconds(timeline.end))
    need = last_s * sample_rate * 8 * len(tracks)
    if need > MOST_BYTES:
        raise OutputError(
            f"the song lasts {last_s / 60.0:.0f} minutes on {len(tracks)} tracks: its stems would need {need / 1e9:.0f} GB of memory"
            f" and there may be {MOST_BYTES / 1e9:.0f}; render a part of it"
        )


def _checked(audio: Audio, track: Track) -> Audio:
    """`audio`, or a PluginError that says what the instrument did; a track that turns itself down to nothing may be silent."""
    samples = audio.samples
    peak = max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))
    if not np.isfinite(samples.max(initial=0.0) + samples.min(initial=0.0)):
        raise PluginError(f"{track.role}: the instrument {track.instrument!r} gave sound that is not a number; choose another instrument")
    if peak == 0.0 and not any(control.kind == "cc" and control.number in _VOLUMES and control.value == 0 for control in track.controls):
        raise PluginError(f"{track.role}: the instrument {track.instrument!r} stays silent although it has {len(track.notes)} notes")
    return audio


def _padded(audio: Audio, frames: int) -> Audio:
    """`audio` with silence after it up to `frames`."""
    if audio.frames == frames:
        return audio
    samples = np.zeros((audio.samples.shape[0], frames), np.float32)
    samples[:, : audio.frames] = audio.samples
    return Audio(samples, audio.sample_rate)
