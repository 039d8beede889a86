import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import PromptError
from daiw.words.numbers import spell
from daiw.words.tempo import check_bpm, find_tempos


@given(
    st.integers(20, 300),
    st.sampled_from(("{} bpm", "a sad song, {}bpm, slow", "tempo {}", "at {} BPM in F minor", "{} beats per minute", "♩={}")),
)
def test_every_tempo_is_read_in_digits(bpm, phrase):
    assert [found.value for found in find_tempos(phrase.format(bpm))] == [bpm]


@given(st.integers(20, 300))
def test_every_tempo_is_read_in_words(bpm):
    assert [found.value for found in find_tempos(f"a ballad at {spell(bpm)} bpm")] == [bpm]


@pytest.mark.parametrize(
    ("prompt", "bpm"), [("lofi beat at 85", 85), ("80-90 bpm", 85), ("house, 124.5 bpm", 124.5), ("-5 bpm", -5), ("1e9 bpm", 1e9)]
)
def test_other_ways(prompt, bpm):
    assert [found.value for found in find_tempos(prompt)] == [bpm]


@pytest.mark.parametrize(
    "prompt", ["60 years ago", "at 3 in the morning", "she died at 92.", "I was born in 85", "not 120 bpm", "at 17 I met you", "in 6/8"]
)
def test_other_numbers_are_no_tempo(prompt):
    assert find_tempos(prompt) == ()


@pytest.mark.parametrize("bpm", [-5, 0, 19.9, 300.5, 1e9, float("nan")])
def test_a_tempo_outside_the_range_is_refused(bpm):
    with pytest.raises(PromptError, match=r"20\.\.300"):
        check_bpm(bpm)
