"""Where a tune lives: the pitches that a player or a voice is written for."""

from dataclasses import dataclass

from daiw.music.lyrics import Voice
from daiw.music.plan import Plan

ROOM_BELOW, ROOM_ABOVE = 2, 2
"""Semitones that a sung tune may leave the voice's comfortable range by."""


@dataclass(frozen=True, slots=True)
class Room:
    """low..high: MIDI pitches allowed.  centre: where the feeling wants the line."""

    low: int
    high: int
    centre: float


def voice_room(plan: Plan, voice: Voice) -> Room:
    """Where a voice's tune lives: its comfortable range and a tone beyond, the feeling's register leaning inside it."""
    low, high = max(voice.low, voice.comfort_low - ROOM_BELOW), min(voice.high, voice.comfort_high + ROOM_ABOVE)
    while high - low < 12:
        low, high = max(0, low - 1), min(127, high + 1)
    lean = min(2.0, max(-2.0, (plan.cues.register - 65.0) / 4.0))
    return Room(low, high, (low + high) / 2 + lean)
