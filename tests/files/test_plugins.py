import json

import numpy as np
import pytest

from daiw.errors import FileFormatError
from daiw.files.plugins import read_plugins, sounding_plugins, write_plugins
from daiw.music.audio import Audio, Stem
from daiw.music.manifest import PluginRecord

PRESET = b"VST3\x01\x00\x00\x00" + b"4b45" * 8 + bytes(40)
RECORDS = (
    PluginRecord("instrument", "warm_keys", "/x/Keys.vst3", "Keys", "Someone", "1.2", "00", b"state", {"cutoff_hz": 9.0}, "#", PRESET),
    PluginRecord("insert 2 ZamTube", "vst3:ZamTube", "/x/ZamTube.vst3", "ZamTube", "Someone", "4", "01", b"tube", vstpreset=PRESET),
    PluginRecord("style insert 1 au", "au", "/x/Au.component", "Au", "Someone", "4", "02", b"no VST3"),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    write_plugins(sounding_plugins([Stem("chords", Audio(np.zeros((2, 1), np.float32)), plugins=RECORDS)]), tmp_path)
    return tmp_path


def test_what_a_song_keeps_of_its_plugins_comes_back(folder):
    assert read_plugins(folder) == {f"chords: {record.slot}": record for record in RECORDS}
    assert (folder / "plugins" / "chords" / "state.vstpreset").read_bytes() == PRESET
    assert not (folder / "plugins" / "chords" / "style-insert-1-au" / "state.vstpreset").exists()
    assert "vstpreset" not in json.loads((folder / "plugins" / "chords" / "plugin.json").read_text())


def test_a_folder_from_before_presets_were_kept_is_read(folder):
    for preset in folder.rglob("*.vstpreset"):
        preset.unlink()
    assert {record.vstpreset for record in read_plugins(folder).values()} == {b""}


@pytest.mark.parametrize("damage", [b"VST3", b"FXP " + PRESET[4:], PRESET[:8] + b"zz" + PRESET[10:]])
def test_a_preset_that_is_none_is_refused(folder, damage):
    (folder / "plugins" / "chords" / "state.vstpreset").write_bytes(damage)
    with pytest.raises(FileFormatError, match="vstpreset"):
        read_plugins(folder)
