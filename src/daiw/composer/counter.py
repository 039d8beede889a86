"""The counter line: it answers where the tune breathes and sings guide tones under it where it does not."""

from daiw.composer.chords import clip_velocity, generator, section_velocity, split_at_chords
from daiw.composer.line import Slot, Taste, sing
from daiw.composer.pulse import QUARTER, pulse_starts, weight
from daiw.music.plan import Plan, Section
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle, CounterStyle

EIGHTH = QUARTER // 2
FULL_ENERGY = 0.55


def write_counter(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `counter`; without a melody before it, it sings guide tones throughout."""
    own = style.counter
    melody = tuple(sorted(note for part in earlier if part.role == "melody" for note in part.notes))
    notes: list[Note] = []
    before: tuple[int, ...] = ()
    for section in plan.sections:
        if "counter" not in section.roles:
            continue
        gaps = _gaps(plan, section, melody)
        slots = _slots(plan, section, own, gaps)
        taste = Taste(own.low, own.high, 0.3, 0.3, style.melody.pentatonic, plan.cues.dissonance * 0.6, 0.2)
        pitches, _ = sing(plan, slots, taste, before, generator(plan, f"counter {section.letter}"), against=melody)
        before = pitches[-1:] or before
        level = section_velocity(own.velocity, section.energy, plan)
        for slot, pitch in zip(slots, pitches, strict=True):
            loud = level + 2 * weight(plan.meter, slot.start) + (4 if slot.duration <= QUARTER else 0)
            notes.append(Note(slot.start, slot.duration, pitch, clip_velocity(loud)))
    return Part("counter", tuple(sorted(notes)))


def _gaps(plan: Plan, section: Section, melody: tuple[Note, ...]) -> list[tuple[int, int]]:
    """Stretches of a section in which the melody is silent for a quarter or more."""
    start = section.start_bar * plan.meter.bar_ticks
    end = start + section.bars * plan.meter.bar_ticks
    place, gaps = start, []
    for note in melody:
        if note.end <= start or note.start >= end:
            continue
        if note.start - place >= QUARTER:
            gaps.append((place, note.start))
        place = max(place, note.end)
    if end - place >= QUARTER:
        gaps.append((place, end))
    return gaps


def _slots(plan: Plan, section: Section, own: CounterStyle, gaps: list[tuple[int, int]]) -> tuple[Slot, ...]:
    """Rhythm and contour of the line: answers in the gaps, guide tones elsewhere as the manner asks."""
    bar = plan.meter.bar_ticks
    first = section.start_bar * bar
    guide = own.manner == "guide" or (own.manner == "both" and section.energy >= FULL_ENERGY)
    answer = own.manner in ("answer", "both")
    centre = (own.low + own.high) / 2 + 4 * (section.energy - 0.5)
    slots: list[Slot] = []
    for index in range(section.bars):
        start = first + index * bar
        inside = [(max(a, start), min(b, start + bar)) for a, b in gaps if a < start + bar and b > start]
        longest = max(inside, key=lambda gap: gap[1] - gap[0], default=(start, start))
        room = longest[1] - longest[0]
        if answer and QUARTER <= room < bar:
            slots += _figure(plan, longest, section.density, centre, index)
            if guide and longest[0] - start >= 2 * QUARTER:
                slots += _guides(plan, start, longest[0], centre, index)
        elif guide or room >= bar or index % 2 == 0:
            slots += _guides(plan, start, start + bar, centre, index)
    return tuple(sorted(slots, key=lambda slot: slot.start))


def _figure(plan: Plan, gap: tuple[int, int], density: float, centre: float, index: int) -> list[Slot]:
    """An answer: eighths (quarters in sparse music) that rise or fall through the gap and land on its last pulse."""
    step = EIGHTH if density >= 0.4 else QUARTER
    start = -(-gap[0] // EIGHTH) * EIGHTH
    count = min(4, (gap[1] - start) // step)
    rising = 1 if index % 4 < 2 else -1
    slots = []
    for i in range(count):
        begin = start + i * step
        stop = gap[1] if i == count - 1 else begin + step
        slots.append(Slot(begin, max(60, stop - begin), 1000 + index, rising * i, centre + rising * 2 * i))
    return slots


def _guides(plan: Plan, start: int, end: int, centre: float, index: int) -> list[Slot]:
    """Long notes, one for each chord; a bar of one chord may move on its middle pulse."""
    pieces = [(a, b) for a, b, _ in split_at_chords(plan, start, end)]
    starts = pulse_starts(plan.meter)
    if len(pieces) == 1 and len(starts) > 2 and index % 2 == 1:
        middle = start - start % plan.meter.bar_ticks + starts[len(starts) // 2]
        if start < middle < end:
            pieces = [(start, middle), (middle, end)]
    return [Slot(a, b - a, 2000 + 10 * index + i, 0, centre) for i, (a, b) in enumerate(pieces)]
