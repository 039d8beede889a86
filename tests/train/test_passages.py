import zipfile
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import FileFormatError
from daiw.train.markings import Marking
from daiw.train.passages import lieder_passages, read_passages, stretches

NOTE = "<note><pitch><step>{}</step><octave>{}</octave></pitch><duration>{}</duration></note>"
BAR = "".join(NOTE.format(step, 4, 2) for step in "CDEF")
LOW = NOTE.format("C", 2, 8)


def words(text, sound=""):
    return f"<direction><direction-type><words>{text}</words></direction-type>{sound}</direction>"


def write(path, *parts):
    attributes = "<attributes><divisions>2</divisions></attributes>"
    bodies = []
    for measures in parts:
        inside = "".join(f"<measure>{attributes if i == 0 else ''}{measure}</measure>" for i, measure in enumerate(measures))
        bodies.append(f"<part>{inside}</part>")
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("song.xml", f"<score-partwise>{''.join(bodies)}</score-partwise>")
    return path


def test_a_passage_goes_from_its_words_to_the_next(tmp_path):
    voice = [words("Langsam, traurig", "<sound tempo='60'/>") + BAR, *[BAR] * 5, words("Allegro") + BAR, words("agitato") + BAR, *[BAR] * 4]
    piano = [words("p", "<sound dynamics='50'/>") + LOW, *[LOW] * 6, words("f", "<sound dynamics='100'/>") + LOW, *[LOW] * 4]
    sad, wild = read_passages(write(tmp_path / "a.mxl", voice, piano), "Somebody")
    assert (sad.bars, sad.heading, sad.meant.quadrant) == ((0, 6), True, 3)
    assert (wild.bars, wild.heading, wild.meant.quadrant) == ((7, 12), False, 2)
    assert len(sad.piece.voice) == 24
    assert sad.piece.voice[1].tolist() == [1.0, 1.0, 62.0]
    assert wild.piece.accompaniment[1].tolist() == [4.0, 4.0, 36.0]
    assert (sad.piece.quarters, wild.piece.quarters) == (24.0, 20.0)
    assert (sad.piece.bpm, wild.piece.bpm) == (60.0, 60.0)
    assert (sad.piece.velocity, wild.piece.velocity) == (45.0, 90.0)


def test_without_words_of_feeling_or_without_piano_there_is_nothing_to_learn(tmp_path):
    assert read_passages(write(tmp_path / "a.mxl", [words("Andante") + BAR, *[BAR] * 8], [LOW] * 9), "x") == []
    assert read_passages(write(tmp_path / "b.mxl", [words("Traurig") + BAR, *[BAR] * 8]), "x") == []


def test_what_the_score_does_not_state_is_unknown(tmp_path):
    (only,) = read_passages(write(tmp_path / "a.mxl", [words("Munter") + BAR, *[BAR] * 30], [LOW] * 31), "x")
    assert (only.bars, only.piece.bpm, only.piece.velocity) == ((0, 16), 0.0, 0.0)


@pytest.mark.parametrize(
    "broken",
    [
        "<note><pitch><step>H</step></pitch><duration>2</duration></note>",
        "<note><pitch><step>C</step></pitch><duration>long</duration></note>",
        "<attributes><divisions>0</divisions></attributes>" + BAR,
        words("Traurig", "<sound tempo='fast'/>"),
    ],
)
def test_a_score_that_makes_no_sense_is_one_error(tmp_path, broken):
    path = write(tmp_path / "odd.mxl", [words("Traurig") + broken, *[BAR] * 5], [LOW] * 6)
    with pytest.raises(FileFormatError, match=r"odd\.mxl"):
        read_passages(path, "x")


def test_the_composer_is_the_folder_under_scores(tmp_path):
    write(tmp_path / "scores" / "Lang,_Josephine" / "Op1" / "lc1.mxl", [words("Innig") + BAR, *[BAR] * 5], [LOW] * 6)
    assert [(one.song, one.composer) for one in lieder_passages(tmp_path)] == [("lc1", "Lang,_Josephine")]


@given(
    st.dictionaries(st.integers(0, 40), st.sampled_from(["traurig", "dolce", "allegro", "a tempo", "ped", "agitato, dolce"])),
    st.integers(1, 41),
)
def test_stretches_lie_in_the_song_apart_and_mean_something(told, measures):
    found = stretches([Marking(at, text) for at, text in sorted(told.items()) if at < measures], measures)
    for first, last, what in found:
        assert 0 <= first < last <= measures
        assert 4 <= last - first <= 16
        assert what.valence or what.arousal
    assert all(before[1] <= after[0] for before, after in pairwise(found))
