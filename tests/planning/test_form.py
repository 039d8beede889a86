import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.music.emotion import Emotion
from daiw.music.styles.plan import ARCS, SECTION_NAMES, read_form
from daiw.planning.arcs import CURVES, HOMES, STORIES, WORDS, affinity
from daiw.planning.form import CHARTED_ENERGY, Block, energies, entries_of, fit, journey, letters, roles_in, total

LENGTHS = [*range(1, 41), 52, 63, 64, 77, 100, 128, 257, 1000]
POP = (("intro", 4), ("verse", 8), ("chorus", 8), ("verse", 8), ("chorus", 8), ("bridge", 8), ("chorus", 8), ("outro", 4))


def test_every_form_of_every_style_fits_every_length_exactly(style):
    for text in style.forms:
        for bars in LENGTHS:
            blocks = fit(read_form(text)[1], bars)
            assert total(blocks) == bars, (text, bars)
            assert all(block.bars >= 1 for block in blocks)


@given(st.lists(st.tuples(st.sampled_from(SECTION_NAMES), st.integers(1, 64)), min_size=1, max_size=12), st.integers(1, 400))
def test_any_form_fits_any_length(form, bars):
    assert total(fit(form, bars)) == bars


@pytest.mark.parametrize("name", SECTION_NAMES)
def test_a_form_of_one_section_grows_and_shrinks(name):
    assert [total(fit(((name, 8),), bars)) for bars in (1, 8, 50)] == [1, 8, 50]


def test_a_form_of_the_right_length_is_left_alone(style):
    for text in style.forms:
        form = read_form(text)[1]
        assert fit(form, sum(bars for _, bars in form)) == tuple(Block(*section) for section in form)


@pytest.mark.parametrize("bars", [24, 32, 48, 64, 100])
def test_a_shortened_or_lengthened_song_keeps_verse_and_chorus(bars):
    names = [block.name for block in fit(POP, bars)]
    assert {"verse", "chorus"} <= set(names)
    assert names[-1] in ("chorus", "outro")
    assert not any(a == b == "intro" for a, b in itertools.pairwise(names))


def test_thirty_two_bars_of_a_standard_are_aaba():
    standard = "intro 4, verse 8, verse 8, bridge 8, verse 8, solo 16, bridge 8, verse 8, outro 4"
    blocks = fit(read_form(standard)[1], 32)
    assert [(block.name, block.bars) for block in blocks] == [("verse", 8), ("verse", 8), ("bridge", 8), ("verse", 8)]


def test_the_last_chorus_gets_the_bars_to_spare():
    blocks = fit(POP, 60)
    choruses = [block.bars for block in blocks if block.name == "chorus"]
    assert choruses[-1] == max(choruses) > choruses[0]


def test_letters_return_with_names():
    names = ["intro", "verse", "pre-chorus", "chorus", "verse", "pre-chorus", "chorus", "bridge", "chorus", "outro"]
    assert "".join(letters(names)) == "IABCABCDCO"


def sampled(arc):
    return np.array([CURVES[arc](x) for x in np.linspace(0, 1, 101)])


def test_the_eight_arcs_are_all_distinct():
    assert len(ARCS) == 8
    assert set(CURVES) == set(STORIES) == set(WORDS) == set(HOMES) == set(ARCS)
    for one, other in itertools.combinations(ARCS, 2):
        assert np.abs(sampled(one) - sampled(other)).mean() > 0.08, (one, other)


def test_the_arcs_still_differ_once_they_are_section_energies():
    blocks = [Block(*section) for section in POP]
    for one, other in itertools.combinations(ARCS, 2):
        distance = np.abs(np.subtract(energies(blocks, one, 0.0), energies(blocks, other, 0.0))).mean()
        assert distance > 0.05, (one, other)


@pytest.mark.parametrize("arc", ARCS)
def test_energy_stays_in_range(arc):
    curve = sampled(arc)
    assert curve.min() >= 0.0
    assert curve.max() <= 1.05


def test_arcs_have_their_shapes():
    assert sampled("climb-to-climax").argmax() in range(75, 96)
    assert sampled("slow-reveal")[:70].max() < 0.35 < sampled("slow-reveal").max()
    assert sampled("descent").argmax() == 0
    assert 45 <= sampled("rise-and-fall").argmax() <= 55
    assert np.ptp(sampled("static-reflection")) < 0.1
    assert np.ptp(sampled("repetitive-despair")) < 0.25
    assert np.abs(np.diff(sampled("sudden-shift"))).max() > 0.5
    spiral = sampled("spiral")
    turns = [spiral[start : start + 25].max() for start in (0, 25, 50, 75)]
    assert turns == sorted(turns)
    assert (np.diff(spiral) < -0.1).sum() >= 3


@pytest.mark.parametrize("arc", ARCS)
@pytest.mark.parametrize("arousal", [-1.0, 0.0, 1.0])
def test_a_chorus_lifts_the_verse_before_it(arc, arousal):
    blocks = [Block(*section) for section in POP]
    energy = energies(blocks, arc, arousal)
    assert energy[2] > energy[1]
    assert energy[4] > energy[3]
    assert all(0 <= value <= 1 for value in energy)


@pytest.mark.parametrize("arc", ARCS)
def test_a_rousing_song_spends_more_energy_than_a_calm_one_whatever_its_arc(arc):
    blocks = [Block(*section) for section in POP]
    share = np.array([block.bars for block in blocks]) / total(blocks)
    means = [share @ energies(blocks, arc, arousal) for arousal in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    assert (np.diff(means) > 0.015).all(), means
    assert np.corrcoef(energies(blocks, arc, 0.0), energies(blocks, arc, 0.9))[0, 1] > 0.95  # the shape is the arc's


def test_arousal_between_arcs_does_not_lose_to_the_arc():
    """The arc that a rousing song takes may climb from a whisper; it still spends more than the arch of a neutral one."""
    blocks = [Block(*section) for section in POP]
    share = np.array([block.bars for block in blocks]) / total(blocks)
    assert share @ energies(blocks, "climb-to-climax", 1.0) > share @ energies(blocks, "rise-and-fall", 0.0)


def test_drums_and_bass_come_in_sooner_where_the_song_is_rousing():
    usual, rousing = entries_of({"drums": 0.45}, -0.5), entries_of({"drums": 0.45}, 1.0)
    assert usual == entries_of({"drums": 0.45}, 0.0)
    assert usual["drums"] == 0.45
    roles = ("melody", "chords", "bass", "drums")
    assert "drums" not in roles_in("verse", 0.4, roles, usual)
    assert "drums" in roles_in("verse", 0.4, roles, rousing)


def test_the_last_chorus_is_the_largest_where_the_arc_climbs():
    blocks = [Block(*section) for section in POP]
    energy = energies(blocks, "climb-to-climax", 0.3)
    choruses = [value for block, value in zip(blocks, energy, strict=True) if block.name == "chorus"]
    assert choruses == sorted(choruses)
    assert choruses[-1] == max(energy)


@pytest.mark.parametrize("arc", ARCS)
def test_arousal_follows_energy_and_stays_legal(arc):
    blocks = [Block(*section) for section in POP]
    energy = energies(blocks, arc, 0.9)
    points = journey(Emotion(-0.95, 0.9, 0.9, (("rage", 1.0),)), arc, blocks, energy)
    assert len(points) == len(blocks)
    order = sorted(range(len(blocks)), key=lambda i: energy[i])
    assert points[order[0]].arousal <= points[order[-1]].arousal
    assert points[0].labels == (("rage", 1.0),)


def test_roles_enter_with_energy_and_rest_in_intros():
    roles = ("melody", "chords", "bass", "drums", "pad", "counter")
    assert "melody" not in roles_in("intro", 0.9, roles, {})
    assert "drums" not in roles_in("breakdown", 0.9, roles, {})
    assert roles_in("chorus", 0.9, roles, {}) == roles
    assert {"melody", "chords", "bass", "drums"} <= set(roles_in("chorus", 0.1, roles, {}))
    assert "melody" in roles_in("verse", 0.05, roles, {})
    assert set(roles_in("verse", 0.3, roles, {})) < set(roles_in("verse", 0.8, roles, {}))


@given(
    st.sampled_from(SECTION_NAMES),
    st.floats(0, 1),
    st.sets(st.sampled_from(["melody", "chords", "bass", "drums", "pad", "counter"]), min_size=1),
)
def test_no_section_is_silent(name, energy, roles):
    ordered = tuple(sorted(roles))
    playing = roles_in(name, energy, ordered, {})
    assert playing
    assert set(playing) <= roles
    assert playing != ("drums",) or roles == {"drums"}


@pytest.mark.parametrize("arc", ARCS)
def test_every_arc_is_told_best_at_home(arc):
    home = Emotion(*HOMES[arc])
    assert max(ARCS, key=lambda other: affinity(other, home)) == arc


def test_a_pad_never_carries_a_section_alone():
    roles = ("melody", "chords", "bass", "drums", "pad")
    entries = {"pad": 0.0, "chords": 0.9, "melody": 0.9, "bass": 0.9, "drums": 0.9}
    assert roles_in("intro", 0.1, roles, entries) == ("chords", "pad")
    assert roles_in("intro", 0.1, ("melody", "bass", "pad"), entries) == ("pad",)


@pytest.mark.parametrize("arc", ARCS)
@pytest.mark.parametrize("arousal", [-0.7, 0.0, 0.7])
def test_a_bridge_as_charts_have_it_is_louder_and_the_arc_keeps_its_peak(arc, arousal):
    blocks = [Block(*one) for one in POP]
    plain, charted = energies(blocks, arc, arousal), energies(blocks, arc, arousal, kinds=CHARTED_ENERGY)
    bridge = [block.name for block in blocks].index("bridge")
    assert charted[bridge] - charted[bridge - 2] >= plain[bridge] - plain[bridge - 2], "beside the verse"
    assert charted[bridge + 1] > charted[bridge], "the chorus after it is louder still"
    assert charted.index(max(charted)) == plain.index(max(plain))


def test_arcs_that_climb_give_a_bridge_room_to_rise():
    blocks = [Block(*one) for one in POP]
    for arc in ("climb-to-climax", "slow-reveal", "repetitive-despair"):
        assert energies(blocks, arc, 0.0, kinds=CHARTED_ENERGY)[5] > energies(blocks, arc, 0.0)[5] + 0.03
