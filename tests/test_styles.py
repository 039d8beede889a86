"""Turning a control is heard: styles differ from each other, and feelings move the music in the stated direction."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from daiw.files.preset import find_preset, preset_paths
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.pipeline import from_intent, plan
from daiw.studio import Studio

STUDIO = Studio()
BANDS_HZ = np.geomspace(40, 16_000, 13)


def song(preset, *, valence=0.0, arousal=0.0, bars=8, seed=1):
    intent = Intent("x", Emotion(valence, arousal), Wishes(bars=bars), seed=seed)
    return from_intent(intent, find_preset(preset), studio=STUDIO)


def band_levels_db(audio):
    """Level of each third-of-a-decade band against the loudest, dB."""
    power = np.abs(np.fft.rfft(audio.samples.mean(0))) ** 2
    hz = np.fft.rfftfreq(audio.frames, 1 / audio.sample_rate)
    levels = np.array([power[(hz >= low) & (hz < high)].sum() for low, high in pairwise(BANDS_HZ)])
    return 10 * np.log10(np.maximum(levels / levels.max(), 1e-9))


SEEDS = (1, 2, 3)
"""Songs of each style: eight bars of one seed may happen to be as bright and as busy as another style's."""


@pytest.fixture(scope="module")
def styles():
    """What each style does with one and the same feeling: spectra of the seeds, notes a second, instruments."""
    found = {}
    for name in preset_paths():
        made = [song(name, seed=seed) for seed in SEEDS]
        seconds = sum(one.arrangement.timeline.tempos.seconds(one.arrangement.timeline.end) for one in made)
        notes = sum(len(track.notes) for one in made for track in one.arrangement.tracks) / seconds
        spectra = np.array([band_levels_db(one.master.audio) for one in made])
        found[name] = spectra, notes, {track.instrument for track in made[0].arrangement.tracks}
    return found


def test_no_two_styles_sound_alike(styles):
    for one, other in combinations(styles, 2):
        (spectra, notes, _), (spectra_2, notes_2, _) = styles[one], styles[other]
        apart_db = np.abs(spectra - spectra_2).mean()
        assert apart_db > 1.5 or max(notes, notes_2) / min(notes, notes_2) > 1.4, (one, other, apart_db)


def test_no_two_styles_have_the_same_band(styles):
    for one, other in combinations(styles, 2):
        assert styles[one][2] != styles[other][2], (one, other)


@pytest.mark.parametrize("preset", ["pop", "lofi", "cinematic"])
def test_arousal_is_heard_as_tempo_density_and_level(preset):
    calm, excited = (song(preset, arousal=arousal) for arousal in (-0.8, 0.8))
    tempo = [made.plan.timeline.tempos.bpm(0) for made in (calm, excited)]
    velocity = [np.mean([n.velocity for track in made.arrangement.tracks for n in track.notes]) for made in (calm, excited)]
    assert tempo[0] < tempo[1]
    assert velocity[0] < velocity[1]
    onsets = []
    for made in (calm, excited):
        timeline = made.arrangement.timeline
        onsets.append(sum(len(t.notes) for t in made.arrangement.tracks) / timeline.tempos.seconds(timeline.end))
    assert onsets[0] < onsets[1]


def test_valence_is_heard_as_mode():
    """Over twenty seeds, sad songs are in minor modes and glad ones in major ones more often than not, in every style."""
    for name in preset_paths():
        preset = find_preset(name)
        shares = []
        for valence in (-0.8, 0.8):
            plans = [plan(Intent("x", Emotion(valence, 0.0), Wishes(bars=8), seed=seed), preset) for seed in range(20)]
            shares.append(np.mean([made.key.minor_third for made in plans]))
        assert shares[0] > shares[1], (name, shares)
