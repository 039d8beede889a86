import numpy as np
import pytest

from daiw.measure.loudness import integrated_lufs, true_peak_dbtp
from daiw.music.audio import Audio, Mix
from daiw.music.styles.master import MasterStyle
from daiw.stages.master import master

RATE = 48_000


@pytest.mark.parametrize("level", [0.001, 0.1, 1.0])
def test_reaches_loudness_under_the_ceiling(level: float):
    noise = np.random.default_rng(1).standard_normal((2, 4 * RATE)).astype(np.float32) * np.float32(level)
    done = master(Mix(Audio(noise, RATE), ()), MasterStyle())
    assert integrated_lufs(done.audio) == pytest.approx(-14.0, abs=0.3)
    assert true_peak_dbtp(done.audio) <= -1.0
