"""What players do beside striking notes: swells, vibrato and the sustain pedal, as sparse MIDI controls."""

from math import pi, sin

from daiw.music.ensemble import Sound
from daiw.music.plan import Plan
from daiw.music.score import Control, Note
from daiw.music.styles.arrange import RoleStyle
from daiw.music.time import TICKS_PER_QUARTER
from daiw.planning.dynamics import EnergyCurve

MODULATION, EXPRESSION, SUSTAIN = 1, 11, 64
EXPRESSION_FULL = 120
SWELL_RANGE = 52
"""How far the deepest swell lowers expression between its crests."""

MIN_STEP = 3
"""Controls that change by less are not sent."""

REPEDAL_TICKS = 60
"""The pedal goes down again this long after a chord changes, once the new chord is struck."""


def swells(plan: Plan, depth: float) -> tuple[Control, ...]:
    """Expression over the song: one arch per four bars, deeper where energy is low, at most one event an eighth, one at tick 0."""
    if depth == 0.0:
        return ()
    curve, bar_ticks = EnergyCurve.of(plan), plan.meter.bar_ticks
    events: list[Control] = []
    for section in plan.sections:
        start, end = section.start_bar * bar_ticks, (section.start_bar + section.bars) * bar_ticks
        phrase = 4 * bar_ticks if section.bars % 4 == 0 else min(section.bars, 2) * bar_ticks
        for tick in range(start, end, TICKS_PER_QUARTER // 2):
            arch = sin(pi * ((tick - start) % phrase) / phrase)
            fall = depth * SWELL_RANGE * (1.0 - arch) * (1.1 - 0.6 * curve.at(tick))
            value = round(EXPRESSION_FULL - fall)
            if not events or abs(value - events[-1].value) >= MIN_STEP:
                events.append(Control(tick, "cc", EXPRESSION, value))
    return tuple(events)


def vibrato(notes: tuple[Note, ...], depth: float) -> tuple[Control, ...]:
    """Modulation that grows on notes of two beats and more, after their first beat, and rests for the others."""
    if depth == 0.0 or not notes:
        return ()
    events = [Control(0, "cc", MODULATION, 0)]
    for note in notes:
        if note.duration >= 2 * TICKS_PER_QUARTER:
            for share, after in ((0.5, TICKS_PER_QUARTER * 3 // 4), (1.0, TICKS_PER_QUARTER * 3 // 2)):
                events.append(Control(note.start + after, "cc", MODULATION, round(64 * depth * share)))
            events.append(Control(note.end, "cc", MODULATION, 0))
    return tuple(sorted({(event.tick, event.number): event for event in events}.values()))


def pedalling(plan: Plan, notes: tuple[Note, ...], song_end: int) -> tuple[Control, ...]:
    """The sustain pedal: down while a chord lasts, up as the next one comes, down again just after, up at rests of a bar and at the end."""
    events: list[Control] = []
    changes = [span.start for i, span in enumerate(plan.harmony) if i == 0 or span.chord != plan.harmony[i - 1].chord]
    down = False
    starts = [note.start for note in notes]
    position = 0
    for change, end in zip(changes, [*changes[1:], song_end], strict=True):
        while position < len(starts) and starts[position] < change - REPEDAL_TICKS:
            position += 1
        played = position < len(starts) and starts[position] < end
        if down:
            events.append(Control(change, "cc", SUSTAIN, 0))
        if down := played and end - change > 2 * REPEDAL_TICKS:
            events.append(Control(change + REPEDAL_TICKS, "cc", SUSTAIN, 127))
    if down:
        events.append(Control(song_end, "cc", SUSTAIN, 0))
    return tuple(events)


def controls_of(plan: Plan, notes: tuple[Note, ...], sound: Sound, table: RoleStyle) -> tuple[Control, ...]:
    """All controls of one track, by tick, for what its instrument can do."""
    if not notes or sound.drums:
        return ()
    events: tuple[Control, ...] = ()
    if sound.sustained and table.swell:
        events += swells(plan, table.swell)
    if sound.bends:
        events += vibrato(notes, table.vibrato)
    if sound.pedal and table.pedal:
        events += pedalling(plan, notes, plan.timeline.end)
    return tuple(sorted(events, key=lambda event: (event.tick, event.number)))
