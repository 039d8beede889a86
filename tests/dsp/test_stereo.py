import numpy as np
import pytest

from daiw.dsp.stereo import decorrelator, mid_side, pan_gains, scale_sides, spread


@pytest.mark.parametrize("position", np.linspace(-1, 1, 9))
def test_pan_keeps_the_power(position: float):
    left, right = pan_gains(float(position))
    assert left**2 + right**2 == pytest.approx(2.0)
    assert (left > right) == (position < 0) or position == 0


def test_mid_side_is_its_own_inverse():
    samples = np.random.default_rng(3).standard_normal((2, 100)).astype(np.float32)
    np.testing.assert_allclose(mid_side(mid_side(samples)), samples, atol=1e-6)
    assert not mid_side(np.ones((2, 5), np.float32))[1].any()


def test_mid_side_in_place_and_beyond_one_block():
    samples = np.random.default_rng(3).standard_normal((2, 100_000)).astype(np.float32)
    want = mid_side(samples)
    assert mid_side(samples, samples) is samples
    np.testing.assert_array_equal(samples, want)


def test_scaled_sides():
    samples = np.random.default_rng(4).standard_normal((2, 100_000)).astype(np.float32)
    before = mid_side(samples)
    scale_sides(samples, 0.25)
    np.testing.assert_allclose(mid_side(samples), before * [[1.0], [0.25]], atol=1e-6)


def test_spread_makes_two_of_one():
    mono = np.ones((1, 3), np.float32)
    both = spread(mono)
    both[:] = 0
    assert mono.all()
    assert both.shape == (2, 3)
    with pytest.raises(ValueError, match="got 3 channels"):
        spread(np.ones((3, 3), np.float32))


def test_decorrelator_keeps_the_sound_and_changes_the_wave():
    taps = decorrelator(48_000)
    noise = np.random.default_rng(1).standard_normal(96_000)
    other = np.convolve(noise, taps)[: len(noise)]
    assert (taps**2).sum() == pytest.approx(1.0)
    assert abs(np.corrcoef(noise, other)[0, 1]) < 0.05
    assert not taps[: round(0.002 * 48_000)].any()
    bands = [np.abs(np.fft.rfft(sound)) ** 2 for sound in (noise, other)]
    octaves = [[band[250 * 2**i : 500 * 2**i].sum() for i in range(6)] for band in bands]
    np.testing.assert_allclose(10 * np.log10(np.divide(*octaves)), 0.0, atol=2.0)
    np.testing.assert_array_equal(taps, decorrelator(48_000))
