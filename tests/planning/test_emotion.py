import dataclasses

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from daiw.music.emotion import Emotion
from daiw.planning.emotion import MODE_BRIGHTNESS, WEIGHTS, cues_of, cues_with

unit = st.floats(-1.0, 1.0)
step = st.floats(0.01, 1.0)


@pytest.mark.parametrize("name", ["bpm", "velocity", "density"])
@given(unit, unit, unit, step)
def test_more_arousal_is_faster_louder_and_denser(name, valence, arousal, dominance, more):
    assume(arousal + more <= 1.0)
    lower, higher = (getattr(cues_of(Emotion(valence, a, dominance)), name) for a in (arousal, arousal + more))
    assert higher > lower or lower == WEIGHTS[name].high or higher == WEIGHTS[name].low


@pytest.mark.parametrize("name", ["brightness", "register", "tone_db"])
@given(unit, unit, unit, step)
def test_more_valence_is_brighter_and_higher(name, valence, arousal, dominance, more):
    assume(valence + more <= 1.0)
    lower, higher = (getattr(cues_of(Emotion(v, arousal, dominance)), name) for v in (valence, valence + more))
    assert higher > lower or lower == WEIGHTS[name].high or higher == WEIGHTS[name].low


@pytest.mark.parametrize(
    ("name", "dimension", "sign"),
    [("dissonance", "valence", -1), ("dissonance", "arousal", 1), ("gate", "arousal", -1), ("timing_ms", "arousal", -1), 
     ("bpm", "valence", 1),     ("velocity", "dominance", 1), ("register", "dominance", -1), ("reverb_s", "dominance", -1)],
)  # fmt: skip
@given(unit, unit, unit, step)
def test_signs_of_the_literature(name, dimension, sign, valence, arousal, dominance, more):
    low = Emotion(valence, arousal, dominance)
    assume(getattr(low, dimension) + more <= 1.0)
    high = dataclasses.replace(low, **{dimension: getattr(low, dimension) + more})
    assert sign * (getattr(cues_of(high), name) - getattr(cues_of(low), name)) >= 0


@given(unit, unit, unit)
def test_cues_stay_in_range(valence, arousal, dominance):
    cues = cues_of(Emotion(valence, arousal, dominance))
    for name, weights in WEIGHTS.items():
        assert weights.low <= getattr(cues, name) <= weights.high


def test_a_blend_of_feelings_is_the_average_of_their_cues():
    one, other = Emotion(-0.4, -0.3, 0.2), Emotion(0.4, 0.5, 0.0)
    middle = cues_of(Emotion(0.0, 0.1, 0.1))
    for name in WEIGHTS:
        assert getattr(middle, name) == pytest.approx((getattr(cues_of(one), name) + getattr(cues_of(other), name)) / 2)


@pytest.mark.parametrize(
    ("feeling", "point", "bpm", "brightness", "velocity"),
    [
        ("grief", (-0.8, -0.5, -0.4), (50, 80), (-1.0, -0.3), (30, 60)),
        ("melancholy", (-0.5, -0.5, -0.3), (60, 90), (-0.8, -0.0), (35, 62)),
        ("calm", (0.6, -0.7, 0.2), (60, 80), (0.6, 1.0), (35, 60)),
        ("hope", (0.6, 0.2, 0.2), (90, 120), (0.6, 1.0), (66, 86)),
        ("joy", (0.8, 0.7, 0.4), (115, 150), (0.8, 1.0), (80, 105)),
        ("rage", (-0.7, 0.9, 0.6), (120, 180), (-1.0, -0.4), (95, 120)),
        ("defiance", (-0.2, 0.7, 0.6), (100, 140), (-0.5, 0.3), (85, 112)),
        ("anxiety", (-0.6, 0.7, -0.6), (90, 140), (-1.0, -0.3), (60, 90)),
    ],
)
def test_the_starting_table(feeling, point, bpm, brightness, velocity):
    cues = cues_of(Emotion(*point))
    assert bpm[0] <= cues.bpm <= bpm[1], feeling
    assert brightness[0] <= cues.brightness <= brightness[1], feeling
    assert velocity[0] <= cues.velocity <= velocity[1], feeling


def test_a_fixed_cue_leaves_its_work_to_the_others():
    calm, wild = Emotion(0.4, -0.7, 0.0), Emotion(0.4, 0.8, 0.0)
    fast_but_calm, slow_but_wild = cues_with(calm, {"bpm": 150.0}), cues_with(wild, {"bpm": 60.0})
    assert (fast_but_calm.bpm, slow_but_wild.bpm) == (150.0, 60.0)
    for name in ("velocity", "density"):
        assert getattr(fast_but_calm, name) < getattr(cues_of(calm), name)
        assert getattr(slow_but_wild, name) > getattr(cues_of(wild), name)
    happy_in_minor = cues_with(Emotion(0.5, 0.0, 0.0), {"brightness": -0.5})
    assert happy_in_minor.brightness == -0.5
    assert happy_in_minor.register > cues_of(Emotion(0.5, 0.0, 0.0)).register


@given(unit, unit, unit)
def test_a_cue_fixed_where_the_feeling_wants_it_changes_nothing(valence, arousal, dominance):
    feeling = Emotion(valence, arousal, dominance)
    cues = cues_of(feeling)
    for name in ("bpm", "velocity", "density", "register"):
        again = cues_with(feeling, {name: getattr(cues, name)})
        assert all(getattr(again, other) == pytest.approx(getattr(cues, other)) for other in WEIGHTS)


@given(unit, unit, unit, step, st.floats(20, 300))
def test_cues_stay_monotone_with_the_tempo_fixed(valence, arousal, dominance, more, bpm):
    assume(arousal + more <= 1.0)
    lower, higher = (cues_with(Emotion(valence, a, dominance), {"bpm": bpm}) for a in (arousal, arousal + more))
    assert higher.bpm == lower.bpm == bpm
    assert higher.velocity >= lower.velocity
    assert higher.density >= lower.density


def test_lydian_is_not_the_happiest_mode():
    assert MODE_BRIGHTNESS["major"] > MODE_BRIGHTNESS["lydian"] > MODE_BRIGHTNESS["minor"] > MODE_BRIGHTNESS["phrygian"]
