import numpy as np
import pytest

from daiw.tokens.harmony_levels import NO_CHORD, root_of
from daiw.tokens.sheet import Sheet
from daiw.tokens.vocab import CHORD_CLASSES
from daiw.train.harmony_corpus import chart_of, harte_chord, held_out, read_bar, read_billboard_song, section_kind

SONG = """# title: A Song
# artist: Nobody
# metre: 4/4
# tonic: D

0.0\tsilence
0.5\tA, intro, | D:maj | D:maj |, (guitar
4.0\tB, verse, | D:maj | G:maj7 A:7 | D:maj | . | x2, (voice
9.0\t| B:min7/b3 | N |
12.0\tC, pre-chorus, | (2/4) A:maj | E:min | A:maj | D:maj |
# tonic: E
20.0\tC, chorus, | E:maj | A:maj | E:maj | B:sus4(b7) | E:maj | A:maj | E:maj | B:maj |
30.0\tend
"""


def read(tmp_path, text=SONG):
    folder = tmp_path / "0001"
    folder.mkdir()
    (folder / "salami_chords.txt").write_text(text)
    return read_billboard_song(folder / "salami_chords.txt")


def value(root, quality=""):
    return root * len(CHORD_CLASSES) + CHORD_CLASSES.index(quality)


def test_a_song_is_read_with_its_sections_repeats_and_change_of_key(tmp_path):
    first, last = read(tmp_path)
    assert [(section.kind, len(section.bars)) for section in first.sections] == [("intro", 2), ("verse", 10)]
    verse = first.sections[1]
    assert verse.bars[:2] == ((), ((0, value(5, "maj7")), (6, value(7, "7"))))
    assert verse.bars[3] == ()
    assert verse.bars[4:8] == ((), *verse.bars[1:4])
    assert verse.bars[8:] == (((0, value(9, "m7")),), ((0, NO_CHORD),))
    assert [section.kind for section in last.sections] == ["chorus"]
    assert last.sections[0].bars[0] == ((0, value(0)),)
    assert last.sections[0].bars[3] == ((0, value(7, "sus4")),)


def test_chords_and_section_words_are_read_and_strange_ones_refused():
    assert harte_chord("F#:hdim7", 4) == value(2, "m7b5")
    assert harte_chord("Hb:maj", 0) is None
    assert harte_chord("C:weird", 0) is None
    assert section_kind("pre-chorus two") == "pre-chorus"
    assert section_kind("key change") == "other"
    assert read_bar(["C:maj"] * 5, 0, -1) is None
    assert read_bar(["."], 0, -1) is None


def test_a_lead_sheet_in_minor_is_seen_from_its_own_tonic():
    chords = np.array([(0, 9, 1), (48, 5, 0), (72, 7, 0)], np.int32)
    sheet = Sheet("pop909/1.0", "pop909", "4/4", 8, np.array([(0, 60, 12)], np.int32), chords, ((0, 2), (4, 3)), minor=True)
    chart = chart_of(sheet)
    assert [section.kind for section in chart.sections] == ["verse", "chorus"]
    assert [root_of(chord) for chord in chart.chords()] == [0, 8, 10]
    assert chart.sections[0].bars[1] == ((0, value(8)), (6, value(10)))


def test_versions_of_one_song_share_a_split(tmp_path):
    chart = read(tmp_path)[0]
    titles = {"0001": "A Song Nobody"}
    other = chart.__class__("billboard/0002.0", chart.source, chart.minor, chart.meter, chart.sections)
    assert held_out(chart, titles) == held_out(other, titles | {"0002": "A Song Nobody"})


@pytest.mark.parametrize("text", ["", "# tonic: ?\n1.0\tA, verse, | X |\n", "no tabs at all | C:maj |"])
def test_a_file_without_music_gives_no_chart(tmp_path, text):
    assert read(tmp_path, text) == []
