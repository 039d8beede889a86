from dataclasses import replace

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
from daiw.nets.charted_sections import COLUMNS, charted, real_section
from daiw.nets.decoder import Rows
from daiw.nets.harmonist import Job, NeuralHarmonist, load_harmonist
from daiw.nets.harmony_asked import (
    COLOUR_OF_MODE,
    COLOURED,
    DECILES,
    MOST_FOREIGN,
    NAMEABLE,
    asked,
    at,
    chord_logits,
    header,
    is_standard,
    variety,
    wish,
)
from daiw.nets.harmony_cost import cost
from daiw.nets.harmony_decoder import ChartOpening
from daiw.nets.harmony_numerals import applied, numeral, numerals_of, writable
from daiw.nets.harmony_sampler import Allowed, HarmonyChance, Progression, draw_sections
from daiw.nets.harmony_shape import HarmonyShape
from daiw.nets.harmony_transformer import HarmonyDecoder, HarmonyWeights, load_harmony
from daiw.nets.picking import NEVER
from daiw.nets.tensor_file import write_tensors
from daiw.planning.colour import Appetite
from daiw.planning.form import Block
from daiw.tokens.harmony import FEATURE_SIZES, FEATURES, ChartSection
from daiw.tokens.harmony_levels import LEVELS, NO_CHORD, TOLD, UNTOLD, is_foreign, measured, root_of, tones_of
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
    each = HarmonyDecoder(tiny(), 2, 9).extend_each(features)
    for i in range(9):
        last = slow.extend(features[:, i : i + 1])
        assert np.allclose(each[:, i], last, atol=1e-4)
    assert np.allclose(whole, last, atol=1e-4)
    with pytest.raises(ValueError, match="room for 9"):
        slow.extend(features[:, :1])


def test_what_decodes_charts_is_what_numpy_computes():
    """Two streams that differ, three rows behind each, one of them dropped on the way."""
    rng = np.random.default_rng(2)
    weights = tiny(1)

    def some(*shape):
        return np.stack([rng.integers(0, FEATURE_SIZES[name], shape) for name in FEATURES], axis=-1)

    features = some(2, 40)
    opening, twin = ChartOpening(weights, 2), HarmonyDecoder(weights, 2, 140)
    assert np.allclose(opening.read_streams(features), twin.extend(features), atol=2e-4)
    rows = Rows(opening, 3)
    twin.keep(np.repeat([0, 1], 3))
    for step in range(90):
        if step == 20:
            rows.keep([0, 2])
            twin.keep(np.array([0, 2, 3, 5]))
        count = 3 if step < 20 else 2
        features = some(2, count)
        assert np.allclose(rows.step(features, [0] * count), twin.extend(features.reshape(2 * count, 1, -1)), atol=5e-4)


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


WANTED = asked("verse", "major", STYLE, PLAIN, 0)
HEAD = header("major", FOUR, PLAIN, WANTED)


def drawn(bars=4, places=(0, 6), seed=0, earlier=(), allowed=None, candidates=4, told=()):
    chords = np.zeros(NO_CHORD + 1, np.float32) if allowed is None else allowed
    chance = HarmonyChance(candidates=candidates, top_p=1.0)
    return draw_sections(tiny(), HEAD, earlier, 1, bars, Allowed(chords, frozenset(places)), chance, np.random.default_rng(seed), told)


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
    logits = chord_logits(mode, WANTED | {"sevenths": 0.5, "foreign": 0.5}, PLAIN)
    third = "m" if 3 in MODES[mode] and 7 in MODES[mode] else "" if 7 in MODES[mode] else "dim"
    assert logits[value(0, third)] == 0.0
    if mode not in ("major", "minor"):
        scale = set(MODES[mode])
        assert all(tones_of(chord) <= scale for chord in range(NO_CHORD) if logits[chord] > NEVER / 2)


def test_wanting_them_opens_the_door_to_foreign_chords_and_sevenths():
    closed, open_ = (
        chord_logits("major", WANTED | {"sevenths": share, "foreign": share}, Appetite(0, 0, 0, 0.33, 0.67, 0)) for share in (0.0, 0.5)
    )
    foreign = [chord for chord in range(NO_CHORD) if open_[chord] > NEVER / 2 and is_foreign(chord, False)]
    assert len(foreign) > 20
    assert all(closed[chord] < open_[chord] == pytest.approx(0.0) for chord in foreign)
    assert closed[value(2, "m7")] < open_[value(2, "m7")] == 0.0
    assert closed[value(7, "7")] == closed[value(0)] == 0.0


def test_the_style_says_whether_chords_are_borrowed_or_lead_somewhere():
    def logits(secondary, borrowed):
        return chord_logits("major", WANTED | {"foreign": 0.5}, replace(PLAIN, secondary=secondary, borrowed=borrowed))

    leading, lending = logits(0.5, 0.0), logits(0.0, 0.5)
    assert leading[value(2, "7")] > lending[value(2, "7")]
    assert leading[value(8)] < lending[value(8)]
    assert leading[value(0)] == lending[value(0)] == 0.0


@pytest.mark.parametrize(
    ("mode", "near", "far"),
    [
        ("major", ((8,), (10,), (5, "m"), (2, "7"), (1,), (8, "dim7"), (6, "m7b5")), ((6, "maj7"), (1, "m"), (10, "m"), (3, "m7"))),
        ("minor", ((5,), (2,), (1,), (7, "7"), (0, "7")), ((3, "m7"), (6, "maj7"), (8, "m7"), (4, "m"))),
    ],
)
def test_only_what_parallel_modes_lend_or_leads_to_a_degree_comes_from_outside(mode, near, far):
    logits = chord_logits(mode, WANTED | {"sevenths": 0.5, "foreign": 0.5}, PLAIN)
    assert all(logits[value(*chord)] > NEVER / 2 for chord in near)
    assert all(logits[value(*chord)] < NEVER / 2 for chord in far)


def test_a_loop_that_dwells_on_one_chord_costs():
    at_rest = Progression(((((0, value(0)),),) + ((),) * 5 + (((0, value(5)),), ((0, value(7)),))), 1.0)
    moving = Progression(tuple(((0, value(root)),) for root in (0, 0, 5, 7, 0, 0, 5, 7)), 1.0)
    assert "dwells" in cost(at_rest, "verse", "major", WANTED, [])[1]
    assert "dwells" not in cost(moving, "verse", "major", WANTED, [])[1]


def test_light_songs_ask_for_fewer_chords_from_outside_and_standards_for_more_chords():
    light, dark = (
        np.mean([asked("verse", "major", STYLE, replace(PLAIN, valence=valence), seed)["foreign"] for seed in range(40)])
        for valence in (0.9, -0.3)
    )
    assert light + 0.05 < dark
    assert is_standard(replace(PLAIN, sevenths=1.0, secondary=0.3))
    assert not is_standard(replace(PLAIN, sevenths=1.0))
    assert {variety("verse", replace(PLAIN, sevenths=1.0, secondary=0.3), seed) for seed in range(9)} == {5}
    assert {variety("verse", PLAIN, seed) for seed in range(40)} == {3, 4, 5}


def test_more_and_fewer_different_chords_than_there_shall_be_cost():
    two = Progression(tuple(((0, value(root)),) for root in (0, 7) * 4), 1.0)
    costs = [cost(two, "verse", "major", WANTED, [], variety=number)[0] for number in (1, 2, 3, 4)]
    assert costs[1] < costs[0] < costs[2] < costs[3]


def test_what_a_section_is_told_moves_what_is_drawn():
    low, high = ((number,) * len(TOLD) for number in (1, LEVELS))
    assert [one.bars for one in drawn(told=[low])] != [one.bars for one in drawn(told=[high])]
    assert [one.bars for one in drawn(told=[UNTOLD])] == [one.bars for one in drawn()]
    before = (ChartSection("chorus", (((0, value(9, "m")),),) * 4),)
    assert [one.bars for one in drawn(earlier=before, told=[low, low])] != [one.bars for one in drawn(earlier=before, told=[high, low])]


@pytest.mark.parametrize("mode", MODES)
def test_what_is_asked_follows_the_feeling(mode):
    def wish(seed=3, **feeling):
        return asked("verse", mode, STYLE, replace(PLAIN, **feeling), seed)

    points = (-0.9, -0.4, 0.0, 0.4, 0.9)
    for name, dimension in (("brightness", "valence"), ("changes", "arousal")):
        values = [wish(**{dimension: point})[name] for point in points]
        assert values == sorted(values)
        assert values[0] < values[-1]
    assert wish(tension=1.0)["tension"] > wish(tension=0.0)["tension"]
    assert set(wish()) == set(TOLD)
    assert len({wish(seed)["returns"] for seed in range(9)}) > 3, "songs differ in how much they repeat"
    if mode not in ("major", "minor"):
        assert wish(borrowed=1.0)["foreign"] == (0.0 if mode == "locrian" else COLOURED), (
            "its own note, which is foreign to major and minor"
        )


def test_the_style_decides_how_many_sevenths_are_asked():
    means = [
        np.mean([asked("verse", "major", STYLE, replace(PLAIN, sevenths=share), seed)["sevenths"] for seed in range(30)])
        for share in (0.0, 0.5, 1.0)
    ]
    assert means[0] + 0.2 < means[1] < means[2] == 1.0


def test_deciles_rise_and_are_read_between():
    for name, rows in DECILES.items():
        for minor, row in enumerate(rows):
            assert list(row) == sorted(row)
            assert at(name, 0.0, bool(minor)) == row[0]
            assert at(name, 1.0, bool(minor)) == row[-1]
    assert at("brightness", 0.25, False) == pytest.approx(0.585)


@pytest.mark.parametrize(
    ("told", "far"), [("brightness", 0.0), ("sevenths", 1.0), ("foreign", 0.9), ("changes", 2.5), ("tension", 0.6), ("returns", 0.0)]
)
def test_missing_what_was_asked_costs(told, far):
    bars = tuple(((0, value(root)),) for root in (0, 5, 7, 0, 0, 5, 7, 0))
    near = {"sevenths": 0.0, "foreign": 0.0, "changes": 7 / 8, "brightness": 1.0, "tension": 0.0, "returns": 1.0}
    one = Progression(bars, 1.0)
    kept = cost(one, "verse", "major", near, [], variety=3)[0]
    assert kept == 0.0
    assert cost(one, "verse", "major", near | {told: far}, [], variety=3)[0] > kept + 0.4


def loops(style=STYLE, meter=FOUR, seed=5, names=(("verse", 8), ("chorus", 8), ("verse", 8), ("outro", 4)), mode="major", arc="descent"):
    harmonist = NeuralHarmonist(tiny(), HarmonyChance(candidates=3))
    made = harmonist.loops([Block(*one) for one in names], mode, meter, style, dict.fromkeys(dict(names), PLAIN), arc=arc, seed=seed)
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


def test_the_reason_says_what_was_asked_and_what_came():
    _, decisions = loops()
    assert all(
        "The section's feeling (valence +0.00, arousal +0.00) asked for" in decision.because and "; it has" in decision.because
        for decision in decisions
    )
    assert all("one real section" in decision.because for decision in decisions)
    assert not any("one real section" in decision.because for decision in loops(mode="dorian")[1])


def test_a_candidate_that_is_nearer_to_what_was_asked_is_taken():
    harmonist = NeuralHarmonist(tiny(), HarmonyChance(candidates=32))

    def thirds(share):
        wish = WANTED | {"brightness": share}
        return [
            measured(harmonist.best(Job("verse", 4, "major", FOUR, PLAIN, wish), (), (), seed).bars, False)["brightness"]
            for seed in range(10)
        ]

    assert np.mean(thirds(1.0)) > np.mean(thirds(0.0)) + 0.1


def test_harmonic_rhythm_stretches_what_was_written():
    slow, _ = loops(style=PlanStyle(bars_per_written_bar=2))
    assert len(slow["verse"]) == 8
    assert all(a == b for a, b in zip(slow["verse"][::2], slow["verse"][1::2], strict=True))


def test_a_slow_reveal_wants_a_foreign_chord_in_what_it_reveals():
    made, decisions = loops(names=(("verse", 8), ("bridge", 8)), arc="slow-reveal", seed=1)
    assert any("no surprise" not in decision.because for decision in decisions)
    assert set(made) == {"verse", "bridge"}


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_what_is_asked_for_is_what_one_real_section_has(mode):
    """Each value drawn by itself is no section that anybody wrote: it gave minor a dominant seventh at the end of every loop."""
    table = charted()
    rows = {tuple(row[1:-1]) for row in table[table[:, 0] == (mode == "minor")]}
    for seed in range(40):
        found, distinct = wish("verse", mode, STYLE, replace(PLAIN, valence=-0.3, tension=0.6), seed)
        near = [
            row
            for row in rows
            if all(
                abs(found[name] - (min(MOST_FOREIGN, NAMEABLE[mode] * has) if name == "foreign" else has)) < 1e-9
                for name, has in zip(COLUMNS[1:-1], row, strict=True)
                if name != "changes"
            )
        ]
        assert near, found
        assert 3 <= distinct <= 5


def test_a_real_section_is_near_what_is_wanted_and_differs_with_the_seed():
    table = charted()
    assert len(table) > 1000
    assert set(table[:, 0]) == {0.0, 1.0}
    for minor, bright in ((False, 0.7), (False, 0.9), (True, 0.5), (True, 0.7)):
        want = {"brightness": bright, "changes": 1.0, "tension": 0.0, "sevenths": 0.0, "foreign": 0.0}
        found = [real_section(want, minor, np.random.default_rng(seed))[0] for seed in range(20)]
        assert len({tuple(one.values()) for one in found}) > 4
        assert abs(np.mean([one["brightness"] for one in found]) - bright) < 0.1
        assert np.mean([one["sevenths"] for one in found]) < 0.1
        assert np.ptp([one["returns"] for one in found]) > 0.4, "returns come as the section has them"


def test_a_damaged_table_is_named(tmp_path, monkeypatch):
    from daiw.nets import charted_sections

    for text in (None, "minor,sevenths\n0,1\n", ",".join(COLUMNS) + "\n1,2,x\n", ",".join(COLUMNS) + "\n1,2\n1\n"):
        path = tmp_path / "sections.csv"
        if text is not None:
            path.write_text(text, encoding="ascii")
        monkeypatch.setattr(charted_sections, "SECTIONS_PATH", path)
        with pytest.raises(ModelError, match=r"sections\.csv"):
            charted.__wrapped__()


def test_standards_and_rarer_modes_are_asked_as_before():
    jazz = replace(PLAIN, sevenths=1.0, secondary=0.3)
    assert wish("verse", "major", STYLE, jazz, 3) == (asked("verse", "major", STYLE, jazz, 3), 5)
    assert wish("verse", "dorian", STYLE, PLAIN, 3)[0] == asked("verse", "dorian", STYLE, PLAIN, 3)


def test_a_rarer_mode_asks_for_its_own_note():
    assert asked("verse", "dorian", STYLE, PLAIN, 3)["foreign"] == COLOURED
    added = chord_logits("dorian", WANTED, PLAIN)
    assert added[value(5, "")] - added[value(0, "m")] == pytest.approx(COLOUR_OF_MODE), "IV has the raised sixth"
    plain, own = (
        Progression(tuple(((0, value(root, quality)),) for root, quality in loop), 1.0)
        for loop in (
            ((0, "m"), (7, "m"), (10, ""), (3, "")),
            ((0, "m"), (5, ""), (10, ""), (3, "")),
        )
    )
    assert (
        cost(plain, "verse", "dorian", {**WANTED, "brightness": 0.5}, [])[0]
        > cost(own, "verse", "dorian", {**WANTED, "brightness": 0.75}, [])[0] + 1.0
    )
    assert "colour" not in cost(plain, "verse", "minor", WANTED, [])[1]


def test_a_bridge_goes_further_out_than_its_verse():
    far = {name: np.mean([asked(name, "major", STYLE, PLAIN, seed)["foreign"] for seed in range(40)]) for name in ("verse", "bridge")}
    assert far["bridge"] > far["verse"] + 0.1


def test_each_section_follows_its_own_feeling():
    harmonist = load_harmonist()
    bright, dark = replace(PLAIN, valence=0.9, arousal=0.6), replace(PLAIN, valence=-0.1, arousal=-0.6)

    def gap(verse, chorus, told):
        blocks, result = (Block("verse", 8), Block("chorus", 8)), []
        for seed in range(8):
            harmonist.loops(blocks, "major", FOUR, STYLE, {"verse": verse, "chorus": chorus}, arc="descent", seed=seed)
            asked_for = [
                float(decision.because.rpartition("; it has ")[2].split(", ")[told].rstrip("%")) for decision in harmonist.decisions
            ]
            result.append(asked_for[1] - asked_for[0])
        return np.mean(result)

    assert gap(dark, bright, 0) > gap(bright, dark, 0) + 20, "per cent of the time on major thirds"
    assert gap(dark, bright, 1) > gap(bright, dark, 1) + 0.3, "changes a bar"


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
