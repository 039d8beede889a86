import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.host.performance import perform, placed
from daiw.music.score import Control, Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap

RATE = 48_000
SIXTY = Timeline(tempos=TempoMap((Tempo(0, 60.0),)))  # a quarter is a second


def played(notes, controls=(), **more):
    return perform(Track("x", "y", tuple(notes), controls=tuple(controls), **more), SIXTY, RATE)


def test_ticks_become_frames_through_every_tempo_change():
    timeline = Timeline(tempos=TempoMap((Tempo(0, 120.0), Tempo(480, 60.0))))
    result = perform(Track("x", "y", (Note(0, 480, 60, 90), Note(960, 240, 62, 90))), timeline, RATE)
    assert result.starts.tolist() == [0, 72_000]
    assert result.ends.tolist() == [24_000, 96_000]


def test_the_pedal_holds_notes_until_it_is_lifted():
    notes = [Note(0, 240, 60, 90), Note(960, 240, 62, 90)]
    pedal = [Control(120, "cc", 64, 127), Control(720, "cc", 64, 0)]
    assert played(notes, pedal).ends.tolist() == [72_000, 120_000]
    assert played(notes, [Control(120, "cc", 64, 63)]).ends.tolist() == [24_000, 120_000]


def test_a_pedal_that_is_never_lifted_holds_to_the_end():
    assert played([Note(0, 240, 60, 90), Note(960, 240, 62, 90)], [Control(0, "cc", 64, 127)]).ends.tolist() == [120_000, 120_000]


def test_all_notes_off_ends_what_sounds():
    result = played([Note(0, 4800, 60, 90), Note(960, 240, 62, 90)], [Control(480, "cc", 123, 0)])
    assert result.ends.tolist() == [48_000, 120_000]


def test_a_string_struck_again_stops_its_earlier_note():
    result = played([Note(0, 960, 60, 90), Note(480, 960, 60, 80), Note(480, 960, 64, 70)])
    assert result.ends.tolist() == [48_000, 144_000, 144_000]


def test_of_two_strikes_at_once_the_louder_sounds():
    result = played([Note(0, 480, 60, 40), Note(0, 240, 60, 100)])
    assert result.velocities.tolist() == [100]


def test_volume_and_expression_are_squared_and_100_is_full():
    assert played([Note(0, 480, 60, 90)]).gain.values.tolist() == [1.0]
    result = played([Note(0, 1920, 60, 90)], [Control(480, "cc", 7, 50), Control(960, "cc", 11, 0)])
    assert result.gain.over(50_000, 50_001)[0] == pytest.approx(0.25)
    assert result.gain.over(100_000, 100_001)[0] == 0.0


def test_a_controller_moves_without_a_step():
    gain = played([Note(0, 1920, 60, 90)], [Control(480, "cc", 7, 0)]).gain.over(0, 60_000)
    assert gain[48_000] == 1.0
    assert np.abs(np.diff(gain)).max() < 0.01
    assert gain[48_000 + RATE // 100] == 0.0


def test_bend_follows_its_range_and_the_registered_parameter():
    bend = [Control(480, "bend", 0, 8191)]
    assert played([Note(0, 1920, 60, 90)], bend).bend.over(60_000, 60_001)[0] == pytest.approx(2.0, abs=1e-3)
    assert played([Note(0, 1920, 60, 90)], bend, bend_range=12.0).bend.over(60_000, 60_001)[0] == pytest.approx(12.0, abs=2e-3)
    rpn = [Control(0, "cc", 101, 0), Control(0, "cc", 100, 0), Control(0, "cc", 6, 7), *bend]
    assert played([Note(0, 1920, 60, 90)], rpn).bend.over(60_000, 60_001)[0] == pytest.approx(7.0, abs=2e-3)


def test_steady_knows_where_a_curve_rests():
    curve = played([Note(0, 1920, 60, 90)], [Control(480, "bend", 0, 4096)]).bend
    assert curve.steady(0, 40_000) == 0.0
    assert curve.steady(40_000, 50_000) is None
    assert curve.steady(50_000, 60_000) == pytest.approx(1.0)


def test_programs_change_for_the_notes_that_follow():
    result = played([Note(0, 480, 60, 90), Note(960, 480, 60, 90)], [Control(480, "program", 128, 40)], program=5)
    assert result.programs.tolist() == [5, 40]
    assert result.banks.tolist() == [0, 128]


def test_pan_moves_the_sound_and_keeps_its_power():
    ones = np.ones((2, RATE), np.float32)
    left = placed(ones, played([Note(0, 480, 60, 90)], [Control(0, "cc", 10, 0)]))
    assert left[1, 20_000:].max() == pytest.approx(0.0, abs=1e-6)
    assert left[0, 20_000] == pytest.approx(np.sqrt(2.0), rel=1e-5)
    assert placed(ones, played([Note(0, 480, 60, 90)])) is ones


note = st.builds(Note, st.integers(0, 5000), st.integers(1, 3000), st.integers(58, 62), st.integers(1, 127))
control = st.one_of(
    st.builds(
        Control, st.integers(0, 8000), st.just("cc"), st.sampled_from([1, 6, 7, 10, 11, 64, 100, 101, 120, 121, 123]), st.integers(0, 127)
    ),
    st.builds(Control, st.integers(0, 8000), st.just("bend"), st.just(0), st.integers(-8192, 8191)),
    st.builds(Control, st.integers(0, 8000), st.just("program"), st.integers(0, 128), st.integers(0, 127)),
    st.builds(Control, st.integers(0, 8000), st.just("pressure"), st.just(0), st.integers(0, 127)),
)


@given(st.lists(note, min_size=1, max_size=30), st.lists(control, max_size=20))
def test_whatever_is_played_stays_in_order_and_in_range(notes, controls):
    result = played(notes, controls)
    assert 1 <= len(result) <= len(notes)
    assert np.all(np.diff(result.starts) >= 0)
    assert np.all(result.ends > result.starts)
    for pitch in np.unique(result.pitches):
        mine = result.pitches == pitch
        assert np.all(result.starts[mine][1:] >= result.ends[mine][:-1])  # no pitch sounds twice at once
    for curve, low, high in (
        (result.gain, 0.0, 1.62),
        (result.pan, -1.0, 1.0),
        (result.modulation, 0.0, 1.0),
        (result.bend, -127.1, 127.1),
    ):
        assert np.all(np.diff(curve.frames) >= 0)
        assert curve.values.min() >= low
        assert curve.values.max() <= high
