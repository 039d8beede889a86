import numpy as np
import pytest

from daiw.tokens.kit_controls import BACKBEATS, CRASHES, KEEPERS, KIT_COLUMN, KIT_CONTROLS, TURNS, kit_arousal, kit_controls
from daiw.tokens.onsets import VOICE
from daiw.tokens.takes import DRUM_STYLES, DrumTake


def beat(bar, keeper="closed hat", backbeat="snare", loud=90):
    rows = [(bar * 48 + 6 * i, VOICE[keeper], loud, 0) for i in range(8)]
    rows += [(bar * 48 + unit, VOICE["kick"], loud, 0) for unit in (0, 24)]
    return rows + [(bar * 48 + unit, VOICE[backbeat], loud, 0) for unit in (12, 36)]


def take(rows, bars=4, style="rock", bpm=100.0):
    return DrumTake("t", style, bpm, bars, np.array(sorted(rows), np.int32).reshape(-1, 4))


def told(rows, name, **options):
    return kit_controls(take(rows, **options))[:, KIT_COLUMN[name]]


def test_a_fill_is_a_bar_unlike_the_others_or_full_of_toms():
    fill = [(144 + 3 * i, VOICE["snare"], 100, 0) for i in range(16)]
    toms = beat(3) + [(144 + 24 + 6 * i, VOICE["high tom"], 100, 0) for i in range(4)]
    groove = [row for bar in range(3) for row in beat(bar)]
    for last in (fill, toms):
        assert [TURNS[i - 1] for i in told(groove + last, "turn")] == ["groove"] * 3 + ["fill"]


def test_crash_keeper_and_backbeat_are_told_bar_by_bar():
    rows = beat(0) + beat(1, "ride") + beat(2, backbeat="side stick") + beat(3, "open hat")
    rows += [(48, VOICE["crash"], 110, 0), (96 + 24, VOICE["crash"], 110, 0)]
    assert [CRASHES[i - 1] for i in told(rows, "crash")] == ["none", "downbeat", "elsewhere", "none"]
    assert [KEEPERS[i - 1] for i in told(rows, "keeper")] == ["closed hat", "ride", "closed hat", "open hat"]
    assert [BACKBEATS[i - 1] for i in told(rows, "backbeat")] == ["snare", "snare", "side stick", "snare"]


def test_density_loudness_and_shuffle_follow_the_strokes():
    soft, loud = ([row for bar in range(4) for row in beat(bar, loud=level)] for level in (40, 110))
    assert told(soft, "loudness")[0] < told(loud, "loudness")[0]
    thin = [row for row in loud if row[1] != VOICE["closed hat"]]
    assert told(thin, "density")[0] < told(loud, "density")[0]
    swung = [(start + 2 if start % 12 == 6 else start, *rest) for start, *rest in loud]
    assert told(swung, "shuffle")[0] == 3
    assert told(loud, "shuffle")[0] == 1


@pytest.mark.parametrize("fill", [False, True])
def test_every_value_lies_in_its_table(fill):
    rng = np.random.default_rng(2)
    units = np.sort(rng.choice(64, 40, replace=False)) * 3
    rows = [(int(unit), int(rng.integers(12)), int(rng.integers(1, 128)), 0) for unit in units]
    rows = kit_controls(DrumTake("t", "nobody", 300.0, 4, np.array(rows, np.int32), fill))
    assert (rows.max(axis=0) < [size for _, size in KIT_CONTROLS]).all()
    assert (rows[:, KIT_COLUMN["style"]] == 0).all()
    assert not fill or (rows[:, KIT_COLUMN["turn"]] == 3).all()
    assert "rock" in DRUM_STYLES


def test_fast_loud_and_busy_is_aroused():
    assert kit_arousal(160, 6.0, 100.0) > kit_arousal(100, 3.0, 60.0) > kit_arousal(60, 1.0, 30.0)
