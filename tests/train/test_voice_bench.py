import numpy as np
import pytest

from daiw.cli.main import main
from daiw.errors import ModelError
from daiw.host.singer import Singer
from daiw.music.phoneme import syllabify
from daiw.music.score import Timeline, Track
from daiw.music.time import Tempo, TempoMap
from daiw.singing.pronounce import pronounce_line
from daiw.singing.sung import phrases
from daiw.singing.voice import Voice
from daiw.singing.voice_net import shared_net
from daiw.train import voice_judges
from daiw.train.voice_bench import CENTRES, LINES, TEMPI, doubled, melody, place
from daiw.train.voice_judges import clicks, word_errors


def test_there_are_enough_lines_and_all_of_them_can_be_sung():
    lines = [line for line in LINES.read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) >= 40
    assert len(set(lines)) == len(lines)
    for line in lines:
        words = line.split()
        assert len(melody(line, 60)) == sum(len(syllabify(phonemes)) for phonemes in pronounce_line(words))


def test_words_are_sung_whole_as_in_a_song_and_not_syllable_by_syllable():
    notes = melody("my carpenter invented seven languages", 60)
    [phrase] = phrases(notes, lambda tick: tick / 960.0)
    assert [i for i, sung in enumerate(phrase) if sung.ends_word] == [0, 3, 6, 8, 11]


@pytest.mark.parametrize("centres", [CENTRES, (72,)])
def test_every_centre_and_tempo_has_as_many_likely_lines_as_unlikely_ones(centres):
    cells = {(centre, bpm): [0, 0] for centre in centres for bpm in TEMPI}
    for number in range(48):
        cells[place(number, centres)][number % 2] += 1
    assert all(likely == unlikely > 0 for likely, unlikely in cells.values())


@pytest.mark.parametrize(
    ("heard", "rate"),
    [("the red door", 0.0), ("The red, door!", 0.0), ("a red door", 1 / 3), ("the door", 1 / 3), ("the very red door", 1 / 3), ("", 1.0)],
)
def test_word_errors_are_counted_as_in_speech_recognition(heard, rate):
    assert word_errors("the red door", heard) == pytest.approx(rate)


def test_a_click_is_counted_and_a_clean_tone_has_none():
    tone = (0.3 * np.sin(np.arange(48_000) * 0.03)).astype(np.float32)
    assert clicks(tone) == 0
    torn = tone.copy()
    torn[24_000:] *= -1.0
    torn[30_000] += 0.2
    assert clicks(torn) == 2


def test_the_release_of_a_stop_is_no_click_and_a_small_jump_inside_it_is():
    notes = melody("the butcher gave a trumpet to a family of spiders", 72)
    singer = Singer(Voice(), 52, 76, shared_net())
    timeline = Timeline(tempos=TempoMap((Tempo(0, 104.0),)))
    track = Track("vocal", "voice_heart", notes)
    samples = singer(track, timeline, 48_000).samples[0]
    assert clicks(samples) == 0
    [line] = singer.lines(track, timeline)
    for sound in (sound for sound in line.phonemes if sound.base in ("P", "T", "AH")):
        torn = samples.copy()
        torn[round(0.5 * (sound.start_s + sound.end_s) * 48_000) :] += np.float32(0.001)
        assert clicks(torn[:-1000]) == 1, sound


def test_missing_judges_are_named(monkeypatch):
    voice_judges.whisper.cache_clear()
    monkeypatch.setattr(voice_judges, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="faster_whisper"):
        voice_judges.whisper()


def test_a_doubled_lead_has_both_doubles_under_it():
    """The doubles' power is that of two takes 9.5 LU below the voice: 0.9 dB more in all, as they are not in phase."""
    notes = melody("hold my hand until the morning comes around", 62)
    singer, timeline = Singer(Voice(), 52, 76, shared_net()), Timeline(tempos=TempoMap((Tempo(0, 104.0),)))
    track = Track("vocal", "voice_heart", notes)
    lead = singer(track, timeline, 48_000).samples[0]
    both = doubled(lead, track, timeline, singer)
    beside = both - np.pad(lead, (0, len(both) - len(lead)))
    assert 10 * np.log10(np.mean(beside**2) / np.mean(lead**2)) == pytest.approx(-6.5, abs=1.5)
    assert abs(np.corrcoef(lead, beside[: len(lead)])[0, 1]) < 0.3


@pytest.mark.parametrize("centres", ["20", "x", "57,99"])
def test_centres_outside_the_voice_are_refused(centres, capsys):
    with pytest.raises(SystemExit):
        main(["evaluate", "voice", "--centres", centres])
    assert "--centres" in capsys.readouterr().err
