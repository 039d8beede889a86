import struct
import zipfile

import pytest

from daiw.errors import FileFormatError
from daiw.files.hostile import MAX_ELEMENTS, open_archive, parse_xml, read_bytes, read_member


def archive(path, data):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("x", data)
    return path


def test_a_member_is_read_up_to_its_limit(tmp_path):
    with open_archive(archive(tmp_path / "a.zip", b"12345")) as opened:
        assert read_member(opened, "x", 5) == b"12345"
        with pytest.raises(FileFormatError, match="would unpack"):
            read_member(opened, "x", 4)


def test_a_header_that_lies_does_not_open_the_gate(tmp_path):
    raw = bytearray(archive(tmp_path / "a.zip", bytes(5_000_000)).read_bytes())
    assert len(raw) < 10_000
    central = raw.rindex(b"PK\x01\x02")
    raw[central + 24 : central + 28] = struct.pack("<I", 100)
    (tmp_path / "a.zip").write_bytes(raw)
    with open_archive(tmp_path / "a.zip") as opened, pytest.raises(FileFormatError, match="damaged"):
        read_member(opened, "x", 1000)


def test_too_many_files_are_no_project(tmp_path, monkeypatch):
    monkeypatch.setattr("daiw.files.hostile.MAX_MEMBERS", 0)
    with pytest.raises(FileFormatError, match="more than 0 files"), open_archive(archive(tmp_path / "a.zip", b"")):
        pass


def test_documents_are_read_without_their_namespaces():
    root = parse_xml(b'<!DOCTYPE a PUBLIC "-//x" "http://nowhere.invalid/a.dtd"><n:a xmlns:n="u" n:k="1"><b>t</b></n:a>', "x")
    assert (root.tag, root.attrib, root.findtext("b")) == ("a", {"k": "1"}, "t")


@pytest.mark.parametrize("declared", ['<!ENTITY a "ha">', '<!ENTITY % a "ha">', '<!ENTITY a SYSTEM "/etc/passwd">'])
def test_no_entity_is_declared(declared):
    with pytest.raises(FileFormatError, match="entity"):
        parse_xml(f"<!DOCTYPE x [{declared}]><x/>".encode(), "x")


def test_what_is_not_well_formed_names_its_place():
    with pytest.raises(FileFormatError, match="song, line 2, column 2"):
        parse_xml(b"<a>\n  &", "song")
    with pytest.raises(FileFormatError, match=r"decoded|encoding"):
        parse_xml(b'<?xml version="1.0" encoding="klingon"?><a/>', "x")


def test_elements_are_counted(monkeypatch):
    monkeypatch.setattr("daiw.files.hostile.MAX_ELEMENTS", 3)
    parse_xml(b"<a><b/><b/></a>", "x")
    with pytest.raises(FileFormatError, match="too large"):
        parse_xml(b"<a><b/><b/><b/></a>", "x")
    assert MAX_ELEMENTS >= 1_000_000


def test_only_files_are_read(tmp_path):
    with pytest.raises(FileFormatError, match="folder"):
        read_bytes(tmp_path, 9)
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_bytes(tmp_path / "no", 9)
    (tmp_path / "yes").write_bytes(b"12")
    assert read_bytes(tmp_path / "yes", 2) == b"12"
    with pytest.raises(FileFormatError, match="larger"):
        read_bytes(tmp_path / "yes", 1)
