import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.errors import ModelError
from daiw.music.phoneme import MANNERS, base, check_phonemes, is_vowel, syllabify
from daiw.singing import pronounce as module
from daiw.singing.pronounce import pronounce, pronounce_line, spoken

CONSONANTS = sorted(symbol for symbol, manner in MANNERS.items() if manner != "vowel")


def said(word):
    return " ".join(pronounce(word))


@pytest.mark.parametrize(
    ("word", "phonemes"),
    [
        ("hello", "HH AH0 L OW1"),
        ("HELLO!", "HH AH0 L OW1"),
        ("button", "B AH1 T AH0 N"),
        ("around", "AH0 R AW1 N D"),
        ("mother,", "M AH1 DH ER0"),
        ("hurry", "HH ER1 IY0"),
        ("runnin'", "R AH1 N IH0 N"),
        ("don’t", "D OW1 N T"),
        ("soooooo", "S UW1"),
        ("hmmmm", "HH AH1 M"),
        ("Yeeeaaah", "Y AE1"),
        ("Shh...", "SH AH1"),
        ("1999", "N AY2 N T IY1 N N AY1 N D IY0 N AY1 N"),
        ("$5", "F AY1 V D AA1 L ER0 Z"),
    ],
)
def test_words_sound_as_people_say_them(word, phonemes):
    assert said(word) == phonemes


@pytest.mark.parametrize("word", ["", "...", "—", "🙂", "你好", "¿"])
def test_what_nobody_says_has_no_phonemes(word):
    assert pronounce(word) == ()


@pytest.mark.parametrize("word", ["Zzyzx", "xkcdq", "blorptang", "Psst", "grr", "tsk", "pfft", "brrr", "nth"])
def test_unknown_words_and_words_without_vowels_can_be_sung(word):
    assert syllabify(pronounce(word))


def test_the_line_decides_how_a_word_is_said():
    wind = pronounce_line(["the", "wind", "will", "wind", "my", "heart", "around"])
    assert wind[1][1] == "IH1"
    assert wind[3][1] == "AY1"
    assert pronounce_line(["the", "apple"])[0] == ("DH", "IY0")
    assert pronounce_line(["the", "pear"])[0] == ("DH", "AH0")


@pytest.mark.parametrize(
    "text", ["rained all night", "it was us and I am", "walked talked lived gone", "mother-in-law", "leave it on, o'clock"]
)
def test_capitals_are_a_way_of_writing_and_sound_as_ever(text):
    assert pronounce_line(text.upper().split()) == pronounce_line(text.split())


def test_one_word_in_capitals_is_a_word_and_letters_stay_letters():
    assert pronounce_line(["I", "LOVED", "you", "so"])[1] == pronounce("loved")
    assert pronounce_line(["I", "saw", "it", "on", "TV"])[4] == ("T", "IY2", "V", "IY1")
    assert pronounce_line(["SEEN", "ON", "TV", "LAST", "NIGHT"])[2] == ("T", "IY2", "V", "IY1")
    assert pronounce_line(["they", "came", "from", "the", "US"])[4] == ("Y", "UW2", "EH1", "S")
    assert len(pronounce_line(["THE", "BMW", "IS", "GONE"])[1]) > 6


def test_each_word_of_a_line_keeps_its_place_whatever_stands_between():
    words = ["At", "9:30am,", "🙂", "we", "--", "mother-in-law", "&", "me", "'cause", "it's", "$3.50"]
    line = pronounce_line(words)
    assert len(line) == len(words)
    assert [bool(phonemes) for phonemes in line] == [True, True, False, True, False, True, True, True, True, True, True]
    assert line[3] == ("W", "IY0") or line[3] == ("W", "IY1")
    assert line[7][0] == "M"


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=6))
def test_any_text_gives_valid_phonemes_word_by_word(words):
    line = pronounce_line(words)
    assert len(line) == len(words)
    for phonemes in line:
        assert check_phonemes(phonemes) == phonemes
        assert not phonemes or any(map(is_vowel, phonemes))


@given(st.lists(st.sampled_from([*CONSONANTS, "EH1", "ER0", "AH2", "OY1"]), max_size=9))
def test_the_voices_alphabet_has_a_letter_for_every_phoneme(phonemes):
    assert len(spoken(phonemes)) >= len(phonemes)
    assert all(base(phoneme) in MANNERS for phoneme in phonemes)


def test_a_missing_dictionary_is_said_in_one_line(monkeypatch):
    module._g2p.cache_clear()
    monkeypatch.setitem(sys.modules, "hibari.g2p", None)
    with pytest.raises(ModelError, match="reinstall hibari-tts"):
        pronounce("hello")
    module._g2p.cache_clear()
