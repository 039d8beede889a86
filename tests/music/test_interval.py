import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import TheoryError
from daiw.music.interval import Interval
from daiw.music.pitch import LETTERS, PitchClass

NAMES = [
    "P1",
    "A1",
    "d2",
    "m2",
    "M2",
    "A2",
    "d3",
    "m3",
    "M3",
    "A3",
    "d4",
    "P4",
    "A4",
    "d5",
    "P5",
    "A5",
    "d6",
    "m6",
    "M6",
    "A6",
    "d7",
    "m7",
    "M7",
    "A7",
    "d8",
    "P8",
    "A8",
    "m9",
    "M9",
    "A9",
    "P11",
    "A11",
    "m13",
    "M13",
    "AA4",
    "dd5",
    "dd7",
]
notes = st.builds(PitchClass, st.sampled_from(LETTERS), st.integers(-1, 1))
intervals = st.sampled_from(NAMES).map(Interval.parse)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_reads_back(name):
    assert str(Interval.parse(name)) == name


@pytest.mark.parametrize(
    ("name", "semitones"), [("m3", 3), ("M3", 4), ("d4", 4), ("A4", 6), ("d5", 6), ("A2", 3), ("d7", 9), ("M6", 9), ("P8", 12), ("M9", 14)]
)
def test_width(name, semitones):
    assert Interval.parse(name).semitones == semitones


@pytest.mark.parametrize("text", ["", "P3", "M5", "m4", "P", "5", "X5", "P0", "d1", "P23", "perfect 5"])
def test_nonsense_is_refused(text):
    with pytest.raises(TheoryError):
        Interval.parse(text)


@pytest.mark.parametrize(
    ("low", "name", "high"),
    [
        ("C", "A4", "F#"),
        ("C", "d5", "Gb"),
        ("Eb", "m3", "Gb"),
        ("D#", "m3", "F#"),
        ("B", "M3", "D#"),
        ("Ab", "m7", "Gb"),
        ("F#", "A5", "C##"),
    ],
)
def test_transposing_keeps_the_spelling(low, name, high):
    interval = Interval.parse(name)
    assert str(interval.above(PitchClass.parse(low))) == high
    assert str(interval.below(PitchClass.parse(high))) == low


@given(notes, intervals)
def test_up_and_down_again(note, interval):
    try:
        there = interval.above(note)
    except TheoryError:
        return
    assert interval.below(there) == note
    assert (there.number - note.number - interval.semitones) % 12 == 0


@given(notes, notes)
def test_between_is_the_interval_that_leads_there(low, high):
    try:
        interval = Interval.between(low, high)
    except TheoryError:
        return
    assert interval.above(low) == high


@given(intervals)
def test_inverting_twice_is_nothing(interval):
    if interval.number <= 8 and interval.semitones <= 12:
        assert interval.inverted.inverted == interval


def test_triple_accidentals_are_refused():
    with pytest.raises(TheoryError, match="double accidentals"):
        Interval.parse("A4").above(PitchClass.parse("B##"))


def test_agrees_with_music21():
    interval21 = pytest.importorskip("music21.interval", reason="music21 is not installed")
    pitch21 = pytest.importorskip("music21.pitch")
    compared = 0
    for letter in LETTERS:
        for sign in ("", "#", "b"):
            note = PitchClass.parse(letter + sign)
            for name in NAMES:
                try:
                    ours = str(Interval.parse(name).above(note))
                except TheoryError:
                    continue
                theirs = interval21.Interval(name).transposePitch(pitch21.Pitch(letter + sign.replace("b", "-") + "4"), maxAccidental=None)
                assert ours == theirs.name.replace("-", "b"), (letter + sign, name)
                compared += 1
    assert compared > 500
