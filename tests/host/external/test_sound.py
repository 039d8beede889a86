from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from daiw.errors import PluginError, PluginFault
from daiw.host.chain import Chain
from daiw.host.external.pool import pool
from daiw.host.instruments import open_instrument
from daiw.music.audio import Audio
from daiw.music.manifest import Insert
from daiw.music.score import Control, Note, Timeline, Track
from daiw.music.time import TempoMap

pytestmark = pytest.mark.system
TIMELINE = Timeline(TempoMap())  # 120 bpm, 480 ticks a quarter: 960 ticks a second


def track(*notes: Note, role: str = "chords", **more) -> Track:
    return Track(role, "mine", notes or (Note(480, 480, 69, 127),), **more)


def play(manifests, played: Track | None = None, rate: int = 48_000) -> np.ndarray:
    return open_instrument("mine", manifests)(played or track(), TIMELINE, rate).samples


def onset(samples: np.ndarray) -> int:
    return int(np.flatnonzero(np.abs(samples[0]) > 1e-6)[0])


def hz(samples: np.ndarray, rate: int = 48_000) -> float:
    crossings = np.flatnonzero((samples[:-1] < 0) & (samples[1:] >= 0))
    return (len(crossings) - 1) * rate / (crossings[-1] - crossings[0])


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("buffer", [64, 1024, 8192])
def test_every_onset_lies_on_its_frame(declare, rate, buffer):
    manifests = declare(more=f"hosting = {{ buffer_frames = {buffer}, tail_s = 0.1 }}")
    for tick in (1, 7, 480, 1000, 4321):
        assert onset(play(manifests, track(Note(tick, 480, 69, 127)), rate)) == round(tick / 960 * rate)


@pytest.mark.parametrize("late", [1, 480, 4000])
def test_an_instruments_latency_is_taken_back_to_the_sample(declare, late):
    assert onset(play(declare(more=f"params = {{ delay_frames = {late}.0 }}"))) == 24_000


@pytest.mark.parametrize(("late", "buffer"), [(0, 1024), (1, 1024), (480, 64), (480, 8192), (4000, 1024)])
def test_an_effects_latency_is_taken_back_to_the_sample(declare, late, buffer):
    manifests = declare("later", "Delay", kind="effect", more=f"hosting = {{ buffer_frames = {buffer} }}")
    sound = np.zeros((2, 30_000), np.float32)
    sound[:, 1000] = 0.5
    chain = Chain((Insert("later", {"delay_frames": float(late)}),), "test", manifests)
    result = chain(Audio(sound), "bass").samples
    assert np.flatnonzero(np.abs(result[0]) > 1e-6).tolist() == [1000]
    assert result.shape == sound.shape


def test_a_mono_effect_hears_left_and_right_apart(declare):
    manifests = declare("narrow", "Mono", kind="effect")
    sound = np.zeros((2, 4800), np.float32)
    sound[0, 100], sound[1, 200] = 0.5, 0.25
    result = Chain((Insert("narrow", {"level": 1.0}),), "test", manifests)(Audio(sound), "bass").samples
    np.testing.assert_allclose(result, 2.0 * sound, atol=1e-6)


def test_effects_keep_their_order_among_the_built_in_ones(declare):
    manifests = declare("gain2", "Stereo", kind="effect")
    sound = Audio(np.full((2, 9600), 0.4, np.float32) * np.sin(np.arange(9600) / 9).astype(np.float32))
    louder, clip = Insert("gain2", {"level": 1.0}), Insert("clipping", {"threshold_db": -12.0})
    first = Chain((louder, clip), "test", manifests)(sound, "bass").samples
    last = Chain((clip, louder), "test", manifests)(sound, "bass").samples
    assert np.abs(first).max() == pytest.approx(10 ** (-12 / 20), rel=0.02)
    assert np.abs(last).max() == pytest.approx(2 * 10 ** (-12 / 20), rel=0.02)


def test_controllers_reach_the_plugin_at_their_time(declare):
    manifests = declare(more='hosting = { volume = "plugin", bend_semitones = 2.0 }')
    long = Note(0, 1920, 69, 127)
    plain = play(manifests, track(long))[0]
    assert hz(plain[4800:40_000]) == pytest.approx(440.0, rel=1e-3)
    bent = play(manifests, track(long, controls=(Control(960, "bend", 0, 8191),)))[0]
    assert hz(bent[4800:40_000]) == pytest.approx(440.0, rel=1e-3)
    assert hz(bent[52_000:90_000]) == pytest.approx(440.0 * 2 ** (2 / 12), rel=1e-3)
    hushed = play(manifests, track(long, controls=(Control(480, "cc", 11, 0), Control(490, "cc", 11, 127), Control(960, "cc", 11, 0))))[0]
    sounding = np.flatnonzero(np.abs(hushed) > 0)
    assert 24_000 - 16 <= sounding[sounding < 24_400][-1] < 24_000
    assert 48_000 - 16 <= sounding[-1] < 48_000


def test_the_pedal_holds_and_lets_go(declare):
    manifests = declare()
    short = Note(0, 96, 69, 127)
    held = play(manifests, track(short, controls=(Control(0, "cc", 64, 127), Control(960, "cc", 64, 0))))[0]
    free = play(manifests, track(short))[0]
    assert np.abs(held[44_000:48_000]).max() > 0.2
    assert len(free) < 48_000 or np.abs(free[44_000:48_000]).max() < 1e-3
    assert np.abs(held[-4800:]).max() < 0.01


def test_a_track_with_a_wider_bend_range_is_rescaled(declare):
    manifests = declare()
    bent = play(manifests, track(Note(0, 960, 69, 127), controls=(Control(0, "bend", 0, 4096),), bend_range=2.0))[0]
    assert hz(bent[2000:40_000]) == pytest.approx(440.0 * 2 ** (1 / 12), rel=1e-3)


def test_volume_and_pan_are_the_hosts_unless_the_manifest_says_otherwise(declare):
    manifests = declare()
    controls = (Control(0, "cc", 7, 50), Control(0, "cc", 10, 127))
    plain, placed = play(manifests)[:, 30_000:40_000], play(manifests, track(controls=controls))[:, 30_000:40_000]
    assert np.abs(placed[0]).max() < 1e-3
    assert np.abs(placed[1]).max() == pytest.approx(np.abs(plain[1]).max() * 0.25 * np.sqrt(2), rel=0.02)


def test_keyswitches_come_before_their_notes_and_stray_notes_come_back(declare):
    from daiw.host.external.midi import events_of

    more = 'range = [48, 72]\nkeys = { switches = { long = 24, short = 25 }, usual = "long", short = "short", short_ms = 200.0 }'
    manifest = declare(more=more)["mine"]
    events = events_of(track(Note(480, 480, 60, 100), Note(960, 48, 30, 100)), TIMELINE, 48_000, manifest)
    assert [(frame, data[1]) for frame, data in events if data[0] == 0x90] == [
        (24_000 - 960, 24), (24_000, 60), (48_000 - 960, 25), (48_000, 54),
    ]  # fmt: skip


def test_the_tail_ends_in_silence_and_never_later_than_allowed(declare):
    rang = play(declare()).shape[1]
    assert 48_000 + 24_000 < rang < 48_000 + 3 * 48_000
    endless = declare(more="hosting = { tail_s = 1.0 }")
    held = play(endless, track(Note(480, 480, 69, 127), controls=(Control(0, "cc", 64, 127),)))
    assert held.shape[1] == pytest.approx(48_000 + 48_000, abs=2)


def test_two_roles_never_share_an_instance_and_a_second_render_is_the_same(declare):
    manifests = declare(more="params = { level = 1.0 }")
    first = play(manifests, track(role="chords"))
    other = play(manifests, track(Note(0, 960, 50, 100), role="pad", controls=(Control(0, "bend", 0, 8000),)))
    np.testing.assert_array_equal(play(manifests, track(role="chords")), first)
    assert onset(other) == 0


def test_a_warm_worker_is_used_again(declare):
    manifests = declare()
    play(manifests)
    started, pids = pool().started, pool().pids()
    for _ in range(3):
        play(manifests)
    assert (pool().started, pool().pids()) == (started, pids)


def test_a_plugin_that_knows_one_rate_is_converted(declare):
    fixed = play(declare(more="hosting = { sample_rate_hz = 44100 }"), rate=48_000)
    assert hz(fixed[0, 25_000:47_000]) == pytest.approx(440.0, rel=1e-3)
    assert abs(onset(np.where(np.abs(fixed) > 0.05, fixed, 0)) - 24_000) <= 2


def test_automation_moves_a_parameter_with_the_song(declare):
    manifests = declare(
        more='[automation.cutoff_hz]\nfollows = "energy"\nlow = 100.0\nhigh = 20000.0\nscale = "log"\n[params]\nwave = "Saw"'
    )
    played = track(Note(0, 3840, 57, 127))
    lines = {"energy": ((0.0, 0.0), (1.9, 0.0), (2.0, 1.0), (4.0, 1.0))}
    samples = open_instrument("mine", manifests, around(manifests, lines))(played, TIMELINE, 48_000).samples[0]

    def brightness(part: np.ndarray) -> float:
        spectrum = np.abs(np.fft.rfft(part)) ** 2
        return float((spectrum * np.fft.rfftfreq(len(part), 1 / 48_000)).sum() / spectrum.sum())

    assert brightness(samples[24_000:72_000]) * 3 < brightness(samples[120_000:168_000])
    again = open_instrument("mine", manifests)(played, TIMELINE, 48_000).samples[0]
    assert brightness(again[24_000:72_000]) == pytest.approx(brightness(again[120_000:168_000]), rel=0.1)


def around(manifests, lines):
    from daiw.host.instruments import Surroundings

    return Surroundings(manifests, lines)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ("fualt = 1.0", "no parameter 'fualt'; did you mean 'fault'"),
        ("cutoff_hz = 50000.0", r"cutoff_hz must be 20..20000 Hz, not 50000"),
        ('cutoff_hz = "bright"', r"cutoff_hz must be a number, 20..20000 Hz, not 'bright'"),
        ('wave = "Square"', "wave must be one of Sine, Saw, not 'Square'"),
    ],
)
def test_parameters_that_are_not_there_or_out_of_range_are_refused(declare, params, says):
    with pytest.raises(PluginFault, match=says) as caught:
        play(declare(more=f"params = {{ {params} }}"))
    assert caught.value.kind == "state"


@pytest.mark.parametrize("params", ["cutoff = 500.0", "cutoff_hz = 500.0"])
def test_parameters_are_set_in_their_own_unit(declare, params):
    dull, bright = play(declare(more=f"params = {{ {params} }}")), play(declare(more=""))
    assert np.abs(dull[0, 30_000:40_000]).max() == pytest.approx(np.abs(bright[0, 30_000:40_000]).max() * 0.75, rel=0.05)


def test_a_manifest_that_reaches_outside_its_folder_is_refused(declare, tmp_path):
    (tmp_path / "secret").write_bytes(b"x")
    with pytest.raises(PluginError, match="points outside the plugin's folder"):
        play(declare(more='state = "../../secret"'))
    with pytest.raises(PluginError, match="points outside the plugin's folder"):
        play(declare(path="../../../x.vst3"))


def test_what_is_no_plugin_says_so(declare, tmp_path):
    (tmp_path / "Empty.vst3").mkdir()
    (tmp_path / "Alien.vst3" / "Contents" / "riscv64-linux").mkdir(parents=True)
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.vst3").write_text("hello")
    for path, kind, says in (
        ("Empty.vst3", "load", "without a plugin in it"), ("Alien.vst3", "load", "is built for riscv64-linux, not for this machine"),
        ("folder", "load", "is a folder and no plugin"), ("text.vst3", "load", "text.vst3"), ("gone.vst3", "missing", "is not there"),
    ):  # fmt: skip
        with pytest.raises(PluginFault, match=says) as caught:
            play(declare(path=str(tmp_path / path)))
        assert caught.value.kind == kind


def test_a_side_that_ends_earlier_ends_in_silence_and_not_in_the_sound_before(declare):
    chain = Chain((Insert("mono"),), "test", declare("mono", "Mono", kind="effect"))
    loud = np.full((2, 48_000), 0.5, np.float32) * np.sin(np.arange(48_000) / 9.0).astype(np.float32)
    chain(Audio(loud), "bass")
    short = loud[:, :24_000].copy()
    short[1] = 0.0
    heard = chain(Audio(short), "bass").samples
    assert np.abs(heard[0, :24_000]).max() > 0.1
    np.testing.assert_array_equal(heard[1], 0.0)
    np.testing.assert_array_equal(heard[:, 24_000:], 0.0)


def changes(*programs: tuple[int, int]) -> Track:
    return track(Note(0, 1920, 69, 127), controls=tuple(Control(tick, "program", 0, value) for tick, value in programs))


def test_a_program_change_moves_the_parameter_that_stands_for_programs(declare):
    sine, saw = (play(declare(more=f'params = {{ wave = "{wave}" }}'), changes()) for wave in ("Sine", "Saw"))
    manifests = declare(more='hosting = { program_parameter = "wave" }')
    heard = play(manifests, changes((961, 1), (1443, 0)))
    first, second = (frame - frame % 16 for frame in (round(961 / 960 * 48_000), round(1443 / 960 * 48_000)))
    np.testing.assert_array_equal(heard[:, :first], sine[:, :first])
    np.testing.assert_array_equal(heard[:, first:second], saw[:, first:second])
    np.testing.assert_array_equal(heard[:, second:], sine[:, second:])
    np.testing.assert_array_equal(play(manifests, changes()), sine)  # the next stem begins as it was set
    with pytest.raises(PluginFault, match="program 2 was asked for; wave goes from 0 to 1"):
        play(manifests, changes((961, 2)))
    with pytest.raises(PluginFault, match="no parameter 'wafe'"):
        play(declare(more='hosting = { program_parameter = "wafe" }'), changes((961, 1)))


def test_a_plugin_whose_nature_is_an_offset_may_have_it(declare):
    with pytest.raises(PluginFault, match=r"off the centre \(DC\); if that is its nature, allow_dc = true"):
        play(declare(more='params = { fault = "DC" }'))
    heard = play(declare(more='params = { fault = "DC" }\nhosting = { allow_dc = true, tail_s = 1.0 }'))
    assert heard.mean() == pytest.approx(0.5, abs=0.05)


def test_four_channels_in_one_bus_are_summed_by_pairs(declare):
    plain, quad = play(declare()), play(declare("mine", "Quad"))
    np.testing.assert_allclose(quad[0], plain[0] * 1.25, atol=1e-6)  # channels 1 and 3
    np.testing.assert_allclose(quad[1], plain[1] * 0.625, atol=1e-6)  # channels 2 and 4


def test_of_several_buses_the_main_ones_are_hosted(declare):
    plain, buses = play(declare()), play(declare("mine", "Buses"))
    np.testing.assert_allclose(buses[0], plain[0], atol=1e-6)
    np.testing.assert_allclose(buses[1], plain[1] * 0.5, atol=1e-6)
    sound = np.sin(np.arange(9600) / 9.0).astype(np.float32) * np.ones((2, 1), np.float32) * np.float32(0.2)
    through = Chain((Insert("side"),), "test", declare("side", "Side", kind="effect"))(Audio(sound), "bass").samples
    np.testing.assert_allclose(through, sound, atol=1e-6)  # the side chain hears silence, and disturbs nothing


def test_two_songs_at_once_keep_their_own_sounds_in_the_same_role(declare):
    soft, loud = (declare(more=f"params = {{ level = {level} }}")["mine"] for level in (0.2, 0.8))
    alone = [play({"mine": manifest}) for manifest in (soft, loud)]
    with ThreadPoolExecutor(4) as songs:
        heard = list(songs.map(lambda i: play({"mine": (soft, loud)[i % 2]}), range(16)))
    for i, samples in enumerate(heard):
        np.testing.assert_array_equal(samples, alone[i % 2])
