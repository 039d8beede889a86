"""The fifth hop: played notes become sound, one stem a track.  Ticks become seconds here."""

import hashlib
import platform
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np

from daiw.errors import OutputError, PluginError, PluginFault
from daiw.files.stem_cache import StemCache, StoredStem
from daiw.music.audio import SAMPLE_RATE_HZ, Audio, Stem
from daiw.music.decision import Decision
from daiw.music.manifest import PluginRecord
from daiw.music.score import Arrangement, Timeline, Track

MOST_BYTES = 8e9
_VOLUMES = (7, 11)


class Renderer(Protocol):
    """One instrument: a track in, mono or stereo sound out.

    The sound starts at song time 0, every onset lies on its own frame, and it is long enough for the last note to ring out.
    """

    def __call__(self, track: Track, timeline: Timeline, sample_rate: int) -> Audio:
        """The track's sound, (1 or 2, frames)."""


class Effect(Protocol):
    """One insert chain: sound in, sound out, no later and no shorter; it may ring on."""

    def __call__(self, audio: Audio) -> Audio:
        """The processed sound."""


@runtime_checkable
class Hosting(Protocol):
    """What an instrument or a chain that may hold external plugins can do beside sounding."""

    def instead(self, fault: PluginFault) -> tuple[object, str] | None:
        """What takes its place after a fault, and the name of that; None where nothing is declared."""


@runtime_checkable
class Recording(Protocol):
    """An instrument that can tell which external plugins sounded."""

    def plugins(self, role: str) -> tuple[PluginRecord, ...]:
        """The external plugins that sounded in a role."""


@runtime_checkable
class RecordingChain(Protocol):
    """A chain that can tell which external effects sounded."""

    def records(self) -> tuple[PluginRecord, ...]:
        """The external effects that sounded, in order."""


@runtime_checkable
class Known(Protocol):
    """A machine whose sound depends on the notes and on nothing else but its identity."""

    def identity(self, role: str) -> str | None:
        """A hash of what decides its sound in a role; None where that cannot be told."""


def render(
    arrangement: Arrangement,
    renderers: Mapping[str, Renderer],
    *,
    inserts: Mapping[str, Effect] | None = None,
    sample_rate: int = SAMPLE_RATE_HZ,
    workers: int = 2,
    on_failure: str = "fallback",
    cache: StemCache | None = None,
) -> tuple[Stem, ...]:
    """Every track's stem, in the order of the tracks, all of one length.

    renderers: by instrument name.  inserts: by role, the style's own chain after the instrument's.  workers: threads; the
    engines spend their time in numpy and C++, which let go of the interpreter.  on_failure: "fallback" lets what a manifest or an insert
    declares take the place of an external plugin that fails, and the stem says so; "stop" raises the PluginFault.
    cache: stems of equal notes, instruments and chains are taken from there, bit for bit what they would be; a stem with a fallback in it
    is not kept.
    Raises PluginError where an instrument is unknown, stays silent although it has notes, or gives a number that is not finite, and
    OutputError where the stems would not fit in memory.
    """
    chains = inserts or {}
    playing = [track for track in arrangement.tracks if track.notes]
    for track in playing:
        if track.instrument not in renderers:
            raise PluginError(f"{track.role}: no instrument named {track.instrument!r}; there are {', '.join(sorted(renderers))}")
    _check_size(playing, arrangement.timeline, sample_rate)

    def sound(track: Track) -> Stem:
        renderer, chain = renderers[track.instrument], chains.get(track.role)
        key = stem_key(track, arrangement.timeline, sample_rate, renderer, chain) if cache else None
        if cache and key and (kept := cache.find(key)):
            return Stem(track.role, kept.audio, (), kept.plugins)
        stem = _stem(track, renderer, chain, arrangement.timeline, sample_rate, on_failure)
        if cache and key and not stem.decisions:
            cache.keep(key, StoredStem(stem.audio, stem.plugins))
        return stem

    longest_first = sorted(range(len(playing)), key=lambda i: -sum(note.duration for note in playing[i].notes))
    sounds: dict[int, Stem] = {}
    pool = ThreadPoolExecutor(workers, thread_name_prefix="render") if workers > 1 and len(playing) > 1 else None
    try:
        played = (pool.map if pool else map)(sound, [playing[i] for i in longest_first])
        sounds = dict(zip(longest_first, played, strict=True))
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)
    frames = max((stem.audio.frames for stem in sounds.values()), default=0)
    return tuple(replace(stem, audio=_padded(stem.audio, frames)) for stem in (sounds.pop(i) for i in range(len(playing))))


def stem_key(track: Track, timeline: Timeline, sample_rate: int, renderer: Renderer, chain: Effect | None) -> str | None:
    """The SHA-256 of everything that decides a stem's sound; None where a machine cannot tell what decides it."""
    known = [machine.identity(track.role) if isinstance(machine, Known) else None for machine in (renderer, chain) if machine is not None]
    if None in known:
        return None
    parts = (sample_rate, track, timeline.tempos, timeline.meters, known, chain is not None, platform.machine())
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _stem(
    track: Track, renderer: Renderer, chain: Effect | None, timeline: Timeline, sample_rate: int, on_failure: str
) -> Stem:  # fmt: skip
    """One track's stem, with the story of what failed and which plugins sounded."""
    stories: list[Decision] = []

    def play(machine: Renderer) -> Audio:
        return _checked(machine(track, timeline, sample_rate), track)

    audio, played = _survived(play, renderer, track.role, on_failure, stories)
    plugins = played.plugins(track.role) if isinstance(played, Recording) else ()
    if chain is not None:
        dry = audio
        audio, used = _survived(lambda effect: _checked(effect(dry), track), chain, track.role, on_failure, stories)
        plugins += used.records() if isinstance(used, RecordingChain) else ()
    stories += [
        Decision("render", f"plugin of {track.role}", f"{record.title} {record.version}", f"{'; '.join(record.remarks)}.".capitalize())
        for record in plugins
        if record.remarks
    ]
    return Stem(track.role, audio, tuple(stories), plugins)


_Machine = TypeVar("_Machine")


def _survived(
    play: Callable[[_Machine], Audio], machine: _Machine, role: str, on_failure: str, stories: list[Decision]
) -> tuple[Audio, _Machine]:  # fmt: skip
    """The sound of `machine`, or of what is declared to take its place where an external plugin in it fails, and what sounded."""
    while True:
        try:
            return play(machine), machine
        except PluginFault as fault:
            other = machine.instead(fault) if on_failure == "fallback" and isinstance(machine, Hosting) else None
            if other is None:
                raise _with_advice(fault, on_failure) from fault
            machine = other[0]  # type: ignore[assignment]  # a machine of the same sort
            stories.append(
                Decision(
                    "render",
                    f"sound of {role}",
                    f"{other[1]} instead of {fault.plugin}",
                    f"The plugin failed ({fault.kind}): {fault}.",
                    fault.kind,
                    1.0,
                    (fault.plugin,),
                )
            )


def _with_advice(fault: PluginFault, on_failure: str) -> PluginFault:
    advice = "" if on_failure == "stop" else "; declare a fallback to go on without it"
    return PluginFault(fault.plugin, fault.kind, f"{fault}{advice}")


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
    with np.errstate(invalid="ignore", over="ignore"):
        energy = sum(float(np.dot(side, side)) for side in samples)  # one pass: not finite where any number is none
    if not np.isfinite(energy):
        raise PluginError(f"{track.role}: the instrument {track.instrument!r} gave sound that is not a number; choose another instrument")
    if energy == 0.0 and not any(control.kind == "cc" and control.number in _VOLUMES and control.value == 0 for control in track.controls):
        raise PluginError(f"{track.role}: the instrument {track.instrument!r} stays silent although it has {len(track.notes)} notes")
    return audio


def _padded(audio: Audio, frames: int) -> Audio:
    """`audio` with silence after it up to `frames`."""
    if audio.frames == frames:
        return audio
    samples = np.zeros((audio.samples.shape[0], frames), np.float32)
    samples[:, : audio.frames] = audio.samples
    return Audio(samples, audio.sample_rate)
