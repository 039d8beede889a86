"""Doors for files from others: zip archives and XML documents, with every size checked before memory is spent.

Nothing from an archive is unpacked to disk, so no path in it can lead anywhere.  XML entities are refused, whether or not they would
grow, and external ones are never fetched (CWE-409, CWE-611, CWE-776).
"""

import stat
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.parsers import expat

from daiw.errors import FileFormatError

MAX_DOCUMENT_BYTES = 256 * 1024**2
MAX_MEMBERS = 20_000
MAX_ELEMENTS = 2_000_000
MAX_DEPTH = 100


def read_bytes(path: Path, limit: int) -> bytes:
    """A regular file of at most `limit` bytes; raises FileFormatError."""
    check_regular(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        raise FileFormatError(f"{str(path)!r} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > limit:
        raise FileFormatError(f"{path} is larger than {limit // 2**20} MiB; split it")
    return data


def check_regular(path: Path) -> None:
    """Raise FileFormatError unless `path` is a file on disk."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise FileFormatError(f"{str(path)!r} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if stat.S_ISDIR(mode):
        raise FileFormatError(f"{path} is a folder; name the file in it")
    if not stat.S_ISREG(mode):
        raise FileFormatError(f"{path} is not a regular file; save it to disk first")


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip for reading; raises FileFormatError where it is none, is cut short, or holds too much."""
    check_regular(path)
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileFormatError(f"{path} is not a zip archive, or is cut short ({error}); save it again") from error
    with archive:
        if len(archive.infolist()) > MAX_MEMBERS:
            raise FileFormatError(f"{path} holds more than {MAX_MEMBERS} files; it is no project")
        yield archive


def read_member(archive: zipfile.ZipFile, name: str, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """One file of an archive, at most `limit` bytes whatever its header says; raises FileFormatError."""
    where = f"{archive.filename}: {name}"
    try:
        entry = archive.getinfo(name)
    except KeyError:
        raise FileFormatError(f"{archive.filename} holds no {name}; it is not the project that its name says") from None
    if entry.flag_bits & 1:
        raise FileFormatError(f"{where} is encrypted; save the project without a password")
    if entry.file_size > limit:
        raise FileFormatError(f"{where} would unpack to {entry.file_size / 2**20:.0f} MiB; the limit is {limit // 2**20}")
    try:
        with archive.open(entry) as stream:
            return stream.read(limit)  # zipfile gives no more than the header said, and refuses what does not add up
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError) as error:
        raise FileFormatError(f"{where} is damaged ({error}); save it again") from error


def parse_xml(data: bytes, where: str) -> ET.Element:
    """The root of an XML document.

    where: how errors name it.  Raises FileFormatError for what is not well-formed (with line and column), declares an entity, is nested
    deeper than MAX_DEPTH or has more than MAX_ELEMENTS elements.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise FileFormatError(f"{where} is larger than {MAX_DOCUMENT_BYTES // 2**20} MiB")
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    open_elements = elements = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal open_elements, elements
        open_elements, elements = open_elements + 1, elements + 1
        if open_elements > MAX_DEPTH or elements > MAX_ELEMENTS:
            raise FileFormatError(f"{where}, line {parser.CurrentLineNumber}: nested too deep or too large to be music")
        builder.start(tag.rpartition("}")[2], {name.rpartition("}")[2]: value for name, value in attributes.items()})

    def end(tag: str) -> None:
        nonlocal open_elements
        open_elements -= 1
        builder.end(tag.rpartition("}")[2])

    def refuse(*_: object) -> None:
        raise FileFormatError(f"{where}, line {parser.CurrentLineNumber}: declares an entity, which music files do not need; refused")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        reason = expat.errors.messages[error.code]
        raise FileFormatError(f"{where}, line {error.lineno}, column {error.offset}: {reason}; save the file again") from error
    except (LookupError, ValueError) as error:  # an encoding nobody knows
        raise FileFormatError(f"{where}: cannot be decoded ({error})") from error
    return builder.close()
