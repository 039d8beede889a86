"""A letter of the form again: what of its tune stays under the chords that are there now, and what changes with new words."""

from dataclasses import replace

import numpy as np

from daiw.composer.line import Slot, heard_chord
from daiw.composer.pulse import QUARTER, weight
from daiw.composer.scale import chord_scale, key_at
from daiw.music.plan import Plan, Section

NEW_ENDING = {"half": "open", "open": "full"}
"""How a phrase ends when its verse returns."""


def arriving(plan: Plan, slots: list[Slot]) -> list[Slot]:
    """Kept dissonances can resolve: chromatic ones whose next note may change are freed, the note after others shuns nothing."""
    result: list[Slot] = []
    for slot, after in zip(slots, [*slots[1:], None], strict=True):
        chord = heard_chord(plan, slot.start, slot.duration)
        arrives = after is not None and after.fixed and abs(after.wish - slot.wish) == 1
        stray = slot.wish % 12 not in chord_scale(key_at(plan, slot.start), chord)
        if slot.fixed and stray and not arrives:
            slot = replace(slot, fixed=False, wish=-1)
        elif result and result[-1].fixed and not _consonant(plan, result[-1]):
            slot = replace(slot, shun=-1, cadence="" if not slot.fixed and slot.duration <= QUARTER else slot.cadence)
        result.append(slot)
    return result


def _consonant(plan: Plan, slot: Slot) -> bool:
    """True where the wished pitch belongs to the chord it is heard with."""
    return slot.wish % 12 in heard_chord(plan, slot.start, slot.duration).pitch_classes


def same_harmony(plan: Plan, slot: Slot, offset: int, shift: int) -> bool:
    """True where the chord under a moved note is the old one, transposed."""
    old = heard_chord(plan, slot.start, slot.duration)
    new = heard_chord(plan, slot.start + offset, slot.duration)
    return {(pc + shift) % 12 for pc in old.pitch_classes} == set(new.pitch_classes)


def new_words(plan: Plan, slots: list[Slot], section: Section, rng: np.random.Generator) -> list[Slot]:
    """A verse again: phrase ends find other notes, and a note a phrase is split or joined for other syllables."""
    bar = plan.meter.bar_ticks
    result: list[Slot] = []
    for slot in slots:
        place = (slot.start // bar - section.start_bar) % 4
        if place == 3 or (place == 1 and rng.random() < 0.2):
            aside = float(rng.choice((-3.0, 3.0)))
            slot = replace(
                slot,
                fixed=False,
                wish=-1,
                shun=slot.wish,
                target=slot.target + aside,
                cadence=NEW_ENDING.get(slot.cadence, slot.cadence),
            )
        half = slot.duration // 2
        joins = result and not slot.cadence and result[-1].wish == slot.wish >= 0 and weight(plan.meter, slot.start) < 1
        if place != 0 and slot.duration in (QUARTER, 2 * QUARTER) and not slot.cadence and rng.random() < 0.3:
            result += [replace(slot, duration=half), replace(slot, start=slot.start + half, duration=half, fixed=False, wish=-1)]
        elif joins and result[-1].start + result[-1].duration == slot.start and rng.random() < 0.5:
            result[-1] = replace(result[-1], duration=result[-1].duration + slot.duration)
        else:
            result.append(slot)
    return result


def transposition(plan: Plan, earlier: int, later: int) -> int:
    """Semitones from the key at one tick to the key at another, the nearer way."""
    return (key_at(plan, later).tonic.number - key_at(plan, earlier).tonic.number + 6) % 12 - 6
