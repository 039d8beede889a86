import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import TheoryError
from daiw.music.pitch import MODES, Key, PitchClass
from daiw.music.scale import SCALES, Scale, name_in

TONICS = ["C", "C#", "Db", "D", "Eb", "D#", "E", "F", "F#", "Gb", "G", "Ab", "G#", "A", "Bb", "A#", "B"]


@pytest.mark.parametrize("mode", MODES)
def test_the_modes_are_the_same_scales_as_in_keys(mode):
    for tonic in TONICS:
        key = Key(PitchClass.parse(tonic), mode)
        assert Scale(key.tonic, mode).pitch_classes == tuple((key.tonic.number + semitones) % 12 for semitones in MODES[mode])
        assert Scale(key.tonic, mode).spelling == key.scale


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("A harmonic minor", "A B C D E F G#"),
        ("Eb melodic minor", "Eb F Gb Ab Bb C D"),
        ("Bb blues", "Bb Db Eb Fb F Ab"),
        ("E minor pentatonic", "E G A B D"),
        ("F# major pentatonic", "F# G# A# C# D#"),
        ("G altered", "G Ab Bb Cb Db Eb F"),
    ],
)
def test_spelling(text, spelling):
    assert " ".join(map(str, Scale.parse(text).spelling)) == spelling


@pytest.mark.parametrize("text", ["", "C", "H major", "C hyperlydian", "major C"])
def test_nonsense_is_refused(text):
    with pytest.raises(TheoryError):
        Scale.parse(text)


@given(st.sampled_from(TONICS), st.sampled_from(list(SCALES)), st.integers(12, 110), st.integers(-12, 12))
def test_moving_by_steps_stays_in_the_scale_and_comes_back(tonic, name, pitch, steps):
    scale = Scale(PitchClass.parse(tonic), name)
    start = scale.nearest(pitch)
    there = scale.moved(pitch, steps)
    assert start % 12 in scale.pitch_classes
    assert there % 12 in scale.pitch_classes
    assert abs(start - pitch) <= 2
    assert scale.moved(there, -steps) == start
    assert (there > start) == (steps > 0)
    assert (there < start) == (steps < 0)


@given(st.sampled_from(TONICS), st.sampled_from(list(MODES)), st.integers(0, 127))
def test_names_sound_right_and_belong_to_the_key(tonic, mode, pitch):
    key = Key(PitchClass.parse(tonic), mode)
    try:
        name = name_in(key, pitch)
    except TheoryError:
        return
    assert name.number == pitch % 12
    if pitch % 12 in key.pitch_classes:
        assert name in key.scale


@pytest.mark.parametrize(
    ("key", "pitch", "name"),
    [
        ("C major", 61, "C#"),
        ("C major", 70, "Bb"),
        ("F major", 66, "F#"),
        ("A minor", 68, "G#"),
        ("Eb major", 66, "Gb"),
        ("G minor", 66, "F#"),
        ("D minor", 63, "Eb"),
    ],
)
def test_chromatic_notes(key, pitch, name):
    assert str(name_in(Key.parse(key), pitch)) == name
