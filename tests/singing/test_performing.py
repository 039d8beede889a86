import numpy as np
import pytest

from daiw.music.phoneme import is_vowel
from daiw.music.score import Control, Note
from daiw.singing.directions import Directions
from daiw.singing.performing import perform_phrases
from daiw.singing.sung import phrases
from daiw.singing.voice import Voice

TEXT = "strong winds break the last red string"


def seconds(tick):
    return tick / 960.0


def perform(notes, net, *controls, voice=None, role="vocal"):
    return perform_phrases(phrases(notes, seconds), voice or Voice(), Directions.of(controls, seconds), net, role=role)


@pytest.mark.parametrize("ticks", [160, 240, 480, 1920])
def test_every_vowel_starts_exactly_on_its_beat_at_any_speed(line_of, net, ticks):
    notes = line_of(TEXT, ticks=ticks)
    [line] = perform(notes, net)
    vowels = [sound.start_s for sound in line.phonemes if is_vowel(sound.symbol)]
    assert vowels == pytest.approx([seconds(note.start) for note in notes], abs=1e-9)
    assert all(a.end_s == pytest.approx(b.start_s) for a, b in zip(line.phonemes, line.phonemes[1:], strict=False))


def test_consonants_take_their_time_from_the_note_before(line_of, net):
    [line] = perform(line_of(TEXT), net)
    before_first = [sound for sound in line.phonemes if sound.end_s < seconds(480) + 0.001]
    assert [sound.symbol for sound in before_first] == ["S", "T", "R"]
    assert 0.1 < seconds(480) - before_first[0].start_s < 0.45


def test_a_song_that_begins_with_a_consonant_does_not_begin_before_zero(net):
    [line] = perform((Note(0, 480, 60, 80, "strong"),), net)
    assert line.phonemes[0].start_s >= 0.0


def test_the_pitch_is_the_notes_with_slides_between_them(line_of, net):
    still = Voice(vibrato_cents=0.0, drift_cents=0.0, scoop_cents=0.0)
    notes = line_of("la la la la", pitches=(60, 67, 62, 55), ticks=960)
    [line] = perform(notes, net, voice=still)
    for note in notes:
        middle = np.array([seconds(note.start) + 0.4])
        assert 12 * np.log2(line.at(line.f0_hz, middle)[0] / 440.0) + 69 == pytest.approx(note.pitch, abs=0.01)
    assert np.abs(np.diff(np.log2(line.f0_hz))).max() * 1200 < 60


def test_vibrato_comes_late_and_only_on_long_notes(line_of, net):
    shaky = Voice(vibrato_cents=50.0, drift_cents=0.0, scoop_cents=0.0)
    [line] = perform(line_of("la", ticks=1920), net, voice=shaky)
    cents = 1200 * np.log2(line.f0_hz / 261.6256)
    times = line.start_s + 0.005 * np.arange(len(cents))
    assert np.abs(cents[(times > 0.5) & (times < 0.6)]).max() < 12
    assert np.abs(cents[(times > 1.2) & (times < 2.2)]).max() > 35
    [short] = perform(line_of("la", ticks=240), net, voice=shaky)
    assert np.abs(1200 * np.log2(short.f0_hz / 261.6256)).max() < 1


def test_another_take_is_another_and_the_lead_is_always_the_same(line_of, net):
    notes = line_of("la la la la", ticks=960)
    lead, again = (perform(notes, net)[0] for _ in range(2))
    np.testing.assert_array_equal(lead.f0_hz, again.f0_hz)
    wide = Control(0, "cc", 19, 127)
    [left], [right] = perform(notes, net, wide, role="double left"), perform(notes, net, wide, role="double right")
    assert left.phonemes[1].start_s != right.phonemes[1].start_s
    assert abs(left.phonemes[1].start_s - lead.phonemes[1].start_s) <= 0.08 + 1e-9


@pytest.mark.parametrize(
    ("number", "curve", "grows"), [(2, "breathiness", True), (74, "effort", True), (17, "whisper", True), (20, "formant", True)]
)
def test_a_controller_turns_its_curve_from_where_it_stands(line_of, net, number, curve, grows):
    notes = line_of("la la la la", ticks=960)
    [line] = perform(notes, net, Control(0, "cc", number, 20), Control(2400, "cc", number, 110))
    values = getattr(line, curve)
    early, late = (line.at(values, np.array([time]))[0] for time in (1.0, 4.0))
    assert (late > early) == grows


def test_drift_control_detunes_by_cents(line_of, net):
    notes = line_of("la la la la la la la la", ticks=960)
    plain = Voice(vibrato_cents=0.0, scoop_cents=0.0, drift_cents=0.0)
    [still], [loose] = perform(notes, net, voice=plain), perform(notes, net, Control(0, "cc", 16, 127), voice=plain)
    cents = 1200 * np.log2(loose.f0_hz / still.f0_hz)
    assert 15 < np.std(cents) < 45
    assert np.std(1200 * np.log2(still.f0_hz / 261.6256)) < 0.01


def test_breaths_are_taken_where_there_is_time_and_can_be_forbidden(line_of, net):
    notes = (*line_of("la la"), Note(3000, 480, 60, 80, "la", ("L", "AA1")))
    first, second = perform(notes, net)
    assert second.breath_s[1] < second.start_s
    assert second.breath_s[0] > first.end_s
    louder = perform(notes, net, Control(0, "cc", 18, 127))[1]
    assert louder.breath_db == pytest.approx(second.breath_db + 18.0)
    assert perform(notes, net, Control(0, "cc", 18, 0))[1].breath_s == ()


def test_loud_notes_are_louder_and_sung_with_more_effort(net):
    soft, loud = (perform((Note(480, 960, 60, v, "la", ("L", "AA1")),), net)[0] for v in (40, 110))
    assert loud.level_db.mean() > soft.level_db.mean() + 5
    assert loud.effort.mean() > soft.effort.mean() + 0.1


@pytest.mark.parametrize("wrong", [{"formant": 3.0}, {"breathiness": -0.1}, {"vibrato_hz": 90.0}])
def test_a_setting_out_of_range_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Voice(**wrong)
