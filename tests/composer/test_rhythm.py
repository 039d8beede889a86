"""Rhythm cells: bars of a wished feel."""

from itertools import pairwise

import numpy as np

from daiw.composer.pulse import QUARTER
from daiw.composer.rhythm import Feel, sample_bar
from daiw.music.time import Meter


def test_legato_bars_break_no_note_off():
    def broken(legato):
        feel, rng = Feel(1.0, 0.2, legato=legato), np.random.default_rng(3)
        bars = [sample_bar(Meter(4, 4), feel, rng) for _ in range(200)]
        return sum(one and not other and at % QUARTER > 0 for bar in bars for (_, one), (at, other) in pairwise(bar.events))

    assert broken(0.0) > 40
    assert broken(1.0) < 0.3 * broken(0.0)
