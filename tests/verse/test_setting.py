from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from daiw.errors import PromptError
from daiw.files.lyrics import parse_lyrics
from daiw.music.lyrics import HELD, SungLine, SungSyllable
from daiw.music.score import Note
from daiw.music.time import Meter
from daiw.singing.pronounce import pronounce_line
from daiw.verse.meter import stressed_on_strong
from daiw.verse.sections import said
from daiw.verse.setting import phrases_of, set_words

FOUR = Meter(4, 4)


def tune(text, step=240):
    """Notes from a sketch: x begins one, - holds it, . is a rest."""
    notes = []
    for i, char in enumerate(text):
        if char == "x":
            notes.append(Note(i * step, step, 60 + len(notes) % 5, 80))
        elif char == "-":
            notes[-1] = Note(notes[-1].start, notes[-1].duration + step, notes[-1].pitch, 80)
    return notes


def lines(text):
    return [line for section in said(parse_lyrics(text), pronounce_line) for line in section.lines]


def sung(notes):
    return [note.lyric for note in notes]


def test_a_line_meets_its_phrase_note_for_note():
    assert sung(set_words(tune("x-x-x---"), lines("leave a light"), FOUR, 100.0)) == ["leave", "a", "light"]


def test_more_notes_than_syllables_hold_a_stressed_vowel():
    assert sung(set_words(tune("x-xxx---"), lines("a-leave{L IY1 V} the light"), FOUR, 100.0)).count(HELD) == 1
    assert sung(set_words(tune("xxx-x-x-"), lines("tonight the rain"), FOUR, 100.0))[0] == "to-"


def test_fewer_notes_than_syllables_divide_the_longest():
    notes = set_words(tune("x---x-x-"), lines("remember the rain"), FOUR, 100.0)
    assert sung(notes) == ["re-", "mem-", "ber", "the", "rain"]
    assert sum(note.duration for note in notes) == 8 * 240
    assert {note.pitch for note in notes} == {60, 61, 62}


def test_lines_go_to_phrases():
    notes = set_words(tune("x-x-x-..x-x-x-x-x-....x-x-...."), lines("leave a light\nI carry the light\ngood night"), FOUR, 100.0)
    first = [phrase[0].lyric for phrase in phrases_of(notes)]
    assert first == ["leave", "I", "good"]


def test_a_tune_longer_than_the_words_ends_on_a_vowel():
    notes = set_words(tune("x-x-x-..x-x-x-..x-x-x-x-x-x-.."), lines("leave a light\nleave a light"), FOUR, 100.0)
    assert sung(notes)[6:] == ["Ooh", *[HELD] * 5]


def test_no_room_at_all_is_refused():
    with pytest.raises(PromptError, match="meet 2 notes, and these are too short to divide"):
        set_words(tune("xx"), lines("one two three four five six seven eight nine ten"), FOUR, 120.0)
    with pytest.raises(PromptError, match="meet one note, and it is too short to divide"):
        set_words(tune("x"), lines("one two three four five six seven"), FOUR, 120.0)
    with pytest.raises(PromptError, match="nothing can be set"):
        set_words([], lines("one"), FOUR, 120.0)


def test_stress_chooses_the_notes_of_a_melisma():
    """Twelve notes, ten syllables: the setting puts stresses on beats that one note after the other would miss."""
    words = lines("the rain that fell upon the town at night")
    melody = tune("xxxxxxxxxxxx----")
    set_ = [note for note in set_words(melody, words, FOUR, 80.0) if note.phonemes]
    syllables = words[0].syllables
    naive = list(zip(syllables, (note.start for note in melody), strict=False))
    assert stressed_on_strong(zip(syllables, (n.start for n in set_), strict=True), FOUR) >= stressed_on_strong(naive, FOUR) + 0.5


@given(
    st.lists(st.tuples(st.integers(120, 960), st.integers(0, 700)), min_size=1, max_size=24),
    st.lists(st.integers(1, 9), min_size=1, max_size=5),
)
@example([(120, 0)] * 11 + [(120, 240), (120, 0)], [4, 9])  # twelve short notes, a rest and one more for thirteen syllables
@settings(deadline=None)
def test_every_syllable_is_placed_in_order_and_no_pitch_is_lost(shape, counts):
    notes, at = [], 0
    for duration, rest in shape:
        notes.append(Note(at, duration, 60 + len(notes) % 7, 80))
        at += duration + rest
    words = [
        SungLine(-1, "la", ("la",) * n, tuple(SungSyllable(f"{k}.{i}", ("L", "AA1"), i % 3, i) for i in range(n)))
        for k, n in enumerate(counts)
    ]
    try:
        placed = set_words(notes, words, FOUR, 100.0)
    except PromptError:
        assert sum(counts) > len(notes)
        return
    assert [n.lyric for n in placed if n.phonemes and n.lyric != "Ooh"] == [s.text for line in words for s in line.syllables]
    assert all(a.end <= b.start for a, b in pairwise(placed))
    assert {(n.start, n.pitch) for n in notes} <= {(n.start, n.pitch) for n in placed}
