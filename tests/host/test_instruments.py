from pathlib import Path

import numpy as np
import pytest

from daiw.errors import PluginError
from daiw.files.shipped import shipped
from daiw.host.instruments import fingerprint, instrument_for, open_instrument, open_instruments
from daiw.host.registry import load_manifests
from daiw.host.soundfont.font import find_font, font_sha256
from daiw.music.manifest import MANIFEST_FILE
from daiw.music.score import Note, Timeline, Track

RATE = 24_000


@pytest.fixture(scope="module")
def manifests():
    return load_manifests([shipped("plugins")])


def own(tmp_path: Path, **more: str):
    text = {"kind": '"instrument"', "engine": '"synth"', "license": '"MIT"', "description": '"A test."', "voice": '"bell"'} | more
    path = tmp_path / "mine" / MANIFEST_FILE
    path.parent.mkdir()
    path.write_text("\n".join(f"{key} = {value}" for key, value in text.items()))
    return load_manifests([tmp_path])


def test_every_shipped_instrument_sounds_over_its_whole_range(manifests):
    ours = {name: manifest for name, manifest in manifests.items() if manifest.kind == "instrument" and not manifest.external}
    renderers = open_instruments(ours, manifests)
    for name, manifest in ours.items():
        low, high = manifest.range
        for pitch in (low, (low + high) // 2, high):
            track = Track("x", name, (Note(0, 240, pitch, 100),), max(0, manifest.program), manifest.drums)
            samples = renderers[name](track, Timeline(), RATE).samples
            assert np.isfinite(samples).all(), name
            assert 0.003 < np.abs(samples).max() < 2.0, (name, pitch, float(np.abs(samples).max()))
            assert np.abs(samples).max(axis=1).min() > 0.0, (name, pitch)


def test_the_chain_and_the_trim_act(tmp_path):
    plain = own(tmp_path)
    (tmp_path / "more").mkdir()
    trimmed = own(tmp_path / "more", gain_db="-6.0", chain='[{ effect = "gain", params = { gain_db = -6.0 } }]')
    track = Track("x", "mine", (Note(0, 240, 72, 100),))
    loud, quiet = (open_instrument("mine", found)(track, Timeline(), RATE).samples for found in (plain, trimmed))
    np.testing.assert_allclose(quiet, loud * 10 ** (-12 / 20), rtol=1e-4, atol=1e-7)


def test_an_engine_that_is_not_here_gives_way_to_the_fallback(tmp_path):
    path = tmp_path / "mine" / MANIFEST_FILE
    path.parent.mkdir()
    path.write_text('kind = "instrument"\nengine = "theremin"\nlicense = "MIT"\ndescription = "x"\nfallback = "flute"\n')
    both = load_manifests([shipped("plugins"), tmp_path])
    assert open_instrument("mine", both).manifest.name == "flute"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"engine": '"theremin"'}, "no engine named 'theremin'; engines are soundfont, synth"),
        ({"voice": '"kazoo"'}, "no voice 'kazoo'; voices are subtractive"),
        ({"params": "{ sparkel = 1.0 }"}, "no key sparkel; keys are ring_s, sparkle"),
        ({"params": "{ ring_s = -1.0 }"}, "ring_s above 0"),
        ({"chain": '[{ effect = "chrous" }]'}, "did you mean 'chorus'"),
        ({"kind": '"effect"'}, "is no instrument but an effect"),
    ],
)
def test_what_cannot_be_opened_says_why(tmp_path, more, says):
    with pytest.raises(PluginError) as caught:
        open_instrument("mine", own(tmp_path, **more))
    assert says in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_an_unknown_name_lists_the_known(manifests):
    with pytest.raises(PluginError, match=r"no instrument named 'kazoo'; there are alto_sax"):
        open_instruments(["kazoo"], manifests)


def test_a_strangers_program_is_played_by_the_generic_instrument(manifests):
    assert instrument_for(40, False, manifests) == "gm"
    with pytest.raises(PluginError, match="kit 16"):
        instrument_for(16, True, {})


def test_fingerprints_tell_font_and_manifest(manifests):
    piano, bell = fingerprint("grand_piano", manifests), fingerprint("bell", manifests)
    font = find_font(manifests["grand_piano"].font)
    assert piano["font_sha256"] == font_sha256(font)
    assert piano["font"] == font.name
    assert "font" not in bell
    assert bell["manifest_sha256"] == manifests["bell"].sha256 != piano["manifest_sha256"]
