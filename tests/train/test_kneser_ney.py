import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.tokens.sheet import Sheet
from daiw.tokens.vocab import SIZE
from daiw.train.kneser_ney import KneserNey, baseline
from daiw.train.windows import make_windows

PAIRS = st.lists(st.tuples(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.integers(0, 5)), min_size=1, max_size=60)


@given(PAIRS, st.tuples(st.integers(0, 5), st.integers(0, 5)))
def test_chances_sum_to_one_whatever_was_seen(pairs, context):
    model = KneserNey(3)
    model.fit(pairs)
    assert sum(model.chance(context, token) for token in range(SIZE)) == pytest.approx(1.0)
    assert min(model.chance(context, token) for token in range(SIZE)) > 0


def test_what_followed_before_is_likelier():
    model = KneserNey(3)
    model.fit([((1, 2), 7)] * 8 + [((1, 3), 8)])
    assert model.chance((1, 2), 7) > 0.8
    assert model.chance((1, 9), 8) > model.chance((1, 9), 6)


def test_copy_information_helps_where_bars_repeat():
    rng = np.random.default_rng(0)

    def song(i):
        motif = rng.integers(55, 80, 4)
        notes = [(bar * 48 + 12 * k, int(motif[k]), 12) for bar in range(16) for k in range(4)]
        return Sheet(f"pop909/{i}", "pop909", "4/4", 16, np.array(notes, np.int32))

    train, held = (make_windows([song(i) for i in range(start, start + 6)], hop=32, unreferred=False) for start in (0, 10))
    plain = baseline(train, held, "melody", "pop909", 4)
    assert baseline(train, held, "melody", "pop909", 4, copy=True) < 0.7 * plain
