"""The two bus sends of the mix, reverb and delay, and what the feeling leaves of the style's room."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.dsp.convolve import convolve
from daiw.dsp.delay import Echo, echo_impulse
from daiw.dsp.filters import Band, impulse
from daiw.dsp.reverb import Room, room_impulse
from daiw.music.plan import Plan
from daiw.music.styles.mix import OFF_DB, MixStyle
from daiw.stages.channel import Channel

_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Feel:
    """What the emotion leaves of the style's room, tone and width."""

    decay_s: float
    tone_db: float
    width: float


def feel_of(style: MixStyle, plan: Plan | None) -> Feel:
    """Style and emotion between them; decay is blended on a log scale because it is heard on one."""
    if plan is None:
        return Feel(style.reverb.decay_s, style.tone_db, style.width)
    cues, share = plan.cues, style.follow
    decay = style.reverb.decay_s ** (1 - share) * min(8.0, max(0.2, cues.reverb_s)) ** share
    width = (1 - share) * style.width + share * min(1.0, max(0.0, cues.width))
    return Feel(decay, style.tone_db + min(6.0, max(-6.0, cues.tone_db)) * share * 2, width)


def returns(
    channels: list[Channel], style: MixStyle, room: Room, feel: Feel, beat_s: float, pool: ThreadPoolExecutor
) -> list[tuple[str, NDArray[np.float32]]]:
    """The two bus returns, `reverb` then `delay`; a bus nobody sends to is silent and left out."""
    rate, frames = channels[0].sample_rate, channels[0].samples.shape[1]
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


def _send(channels: list[Channel], sends_db: list[float], *, mono: bool = False) -> NDArray[np.float32] | None:
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
