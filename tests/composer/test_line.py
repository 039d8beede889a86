"""The Viterbi singer: the rules one by one, and the optimum against trying everything."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from daiw.composer import line as lines
from daiw.composer.line import Slot, Taste, sing
from daiw.composer.melody import Tune
from daiw.music.pitch import Key
from daiw.music.score import Note
from daiw.music.styles.compose import MelodyStyle

CALM = Taste(60, 72, chance=0.0)


def rng():
    return np.random.default_rng(0)


def slots_of(*heights: int, step: int = 480, unit: int = 0) -> tuple[Slot, ...]:
    return tuple(Slot(i * step, step, unit, height, 66.0 + 1.5 * height) for i, height in enumerate(heights))


def total_cost(plan, slots, taste, places):
    """The same costs, added up along one path: the naive twin of `sing`."""
    pair, triple = lines._intervals(taste.high - taste.low + 1, taste.leapiness, taste.repetition)
    notes = [lines._judge(plan, slot, taste, rng()) for slot in slots]
    cost = sum(note.own[place] for note, place in zip(notes, places, strict=True))
    for i in range(1, len(slots)):
        cost += lines._link(slots[i - 1], slots[i], notes[i - 1], notes[i], pair)[places[i - 1], places[i]]
    for i in range(2, len(slots)):
        cost += triple[places[i - 2], places[i - 1], places[i]]
    return cost


def test_it_finds_the_cheapest_line_there_is(make_plan):
    plan = make_plan("C G")
    taste = Taste(60, 66, chance=0.0)
    slots = slots_of(0, 1, 3, 0)
    pitches, cost = sing(plan, slots, taste, (), rng())
    best = min(product(range(7), repeat=4), key=lambda places: total_cost(plan, slots, taste, places))
    assert cost * 4 == pytest.approx(total_cost(plan, slots, taste, best))
    assert total_cost(plan, slots, taste, tuple(p - 60 for p in pitches)) == pytest.approx(cost * 4)


def test_strong_beats_take_chord_tones_and_the_scale_bends_to_the_chord(make_plan):
    plan = make_plan("E7", key="A minor", form="verse:1")
    pitches, _ = sing(plan, slots_of(0, 1, 2, 1, 0, 1, 2, 3, step=240), CALM, (), rng())
    assert pitches[0] % 12 in (4, 8, 11, 2)
    assert all(pitch % 12 != 7 for pitch in pitches), "G natural would fight the G# of E7"


def test_a_leaning_note_is_foreign_and_falls_by_step(make_plan):
    plan = make_plan("C")
    slots = slots_of(1, 0, 1, 0)
    leaning = (Slot(0, 480, 0, 1, 66.0, leaning=True), *slots[1:])
    pitches, _ = sing(plan, leaning, CALM, (), rng())
    assert pitches[0] % 12 not in (0, 4, 7)
    assert -2 <= pitches[1] - pitches[0] <= -1
    assert pitches[1] % 12 in (0, 4, 7)


def test_a_leaning_note_falls_even_where_the_next_wishes_to_rise(make_plan):
    slots = (Slot(0, 480, 0, 0, 62.0, leaning=True), Slot(480, 480, 0, 1, 64.0, wish=64), Slot(960, 480, 0, 1, 64.0))
    pitches, _ = sing(make_plan("C"), slots, Taste(60, 64, chance=0.0), (), rng())
    assert pitches[1] < pitches[0]


@pytest.mark.parametrize("target", range(60, 73))
def test_nothing_leaves_the_scale_however_it_is_drawn(make_plan, target):
    slots = tuple(Slot(120 + i * 120, 120, i, 0, float(target)) for i in range(6))
    pitches, _ = sing(make_plan("C"), slots, Taste(60, 72, pentatonic=0.0, dissonance=1.0, chance=0.0), (), rng())
    assert {pitch % 12 for pitch in pitches} <= Key.parse("C major").pitch_classes


def test_fixed_wishes_ceilings_shuns_and_cadences(make_plan):
    plan = make_plan("C")
    fixed = (Slot(0, 480, 0, 0, 66.0, wish=71, fixed=True), *slots_of(0, 1, 0)[1:])
    assert sing(plan, fixed, CALM, (), rng())[0][0] == 71
    low = tuple(Slot(i * 480, 480, 0, i, 72.0, ceiling=65) for i in range(4))
    assert max(sing(plan, low, CALM, (), rng())[0]) < 65
    alone = Slot(0, 960, 0, 0, 64.0)
    pitch = sing(plan, (alone,), CALM, (), rng())[0][0]
    assert sing(plan, (Slot(0, 960, 0, 0, 64.0, shun=pitch),), CALM, (), rng())[0][0] != pitch
    over_f = make_plan("F")
    ending = Slot(960, 960, 0, 0, 65.0)
    assert sing(over_f, (*slots_of(1, 0), ending), CALM, (), rng())[0][-1] == 65
    assert sing(over_f, (*slots_of(1, 0), replace(ending, cadence="full")), CALM, (), rng())[0][-1] % 12 == 0


def test_a_chromatic_note_arrives_by_semitone(make_plan):
    plan = make_plan("C")
    slots = (Slot(0, 240, 0, 0, 64.0), Slot(240, 240, 0, -1, 63.0, chromatic=True), Slot(480, 480, 0, 0, 64.0))
    pitches, _ = sing(plan, slots, CALM, (), rng())
    assert pitches[1] % 12 in Key.parse("C major").pitch_classes or abs(pitches[2] - pitches[1]) == 1


def test_a_second_line_keeps_clear_of_the_first(make_plan):
    plan = make_plan("C")
    tune = tuple(Note(i * 480, 480, pitch, 80) for i, pitch in enumerate((65, 64, 65, 67)))
    pitches, _ = sing(plan, slots_of(0, 0, 0, 0), CALM, (), rng(), against=tune)
    assert all(abs(p - note.pitch) not in (0, 1) for p, note in zip(pitches, tune, strict=True))


def test_the_room_is_a_twelfth_at_most_for_every_range(make_plan):
    for low in range(40, 80, 5):
        room = Tune(make_plan("C"), MelodyStyle(range_low=low, range_high=96, leapiness=1.0)).room
        assert low <= room.low < room.high <= min(96, room.low + 19)
