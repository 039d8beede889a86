import pytest

from daiw.music.chord import QUALITIES
from daiw.tokens.vocab import BAND_SIZE, BAR, KINDS, MAX_REFERENCE, PAD, SIZE, bar_reference, bar_token, chord_class, token_name


def test_kinds_fill_the_ids_without_gap_or_overlap():
    assert sorted(token for kind in KINDS.values() for token in range(kind.first, kind.end)) == list(range(BAND_SIZE))
    assert KINDS["pad"].first == PAD


def test_every_token_has_its_own_name():
    assert len({token_name(token) for token in range(BAND_SIZE)}) == BAND_SIZE


def test_bar_tokens_say_what_they_refer_to():
    seen = {bar_token(reference, distance) for reference in (1, 2, 3) for distance in range(1, MAX_REFERENCE + 1)} | {bar_token(0, 0)}
    assert seen == set(range(BAR.first, BAR.end))
    assert all(bar_token(*bar_reference(token)) == token for token in seen)
    with pytest.raises(ValueError, match="no such reference"):
        bar_token(1, MAX_REFERENCE + 1)


def test_every_chord_quality_of_the_project_has_a_class():
    classes = {quality: chord_class(quality) for quality in QUALITIES}
    assert classes["m9"] == classes["m7"]
    assert classes["dim"] != classes["m"]
    with pytest.raises(ValueError, match="no such chord quality"):
        chord_class("nonsense")


def test_words_of_the_band_come_after_those_that_older_weights_know():
    assert SIZE == 258
    assert all(KINDS[name].first >= SIZE for name in ("tone", "level", "stroke", "timing"))
