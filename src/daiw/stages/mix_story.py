"""What the mix did to whom, told with its figures."""

import numpy as np
from numpy.typing import NDArray

from daiw.measure.loudness import gated_lufs
from daiw.music.decision import Decision
from daiw.music.plan import Plan
from daiw.music.styles.mix import MixStyle, kind_of
from daiw.stages.channel import Channel
from daiw.stages.sends import Feel


def decisions_of(
    channels: list[Channel], style: MixStyle, feel: Feel, kick: NDArray[np.float64], plan: Plan | None
) -> tuple[Decision, ...]:
    """What was done to whom, with the figures."""
    faders = ", ".join(f"{channel.name} {channel.settings.gain_db:+.1f} dB" for channel in channels)
    levels = ", ".join(f"{channel.name} {gated_lufs(channel.power):.1f} LUFS" for channel in channels if len(channel.power))
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
        ducked = ", ".join(f"{channel.name} {channel.role.duck_db:g} dB" for channel in channels if channel.role.duck_db > 0)
        result.append(Decision("mix", "ducking", ducked, "So that the kick is heard through what shares its register."))
    if plan is not None and any(kind_of(channel.name) == "vocal" for channel in channels):
        result.append(_voice_decision(channels, style, plan))
    return tuple(result)


def _voice_decision(channels: list[Channel], style: MixStyle, plan: Plan) -> Decision:
    """Where the voice stands."""
    ducked = ", ".join(f"{c.name} {c.role.voice_duck_db:g} dB" for c in channels if c.role.voice_duck_db > 0)
    place = "under" if style.voice_lu < 0 else "over"
    because = (
        f"So that words are understood in this style; {ducked} give way while the voice sings." if ducked else "The style's place for it."
    )
    if why := next((each.because for each in plan.breaks if each.rule == "BuriedVocals"), ""):
        because = f"BuriedVocals: {why}."
    return Decision("mix", "voice against the band", f"{abs(style.voice_lu):.1f} LU {place} everything else, while it sings", because)
