from pathlib import Path

import pytest

from daiw.errors import PluginError
from daiw.files.shipped import shipped
from daiw.host.registry import load_manifests, read_manifest, user_plugins
from daiw.music.manifest import MANIFEST_FILE

GOOD = 'kind = "instrument"\nengine = "synth"\nlicense = "MIT"\ndescription = "A test."\n'

# Every name that presets and the arrange stage may use.
AGREED = """
grand_piano felt_piano music_box vibraphone marimba organ nylon_guitar steel_guitar clean_guitar overdriven_guitar
distortion_guitar upright_bass finger_bass picked_bass fretless_bass violin cello strings slow_strings choir voice_oohs trumpet
muted_trumpet french_horn brass_section alto_sax tenor_sax oboe clarinet flute clavinet harp pizzicato timpani kalimba fiddle
standard_kit brush_kit jazz_kit orchestra_kit gm electric_piano sub_bass synth_bass warm_pad pluck lead bell drum_machine saw_pad
saw_lead
"""


def declare(folder: Path, name: str, text: str = GOOD) -> Path:
    path = folder / name / MANIFEST_FILE
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_every_agreed_instrument_is_shipped():
    manifests = load_manifests([shipped("plugins")])
    assert set(AGREED.split()) <= set(manifests)
    assert all(
        manifest.kind in ("instrument", "effect", "voice") and manifest.license and manifest.description for manifest in manifests.values()
    )


def test_the_user_folder_adds_to_what_is_shipped(tmp_path):
    declare(tmp_path / "shipped", "piano")
    declare(tmp_path / "own", "theremin")
    manifests = load_manifests([tmp_path / "shipped", tmp_path / "own", tmp_path / "not there"])
    assert list(manifests) == ["piano", "theremin"]
    assert manifests["theremin"].folder == tmp_path / "own" / "theremin"
    assert len(manifests["theremin"].sha256) == 64


def test_a_name_declared_twice_names_both_files(tmp_path):
    first, second = declare(tmp_path / "a", "piano"), declare(tmp_path / "b", "piano")
    with pytest.raises(PluginError, match="already declared") as caught:
        load_manifests([tmp_path / "a", tmp_path / "b"])
    assert str(first) in str(caught.value)
    assert str(second) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD + "colour = 3\n", "no key colour; keys are kind, engine"),
        (GOOD + 'name = "other"\n', "no key name"),
        (GOOD.replace('"synth"', "3"), "engine must be a text"),
        (GOOD + 'program = "4"\n', "program must be a whole number"),
        (GOOD + "program = 128\n", "program must be -1..127"),
        (GOOD + "range = [90, 20]\n", "low first"),
        (GOOD + "range = [20]\n", "range"),
        (GOOD + "drums = 1\n", "drums must be true or false"),
        (GOOD + 'chain = [{ effect = "chorus", rate_hz = 1.0 }]\n', "no key rate_hz; keys are effect, params"),
        (GOOD.replace('kind = "instrument"', 'kind = "toaster"'), "kind must be one of instrument, effect, voice"),
        (GOOD.replace('license = "MIT"\n', ""), "lacks the key 'license'"),
        ("kind = ", "cannot be read"),
        (GOOD + 'fallback = "nobody"\n', "fallback names no plugin: 'nobody'"),
    ],
)
def test_a_bad_manifest_is_refused_by_file_and_key(tmp_path, text, says):
    path = declare(tmp_path, "piano", text)
    with pytest.raises(PluginError) as caught:
        load_manifests([tmp_path])
    assert str(path) in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = declare(tmp_path, "piano")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PluginError, match="cannot be read"):
        read_manifest(path)


def test_the_user_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("DAIW_PLUGINS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert user_plugins() == tmp_path / "daiw" / "plugins"
    monkeypatch.setenv("DAIW_PLUGINS", str(tmp_path / "mine"))
    assert user_plugins() == tmp_path / "mine"
