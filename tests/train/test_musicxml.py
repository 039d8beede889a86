import zipfile

import pytest

from daiw.errors import FileFormatError
from daiw.tokens.sheet import STYLES
from daiw.train.musicxml import read_sheet

NOTE = "<note><pitch><step>{}</step><octave>4</octave></pitch><duration>{}</duration>{}</note>"


def score(tmp_path, measures, key=1):
    signature = f"<key><fifths>{key}</fifths></key><time><beats>4</beats><beat-type>4</beat-type></time>"
    attributes = f"<attributes><divisions>2</divisions>{signature}</attributes>"
    body = "".join(f"<measure number='{i}'>{attributes if i == 0 else ''}{inside}</measure>" for i, inside in enumerate(measures))
    path = tmp_path / "song.mxl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("song.xml", f"<score-partwise><part id='P1'>{body}</part></score-partwise>")
    return path


def bar(*notes, before="", after=""):
    return before + "".join(NOTE.format(step, length, "") for step, length in notes) + after


FOUR = (("G", 2), ("A", 2), ("B", 2), ("D", 2))


def test_a_pickup_waits_for_its_bar_and_the_key_is_neutral(tmp_path):
    sheet = read_sheet(score(tmp_path, [bar(("D", 2)), *[bar(*FOUR)] * 4]), "x", STYLES[1], 100.0)
    assert sheet.notes[0].tolist() == [36, 62 + sheet.shift, 12]
    assert sheet.notes[1, 0] == 48
    assert sheet.shift == 5
    assert sheet.bars == 5


def test_repeats_and_endings_are_played_out(tmp_path):
    forward, first = "<barline><repeat direction='forward'/></barline>", "<barline><ending number='1' type='start'/></barline>"
    back = "<barline><ending number='1' type='stop'/><repeat direction='backward'/></barline>"
    second = "<barline><ending number='2' type='start'/></barline>"
    endings = [bar(("D", 8), before=first, after=back), bar(("E", 8), before=second)]
    measures = [bar(("C", 8), before=forward), *[bar(*FOUR)] * 3, *endings, bar(("F", 8))]
    sheet = read_sheet(score(tmp_path, measures, key=0), "x", STYLES[1], 100.0)
    long_notes = [pitch for _, pitch, length in sheet.notes.tolist() if length == 48]
    assert [pitch - 60 for pitch in long_notes] == [0, 2, 0, 4, 5]


def test_ties_are_one_note_and_chord_symbols_are_read(tmp_path):
    tied = NOTE.format("C", 8, "<tie type='start'/>"), NOTE.format("C", 4, "<tie type='stop'/>") + NOTE.format("E", 4, "")
    symbol = "<harmony><root><root-step>A</root-step></root><kind>minor-seventh</kind></harmony>"
    sheet = read_sheet(score(tmp_path, [symbol + tied[0], tied[1], *[bar(*FOUR)] * 4], key=0), "x", STYLES[1], 100.0)
    assert sheet.notes[0].tolist() == [0, 60, 72]
    assert sheet.chords[0].tolist() == [0, 9, 8]
    assert sheet.chords[1, 0] == 48


def test_a_broken_archive_is_one_clear_error(tmp_path):
    path = tmp_path / "broken.mxl"
    path.write_bytes(b"PK nonsense")
    with pytest.raises(FileFormatError, match=r"broken\.mxl"):
        read_sheet(path, "x", STYLES[1], 100.0)
