import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import TheoryError
from daiw.music.pitch import LETTERS, MODE_FIFTHS, MODES, Key, PitchClass, mode_name

notes = st.builds(PitchClass, st.sampled_from(LETTERS), st.integers(-2, 2))
keys = st.builds(Key, st.builds(PitchClass, st.sampled_from(LETTERS), st.integers(-1, 1)), st.sampled_from(list(MODES)))


@given(notes)
def test_a_note_reads_back(note):
    assert PitchClass.parse(str(note)) == note
    assert PitchClass.from_fifths(note.fifths) == note
    assert note.fifths * 7 % 12 == note.number


@pytest.mark.parametrize(
    ("text", "name"), [("b flat", "Bb"), ("E♭", "Eb"), ("f sharp", "F#"), ("Fx", "F##"), ("c", "C"), ("G natural", "G")]
)
def test_ways_to_write_a_note(text, name):
    assert str(PitchClass.parse(text)) == name


@pytest.mark.parametrize("text", ["", "H", "C###", "Cbbb", "C#b", "1", "sharp", "do", "C major"])
def test_nonsense_is_no_note(text):
    with pytest.raises(TheoryError):
        PitchClass.parse(text)


@given(keys)
def test_a_key_reads_back(key):
    assert Key.parse(str(key)) == key


@given(keys)
def test_a_scale_uses_every_letter_once_and_the_signature_counts_its_accidentals(key):
    try:
        scale = key.scale
    except TheoryError:
        assert abs(key.signature) > 7
        return
    assert sorted(note.letter for note in scale) == sorted(LETTERS)
    assert {note.number for note in scale} == key.pitch_classes
    assert sum(note.accidental for note in scale) == key.signature


@pytest.mark.parametrize(
    ("text", "key"),
    [("Am", "A minor"), ("Bb", "Bb major"), ("F Major", "F major"), ("c# dorian", "C# dorian"), ("E flat minor", "Eb minor"), 
     ("D aeolian", "D minor"),     ("F-sharp phrygian", "F# phrygian"), ("CM", "C major"), ("G ionian", "G major")],
)  # fmt: skip
def test_ways_to_write_a_key(text, key):
    assert str(Key.parse(text)) == key


@pytest.mark.parametrize("text", ["", "minor", "H minor", "C happy", "major C", "C minor minor"])
def test_nonsense_is_no_key(text):
    with pytest.raises(TheoryError):
        Key.parse(text)


def test_modes_are_rotations_of_the_major_scale():
    for mode, fifths in MODE_FIFTHS.items():
        relative = Key(PitchClass.from_fifths(-fifths), "major")
        assert {(number - 0) % 12 for number in relative.pitch_classes} == Key(PitchClass("C"), mode).pitch_classes
    with pytest.raises(TheoryError, match="modes are"):
        mode_name("hypodorian")
