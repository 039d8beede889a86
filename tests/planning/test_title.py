import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.music.emotion import Emotion
from daiw.planning.title import MAX_CHARS, STAND_INS, title_of


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("the night I finally left, and nobody noticed", "The night I finally left"),
        ("Write me a slow song about the night we lost the house, 80 bpm", "The night we lost the house"),
        ("lofi beat for studying in the rain", "Studying in the rain"),
        ("I found her asleep and she never woke", "I found her asleep and she never woke"),
        ("My mother passed away last spring. I can't cry.", "My mother passed away last spring"),
        ("make a song about coming home in D minor", "Coming home"),
        ("I'm so happy, I got married", "I'm so happy"),
        ("please give me a waltz for my grandmother's kitchen", "My grandmother's kitchen"),
        ("she said yes and we ran down the hill with our shoes in our hands", "She said yes"),
        ("I keep the porch light on because my son might still come home tonight", "I keep the porch light on"),
        ("and then the river took the bridge that my father and his father built", "And then the river took the bridge that my father"),
        ("90 bpm, 3/4, rain on a tin roof", "Rain on a tin roof"),
    ],
)
def test_titles(prompt, title):
    assert title_of(prompt, Emotion(0, 0), 0) == title


@pytest.mark.parametrize("prompt", ["", "!!!", "90 bpm", "sad", "3/4, 120 bpm", "\N{CRYING FACE}", "in D minor"])
def test_prompts_that_say_nothing_get_a_stand_in(prompt):
    assert title_of(prompt, Emotion(-0.5, -0.5), 3) in STAND_INS["--"]


@given(st.text(max_size=400), st.integers(0, 50))
def test_any_prompt_has_a_short_title(prompt, seed):
    title = title_of(prompt, Emotion(0.1, 0.1), seed)
    assert 2 <= len(title) <= MAX_CHARS
    assert "\n" not in title
    assert title == title_of(prompt, Emotion(0.1, 0.1), seed)


def test_long_clauses_are_cut_between_words():
    prompt = "and then the whole of the long grey morning came down the stairs with the dog and the letters"
    title = title_of(prompt, Emotion(0, 0), 0)
    assert len(title) <= MAX_CHARS
    assert prompt.startswith(title.lower() + " ")
    assert title.split()[-1] not in ("the", "with", "and")
