import re

import pytest

from daiw.errors import PresetError
from daiw.music.drum_patterns import DRUM_PATTERNS, FILLS, KIT, drum_pattern, steps
from daiw.music.groove import GROOVES, Groove, groove


def test_every_groove_has_a_pattern_and_every_pattern_a_groove():
    assert list(GROOVES) == list(DRUM_PATTERNS)
    assert len(GROOVES) >= 16


@pytest.mark.parametrize(
    ("name", "swing", "kick", "snare", "hat", "bass"),
    [
        ("boom-bap", 58, 0, 15, -5, 12), ("trap", 52, 0, 5, 0, 0), ("neo-soul", 62, 0, 20, 5, 18), ("funk", 54, -3, 0, -5, -2),
        ("swing", 66, 5, 8, 0, 3), ("rock", 50, 0, 0, -3, 0), ("metal", 50, 0, 0, 0, 0), ("reggae", 55, 0, 5, 8, 10),
        ("house", 54, 0, 3, -3, 0), ("techno", 50, 0, 0, 0, 0), ("lofi", 62, 5, 20, 10, 15), ("gospel", 60, 0, 10, 5, 8),
        ("country", 52, 0, 0, -2, 0),
    ],
)  # fmt: skip
def test_the_domain_table_word_for_word(name, swing, kick, snare, hat, bass):
    feel = GROOVES[name]
    assert (feel.swing_percent, feel.kick_ms, feel.snare_ms, feel.hat_ms, feel.bass_ms) == (swing, kick, snare, hat, bass)


def test_swing_flattens_with_tempo_but_never_below_straight():
    feel = GROOVES["swing"]
    assert feel.swing_at(120) == 66
    assert 50 < feel.swing_at(260) < 66
    assert feel.swing_at(400) == 50
    assert GROOVES["rock"].swing_at(60) == 50


@pytest.mark.parametrize("wrong", [{"swing_percent": 49}, {"swing_percent": 76}, {"swing_steps": 12}])
def test_a_groove_outside_its_range_is_refused(wrong):
    with pytest.raises(ValueError, match="swing"):
        Groove(**wrong)


@pytest.mark.parametrize("find", [groove, drum_pattern])
def test_an_unknown_groove_lists_the_known_ones(find):
    with pytest.raises(PresetError, match=re.escape("no groove is called 'lo-fi'; grooves are boom-bap")):
        find("lo-fi")


@pytest.mark.parametrize("row", ["x... x...", "x... x... x... x..q", "x... x... x... x... x..."])
def test_a_row_is_sixteen_known_letters(row):
    with pytest.raises(ValueError, match="16 letters"):
        steps(row)


def test_fills_use_voices_of_the_kit_and_every_pattern_names_its_family():
    assert {pattern.fills for pattern in DRUM_PATTERNS.values()} - {""} == set(FILLS)
    for fills in FILLS.values():
        for fill in fills:
            assert set(fill) <= set(KIT)
            assert all(len(steps(row)) == 16 for row in fill.values())


def test_kit_stays_within_general_midi_percussion():
    assert all(35 <= pitch <= 82 for pitch in KIT.values())
    assert len(set(KIT.values())) == len(KIT)
