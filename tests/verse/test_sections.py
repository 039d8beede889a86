import itertools

import pytest

from daiw.errors import PromptError
from daiw.files.lyrics import parse_lyrics
from daiw.music.time import Meter
from daiw.singing.pronounce import pronounce_line
from daiw.verse.sections import assigned, form_of, least_bars, line_spans, said

FOUR = Meter(4, 4)
SONG = """[Verse 1]
The last train has gone and I don't mind
The platform is quiet, the clock is kind
[Chorus]
Leave a light on for me
Leave a light on tonight
[Verse 2]
I carry the kitchen, the key and the door
I carry the silence you'd sung in before
[Chorus]
"""


@pytest.fixture(scope="module")
def song():
    return said(parse_lyrics(SONG), pronounce_line)


def test_a_chorus_without_lines_sings_its_words_again(song):
    assert [line.text for line in song[3].lines] == [line.text for line in song[1].lines]
    assert [line.repeats for line in song[3].lines] == [True, True]


def test_stanzas_that_come_twice_are_the_chorus():
    stanzas = said(parse_lyrics("one line\n\nhook line\n\nother line\n\nhook line"), pronounce_line)
    assert [section.name for section in stanzas] == ["verse", "chorus", "verse", "chorus"]


def test_the_form_follows_the_lyrics(song):
    names = [name for name, _ in form_of(song, FOUR, 90.0, bars=None)]
    assert names == ["intro", "verse", "chorus", "verse", "chorus", "outro"]


@pytest.mark.parametrize("bars", [8, 16, 17, 23, 40, 96])
def test_an_exact_length_is_met_and_every_line_has_room(song, bars):
    form = form_of(song, FOUR, 90.0, bars=bars)
    assert sum(count for _, count in form) == bars
    lines = assigned(song, [name for name, _ in form])
    for index, (_, count) in enumerate(form):
        mine = [line for line in lines if line.section == index]
        spans = line_spans(mine, count, FOUR, 90.0)
        assert len(spans) == len(mine)
        assert all(a < b for a, b in spans)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
        assert not spans or spans[-1][1] <= count * FOUR.bar_ticks


def test_every_line_has_a_place_and_returns_keep_their_words(song):
    lines = assigned(song, ["intro", "verse", "chorus", "verse", "chorus", "chorus", "outro"])
    assert [line.section for line in lines] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert lines[-1].text == "Leave a light on tonight"


def test_words_without_a_section_are_told(song):
    with pytest.raises(PromptError, match=r"no section left for \[Verse 2\]"):
        assigned(song, ["verse", "chorus", "chorus"])


def test_too_many_lines_for_the_bars_are_refused_with_ways_out():
    flood = said(parse_lyrics("we sing one more line\n" * 500), pronounce_line)
    with pytest.raises(
        PromptError, match=r"the 500 lines need at least \d+ bars .* the song has 8: ask for --bars \d+ or more.* keep about \d+ line"
    ):
        form_of(flood, FOUR, 120.0, bars=8)


def test_one_line_that_is_too_long_may_be_parted():
    long = said(parse_lyrics("we sing one more line and " * 6), pronounce_line)
    with pytest.raises(PromptError, match=r"^the line needs at least \d+ bars .* or part the line$"):
        form_of(long, FOUR, 120.0, bars=1)


def test_what_is_asked_for_then_fits():
    many = said(parse_lyrics("we sing one more line\n" * 40), pronounce_line)
    least = sum(least_bars(section.lines, FOUR, 120.0) for section in many)
    assert sum(count for _, count in form_of(many, FOUR, 120.0, bars=least)) == least
    with pytest.raises(PromptError):
        form_of(many, FOUR, 120.0, bars=least - 1)


def test_lines_do_not_hurry_before_empty_bars():
    """Four lines of ten syllables in six bars take a bar and a half each, not one bar each and two of silence."""
    mine = said(parse_lyrics("[Verse]\n" + "leave a little light on for me tonight\n" * 4), pronounce_line)[0].lines
    assert line_spans(mine, 6, FOUR, 102.0) == tuple((i * 2880, (i + 1) * 2880) for i in range(4))
    assert line_spans(mine, 8, FOUR, 102.0) == tuple((i * 3840, (i + 1) * 3840) for i in range(4))
    assert line_spans(mine, 4, FOUR, 102.0) == tuple((i * 1920, (i + 1) * 1920) for i in range(4))
