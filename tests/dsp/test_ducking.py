import numpy as np
import pytest

from daiw.dsp.ducking import Duck, kick_envelope
from daiw.dsp.dynamics import CONTROL_HOP

RATE = 48_000


def kicks(times_s: list[float], seconds: float = 4.0) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    sound = np.zeros_like(t)
    for start in times_s:
        after = np.maximum(t - start, 0.0)
        sound += (t >= start) * np.sin(2 * np.pi * 55 * after) * np.exp(-after * 12)
    return sound


def test_opens_on_every_kick_and_closes_between():
    times = [0.5, 1.0, 1.5, 2.0, 3.0]
    drums = np.stack([kicks(times)] * 2).astype(np.float32)
    depth = kick_envelope(drums, Duck(0.08), RATE)
    at = lambda s: depth[round(s * RATE / CONTROL_HOP)]  # noqa: E731
    assert len(depth) == -(-drums.shape[1] // CONTROL_HOP)
    for start in times:
        assert max(at(start + 0.008), at(start + 0.015)) > 0.9
        assert at(start + 0.4) == 0.0
    assert at(0.4) == 0.0


def test_release_sets_how_long_it_takes():
    drums = np.stack([kicks([0.5])] * 2).astype(np.float32)
    short, long = (kick_envelope(drums, Duck(release), RATE).mean() for release in (0.05, 0.3))
    assert long > 2 * short


@pytest.mark.parametrize("what", ["silence", "hats", "empty"])
def test_no_kick_no_ducking(what: str):
    noise = np.diff(np.random.default_rng(1).standard_normal(RATE + 3), 3).astype(np.float32)
    drums = {"silence": np.zeros((2, RATE), np.float32), "hats": np.stack([noise] * 2) * 0.05, "empty": np.zeros((2, 0), np.float32)}[what]
    assert not kick_envelope(drums, Duck(), RATE).any()
