from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.pitch import Key
from daiw.music.plan import Plan, Section
from daiw.music.score import Timeline
from daiw.music.styles.compose import MelodyStyle
from daiw.music.time import Meter, Tempo, TempoMap
from daiw.nets.composer import load_weights
from daiw.nets.composer_sheet import asking_density, wanted_density, wanted_offbeat
from daiw.nets.lead_rules import Rules, Window
from daiw.nets.pace import STEEPEST, USUAL, Pace, paces, tilted
from daiw.nets.picking import Chance, options_of
from daiw.nets.sampler import draw
from daiw.nets.transformer import Weights
from daiw.nets.transformer_shape import Shape
from daiw.tokens.codec import decode
from daiw.tokens.controls import COLUMN, CONTROLS, EDGES
from daiw.tokens.grid import slot_of
from daiw.tokens.sheet import Sheet, no_events
from daiw.tokens.vocab import BAR, DURATION, PITCH, SLOT, bar_token
from daiw.tokens.walk import Walk
from daiw.train.corpus import held_out
from daiw.train.obedience import in_windows

ONE = Pace(0, 4, 0.9, 1.1)
SHAPE = Shape(width=16, layers=1, heads=1, head=16, inner=16, condition=8, cross=(0,))


def walked(bars, slots):
    """A walk that has struck these slots of every one of `bars` bars and stands at the start of the next."""
    walk = Walk("melody", bars + 1, 48, no_events())
    for _ in range(bars):
        walk.push(bar_token(0, 0))
        for slot in slots:
            for token in (SLOT.token(slot), PITCH.token(20), DURATION.token(3)):
                walk.push(token)
    walk.push(bar_token(0, 0))
    return walk


QUARTERS = tuple(slot_of(unit) for unit in (0, 12, 24, 36))


def test_a_phrase_on_its_way_is_left_alone_and_others_are_hurried_or_held_up():
    assert ONE.tilt(walked(2, QUARTERS)) == 0.0
    assert ONE.tilt(walked(2, QUARTERS[:2])) < 0.0
    assert ONE.tilt(walked(2, range(0, 24, 3))) > 0.0
    assert ONE.tilt(walked(3, QUARTERS[:2])) < ONE.tilt(walked(1, QUARTERS[:2])), "the later, the more it matters"
    assert -STEEPEST <= ONE.tilt(walked(3, ())) < -1.0
    assert ONE.tilt(walked(3, range(24))) == STEEPEST


def test_notes_come_before_the_last_bar_as_that_may_rest():
    ends, goes_on = Pace(0, 4, 1.0, 1.0), Pace(0, 8, 1.0, 1.0)
    assert ends.tilt(walked(3, QUARTERS)) < goes_on.tilt(walked(3, QUARTERS)) < 0.0


def struck(walk, count):
    """The walk after the first `count` quarters of its bar, too."""
    for slot in QUARTERS[:count]:
        for token in (SLOT.token(slot), PITCH.token(20), DURATION.token(3)):
            walk.push(token)
    return walk


def test_waiting_costs_by_the_quarter_and_the_end_of_the_bar_is_waiting_too():
    walk = struck(walked(2, QUARTERS[:2]), 1)
    added = np.full(BAR.end + SLOT.size, -1e9, np.float32)
    added[BAR.first : BAR.first + 2] = 0.0
    added[SLOT.first + 1 : SLOT.end] = 0.0
    plain = options_of(added)
    found = tilted(plain, walk, ONE)
    tilt = np.float32(ONE.tilt(walk))
    by_token = dict(zip(found.ids.tolist(), found.added.tolist(), strict=True))
    assert tilt < 0
    assert by_token[SLOT.token(QUARTERS[1])] == pytest.approx(tilt)
    assert by_token[SLOT.token(QUARTERS[3])] == pytest.approx(3 * tilt)
    assert by_token[BAR.first] == by_token[BAR.first + 1] == pytest.approx(4 * tilt)


def test_a_bar_that_repeats_another_to_the_note_is_left_alone():
    controls = np.ones((SHAPE.window_bars, len(CONTROLS)), np.int64)
    window = Window(4, 48, no_events(), controls, paces=dict.fromkeys(range(4), Pace(0, 4, 1.9, 2.3)))
    rules = Rules(window, Chance())
    added = {}
    for kind in (1, 2):
        walk = Walk("melody", 4, 48, no_events())
        for token in (bar_token(0, 0), SLOT.token(0), PITCH.token(20), DURATION.token(3), bar_token(kind, 1)):
            walk.push(token)
        added[kind] = rules.options(walk).added
    assert not added[1].any()
    assert (added[2] < 0).any()


def test_bars_keep_the_pace_that_their_phrase_was_told():
    controls = np.zeros((8, len(CONTROLS)), np.int64)
    controls[:4, COLUMN["density"]], controls[4:6, COLUMN["density"]] = 7, 1
    found = paces(controls, [(0, 4), (4, 6), (6, 8)])
    assert found == dict.fromkeys(range(4), Pace(0, 4, *USUAL[7]))


def test_a_pace_is_what_the_section_wants_moved_as_its_phrase_is_told():
    controls = np.zeros((8, len(CONTROLS)), np.int64)
    controls[:4, COLUMN["density"]], controls[4:, COLUMN["density"]] = 6, 7
    found = paces(controls, [(0, 4), (4, 8)], {0: 1.2, 4: 1.2})
    assert found[0].low < 1.2 < found[0].high < 1.3
    assert (found[4].low + found[4].high) / (found[0].low + found[0].high) == pytest.approx(sum(USUAL[7]) / sum(USUAL[6]))
    assert paces(controls, [(0, 4)], {0: 0.01})[0].high > 0


def test_a_phrase_that_goes_on_does_not_come_to_rest():
    rests, goes_on = Pace(0, 4, 1.0, 1.0), Pace(0, 4, 1.0, 1.0, last_bar=1.0)
    assert rests.tilt(walked(3, QUARTERS)) < goes_on.tilt(walked(3, QUARTERS)) == 0.0


def test_a_phrase_that_rests_has_its_notes_before_it_does():
    rests, plain = (Pace(0, 4, 1.0, 1.0, rest=rest) for rest in (3.0, 0.0))
    assert rests.tilt(walked(2, QUARTERS)) < plain.tilt(walked(2, QUARTERS)) < 0.0, "more have to come by now"
    walk = walked(3, QUARTERS)
    for token in (SLOT.token(QUARTERS[1]), PITCH.token(20), DURATION.token(3)):
        walk.push(token)
    assert Pace(0, 4, 0.7, 1.2, rest=3.0).tilt(walk) == 0.0


def test_what_is_usual_lies_in_its_bin():
    for number, (low, high) in USUAL.items():
        edges = (*EDGES["density"], 9.0)
        assert edges[number - 2] <= low < high < edges[number - 1]


@pytest.mark.parametrize("number", [2, 5, 9])
def test_even_a_network_that_has_learnt_nothing_keeps_the_pace(number):
    rng = np.random.default_rng(3)
    weights = Weights(SHAPE, {name: rng.normal(0, 0.3, size).astype(np.float32) for name, size in SHAPE.weights().items()})
    controls = np.ones((SHAPE.window_bars, len(CONTROLS)), np.int64)
    controls[:, COLUMN["density"]] = number
    window = Window(8, 48, no_events(), controls, paces=paces(controls, [(0, 4), (4, 8)]))

    def off(asked):
        low, high = USUAL[number]
        lines = [line for seed in range(8) for line in draw(weights, asked, Chance(candidates=4), np.random.default_rng(seed))]
        counts = [len(decode(list(line.tokens), "melody", 48)) / 32 for line in lines]
        return float(np.mean([max(0.0, low - count, count - high) for count in counts]))

    assert off(window) < 0.65 * off(replace(window, paces={}))


def test_the_shipped_network_writes_as_many_notes_as_it_is_told():
    name = next(f"pop909/{number:03}.0" for number in range(1, 200) if held_out(f"pop909/{number:03}.0"))
    notes = np.array([(12 * i, 67 + (i * 5) % 7, 12) for i in range(128)], np.int32)
    chords = np.array([(48 * bar, (0, 7, 9, 5)[bar % 4], (0, 0, 1, 0)[bar % 4]) for bar in range(32)], np.int32)
    found = in_windows(load_weights(), [Sheet(name, "pop909", "4/4", 32, notes, chords, bpm=76.0)], 30, Chance(candidates=2))
    assert found["n"] >= 58
    assert found["density"] > 0.82, "without its pace .79"
    assert found["register"] > 0.9


def song(density, feeling, bpm, meter=None):
    meter = meter or Meter(4, 4)
    section = Section("verse", "A", 0, 4, 0.5, Emotion(0.0, 0.0), density, ("melody",))
    timeline = Timeline(TempoMap((Tempo(0, bpm),)), ((0, meter),), (), (), 4 * meter.bar_ticks)
    cues = Cues(bpm, 0.0, 67.0, feeling, 0.2, 80.0, 0.9, 0.0, 0.0, 1.5, 0.7)
    return Plan("t", Key.parse("C major"), meter, timeline, "static-reflection", (section,), (), ("melody",), cues, 1, "pop")


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(50, 180), st.floats(0.3, 1.4))
def test_a_plan_can_be_made_to_ask_for_so_many_notes(density, feeling, bpm, style_density):
    made, own = song(density, feeling, bpm), MelodyStyle(density=style_density)
    wanted = wanted_density(made, made.sections[0], own)
    assert wanted < 3.0
    assert asking_density(wanted, style_density, bpm, feeling) == pytest.approx(density, abs=1e-6)


def test_slow_and_dense_sections_are_asked_for_finer_rhythms():
    own = MelodyStyle()
    usual, slow, dense = (
        wanted_offbeat(made, made.sections[0], own) for made in (song(0.5, 0.5, 90), song(0.5, 0.5, 60), song(1.0, 0.5, 90))
    )
    assert slow - usual == pytest.approx(0.31 * np.log(90 / 60) + 0.086 * 1.2 * own.density * ((95 / 60) ** 0.45 - (95 / 90) ** 0.45))
    assert dense > usual
    late = song(0.5, 0.5, 90)
    assert wanted_offbeat(late, late.sections[0], MelodyStyle(syncopation=0.6)) == pytest.approx(usual + 0.165)


def test_notes_are_asked_for_by_the_quarter_in_every_meter():
    own = MelodyStyle()
    four, six = (song(0.5, 0.5, 95.0, meter) for meter in (Meter(4, 4), Meter(6, 8)))
    assert wanted_density(four, four.sections[0], own) == wanted_density(six, six.sections[0], own) == pytest.approx(1.2 * own.density)
