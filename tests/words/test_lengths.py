import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import PromptError
from daiw.music.intent import Wishes
from daiw.words.lengths import check_bars, check_minutes, find_bars, find_minutes
from daiw.words.numbers import spell
from daiw.words.wishes import read_wishes


@given(st.integers(1, 999))
def test_bars_in_digits_and_words(bars):
    for prompt in (f"sad song, {bars} bars", f"a {bars}-bar loop", f"{spell(bars)} bars of jazz", f"{bars} measures in F minor"):
        assert [found.value for found in find_bars(prompt)] == [bars], prompt


@pytest.mark.parametrize("prompt", ["12-bar blues", "behind bars", "two bars of chocolate", "three bars in Brooklyn", "we hit three bars"])
def test_other_bars(prompt):
    assert find_bars(prompt) == ()


@pytest.mark.parametrize(
    ("prompt", "minutes"),
    [
        ("sad, 3 minutes", 3),
        ("a two-minute song", 2),
        ("2:30, slow", 2.5),
        ("90 seconds long", 1.5),
        ("lofi, two and a half minutes", 2.5),
        ("punk, 3 min 30 sec", 3.5),
        ("a song for four minutes", 4),
    ],
)
def test_minutes(prompt, minutes):
    assert [found.value for found in find_minutes(prompt)] == [pytest.approx(minutes)]


@pytest.mark.parametrize(
    "prompt",
    [
        "three minutes ago",
        "five minutes later",
        "at 2:30 he left",
        "in ten minutes",
        "the last 5 minutes",
        "the bomb has forty seconds left",
        "my heart stopped for 3 minutes.",
        "3:15 in the morning",
        "80s synths",
        "a minute of silence",
    ],
)
def test_passing_time_is_no_length(prompt):
    assert find_minutes(prompt) == ()


@pytest.mark.parametrize(
    ("check", "value"), [(check_bars, 0), (check_bars, 1025), (check_bars, 2.5), (check_minutes, 0.05), (check_minutes, 60)]
)
def test_lengths_outside_the_range_are_refused(check, value):
    with pytest.raises(PromptError, match=r"\.\."):
        check(value)


def test_one_of_anything_is_said_in_the_singular():
    for wishes, said in ((Wishes(minutes=1.0), "1 minute"), (Wishes(minutes=1.5), "1.5 minutes"), (Wishes(bars=1), "1 bar")):
        assert [decision.choice for decision in read_wishes("rain", wishes, {})[1]] == [said]
