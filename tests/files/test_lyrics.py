import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import FileFormatError
from daiw.files.lyrics import MAX_LINE, MAX_LINES, parse_lyrics, read_lyrics

SONG = """[Verse 1]
The lead{L EH1 D} is HEAVY, it's 1999 🎉
second line

still the same verse
[Pre-Chorus: all]
up
[Chorus]
we sing
[Chorus x2]
[Middle 8]
oh
"""


def shape(lyrics):
    return [(section.label, section.name, [line.text for line in section.lines]) for section in lyrics.sections]


def test_sections_lines_and_repeats():
    assert shape(parse_lyrics(SONG)) == [
        ("Verse 1", "verse", ["The lead is HEAVY, it's 1999 🎉", "second line", "still the same verse"]),
        ("Pre-Chorus: all", "pre-chorus", ["up"]),
        ("Chorus", "chorus", ["we sing"]),
        ("Chorus x2", "chorus", []),
        ("Chorus x2", "chorus", []),
        ("Middle 8", "bridge", ["oh"]),
    ]


def test_a_pronunciation_belongs_to_its_word_and_is_not_shown():
    line = parse_lyrics(SONG).lines[0]
    assert {word.text: word.phonemes for word in line.words if word.phonemes} == {"lead": ("L", "EH1", "D")}
    assert "{" not in line.text


def test_untagged_words_are_parted_by_blank_lines():
    assert shape(parse_lyrics("one\ntwo\n\n\nthree\n")) == [("", "", ["one", "two"]), ("", "", ["three"])]


def test_time_stamps_of_lrc_files_are_left_out():
    lyrics = parse_lyrics("[ti: A song]\n[00:12.00]<00:12.00>The <00:12.40>rain\n[00:15.1] falls\n")
    assert [line.text for line in lyrics.lines] == ["The rain", "falls"]


def test_windows_line_ends_byte_order_marks_and_utf16():
    for data in (b"\xef\xbb\xbfone\r\ntwo\r\n", "one\ntwo".encode("utf-16")):
        assert [line.text for line in parse_lyrics(data).lines] == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no words to sing"),
        ("[Verse]\n[Solo]\n", "no words to sing"),
        ("[Chorus]\n[Verse]\nwords\n", r"\[Chorus\] has no lines and nothing was sung"),
        ("words\n[Guitar riff]\n", r"line 2: \[Guitar riff\] is no section"),
        ("the lead{L QQ D}", "line 1: 'lead': 'QQ' is no phoneme"),
        ("the lead{L D}", "no vowel to sing on"),
        ("a stray { brace", "braces hold one word's pronunciation"),
        ("x" * (MAX_LINE + 1), "line 1 has 501 characters"),
        ("a\n" * (MAX_LINES + 1), "2,002 lines; the limit is 2,000"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text, message):
    with pytest.raises(FileFormatError, match=message):
        parse_lyrics(text)


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(b"caf\xe9")
    with pytest.raises(FileFormatError, match=r"words\.txt is not UTF-8 text: byte 3"):
        read_lyrics(path)
    with pytest.raises(FileFormatError, match="cannot read the lyrics"):
        read_lyrics(tmp_path / "none.txt")


@given(st.binary(max_size=400))
def test_any_bytes_are_lyrics_or_refused(data):
    try:
        lyrics = parse_lyrics(data)
    except FileFormatError:
        return
    assert lyrics.lines


@given(
    st.lists(
        st.text(st.characters(exclude_characters="{}[]<>", exclude_categories=("C", "Z")), min_size=1, max_size=12), min_size=1, max_size=8
    )
)
def test_the_words_are_shown_as_written(words):
    line = parse_lyrics(" ".join(words)).lines[0]
    assert line.text == " ".join(words)
    assert [word.text for word in line.words] == words
