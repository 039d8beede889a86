"""The voice in the mix: where it sounds, how loud it stands against the band, and how far the band gives way."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, log10

import numpy as np
from numpy.typing import NDArray

from daiw.dsp.dynamics import CONTROL_HOP
from daiw.measure.loudness import HOPS_PER_S, gated_lufs
from daiw.music.lyrics import COMPANIONS
from daiw.music.plan import Plan
from daiw.music.rules import RuleBreak, amount_of
from daiw.music.styles.mix import LEVEL_LU, MixStyle, RoleMix, kind_of
from daiw.stages.channel import Channel

SINGING = ("vocal", "backing", "double")
"""Kinds of stems that are voices."""

BELOW_LU = 20.0
"""A voice sounds where it is less than this under its own loudness."""

BRIDGE_HOPS = 4
"""Rests up to here (100 ms each) do not part two stretches of singing."""

AHEAD_S, RETURN_S = 0.08, 0.4
"""The band gives way just before the voice, and comes back slowly."""

BURIED_LU, BURIED_AIR_DB, BURIED_PRESENCE_DB, BURIED_REVERB_DB = 8.0, -7.0, -4.0, 6.0
"""What BuriedVocals does at full amount."""

Span = tuple[int, int]


def with_singers(style: MixStyle, plan: Plan) -> MixStyle:
    """The style with the plan's wishes for the voice and those that sing with it."""
    style = buried(style, plan.breaks)
    if plan.voice is None or not plan.voice.blend_lu:
        return style
    lowest, highest = LEVEL_LU
    roles = dict(style.roles)
    for role in COMPANIONS:
        level = style.role(role).level_lu + plan.voice.blend_lu
        roles[role] = replace(roles.get(role, RoleMix()), level_lu=min(highest, max(lowest, level)))
    return replace(style, roles=roles)


def buried(style: MixStyle, breaks: tuple[RuleBreak, ...]) -> MixStyle:
    """The style with BuriedVocals in force: the voice under its place, dull and far."""
    amount = amount_of(breaks, "BuriedVocals")
    if not amount:
        return style
    usual = style.role("vocal")
    own = style.roles.get("vocal", RoleMix())
    vocal = replace(
        own, air_db=usual.air_db + BURIED_AIR_DB * amount, presence_db=usual.presence_db + BURIED_PRESENCE_DB * amount,
        reverb_db=min(12.0, usual.reverb_db + BURIED_REVERB_DB * amount),
    )  # fmt: skip
    return replace(style, voice_lu=style.voice_lu - BURIED_LU * amount, roles={**style.roles, "vocal": vocal})


def voice_spans(channels: Sequence[Channel]) -> tuple[Span, ...]:
    """(first, end) in hops of 100 ms of every stretch in which the leading voice sounds."""
    power = next((channel.power for channel in channels if kind_of(channel.name) == "vocal" and len(channel.power)), np.zeros(0))
    level = gated_lufs(power) if len(power) else float("-inf")
    if not isfinite(level):
        return ()
    hops = np.flatnonzero(10 * np.log10(np.maximum(power, 1e-12)) - 0.691 > level - BELOW_LU)
    runs = np.split(hops, np.flatnonzero(np.diff(hops) > BRIDGE_HOPS) + 1)
    return tuple((int(run[0]), int(run[-1]) + 1) for run in runs if len(run))


def voice_envelope(spans: Sequence[Span], hops: int, sample_rate: int) -> NDArray[np.float64]:
    """(hops,) 0 nobody sings .. 1 the voice sounds, each `CONTROL_HOP` frames, in straight lines."""
    if not spans:
        return np.zeros(hops)
    points: list[tuple[float, float]] = []
    for first, end in spans:
        start_s, end_s = first / HOPS_PER_S, end / HOPS_PER_S
        if points and points[-1][0] >= start_s - AHEAD_S:
            points.pop()
            points[-1] = (end_s, 1.0)
            points.append((end_s + RETURN_S, 0.0))
            continue
        points += [(start_s - AHEAD_S, 0.0), (start_s, 1.0), (end_s, 1.0), (end_s + RETURN_S, 0.0)]
    seconds = np.arange(hops) * (CONTROL_HOP / sample_rate)
    times, depths = zip(*points, strict=True)
    result: NDArray[np.float64] = np.interp(seconds, times, depths)
    return result


def stand(channels: list[Channel], style: MixStyle, spans: Sequence[Span], kick: NDArray[np.float64]) -> list[Channel]:
    """The channels with the voice's fader so that it stands `voice_lu` above the band while it sings; its companions go with it.

    The band is every stem that is no voice, after the kick's and the voice's ducking is reckoned in; K-weighted power over the hops in
    which the voice sounds.  Channels whose faders are kept, or were not measured, stay.
    kick: 0 untouched .. 1 fully ducked, each `CONTROL_HOP` frames.
    """
    lead = next((channel for channel in channels if kind_of(channel.name) == "vocal"), None)
    if lead is None or lead.kept or not spans or any(not len(channel.power) for channel in channels):
        return channels
    sung = np.concatenate([np.arange(a, min(b, len(lead.power))) for a, b in spans])

    def heard(channel: Channel) -> float:
        power = channel.power[sung] * _past_kick(kick, channel)[sung]
        return float(power.mean()) * 10 ** ((channel.settings.gain_db - channel.role.voice_duck_db) / 10)

    voice, band = heard(lead), sum(heard(channel) for channel in channels if kind_of(channel.name) not in SINGING)
    if voice <= 0 or band <= 0:
        return channels
    move = style.voice_lu + 10 * log10(band) - 10 * log10(voice)
    return [
        replace(channel, settings=replace(channel.settings, gain_db=channel.settings.gain_db + move))
        if kind_of(channel.name) in SINGING and not channel.kept
        else channel
        for channel in channels
    ]


def _past_kick(kick: NDArray[np.float64], channel: Channel) -> NDArray[np.float64]:
    """The share of its power that the kick leaves a channel, each 100 ms."""
    hops = len(channel.power)
    if not channel.role.duck_db or not kick.any():
        return np.ones(hops)
    left = 10 ** (-channel.role.duck_db * kick / 10)
    edges = np.minimum(np.rint(np.arange(hops) * (channel.sample_rate / HOPS_PER_S / CONTROL_HOP)).astype(np.int64), len(kick) - 1)
    result: NDArray[np.float64] = np.add.reduceat(left, edges) / np.maximum(np.diff(edges, append=len(kick)), 1)
    return result
