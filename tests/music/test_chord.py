import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import TheoryError
from daiw.music.chord import QUALITIES, QUALITY_ALIASES, Chord
from daiw.music.pitch import PitchClass

roots = st.builds(PitchClass, st.sampled_from("CDEFGAB"), st.integers(-2, 2))


@given(roots, st.sampled_from(list(QUALITIES)), st.none() | roots)
def test_a_symbol_reads_back(root, quality, bass):
    chord = Chord(root, quality, bass)
    assert Chord.parse(str(chord)) == chord


@pytest.mark.parametrize("alias", QUALITY_ALIASES)
def test_every_alias_means_its_quality(alias):
    assert Chord.parse("E" + alias) == Chord(PitchClass("E"), QUALITY_ALIASES[alias])


@pytest.mark.parametrize("text", ["", "H", "Cxyz", "C/", "C/H", "m7", "bb", "C6/9/", "Cm7/E/G", "Cmaj7sus", "N.C."])
def test_nonsense_is_refused(text):
    with pytest.raises(TheoryError):
        Chord.parse(text)


@pytest.mark.parametrize(
    ("symbol", "notes"),
    [
        ("C", "C E G"),
        ("Ebm", "Eb Gb Bb"),
        ("F#dim7", "F# A C Eb"),
        ("Bm7b5", "B D F A"),
        ("Abmaj9", "Ab C Eb G Bb"),
        ("G7#9", "G B D F A#"),
        ("D13", "D F# A C E B"),
        ("Caug", "C E G#"),
        ("E7sus4", "E A B D"),
        ("Fmaj7#11", "F A C E B"),
        ("C6/9", "C E G A D"),
        ("Gbm", "Gb Bbb Db"),
    ],
)
def test_spelling(symbol, notes):
    assert " ".join(map(str, Chord.parse(symbol).spelling)) == notes


@given(roots, st.sampled_from(list(QUALITIES)))
def test_spelling_and_sound_agree(root, quality):
    chord = Chord(root, quality)
    try:
        spelling = chord.spelling
    except TheoryError:
        return
    assert tuple(note.number for note in spelling) == chord.pitch_classes
    assert len({note.letter for note in spelling}) == len(spelling) or quality == "7#9"


@pytest.mark.parametrize("name", ["F#", "Gb"])
def test_enharmonic_roots_stay_apart(name):
    assert str(Chord.parse(name + "maj7")) == name + "maj7"
