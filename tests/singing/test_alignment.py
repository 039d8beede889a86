import numpy as np
import pytest

from daiw.music.phoneme import is_vowel
from daiw.singing.alignment import FRAME_S, FRAMES_A_UNIT, align, voiced_frames
from daiw.singing.directions import Directions
from daiw.singing.performing import perform_phrases, spoken_lengths
from daiw.singing.sung import phrases
from daiw.singing.timing import placed
from daiw.singing.voice import Voice
from daiw.singing.voice_net import IDS, shared_net, spelled


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
    assert spoken_lengths(phonemes, [False] * 10 + [True], net)[1] == {}
    _, gaps = spoken_lengths(phonemes, [i in (5, 10) for i in range(11)], net)
    assert list(gaps) == [5]
    assert 0.02 < gaps[5] <= 0.05


def test_a_gap_takes_its_time_from_the_vowel_and_none_from_the_consonants(line_of):
    [phrase] = phrases(line_of("silent zebra"), seconds)
    lengths = {i: 0.06 for i in (0, 2, 4, 5, 6, 8, 9)}
    plain, gapped = placed(phrase, lengths, {}, 0.0), placed(phrase, lengths, {5: 0.05}, 0.0)
    longer = [round(b.end_s - b.start_s - (a.end_s - a.start_s), 6) for a, b in zip(plain, gapped, strict=True)]
    assert [(gapped[i].base, longer[i]) for i in range(11) if longer[i]] == [("AH", -0.05), ("T", 0.05)]
    crowded = {i: 0.3 for i in lengths}
    assert placed(phrase, crowded, {5: 0.05}, 0.0) == placed(phrase, crowded, {}, 0.0)


@pytest.mark.parametrize(("text", "tied"), [("wet apples", True), ("wet snow", False), ("red apples", False)])
def test_a_voiceless_consonant_is_tied_to_the_vowel_of_the_next_word(aligned, text, tied):
    line, alignment = aligned(text)
    [gap] = spaces(alignment)
    assert (alignment.units[gap] == 0) == tied
    _, gaps = spoken_lengths([s.symbol for s in line.phonemes], [s.ends_word for s in line.phonemes], shared_net())
    assert (2 not in gaps) == tied


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
