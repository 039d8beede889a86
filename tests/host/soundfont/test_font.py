import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.errors import PluginError
from daiw.host.soundfont.font import find_font, font_sha256, open_font


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def test_the_embedded_font_is_found_and_holds_general_midi():
    path = find_font(["no such font.sf2"])
    assert path.name == "TimGM6mb.sf2"
    font = open_font(path)
    assert len(font.wave) == 2_893_608
    presets = font.tables[b"phdr"][:-1]
    assert sorted(presets["program"][presets["bank"] == 0].tolist()) == list(range(128))


def test_a_font_beside_the_manifest_wins(tmp_path):
    (tmp_path / "own.sf2").write_bytes(b"x")
    assert find_font(["own.sf2"], tmp_path) == tmp_path / "own.sf2"


def test_the_hash_is_the_file_s(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert font_sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "cannot be read"),
        (b"MThd" + bytes(40), "not a SoundFont"),
        (chunk(b"RIFF", b"sfbk" + chunk(b"LIST", b"sdta" + chunk(b"smpl", bytes(8)))), "no 'phdr' chunk"),
    ],
)
def test_what_is_no_font_is_refused(tmp_path, data, says):
    path = tmp_path / "bad.sf2"
    path.write_bytes(data)
    with pytest.raises(PluginError, match=says):
        open_font(path)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_font_is_refused_or_read_but_never_crashes(tmp_path_factory, data):
    from daiw.host.soundfont.zone import zones_of

    raw = bytearray(find_font([]).read_bytes())
    start = raw.index(b"pdta") + 8
    for _ in range(data.draw(st.integers(1, 20))):
        raw[data.draw(st.integers(start, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("font") / "damaged.sf2"
    path.write_bytes(raw[: data.draw(st.integers(start, len(raw)))])
    try:
        font = open_font(path)
    except PluginError:
        return
    for program in (0, 40, 100):
        for zone in zones_of(font, 0, program):
            assert zone.wave.dtype == np.int16
            assert len(zone.wave) > 0
            assert zone.loop is None or 0 <= zone.loop[0] < zone.loop[1] <= len(zone.wave)
