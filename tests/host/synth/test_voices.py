"""What is asked of every pitched voice, as its manifest declares it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from daiw.files.shipped import shipped
from daiw.host.registry import load_manifests
from daiw.host.synth.player import Synth, open_voice
from daiw.host.synth.shape import hertz
from daiw.music.score import Note, Timeline, Track

RATE = 48_000
MANIFESTS = {name: m for name, m in load_manifests([shipped("plugins")]).items() if m.engine == "synth" and not m.drums}
BASSES = ("sub_bass", "synth_bass")


def voice(name: str):
    synth = open_voice(MANIFESTS[name].voice, MANIFESTS[name].params, name)
    assert isinstance(synth, Synth)
    return synth.voice


def play(name: str, pitch: int, velocity: int, ticks: int = 960) -> np.ndarray:
    return Synth(voice(name))(Track("x", name, (Note(0, ticks, pitch, velocity),)), Timeline(), RATE).samples


def home(name: str) -> int:
    return 36 if name in BASSES else 60


def centroid_hz(samples: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(samples.mean(axis=0)[: RATE // 2])) ** 2
    return float((power * np.fft.rfftfreq(RATE // 2, 1 / RATE)[: len(power)]).sum() / power.sum())


def test_there_are_nine():
    assert sorted(MANIFESTS) == ["bell", "electric_piano", "lead", "pluck", "saw_lead", "saw_pad", "sub_bass", "synth_bass", "warm_pad"]


@pytest.mark.parametrize("name", MANIFESTS)
def test_velocity_is_heard_in_level_and_in_colour(name):
    sounds = [play(name, home(name), velocity) for velocity in (30, 64, 100, 127)]
    levels = [20 * np.log10(np.std(sound)) for sound in sounds]
    assert all(b - a > 3.0 for a, b in pairwise(levels))
    assert levels[-1] - levels[0] > 18.0
    colours = [centroid_hz(sound) for sound in sounds]
    assert all(b > a for a, b in pairwise(colours))
    assert colours[-1] > (1.005 if name in ("bell", "sub_bass") else 1.15) * colours[0]


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_note_of_midi_is_finite_bounded_and_without_offset(name):
    for pitch in (0, 1, 12, 60, 96, 108, 120, 127):
        samples = play(name, pitch, 110, 240)
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() < 1.2
        if pitch >= 60:
            assert abs(samples.mean()) < 0.01 * samples.std() + 1e-9


@pytest.mark.parametrize("name", sorted(set(MANIFESTS) - {"electric_piano"}))
@pytest.mark.parametrize("pitch", [96, 108])
def test_nothing_folds_back_at_c7_and_c8(name, pitch):
    """The same note at 192 kHz, where nothing folds, says what belongs below 20 kHz."""
    frames = 1 << 15
    aliased = voice(name).held(pitch, 0.9, frames, RATE, 0.0)[0] * np.kaiser(frames, 18)
    clean = voice(name).held(pitch, 0.9, frames * 4, RATE * 4, 0.0)[0] * np.kaiser(frames * 4, 18)
    there = np.abs(np.fft.rfft(clean))[: frames // 2 + 1] / 4.0
    here = np.abs(np.fft.rfft(aliased))
    near = np.max(np.lib.stride_tricks.sliding_window_view(np.pad(there, 60, mode="edge"), 121), axis=1)
    alien = here[near < 1e-4 * there.max()]
    assert len(alien) > 500
    assert 10 * np.log10((alien**2).sum() / (here**2).sum()) < -60.0


@pytest.mark.parametrize("pitch", [60, 84, 96, 108])
def test_the_electric_piano_has_only_harmonics(pitch):
    """It drops partials that the rate cannot hold, so it is measured against its own multiples."""
    sound = replace(voice("electric_piano"), bark=12.0).held(pitch, 1.0, RATE, RATE, 0.0)[0] * np.kaiser(RATE, 18)
    power = np.abs(np.fft.rfft(sound)) ** 2
    at = np.fft.rfftfreq(RATE, 1 / RATE) / hertz(pitch)
    beside = np.abs(at - np.maximum(1, np.round(at))) * hertz(pitch) > 60.0
    assert 10 * np.log10(power[beside].sum() / power.sum()) < -60.0


@pytest.mark.parametrize("name", MANIFESTS)
def test_no_clicks_at_onset_release_or_steal(name):
    """Above 12 kHz a click towers over the steady sound; a smooth edge stays below the attack's own brightness."""
    pitch = home(name)
    notes = (Note(0, 480, pitch, 60), Note(960, 300, pitch, 60), Note(1200, 480, pitch + 3, 60))
    samples = Synth(voice(name))(Track("x", name, notes), Timeline(), RATE).samples
    assert samples[:, 0].max() == 0.0
    assert np.abs(samples[:, -1]).max() < 1e-4
    spectrum = np.fft.rfft(samples[0])
    spectrum[: round(12_000 * samples.shape[1] / RATE)] = 0.0
    hiss = np.abs(np.fft.irfft(spectrum, samples.shape[1]))
    assert hiss.max() < 0.02 * np.abs(samples).max()


@pytest.mark.parametrize("name", MANIFESTS)
def test_it_plays_the_pitch_it_is_asked_for(name):
    pitch = home(name) + 12
    samples = play(name, pitch, 80, 1920)[0][RATE // 4 : RATE // 4 + (1 << 16)]
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 19))
    expected = hertz(pitch) * (1 << 19) / RATE
    window = slice(round(expected * 0.97), round(expected * 1.03))
    found = window.start + int(np.argmax(power[window]))
    assert abs(1200 * np.log2(found / expected)) < 12.0
    assert power[window].max() > 0.25 * power.max()


@pytest.mark.parametrize("name", ["warm_pad", "saw_pad", "saw_lead", "electric_piano", "bell", "pluck"])
def test_it_is_wide_but_safe_in_mono(name):
    left, right = play(name, 60, 100, 1920)
    assert np.corrcoef(left, right)[0, 1] < 0.995
    mono = np.std(left + right) / 2
    assert 20 * np.log10(mono / np.std(np.stack((left, right)))) > -4.0


@pytest.mark.parametrize("name", BASSES)
def test_a_bass_is_one_in_the_middle(name):
    left, right = play(name, 36, 100)
    np.testing.assert_allclose(left, right, atol=1e-6)
