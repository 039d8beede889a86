"""The breath between two phrases: air drawn in through an open mouth, noise with three broad resonances."""

import numpy as np
from scipy import fft

from daiw.music.audio import SAMPLE_RATE_HZ
from daiw.music.vocal_line import VocalLine
from daiw.singing.synthesis import VOWEL_DBFS, Sound

VOICE_RMS = 10.0 ** (VOWEL_DBFS / 20.0)
RESONANCES = ((1150.0, 500.0, 1.0), (2500.0, 700.0, 0.6), (4300.0, 1200.0, 0.5))
"""Centre and width in Hz and share, about a neutral mouth breathing in."""


def breath_sound(line: VocalLine, seed: int) -> list[Sound]:
    """The breath before a line, none or one; it swells and is cut short, as inhaling is."""
    if not line.breath_s:
        return []
    start, end = line.breath_s
    count = round((end - start) * SAMPLE_RATE_HZ)
    hz = np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE_HZ)
    shape = sum(share / (1.0 + ((hz - centre) / width) ** 2) for centre, width, share in RESONANCES) * (hz > 200.0) * (hz < 12_000.0)
    noise = fft.irfft(fft.rfft(np.random.default_rng(seed).standard_normal(count)) * shape, count)
    place = np.linspace(0.0, 1.0, count)
    noise *= np.sin(0.5 * np.pi * np.minimum(place / 0.7, 1.0)) ** 2 * np.sin(0.5 * np.pi * np.minimum((1.0 - place) / 0.25, 1.0)) ** 2
    level = VOICE_RMS * 10.0 ** (line.breath_db / 20.0) / max(float(np.sqrt(np.mean(noise**2))), 1e-9)
    return [Sound((noise * level).astype(np.float32), start)]
