import numpy as np
import pytest

from daiw.dsp.convolve import convolve


@pytest.mark.parametrize("frames", [1, 1000, 200_000])
@pytest.mark.parametrize("taps", [1, 4096, 9000])
def test_equals_direct_convolution(frames: int, taps: int):
    chance = np.random.default_rng(frames + taps)
    samples = chance.standard_normal((2, frames)).astype(np.float32)
    kernel = chance.standard_normal(taps) / np.sqrt(taps)
    length = frames + taps - 1
    got = convolve(samples, kernel, length)
    from scipy.signal import fftconvolve

    want = fftconvolve(samples.astype(np.float64), kernel[None], axes=1)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, atol=2e-5)


def test_silent_channels_and_blocks_come_out_silent_and_the_others_as_ever():
    samples = np.zeros((2, 300_000), np.float32)
    samples[0, 100:200] = 1.0
    samples[1, 250_000:250_100] = 0.5
    kernels = np.random.default_rng(1).standard_normal((2, 5000)) / 70.0
    got = convolve(samples, kernels, 300_000)
    for channel, kernel, row in zip(samples, kernels, got, strict=True):
        np.testing.assert_allclose(row, np.convolve(channel, kernel)[:300_000], atol=2e-5)
    assert not got[1, :240_000].any()


def test_spreads_one_channel_over_two_responses():
    samples = np.ones((1, 4), np.float32)
    got = convolve(samples, np.array([[1.0, 0.0], [0.0, 2.0]]), 5)
    np.testing.assert_allclose(got, [[1, 1, 1, 1, 0], [0, 2, 2, 2, 2]], atol=1e-6)


def test_cuts_and_extends():
    samples = np.ones((1, 10), np.float32)
    assert convolve(samples, np.ones(3), 4).shape == (1, 4)
    np.testing.assert_allclose(convolve(samples, np.ones(1), 14)[0, 10:], 0.0, atol=1e-6)


def test_refuses_channels_that_do_not_fit():
    with pytest.raises(ValueError, match="3 channels cannot meet 2"):
        convolve(np.zeros((3, 8), np.float32), np.ones((2, 4)), 8)
