import re

from daiw.files.lrc import lrc_text
from daiw.files.lyrics import parse_lyrics
from daiw.music.lyrics import TimedLine, TimedWord
from daiw.music.time import Tempo, TempoMap

LINES = (
    TimedLine(0, "It's 1999 🎉", (TimedWord("It's", 480, 720), TimedWord("1999 🎉", 720, 1920))),
    TimedLine(1, "HELLO (ooh)", (TimedWord("HELLO", 150_000, 150_480), TimedWord("(ooh)", 150_480, 151_000))),
)


def test_every_line_and_word_has_its_time():
    text = lrc_text(LINES, TempoMap((Tempo(0, 120.0),)), title="A [song]", length_s=160.0)
    assert text.splitlines()[:2] == ["[ti:A [song)]", "[length:02:40]"]
    assert text.splitlines()[3:] == [
        "[00:00.50]<00:00.50>It's <00:00.75>1999 🎉 <00:02.00>",
        "[02:36.25]<02:36.25>HELLO <02:36.75>(ooh) <02:37.29>",
    ]


def test_times_follow_the_tempo_map():
    slow = lrc_text(LINES[:1], TempoMap((Tempo(0, 120.0), Tempo(480, 60.0))))
    assert "<00:00.50>It's <00:01.00>1999" in slow


def test_without_its_times_it_is_the_words_as_written():
    text = lrc_text(LINES, TempoMap())
    assert [line.text for line in parse_lyrics(text).lines] == [line.text for line in LINES]
    assert not re.search(r"\d{1,3}:\d\d\.\d{3}", text)
