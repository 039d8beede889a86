"""The lines of a section at their places: an upbeat leaves the line before it a breath."""

from dataclasses import replace
from itertools import pairwise

import pytest
from tests.composer.conftest import hand_made

from daiw.files.lyrics import parse_lyrics
from daiw.music.lyrics import Voice
from daiw.singing.pronounce import pronounce_line
from daiw.verse.section_lines import LEAST_BREATH, lines_of, placed_lines
from daiw.verse.sections import assigned, said

TEXT = "[Verse]\n" + "\n".join(
    ("the river took the orchard and the road", "but she would read them over now and then", "the winter in the letters and the bread",
     "and every word was ordinary then")
)  # fmt: skip


@pytest.mark.parametrize("bars", [6, 8, 10, 14])
@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
def test_every_line_is_over_before_the_next_one_begins(bars, meter):
    plan = hand_made("C Am F G", form=f"verse:{bars}", meter=meter)
    section = replace(plan.sections[0], roles=("vocal",))
    words = assigned(said(parse_lyrics(TEXT), pronounce_line), ["verse"])
    plan = replace(plan, sections=(section,), voice=Voice("v"), words=words)
    lines = lines_of(plan, section)
    assert [line.text for line in lines] == TEXT.splitlines()[1:]
    tune = {start - 120: 1.0 for start in range(0, plan.timeline.end, plan.meter.bar_ticks)}  # it wants to begin early
    placed = placed_lines(plan, section, lines, free_from=0, breath=240, tune=tune, syncopation=0.3)
    for before, after in pairwise(placed):
        upbeat = after.placed.onsets[0] < after.start
        assert after.placed.onsets[0] - before.placed.end >= (LEAST_BREATH if upbeat else 1)


def test_nobody_sings_where_the_voice_rests():
    plan = hand_made("C Am F G", form="verse:8")
    words = assigned(said(parse_lyrics(TEXT), pronounce_line), ["verse"])
    assert lines_of(replace(plan, words=words), plan.sections[0]) == ()
