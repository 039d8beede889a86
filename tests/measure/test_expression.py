import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.measure.expression import expression_of, fifths, gate_of, leading
from daiw.music.pitch import Key
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap

C = Key.parse("C major")


def song(pitches, duration=480, velocity=80, bpm=120.0, role="melody"):
    notes = tuple(Note(480 * i, duration, pitch, velocity) for i, pitch in enumerate(pitches))
    bars = -(-len(pitches) // 4)
    timeline = Timeline(TempoMap((Tempo(0, bpm),)), ((0, Meter(4, 4)),), end=1920 * bars)
    return Arrangement((Track(role, "grand_piano", notes),), timeline)


@given(st.integers(0, 127), st.integers(0, 11), st.integers(1, 11))
def test_the_line_of_fifths_is_seen_from_the_tonic_and_moves_with_it(pitch, tonic, shift):
    assert -5 <= fifths(pitch, tonic) <= 6
    assert fifths(pitch + shift, tonic + shift) == fifths(pitch, tonic)
    assert (fifths(pitch, tonic) * 7 - (pitch - tonic)) % 12 == 0


def test_major_is_brighter_than_minor_and_minor_than_phrygian():
    scales = {
        "major": (60, 62, 64, 65, 67, 69, 71, 72),
        "minor": (60, 62, 63, 65, 67, 68, 70, 72),
        "phrygian": (60, 61, 63, 65, 67, 68, 70, 72),
    }
    light = {name: expression_of(song(scale), C).brightness for name, scale in scales.items()}
    assert light["major"] > light["minor"] + 1.5 > light["phrygian"] + 1.5


def test_every_cue_is_read_in_its_unit():
    heard = expression_of(song([60, 64, 67, 72, 60, 64, 67, 72], duration=240, velocity=100, bpm=90.0), C)
    assert heard.bpm == pytest.approx(90.0, abs=1e-3)
    assert heard.register == pytest.approx(65.75)
    assert heard.density == 4.0
    assert heard.velocity == 100.0
    assert heard.gate == pytest.approx(0.5)


def test_the_tune_is_the_vocal_then_the_melody_then_the_highest():
    low, high = song([40, 41], role="bass").tracks[0], song([80, 81], role="bells").tracks[0]
    melody, vocal = song([60], role="melody").tracks[0], song([62], role="vocal").tracks[0]
    assert leading([low, high]).role == "bells"
    assert leading([low, high, melody]).role == "melody"
    assert leading([low, high, melody, vocal]).role == "vocal"


def test_a_rest_between_phrases_is_no_staccato():
    notes = (Note(0, 480, 60, 80), Note(480, 480, 62, 80), Note(4800, 480, 64, 80))
    assert gate_of(notes) == 1.0


def test_drums_have_no_pitch_to_read():
    drums = Arrangement((Track("drums", "standard_kit", (Note(0, 10, 36, 90),), drums=True),), song([60]).timeline)
    with pytest.raises(ValueError, match="no pitched note"):
        expression_of(drums, C)
