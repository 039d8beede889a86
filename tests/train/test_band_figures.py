import numpy as np
import pytest

from daiw.tokens.layout import KIT
from daiw.tokens.onsets import Onset, onsets_of, strength_token, timing_token
from daiw.tokens.sheet import no_events
from daiw.tokens.takes import DrumTake
from daiw.train.band_figures import (
    BarMatcher,
    Line,
    Strokes,
    distance,
    feel_figures,
    lateness_persists,
    line_figures,
    line_overlaps,
    measured,
    overlap,
)
from daiw.train.corpus import joined as windows_of
from daiw.train.kneser_ney import band_baseline
from daiw.train.windows import take_windows


def played(rng, spread_ms, bars=16):
    units = np.arange(bars * 16) * 3
    late = rng.normal(0.0, spread_ms, len(units)) / (60000 / 100 / 12)
    voices = [(0, 3, 1, 3)[i // 2 % 4] for i in range(len(units))]
    return measured(units + late, voices, [100 if v == 1 else 70 for v in voices], 100.0, bars)


def test_a_looser_player_is_further_from_a_tight_one():
    rng = np.random.default_rng(1)
    real, alike, loose = played(rng, 5.0), played(rng, 5.0), played(rng, 14.0)
    near, far = feel_figures(alike, real), feel_figures(loose, real)
    for name in ("timing distance kick, ms", "timing distance time, ms"):
        assert near[name] < far[name]
    assert far["timing sd, ms"] == pytest.approx(14.0, rel=0.25)
    assert near["onset overlap kick"] == 1.0


def test_distance_is_the_shift_of_a_shifted_sample():
    sample = np.random.default_rng(2).normal(size=2000)
    assert distance(sample, sample + 3.0) == pytest.approx(3.0)
    assert np.isnan(distance(sample, np.zeros(0)))
    assert overlap(np.array([1, 1, 2, 2]), np.array([1, 1, 3, 3])) == 0.5


def test_lines_are_counted_as_a_musician_would():
    chords = np.array([(0, 0, 0)], np.int32)
    line = Line(np.array([(48 * bar + u, p, 12, 0) for bar in range(4) for u, p in ((0, 36), (24, 43))], np.int32), chords, 4, 48)
    figures = line_figures([line])
    assert figures["onsets a bar"] == (2.0, 0.0)
    assert figures["chord tones"][0] == 1.0
    assert figures["repeated bars"][0] == 0.75
    assert figures["held"][0] == pytest.approx(0.5)
    assert line_overlaps([line], [line]) == {"onset overlap": 1.0, "interval above the root overlap": 1.0}


def bar(*slots):
    return [Onset(slot, (strength_token(0, 90), timing_token(0))) for slot in slots]


def test_runs_of_training_bars_count_only_bars_that_differ():
    training = [bar(0, 6, 12), bar(0, 6, 12), bar(0, 3, 9), bar(2, 4, 6)]
    matcher = BarMatcher([training], "drums")
    assert matcher.longest([bar(0, 6, 12)] * 5) == 1
    assert matcher.longest(training) == 3
    assert matcher.longest([bar(1, 5, 7)]) == 0


def test_the_baseline_learns_a_beat_better_with_the_copied_bar():
    rng = np.random.default_rng(3)

    def take(seed, rng=rng):
        own = np.sort(rng.choice(16, 6, replace=False)) * 3
        rows = [(bar * 48 + int(u), int(rng.integers(3)) if bar == 0 else -1, 90, 0) for bar in range(8) for u in own]
        voices = {u: v for u, v, _, _ in rows[:6]}
        rows = [(u, voices[u % 48], 90, 0) for u, _, _, _ in rows]
        return DrumTake(f"groove/{seed}", "rock", 100.0, 8, np.array(rows, np.int32))

    train, held = (windows_of((one for seed in seeds for one in take_windows(take(seed), 8)), 12) for seeds in (range(20), range(20, 24)))
    plain, copying = (band_baseline(train, held, KIT, "drums", "groove", 5, 8, copy=copy) for copy in (False, True))
    assert copying < plain
    assert len(onsets_of("drums", take(1).strokes, no_events(), 8, 48)) == 8


def test_lateness_that_goes_on_is_heard_in_every_performance_by_itself():
    def performance(late_ms):
        size = len(late_ms)
        return Strokes(np.zeros(size, np.int64), 3 * np.arange(size), np.full(size, 80.0), np.array(late_ms, float), size // 16)

    slow = np.sin(np.arange(64) * 2 * np.pi / 32) * 10
    nervous = np.random.default_rng(3).normal(0, 10, 64)
    assert lateness_persists([performance(slow), performance(-slow)]) > 0.9  # laid over each other they would be nothing
    assert abs(lateness_persists([performance(nervous)])) < 0.3
    assert np.isnan(lateness_persists([performance(slow[:8])]))
