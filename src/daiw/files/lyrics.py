"""Lyric files: lines, section tags in brackets, pronunciations in braces.

    [Verse 1]
    The lead{L EH1 D} is heavy in my hands
    [Chorus]
    ...
    [Chorus]          a tag without lines sings what was sung under that name before

A tag stands alone on its line.  Braces right behind a word say how it is sung, in ARPAbet with stress digits on the vowels.  Blank
lines part stanzas where there are no tags.  Time stamps and headers of .lrc files are left out.  Nothing else is changed.
"""

import re
import unicodedata
from pathlib import Path

from daiw.errors import FileFormatError, TheoryError
from daiw.music.lyrics import LyricLine, Lyrics, LyricSection, LyricWord, section_name
from daiw.music.phoneme import check_phonemes

MAX_BYTES = 256 * 1024
MAX_LINES = 2000
MAX_LINE = 500
"""Characters."""

_TAG = re.compile(r"\[([^\[\]]{1,80})\]\s*:?$")
_TIME = re.compile(r"^(?:\s*\[\d{1,3}:\d{2}(?:[.:]\d{1,3})?\])+|<\d{1,3}:\d{2}(?:[.:]\d{1,3})?>")
_HEADER = re.compile(r"\[(?:ti|ar|al|au|by|re|ve|length|offset|la|tool|#)\s*:[^\]]*\]$", re.IGNORECASE)
_PRONOUNCED = re.compile(r"\{([^{}]*)\}")
_REPEAT = re.compile(r"(?:x\s*(\d{1,2})|(\d{1,2})\s*x)\b", re.IGNORECASE)


def read_lyrics(path: Path) -> Lyrics:
    """The lyrics in a UTF-8 file; raises FileFormatError naming file and line."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileFormatError(f"{path} is larger than {MAX_BYTES // 1024} kB: that is no song's words")
        return parse_lyrics(path.read_bytes(), str(path))
    except OSError as error:
        raise FileFormatError(f"cannot read the lyrics {path}: {error.strerror}") from error


def parse_lyrics(data: bytes | str, where: str = "the lyrics") -> Lyrics:
    """Lyrics from a file's bytes, or from text; raises FileFormatError."""
    sections: list[tuple[str, str, list[LyricLine]]] = []
    open_stanza = False
    for number, raw in enumerate(_lines(data, where), 1):
        text = _TIME.sub("", raw).strip()
        if _HEADER.match(text):
            continue
        if tag := _TAG.match(text):
            name = section_name(tag[1])
            if name is None:
                known = "Intro, Verse, Pre-Chorus, Chorus, Bridge, Breakdown, Drop, Solo, Outro"
                raise FileFormatError(
                    f"{where}, line {number}: [{tag[1]}] is no section; write one of {known}, or (…) for words that are sung"
                )
            sections.append((tag[1].strip(), name, []))
            open_stanza = True
        elif not text:
            open_stanza = open_stanza and bool(sections) and not sections[-1][2]
        else:
            if not sections or not open_stanza:
                label, name = sections[-1][:2] if sections and sections[-1][1] else ("", "")
                if not name:
                    sections.append((label, name, []))
                open_stanza = True
            sections[-1][2].append(_line(text, f"{where}, line {number}"))
    if not any(lines for _, _, lines in sections):
        raise FileFormatError(f"{where} holds no words to sing; write at least one line")
    return Lyrics(tuple(_repeated(sections, where)))


def _lines(data: bytes | str, where: str) -> list[str]:
    """The text as lines of a sane number and length, without control characters."""
    if isinstance(data, bytes):
        if len(data) > MAX_BYTES:
            raise FileFormatError(f"{where} is larger than {MAX_BYTES // 1024} kB: that is no song's words")
        try:
            data = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        except UnicodeDecodeError as error:
            raise FileFormatError(f"{where} is not UTF-8 text: byte {error.start} cannot be read; save it as UTF-8") from error
    lines = re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", data)
    if len(lines) > MAX_LINES:
        raise FileFormatError(f"{where} has {len(lines):,} lines; the limit is {MAX_LINES:,}")
    kept = ["".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Co", "Zs") else c for c in line) for line in lines]
    for number, line in enumerate(kept, 1):
        if len(line) > MAX_LINE:
            raise FileFormatError(f"{where}, line {number} has {len(line):,} characters; the limit is {MAX_LINE}: break it into lines")
    return kept


def _line(text: str, where: str) -> LyricLine:
    """One line with the pronunciations it gives."""
    words: list[LyricWord] = []
    for piece in _joined(text).split():
        given = _PRONOUNCED.findall(piece)
        shown = _PRONOUNCED.sub("", piece)
        if len(given) > 1 or "{" in shown or "}" in shown or (given and not shown):
            raise FileFormatError(f"{where}: braces hold one word's pronunciation and stand right behind it, like lead{{L EH1 D}}")
        try:
            phonemes = check_phonemes(given[0].replace("|", " ").split()) if given else ()
        except TheoryError as error:
            raise FileFormatError(f"{where}: {shown!r}: {error}") from error
        if given and not any(symbol[-1].isdigit() for symbol in phonemes):
            raise FileFormatError(f"{where}: the pronunciation of {shown!r} has no vowel to sing on; write it like lead{{L EH1 D}}")
        words.append(LyricWord(shown, phonemes))
    return LyricLine(_PRONOUNCED.sub("", text), tuple(words))


def _joined(text: str) -> str:
    """The text with bars for the spaces inside braces, so that a word and its pronunciation stay one piece."""
    return _PRONOUNCED.sub(lambda match: "{" + "|".join(match[1].split()) + "}", text)


def _repeated(sections: list[tuple[str, str, list[LyricLine]]], where: str) -> list[LyricSection]:
    """Sections with "x2" written out; refuses a repeat of what was never sung."""
    result: list[LyricSection] = []
    sung: set[str] = set()
    for label, name, lines in sections:
        if not lines and name in ("chorus", "pre-chorus", "drop") and name not in sung:
            raise FileFormatError(f"{where}: [{label}] has no lines and nothing was sung under that name before; write its words once")
        if lines:
            sung.add(name)
        times = _REPEAT.search(label)
        count = max(1, min(8, int(times[1] or times[2]))) if times else 1
        result += [LyricSection(label, name, tuple(lines)), *[LyricSection(label, name)] * (count - 1)]
    return result
