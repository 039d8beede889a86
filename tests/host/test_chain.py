import numpy as np
import pytest

from daiw.errors import PluginError
from daiw.files.preset import load_preset, preset_paths
from daiw.files.shipped import shipped
from daiw.host.chain import Chain
from daiw.host.effects import EFFECTS
from daiw.host.registry import load_manifests
from daiw.music.audio import Audio
from daiw.music.automation import Automation
from daiw.music.manifest import Insert

RATE = 48_000


def noise(seconds: float = 1.0, level: float = 0.1) -> Audio:
    return Audio(np.random.default_rng(3).standard_normal((2, int(RATE * seconds))).astype(np.float32) * np.float32(level), RATE)


def run(effect: str, audio: Audio, **params: float) -> np.ndarray:
    return Chain((Insert(effect, params),))(audio).samples


@pytest.mark.parametrize("name", sorted(EFFECTS))
def test_every_effect_keeps_shape_and_time_and_repeats_itself(name):
    audio = noise()
    once, again = run(name, audio), run(name, audio)
    assert once.dtype == np.float32
    assert once.shape[0] == 2
    assert once.shape[1] >= audio.frames
    assert np.isfinite(once).all()
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize("name", sorted(set(EFFECTS) - {"chorus", "ensemble", "phaser", "tremolo"}))
def test_no_effect_is_late(name):
    """The envelope of a decaying 300 Hz burst stays where it was, to a millisecond; the swinging effects move it by design."""
    t = np.arange(RATE) / RATE
    burst = np.where(t > 0.2, np.sin(2 * np.pi * 300 * t) * np.exp(-8 * (t - 0.2)), 0.0).astype(np.float32) * 0.5
    out = run(name, Audio(np.stack((burst, burst)), RATE), **({"hiss_db": -120.0} if name == "tape" else {}))[0]
    onset = np.argmax(np.abs(out[RATE // 10 :]) > 0.1 * np.abs(out).max()) + RATE // 10
    expected = np.argmax(np.abs(burst) > 0.1 * np.abs(burst).max())
    assert abs(int(onset) - int(expected)) < RATE // 1000


def test_inserts_act_in_order():
    audio = noise(0.2)
    loud_then_clipped = Chain((Insert("gain", {"gain_db": 20.0}), Insert("clipping", {"threshold_db": -6.0})))(audio).samples
    clipped_then_loud = Chain((Insert("clipping", {"threshold_db": -6.0}), Insert("gain", {"gain_db": 20.0})))(audio).samples
    assert np.abs(loud_then_clipped).max() == pytest.approx(10 ** (-6 / 20), rel=1e-3)
    assert np.abs(clipped_then_loud).max() > 2.0


def test_settings_reach_the_engine():
    quiet, loud = (np.std(run("gain", noise(), gain_db=gain)) for gain in (-12.0, 0.0))
    assert 20 * np.log10(loud / quiet) == pytest.approx(12.0, abs=0.05)
    spectrum = np.abs(np.fft.rfft(run("lowpass", noise(), cutoff_hz=500.0)[0])) ** 2
    assert spectrum[5000:].sum() < 0.1 * spectrum[:1000].sum()  # 19 times as much before


def test_an_echo_rings_out_and_a_filter_does_not_lengthen():
    short = noise(0.1)
    assert Chain((Insert("lowpass"),))(short).frames == short.frames
    echoed = Chain((Insert("delay", {"delay_s": 0.5, "feedback": 0.5, "mix": 0.5}),))(short)
    assert echoed.duration_s > 2.0
    assert np.abs(echoed.samples[:, RATE // 2 : RATE // 2 + 4800]).max() > 0.05


def test_the_input_is_left_alone():
    audio = noise()
    before = audio.samples.copy()
    Chain(tuple(Insert(name) for name in EFFECTS))(audio)
    np.testing.assert_array_equal(audio.samples, before)


@pytest.mark.parametrize(
    ("insert", "says"),
    [
        (Insert("chrous"), "no effect named 'chrous'; did you mean 'chorus'?"),
        (Insert("chorus", {"speed": 1.0}), "chorus has no setting 'speed'; settings are rate_hz, depth"),
        (Insert("chorus", {"rate_hz": 500.0}), "chorus.rate_hz must be 0.01..20, not 500"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(insert, says):
    with pytest.raises(PluginError) as caught:
        Chain((insert,), "presets/x.toml")
    assert says in str(caught.value)
    assert str(caught.value).startswith("presets/x.toml: ")


def test_every_shipped_chain_is_valid():
    manifests = load_manifests([shipped("plugins")])
    chains = [manifest.chain for manifest in manifests.values() if manifest.chain]
    presets = [load_preset(path) for path in preset_paths([shipped("presets")]).values()]
    chains += [chain for preset in presets for chain in preset.render.inserts.values()]
    assert len(chains) > 50
    for chain in chains:
        Chain(chain, effects=manifests)
    assert len({repr(sorted(preset.render.inserts.items(), key=str)) for preset in presets}) == len(presets)


def _centroid_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    return float(np.sum(spectrum * np.fft.rfftfreq(len(samples), 1.0 / RATE)) / np.sum(spectrum))


def _level_db(samples: np.ndarray) -> float:
    return float(10.0 * np.log10(np.mean(samples.astype(np.float64) ** 2)))


@pytest.mark.parametrize(
    ("effect", "setting", "low", "high", "heard"),
    [
        ("lowpass", "cutoff_hz", 400.0, 8000.0, _centroid_hz),
        ("ladder_lowpass", "cutoff_hz", 400.0, 8000.0, _centroid_hz),
        ("high_shelf", "gain_db", -12.0, 12.0, _centroid_hz),
        ("gain", "gain_db", -12.0, 0.0, _level_db),
        ("distortion", "drive_db", 0.0, 24.0, _level_db),
    ],
)
def test_a_built_in_effect_follows_the_song_in_the_stated_direction(effect, setting, low, high, heard):
    line = ((0.0, 0.0), (1.0, 0.0), (2.0, 1.0), (3.0, 1.0))  # held, rising, held
    sound = noise(3.0, 0.05)

    def through(low: float, high: float) -> np.ndarray:
        wish = Automation("energy", low, high)
        insert = Insert(effect, {}, {setting: wish})
        return Chain((insert,), "test", lines={"energy": line})(sound).samples[0]

    rising, falling = through(low, high), through(high, low)
    before, middle, after = (heard(rising[start : start + RATE // 2]) for start in (RATE // 4, 5 * RATE // 4, 9 * RATE // 4))
    assert before < middle < after
    assert heard(falling[RATE // 4 : 3 * RATE // 4]) > heard(falling[9 * RATE // 4 : 11 * RATE // 4])
    still = Chain((Insert(effect, {setting: low}),), "test")(sound).samples[0]
    np.testing.assert_allclose(rising[: RATE - 512], still[: RATE - 512], atol=1e-5)  # until the line moves it is the effect itself


def automated() -> list[tuple[str, str]]:
    """(preset, role) of every shipped chain in which a filter follows the song."""
    presets = {path.stem: load_preset(path) for path in preset_paths([shipped("presets")]).values()}
    return [
        (name, role)
        for name, preset in sorted(presets.items())
        for role, inserts in preset.render.inserts.items()
        if any("cutoff_hz" in insert.automation for insert in inserts)
    ]


def test_several_styles_open_their_filters_with_the_energy():
    assert {name for name, _ in automated()} >= {"ambient", "dream-pop", "house", "synthwave"}


@pytest.mark.parametrize(("style", "role"), automated())
def test_a_shipped_filter_opens_with_the_energy_and_keeps_the_level(style, role):
    preset = load_preset(preset_paths([shipped("presets")])[style])
    sound = noise(4.0)
    heard = {}
    for level in (0.2, 0.9):
        chain = Chain(preset.render.inserts[role], style, lines={"energy": ((0.0, level), (4.0, level))})
        heard[level] = chain(sound).samples[0, RATE : 3 * RATE]
    assert _centroid_hz(heard[0.9]) > 1.2 * _centroid_hz(heard[0.2])
    assert np.abs(heard[0.9]).max() < 1.0
