import pytest

from daiw.music.score import Note
from daiw.train.band_own import Tally, clashing


def test_what_grates_is_counted_by_time_against_long_notes_only():
    tune = (Note(0, 960, 72, 80), Note(960, 240, 74, 80), Note(1920, 480, 76, 80))
    keys = (Note(0, 480, 71, 70), Note(960, 480, 73, 70), Note(1920, 480, 64, 70), Note(1680, 360, 75, 70))
    assert clashing(keys, tune) == pytest.approx((480 + 120) / 1440)
    assert clashing((), tune) == 0.0


def test_busier_where_more_is_asked_gives_a_rank_correlation_of_one():
    tally = Tally(sections=[(i / 10, 1 - i / 10, float(i)) for i in range(10)])
    tally.add("in the style's range", 1.0)
    tally.add("in the style's range", 0.5)
    found = tally.figures()
    assert found["rho energy"] == pytest.approx(1.0)
    assert found["rho density"] == pytest.approx(-1.0)
    assert found["in the style's range"] == 0.75
