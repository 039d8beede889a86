import numpy as np
import pytest

from daiw.errors import ModelError
from daiw.host.singer import Singer
from daiw.music.phoneme import syllabify
from daiw.music.score import Timeline, Track
from daiw.music.time import Tempo, TempoMap
from daiw.singing.pronounce import pronounce_line
from daiw.singing.voice import Voice
from daiw.singing.voice_net import shared_net
from daiw.train import voice_bench
from daiw.train.voice_bench import LINES, clicks, melody, word_errors


def test_there_are_enough_lines_and_all_of_them_can_be_sung():
    lines = [line for line in LINES.read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) >= 40
    assert len(set(lines)) == len(lines)
    for line in lines:
        words = line.split()
        assert len(melody(line, 60)) == sum(len(syllabify(phonemes)) for phonemes in pronounce_line(words))


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
    voice_bench._whisper.cache_clear()
    monkeypatch.setattr(voice_bench, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="faster_whisper"):
        voice_bench._whisper()
