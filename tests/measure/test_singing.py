"""A voice in figures, on sounds whose figures are known."""

import numpy as np
import pytest

from daiw.measure.singing import standing, timbre
from daiw.music.audio import Audio, Stem
from daiw.music.vocal_line import STEP_S, SungPhoneme, VocalLine

RATE = 48_000


def line(seconds=2.0, hz=220.0):
    flat = np.full(int(seconds / STEP_S) + 1, 1.0)
    zero = 0.0 * flat
    return VocalLine((SungPhoneme("AA1", 0.0, seconds),), 0.0, hz * flat, zero, 0.5 * flat, zero, zero, flat)


def tone(noise_db, slope_db=-6.0, seconds=2.0, hz=220.0):
    t = np.arange(int(seconds * RATE)) / RATE
    harmonics = [10 ** (slope_db * np.log2(k) / 20) * np.sin(2 * np.pi * hz * k * t) for k in range(1, 20)]
    wave = 0.1 * np.sum(harmonics, axis=0)
    noise = np.random.default_rng(0).standard_normal(len(t))
    spectrum = np.fft.rfft(noise)
    spectrum[np.fft.rfftfreq(len(t), 1 / RATE) > 5000] = 0.0
    noise = np.fft.irfft(spectrum, len(t))
    return (wave + noise * np.sqrt(np.mean(wave**2) / np.mean(noise**2)) * 10 ** (noise_db / 20)).astype(np.float32)


@pytest.mark.parametrize("ratio_db", [5.0, 12.0, 20.0])
def test_harmonics_to_noise_ratio_is_that_of_the_mixture(ratio_db):
    assert timbre(tone(-ratio_db), RATE, [line()]).hnr_db == pytest.approx(ratio_db, abs=1.0)


def test_level_and_alpha_ratio_are_read_off():
    soft, loud = (timbre(tone(-30.0) * np.float32(gain), RATE, [line()]) for gain in (0.1, 1.0))
    assert loud.level_db - soft.level_db == pytest.approx(20.0, abs=0.01)
    assert loud.alpha_db == pytest.approx(soft.alpha_db, abs=0.01)
    assert timbre(tone(-30.0, slope_db=-3.0), RATE, [line()]).alpha_db > loud.alpha_db + 5.0


def test_the_voice_stands_over_the_band_where_it_sings():
    t = np.arange(10 * RATE) / RATE
    sine = 0.1 * np.sin(2 * np.pi * 1000.0 * t)
    sung = sine * ((t > 2) & (t < 5))
    late = sine * (t > 6)
    stems = {"vocal": sung, "keys": 0.5 * sine, "drums": late, "backing": 3 * sine, "reverb": 0.5 * sine}
    stands = standing([Stem(role, Audio(part.astype(np.float32)[None])) for role, part in stems.items()])
    assert stands.dry_lu == pytest.approx(6.02, abs=0.1)
    assert stands.wet_lu == pytest.approx(3.01, abs=0.1)
    assert standing([Stem("keys", Audio(sine.astype(np.float32)[None]))]) is None


def test_a_line_without_vowels_is_refused():
    with pytest.raises(ValueError, match="no vowel"):
        timbre(tone(-20.0), RATE, [])
