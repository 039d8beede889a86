import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.errors import ModelError
from daiw.music.chord import QUALITIES
from daiw.music.pitch import MODES, Key, PitchClass
from daiw.music.roman import chord_of
from daiw.music.styles.plan import PlanStyle
from daiw.music.time import Meter
from daiw.nets.harmonist import NeuralHarmonist, applied, chord_logits, header, numeral, numerals_of, writable
from daiw.nets.harmony_sampler import Allowed, HarmonyChance, draw_sections
from daiw.nets.harmony_shape import HarmonyShape
from daiw.nets.harmony_transformer import HarmonyDecoder, HarmonyWeights, load_harmony
from daiw.nets.picking import NEVER
from daiw.nets.tensor_file import write_tensors
from daiw.planning.colour import Appetite
from daiw.planning.form import Block
from daiw.tokens.harmony import FEATURE_SIZES, FEATURES, NO_CHORD, ChartSection, is_foreign, root_of, tones_of
from daiw.tokens.vocab import CHORD_CLASSES

TINY = HarmonyShape(width=8, layers=2, heads=2, head=4, inner=12)
STYLE = PlanStyle()
PLAIN = Appetite(0.05, 0.0, 0.0, 0.0, 0.0, 0.0)
FOUR = Meter(4, 4)


def tiny(seed=0):
    rng = np.random.default_rng(seed)
    return HarmonyWeights(TINY, {name: rng.normal(0, 0.5, size).astype(np.float32) for name, size in TINY.weights().items()})


def value(root, quality=""):
    return root * len(CHORD_CLASSES) + CHORD_CLASSES.index(quality)


def test_many_tokens_at_once_and_one_by_one_give_the_same_logits():
    rng = np.random.default_rng(1)
    features = np.stack([rng.integers(0, FEATURE_SIZES[name], (2, 9)) for name in FEATURES], axis=-1)
    whole = HarmonyDecoder(tiny(), 2, 9).extend(features)
    slow = HarmonyDecoder(tiny(), 2, 9)
    for i in range(9):
        last = slow.extend(features[:, i : i + 1])
    assert np.allclose(whole, last, atol=1e-4)
    with pytest.raises(ValueError, match="room for 9"):
        slow.extend(features[:, :1])


@pytest.mark.parametrize("mode", MODES)
def test_every_writable_chord_has_a_numeral_that_names_it_exactly(mode):
    key = Key(PitchClass("C"), mode)
    assert sum(writable(mode)) > 100
    for chord in range(NO_CHORD):
        if writable(mode)[chord]:
            assert set(chord_of(numeral(chord, mode), key).pitch_classes) == tones_of(chord)


def test_numerals_are_those_of_the_books():
    assert [numeral(value(*chord), "major") for chord in ((0,), (2, "m7"), (8,), (5, "m"), (10,), (11, "m7b5"))] == [
        "I", "ii7", "bVI", "iv", "bVII", "viiø7",
    ]  # fmt: skip
    assert [numeral(value(*chord), "minor") for chord in ((0, "m"), (8,), (7, "7"), (10,), (5,))] == ["i", "VI", "V7", "VII", "IV"]


def test_an_applied_dominant_is_named_after_what_it_leads_to():
    assert applied(value(2, "7"), value(7), "major") == "V7/V"
    assert applied(value(9), value(2, "m7"), "major") == "V/ii"
    assert applied(value(2, "7"), value(0), "major") is None
    assert applied(value(7, "7"), value(0), "major") is None
    bars = numerals_of((((0, value(0)),), ((0, value(2, "7")),), ((6, value(7)),), ()), "major")
    assert bars == (("I",), ("V7/V",), ("V7/V", "V"), ("V",))


def drawn(bars=4, places=(0, 6), seed=0, earlier=(), allowed=None, candidates=4):
    chords = np.zeros(NO_CHORD + 1, np.float32) if allowed is None else allowed
    told = header("major", FOUR, PlanStyle(), PLAIN)
    chance = HarmonyChance(candidates=candidates, top_p=1.0)
    return draw_sections(tiny(), told, earlier, 1, bars, Allowed(chords, frozenset(places)), chance, np.random.default_rng(seed))


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 9), st.integers(0, 1000), st.sampled_from(((0, 6), (0, 8), (0,), (0, 3, 6, 9))))
def test_what_is_drawn_has_its_length_its_places_and_only_allowed_chords(bars, seed, places):
    logits = np.full(NO_CHORD + 1, NEVER, np.float32)
    logits[[value(0), value(5), value(7)]] = 0.0
    for one in drawn(bars, places, seed, allowed=logits):
        assert len(one.bars) == bars
        assert one.bars[0][0][0] == 0
        assert {place for bar in one.bars for place, _ in bar} <= set(places)
        assert {chord for bar in one.bars for _, chord in bar} <= {value(0), value(5), value(7)}
        assert one.bits >= 0


def test_the_same_seed_draws_the_same_and_what_came_before_matters():
    assert [one.bars for one in drawn()] == [one.bars for one in drawn()]
    before = (ChartSection("verse", (((0, value(9, "m")),),) * 4),)
    assert [one.bars for one in drawn(seed=3)] != [one.bars for one in drawn(seed=3, earlier=before)]


def test_a_single_allowed_chord_may_stay():
    logits = np.full(NO_CHORD + 1, NEVER, np.float32)
    logits[value(0)] = 0.0
    assert all(chord == value(0) for one in drawn(allowed=logits) for bar in one.bars for _, chord in bar)


@pytest.mark.parametrize("mode", MODES)
def test_no_mode_is_left_without_its_tonic_and_rare_modes_stay_inside(mode):
    logits = chord_logits(mode, Appetite(0.5, 0.0, 0.0, 0.5, 1.0, 0.0))
    third = "m" if 3 in MODES[mode] and 7 in MODES[mode] else "" if 7 in MODES[mode] else "dim"
    assert logits[value(0, third)] == 0.0
    if mode not in ("major", "minor"):
        scale = set(MODES[mode])
        assert all(tones_of(chord) <= scale for chord in range(NO_CHORD) if logits[chord] > NEVER / 2)


def test_appetite_opens_the_door_to_foreign_chords():
    closed, open_ = chord_logits("major", PLAIN), chord_logits("major", Appetite(0.05, 0, 0, 0.5, 0.5, 0))
    foreign = [chord for chord in range(NO_CHORD) if writable("major")[chord] and is_foreign(chord, False)]
    assert all(closed[chord] < open_[chord] or closed[chord] == NEVER for chord in foreign)
    assert any(open_[chord] == 0.0 for chord in foreign)


def loops(style=STYLE, meter=FOUR, seed=5, names=(("verse", 8), ("chorus", 8), ("verse", 8), ("outro", 4)), mode="major", arc="descent"):
    harmonist = NeuralHarmonist(tiny(), HarmonyChance(candidates=3))
    made = harmonist.loops([Block(*one) for one in names], mode, meter, style, PLAIN, arc=arc, seed=seed)
    return made, harmonist.decisions


def test_every_section_gets_a_loop_that_can_be_read_and_shared_kin_share():
    made, decisions = loops()
    assert set(made) == {"verse", "chorus", "outro"}
    assert made["outro"] == made["chorus"]
    assert [decision.subject for decision in decisions] == ["harmony of the verse", "harmony of the chorus"]
    assert all(len(decision.alternatives) == 2 for decision in decisions)
    for loop in made.values():
        for bar in loop:
            for text in bar:
                assert chord_of(text, Key(PitchClass("D"), "major")).quality in QUALITIES
    assert loops() == (made, decisions)


def test_a_meter_that_the_charts_do_not_have_is_left_to_the_grammar():
    made, decisions = loops(meter=Meter(5, 4))
    assert made is None
    assert decisions == []


def test_harmonic_rhythm_stretches_what_was_written():
    slow, _ = loops(style=PlanStyle(bars_per_written_bar=2))
    assert len(slow["verse"]) == 8
    assert all(a == b for a, b in zip(slow["verse"][::2], slow["verse"][1::2], strict=True))


def test_a_slow_reveal_wants_a_foreign_chord_in_what_it_reveals():
    made, decisions = loops(names=(("verse", 8), ("bridge", 8)), arc="slow-reveal", seed=1)
    assert any("no surprise" not in decision.because for decision in decisions)
    assert set(made) == {"verse", "bridge"}


def test_weights_that_are_missing_cut_short_or_of_another_kind_are_named(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        load_harmony(tmp_path / "none.safetensors")
    path = tmp_path / "x.safetensors"
    write_tensors(path, {"a": np.zeros(3, np.float32)}, {})
    with pytest.raises(ModelError, match="not the weights of a harmony network"):
        load_harmony(path)
    write_tensors(path, {"a": np.zeros(3, np.float32)}, {"shape": '{"width": 8, "layers": 1, "heads": 2, "head": 4, "inner": 12}'})
    with pytest.raises(ModelError, match="do not fit"):
        load_harmony(path)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ModelError, match="cut short"):
        load_harmony(path)


def test_roots_are_counted_from_the_tonic():
    assert root_of(value(7, "m7")) == 7
