"""One channel and long silences through insert chains: cheaper, and the same sound."""

import numpy as np
import pytest

from daiw.host.chain import Chain
from daiw.host.effects import EFFECTS
from daiw.music.audio import Audio
from daiw.music.manifest import Insert

RATE = 48_000
VOICE = Chain(
    (
        Insert("highpass", {"cutoff_hz": 90.0}),
        Insert("deesser", {"threshold_db": -12.0}),
        Insert("compressor", {"threshold_db": -25.0, "ratio": 4.0, "release_ms": 90.0}),
    )
)


def phrases(*spans_s, length_s=12.0):
    """Noise with a swell in each span, silence between."""
    samples = np.zeros((1, round(length_s * RATE)), np.float32)
    for start, end in spans_s:
        count = round((end - start) * RATE)
        noise = np.random.default_rng(count).standard_normal(count) * 0.1 * np.hanning(count)
        samples[0, round(start * RATE) : round(start * RATE) + count] = noise
    return samples


def test_mono_stays_mono_and_sounds_like_either_side_of_stereo():
    mono = phrases((0.5, 3.0), (3.5, 6.0))
    one, two = (VOICE(Audio(samples, RATE)).samples for samples in (mono, np.repeat(mono, 2, axis=0)))
    assert one.shape == mono.shape
    np.testing.assert_allclose(two, np.repeat(one, 2, axis=0), atol=1e-6)


def test_a_long_silence_is_skipped_and_the_rest_is_as_if_it_were_not(monkeypatch):
    samples = phrases((0.2, 2.0), (7.0, 9.0))
    short = VOICE(Audio(samples, RATE)).samples
    monkeypatch.setattr("daiw.host.effect_runs.FORGETS_S", 60.0)
    whole = VOICE(Audio(samples, RATE)).samples
    np.testing.assert_allclose(short, whole, atol=2e-6)
    assert not short[:, round(4.5 * RATE) : round(6.5 * RATE)].any()
    assert np.abs(short[:, round(7.5 * RATE) : round(8.5 * RATE)]).max() > 0.01


def test_slow_releases_are_waited_for(monkeypatch):
    slow = Chain((Insert("compressor", {"threshold_db": -40.0, "ratio": 10.0, "release_ms": 2000.0}),))
    samples = phrases((0.0, 2.0), (2.5, 4.0), length_s=6.0)
    monkeypatch.setattr("daiw.host.effect_runs.FORGETS_S", 0.2)
    waited = slow(Audio(samples, RATE)).samples
    monkeypatch.setattr("daiw.host.effect_runs.FORGETS_S", 60.0)
    np.testing.assert_array_equal(waited, slow(Audio(samples, RATE)).samples)
    monkeypatch.setattr("daiw.host.effect_runs.FORGETS_S", 0.2)
    monkeypatch.setattr("daiw.host.effect_runs.RELEASES", 0.0)
    assert np.abs(waited - slow(Audio(samples, RATE)).samples).max() > 1e-6


@pytest.mark.parametrize("name", sorted(name for name, effect in EFFECTS.items() if effect.steady))
def test_what_is_called_steady_neither_widens_nor_sounds_by_itself(name):
    samples = phrases((0.5, 1.0), length_s=4.0)
    result = Chain((Insert(name),))(Audio(np.repeat(samples, 2, axis=0), RATE)).samples
    np.testing.assert_array_equal(result[0], result[1])
    assert not result[:, : round(0.4 * RATE)].any()
    assert result.shape[1] == samples.shape[1]


@pytest.mark.parametrize("name", ["reverb", "ensemble", "vinyl", "chorus", "tremolo"])
def test_effects_with_sides_of_their_own_make_stereo_of_mono(name):
    assert Chain((Insert(name),))(Audio(phrases((0.5, 1.0), length_s=2.0), RATE)).samples.shape[0] == 2
