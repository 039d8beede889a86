import numpy as np
import pytest

from daiw.music.phoneme import is_vowel
from daiw.singing.alignment import FRAME_S, FRAMES_A_UNIT, align, voiced_frames
from daiw.singing.directions import Directions
from daiw.singing.performing import perform_phrases, spoken_lengths
from daiw.singing.sung import phrases
from daiw.singing.voice import Voice
from daiw.singing.voice_net import IDS, spelled


def seconds(tick):
    return tick / 960.0


@pytest.fixture
def aligned(line_of, net):
    """The line of a text on notes of one length, and its alignment."""

    def make(text, ticks=480):
        [line] = perform_phrases(phrases(line_of(text, ticks=ticks), seconds), Voice(), Directions.of((), seconds), net)
        return line, align(line, net)

    return make


def spaces(alignment):
    return [k for k, number in enumerate(alignment.ids) if number == IDS[" "]]


def test_the_gap_between_words_reaches_the_network_and_sounds_as_the_sound_before_it(aligned):
    line, alignment = aligned("silent zebras know no harm", ticks=720)
    ends = [i for i, sound in enumerate(line.phonemes) if sound.ends_word][:-1]
    gaps = spaces(alignment)
    assert len(gaps) == len(ends) == 4
    starts = np.r_[0, np.cumsum(alignment.units)] * FRAMES_A_UNIT
    voiced = voiced_frames(line, alignment)
    for gap, end in zip(gaps, ends, strict=True):
        assert 1 <= alignment.units[gap] <= 4
        frame = int(starts[gap])
        assert alignment.sound[frame - 1] == end
        assert voiced[frame - 1] == (line.phonemes[end].base != "T")


def test_a_word_has_no_gaps_inside(aligned):
    _, alignment = aligned("carpenter")
    assert not spaces(alignment)


def test_the_last_consonant_of_a_word_gets_time_for_the_gap(net):
    phonemes = ["S", "AY1", "L", "AH0", "N", "T", "Z", "IY1", "B", "R", "AH0"]
    together = spoken_lengths(phonemes, [False] * 10 + [True], net)
    apart = spoken_lengths(phonemes, [i in (5, 10) for i in range(11)], net)
    assert apart[5] - together[5] == pytest.approx(0.05, abs=0.026)
    assert apart[5] > together[5] + 0.02


@pytest.mark.parametrize("text", ["so sad", "how many"])
def test_a_long_vowel_dwells_before_its_gap_and_the_gap_is_not_stretched(aligned, text):
    line, alignment = aligned(text, ticks=1920)
    [gap] = spaces(alignment)
    units = int(alignment.units[gap])
    assert units >= 1
    [vowel, *_] = [sound for sound in line.phonemes if is_vowel(sound.symbol)]
    assert vowel.ends_word
    before = alignment.frame_at(np.array([vowel.end_s]))[0] - units * FRAMES_A_UNIT
    assert vowel.end_s - alignment.time_of(np.array([before]))[0] == pytest.approx(units * FRAMES_A_UNIT * FRAME_S, abs=1e-6)


@pytest.mark.parametrize("ticks", [60, 120, 240, 960])
def test_every_letter_has_a_unit_or_more_and_time_runs_forward_at_any_speed(aligned, ticks):
    line, alignment = aligned("you know the silent zebras", ticks=ticks)
    assert np.all(np.diff(alignment.times_s) >= 0.0)
    assert np.all(np.diff(alignment.frames) >= 0.0)
    assert alignment.frames[-1] <= alignment.units.sum() * FRAMES_A_UNIT
    assert set(range(len(line.phonemes))) <= set(alignment.sound.tolist())


def test_a_space_belongs_to_the_sound_before_it():
    spelling = spelled(["D", "UW1", "Z", "UW1"], [False, True, False, True])
    [space] = [k for k in range(len(spelling.ids)) if spelling.is_space(k)]
    assert spelling.owner[space] == 1
