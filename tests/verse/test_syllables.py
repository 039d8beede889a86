import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import PromptError
from daiw.files.lyrics import parse_lyrics
from daiw.music.lyrics import HELD
from daiw.music.phoneme import syllabify
from daiw.singing.pronounce import pronounce_line
from daiw.verse.syllables import hyphenated, syllables_of


def sung(text):
    return syllables_of(parse_lyrics(text).lines[0], pronounce_line)


def texts(text):
    return [syllable.text for syllable in sung(text)[1]]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("hello", ["hel-", "lo"]),
        ("window,", ["win-", "dow,"]),
        ("beautiful", ["beau-", "ti-", "ful"]),
        ("LITTLE", ["LIT-", "TLE"]),
        ("imagination", ["i-", "ma-", "gi-", "na-", "tion"]),
        ("(Baby!)", ["(Ba-", "by!)"]),
        ("runnin'", ["run-", "nin'"]),
        ("through", ["through"]),
        ("summer", ["sum-", "mer"]),
        ("somewhere", ["some-", "where"]),
        ("lonely", ["lone-", "ly"]),
    ],
)
def test_letters_follow_the_sounds(word, expected):
    assert texts(word) == expected


def test_a_number_is_said_in_words_and_shown_as_written():
    shown, syllables = sung("since 1999")
    assert shown == ("since", "1999")
    assert [syllable.text for syllable in syllables[:2]] == ["since", "1999"]
    assert {syllable.text for syllable in syllables[2:]} == {HELD}
    assert " ".join(p for syllable in syllables[1:] for p in syllable.phonemes).startswith("N AY2 N T IY")
    assert len(syllables) >= 6


def test_what_is_not_sung_stays_with_its_neighbour():
    assert sung("🎉 party 🎉 — now 🌧")[0] == ("🎉 party 🎉 —", "now 🌧")


def test_given_pronunciations_win():
    assert [syllable.phonemes for syllable in sung("lead{L EH1 D}")[1]] == [("L", "EH1", "D")]
    assert [syllable.phonemes for syllable in sung("lead")[1]] != [("L", "EH1", "D")]


def test_small_words_carry_no_stress_and_long_ones_carry_their_own():
    assert [syllable.stress for syllable in sung("the remember of a fire")[1]][:5] == [0, 0, 2, 0, 0]


def test_words_without_vowels_and_profanity_are_sung():
    for word in ("shh", "brr", "hmm", "damn", "f**k"):
        assert len(texts(word)) >= 1
        assert "".join(text.rstrip("-") for text in texts(word)) == word


def test_other_scripts_are_refused_with_a_way_out():
    with pytest.raises(PromptError, match=r"cannot read 'Дождь' \(Cyrillic letters\)"):
        sung("и Дождь"[2:])
    assert len(sung("Дождь{D OW1 SH T}")[1]) == 1


@given(st.from_regex(r"[a-z]{3,14}", fullmatch=True), st.integers(1, 4))
def test_pieces_join_to_the_word(word, count):
    parts = syllabify(("B", "AH0") * count)
    cut = hyphenated(word, parts)
    assert (cut is None) == (count > len(word))
    if cut:
        assert len(cut) == count
        assert "".join(cut) == word
        assert all(cut)
