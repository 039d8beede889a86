import numpy as np
import pytest
from scipy import signal

from daiw.measure.spectrum import BANDS_HZ, USUAL_BALANCE_DB, band_balance_db, correlation, crest_db, mono_loss_db, power_spectrum, width
from daiw.music.audio import Audio

RATE = 48_000


def stereo(left: np.ndarray, right: np.ndarray) -> Audio:
    return Audio(np.stack([left, right]).astype(np.float32))


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(1).standard_normal((2, 10 * RATE)) * 0.1


def test_spectrum_adds_up_to_the_power(noise: np.ndarray):
    audio = stereo(*noise)
    hz, power = power_spectrum(audio)
    assert hz[-1] == RATE / 2
    assert power.sum() == pytest.approx((noise**2).mean(axis=1).sum(), rel=0.01)


def test_balance_of_pink_noise_is_the_inverse_of_the_usual_fall(noise: np.ndarray):
    spectrum = np.fft.rfft(noise[0])
    hz = np.fft.rfftfreq(noise.shape[1], 1 / RATE)
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 10.0)))
    balance = band_balance_db(Audio(pink[None].astype(np.float32)))
    for name in BANDS_HZ:
        assert balance[name] == pytest.approx(-USUAL_BALANCE_DB[name], abs=0.5)


def test_balance_hears_a_shelf(noise: np.ndarray):
    louder = np.fft.rfft(noise[0])
    louder[np.fft.rfftfreq(noise.shape[1], 1 / RATE) > 12_000] *= 2
    moved = band_balance_db(Audio(np.fft.irfft(louder)[None].astype(np.float32)))["air"]
    assert moved - band_balance_db(Audio(noise[:1].astype(np.float32)))["air"] == pytest.approx(6.02, abs=0.1)


def test_crest():
    t = np.arange(RATE) / RATE
    assert crest_db(Audio(np.sin(2 * np.pi * 100 * t)[None].astype(np.float32))) == pytest.approx(3.01, abs=0.01)
    assert crest_db(Audio(np.sign(np.sin(2 * np.pi * 100 * t + 0.1))[None].astype(np.float32))) == pytest.approx(0.0, abs=0.01)


def test_width_and_mono(noise: np.ndarray):
    same, apart, against = stereo(noise[0], noise[0]), stereo(*noise), stereo(noise[0], -noise[0])
    assert [round(width(sound), 1) for sound in (same, apart, against)] == [0.0, 0.7, 1.0]
    assert mono_loss_db(same) == pytest.approx(0.0, abs=1e-3)
    assert mono_loss_db(apart) == pytest.approx(3.0, abs=0.1)
    assert mono_loss_db(against) > 60
    assert [round(correlation(sound), 1) for sound in (same, apart, against)] == [1.0, 0.0, -1.0]


def test_correlation_of_the_low_band_alone(noise: np.ndarray):
    high = signal.sosfilt(signal.butter(8, 1000.0, "highpass", fs=RATE, output="sos"), noise)
    bass = np.sin(2 * np.pi * 60 * np.arange(noise.shape[1]) / RATE)
    sound = stereo(high[0] * 5 + bass * 0.2, -high[0] * 5 + bass * 0.2)
    assert correlation(sound) < 0
    assert correlation(sound, 120.0) > 0.95


@pytest.mark.parametrize("frames", [0, 1, 500])
@pytest.mark.parametrize("channels", [1, 2])
def test_silence_is_zero_everywhere(frames: int, channels: int):
    silence = Audio(np.zeros((channels, frames), np.float32))
    assert set(band_balance_db(silence).values()) == {0.0}
    assert crest_db(silence) == width(silence) == mono_loss_db(silence) == 0.0
    assert correlation(silence) == correlation(silence, 120.0) == 1.0
