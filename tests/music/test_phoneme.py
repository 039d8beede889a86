import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import TheoryError
from daiw.music.phoneme import MANNERS, ONSETS, VOWELS, check_phonemes, is_voiced, is_vowel, syllabify

CONSONANTS = sorted(set(MANNERS) - set(VOWELS))
phonemes = st.one_of(st.sampled_from(CONSONANTS), st.builds("{}{}".format, st.sampled_from(VOWELS), st.integers(0, 2)))
words = st.lists(phonemes, min_size=1, max_size=14).filter(lambda word: any(map(is_vowel, word)))


@given(words)
def test_syllables_are_the_word_with_one_vowel_each(word):
    syllables = syllabify(word)
    assert [phoneme for syllable in syllables for phoneme in syllable.phonemes] == word
    assert len(syllables) == sum(map(is_vowel, word))
    assert all(is_vowel(syllable.nucleus) and not any(map(is_vowel, syllable.onset + syllable.coda)) for syllable in syllables)


@given(words)
def test_no_later_syllable_begins_as_english_never_does_and_none_could_begin_sooner(word):
    syllables = syllabify(word)
    for before, after in itertools.pairwise(syllables):
        assert len(after.onset) < 2 or after.onset in ONSETS
        assert after.onset != ("NG",)
        if before.coda:
            longer = (before.coda[-1], *after.onset)
            assert longer == ("NG",) or (len(longer) > 1 and longer not in ONSETS)


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("HH AH0 L OW1", "HH AH0 . L OW1"),
        ("S IH1 NG ER0", "S IH1 NG . ER0"),
        ("AE1 T L AH0 S", "AE1 T . L AH0 S"),
        ("M AH1 N S T ER0", "M AH1 N . S T ER0"),
        ("W AO1 DX ER0", "W AO1 . DX ER0"),
    ],
)
def test_known_words_divide_as_in_a_dictionary(word, parts):
    assert " . ".join(" ".join(syllable.phonemes) for syllable in syllabify(word.split())) == parts


def test_stress_is_read_from_the_vowel():
    assert [syllable.stress for syllable in syllabify(["M", "AH1", "DH", "ER0", "HH", "UH2", "D"])] == [1, 0, 2]


def test_a_word_of_consonants_cannot_be_sung():
    with pytest.raises(TheoryError, match="no vowel"):
        syllabify(["SH"])
    assert syllabify(()) == ()


@pytest.mark.parametrize("wrong", ["Q", "EH3", "M1", "", "EH12", "həlˈO"])
def test_a_symbol_that_is_no_phoneme_is_refused_by_name(wrong):
    with pytest.raises(TheoryError, match="is no phoneme"):
        check_phonemes(["HH", wrong])


def test_bare_vowels_gain_a_digit_and_voicing_is_known():
    assert check_phonemes(["k", "ae", "t"]) == ("K", "AE0", "T")
    assert [is_voiced(phoneme) for phoneme in ("K", "AE0", "Z", "S")] == [False, True, True, False]
