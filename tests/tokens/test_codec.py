import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.tokens.codec import decode, encode, restate, stream, window_chords
from daiw.tokens.grid import DURATIONS, METER_UNITS, slot_of, unit_of
from daiw.tokens.sheet import Sheet
from daiw.tokens.vocab import BAR, CHORD_CLASSES, DURATION, PITCH, PITCH_HIGH, PITCH_LOW, SLOT, bar_reference, bar_token
from daiw.tokens.walk import FEATURE_SIZES, FEATURES, Walk


@st.composite
def sheets(draw):
    meter = draw(st.sampled_from(sorted(METER_UNITS)))
    bars, units = draw(st.integers(1, 6)), METER_UNITS[meter]
    slots = st.lists(st.integers(0, bars * units // 2 - 1), max_size=24, unique=True)

    def starts():
        return [units * (slot // (units // 2)) + unit_of(slot % (units // 2)) for slot in sorted(draw(slots))]

    notes = [(s, draw(st.integers(PITCH_LOW, PITCH_HIGH)), draw(st.sampled_from(DURATIONS))) for s in starts()]
    chords = [(s, draw(st.integers(0, 11)), draw(st.integers(0, len(CHORD_CLASSES) - 1))) for s in starts()]
    return Sheet("drawn", "pop909", meter, bars, np.array(notes, np.int32).reshape(-1, 3), np.array(chords, np.int32).reshape(-1, 3))


@given(sheets(), st.sampled_from(["melody", "chords"]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_decode_undoes_encode(sheet, role, refer):
    tokens = encode(sheet, role, refer=refer)
    assert sum(token in BAR for token in tokens) == sheet.bars
    np.testing.assert_array_equal(decode(tokens, role, sheet.bar_units), sheet.events(role))


@given(sheets(), st.sampled_from(["melody", "chords"]))
@settings(max_examples=100, deadline=None)
def test_every_stream_is_legal_and_its_features_lie_in_their_tables(sheet, role):
    rows = stream(sheet, role, 0, sheet.bars)
    assert rows.features.shape == (len(rows.targets), len(FEATURES))
    assert rows.features.min() >= 0
    for name, size in FEATURE_SIZES.items():
        assert rows.features[:, FEATURES.index(name)].max() < size
    assert (np.diff(rows.bars) >= 0).all()
    assert rows.bars[0] == 0


@given(sheets(), st.sampled_from(["melody", "chords"]), st.data())
@settings(max_examples=60, deadline=None)
def test_features_know_nothing_of_what_comes_next(sheet, role, data):
    tokens = encode(sheet, role)
    cut = data.draw(st.integers(0, len(tokens)))
    whole = stream(sheet, role, 0, sheet.bars)
    walk = Walk(role, sheet.bars, sheet.bar_units, window_chords(sheet.chords, 0, sheet.bars, sheet.bar_units))
    for token in tokens[:cut]:
        walk.push(token)
    if cut < len(tokens):
        assert walk.features() == tuple(whole.features[cut].tolist())
        assert max(0, walk.bar) == whole.bars[cut]


def test_a_repeated_bar_refers_exactly_and_its_copy_features_are_the_next_tokens():
    bar = [(0, 60, 12), (12, 64, 12), (24, 67, 24)]
    notes = [(start + 48 * i, pitch, length) for i in range(3) for start, pitch, length in bar]
    sheet = Sheet("twice", "pop909", "4/4", 3, np.array(notes, np.int32))
    rows = stream(sheet, "melody", 0, 3)
    heads = [int(token) for token in rows.targets if token in BAR]
    assert [bar_reference(head) for head in heads] == [(0, 0), (1, 1), (1, 1)]
    third = np.flatnonzero(rows.targets == heads[1])[-1]
    for offset, column in enumerate(["copy_slot", "copy_second", "copy_third"]):
        assert rows.features[third + 1 + offset, FEATURES.index(column)] == rows.targets[third + 1 + offset]


def test_a_transposed_answer_shows_its_shift():
    notes = [(0, 60, 12), (12, 64, 12), (48, 62, 12), (60, 66, 12)]
    sheet = Sheet("answer", "pop909", "4/4", 2, np.array(notes, np.int32))
    rows = stream(sheet, "melody", 0, 2)
    last = rows.features[-1]
    assert last[FEATURES.index("reference")] == 3
    assert last[FEATURES.index("copy_shift")] == 13 + 2


def test_a_note_on_a_later_onset_is_aligned_with_what_lies_there():
    walk = Walk("melody", 2, 48, np.zeros((0, 3), np.int32))
    first, second = (SLOT.token(0), PITCH.token(20), DURATION.token(6)), (SLOT.token(12), PITCH.token(27), DURATION.token(6))
    for token in (bar_token(0, 0), *first, *second, bar_token(1, 1)):
        walk.push(token)
    slot, pitch = FEATURES.index("copy_slot"), FEATURES.index("copy_second")
    assert walk.features()[slot] == first[0]
    walk.push(SLOT.token(6))
    assert walk.features()[pitch] == second[1]
    walk.push(PITCH.token(5))
    walk.push(DURATION.token(6))
    walk.push(second[0])
    assert walk.features()[pitch] == second[1]


def test_a_broken_stream_is_refused():
    sheet = Sheet("one", "pop909", "4/4", 1, np.array([(0, 60, 12)], np.int32))
    with pytest.raises(ValueError, match="breaks off"):
        decode(encode(sheet, "melody")[:-1], "melody", 48)


def test_chords_are_restated_and_cut_to_windows():
    chords = np.array([(0, 0, 0), (60, 5, 1)], np.int32)
    assert restate(chords, 3, 48).tolist() == [[0, 0, 0], [48, 0, 0], [60, 5, 1], [96, 5, 1]]
    assert window_chords(chords, 1, 1, 48).tolist() == [[0, 0, 0], [12, 5, 1]]


def test_slots_and_units_are_inverse():
    assert [slot_of(unit_of(slot)) for slot in range(24)] == list(range(24))
