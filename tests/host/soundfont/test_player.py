import numpy as np
import pytest

from daiw.errors import PluginError
from daiw.host.soundfont.player import SoundFont
from daiw.music.score import Control, Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap

RATE = 48_000
SIXTY = Timeline(tempos=TempoMap((Tempo(0, 60.0),)))
KEY, VELOCITY, PAN, MODES, RELEASE, CLASS, ATTENUATION = 43, 44, 17, 54, 38, 57, 48
LOOP = (MODES, 1)


def keys(low: int, high: int) -> tuple[int, int]:
    return KEY, low | high << 8


def play(font, *notes: Note, controls: tuple[Control, ...] = (), **more) -> np.ndarray:
    return SoundFont(font)(Track("x", "gm", notes, controls=controls, **more), SIXTY, RATE).samples


def db(samples: np.ndarray, start_s: float, end_s: float) -> float:
    long = np.pad(samples, ((0, 0), (0, 5 * RATE)))
    return float(20 * np.log10(1e-9 + np.std(long[:, round(start_s * RATE) : round(end_s * RATE)])))


def test_onsets_lie_on_their_own_frame(make_font):
    samples = play(make_font([LOOP]), Note(481, 200, 71, 100), Note(1203, 200, 74, 100))
    first = np.flatnonzero(samples[0])[0]
    assert first - 481 * RATE // 480 in (0, 1, 2)  # a sine starts at zero
    silence = samples[0][first + 40_000 : 1203 * RATE // 480]
    assert np.abs(silence).max() < 1e-4


def test_a_note_equals_itself_wherever_it_starts(make_font):
    samples = play(make_font([LOOP]), Note(0, 240, 71, 100), Note(960, 240, 71, 100))
    np.testing.assert_allclose(samples[:, :24_400], samples[:, 2 * RATE : 2 * RATE + 24_400], atol=1e-6)


def test_notes_add_up(make_font):
    font = make_font([LOOP])
    low, high = Note(0, 480, 60, 90), Note(240, 480, 67, 70)
    both, first, second = play(font, low, high), play(font, low), play(font, high)
    first = np.pad(first, ((0, 0), (0, both.shape[1] - first.shape[1])))
    np.testing.assert_allclose(both, first + second[:, : both.shape[1]], atol=1e-6)


def test_loudness_follows_the_square_of_velocity(make_font):
    font = make_font([LOOP])
    loud, soft = (db(play(font, Note(0, 960, 71, velocity)), 0.5, 1.5) for velocity in (127, 64))
    assert loud - soft == pytest.approx(40 * np.log10(127 / 64), abs=0.05)


def test_attenuation_and_velocity_ranges_choose_the_zone(make_font):
    font = make_font([LOOP, (VELOCITY, 0 | 63 << 8), (ATTENUATION, 250)], [LOOP, (VELOCITY, 64 | 127 << 8)])
    soft, loud = (db(play(font, Note(0, 960, 71, velocity)), 0.5, 1.5) + 40 * np.log10(127 / velocity) for velocity in (63, 64))
    assert loud - soft == pytest.approx(10.0, abs=0.1)  # 0.4 of 25 dB, as FluidSynth reads it


def test_pan_places_a_zone(make_font):
    samples = play(make_font([LOOP, (PAN, -500)]), Note(0, 480, 71, 100))
    assert np.abs(samples[0]).max() > 0.1
    assert np.abs(samples[1]).max() < 1e-5


def test_a_key_outside_every_range_borrows_the_nearest_zone(make_font):
    font = make_font([LOOP, keys(60, 72)])
    assert np.abs(play(font, Note(0, 480, 90, 100))).max() > 0.1
    assert np.abs(play(font, Note(0, 480, 10, 100))).max() > 0.1


def test_a_closed_hat_chokes_the_open_one(make_font):
    hats = ([LOOP, keys(42, 42), (CLASS, 1)], [LOOP, keys(46, 46), (CLASS, 1)], [LOOP, keys(49, 49)])
    font = make_font(*hats, bank=128)
    choked = play(font, Note(0, 1920, 46, 100), Note(480, 24, 42, 100), drums=True)
    ringing = play(font, Note(0, 1920, 46, 100), Note(480, 24, 49, 100), drums=True)
    assert db(ringing, 2.0, 3.0) > -40
    assert db(choked, 2.0, 3.0) < -100


def test_the_pedal_sustains(make_font):
    font, pedal = make_font([LOOP]), (Control(0, "cc", 64, 127), Control(1440, "cc", 64, 0))
    assert db(play(font, Note(0, 240, 71, 100), controls=pedal), 2.0, 2.9) > -30
    assert play(font, Note(0, 240, 71, 100)).shape[1] < 2 * RATE


def test_a_bend_in_a_note_moves_its_pitch_without_a_click(make_font):
    samples = play(make_font([LOOP]), Note(0, 1920, 71, 127), controls=(Control(960, "bend", 0, 8191),))[0]
    for start, hz in ((0.5, 493.88), (2.5, 554.37)):
        part = samples[round(start * RATE) : round((start + 1) * RATE)] * np.hanning(RATE)
        assert np.argmax(np.abs(np.fft.rfft(part))) == pytest.approx(hz, abs=1.5)
    assert np.abs(np.diff(samples)).max() < 1.2 * np.abs(samples).max() * 2 * np.pi * 554.37 / RATE


def test_modulation_makes_vibrato_and_a_bent_note_equals_a_steady_one(make_font):
    font = make_font([LOOP])
    plain, shaken = (play(font, Note(0, 960, 71, 100), controls=c) for c in ((), (Control(0, "cc", 1, 127),)))
    assert np.abs(plain - shaken[:, : plain.shape[1]]).max() > 0.05
    bent = play(font, Note(0, 960, 71, 100), controls=(Control(0, "bend", 0, 4096),))
    higher = play(font, Note(0, 960, 72, 100))
    np.testing.assert_allclose(bent[:, RATE : RATE + 100].std(), higher[:, RATE : RATE + 100].std(), rtol=0.2)


def test_a_font_without_the_preset_is_an_error(make_font):
    with pytest.raises(PluginError, match="no preset for bank 0, program 5"):
        play(make_font([LOOP]), Note(0, 10, 60, 100), program=5)


def test_a_fixed_program_ignores_what_the_track_asks_for(make_font):
    track = Track("x", "y", (Note(0, 480, 71, 100),), 77, controls=(Control(0, "program", 0, 99),))
    assert np.abs(SoundFont(make_font([LOOP]), program=0)(track, SIXTY, RATE).samples).max() > 0.1


def test_ten_thousand_notes_on_one_string_stay_small(make_font):
    notes = tuple(Note(480 + i % 7, 1 + i % 5000, 60, 1 + i % 127) for i in range(10_000))
    samples = play(make_font([LOOP]), *notes)
    assert samples.shape[1] < 30 * RATE
    assert np.abs(samples).max() < 1.0
