import pytest

from daiw.words.meters import find_meters


@pytest.mark.parametrize(
    ("prompt", "meter"),
    [
        ("in 3/4", "3/4"),
        ("6/8 ballad", "6/8"),
        ("a slow waltz", "3/4"),
        ("jazz waltz in 6/8", "6/8"),
        ("in three", "3/4"),
        ("in six-eight", "6/8"),
        ("seven-eight groove", "7/8"),
        ("common time", "4/4"),
        ("a march in two.", "2/4"),
        ("4/4, 120 bpm", "4/4"),
        ("12/8 blues", "12/8"),
    ],
)
def test_meters(prompt, meter):
    assert [str(found.value) for found in find_meters(prompt)] == [meter]


@pytest.mark.parametrize(
    "prompt", ["3/4 of the town", "24/7", "on 6/8 we met", "in three days", "1/2 cup", "not a waltz", "3/4/2020", "in four walls"]
)
def test_other_figures_are_no_meter(prompt):
    assert find_meters(prompt) == ()
