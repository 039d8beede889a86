"""The tempo map: one tempo, or one that breathes with the sections and slows into the last bar."""

from collections.abc import Sequence

from daiw.music.plan import Section
from daiw.music.time import MAX_BPM, MIN_BPM, Meter, Tempo, TempoMap

SWAY = 0.06
"""Share by which the tempo would grow from a silent first section to the loudest at full rubato."""

SLOWING = 0.28
"""Share of the tempo lost by the last beat at full rubato."""


def tempo_map(sections: Sequence[Section], bpm: float, meter: Meter, rubato: float) -> TempoMap:
    """Constant at rubato 0; else sections sway with their energy (above rubato .4) and the last two bars of the song slow down."""
    if rubato <= 0:
        return TempoMap((Tempo(0, bpm),))
    changes: dict[int, float] = {0: bpm}
    for section in sections:
        if rubato > 0.4:
            changes[section.start_bar * meter.bar_ticks] = bpm * (1 + SWAY * rubato * (section.energy - sections[0].energy))
    end = (sections[-1].start_bar + sections[-1].bars) * meter.bar_ticks
    slow_from = end - 2 * meter.bar_ticks
    if sections[-1].bars >= 4:
        beats = 2 * meter.beats
        base = TempoMap(tuple(Tempo(tick, value) for tick, value in sorted(changes.items()))).bpm(slow_from)
        for beat in range(beats):
            changes[slow_from + beat * meter.beat_ticks] = base * (1 - SLOWING * rubato * ((beat + 1) / beats) ** 1.5)
    held = {tick: round(min(MAX_BPM, max(MIN_BPM, value)), 2) for tick, value in changes.items()}
    return TempoMap(tuple(Tempo(tick, held[tick]) for tick in sorted(held)))
