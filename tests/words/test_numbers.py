import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.words.numbers import parse_number, spell


@given(st.integers(0, 999))
def test_spelled_numbers_are_read_back(number):
    assert parse_number(spell(number)) == number
    assert parse_number(spell(number).replace("-", " ").replace(" and", "")) == number


@given(st.integers(0, 10**9))
def test_digits_are_read_back(number):
    assert parse_number(str(number)) == parse_number(f"{number:,}") == number


def test_other_words_are_no_number():
    with pytest.raises(ValueError, match="not a number"):
        parse_number("several")
