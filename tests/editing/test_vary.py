from dataclasses import replace
from statistics import mean

import pytest

from daiw.editing.vary import units_of, varied
from daiw.errors import PromptError
from daiw.music.cells import bar_span, changed_notes, inside
from daiw.music.take import Lock

ROLES = ("melody", "chords", "bass", "drums", "pad", "counter")


def share(take, score, roles=ROLES):
    total = sum(len(take.score.part(role).notes) for role in roles)
    return sum(changed_notes(take.score.part(role).notes, score.part(role).notes) for role in roles) / total


def test_the_amount_is_the_share_of_notes(take):
    whole = ((0, take.plan.bars),)
    found = {amount: [share(take, varied(take, amount, ROLES, whole, seed)) for seed in range(3)] for amount in (0.1, 0.3, 0.6)}
    for amount, shares in found.items():
        assert all(abs(got - amount) < 0.08 for got in shares), (amount, shares)
    means = [mean(shares) for shares in found.values()]
    assert means == sorted(means)


def test_the_same_seed_varies_alike_and_another_elsewhere(take):
    whole = ((0, take.plan.bars),)
    one = varied(take, 0.3, ROLES, whole, 1)
    assert one == varied(take, 0.3, ROLES, whole, 1)
    assert one != varied(take, 0.3, ROLES, whole, 2)


def test_locks_and_spans_bound_it(take):
    held = replace(take, locks=(Lock("bass"), Lock("chords", (0, 18))))
    score = varied(held, 1.0, ("bass", "chords", "pad"), ((16, 20),), 1)
    ticks = take.plan.meter.bar_ticks
    assert score.part("bass") == take.score.part("bass")
    for role, free in (("chords", (18, 20)), ("pad", (16, 20))):
        first, end = bar_span(free, ticks)
        outside = [note for note in score.part(role).notes if not first <= note.start < end]
        assert outside == [note for note in take.score.part(role).notes if not first <= note.start < end], role
    assert score.part("pad") != take.score.part("pad")
    with pytest.raises(PromptError, match="nothing to vary"):
        varied(held, 0.5, ("bass",), ((16, 20),), 1)


def test_what_returns_returns(long_take):
    """Bars that are the same music in sections of one letter are exchanged together."""
    units = [unit for unit in units_of(long_take, "bass", ((0, long_take.plan.bars),), 1) if len(unit.bars) > 1]
    assert units
    score = varied(long_take, 0.5, ("bass",), ((0, long_take.plan.bars),), 1)
    ticks = long_take.plan.meter.bar_ticks
    for unit in units:
        heard = {
            tuple((n.start - bars[0] * ticks, n.duration) for n in inside(score.part("bass").notes, bar_span(bars, ticks)))
            for bars in unit.bars
        }
        assert len(heard) == 1
