import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.nets.lead_rules import Must, Window
from daiw.nets.picking import Chance, draw_from, surprise, surprises
from daiw.nets.sampler import draw
from daiw.nets.transformer import Weights
from daiw.nets.transformer_shape import Shape
from daiw.tokens.codec import decode
from daiw.tokens.controls import CHORD_TONES, CONTROLS
from daiw.tokens.grid import DURATIONS
from daiw.tokens.sheet import chord_at
from daiw.tokens.vocab import BAR, DURATION, PITCH, PITCH_LOW, SLOT, bar_reference, bar_token, chord_class

SHAPE = Shape(width=16, layers=1, heads=1, head=16, inner=16, condition=8, cross=(0,))
WHITE = {0, 2, 4, 5, 7, 9, 11}


@pytest.fixture(scope="module")
def weights():
    rng = np.random.default_rng(3)
    return Weights(SHAPE, {name: rng.normal(0, 0.7, size).astype(np.float32) for name, size in SHAPE.weights().items()})


def window(bars=4, units=48, **given_):
    chords = np.array([(bar * units, (bar * 5) % 12, bar % 3) for bar in range(bars + 1)], np.int32)
    return Window(bars, units, chords, np.ones((SHAPE.window_bars, len(CONTROLS)), np.int64), **given_)


@given(st.integers(0, 2**32), st.sampled_from([24, 36, 48]), st.integers(1, 6), st.integers(45, 60))
@settings(max_examples=25, deadline=None)
def test_bars_range_key_and_line_are_exact(weights, seed, units, bars, low):
    asked = window(bars, units, low=low, high=low + 15)
    for line in draw(weights, asked, Chance(candidates=2, out_of_key=-np.inf), np.random.default_rng(seed)):
        assert sum(token in BAR for token in line.tokens) == bars
        notes = decode(list(line.tokens), "melody", units)
        if not len(notes):
            continue
        assert low <= notes[:, 1].min() <= notes[:, 1].max() <= low + 15
        assert (notes[:, 0] + notes[:, 2]).max() <= bars * units
        assert np.abs(np.diff(notes[:, 1])).max(initial=0) <= 12
        chords = asked.chords[chord_at(asked.chords, notes[:, 0])]
        in_chord = CHORD_TONES[chords[:, 2], (notes[:, 1] - chords[:, 1]) % 12]
        assert all(inside or pitch % 12 in WHITE for pitch, inside in zip(notes[:, 1].tolist(), in_chord, strict=True))


def test_given_bars_stay_and_silent_bars_are_silent(weights):
    note = (107, 141, 197)
    first, third = (bar_token(0, 0), *note), (bar_token(1, 2), *note)
    asked = window(4, given={0: first, 2: third}, silent=frozenset({3}), sounding=frozenset({1}), head={1: bar_token(2, 1)})
    for line in draw(weights, asked, Chance(candidates=3), np.random.default_rng(5)):
        bars = np.split(np.array(line.tokens), np.flatnonzero([token in BAR for token in line.tokens])[1:])
        assert tuple(bars[0].tolist()) == first
        assert tuple(bars[2].tolist()) == third
        assert bars[1][0] == bar_token(2, 1)
        assert len(bars[1]) > 1
        assert len(bars[3]) == 1


def test_the_same_seed_draws_the_same_lines(weights):
    a, b, c = (draw(weights, window(), Chance(candidates=3), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert a == b
    assert a != c


def test_candidates_differ_and_carry_their_surprise(weights):
    lines = draw(weights, window(), Chance(candidates=4), np.random.default_rng(1))
    assert len({line.tokens for line in lines}) == 4
    assert all(line.bits > 0 for line in lines)


def test_without_guidance_half_the_rows_suffice(weights):
    lines = draw(weights, window(), Chance(candidates=2, guidance=1.0), np.random.default_rng(1))
    assert len(lines) == 2


@pytest.mark.parametrize("guided", [False, True])
def test_when_a_note_starts_is_drawn_as_learnt_where_onsets_are_not_guided(weights, guided):
    """The first onset of a line is the same draw from the same logits, however strongly the rest leans to the controls."""

    def firsts(guidance):
        chance = Chance(candidates=4, guidance=guidance, guided_onsets=guided, top_p=1.0)
        lines = [
            line.tokens
            for seed in range(10)
            for line in draw(weights, window(1, sounding=frozenset({0})), chance, np.random.default_rng(seed))
        ]
        return [line[1] for line in lines], [line[2] for line in lines]

    (onsets, pitches), (leaning, moved) = firsts(1.01), firsts(6.0)
    assert (onsets == leaning) is not guided
    assert pitches != moved


def test_a_cold_narrow_draw_is_the_likeliest_token():
    logits = np.array([0.1, 3.0, 2.9, -1e9], np.float32)
    rng = np.random.default_rng(0)
    assert {draw_from(logits, 0.01, 0.9, rng) for _ in range(20)} == {1}
    assert {draw_from(logits, 1.0, 1.0, rng) for _ in range(300)} == {0, 1, 2}


def test_the_surprise_of_many_choices_is_the_sum_of_logarithms_of_each_to_the_last_bit():
    rng = np.random.default_rng(4)
    choices = [(rng.normal(0, 3, size).astype(np.float32), int(rng.integers(size))) for size in rng.integers(1, 90, 300).tolist()]
    together = surprises(choices)
    for (logits, index), bits in zip(choices, together.tolist(), strict=True):
        chances = np.exp(logits.astype(np.float64)) / np.exp(logits.astype(np.float64)).sum()
        assert bits == pytest.approx(-np.log2(chances[index]), abs=1e-5)
        assert bits == surprise(logits, index)


def test_a_fence_keeps_new_music_from_repeating_old(weights):
    note = (107, 141, 197)
    given_bars = {0: (bar_token(0, 0), *note), 1: (bar_token(0, 0), *note)}
    reached = set()
    for fence in (0, 2):
        asked = window(10, given=given_bars, refer_from=fence)
        for seed in range(6):
            for line in draw(weights, asked, Chance(candidates=4), np.random.default_rng(seed)):
                heads = [bar_reference(token) for token in line.tokens if token in BAR]
                reached |= {(fence, kind, bar - distance < 2) for bar, (kind, distance) in enumerate(heads) if bar >= 2 and kind}
    assert {(0, 1, True), (0, 2, True)} & reached
    assert {(2, 3, True), (2, 1, False)} <= reached
    assert not {(2, 1, True), (2, 2, True)} & reached


def test_bars_after_the_drawn_ones_count_how_surprising_they_are(weights):
    note = (107, 141, 197)
    asked = window(4, given={0: (bar_token(0, 0), *note), 3: (bar_token(1, 3), *note)})
    lines = draw(weights, asked, Chance(candidates=3), np.random.default_rng(2))
    assert all(line.bits_ahead > 0 for line in lines)
    assert len({round(line.bits_ahead, 6) for line in lines}) > 1
    assert all(line.bits_ahead == 0 for line in draw(weights, window(2), Chance(candidates=2), np.random.default_rng(2)))


def test_bars_that_must_sound_do(weights):
    def lengths(asked):
        tokens = [line.tokens for seed in range(8) for line in draw(weights, asked, Chance(candidates=3), np.random.default_rng(seed))]
        return [len(bar) for line in tokens for bar in np.split(np.array(line), np.flatnonzero([token in BAR for token in line])[1:])]

    assert min(lengths(window(4))) == 1
    assert min(lengths(window(4, sounding=frozenset(range(4))))) > 1


@st.composite
def asked(draw_from_):
    """Onsets for the bars of a window, some of them held, some with a pitch."""
    units = draw_from_(st.sampled_from([24, 36, 48]))
    musts = {}
    for bar in range(draw_from_(st.integers(1, 5))):
        slots = sorted(draw_from_(st.sets(st.integers(0, units // 2 - 1), max_size=9)))
        row = []
        for slot in slots:
            least = draw_from_(st.integers(1, 30))
            most = least + draw_from_(st.integers(0, 30))
            pitch = draw_from_(st.one_of(st.none(), st.none(), st.integers(50, 65)))
            row.append(Must(slot, least, most, pitch, held=draw_from_(st.booleans()) and bool(row)))
        musts[bar] = tuple(row)
    return units, musts


@given(st.integers(0, 2**32), asked())
@settings(max_examples=40, deadline=None)
def test_bars_with_words_have_their_onsets_and_no_others(weights, seed, case):
    units, musts = case
    given_ = window(len(musts), units, musts=musts, low=50, high=65)
    for line in draw(weights, given_, Chance(candidates=2), np.random.default_rng(seed)):
        bars = np.split(np.array(line.tokens), np.flatnonzero([token in BAR for token in line.tokens])[1:])
        assert len(bars) == len(musts)
        for bar, row in zip(bars, musts.values(), strict=True):
            events = {
                SLOT.value(int(slot)): (PITCH.value(int(pitch)) + PITCH_LOW, int(length)) for slot, pitch, length in bar[1:].reshape(-1, 3)
            }
            assert {must.slot for must in row if not must.held} <= set(events) <= {must.slot for must in row}
            for must in row:
                if must.slot not in events:
                    continue
                pitch, length = events[must.slot]
                assert 50 <= pitch <= 65
                assert must.pitch in (None, pitch)
                fitting = [d for d in DURATIONS if must.least <= d <= must.most]
                longest = max([d for d in DURATIONS if d <= must.most], default=DURATIONS[0])
                assert DURATIONS[length - DURATION.first] in (fitting or [longest])


def test_a_bar_with_words_refers_only_to_bars_it_resembles(weights):
    rows = [(0, 6, 12, 18), (0, 6, 12, 18), (1, 7, 13), (), (0, 6, 12, 20)]
    musts = {bar: tuple(Must(slot, 2, 12) for slot in row) for bar, row in enumerate(rows)}
    kinds = set()
    for seed in range(12):
        for line in draw(weights, window(5, musts=musts), Chance(candidates=3), np.random.default_rng(seed)):
            heads = [bar_reference(token) for token in line.tokens if token in BAR]
            kinds |= {(bar, *head) for bar, head in enumerate(heads) if head[0]}
    assert {(1, 1, 1), (4, 3, 4)} <= kinds
    assert all(bar in (1, 4) and bar - distance in (0, 1) and not (bar == 4 and kind == 1) for bar, kind, distance in kinds), kinds


def test_a_held_vowel_moves_more_often_where_that_is_liked(weights):
    musts = {bar: (Must(0, 6, 12), Must(6, 6, 12, held=True), Must(12, 6, 12)) for bar in range(4)}
    counts = []
    for liked in (-50.0, 50.0):
        lines = draw(weights, window(4, musts=musts), Chance(candidates=4, moved=liked), np.random.default_rng(1))
        counts.append([len(decode(list(line.tokens), "melody", 48)) for line in lines])
    assert counts == [[8] * 4, [12] * 4]
    for line in lines:
        pitches = decode(list(line.tokens), "melody", 48)[:, 1].tolist()
        assert all(pitches[i] != pitches[i + 1] for i in range(0, 12, 3))  # a vowel that moves moves to another note


@pytest.mark.parametrize(("root", "quality", "never"), [(2, "", 5), (4, "7", 7), (5, "m", 9)])
def test_no_note_is_in_the_key_where_its_chord_has_it_raised_or_lowered(weights, root, quality, never):
    chords = np.array([(bar * 48, root, chord_class(quality)) for bar in range(5)], np.int32)
    asked = Window(4, 48, chords, np.ones((SHAPE.window_bars, len(CONTROLS)), np.int64))
    lines = [
        line for seed in range(3) for line in draw(weights, asked, Chance(candidates=8, out_of_key=-np.inf), np.random.default_rng(seed))
    ]
    sung = {pitch % 12 for line in lines for pitch in decode(list(line.tokens), "melody", 48)[:, 1].tolist()}
    assert len(sung) >= 5
    assert never not in sung
