"""Stems to a stereo bus: balance, place, carve, echo, room; the mix is the plain sum of what comes out."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import isfinite, log10, sqrt

import numpy as np
from numpy.typing import NDArray

from daiw.dsp.convolve import convolve
from daiw.dsp.delay import Echo, echo_impulse
from daiw.dsp.ducking import Duck, kick_envelope
from daiw.dsp.dynamics import CONTROL_HOP, apply_gain, mean_square
from daiw.dsp.filters import Band, impulse
from daiw.dsp.limiter import Limiter, limiter_gain
from daiw.dsp.reverb import Room, room_impulse
from daiw.dsp.stereo import decorrelator, mid_side, pan_gains
from daiw.measure.loudness import HOPS_PER_S, PEAK_HOP, gated_lufs, k_power_fast
from daiw.measure.spectrum import band_balance_db
from daiw.music.audio import Audio, Mix, Stem
from daiw.music.decision import Decision
from daiw.music.plan import Plan
from daiw.music.styles.mix import OFF_DB, CompleteRole, MixStyle, kind_of

_MELODY_LUFS = -22.0
_HEADROOM_DB = -3.0
_FADER_DB = 24.0
_STRANGERS_PULL = 0.35
_TAIL_FLOOR = 1e-4
_RIDE_LU_PER_ENERGY = 9.0
_LIFT_LIMIT_DB = 9.0
_SIDES_LIMIT = 0.7
_SIDES_AT_NO_WIDTH = 0.4
_HISS_EXCESS_DB = 1.0
_HISS_LIMIT_DB = 9.0
_SAMPLING_HOP = 1 << 16
_WORKERS = 2
_BLOCK = 1 << 16
_POWER_HOP = 4096


@dataclass(frozen=True, slots=True, eq=False)
class _Channel:
    """One stem on its way.  samples: (2, frames), ours to change.  power: K-weighted, each 100 ms."""

    stem: Stem
    role: CompleteRole
    samples: NDArray[np.float32]
    power: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Feel:
    """What the emotion leaves of the style's room, tone and width."""

    decay_s: float
    tone_db: float
    width: float


@dataclass(frozen=True, slots=True, eq=False)
class _Moves:
    """What is done to every channel over time.  ride_db: each 100 ms.  kick: 0..1, each control hop.  placed: whether pans apply."""

    ride_db: NDArray[np.float64]
    kick: NDArray[np.float64]
    placed: bool


def mix(stems: tuple[Stem, ...], style: MixStyle, *, plan: Plan | None = None) -> Mix:
    """Balance the stems and add the bus returns; `Mix.audio` is exactly the float32 sum of `Mix.stems`, in their order.

    Stems are mono or stereo, of one sample rate and any lengths; the returns are stems too, `reverb` and `delay`, the last two.
    Without a plan (a stranger's MIDI) the balance between stems is moved only a third of the way to ours, nothing is panned or
    ridden, and there is no echo, for want of a tempo to echo in.
    """
    sample_rate = _common_rate(stems)
    feel = _feel(style, plan)
    room = Room(style.reverb.kind, feel.decay_s, style.reverb.damping, style.reverb.predelay_ms)
    beat_s = _beat_s(plan)
    frames = max(stem.audio.frames for stem in stems) + round((feel.decay_s * 1.2 + 0.5) * sample_rate)
    with ThreadPoolExecutor(_WORKERS) as pool:
        channels = list(pool.map(lambda stem: _equalise(stem, style, feel, frames), stems))
        gains = _gains_db(channels, strangers=plan is None)
        kick = _kick(channels, Duck(style.duck_release_beats * beat_s), sample_rate)
        moves = _Moves(_ride_db(channels, gains, plan, style.ride_db), kick, placed=plan is not None)
        list(pool.map(lambda channel, gain_db: _fade(channel, gain_db, moves), channels, gains))
        buses = _returns(channels, style, room, feel, beat_s if plan else 0.0, pool)
    processed = [(channel.stem.role, channel.samples) for channel in channels] + buses
    return _sum(processed, sample_rate, _decisions(channels, gains, style, feel, kick, plan))


def _common_rate(stems: tuple[Stem, ...]) -> int:
    """The one sample rate of all stems."""
    if not stems:
        raise ValueError("a mix needs at least one stem")
    rates = {stem.audio.sample_rate for stem in stems}
    if len(rates) > 1:
        raise ValueError(f"stems of different sample rates: {sorted(rates)}")
    return rates.pop()


def _feel(style: MixStyle, plan: Plan | None) -> _Feel:
    """Style and emotion between them; decay is blended on a log scale because it is heard on one."""
    if plan is None:
        return _Feel(style.reverb.decay_s, style.tone_db, style.width)
    cues, share = plan.cues, style.follow
    decay = style.reverb.decay_s ** (1 - share) * min(8.0, max(0.2, cues.reverb_s)) ** share
    width = (1 - share) * style.width + share * min(1.0, max(0.0, cues.width))
    return _Feel(decay, style.tone_db + min(6.0, max(-6.0, cues.tone_db)) * share * 2, width)


def _beat_s(plan: Plan | None) -> float:
    """Length of a quarter note at the tempo that reigns over most of the song."""
    if plan is None:
        return 0.5
    changes, end = plan.timeline.tempos.changes, max(plan.timeline.end, 1)
    ends = [change.tick for change in changes[1:]] + [max(end, changes[-1].tick + 1)]
    return 60.0 / max(zip(changes, ends, strict=True), key=lambda pair: pair[1] - pair[0].tick)[0].bpm


def _equalise(stem: Stem, style: MixStyle, feel: _Feel, frames: int) -> _Channel:
    """High-pass, carve, tone and width, as one impulse response each for middle and sides."""
    role, rate = style.role(stem.role), stem.audio.sample_rate
    samples = stem.audio.samples
    if samples.shape[0] not in (1, 2):
        raise ValueError(f"stem {stem.role}: want mono or stereo, got {samples.shape[0]} channels")
    chain = _bands(stem.audio, role, feel.tone_db)
    aside = (Band("highpass", style.mono_below_hz),) * 2
    wide = _SIDES_AT_NO_WIDTH + feel.width
    placed = mid_side(samples) if samples.shape[0] == 2 else np.concatenate([samples * np.float32(sqrt(2)), np.zeros_like(samples)])
    made = sqrt(max(0.0, (role.spread * wide) ** 2 - _sides_share(placed)))
    out = convolve(placed, np.stack([impulse(chain, rate), role.width * wide * impulse((*chain, *aside), rate)]), frames)
    if made > 0.02:
        more = convolve(decorrelator(rate)[None].astype(np.float32), impulse((*chain, *aside, *aside), rate), 6144)
        out[1] += convolve(placed[:1], made * more[0].astype(np.float64), frames)[0]
    out = _mono_safe(out)
    done = mid_side(out, out)
    _tame_peaks(done, rate)
    return _Channel(stem, role, done, k_power_fast(Audio(done, rate)))


def _bands(audio: Audio, role: CompleteRole, tone_db: float) -> tuple[Band, ...]:
    """The role's equaliser; a stem with more air than brilliance, as machine hats have, gets a shelf against hiss besides."""
    balance = band_balance_db(audio, _SAMPLING_HOP)
    hiss_db = -min(_HISS_LIMIT_DB, max(0.0, balance["air"] - balance["brilliance"] - _HISS_EXCESS_DB))
    shelves = (Band("low_shelf", 180.0, role.body_db), Band("high_shelf", 9000.0, role.air_db), Band("high_shelf", 11_000.0, hiss_db))
    bells = (Band("peak", role.carve_hz, role.carve_db, 0.8), Band("peak", 3000.0, role.presence_db, 0.7))
    bands = (*shelves, *bells, Band("high_shelf", 8000.0, tone_db))
    return (Band("highpass", role.highpass_hz), *(band for band in bands if abs(band.gain_db) > 0.01))


def _tame_peaks(samples: NDArray[np.float32], sample_rate: int) -> None:
    """Hold lone peaks in place, by at most 6 dB, to 3 dB above what one part in 500 of the sounding stem exceeds.

    One hit that stands out costs the whole song its loudness; better it is caught here than by the master's limiter.
    """
    whole = samples[:, : samples.shape[1] // PEAK_HOP * PEAK_HOP]
    peaks = np.max([np.maximum(row.max(axis=1), -row.min(axis=1)) for row in (channel.reshape(-1, PEAK_HOP) for channel in whole)], axis=0)
    loudest = float(peaks.max(initial=0.0))
    sounding = peaks[peaks > loudest * 1e-3]
    if not len(sounding):
        return
    ceiling = max(float(np.percentile(sounding, 99.8)) * sqrt(2), loudest / 2)
    if loudest > ceiling:
        apply_gain(samples, limiter_gain(peaks, Limiter(ceiling), sample_rate / PEAK_HOP), PEAK_HOP)


def _sides_share(placed: NDArray[np.float32]) -> float:
    """Power of the sides against that of the middle; 1 where there is no middle."""
    middle, sides = (float(mean_square(row[None], _POWER_HOP).sum()) for row in placed)
    return min(1.0, sides / middle) if middle > 0 else 1.0


def _mono_safe(placed: NDArray[np.float32]) -> NDArray[np.float32]:
    """Middle and sides with the sides no stronger than the middle; a stem that is nearly all sides has one channel turned over."""
    middle, sides = (float(mean_square(row[None], _POWER_HOP).sum()) for row in placed)
    if middle < 0.02 * sides:
        placed = placed[::-1]
        middle, sides = sides, middle
    if sides > _SIDES_LIMIT * middle:
        placed[1] *= np.float32(sqrt(_SIDES_LIMIT * middle / sides))
    return placed


def _gains_db(channels: list[_Channel], *, strangers: bool) -> list[float]:
    """Faders: each stem's measured loudness to its place below the melody; a silent stem's fader stays where it is."""
    loudness = [gated_lufs(channel.power) for channel in channels]
    wanted = [_MELODY_LUFS + channel.role.level_lu for channel in channels]
    moves = [
        max(-_FADER_DB, min(_FADER_DB, want - level)) if isfinite(level) else 0.0 for want, level in zip(wanted, loudness, strict=True)
    ]
    if strangers:
        heard = [move for move, level in zip(moves, loudness, strict=True) if isfinite(level)]
        common = float(np.median(heard)) if heard else 0.0
        return [common + _STRANGERS_PULL * (move - common) if isfinite(level) else 0.0 for move, level in zip(moves, loudness, strict=True)]
    return moves


def _ride_db(channels: list[_Channel], gains: list[float], plan: Plan | None, limit_db: float) -> NDArray[np.float64]:
    """Fader ride, one value each 100 ms, towards the loudness each section's energy asks for.

    Down by at most `limit_db`; up by as much, and further, to 9 dB in all, where a thin section has fallen more than `limit_db` below
    what was planned: quiet is meant, lost is not.
    """
    hops = len(channels[0].power)
    ride = np.zeros(hops)
    if plan is None or len(plan.sections) < 2 or limit_db == 0:
        return ride
    total = np.stack([channel.power * 10 ** (gain / 10) for channel, gain in zip(channels, gains, strict=True)]).sum(axis=0)
    seconds = plan.timeline.tempos.seconds
    starts = _bar_starts(plan)
    spans = [(round(seconds(a) * HOPS_PER_S), round(seconds(b) * HOPS_PER_S)) for a, b in starts]
    heard = np.array([10 * log10(max(float(total[a:b].mean()) if b > a and a < hops else 0.0, 1e-8)) for a, b in spans])
    energy = np.array([section.energy for section in plan.sections])
    meant = _RIDE_LU_PER_ENERGY * energy
    weight = np.array([max(1, b - a) for a, b in spans], np.float64)
    error = (meant - np.average(meant, weights=weight)) - (heard - np.average(heard, weights=weight))
    for (a, _), move in zip(spans, np.clip(error, -limit_db, max(limit_db, _LIFT_LIMIT_DB)), strict=True):
        ride[a:] = move
    result: NDArray[np.float64] = np.convolve(np.pad(ride, 2, mode="edge"), np.array([0.1, 0.2, 0.4, 0.2, 0.1]), "valid")
    return result


def _bar_starts(plan: Plan) -> list[tuple[int, int]]:
    """First and last tick of every section, by walking the bars of the timeline."""
    edges, tick = [], 0
    for section in plan.sections:
        start = tick
        for _ in range(section.bars):
            tick += plan.timeline.meter(tick).bar_ticks
        edges.append((start, tick))
    return edges


def _kick(channels: list[_Channel], duck: Duck, sample_rate: int) -> NDArray[np.float64]:
    """How far the kick wants others down, from the drum stems; nothing where nobody ducks."""
    hops = -(-channels[0].samples.shape[1] // CONTROL_HOP)
    drums = [channel.samples for channel in channels if kind_of(channel.stem.role) == "drums"]
    if not drums or not any(channel.role.duck_db > 0 for channel in channels):
        return np.zeros(hops)
    envelopes = [kick_envelope(samples, duck, sample_rate) for samples in drums]
    result: NDArray[np.float64] = np.stack(envelopes).max(axis=0)
    return result


def _fade(channel: _Channel, gain_db: float, moves: _Moves) -> None:
    """Fader, ride, ducking and pan in one pass over the channel."""
    seconds = np.arange(len(moves.kick)) * (CONTROL_HOP / channel.stem.audio.sample_rate)
    curve = gain_db + np.interp(seconds, (np.arange(len(moves.ride_db)) + 0.5) / HOPS_PER_S, moves.ride_db)
    apply_gain(channel.samples, 10 ** ((curve - channel.role.duck_db * moves.kick) / 20))
    if moves.placed and channel.role.pan:
        for side, gain in zip(channel.samples, pan_gains(channel.role.pan), strict=True):
            side *= np.float32(gain)


def _returns(
    channels: list[_Channel], style: MixStyle, room: Room, feel: _Feel, beat_s: float, pool: ThreadPoolExecutor
) -> list[tuple[str, NDArray[np.float32]]]:
    """The two bus returns, `reverb` then `delay`; a bus nobody sends to is silent and left out."""
    rate, frames = channels[0].stem.audio.sample_rate, channels[0].samples.shape[1]
    jobs = []
    reverb_send = _send(channels, [channel.role.reverb_db + style.reverb.level_db for channel in channels])
    if reverb_send is not None:
        tone = impulse((Band("highpass", 180.0), Band("low_shelf", 350.0, -3.0)), rate, 2048)
        narrow = min(1.0, 0.45 + 0.75 * feel.width)
        taps = convolve(room_impulse(room, rate).astype(np.float32), tone, _tail_taps(room, rate)).astype(np.float64)
        middle, side = (taps[0] + taps[1]) / 2, (taps[0] - taps[1]) / 2 * narrow
        jobs.append(("reverb", reverb_send, np.stack([middle + side, middle - side])))
    delay_send = _send(channels, [channel.role.delay_db + style.delay.level_db for channel in channels], mono=True)
    if delay_send is not None and style.delay.beats * beat_s > 0:
        echo = Echo(style.delay.beats * beat_s, style.delay.feedback, style.delay.lowpass_hz, cross=style.delay.cross * feel.width)
        jobs.append(("delay", delay_send, echo_impulse(echo, rate)))
    wet = pool.map(lambda job: convolve(job[1], job[2], frames), jobs)
    return [(job[0], samples) for job, samples in zip(jobs, wet, strict=True)]


def _tail_taps(room: Room, sample_rate: int) -> int:
    """Frames of the room's response worth keeping."""
    return round((room.predelay_ms / 1000 + room.decay_s * 1.3 + 0.1) * sample_rate)


def _send(channels: list[_Channel], sends_db: list[float], *, mono: bool = False) -> NDArray[np.float32] | None:
    """Sum of what the open sends let through; None where all are closed."""
    sends = [
        (channel.samples, np.float32(10 ** (send_db / 20))) for channel, send_db in zip(channels, sends_db, strict=True) if send_db > OFF_DB
    ]
    if not sends:
        return None
    bus = np.zeros((1 if mono else 2, channels[0].samples.shape[1]), np.float32)
    for start in range(0, bus.shape[1], _BLOCK):
        part = bus[:, start : start + _BLOCK]
        for samples, gain in sends:
            block = samples[:, start : start + _BLOCK] * gain
            part += block.mean(axis=0, keepdims=True) if mono else block
    return bus


def _sum(processed: list[tuple[str, NDArray[np.float32]]], sample_rate: int, decisions: tuple[Decision, ...]) -> Mix:
    """Leave headroom, cut the silence after the tail, and add up in order."""
    bus = np.zeros_like(processed[0][1])
    for _, samples in processed:
        bus += samples
    levels = np.concatenate([np.abs(bus[:, start : start + _BLOCK]).max(axis=0) for start in range(0, bus.shape[1], _BLOCK)])
    peak = float(levels.max())
    if peak > 10 ** (_HEADROOM_DB / 20):
        bus[:] = 0.0
        for _, samples in processed:
            samples *= np.float32(10 ** (_HEADROOM_DB / 20) / peak)
            bus += samples
    sounding = np.flatnonzero(levels > _TAIL_FLOOR)
    last = min(bus.shape[1], (int(sounding[-1]) if len(sounding) else 0) + sample_rate)
    stems = tuple(Stem(role, Audio(samples[:, :last], sample_rate)) for role, samples in processed)
    return Mix(Audio(bus[:, :last], sample_rate), stems, decisions)


def _decisions(
    channels: list[_Channel], gains: list[float], style: MixStyle, feel: _Feel, kick: NDArray[np.float64], plan: Plan | None
) -> tuple[Decision, ...]:
    """What was done to whom, with the figures."""
    faders = ", ".join(f"{channel.stem.role} {gain:+.1f} dB" for channel, gain in zip(channels, gains, strict=True))
    levels = ", ".join(f"{channel.stem.role} {gated_lufs(channel.power):.1f} LUFS" for channel in channels)
    balance = (
        "each part stands at its usual place below the melody"
        if plan
        else "the balance is the file's own, moved a third of the way to ours"
    )
    result = [Decision("mix", "balance", faders, f"So that {balance}.", evidence=levels)]
    room = f"{style.reverb.kind}, {feel.decay_s:.1f} s, width {feel.width:.2f}, tone {feel.tone_db:+.1f} dB at 8 kHz"
    because = "The style's room, bent towards the feeling." if plan else "The style's room."
    result.append(Decision("mix", "room", room, because))
    if kick.any():
        ducked = ", ".join(f"{channel.stem.role} {channel.role.duck_db:g} dB" for channel in channels if channel.role.duck_db > 0)
        result.append(Decision("mix", "ducking", ducked, "So that the kick is heard through what shares its register."))
    return tuple(result)
