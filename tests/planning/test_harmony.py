import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.music.emotion import Emotion
from daiw.music.pitch import MODES, Key, PitchClass
from daiw.music.roman import chord_of, take_apart
from daiw.music.styles.plan import PlanStyle
from daiw.music.time import Meter
from daiw.planning import colour, endings, grammar, harmony
from daiw.planning.chance import generator
from daiw.planning.colour import Appetite
from daiw.planning.emotion import cues_of
from daiw.planning.form import Block

NONE = Appetite(0, 0, 0, 0, 0, 0)
ALL = Appetite(1, 1, 1, 1, 1, 1)
rngs = st.integers(0, 10_000).map(lambda seed: generator(seed, "test"))
loops = st.lists(st.sampled_from(["I", "ii", "iii", "IV", "V", "vi", "V7", "IVmaj7", "V/1"]), min_size=2, max_size=8).map(
    lambda numerals: tuple((numeral,) for numeral in numerals)
)


@given(st.sampled_from(list(MODES)), st.sampled_from(["verse", "chorus", "pre-chorus", "bridge", "drop", "solo"]), rngs)
def test_invented_loops_are_grammatical(mode, section, rng):
    bars = grammar.invent(mode, section, rng)
    names = [bar[0] for bar in bars]
    assert len(bars) == 4
    assert all(a != b for a, b in itertools.pairwise(names))
    known = {numeral for table in grammar.FUNCTIONS[mode].values() for numeral in table}
    assert set(names) <= known
    if section == "verse":
        assert names[0] == grammar.HOME[mode]
    if section == "pre-chorus":
        assert names[-1] in grammar.FUNCTIONS[mode]["D"]


@pytest.mark.parametrize("mode", MODES)
def test_the_grammar_speaks_its_mode(mode):
    key = Key(PitchClass("D"), mode)
    for function, table in grammar.FUNCTIONS[mode].items():
        for numeral in table:
            outside = set(chord_of(numeral, key).pitch_classes) - key.pitch_classes
            leading_note = mode == "minor" and function == "D" and outside == {(key.tonic.number - 1) % 12}
            assert not outside or leading_note, numeral


def test_no_appetite_changes_nothing():
    bars = (("I",), ("vi",), ("ii7", "V"), ("IV",))
    rng = generator(1, "test")
    for change in (colour.borrowed, colour.with_secondary, colour.walking, colour.extended):
        assert change(bars, "major", NONE, rng) == bars
    assert colour.suspended(bars, NONE, rng) == bars


@given(loops, rngs)
def test_colour_gives_readable_chords_and_keeps_the_length(bars, rng):
    key = Key.parse("Eb")
    for change in (colour.borrowed, colour.with_secondary, colour.walking, colour.extended):
        changed = change(bars, "major", ALL, rng)
        assert len(changed) == len(bars)
        for bar in changed:
            assert 1 <= len(bar) <= 2
            for numeral in bar:
                chord_of(numeral, key)


@pytest.mark.parametrize(("mode", "expected"), [
    ("major", "Imaj7 ii7 iii7 IVmaj7 V7 vi7"), ("minor", "i7 IIImaj7 iv7 v7 VImaj7 VII7"),
    ("dorian", "i7 ii7 IIImaj7 IV7 v7 VIImaj7"),
    ("mixolydian", "I7 ii7 IVmaj7 v7 vi7 VIImaj7"), ("phrygian", "i7 IImaj7 III7 iv7 VImaj7 vii7"),
    ("lydian", "Imaj7 II7 iii7 Vmaj7 vi7 vii7"),
])  # fmt: skip
def test_sevenths_are_those_of_the_mode(mode, expected):
    plain = [take_apart(numeral)[0] for numeral in expected.split()]
    result = colour.extended(tuple((numeral,) for numeral in plain), mode, Appetite(1, 0, 0, 0, 0, 0), generator(0, "test"))
    assert [bar[0] for bar in result] == expected.split()
    key = Key(PitchClass("C"), mode)
    for (numeral,) in result:
        assert set(chord_of(numeral, key).pitch_classes) <= key.pitch_classes


@given(loops, rngs)
def test_applied_dominants_fall_a_fifth_to_the_next_chord(bars, rng):
    key = Key.parse("C")
    changed = colour.with_secondary(bars, "major", ALL, rng)
    flat = [numeral for bar in changed for numeral in bar]
    added = {bar[1] for bar in changed if len(bar) == 2}
    assert len(added) <= 1
    for numeral, following in itertools.pairwise(flat):
        if numeral in added:
            assert chord_of(numeral, key).quality == "7"
            fall = chord_of(numeral, key).root.number - chord_of(following, key).root.number
            assert fall % 12 == 7


def test_borrowed_chords_come_from_outside_the_mode():
    bars = (("I",), ("V",), ("vi",), ("IV",))
    loans = Counter()
    for seed in range(50):
        changed = colour.borrowed(bars, "major", ALL, generator(seed, "test"))
        assert changed[:2] == bars[:2]
        assert changed != bars
        loans.update(changed[2] if changed[2] != ("vi",) else changed[3])
    assert "iv" in loans
    assert "bVI" in loans


def test_walking_basses_step():
    bars = (("I",), ("V",), ("vi",), ("IV",))
    assert colour.walking(bars, "major", ALL, generator(0, "test"))[1] == ("V6",)


@pytest.mark.parametrize(("meter", "chords", "expected"), [
    (Meter(4, 4), 2, [(0, 960), (960, 960)]), (Meter(3, 4), 2, [(0, 960), (960, 480)]), (Meter(6, 8), 2, [(0, 720), (720, 720)]),
    (Meter(5, 4), 2, [(0, 1440), (1440, 960)]), (Meter(7, 8), 2, [(0, 960), (960, 720)]),
    (Meter(4, 4), 3, [(0, 960), (960, 480), (1440, 480)]),
    (Meter(6, 8), 4, [(0, 360), (360, 360), (720, 360), (1080, 360)]),
])  # fmt: skip
def test_chords_share_a_bar_by_its_beats(meter, chords, expected):
    spans = harmony.spans((("I",), ("I", "IV", "V", "I")[:chords]), Key.parse("C"), meter)
    assert [(span.start - meter.bar_ticks, span.duration) for span in spans[1:]] == expected


def test_slow_and_fast_harmonic_rhythm():
    bars = (("I",), ("IV",), ("V",))
    assert harmony.stretched(bars, 2) == (("I",), ("I",), ("IV",), ("IV",), ("V",), ("V",))
    assert harmony.stretched(bars, 0.5) == (("I", "IV"), ("V", "V"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(4))
def test_a_pre_chorus_builds_to_the_dominant_in_every_mode(mode, seed):
    style = PlanStyle(modes={"major": 1.0})
    blocks = [Block("verse", 8), Block("pre-chorus", 4), Block("chorus", 8)]
    made = harmony.loops(blocks, mode, style, NONE, arc="spiral", seed=seed)
    bars = harmony.joined(blocks, made, mode, style, NONE, seed)
    dominants = {approach.split()[-1] for approach in harmony.APPROACHES[mode]} | set(grammar.FUNCTIONS[mode]["D"])
    assert bars[1][-1][-1] in dominants


@pytest.mark.parametrize("mode", MODES)
def test_a_pre_chorus_that_would_hang_is_turned_to_the_dominant(mode):
    home = (grammar.HOME[mode],)
    blocks = [Block("verse", 4), Block("pre-chorus", 4), Block("chorus", 4)]
    made = {"verse": (home,), "pre-chorus": (home, home), "chorus": (home,)}
    style = PlanStyle(cadences=0.0)
    bars = harmony.joined(blocks, made, mode, style, NONE, 3)
    assert bars[0] == (home,) * 4
    assert bars[1][:3] == (home,) * 3
    assert bars[1][3][-1] in {approach.split()[-1] for approach in harmony.APPROACHES[mode]}


def test_an_applied_dominant_is_not_taken_for_the_dominant():
    loop = tuple(tuple(bar.split()) for bar in ("I", "vi", "ii", "V", "I", "I", "iii7 V7/ii", "ii7 V7"))
    bars = harmony.phrased("verse", loop, 16, "major", PlanStyle(cadences=1.0), 0)
    assert bars[15] == ("I",)
    assert bars[14][-1] == "V"


def test_an_applied_dominant_is_not_left_hanging_between_sections():
    blocks = [Block("verse", 4), Block("chorus", 4), Block("verse", 4)]
    made = {"verse": (("ii",), ("I",), ("vi",), ("V7/ii",)), "chorus": (("I",), ("IV",), ("vi",), ("V7/ii",))}
    bars = harmony.joined(blocks, made, "major", PlanStyle(cadences=0.0), NONE, 3)
    assert bars[0][-1][-1] == "V"
    assert bars[1][-1] == ("V7/ii",)


@pytest.mark.parametrize("cadences", [0.0, 1.0])
def test_a_style_that_cadences_opens_its_verses_towards_home(cadences):
    blocks = [Block("verse", 8), Block("chorus", 8)]
    made = {"verse": (("I",), ("IV",), ("I",), ("vi",)), "chorus": (("I",), ("IV",))}
    verse = harmony.joined(blocks, made, "major", PlanStyle(cadences=cadences), NONE, 3)[0]
    assert (verse[-1][-1] == "V") == (cadences == 1.0)


def test_long_sections_are_built_as_question_and_answer():
    loop = tuple((numeral,) for numeral in ["I", "IV", "I", "V", "I", "IV", "ii", "V"])
    bars = harmony.phrased("verse", loop, 16, "major", PlanStyle(cadences=1.0), 0)
    assert bars[7] == ("V",)
    assert bars[15] == ("I",)
    assert bars[14][-1] == "V"
    assert harmony.phrased("verse", loop, 16, "major", PlanStyle(cadences=0.0), 0) == [*loop, *loop]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["home", "open"])
def test_endings(mode, kind):
    feeling, arc = (Emotion(0.8, 0.2, 0.5), "climb-to-climax") if kind == "home" else (Emotion(-0.9, -0.4, -0.8), "repetitive-despair")
    key = Key(PitchClass("G"), mode)
    kinds = set()
    for seed in range(20):
        ending = endings.ending_of(mode, feeling, arc, PlanStyle(modes={"major": 1.0}), NONE, generator(seed, "ending"))
        bars = endings.ended((("I",),) * 4, ending, grammar.HOME[mode])
        assert len(bars) == 4
        last = chord_of(bars[-1][-1], key)
        assert (last.root == key.tonic) == (kind == "home")
        kinds.add(ending.kind)
        alone = endings.ended((("V",),), ending, grammar.HOME[mode])
        assert len(alone) == 1
        assert chord_of(alone[0][0], key).root == key.tonic
    assert (kinds == {"open"}) == (kind == "open")


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1))
def test_openness_is_a_share_and_falls_with_valence(valence, arousal, dominance):
    low, high = (endings.openness(Emotion(v, arousal, dominance), "spiral") for v in sorted((valence, -1.0)))
    assert 0 <= high <= low <= 1


def test_a_slow_reveal_borrows_where_it_reveals():
    style = PlanStyle(borrowed=0.0, invention=0.0)
    blocks = [Block("verse", 16), Block("verse", 16), Block("bridge", 8), Block("chorus", 8)]
    table = {"major": {"verse": ("I | vi | IV | V",), "bridge": ("vi | iii | ii | V",), "chorus": ("I | V | IV | IV",)}}
    style = PlanStyle(borrowed=0.0, invention=0.0, progressions=table, modes={"major": 1.0})
    outside = 0
    for seed in range(10):
        made = harmony.loops(blocks, "major", style, NONE, arc="slow-reveal", seed=seed)
        assert made["verse"] == (("I",), ("vi",), ("IV",), ("V",))
        outside += "iv" in {numeral for bar in made["chorus"] for numeral in bar}
    assert outside == 10


def test_tension_sharpens_the_appetite():
    style = PlanStyle(borrowed=0.3, secondary=0.3)
    calm, tense = (harmony.appetite(style, feeling, cues_of(feeling)) for feeling in (Emotion(0.5, -0.8, 0.5), Emotion(-0.5, 0.8, -0.5)))
    assert tense.secondary > calm.secondary
    assert tense.borrowed > calm.borrowed


def test_generators_are_kept_apart_by_purpose():
    assert not np.array_equal(generator(1, "tonic").random(4), generator(1, "mode").random(4))
    assert np.array_equal(generator(1, "tonic").random(4), generator(1, "tonic").random(4))


def test_a_section_has_the_appetite_of_its_own_feeling_the_mean_of_its_returns():
    song = Emotion(0.0, 0.0, 0.0)
    blocks = (Block("verse", 8), Block("chorus", 8), Block("verse", 24), Block("chorus", 8))
    felt = (Emotion(-0.4, -0.2, 0.0), Emotion(0.2, 0.4, 0.0), Emotion(0.0, 0.2, 0.0), Emotion(0.4, 0.6, 0.0))
    found = harmony.section_appetites(blocks, felt, PlanStyle(borrowed=0.3), song, cues_of(song))
    assert found["verse"].valence == pytest.approx(-0.1)
    assert found["verse"].arousal == pytest.approx(0.1)
    assert found["chorus"].valence == pytest.approx(0.3)
    assert found["chorus"].tension == pytest.approx(0.5 + harmony.TENSER * (-0.23 * 0.3 + 0.2 * 0.5))
    still = harmony.section_appetites(blocks, (song,) * 4, PlanStyle(borrowed=0.3), song, cues_of(song))
    assert set(still.values()) == {harmony.appetite(PlanStyle(borrowed=0.3), song, cues_of(song))}
