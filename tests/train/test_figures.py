import numpy as np
import pytest

from daiw.music.score import Note
from daiw.music.styles.compose import MelodyStyle
from daiw.nets.composer_sheet import wanted_density
from daiw.tokens.sheet import Sheet
from daiw.train.as_plan import notes_of, plan_of
from daiw.train.figures import Matcher, breathing, figures_of, overlap_of, table

TUNE = [60, 62, 64, 65, 67, 65, 64, 62, 60, 64, 67, 72, 71, 69, 67, 65]


def sheet(pitches=TUNE, minor=False):
    notes = np.array([(12 * i, pitch, 12) for i, pitch in enumerate(pitches)], np.int32)
    chords = np.array([(0, 0, 0), (96, 5, 0), (144, 7, 6)], np.int32)
    return Sheet("pop909/x", "pop909", "4/4", -(-len(pitches) // 4), notes, chords, ((0, 2), (2, 3)), minor=minor)


def test_a_song_becomes_a_plan_whose_chords_and_form_are_its_own():
    plan = plan_of(sheet(), 1, 1.3)
    assert [str(span.chord) for span in plan.harmony] == ["C", "F", "G7"]
    assert [(span.start, span.duration) for span in plan.harmony] == [(0, 3840), (3840, 1920), (5760, 1920)]
    assert [(section.name, section.bars) for section in plan.sections] == [("verse", 2), ("chorus", 2)]
    assert plan.timeline.end == 4 * 1920


def test_a_songs_plan_asks_for_the_songs_own_density():
    made = plan_of(sheet(), 1, 1.2)
    assert wanted_density(made, made.sections[0], MelodyStyle(density=1.2)) == pytest.approx(1.0)


def test_figures_of_a_scale_are_a_scales():
    song = sheet()
    figures = figures_of([(plan_of(song, 1, 1.3), notes_of(song))])
    assert figures.values["notes a bar"] == [4.0]
    assert figures.values["out of key and chord"] == [0.0]
    assert figures.interval_shares[5] == pytest.approx(1 / 15)
    assert overlap_of(figures.interval_shares, figures.interval_shares) == pytest.approx(1.0)
    assert "| notes a bar | 4.000 ± 0.000 (n 1) |" in table({"real": figures}, figures)


def test_phrases_that_end_on_a_silent_bar_are_counted_where_a_voice_would_sing():
    notes = [(12 * i, 60, 12) for i in range(12)] + [(192 + 12 * i, 62, 12) for i in range(14)] + [(384 + 12 * i, 64, 12) for i in range(4)]
    song = Sheet("pop909/x", "pop909", "4/4", 12, np.array(notes, np.int32), sections=((0, 2), (8, 6)))
    silent, rest = breathing(plan_of(song, 1, 1.3), notes_of(song))
    assert silent == 0.5
    assert rest == (4 + 2) / 2, "the first rests for its last bar, the second for two quarters, and the interlude does not count"
    assert np.isnan(breathing(plan_of(sheet(), 1, 1.3), notes_of(sheet()))).all()


def test_the_matcher_finds_the_longest_common_run_in_any_key():
    song = sheet()
    matcher = Matcher([(song.notes[:, 0], song.notes[:, 1])])
    copied = tuple(Note(7680 + 480 * i, 480, pitch + 3, 80) for i, pitch in enumerate([50, *TUNE[2:12], 50]))
    assert matcher.longest(copied) == 10
    assert matcher.longest(notes_of(song)) == 16
    assert matcher.longest(notes_of(song), besides=0) == 0
    assert matcher.longest(copied[:4]) == 0
