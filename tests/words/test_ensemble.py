import pytest

from daiw.music.instruments import FAMILIES
from daiw.words.ensemble import find_ensemble


def names(found):
    return {item.value for item in found}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_wanted_and_refused(family):
    word = FAMILIES[family].words[0]
    wanted = find_ensemble(f"a slow song with {word} and flute" if family != "flute" else f"a slow song with {word}")
    assert family in names(wanted.wanted)
    refused = find_ensemble(f"a slow song, no {word}")
    assert names(refused.unwanted) == {family}
    assert family not in names(refused.wanted)


@pytest.mark.parametrize(
    ("prompt", "wanted", "unwanted"),
    [
        ("just piano and strings", {"piano", "strings"}, {"bass", "drums"}),
        ("piano only", {"piano"}, {"bass", "drums"}),
        ("drumless boom bap", set(), {"drums"}),
        ("a song without bass and drums", set(), {"bass", "drums"}),
        ("no drums, no guitars", set(), {"drums", "guitar"}),
        ("with cello but no piano", {"cello"}, {"piano"}),
        ("piano, no drums, and a cello", {"piano", "cello"}, {"drums"}),
        ("drums and bass, no drums", {"bass"}, {"drums"}),
    ],
)
def test_lists(prompt, wanted, unwanted):
    ensemble = find_ensemble(prompt)
    assert names(ensemble.wanted) == wanted
    assert names(ensemble.unwanted) == unwanted


@pytest.mark.parametrize(
    "prompt",
    [
        "drums of war",
        "no strings attached",
        "my heart skipped a beat",
        "saved by the bell",
        "you beat me",
        "the horn of the ship in the fog",
        "kick me out",
        "a bass the size of my arm",
        "organ donor",
        "she pulled the strings",
        "good vibes only",
    ],
)
def test_everyday_words_are_no_instruments(prompt):
    ensemble = find_ensemble(prompt)
    assert ensemble.wanted == ()
    assert ensemble.unwanted == ()


@pytest.mark.parametrize(
    ("prompt", "sung"),
    [
        ("no vocals", False),
        ("instrumental techno", False),
        ("without words", False),
        ("with a female vocal", True),
        ("a sung ballad", True),
        ("you were instrumental in my recovery", None),
        ("rain", None),
        ("with vocals? no, no vocals", False),
    ],
)
def test_sung_or_not(prompt, sung):
    found = find_ensemble(prompt).sung
    assert (found.value if found else None) is sung
