import numpy as np
import pytest

from daiw.nets.lead_returns import CHANGED, CHANGED_AFTER, CHANGED_AT_ONCE, FREEDOM, NEW, NEW_AFTER
from daiw.tokens.sheet import SECTION_KINDS, Sheet
from daiw.train.returns import Returned, fitted, returns_in, shares

VERSE, CHORUS, INTRO = (SECTION_KINDS.index(name) for name in ("verse", "chorus", "intro"))


def sheet(bars, sections):
    """Bars of quarters on these pitches."""
    notes = [(48 * bar + 12 * i, pitch, 12) for bar, pitches in enumerate(bars) for i, pitch in enumerate(pitches)]
    return Sheet("pop909/001.0", "pop909", "4/4", len(bars), np.array(notes, np.int32), sections=sections)


A, B, C, D = (60, 62, 64, 65), (67, 65, 64, 62), (69, 71, 72, 74), (60, 62, 76, 77)


def test_returns_are_held_against_the_first_of_their_kind_bar_by_bar():
    bars = [A, B, A, C, *[B] * 4, A, B, D, (), A, B, A, C]
    found = returns_in([sheet([(60,)], ()), sheet(bars, ((0, VERSE), (4, CHORUS), (8, VERSE), (12, VERSE)))])
    assert found == [Returned(1, "verse", False, (1.0, 1.0, 0.5, 0.0)), Returned(1, "verse", False, (1.0,) * 4)]
    counted = shares(found)
    assert counted["verse: bars as before"] == 0.75
    assert counted["verse: bars alike"] == counted["verse: bars new"] == 0.125
    assert counted["verse: last bar as before"] == counted["verse: wholly as before"] == 0.5
    assert "chorus: returns" not in counted


def test_only_returns_as_long_as_the_first_count_and_only_of_sections_that_sing():
    bars = [A] * 4 + [B] * 5 + [A] * 8 + [()] * 4
    assert returns_in([sheet(bars, ((0, VERSE), (4, VERSE), (9, INTRO), (13, INTRO), (17, VERSE)))]) == []
    at_once = returns_in([sheet([A] * 4 + [A] * 4 + [()] * 2, ((0, CHORUS), (4, CHORUS), (8, VERSE)))])
    assert [each.at_once for each in at_once] == [True]


IN_VERSE = 0.4


def made_up(songs, seed=1):
    """Returns drawn by the odds themselves."""
    rng = np.random.default_rng(seed)
    chance = lambda odds: rng.random() < 1 / (1 + np.exp(-odds))  # noqa: E731
    found = []
    for song in range(songs):
        freedom = FREEDOM * rng.normal()
        for kind in ("verse", "chorus", "verse", "chorus", "verse", "chorus"):
            at_once = bool(rng.random() < 0.3)
            bars, later, newer = [], False, False
            for place in range(8):
                odds = CHANGED[min(place, 3)] + freedom + CHANGED_AFTER * later + IN_VERSE * (kind == "verse")
                changed = chance(odds + CHANGED_AT_ONCE * at_once)
                new = changed and chance(NEW[min(place, 1)] + NEW_AFTER * newer)
                bars.append(0.1 if new else 0.7 if changed else 1.0)
                later, newer = changed, new
            found.append(Returned(song, kind, at_once, tuple(reversed(bars))))
    return found


def test_the_odds_are_found_again():
    found = fitted(made_up(500))
    assert found["CHANGED"] == pytest.approx(CHANGED, abs=0.3)
    assert found["CHANGED_AFTER, _AT_ONCE, verse"] == pytest.approx([CHANGED_AFTER, CHANGED_AT_ONCE, IN_VERSE], abs=0.3)
    assert found["FREEDOM"] == pytest.approx([FREEDOM], abs=0.2)
    assert found["NEW"] == pytest.approx(NEW, abs=0.3)
    assert found["NEW_AFTER"] == pytest.approx([NEW_AFTER], abs=0.3)
