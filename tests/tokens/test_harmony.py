import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.tokens.harmony import (
    BAR,
    CHORD,
    END,
    HEADER,
    KINDS,
    LENGTH,
    LEVELS,
    METERS,
    NO_CHORD,
    PLACE,
    PLACES,
    SECTION,
    SECTIONS,
    SIZE,
    SOURCES,
    Chart,
    ChartSection,
    HarmonyWalk,
    decode_sections,
    encode,
    header_of,
    is_foreign,
    levels_of,
)
from daiw.tokens.vocab import CHORD_CLASSES

changes = st.lists(st.tuples(st.integers(0, PLACES - 1), st.integers(0, NO_CHORD)), max_size=4, unique_by=lambda c: c[0])
bars = changes.map(lambda found: tuple(sorted(found)))
sections = st.builds(ChartSection, st.sampled_from(SECTIONS), st.lists(bars, min_size=1, max_size=9).map(tuple))
charts = st.builds(
    Chart,
    st.just("x"),
    st.sampled_from(SOURCES),
    st.booleans(),
    st.sampled_from(METERS),
    st.lists(sections, min_size=1, max_size=4).map(tuple),
)


def chord(root, quality=""):
    return root * len(CHORD_CLASSES) + CHORD_CLASSES.index(quality)


def of_bars(*roots, kind="verse"):
    return ChartSection(kind, tuple(((0, chord(root)),) for root in roots))


@given(charts)
def test_decoding_undoes_encoding(chart):
    assert decode_sections(encode(chart)) == chart.sections


@given(charts)
def test_every_token_of_a_stream_is_legal_where_it_stands_and_in_the_table(chart):
    walk = HarmonyWalk()
    for token in encode(chart):
        assert any(first <= token < end for first, end in walk.legal())
        assert 0 <= token < SIZE
        walk.push(token)
    assert walk.ended
    assert walk.legal() == []


@given(charts, st.integers(0, SIZE - 1))
def test_the_features_know_nothing_of_what_comes_next(chart, other):
    tokens = encode(chart)
    walk, again = HarmonyWalk(), HarmonyWalk()
    for token in tokens[:-1]:
        walk.push(token)
        again.push(token)
    before = walk.features()
    if any(first <= other < end for first, end in again.legal()):
        again.push(other)
    assert walk.features() == before


def test_kinds_do_not_overlap():
    ids = [token for kind in KINDS.values() for token in range(kind.first, kind.end)]
    assert ids == list(range(SIZE))


def test_a_returning_section_is_shown_what_it_was():
    chart = Chart("x", "billboard", False, "4/4", (of_bars(0, 5), of_bars(9, kind="chorus"), of_bars(0, 5)))
    walk = HarmonyWalk()
    shown = []
    for token in encode(chart):
        shown.append((walk.features()[1], token))
        walk.push(token)
    last = shown[-1 - len([BAR, 0, 0] * 2) :]
    assert [(again, token) for again, token in last[1:-1]] == [(token, token) for _, token in last[1:-1]]
    assert last[-1] == (BAR, END)


def test_the_grammar_refuses_what_makes_no_song():
    walk = HarmonyWalk()
    with pytest.raises(ValueError, match="may not follow"):
        walk.push(BAR)
    for token in header_of(Chart("x", "billboard", False, "4/4", (of_bars(0),))):
        walk.push(token)
    walk.push(SECTION.first)
    with pytest.raises(ValueError, match="may not follow"):
        walk.push(BAR)
    walk.push(LENGTH.first)
    with pytest.raises(ValueError, match="may not follow"):
        walk.push(SECTION.first)
    walk.push(BAR)
    walk.push(PLACE.token(6))
    with pytest.raises(ValueError, match="may not follow"):
        walk.push(PLACE.token(7))
    walk.push(CHORD.first)
    with pytest.raises(ValueError, match="may not follow"):
        walk.push(PLACE.token(6))


def test_levels_rise_with_what_they_measure():
    plain = Chart("x", "billboard", False, "4/4", (of_bars(0, 5, 7, 0),))
    rich = Chart("x", "billboard", False, "4/4", (ChartSection("verse", (((0, chord(0, "maj7")), (6, chord(8, "maj7"))),) * 4),))
    assert levels_of(plain) == (1, 1, 2)
    assert levels_of(rich)[0] == LEVELS
    assert levels_of(rich)[1] == LEVELS
    assert levels_of(rich)[2] == LEVELS
    assert len(header_of(rich)) == len(HEADER)


def test_the_dominant_of_minor_is_at_home_and_the_flat_sixth_of_major_is_not():
    assert not is_foreign(chord(7), minor=True)
    assert not is_foreign(chord(7, "7"), minor=True)
    assert is_foreign(chord(8), minor=False)
    assert not is_foreign(chord(8), minor=True)
