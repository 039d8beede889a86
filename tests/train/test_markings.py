import csv
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.train.markings import TABLE, Marking, folded, markings, meant, stem_of


@pytest.mark.parametrize(
    ("text", "valence", "arousal"),
    [
        ("Langsam, traurig", -1, -1),
        ("Allegretto giojoso", 1, 1),
        ("Allegro agitato e molto appassionato", -1, 1),
        ("Andante tranquillo", 1, -1),
        ("Très doux", 1, -1),
        ("Gaîment", 1, 1),
        ("Wehmüthig", -1, -1),
        ("Mit Schmerz", -1, 0),
        ("Leidenschaftlich", 0, 1),
        ("Anmutig", 1, 0),
        ("Feierlich", 0, -1),
        ("Doux et triste", 0, -1),
        ("Innig, lebhaft", 1, 0),
        ("Andante con moto", 0, 0),
        ("Allegro ma non troppo", 0, 0),
    ],
)
def test_words_speak_of_halves(text, valence, arousal):
    said = meant(text)
    assert (said.valence, said.arousal) == (valence, arousal)


def test_what_is_denied_does_not_count_and_what_follows_does():
    assert meant("nicht zu lebhaft").arousal == 0
    assert meant("nicht schleppend, munter").quadrant == 1
    assert meant("Allegretto non troppo vivace, ma giocoso").quadrant == 1
    assert meant("weniger bewegt und traurig").quadrant == 3


def test_the_longest_stem_wins():
    assert stem_of("zartlichschwermutig") == "zartlichschwermut*"
    assert meant("Zärtlichschwermütig").quadrant == 3
    assert stem_of("dolente") == "dolent*"
    assert stem_of("dol") == "dol"
    assert stem_of("dolmen") is None


def test_every_row_says_something_in_signs_and_is_said_once():
    rows = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
    stems = [row["stem"] for row in rows]
    assert len(set(stems)) == len(stems) > 100
    for row in rows:
        assert {row["valence"], row["arousal"]} <= {"1", "-1", ""}
        assert row["valence"] or row["arousal"], row
        assert row["meaning"]
        assert folded(row["stem"]) == row["stem"]


@pytest.mark.parametrize(
    "word", ["andante", "allegro", "lento", "langsam", "schnell", "geschwind", "moderato", "adagio", "presto", "largo"]
)
def test_pure_tempo_is_no_label(word):
    assert stem_of(word) is None


def test_words_of_all_parts_are_gathered_by_measure():
    words = "<direction><direction-type><words>{}</words></direction-type></direction>"
    voice = f"<part><measure>{words.format('Langsam')}</measure><measure/><measure>{words.format('dolce')}</measure></part>"
    piano = f"<part><measure>{words.format('Langsam')}{words.format(' Innig ')}</measure><measure>{words.format(' ')}</measure></part>"
    found = markings(ET.fromstring(f"<score-partwise>{voice}{piano}</score-partwise>"))
    assert found == [Marking(0, "langsam, innig"), Marking(2, "dolce")]


@given(st.text(max_size=60))
def test_any_text_is_read(text):
    said = meant(text)
    assert said.valence in (-1, 0, 1)
    assert said.quadrant in range(5)
    assert not (said.valence or said.arousal) or said.words


@given(st.lists(st.sampled_from(["traurig", "giocoso", "agitato", "dolce"]), max_size=4))
def test_a_marking_says_what_its_words_agree_on(words):
    said = meant(", ".join(words))
    assert said.quadrant == ({"giocoso": 1, "agitato": 2, "traurig": 3, "dolce": 4}[words[0]] if len(set(words)) == 1 else 0)
