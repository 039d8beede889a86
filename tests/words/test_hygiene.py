import pytest

from daiw.errors import PromptError
from daiw.words.hygiene import MAX_CHARACTERS, check_size, english_share, find_danger, spell_emoji


def test_size_is_checked_at_the_limit():
    check_size("a" * MAX_CHARACTERS)
    check_size("💔")
    for prompt in ("", " ", "?!", "a" * (MAX_CHARACTERS + 1)):
        with pytest.raises(PromptError):
            check_size(prompt)


@pytest.mark.parametrize(
    "prompt", ["I want to kill myself", "i dont want to be here anymore", "they'd be better off without me", "I took an overdose"]
)
def test_danger_is_heard(prompt):
    assert find_danger(prompt)


@pytest.mark.parametrize(
    "prompt", ["this beat is to die for", "we killed it on stage", "I'm dying of laughter", "suicide squad theme", "cut the drums"]
)
def test_idioms_are_no_danger(prompt):
    assert not find_danger(prompt)


@pytest.mark.parametrize(
    ("prompt", "english"),
    [
        ("rain on the roof and I am alone", True),
        ("techno 128 bpm", True),
        ("je suis triste et seul ce soir", False),
        ("песня о любви", False),
        ("悲しい夜", False),
    ],
)
def test_english_is_told_from_other_languages(prompt, english):
    assert (english_share(prompt) >= 0.6) is english


def test_emoji_become_words_once():
    assert spell_emoji("love ❤️❤️ 💃🏽") == "love heavy black heart dancer"
