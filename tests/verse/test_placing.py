from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.errors import PromptError
from daiw.files.lyrics import parse_lyrics
from daiw.music.lyrics import SungSyllable
from daiw.music.time import Meter
from daiw.singing.pronounce import pronounce_line
from daiw.verse import placing
from daiw.verse.meter import stressed_on_strong, weight
from daiw.verse.placing import Ground, evenly, place
from daiw.verse.syllables import syllables_of

LINES = """The last train has gone and I don't mind
I carry the kitchen, the key and the door
Beautiful windows in the rain
Nothing is lost that was ever believed
Tomorrow the river remembers your name
We danced until the lights came on
And everybody knew the words but me
Hold me under water till I breathe again
"""


def syllables(stresses):
    return [SungSyllable("la", ("L", "AA1"), stress, i) for i, stress in enumerate(stresses)]


def sung(line):
    return syllables_of(parse_lyrics(line).lines[0], pronounce_line)[1]


@given(
    st.lists(st.sampled_from([0, 0, 1, 2]), min_size=1, max_size=16),
    st.sampled_from([Meter(4, 4), Meter(3, 4), Meter(6, 8), Meter(7, 8)]),
    st.floats(55, 170),
    st.integers(1, 4),
)
@settings(deadline=None)
def test_every_syllable_is_placed_in_order_inside_its_ground_or_refused(stresses, meter, bpm, bars):
    ground = Ground(4 * meter.bar_ticks, (4 + bars) * meter.bar_ticks, meter, bpm, pickup=360)
    try:
        placed = place(syllables(stresses), ground)
    except PromptError:
        assert len(stresses) * placing.QUICKEST_SYLLABLE_S > 0.35 * bars * meter.bar_ticks / 480 * 60 / bpm
        return
    assert len(placed.onsets) == len(stresses)
    assert all(a < b for a, b in zip(placed.onsets, (*placed.onsets[1:], placed.end), strict=True))
    assert placed.onsets[0] >= ground.start - ground.pickup
    assert placed.end <= ground.end


def test_the_cheapest_placement_is_found():
    """Against every placement there is, on a ground small enough to try them all."""
    ground = Ground(0, 1920, Meter(4, 4), 100.0, tune={960: 1.0})
    words = syllables([2, 0, 2])
    placed = place(words, ground)

    def cost(onsets):
        fixed = Ground(0, 1920, Meter(4, 4), 100.0, tune={960: 1.0})
        return min_cost(words, onsets, fixed)

    step = placing._step(3, ground)
    grid = range(0, 1920 - 480, step)
    best = min(combinations(grid, 3), key=cost)
    assert cost(placed.onsets) == pytest.approx(cost(best))
    assert placed.cost == pytest.approx(cost(best) / 3)


def min_cost(words, onsets, ground):
    """The stated cost, added up note by note without any programming."""
    import numpy as np

    last = ground.end - min(ground.breath, (ground.end - ground.start) // 4)
    seconds = 60.0 / (ground.bpm * 480)
    total = sum(placing._own(word, onset, ground) for word, onset in zip(words, onsets, strict=True))
    at = np.array(onsets)
    total += float(placing._entry(at, ground, words[0])[0]) + float(placing._landing(words[-1], at, last, ground)[-1])
    wanted = placing._wanted_s(len(words), ground, last)
    for i in range(1, len(words)):
        length = np.array([[(onsets[i] - onsets[i - 1]) * seconds]])
        total += float(
            placing._lengths(length, wanted * (1.2 if words[i - 1].stress == 2 else 0.85), placing.QUICKEST_SYLLABLE_S * 0.85)[0, 0]
        )
        total -= float(placing._held_over(words[i - 1], at[[i - 1, i]], ground)[0, 1])
    return total


@pytest.mark.parametrize("bpm", [72.0, 100.0, 132.0])
def test_stressed_syllables_fall_on_beats_far_more_often_than_in_even_steps(bpm):
    meter, placed, even = Meter(4, 4), [], []
    for line in LINES.splitlines():
        words = sung(line)
        ground = Ground(1920, 1920 * 3, meter, bpm, pickup=360)
        placed += zip(words, place(words, ground).onsets, strict=True)
        even += zip(words, evenly(words, ground), strict=True)
    assert stressed_on_strong(placed, meter) >= 0.85
    assert stressed_on_strong(placed, meter) >= stressed_on_strong(even, meter) + 0.25


def test_light_first_syllables_come_before_the_bar():
    placed = place(sung("the morning"), Ground(1920, 3840, Meter(4, 4), 90.0, pickup=360))
    assert placed.onsets[0] < 1920 <= placed.onsets[1]
    assert placed.onsets[1] % 1920 == 0


def test_a_line_keeps_the_rhythm_of_the_tune_it_answers():
    words = sung("gone is the morning and gone is the rain")
    free = Ground(0, 3840, Meter(4, 4), 90.0)
    tune = dict.fromkeys((0, 360, 720, 960, 1440, 1920, 2280, 2640, 2880, 3120), 1.0)
    kept = Ground(0, 3840, Meter(4, 4), 90.0, tune=tune)
    shared = len(set(place(words, kept).onsets) & set(tune))
    assert shared > len(set(place(words, free).onsets) & set(tune))
    assert shared >= 8


def test_a_crowded_line_is_refused_with_ways_out():
    with pytest.raises(PromptError, match=r"30 syllables .* do not fit in 1 bars at 140 bpm; ask for more bars"):
        place(syllables([2, 0] * 15), Ground(0, 1920, Meter(4, 4), 140.0))


def test_weights_of_a_waltz_and_of_compound_time():
    assert [weight(Meter(3, 4), tick) for tick in (0, 480, 960, 240)] == [3, 1, 1, 0]
    assert [weight(Meter(6, 8), tick) for tick in (0, 720, 240, 120)] == [3, 2, 0, -1]
