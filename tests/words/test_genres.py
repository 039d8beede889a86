import pytest

from daiw.words.genres import AROUSAL, find_genres, genre_arousal, preset_of_genre

VOCABULARY = tuple(AROUSAL)


@pytest.mark.parametrize("genre", AROUSAL)
def test_every_genre_is_found_beside_a_word_of_music(genre):
    assert find_genres(f"a sad {genre} song", VOCABULARY)[0].value == genre
    assert genre_arousal(f"a sad {genre} song")[1] == AROUSAL[genre]


@pytest.mark.parametrize(
    "prompt",
    [
        "my house is empty",
        "I hit rock bottom",
        "pop the question",
        "a country at war",
        "my soul hurts",
        "it was a trap",
        "I want to dance with you",
        "in a funk",
        "the metal door",
        "the folks at home",
        "not jazz",
        "his trapped hands",
    ],
)
def test_everyday_words_are_no_genre(prompt):
    assert find_genres(prompt, VOCABULARY) == ()


def test_the_longest_genre_wins():
    assert [found.value for found in find_genres("deep house at 122 bpm", VOCABULARY)] == ["deep house"]


def test_presets_are_found_by_their_genre_words():
    assert preset_of_genre("EDM", {"house": ("edm",), "jazz": ("swing",)}) == "house"
    assert preset_of_genre("polka", {"house": ("edm",)}) is None
