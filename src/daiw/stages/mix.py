"""Stems to a stereo bus: balance, place, carve, echo, room; the mix is the plain sum of what comes out."""

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import ceil, isfinite, log2, log10

import numpy as np
from numpy.typing import NDArray

from daiw.dsp.ducking import Duck, Hit, duck_envelope, kick_hits
from daiw.dsp.dynamics import CONTROL_HOP, apply_gain
from daiw.dsp.reverb import Room
from daiw.dsp.stereo import pan_gains
from daiw.measure.loudness import HOPS_PER_S, gated_lufs
from daiw.music.audio import Audio, Mix, Stem
from daiw.music.decision import Decision
from daiw.music.mixing import RIDE_LU_PER_ENERGY, MixSettings
from daiw.music.plan import Plan
from daiw.music.styles.mix import MixStyle, kind_of
from daiw.stages.channel import Channel, Strip, equalise, finished
from daiw.stages.mix_story import decisions_of
from daiw.stages.sends import feel_of, returns
from daiw.stages.voice_channel import Span, stand, voice_envelope, voice_spans, with_singers

_MELODY_LUFS = -22.0
_HEADROOM_DB = -3.0
_FADER_DB = 24.0
_STRANGERS_PULL = 0.35
_TAIL_FLOOR = 1e-4
_TAIL_S = 1.0
_FADE_S = 0.02
_LIFT_LIMIT_DB = 9.0
_WORKERS = 2
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class _Moves:
    """What is done to every channel over time.

    ride_db: each 100 ms.  kick, voice: 0..1, each control hop.  factor: on everything, a power of two.  placed: whether pans apply.
    """

    ride_db: NDArray[np.float64]
    kick: NDArray[np.float64]
    voice: NDArray[np.float64]
    factor: float
    placed: bool


def mix(
    stems: Iterable[Stem], style: MixStyle, *, plan: Plan | None = None, settings: MixSettings | None = None,
    done: Collection[str] = (),
) -> Mix:  # fmt: skip
    """Balance the stems and add the bus returns; `Mix.audio` is exactly the float32 sum of `Mix.stems`, in their order.

    Stems are mono or stereo, of one sample rate and any lengths; the returns are stems too, `reverb` and `delay`, the last two.
    A stem is let go of when its channel is made: an iterator over stems that nobody else holds saves their memory.
    Without a plan (a stranger's MIDI) the balance between stems is moved only a third of the way to ours, nothing is panned or
    ridden, and there is no echo, for want of a tempo to echo in.
    settings: of an earlier mix of this song; no fader, ride or ducking moves, roles it does not know are balanced anew, and the same
    stems give the same samples.  done: roles whose stems come out of that mix and stay as they are.
    """
    waiting = list(stems)
    sample_rate = _common_rate(waiting)
    stories = tuple(decision for stem in waiting for decision in stem.decisions)
    plugins = {stem.role: stem.plugins for stem in waiting}
    style = with_singers(style, plan) if plan is not None else style
    feel = feel_of(style, plan)
    room = Room(style.reverb.kind, feel.decay_s, style.reverb.damping, style.reverb.predelay_ms)
    beat_s = _beat_s(plan)
    ring = round((feel.decay_s * 1.2 + 0.5) * sample_rate)
    frames = settings.frames if settings else max(stem.audio.frames for stem in waiting) + ring
    strip = Strip(style, feel.tone_db, feel.width, frames)
    with ThreadPoolExecutor(_WORKERS) as pool:
        channels = _channels(waiting, strip, settings, done, pool)
        channels = _balanced(channels, strangers=plan is None)
        sung = settings.voice if settings else voice_spans(channels) if plan is not None else ()
        kicks = settings.kicks if settings else _kicks(channels, sample_rate)
        kick = duck_envelope(kicks, Duck(style.duck_release_beats * beat_s), -(-frames // CONTROL_HOP), sample_rate)
        channels = stand(channels, style, sung, kick)
        kept = settings or _measured(channels, style, plan, frames, kicks, sung)
        kept = replace(kept, channels=tuple(channel.settings for channel in channels))
        voice = voice_envelope(kept.voice, len(kick), sample_rate)
        moves = _Moves(_ride_curve(kept.ride_db, plan, frames, sample_rate), kick, voice, 2.0**-kept.halvings, placed=plan is not None)
        fresh = [channel for channel in channels if not channel.finished]
        list(pool.map(lambda channel: _fade(channel, moves), fresh))
        if settings is None:
            kept = replace(kept, dry_frames=_sounding(_peaks([channel.samples for channel in channels]), sample_rate))
        for channel in fresh:
            _cut(channel.samples, kept.dry_frames, sample_rate)
        buses = returns(channels, style, room, feel, beat_s if plan else 0.0, pool)
    processed = [(channel.name, channel.samples) for channel in channels] + buses
    mixed = _sum(processed, sample_rate, stories + decisions_of(channels, style, feel, kick, plan), kept, measured=settings is None)
    return replace(mixed, stems=tuple(replace(stem, plugins=plugins.get(stem.role, ())) for stem in mixed.stems))


def _channels(
    waiting: list[Stem], strip: Strip, settings: MixSettings | None, done: Collection[str], pool: ThreadPoolExecutor
) -> list[Channel]:
    """A channel a stem, in their order; a stem is forgotten here as soon as its channel begins."""
    left = dict(enumerate(waiting))
    waiting.clear()
    return list(pool.map(lambda place: _channel(left.pop(place), strip, settings, done), range(len(left))))


def _channel(stem: Stem, strip: Strip, settings: MixSettings | None, done: Collection[str]) -> Channel:
    """The stem's strip: out of an earlier mix, treated as then, or measured."""
    known = settings.channel(stem.role) if settings else None
    if known is not None and stem.role in done:
        return finished(stem, strip.style, known, strip.frames)
    return equalise(stem, strip, known)


def _common_rate(stems: list[Stem]) -> int:
    """The one sample rate of all stems."""
    if not stems:
        raise ValueError("a mix needs at least one stem")
    rates = {stem.audio.sample_rate for stem in stems}
    if len(rates) > 1:
        raise ValueError(f"stems of different sample rates: {sorted(rates)}")
    return rates.pop()


def _beat_s(plan: Plan | None) -> float:
    """Length of a quarter note at the tempo that reigns over most of the song."""
    if plan is None:
        return 0.5
    changes, end = plan.timeline.tempos.changes, max(plan.timeline.end, 1)
    ends = [change.tick for change in changes[1:]] + [max(end, changes[-1].tick + 1)]
    return 60.0 / max(zip(changes, ends, strict=True), key=lambda pair: pair[1] - pair[0].tick)[0].bpm


def _balanced(channels: list[Channel], *, strangers: bool) -> list[Channel]:
    """The channels with faders: measured loudness to its place below the melody; a silent stem's and a kept fader stay where they are."""
    measured = [channel for channel in channels if not channel.kept]
    loudness = [gated_lufs(channel.power) for channel in measured]
    wanted = [_MELODY_LUFS + channel.role.level_lu for channel in measured]
    moves = [
        max(-_FADER_DB, min(_FADER_DB, want - level)) if isfinite(level) else 0.0 for want, level in zip(wanted, loudness, strict=True)
    ]
    if strangers:
        heard = [move for move, level in zip(moves, loudness, strict=True) if isfinite(level)]
        common = float(np.median(heard)) if heard else 0.0
        moves = [
            common + _STRANGERS_PULL * (move - common) if isfinite(level) else 0.0 for move, level in zip(moves, loudness, strict=True)
        ]
    gains = iter(moves)
    return [channel if channel.kept else replace(channel, settings=replace(channel.settings, gain_db=next(gains))) for channel in channels]


def _measured(
    channels: list[Channel], style: MixStyle, plan: Plan | None, frames: int, kicks: tuple[Hit, ...], sung: tuple[Span, ...]
) -> MixSettings:
    """What concerns all channels at once, as far as it is known before the faders are up."""
    rides = _rides_db(channels, plan, style.ride_db)
    return MixSettings(frames=frames, dry_frames=frames, length_frames=frames, ride_db=rides, kicks=kicks, voice=sung)


def _rides_db(channels: list[Channel], plan: Plan | None, limit_db: float) -> tuple[float, ...]:
    """Fader moves, one a section, towards the loudness that its energy asks for.

    Down by at most `limit_db`; up by as much, and further, to 9 dB in all, where a thin section has fallen more than `limit_db` below
    what was planned: quiet is meant, lost is not.
    """
    if plan is None or len(plan.sections) < 2 or limit_db == 0:
        return ()
    total = np.stack([channel.power * 10 ** (channel.settings.gain_db / 10) for channel in channels]).sum(axis=0)
    spans = _section_hops(plan)
    heard = np.array([10 * log10(max(float(total[a:b].mean()) if b > a and a < len(total) else 0.0, 1e-8)) for a, b in spans])
    energy = np.array([section.energy for section in plan.sections])
    meant = RIDE_LU_PER_ENERGY * energy
    weight = np.array([max(1, b - a) for a, b in spans], np.float64)
    error = (meant - np.average(meant, weights=weight)) - (heard - np.average(heard, weights=weight))
    return tuple(float(move) for move in np.clip(error, -limit_db, max(limit_db, _LIFT_LIMIT_DB)))


def _ride_curve(moves: tuple[float, ...], plan: Plan | None, frames: int, sample_rate: int) -> NDArray[np.float64]:
    """The sections' moves as one value each 100 ms, rounded at the edges."""
    ride = np.zeros(-(-frames * HOPS_PER_S // sample_rate))
    if plan is not None and len(moves) == len(plan.sections):
        for (a, _), move in zip(_section_hops(plan), moves, strict=True):
            ride[a:] = move
    result: NDArray[np.float64] = np.convolve(np.pad(ride, 2, mode="edge"), np.array([0.1, 0.2, 0.4, 0.2, 0.1]), "valid")
    return result


def _section_hops(plan: Plan) -> list[tuple[int, int]]:
    """First and last 100 ms of every section."""
    seconds = plan.timeline.tempos.seconds
    return [(round(seconds(a) * HOPS_PER_S), round(seconds(b) * HOPS_PER_S)) for a, b in _bar_starts(plan)]


def _bar_starts(plan: Plan) -> list[tuple[int, int]]:
    """First and last tick of every section, by walking the bars of the timeline."""
    edges, tick = [], 0
    for section in plan.sections:
        start = tick
        for _ in range(section.bars):
            tick += plan.timeline.meter(tick).bar_ticks
        edges.append((start, tick))
    return edges


def _kicks(channels: list[Channel], sample_rate: int) -> tuple[Hit, ...]:
    """The kicks of all drum stems; none where nobody ducks."""
    drums = [channel.samples for channel in channels if kind_of(channel.name) == "drums"]
    if not any(channel.role.duck_db > 0 for channel in channels):
        return ()
    return tuple(sorted(hit for samples in drums for hit in kick_hits(samples, sample_rate)))


def _fade(channel: Channel, moves: _Moves) -> None:
    """Fader, ride, ducking and pan in one pass over the channel."""
    seconds = np.arange(len(moves.kick)) * (CONTROL_HOP / channel.sample_rate)
    curve = channel.settings.gain_db + np.interp(seconds, (np.arange(len(moves.ride_db)) + 0.5) / HOPS_PER_S, moves.ride_db)
    ducked = channel.role.duck_db * moves.kick + channel.role.voice_duck_db * moves.voice
    apply_gain(channel.samples, 10 ** ((curve - ducked) / 20))
    if moves.placed and channel.role.pan:
        for side, gain in zip(channel.samples, pan_gains(channel.role.pan), strict=True):
            side *= np.float32(gain)
    if moves.factor != 1.0:
        channel.samples[:] *= np.float32(moves.factor)


def _cut(samples: NDArray[np.float32], frames: int, sample_rate: int) -> None:
    """Silence from `frames` on, after a short fade."""
    fade = min(frames, round(_FADE_S * sample_rate))
    samples[:, frames - fade : frames] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    samples[:, frames:] = 0.0


def _peaks(layers: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The larger channel's magnitude of the layers' sum, frame by frame."""
    blocks = []
    for start in range(0, layers[0].shape[1], _BLOCK):
        total = layers[0][:, start : start + _BLOCK].copy()
        for layer in layers[1:]:
            total += layer[:, start : start + _BLOCK]
        blocks.append(np.abs(total).max(axis=0))
    return np.concatenate(blocks)


def _sounding(levels: NDArray[np.float32], sample_rate: int) -> int:
    """Frames until the last one that is heard, and a second more."""
    heard = np.flatnonzero(levels > _TAIL_FLOOR)
    return min(len(levels), (int(heard[-1]) if len(heard) else 0) + round(_TAIL_S * sample_rate))


def _sum(
    processed: list[tuple[str, NDArray[np.float32]]], sample_rate: int, decisions: tuple[Decision, ...], settings: MixSettings, *,
    measured: bool,
) -> Mix:  # fmt: skip
    """Leave headroom, cut the silence after the tail, and add up in order; an earlier mix's level and length are kept."""
    if measured:
        levels = _peaks([samples for _, samples in processed])
        over = float(levels.max()) / 10 ** (_HEADROOM_DB / 20)
        settings = replace(settings, halvings=max(0, ceil(log2(over))) if over > 0 else 0)
        settings = replace(settings, length_frames=max(settings.dry_frames, _sounding(levels, sample_rate)))
        for _, samples in processed if settings.halvings else ():
            samples *= np.float32(2.0**-settings.halvings)
    bus = np.zeros_like(processed[0][1])
    for _, samples in processed:
        bus += samples
    last = settings.length_frames
    stems = tuple(Stem(role, Audio(samples[:, :last], sample_rate)) for role, samples in processed)
    return Mix(Audio(bus[:, :last], sample_rate), stems, decisions, settings)
