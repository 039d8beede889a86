from itertools import product

import pytest

from daiw.errors import TheoryError
from daiw.music.pitch import MODES, Key, PitchClass
from daiw.words.keys import find_keys, find_modes

TONICS = [letter + accidental for letter, accidental in product("CDEFGAB", ("", "#", "b"))]
PHRASES = ("a sad song in {}", "in {}, slow", "{} at 90 bpm, sad", "key of {}", "piano, {}, 3/4", "slow ballad ({})")


def spellable(key):
    try:
        return bool(key.scale)
    except TheoryError:
        return False


@pytest.mark.parametrize(("tonic", "mode"), list(product(TONICS, MODES)))
def test_every_key_is_read_exactly_in_every_phrase(tonic, mode):
    key = Key(PitchClass.parse(tonic), mode)
    if not spellable(key):
        return
    words = {"b": " flat", "#": " sharp"}.get(tonic[1:], "")
    for phrase in PHRASES:
        for written in (f"{tonic} {mode}", f"{tonic[0]}{words} {mode}"):
            found = find_keys(phrase.format(written))
            assert [item.value for item in found] == [key], phrase.format(written)
            assert found[0].words(phrase.format(written)) == written


@pytest.mark.parametrize(
    ("prompt", "key"),
    [
        ("in f minor", "F minor"),
        ("in F#m", "F# minor"),
        ("key of Eb", "Eb major"),
        ("blues in E", "E major"),
        ("in a minor, slow", "A minor"),
    ],
)
def test_short_forms(prompt, key):
    assert [str(item.value) for item in find_keys(prompt)] == [key]


@pytest.mark.parametrize(
    "prompt",
    [
        "I feel flat",
        "a minor setback",
        "A minor setback",
        "a major headache",
        "a minor was hurt",
        "in a minor accident",
        "I am sad",
        "in A big house",
        "plan B",
        "vitamin C",
        "Am I dreaming",
        "grade A student",
        "not in F minor",
        "be sharp, be natural",
        "I got a B",
        "a minor inconvenience in a major city",
        "at 3 in the morning",
        "the C word",
        "a flat in Berlin",
    ],
)
def test_everyday_words_are_no_key(prompt):
    assert find_keys(prompt) == ()
    assert find_modes(prompt) == ()


@pytest.mark.parametrize(
    ("prompt", "mode"),
    [
        ("in a minor key", "minor"),
        ("something in minor", "minor"),
        ("a dorian groove", "dorian"),
        ("major key, fast", "major"),
        ("in lydian", "lydian"),
    ],
)
def test_a_mode_without_a_tonic(prompt, mode):
    assert [item.value for item in find_modes(prompt)] == [mode]
    assert find_keys(prompt) == ()
