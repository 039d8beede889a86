import numpy as np
import pytest

from daiw.errors import PluginError
from daiw.host.synth.player import Synth, open_voice
from daiw.host.synth.struck import Bell, Sub, Tine
from daiw.host.synth.subtractive import Subtractive
from daiw.music.score import Control, Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap

RATE = 48_000
SIXTY = Timeline(tempos=TempoMap((Tempo(0, 60.0),)))
PLAIN = Subtractive(unison=1, attack_ms=1.0, release_ms=50.0, sustain=1.0, random_phase=0.0, velocity_octaves=0.0, cutoff_hz=20_000.0)


def play(voice, *notes: Note, controls: tuple[Control, ...] = (), **more) -> np.ndarray:
    return Synth(voice)(Track("x", "y", notes, controls=controls, **more), SIXTY, RATE).samples


def hertz_at(samples: np.ndarray, start_s: float) -> float:
    part = samples[0][round(start_s * RATE) : round((start_s + 0.5) * RATE)]
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 18))
    return float(np.argmax(power) * RATE / (1 << 18))


def test_onsets_lie_on_their_own_frame_and_notes_end():
    samples = play(PLAIN, Note(481, 240, 60, 100))
    sounding = np.flatnonzero(np.abs(samples[0]) > 0)
    assert 0 <= sounding[0] - 481 * 100 <= 2
    assert sounding[-1] == pytest.approx((721 + 24) * 100, abs=30)


def test_notes_add_up_and_repeat_exactly():
    low, high = Note(0, 480, 60, 90), Note(240, 480, 67, 70)
    both, first, second = play(Tine(), low, high), play(Tine(), low), play(Tine(), high)
    first = np.pad(first, ((0, 0), (0, both.shape[1] - first.shape[1])))
    np.testing.assert_allclose(both, first + second, atol=1e-6)
    twice = play(Tine(), Note(0, 240, 60, 90), Note(960, 240, 60, 90))
    np.testing.assert_allclose(twice[:, :30_000], twice[:, 2 * RATE : 2 * RATE + 30_000], atol=1e-6)


def test_a_long_note_and_a_short_one_share_their_beginning():
    short, long = play(Bell(), Note(0, 240, 72, 90)), play(Bell(), Note(0, 960, 72, 90))
    np.testing.assert_allclose(short[:, : RATE // 2], long[:, : RATE // 2], atol=1e-6)


def test_bend_pedal_and_volume_are_obeyed():
    bent = play(PLAIN, Note(0, 1920, 69, 100), controls=(Control(960, "bend", 0, 8191),))
    assert hertz_at(bent, 1.0) == pytest.approx(440.0, abs=1.0)
    assert hertz_at(bent, 3.0) == pytest.approx(493.9, abs=1.0)
    held = play(PLAIN, Note(0, 240, 69, 100), controls=(Control(0, "cc", 64, 127), Control(960, "cc", 64, 0)))
    assert np.std(held[:, RATE : 2 * RATE]) > 0.01
    faded = play(PLAIN, Note(0, 1920, 69, 100), controls=(Control(960, "cc", 11, 0),))
    assert np.abs(faded[:, 2 * RATE + 1000 :]).max() < 1e-6


def test_modulation_makes_vibrato():
    shaken = play(PLAIN, Note(0, 1920, 69, 100), controls=(Control(0, "cc", 1, 127),))
    power = np.abs(np.fft.rfft(shaken[0][: 2 * RATE] * np.hanning(2 * RATE)))
    assert power[880 - 20 : 880 - 6].max() > 0.1 * power.max()  # side bands of 5.5 Hz


def test_a_gliding_voice_slides_where_notes_overlap_and_only_there():
    voice = Sub(drop_semitones=0.0, glide_ms=200.0)
    overlapping = play(voice, Note(0, 500, 36, 100), Note(480, 960, 48, 100))
    apart = play(voice, Note(0, 400, 36, 100), Note(480, 960, 48, 100))
    early = slice(RATE + 200, RATE + 2600)
    count = lambda samples: np.count_nonzero(np.diff(np.signbit(samples[0][early])))  # noqa: E731
    assert count(overlapping) < 0.8 * count(apart)
    assert hertz_at(overlapping, 1.5) == pytest.approx(130.8, abs=1.0)


def test_a_chord_on_a_gliding_voice_stays_a_chord():
    voice = Subtractive(glide_ms=50.0, unison=1)
    chord = play(voice, Note(0, 960, 60, 100), Note(5, 960, 64, 100))
    power = np.abs(np.fft.rfft(chord[0][RATE // 2 : RATE // 2 + RATE] * np.hanning(RATE)))
    assert power[262] > 0.2 * power.max()
    assert power[329:331].max() > 0.2 * power.max()


@pytest.mark.parametrize(
    ("name", "params", "says"),
    [
        ("kazoo", {}, "no voice 'kazoo'; voices are subtractive, tine, bell, sub, drum_machine"),
        ("subtractive", {"cutoff": 100.0}, "no key cutoff; keys are saw"),
        ("subtractive", {"unison": 40.0}, "unison is 1..9"),
        ("drum_machine", {"snap": 2.0}, "snap 0..1"),
    ],
)
def test_a_wrong_voice_or_setting_is_refused(name, params, says):
    with pytest.raises(PluginError) as caught:
        open_voice(name, params, "plugins/x")
    assert says in str(caught.value)
