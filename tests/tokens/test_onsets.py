import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.tokens.band_walk import BandWalk, walk_band
from daiw.tokens.grid import METER_UNITS, unit_of
from daiw.tokens.layout import BAND, KIT
from daiw.tokens.onsets import Harmony, base_pitch, decode_onsets, encode_onsets, onsets_of, parse, sayable, strength_token, timing_token
from daiw.tokens.sheet import no_events
from daiw.tokens.vocab import BAR, CHORD_CLASSES, KIT_VOICES, SLOT, STROKE, TIMING, TIMINGS_MS, bar_token

BARS = 4


@st.composite
def parts(draw, roles=("bass", "keys", "drums")):
    """(role, bar units, chords, tune, rows) of anything that a player may play, in and out of the bins' middles."""
    role = draw(st.sampled_from(roles))
    units = 48 if role == "drums" else METER_UNITS[draw(st.sampled_from(sorted(METER_UNITS)))]
    slots = st.lists(st.integers(0, BARS * units // 2 - 1), max_size=16, unique=True)

    def starts():
        return [units * (slot // (units // 2)) + unit_of(slot % (units // 2)) for slot in sorted(draw(slots))]

    chords = [(s, draw(st.integers(0, 11)), draw(st.integers(0, len(CHORD_CLASSES) - 1))) for s in starts()] if role != "drums" else []
    tune = [(s, draw(st.integers(50, 90)), 6) for s in starts()] if role != "drums" else []
    rows = []
    for start in starts():
        if role == "drums":
            for voice in sorted(draw(st.sets(st.integers(0, len(KIT_VOICES) - 1), min_size=1, max_size=4))):
                rows.append((start, voice, draw(st.integers(1, 127)), draw(st.integers(-60, 60))))
        else:
            for pitch in sorted(draw(st.sets(st.integers(20, 105), min_size=1, max_size=7))):
                rows.append((start, pitch, draw(st.integers(1, 120)), draw(st.integers(-60, 60))))
    shaped = (np.array(found, np.int32).reshape(-1, width) for found, width in ((chords, 3), (tune, 3), (rows, 4)))
    return role, units, *shaped


@given(parts(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_decoding_gives_back_what_can_be_said(part, refer):
    role, units, chords, _, rows = part
    said = sayable(role, rows, chords)
    tokens = encode_onsets(onsets_of(role, said, chords, BARS, units), role, refer=refer)
    assert sum(token in BAR for token in tokens) == BARS
    np.testing.assert_array_equal(decode_onsets(tokens, role, chords, units), said)
    np.testing.assert_array_equal(sayable(role, said, chords), said)


@given(parts())
@settings(max_examples=100, deadline=None)
def test_saying_keeps_every_onset_and_moves_pitches_by_octaves_only(part):
    role, _, chords, _, rows = part
    said = sayable(role, rows, chords)
    assert set(said[:, 0].tolist()) == set(rows[:, 0].tolist())
    if role != "drums":
        for start in set(rows[:, 0].tolist()):
            before, after = ({int(pitch) % 12 for pitch in some[some[:, 0] == start, 1]} for some in (rows, said))
            assert after <= before
    else:
        assert (np.abs(said[:, 3] - np.clip(rows[: len(said), 3], -28, 28)) <= 2).all() or len(said) != len(rows)


@given(parts())
@settings(max_examples=100, deadline=None)
def test_every_stream_is_legal_and_its_features_lie_in_their_tables(part):
    role, units, chords, tune, rows = part
    tokens = encode_onsets(onsets_of(role, sayable(role, rows, chords), chords, BARS, units), role)
    keys = tuple(sorted(set(rows[:, 0].tolist()))) if role == "bass" else ()
    features = np.array(walk_band(BandWalk(role, BARS, units, chords, tune, keys), tokens))
    table = (KIT if role == "drums" else BAND).features
    assert features.shape == (len(tokens), len(table))
    assert features.min() >= 0
    assert (features.max(axis=0) < [size for _, size in table]).all()


@given(parts(), st.integers(0, 200))
@settings(max_examples=100, deadline=None)
def test_features_know_nothing_of_the_tokens_that_follow(part, cut):
    role, units, chords, tune, rows = part
    tokens = encode_onsets(onsets_of(role, sayable(role, rows, chords), chords, BARS, units), role)
    cut = min(cut, len(tokens) - 1)
    whole = walk_band(BandWalk(role, BARS, units, chords, tune), tokens)
    assert walk_band(BandWalk(role, BARS, units, chords, tune), tokens[:cut]) == whole[:cut]


@given(parts())
@settings(max_examples=60, deadline=None)
def test_a_repeated_bar_is_announced_token_by_token(part):
    role, units, _, tune, rows = part
    bar = sayable(role, rows[rows[:, 0] < units], no_events())
    twice = np.concatenate([bar, bar + np.array([units, 0, 0, 0])]).astype(np.int32)
    tokens = encode_onsets(onsets_of(role, twice, no_events(), 2, units), role)
    features = walk_band(BandWalk(role, 2, units, no_events(), tune), tokens)
    second = next(i for i, token in enumerate(tokens) if i and token in BAR)
    for row, token in list(zip(features, tokens, strict=True))[second + 1 :]:
        assert token == (row[1] if token in SLOT else row[2])


def test_the_same_figure_over_another_chord_is_the_same_words():
    figure = np.array([(0, 36, 12, 0), (24, 43, 12, 0)], np.int32)
    over_c, over_d = (np.array([(0, root, 0)], np.int32) for root in (0, 2))
    higher = figure + np.array([0, 2, 0, 0], np.int32)
    one, other = (onsets_of("bass", rows, chords, 1, 48) for rows, chords in ((figure, over_c), (higher, over_d)))
    assert one == other
    assert base_pitch(0) == 36
    assert Harmony(over_d).at(47) == (2, 0)
    assert Harmony(over_d).at(-1) == (-1, -1)


def test_timing_bins_are_of_one_width():
    counts = np.bincount([TIMING.value(timing_token(ms / 10)) for ms in range(-280, 281)])
    assert set(counts[1:-1].tolist()) == {40}
    assert len(counts) == len(TIMINGS_MS)
    assert timing_token(-500) == TIMING.first


@pytest.mark.parametrize("tokens", [[SLOT.first], [bar_token(0, 0), STROKE.first], [bar_token(0, 0), SLOT.first, STROKE.first]])
def test_a_broken_stream_is_refused(tokens):
    with pytest.raises(ValueError, match=r"stream opens|without its timing"):
        decode_onsets(tokens, "drums", no_events(), 48)


def test_the_grammar_refuses_what_hands_cannot_mean():
    walk = BandWalk("drums", 1, 48, no_events(), no_events())
    walk.push(bar_token(0, 0))
    walk.push(SLOT.token(0))
    with pytest.raises(ValueError, match="may not follow"):
        walk.push(SLOT.token(1))
    walk.push(strength_token(3, 90))
    walk.push(timing_token(0))
    with pytest.raises(ValueError, match="may not follow"):
        walk.push(strength_token(3, 90))
    walk.push(SLOT.token(1))
    assert parse([bar_token(0, 0)]) == [[]]
