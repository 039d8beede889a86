from dataclasses import replace

import numpy as np
import pytest

from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.score import Note, Timeline
from daiw.music.styles.compose import MelodyStyle
from daiw.music.time import TICKS_PER_QUARTER, Meter, Tempo, TempoMap
from daiw.nets.composer_sheet import LEAP, section_chords, section_controls
from daiw.nets.lead_breath import ALONE, Breaths
from daiw.nets.lead_cost import CIRCLING, RISING, musical_costs, rising_cost
from daiw.nets.lead_rules import HELD, Rules, Window
from daiw.nets.picking import Chance
from daiw.nets.sampler import draw
from daiw.nets.transformer import Weights
from daiw.nets.transformer_shape import Shape
from daiw.tokens.codec import split_bars
from daiw.tokens.controls import COLUMN, CONTROLS, bin_of
from daiw.tokens.grid import DURATIONS, slot_of, unit_of
from daiw.tokens.sheet import no_events
from daiw.tokens.vocab import DURATION, PITCH, PITCH_LOW, SLOT, bar_token
from daiw.tokens.walk import Walk

SHAPE = Shape(width=16, layers=1, heads=1, head=16, inner=16, condition=8, cross=(0,))
SEEDS = range(250)
STYLE = MelodyStyle(density=1.06, rest_beats=1.25)


def chord_events(plan):
    """The chords of the plan's first section in the neutral key."""
    return section_chords(plan, plan.sections[0], "4/4", 0)


def song(seed, *form, meter=Meter(4, 4), density=0.5):  # noqa: B008
    """A plan of (name, letter, bars), the line silent in breakdowns."""
    made, bar = [], 0
    for name, letter, bars in form:
        roles = () if name == "breakdown" else ("melody",)
        made.append(Section(name, letter, bar, bars, 0.5, Emotion(0.0, 0.0), density, roles))
        bar += bars
    timeline = Timeline(TempoMap((Tempo(0, 90.0),)), ((0, meter),), (), (), bar * meter.bar_ticks)
    cues = Cues(90.0, 0.0, 67.0, 0.5, 0.2, 80.0, 0.9, 0.0, 0.0, 1.5, 0.7)
    return Plan("t", Key.parse("C major"), meter, timeline, "static-reflection", tuple(made), (), ("melody",), cues, seed, "pop")


def resting(name, place=0, style=STYLE, density=0.5, behind="verse"):
    """Share of seeds with which the phrase `place` of eight bars comes to rest."""
    plans = [song(seed, (name, "A", 8), (behind, "B", 8), density=density) for seed in SEEDS]
    return np.mean([Breaths(plan, style).rests(plan.sections[0])[4 * place] > 0 for plan in plans])


def test_half_of_the_phrases_of_verses_rest_fewer_in_choruses_more_before_silence():
    """Beside those that the network brings to rest of its own; of real phrases .55, .32, .47 and .78 do."""
    share = {name: resting(name) for name in ("verse", "chorus", "bridge")}
    assert share["verse"] + (1 - share["verse"]) * ALONE == pytest.approx(0.55, abs=0.08)
    assert share["chorus"] + (1 - share["chorus"]) * ALONE == pytest.approx(0.42, abs=0.08)
    assert share["bridge"] < share["verse"] - 0.05
    assert resting("verse", 1, behind="breakdown") > resting("verse", 1) + 0.15


def test_busy_lines_rest_less_and_styles_that_ask_for_rests_more():
    assert resting("verse", density=0.0) > resting("verse", density=1.0) + 0.15
    assert resting("verse", style=replace(STYLE, rest_beats=3.0)) > resting("verse", style=replace(STYLE, rest_beats=0.5)) + 0.15


def test_songs_differ_more_than_their_phrases_would_by_chance():
    form = [("verse", letter, 16) for letter in "ABC"]
    shares = [np.mean([rest > 0 for section in made.sections for rest in Breaths(made, STYLE).rests(section).values()])
              for made in (song(seed, *form) for seed in SEEDS)]  # fmt: skip
    mean = np.mean(shares)
    assert np.std(shares) > 1.3 * np.sqrt(mean * (1 - mean) / 12)


def test_a_letter_rests_where_it_did():
    plan = song(3, ("verse", "A", 16), ("chorus", "B", 8), ("verse", "A", 16))
    breaths = Breaths(plan, STYLE)
    assert breaths.rests(plan.sections[0]) == breaths.rests(plan.sections[2])


@pytest.mark.parametrize("meter", [Meter(4, 4), Meter(3, 4), Meter(6, 8), Meter(2, 4)])
def test_rests_are_whole_eighths_within_a_bar(meter):
    rests = [
        rest for seed in SEEDS for plan in [song(seed, ("verse", "A", 10), meter=meter)]
        for rest in Breaths(plan, STYLE).rests(plan.sections[0]).values()
    ]  # fmt: skip
    assert {rest * 2 % 1 for rest in rests} == {0.0}
    assert 0.0 == min(rests) < max(rests) == meter.bar_ticks / TICKS_PER_QUARTER


def test_the_decision_counts_the_phrases():
    plan = song(5, ("verse", "A", 8), ("breakdown", "B", 4), ("chorus", "C", 8))
    made = Breaths(plan, STYLE).told()
    count = sum(rest > 0 for section in (plan.sections[0], plan.sections[2]) for rest in Breaths(plan, STYLE).rests(section).values())
    assert made.choice == f"{count} of 4 phrases come to rest"
    assert made.subject == "breath"


def walked(token, slot, last=None):
    """Rules and a walk that has struck a first bar on every quarter, and the second at `slot`."""
    window = Window(
        3, 48, no_events(), np.ones((SHAPE.window_bars, len(CONTROLS)), np.int64), last_onsets={} if last is None else {1: last}
    )
    walk = Walk("melody", 3, 48, no_events())
    walk.push(bar_token(0, 0))
    for unit in (0, 12, 24, 36):
        for each in (SLOT.token(slot_of(unit)), PITCH.token(20), DURATION.token(3)):
            walk.push(each)
    for each in (token, SLOT.token(slot), PITCH.token(20)):
        walk.push(each)
    return Rules(window, Chance()), walk


def test_a_note_on_which_a_phrase_rests_is_held_rather_but_no_longer_than_its_bar():
    def added(*case):
        rules, walk = walked(*case)
        options = rules.options(walk)
        return dict(zip(options.ids.tolist(), options.added.tolist(), strict=True))

    quarter, half, longest = (DURATION.token(DURATIONS.index(length)) for length in (12, 24, 48))
    here = added(bar_token(0, 0), slot_of(24), 24)
    assert here[half] - here[quarter] == pytest.approx(HELD)
    assert HELD > 0.0
    assert here[longest] == here[half]
    for case in ((bar_token(0, 0), slot_of(12), 24), (bar_token(0, 0), slot_of(24)), (bar_token(1, 1), slot_of(24), 24)):
        assert not any(added(*case).values())


def test_nothing_starts_behind_the_last_onset_save_in_a_bar_that_repeats_another():
    rng = np.random.default_rng(3)
    weights = Weights(SHAPE, {name: rng.normal(0, 0.7, size).astype(np.float32) for name, size in SHAPE.weights().items()})
    window = Window(
        4, 48, no_events(), np.ones((SHAPE.window_bars, len(CONTROLS)), np.int64),
        head={1: bar_token(0, 0), 2: bar_token(2, 1), 3: bar_token(1, 2)}, sounding=frozenset(range(4)), last_onsets={1: 12, 2: 0, 3: 0},
    )  # fmt: skip
    late = []
    for seed in range(4):
        for line in draw(weights, window, Chance(candidates=4), np.random.default_rng(seed)):
            bars = [[unit_of(token - SLOT.first) for token in bar[1::3]] for bar in split_bars(line.tokens)]
            assert bars[1]
            assert max(bars[1]) <= 12
            assert bars[2] == [0]
            late.append(max(bars[3]) > 0)
    assert any(late)


def test_phrases_lie_higher_and_lower_and_the_third_of_four_highest():
    told = []
    for seed in range(150):
        plan = song(seed, ("verse", "A", 16))
        told.append(section_controls(plan, plan.sections[0], STYLE, "4/4", 0)[::4, COLUMN["register"]])
    heights = np.array(told)
    assert heights.mean(axis=0).argmax() == 2
    assert heights.mean(axis=0)[2] > heights.mean(axis=0)[0] + 0.3
    assert heights.std(axis=1).mean() > 0.4


def test_lines_that_rub_circle_or_hardly_move_cost():
    made = replace(song(1, ("verse", "A", 8)), harmony=(ChordSpan(0, 8 * 1920, Chord.parse("C"), "I"),))

    def costs(*pitches, length=480):
        return musical_costs(made, [Note(i * length, length, pitch, 80) for i, pitch in enumerate(pitches)], 1.0)

    assert costs(60, 65, 64, 60)["rubs"] == pytest.approx(0.5)
    assert costs(60, 65, 64, 60, length=240)["rubs"] == 0.0
    wide = (55, 60, 64, 67, 62, 60, 59, 57, 60, 64, 65, 67)
    assert costs(*wide)["circles"] == 0.0
    assert costs(*([65, 63] * 6))["circles"] == pytest.approx(0.48 * CIRCLING)
    assert costs(*([65, 63] * 6))["narrow"] > costs(*wide)["narrow"] + 0.3


def test_phrases_that_end_high_cost():
    def cost(last, start=1920, at=1920):
        notes = [Note(start + i * 480, 480, last if i % 16 >= 12 else 67, 80) for i in range(32)]
        return rising_cost(notes, 1920, at)

    assert cost(62) == 0.0
    assert cost(67) == pytest.approx(RISING * 0.8)
    assert cost(71) == pytest.approx(RISING * 3.8)
    assert cost(71, at=0) < cost(71), "phrases are counted from where the line starts"
    assert rising_cost([], 1920, 0) == 0.0
    assert rising_cost([Note(0, 480, 90, 80)], 1920, 0) == 0.0, "a phrase whose last bar is silent has no end to judge"


def test_styles_of_common_leapiness_are_told_the_steps_of_real_songs():
    plan = song(1, ("verse", "A", 16))
    told = [
        section_controls(plan, plan.sections[0], MelodyStyle(leapiness=leapiness), "4/4", 0)[:, COLUMN["leap"]].mean()
        for leapiness in (0.0, 0.3, 0.6)
    ]
    assert told[0] < told[1] < told[2]
    assert {bin_of("leap", LEAP + 2.0 * 0.3)} == {bin_of("leap", 2.37)}


def test_the_bar_that_ends_a_song_has_held_chord_tones_alone_and_other_bars_are_free():
    rng = np.random.default_rng(3)
    weights = Weights(SHAPE, {name: rng.normal(0, 0.7, size).astype(np.float32) for name, size in SHAPE.weights().items()})
    chords = chord_events(replace(song(1, ("verse", "A", 4)), harmony=(ChordSpan(0, 4 * 1920, Chord.parse("C"), "I"),)))
    struck = {}
    for home in (None, 3):
        window = Window(4, 48, chords, np.ones((SHAPE.window_bars, len(CONTROLS)), np.int64), sounding=frozenset({3}), home=home)
        lines = [line for seed in range(8) for line in draw(weights, window, Chance(candidates=4), np.random.default_rng(seed))]
        bars = [split_bars(line.tokens)[3] for line in lines]
        struck[home] = [bar[i : i + 3] for bar in bars for i in range(1, len(bar), 3)]

    def astray(home):
        """Notes off the chord, and notes that are shorter than half a bar or than what is left of it."""
        notes = [(unit_of(SLOT.value(slot)), PITCH.value(pitch), DURATIONS[DURATION.value(held)]) for slot, pitch, held in struck[home]]
        return sum((pitch + PITCH_LOW) % 12 not in (0, 4, 7) for _, pitch, _ in notes), sum(
            length < min(24, 48 - unit) for unit, _, length in notes
        )

    assert astray(3) == (0, 0)
    assert min(astray(None)) > 0
