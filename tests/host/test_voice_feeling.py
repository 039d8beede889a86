"""Feeling reaches the voice: over a grid of valence, arousal and dominance the audio moves as the literature says.

Level, alpha ratio and harmonics-to-noise ratio rise with arousal (Scherer et al. 2017), the last one falls with vulnerability, which is
little dominance, and the formants rise with valence (a smile; Tartter 1980).
"""

from itertools import product

import numpy as np
import pytest
from scipy.stats import spearmanr

from daiw.host.singer import Singer
from daiw.music.emotion import Emotion
from daiw.music.plan import Section
from daiw.music.score import Control, Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap
from daiw.planning.voice_controls import BREATH, EFFORT, FORMANT, breath, effort, smile
from daiw.singing.voice import Voice
from daiw.singing.voice_net import shared_net

STEPS = (-0.8, -0.4, 0.0, 0.4, 0.8)
NOTE = Note(480, 1920, 57, 80, "la", ("L", "AA1"))


def heard(valence, arousal, dominance):
    """Level, alpha ratio, harmonics-to-noise ratio (dB) and centre of the formants (Hz) of a held vowel."""
    section = Section("verse", "A", 0, 8, 0.5, Emotion(valence, arousal, dominance), 0.5, ("vocal",))
    controls = tuple(Control(0, "cc", n, v) for n, v in ((BREATH, breath(section)), (EFFORT, effort(section)), (FORMANT, smile(section))))
    singer = Singer(Voice(vibrato_cents=0.0, drift_cents=0.0), 48, 77, shared_net())
    track = Track("vocal", "voice_heart", (NOTE,), controls=controls)
    samples = singer(track, Timeline(tempos=TempoMap((Tempo(0, 60.0),))), 48_000).samples[0]
    part = samples[round(1.5 * 48_000) : round(4.5 * 48_000)].astype(np.float64)
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
    hz = np.fft.rfftfreq(len(part), 1 / 48_000)
    alpha = 10 * np.log10(power[(hz > 1000) & (hz < 5000)].sum() / power[(hz > 50) & (hz < 1000)].sum())
    voice = (hz > 150) & (hz < 5000)
    harmonic = voice & (np.abs((hz + 110.0) % 220.0 - 110.0) < 8.0)
    hnr = 10 * np.log10(power[harmonic].sum() / power[voice & ~harmonic].sum())
    formants = (hz > 500) & (hz < 1600)
    centre = float((power * hz)[formants].sum() / power[formants].sum())
    return 10 * np.log10(np.mean(part**2)), alpha, hnr, centre


@pytest.fixture(scope="module")
def grid():
    points = [*product(STEPS[::2], STEPS, (0.0,)), *product(STEPS, (0.0,), (0.0,)), *product((0.0,), (0.0,), STEPS)]
    return np.array(points), np.array([heard(*point) for point in points])


def rho(grid, dimension, figure, others):
    points, figures = grid
    kept = np.all([points[:, other] == 0.0 for other in others], axis=0)
    return spearmanr(points[kept, dimension], figures[kept, figure]).statistic


@pytest.mark.parametrize(
    ("dimension", "figure", "sign"),
    [(1, 0, 1), (1, 1, 1), (1, 2, 1), (2, 2, 1), (0, 3, 1)],
    ids=["arousal-level", "arousal-alpha", "arousal-hnr", "dominance-hnr", "valence-formants"],
)
def test_each_dimension_alone_moves_the_voice_in_its_direction(grid, dimension, figure, sign):
    assert sign * rho(grid, dimension, figure, {0, 1, 2} - {dimension}) > 0.9


def test_over_the_whole_plane_arousal_is_heard_whatever_the_valence(grid):
    points, figures = grid
    plane = points[:, 2] == 0.0
    for figure in (0, 1, 2):
        assert spearmanr(points[plane, 1], figures[plane, figure]).statistic > 0.85
    assert spearmanr(points[plane, 0], figures[plane, 3]).statistic > 0.6
