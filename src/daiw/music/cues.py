"""The musical parameters through which a feeling is heard."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cues:
    """What emotion asks of the music, before preset, wishes and energy have their say.

    bpm: quarter notes a minute.  brightness: -1 dark modes (phrygian) .. 1 bright ones (major).  register: MIDI centre of the melody.
    density: 0 sparse .. 1 dense.  dissonance: 0..1.  velocity: 1..127, the level at middle energy.
    gate: sounding part of a note's step, .4 staccato .. 1 legato.  timing_ms: + behind the beat.
    tone_db: shelf at 8 kHz.  reverb_s: decay to -60 dB.  width: 0 mono .. 1 wide.
    """

    bpm: float
    brightness: float
    register: float
    density: float
    dissonance: float
    velocity: float
    gate: float
    timing_ms: float
    tone_db: float
    reverb_s: float
    width: float
