import numpy as np

from daiw.music.audio import Audio, Stem
from daiw.music.styles.mix import MixStyle
from daiw.stages.mix import mix

RATE = 48_000


def tone(role: str, hz: float, level: float = 0.2, seconds: float = 2.0) -> Stem:
    t = np.arange(int(seconds * RATE)) / RATE
    return Stem(role, Audio((level * np.sin(2 * np.pi * hz * t))[None].astype(np.float32), RATE))


def test_mix_is_exactly_the_sum_of_its_stems():
    done = mix((tone("melody", 660.0), tone("bass", 55.0), tone("drums", 110.0)), MixStyle())
    total = np.zeros_like(done.audio.samples)
    for stem in done.stems:
        total = total + stem.audio.samples
    assert [stem.role for stem in done.stems] == ["melody", "bass", "drums", "reverb"]
    assert np.abs(done.audio.samples).max() > 0.01
    np.testing.assert_array_equal(total, done.audio.samples)
