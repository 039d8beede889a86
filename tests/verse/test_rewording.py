from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daiw.music.lyrics import HELD, LyricLine, LyricWord, SungLine, timed
from daiw.music.score import Note
from daiw.verse.rewording import reworded
from daiw.verse.syllables import syllables_of

SAID = {
    "open": "OW1 P AH0 N", "window": "W IH1 N D OW0", "rain": "R EY1 N", "snow": "S N OW1", "shadow": "SH AE1 D OW0",
    "1999": "N AY1 N T IY1 N", "the": "DH AH0", "falls": "F AO1 L Z", "winter": "W IH1 N T ER0",
}  # fmt: skip


def pronounce(words):
    return tuple(tuple(SAID.get(word.casefold().strip(".,"), "").split()) for word in words)


def line(text, section=0):
    return SungLine(section, text, *syllables_of(LyricLine(text, tuple(map(LyricWord, text.split()))), pronounce))


LINES = (line("The open window"), line("1999 rain falls", 1), replace(line("The rain, the rain", 2), repeats=True))


def sung(lines):
    """A note for each syllable, the last of every line held over two."""
    notes, place = [], 0
    for each in lines:
        for syllable in each.syllables:
            notes.append(Note(place, 230, 60, 80, syllable.text, syllable.phonemes))
            place += 240
        notes.append(Note(place, 230, 62, 80, HELD))
        place += 960
    return tuple(notes)


def change(notes, words):
    """The notes with other texts, as an import gives them: without sounds."""
    changed = list(notes)
    for index, text in words.items():
        changed[index] = replace(notes[index], lyric=text, phonemes=())
    return tuple(changed)


def test_words_that_are_as_they_were_stay():
    notes = sung(LINES)
    assert reworded(LINES, notes, pronounce) == (LINES, notes)


def test_a_new_word_is_written_and_said():
    notes = sung(LINES)
    at = next(i for i, note in enumerate(notes) if note.lyric == "rain")
    lines, now = reworded(LINES, change(notes, {at: "snow"}), pronounce)
    assert [each.text for each in lines] == ["The open window", "1999 snow falls", "The rain, the rain"]
    assert lines[1].words == ("1999", "snow", "falls")
    assert lines[0] == LINES[0]
    assert lines[2] == LINES[2]
    assert now[at].phonemes == ("S", "N", "OW1")
    assert [note for i, note in enumerate(now) if i != at] == [note for i, note in enumerate(notes) if i != at]
    assert [word.text for each in timed(lines, now) for word in each.words][3:6] == ["1999", "snow", "falls"]


def test_a_word_with_one_new_syllable_is_said_anew_as_a_whole():
    notes = sung(LINES)
    at = next(i for i, note in enumerate(notes) if note.lyric == "win-")
    lines, now = reworded(LINES, change(notes, {at: "sha-"}), pronounce)
    assert lines[0].words == ("The", "open", "shadow")
    assert [note.phonemes for note in now[at : at + 2]] == [("SH", "AE1"), ("D", "OW0")]


def test_a_chorus_with_a_word_of_its_own_is_no_repeat():
    notes = sung(LINES)
    at = max(i for i, note in enumerate(notes) if note.lyric == "rain")
    lines, _ = reworded(LINES, change(notes, {at: "snow"}), pronounce)
    assert (lines[2].text, lines[2].repeats) == ("The rain, the snow", False)


@pytest.mark.parametrize(
    ("texts", "sounds"),
    [(("winter",), [("W", "IH1", "N", "T", "ER0")]), (("sn-", "ow"), [("S", "N", "OW1"), ("OW1",)]), (("zzz",), [("UW1",)])],
    ids=["more syllables than notes", "fewer", "nothing to say"],
)
def test_any_word_fits_its_notes(texts, sounds):
    notes = sung(LINES[:1])
    put = (*notes[:3], *(replace(notes[3], start=notes[3].start + 60 * i, lyric=text, phonemes=()) for i, text in enumerate(texts)))
    lines, now = reworded(LINES[:1], put, pronounce)
    assert lines[0].words == ("The", "open", "".join(text.rstrip("-") for text in texts))
    assert [note.phonemes for note in now[3:]] == sounds


def test_a_syllable_between_lines_goes_to_the_nearer_one():
    notes = sung(LINES[:2])
    end = next(i for i, note in enumerate(notes) if note.lyric == HELD)
    for at, expected in ((end, "The open window snow"), (end + 1, "snow 1999 rain falls")):
        beside = notes[end].end + 20 if at == end else notes[end + 1].start - 100
        put = tuple(sorted((*notes, Note(beside, 80, 60, 80, "snow"))))
        lines, _ = reworded(LINES[:2], put, pronounce)
        assert expected in [each.text for each in lines]


def test_a_line_that_nobody_sings_any_more_is_left_out():
    notes = sung(LINES)
    end = next(i for i, note in enumerate(notes) if note.lyric == HELD)
    assert [each.text for each in reworded(LINES, notes[end + 1 :], pronounce)[0]] == ["1999 rain falls", "The rain, the rain"]


@example({8: "rain"}, set())
@given(st.dictionaries(st.integers(0, 15), st.sampled_from(["snow", "win-", "rain", "1999", "x", "the"])), st.sets(st.integers(0, 15)))
def test_the_words_always_have_their_times(changes, gone):
    """Whatever is put on the notes or taken away, lines and notes agree, and every sung note has sounds."""
    notes = sung(LINES)
    put = change(notes, {index: text for index, text in changes.items() if notes[index].lyric != HELD})
    put = tuple(note for index, note in enumerate(put) if index not in gone)
    lines, now = reworded(LINES, put, pronounce)
    told = timed(lines, now)
    assert [note.lyric for note in now] == [note.lyric for note in put]
    assert all(note.phonemes for note in now if note.lyric and note.lyric != HELD)
    assert all(each.syllables for each in lines)
    assert [each.text for each in told] == [each.text for each in lines]
