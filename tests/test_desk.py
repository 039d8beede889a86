from dataclasses import replace
from math import log10

import numpy as np
import pytest

from daiw.desk import Desk
from daiw.files.preset import find_preset
from daiw.files.session import EqBand, Strip
from daiw.music.manifest import Insert, PluginRecord
from daiw.music.mixing import ChannelSettings, MixSettings
from daiw.music.styles.mix import DelayStyle, MixStyle, ReverbStyle, RoleMix
from daiw.music.styles.render import RenderStyle

KEYS, TUBE, TONE = (b"VST3\x01\x00\x00\x00" + name * 8 + bytes(16) for name in (b"4b45", b"5455", b"544f"))
MANIFEST = """
kind = "instrument"
engine = "vst3"
path = "/x/Keys.vst3"
license = "MIT"
description = "Keys"
gain_db = -3.0
chain = [{ effect = "vst3:ZamTube" }, { effect = "tape" }]
"""


def record(slot, title, preset=KEYS, manifest=""):
    return PluginRecord(slot, title, f"/x/{title}.vst3", title.upper(), "Someone", "1.2", "00", b"state", {}, manifest, preset)


@pytest.fixture
def desk():
    """A song whose chords are played by a VST3 with two VST3 effects and two of ours behind it."""
    style = MixStyle(
        reverb=ReverbStyle(level_db=-2.0), delay=DelayStyle(level_db=0.0), tone_db=2.0,
        roles={
            "melody": RoleMix(pan=0.25, reverb_db=-10.0, delay_db=-16.0), "bass": RoleMix(pan=0.0, reverb_db=-60.0, delay_db=-60.0),
            "chords": RoleMix(highpass_hz=90.0, body_db=0.0, carve_hz=300.0, carve_db=-2.0, presence_db=1.0, air_db=0.0),
        },
    )  # fmt: skip
    chain = RenderStyle({"chords": (Insert("phaser"), Insert("daiw_tone"))})
    settings = MixSettings(
        frames=1, dry_frames=1, length_frames=1, halvings=1, channels=(ChannelSettings(role="chords", gain_db=4.0, hiss_db=-1.5),)
    )
    plugins = {
        f"chords: {each.slot}": each
        for each in (
            record("style insert 2 daiw_tone", "daiw_tone", TONE),
            record("instrument", "warm_keys", KEYS, MANIFEST),
            record("insert 1 ZamTube", "vst3:ZamTube", TUBE),
        )
    }
    return Desk(replace(find_preset("pop"), mix=style, render=chain), None, settings, plugins, ("reverb", "delay"))


def test_strips_are_the_mix_as_it_stands(desk):
    assert desk.strips({"melody": "flute", "bass": "sub_bass"}) == {
        "melody": Strip("flute", 0.25, (("reverb", -12.0), ("delay", -16.0))),
        "bass": Strip("sub_bass", 0.0, ()),
    }
    assert replace(desk, returns=("reverb",)).strips({"melody": "flute"})["melody"].sends == (("reverb", -12.0),)


def test_plugins_stand_in_the_order_in_which_they_sounded(desk):
    strip = desk.strips({"chords": "warm_keys"})["chords"]
    assert [(device.name, device.instrument, device.preset) for device in strip.devices] == [
        ("WARM_KEYS", True, KEYS), ("VST3:ZAMTUBE", False, TUBE), ("DAIW_TONE", False, TONE),
    ]  # fmt: skip
    assert [device.class_id for device in strip.devices] == ["4B45" * 8, "5455" * 8, "544F" * 8]
    assert [device.path for device in strip.devices] == [
        "plugins/chords/instrument.vstpreset", "plugins/chords/insert-1-ZamTube.vstpreset",
        "plugins/chords/style-insert-2-daiw_tone.vstpreset",
    ]  # fmt: skip
    assert strip.missing == ("tape", "phaser")
    assert strip.sounds


def test_the_fader_is_what_the_mix_did_to_this_player(desk):
    assert desk.strips({"chords": "warm_keys"})["chords"].gain_db == pytest.approx(4.0 - 3.0 - 20 * log10(2))
    assert replace(desk, settings=None).strips({"chords": "warm_keys"})["chords"].gain_db == -3.0


def test_the_equaliser_is_the_one_of_the_mix(desk):
    """Its response, by the cookbook's formulas written anew, is the one that our mix convolves with."""
    from daiw.dsp.filters import impulse
    from daiw.stages.channel import bands

    strip = desk.strips({"chords": "warm_keys"})["chords"]
    assert strip.bands == (
        EqBand("highPass", 90.0, 0.0, 0.7071), EqBand("highShelf", 11_000.0, -1.5, 0.7071), EqBand("bell", 300.0, -2.0, 0.8),
        EqBand("bell", 3000.0, 1.0, 0.7), EqBand("highShelf", 8000.0, 2.0, 0.7071),
    )  # fmt: skip
    ours = np.abs(np.fft.rfft(impulse(bands(desk.preset.mix.role("chords"), -1.5, 2.0), 48_000, 1 << 15)))
    theirs = np.prod([_response(band, np.linspace(0, np.pi, len(ours))) for band in strip.bands], axis=0)
    heard = slice(len(ours) // 400, None)
    assert np.abs(20 * np.log10(theirs[heard] / ours[heard])).max() < 0.05


def _response(band, w):
    """|H| of a cookbook biquad."""
    w0, a = 2 * np.pi * band.hz / 48_000, 10 ** (band.gain_db / 40)
    alpha, cos = np.sin(w0) / (2 * band.q), np.cos(w0)
    if band.kind == "highPass":
        over, under = ((1 + cos) / 2, -1 - cos, (1 + cos) / 2), (1 + alpha, -2 * cos, 1 - alpha)
    elif band.kind == "bell":
        over, under = (1 + alpha * a, -2 * cos, 1 - alpha * a), (1 + alpha / a, -2 * cos, 1 - alpha / a)
    else:
        root = 2 * np.sqrt(a) * alpha
        over = (a * (a + 1 + (a - 1) * cos + root), -2 * a * (a - 1 + (a + 1) * cos), a * (a + 1 + (a - 1) * cos - root))
        under = (a + 1 - (a - 1) * cos + root, 2 * (a - 1 - (a + 1) * cos), a + 1 - (a - 1) * cos - root)
    z = np.exp(-1j * np.outer(np.arange(3), w))
    return np.abs(np.dot(over, z) / np.dot(under, z))


@pytest.mark.parametrize(
    "plugins",
    [
        {},
        {"chords: instrument": record("instrument", "another_synth")},
        {"chords: instrument": record("instrument", "warm_keys", b"")},
        {"bass: instrument": record("instrument", "warm_keys")},
    ],
    ids=["none", "another played", "a state from before", "another part"],
)
def test_without_the_plugin_that_played_there_is_no_device(desk, plugins):
    strip = replace(desk, plugins=plugins).strips({"chords": "warm_keys"})["chords"]
    assert (strip.devices, strip.bands, strip.sounds) == ((), (), False)


def test_an_effect_that_is_no_longer_in_the_chain_is_not_told(desk):
    preset = replace(desk.preset, render=RenderStyle({"chords": (Insert("phaser"),)}))
    strip = replace(desk, preset=preset).strips({"chords": "warm_keys"})["chords"]
    assert [device.name for device in strip.devices] == ["WARM_KEYS", "VST3:ZAMTUBE"]
