"""Where a tune lives: the song's room, each section's share of it, and the one note that crowns a section."""

from dataclasses import replace

from daiw.composer.line import Slot, heard_chord
from daiw.composer.pulse import QUARTER, weight
from daiw.music.plan import Plan, Section
from daiw.music.room import Room
from daiw.music.styles.compose import MelodyStyle


def room_of(plan: Plan, own: MelodyStyle) -> Room:
    """A twelfth at most, halfway between the emotion's register and the middle of the style's range, inside that range."""
    half = 8.0 + 3.0 * own.leapiness
    wished = (plan.cues.register + (own.range_low + own.range_high) / 2) / 2
    centre = min(max(wished, own.range_low + half - 1), own.range_high - half + 1)
    low = max(own.range_low, round(centre - half))
    return Room(low, min(own.range_high, low + 19, round(centre + half)), centre)


def section_top(room: Room, section: Section) -> int:
    """The highest pitch a section may reach: choruses own the top of the room."""
    drop = {"chorus": 0, "drop": 0, "solo": 0, "bridge": 1, "pre-chorus": 2, "build": 2, "verse": 4, "intro": 4, "outro": 4, "breakdown": 5}
    return max(room.low + 10, room.high - drop.get(section.name, 3) + round(2 * (section.energy - 0.7) if section.energy < 0.7 else 0))


def section_centre(room: Room, section: Section) -> float:
    """Where a section's line hovers."""
    return section_top(room, section) - 0.53 * (room.high - room.low)


def crowned(plan: Plan, slots: tuple[Slot, ...], section: Section, room: Room) -> tuple[Slot, ...]:
    """The slots with one late, strong note raised towards the section's top: its climax."""
    if len(slots) < 6:
        return slots
    first = section.start_bar * plan.meter.bar_ticks
    span = section.bars * plan.meter.bar_ticks
    late = [i for i, slot in enumerate(slots) if 0.55 <= (slot.start - first) / span <= 0.9 and not slot.cadence]
    if not late:
        return slots
    best = max(late, key=lambda i: (weight(plan.meter, slots[i].start) + min(2.0, slots[i].duration / QUARTER) + 0.35 * slots[i].height, i))
    tones = heard_chord(plan, slots[best].start, slots[best].duration).pitch_classes
    top = section_top(room, section)
    peaks = [pitch for pitch in range(top, top - 6, -1) if pitch % 12 in tones]
    if not peaks:
        return slots
    crown = replace(slots[best], wish=peaks[0], fixed=True, target=float(peaks[0]), leaning=False)
    return tuple(crown if i == best else replace(slot, ceiling=peaks[0]) for i, slot in enumerate(slots))
