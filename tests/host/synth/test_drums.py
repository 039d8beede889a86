import numpy as np
import pytest

from daiw.host.synth.drums import DrumMachine
from daiw.music.score import Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap

RATE = 48_000
SIXTY = Timeline(tempos=TempoMap((Tempo(0, 60.0),)))
KICK, RIM, SNARE, CLAP, CLOSED, OPEN, PEDAL, CRASH, RIDE, COWBELL, SHAKER = 36, 37, 38, 39, 42, 46, 44, 49, 51, 56, 70


def hit(pitch: int, force: float = 0.8) -> np.ndarray:
    return DrumMachine().hit(pitch, force, RATE)


def centroid_hz(samples: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(samples.mean(axis=0))) ** 2
    return float((power * np.fft.rfftfreq(samples.shape[1], 1 / RATE)).sum() / power.sum())


def ring_s(samples: np.ndarray) -> float:
    """Until the sound has fallen by 30 dB for good."""
    level = np.abs(samples).max(axis=0)
    return float(np.flatnonzero(level > 0.0316 * level.max())[-1]) / RATE


def play(*notes: Note) -> np.ndarray:
    return DrumMachine()(Track("drums", "x", notes, drums=True), SIXTY, RATE).samples


@pytest.mark.parametrize("pitch", range(128))
def test_every_key_sounds_without_click_offset_or_overload(pitch):
    samples = hit(pitch)
    assert np.isfinite(samples).all()
    assert 0.1 < np.abs(samples).max() <= 0.8
    assert np.abs(samples[:, 0]).max() == 0.0
    assert np.abs(samples[:, -1]).max() < 1e-3
    assert abs(samples.mean()) < 0.01 * samples.std()


def test_each_drum_is_where_it_belongs_in_the_spectrum():
    colours = {pitch: centroid_hz(hit(pitch)) for pitch in (KICK, SNARE, CLAP, CLOSED, OPEN, COWBELL, SHAKER)}
    assert colours[KICK] < 150
    assert 150 < colours[SNARE] < 6000
    assert 800 < colours[CLAP] < 4000
    assert colours[CLOSED] > 6000
    assert colours[OPEN] > 6000
    assert colours[KICK] < colours[SNARE] < colours[CLOSED]
    toms = [centroid_hz(hit(pitch)) for pitch in (41, 43, 45, 47, 48, 50)]
    assert toms == sorted(toms)


def test_rings_have_their_order():
    assert ring_s(hit(CLOSED)) < 0.1 < ring_s(hit(OPEN)) < ring_s(hit(CRASH))
    assert ring_s(hit(RIM)) < 0.1


@pytest.mark.parametrize("pitch", [SNARE, CLOSED, OPEN, CLAP, CRASH, SHAKER, 45])
def test_harder_is_brighter(pitch):
    assert centroid_hz(hit(pitch, 1.0)) > 1.03 * centroid_hz(hit(pitch, 0.2))


def test_a_clap_is_several_hands():
    level = np.abs(hit(CLAP)).max(axis=0)
    smooth = np.convolve(level, np.ones(96) / 96, "same")
    gaps = [smooth[round(t * RATE / 1000)] for t in (9.5, 19.5, 29.5)]
    peaks = [smooth[round(t * RATE / 1000)] for t in (12.5, 22.5, 33.0)]
    assert all(peak > 1.5 * gap for peak, gap in zip(peaks, gaps, strict=True))


@pytest.mark.parametrize("choker", [CLOSED, PEDAL])
def test_closed_hats_choke_open_ones_and_cymbals_do_not(choker):
    choked, ringing = (play(Note(0, 10, OPEN, 120), Note(96, 10, other, 1)) for other in (choker, CRASH))
    part = slice(round(0.25 * RATE), round(0.4 * RATE))
    assert np.std(choked[:, part]) < 0.03 * np.std(ringing[:, part])


def test_hits_ring_out_whatever_the_note_says():
    np.testing.assert_array_equal(play(Note(0, 1, KICK, 100)), play(Note(0, 480, KICK, 100)))


def test_level_follows_velocity():
    loud, soft = (np.std(play(Note(0, 10, KICK, velocity))) for velocity in (127, 30))
    assert 20 * np.log10(loud / soft) > 15.0


def test_tuning_moves_the_kick():
    low, high = (DrumMachine(tune=tune).hit(KICK, 0.8, RATE)[0][9600:19200] for tune in (0.0, 12.0))
    crossings = [np.count_nonzero(np.diff(np.signbit(line))) for line in (low, high)]
    assert crossings[1] == pytest.approx(2 * crossings[0], abs=3)
