import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.tokens.harmony import (
    BAR,
    CHORD,
    END,
    FEATURES,
    HEADER,
    KINDS,
    LENGTH,
    METERS,
    PLACE,
    SECTION,
    SECTIONS,
    SIZE,
    SONG_LEVELS,
    SOURCES,
    Chart,
    ChartSection,
    HarmonyWalk,
    decode_sections,
    encode,
    header_of,
    song_levels,
)
from daiw.tokens.harmony_levels import (
    EDGES,
    LEVELS,
    NO_CHORD,
    PLACES,
    TOLD,
    UNTOLD,
    bright,
    filled,
    is_foreign,
    levels_of,
    measured,
    rough,
    section_levels,
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
    assert song_levels(plain) == (1, 1, 2)
    assert song_levels(rich) == (SONG_LEVELS,) * 3
    assert len(header_of(rich)) == len(HEADER)


def test_what_a_section_is_like_is_measured_over_time():
    bars = (((0, chord(0)),), ((6, chord(9, "m")),), (), ((0, chord(8, "maj7")), (9, chord(7, "sus4"))))
    found = measured(bars * 2, minor=False)
    assert found["changes"] == 1.0
    assert found["sevenths"] == found["foreign"] == 0.25
    assert found["brightness"] == pytest.approx((18 + 0.5 * 3) / 48), "a bar and a half of I; the borrowed major chord is not bright"
    assert found["tension"] == pytest.approx((9 * 0.3 + 3 * 0.2) / 48)
    assert found["returns"] == 1.0
    assert np.isnan(measured(bars, minor=False)["returns"])
    assert all(np.isnan(value) for value in measured((((0, NO_CHORD),), ()), minor=False).values())


def test_a_chord_held_from_the_section_before_is_counted():
    assert filled((((6, 5),), ()), held=3) == [((0, 3), (6, 5)), ((0, 5),)]
    levels = section_levels([(((0, chord(9, "m")),),), ((),)], minor=False)
    brightest = TOLD.index("brightness")
    assert levels[0][brightest] == levels[1][brightest] == 1
    assert section_levels([((),)], minor=False) == [UNTOLD]


def test_brightness_and_roughness_order_chords_as_the_ear_does():
    assert bright(chord(5), False) > bright(chord(5, "sus2"), False) > bright(chord(2, "m"), False)
    assert bright(chord(8), False) == 0.0
    assert bright(chord(8), True) == 1.0
    assert rough(chord(0)) == rough(chord(2, "m")) == 0.0 < rough(chord(2, "m7")) < rough(chord(7, "7")) < rough(chord(11, "dim"))


@given(charts)
def test_every_level_is_in_the_tables_and_the_walk_shows_it_only_once_bars_begin(chart):
    told = section_levels([section.bars for section in chart.sections], chart.minor)
    assert all(0 <= value <= LEVELS for levels in told for value in levels)
    walk, section = HarmonyWalk(told), -1
    for token in encode(chart):
        shown = walk.features()[-len(TOLD) :]
        if token in SECTION or token in LENGTH or section < 0:
            pass
        else:
            assert shown == told[section]
        if walk.token in SECTION:
            assert shown == UNTOLD
        section += token in SECTION
        walk.push(token)
    assert FEATURES[-len(TOLD) :] == TOLD


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("minor", [False, True])
def test_a_higher_value_is_never_a_lower_level(name, minor):
    edges = EDGES[name][minor]
    assert list(edges) == sorted(edges)
    steps = [levels_of({name: x / 50}, minor)[TOLD.index(name)] for x in range(120)]
    assert steps == sorted(steps)
    assert {1, LEVELS} <= set(steps)


def test_the_dominant_of_minor_is_at_home_and_the_flat_sixth_of_major_is_not():
    assert not is_foreign(chord(7), minor=True)
    assert not is_foreign(chord(7, "7"), minor=True)
    assert is_foreign(chord(8), minor=False)
    assert not is_foreign(chord(8), minor=True)
