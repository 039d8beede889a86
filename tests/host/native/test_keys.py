"""daiw-keys, heard through pedalboard: tuning, aliasing, envelopes, velocity, bend, pedal, stealing, width."""

import numpy as np
import pytest

from .conftest import RATE, decibels, note, spectrum

pytestmark = pytest.mark.system
PLAIN = {"tremolo": 0.0, "chorus": 0.0, "detune_cents": 0.0, "tine": 0.0}
STEADY = PLAIN | {"sustain": 100.0, "fm_decay_ms": 8000.0, "filter_envelope_oct": 0.0, "cutoff_hz": 18_000.0, "attack_ms": 2.0}


def rms(sound):
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def fundamental(sound, near_hz):
    """The peak of the spectrum within 3 % of `near_hz`, by a parabola through the log of three bins."""
    power, hz = spectrum(np.pad(sound, (0, 7 * len(sound))))
    inside = np.flatnonzero(np.abs(hz / near_hz - 1.0) < 0.03)
    i = inside[np.argmax(power[inside])]
    a, b, c = np.log(power[i - 1 : i + 2])
    return hz[i] + (a - c) / (2.0 * (a - 2.0 * b + c)) * hz[1]


def cents(hz, pitch):
    return 1200.0 * np.log2(hz / (440.0 * 2.0 ** ((pitch - 69) / 12.0)))


@pytest.mark.parametrize("program", ["Tine", "Poly Saw"])
def test_every_octave_is_in_tune_within_a_tenth_of_a_cent(keys, program):
    keys.use(program, **PLAIN)
    for pitch in range(33, 106, 12):
        sound = keys.play(note(pitch, 0.0, 2.0, 110), 2.0)[0, 4800:70336].astype(float)
        assert abs(cents(fundamental(sound, 440.0 * 2.0 ** ((pitch - 69) / 12.0)), pitch)) < 0.1, pitch


@pytest.mark.parametrize("program", ["Tine", "Reed", "Poly Saw", "Pluck", "Drawbar"])
def test_nothing_folds_back_above_80_db_even_at_the_top(keys, program):
    """Whatever is no multiple of half the fundamental (a sub may sound) is aliasing."""
    keys.use(program, **STEADY)
    for pitch in (60, 84, 96, 103, 108, 115):
        power, hz = spectrum(keys.play(note(pitch, 0.0, 2.0, 127), 2.0)[0, 24_000:89_536].astype(float))
        half = 220.0 * 2.0 ** ((pitch - 69) / 12.0)
        foreign = (np.abs(hz - np.round(hz / half) * half) > 12.0) & (hz > 20.0)
        assert decibels(power[foreign].max() / power.max()) < -80.0, pitch


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_a_note_begins_on_its_frame(keys, rate):
    keys.use("Tine")
    for buffer_size in (64, 1000, 8192):
        sound = keys.play(note(60, 0.25, 0.5, 127), 0.6, rate, buffer_size)
        assert np.flatnonzero(np.abs(sound).max(axis=0) > 1e-6)[0] == rate // 4


def test_the_size_of_the_buffer_changes_no_bit(keys):
    keys.use("Warm Pad")
    chord = [event for pitch in (48, 60, 64, 67, 71) for event in note(pitch, 0.1 + pitch / 1000, 1.4)]
    first = keys.play(chord, 2.0, buffer_size=64)
    for buffer_size in (100, 512, 8192):
        np.testing.assert_array_equal(first, keys.play(chord, 2.0, buffer_size=buffer_size))


def test_a_render_leaves_nothing_for_the_next(keys):
    keys.use("Warm Pad")
    first = keys.play(note(60, 0.0, 0.5), 0.6)
    np.testing.assert_array_equal(first, keys.play(note(60, 0.0, 0.5), 0.6))
    assert not keys.play([], 0.5).any()


def test_loudness_follows_velocity_squared_and_brightness_rises_with_it(keys):
    keys.use("Tine", **PLAIN)
    levels, bright = [], []
    for velocity in (32, 64, 127):
        sound = keys.play(note(60, 0.0, 1.0, velocity), 1.0)[0].astype(float)
        power, hz = spectrum(sound[2400:26_400])
        levels.append(decibels(rms(sound) ** 2))
        bright.append(decibels(power[hz > 400].sum() / power.sum()))
    for quieter, louder in ((0, 1), (1, 2)):
        assert 10.0 < levels[louder] - levels[quieter] < 14.0  # 12 dB a doubling, less what goes into the harmonics
    assert bright[0] + 4.0 < bright[1] < bright[2] - 4.0


def test_the_envelope_takes_the_times_it_says(keys):
    keys.use("Poly Saw", **PLAIN, filter_envelope_oct=0.0, attack_ms=200.0, decay_ms=1000.0, sustain=50.0, release_ms=500.0)
    sound = keys.play(note(72, 0.0, 2.0), 3.0)
    level = [rms(sound[:, int(t * RATE) - 480 : int(t * RATE) + 480]) for t in (0.05, 0.1, 0.2, 1.8, 2.25, 2.5)]
    assert level[0] < level[1] < level[2]
    assert level[3] / level[2] == pytest.approx(0.5, abs=0.05)
    assert decibels((level[4] / level[3]) ** 2) == pytest.approx(-30.0, abs=1.5)
    assert decibels((level[5] / level[3]) ** 2) == pytest.approx(-60.0, abs=2.5)


def test_bend_moves_the_notes_of_its_own_channel_only(keys):
    keys.use("Drawbar", **STEADY, wave_level=0.0, sub=0.0, bend_range_st=12.0)
    both = [*note(60, 0.0, 2.0, channel=1), *note(67, 0.0, 2.0, channel=2), (0.0, 0xE1, 0x7F, 0x7F)]
    sound = keys.play(both, 2.0)[0, 9600:75_136].astype(float)
    assert abs(cents(fundamental(sound, 523.25), 72)) < 1.0
    assert abs(cents(fundamental(sound, 392.0), 67)) < 0.5
    power, hz = spectrum(sound)
    at = lambda f: decibels(power[np.abs(hz - f) < 4.0].max() / power.max())  # noqa: E731
    assert at(261.63) < -60.0  # the bent note left its place, and the other one did not follow
    assert at(784.0) < -12.0


def test_half_a_bend_down_is_one_semitone_of_two(keys):
    keys.use("Tine", **PLAIN)
    sound = keys.play([(0.0, 0xE0, 0x00, 0x20), *note(69, 0.0, 2.0)], 2.0)[0, 4800:70_336].astype(float)
    assert abs(cents(fundamental(sound, 415.3), 68)) < 0.5


def test_the_pedal_holds_and_lets_go(keys):
    keys.use("Drawbar", release_ms=20.0)
    down, up = (0.05, 0xB0, 64, 127), (1.0, 0xB0, 64, 0)
    sound = keys.play([*note(60, 0.0, 0.3), down, up], 1.5, buffer_size=64)
    assert rms(sound[:, int(0.9 * RATE) : int(0.95 * RATE)]) > 0.02
    assert rms(sound[:, int(1.1 * RATE) :]) < 1e-4
    assert rms(keys.play(note(60, 0.0, 0.3), 1.5)[:, int(0.5 * RATE) :]) < 1e-4


def test_volume_and_expression_and_pan_are_obeyed(keys):
    keys.use("Drawbar", tremolo=0.0, chorus=0.0)
    loud = keys.play(note(60), 1.0)
    soft = keys.play([(0.0, 0xB0, 11, 64), *note(60)], 1.0)
    left = keys.play([(0.0, 0xB0, 10, 1), *note(60)], 1.0)
    assert decibels((rms(soft[:, 9600:]) / rms(loud[:, 9600:])) ** 2) == pytest.approx(-11.9, abs=0.3)
    assert rms(left[1, 9600:]) < 0.01 * rms(left[0, 9600:])


def test_a_hundred_notes_at_once_steal_without_a_click(keys):
    """Low, soft notes over the polyphony: a jump would stand out above 8 kHz, where they have nothing."""
    soft = STEADY | {"cutoff_hz": 600.0, "resonance_db": 0.0, "attack_ms": 20.0, "wave_level": 0.0, "key_follow": 0.0, "fm_amount_rad": 0.0}
    keys.use("Drawbar", **soft)
    events = [event for i in range(100) for event in note(30 + i % 30, i * 0.03, 4.0, 60, i % 16)]
    sound = keys.play(events, 3.2)[0].astype(float)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() < 4.0
    frames = np.lib.stride_tricks.sliding_window_view(sound, 1024)[4096::512] * np.hanning(1024)
    power = np.abs(np.fft.rfft(frames)) ** 2
    hz = np.fft.rfftfreq(1024, 1.0 / RATE)
    assert decibels((power[:, hz > 8000].sum(axis=1) / power.sum(axis=1)).max()) < -70.0


def test_detune_and_width_make_it_wide(keys):
    chord = [event for pitch in (48, 60, 64, 67) for event in note(pitch, 0.0, 2.0)]
    sides = []
    for width in (0.0, 50.0, 100.0):
        keys.use("Poly Saw", chorus=0.0, tremolo=0.0, width=width)
        left, right = keys.play(chord, 2.0).astype(float)
        sides.append(rms(left - right) / rms(left + right))
    assert sides[0] < 1e-6
    assert 0.05 < sides[1] < sides[2]


def test_every_program_sounds_differs_and_keeps_its_level(keys):
    assert len(keys.programs) == 8
    seen = []
    for program in keys.programs:
        keys.use(program)
        sound = keys.play([event for pitch in (55, 60, 64) for event in note(pitch, 0.0, 1.5)], 2.0)
        assert 0.05 < np.abs(sound).max() < 1.0, program
        seen.append(spectrum(sound[0, :48_000].astype(float))[0])
    for i, one in enumerate(seen):
        for other in seen[:i]:
            assert np.corrcoef(np.sqrt(one), np.sqrt(other))[0, 1] < 0.98


def test_the_panel_is_short_named_and_has_units(keys):
    shown = {name: p for name, p in keys.plugin.parameters.items() if not name.startswith("midi")}
    assert len(shown) == 26
    assert {"cutoff_hz", "attack_ms", "fm_amount_rad", "bend_range_st", "volume_db", "tremolo_rate_hz"} <= set(shown)
    assert len(keys.plugin.parameters) < 90  # DPF's own choice is over 2,080
