from itertools import pairwise

import numpy as np
import pytest
from tests.guides.conftest import hum

from daiw.errors import FileFormatError, PromptError
from daiw.files.audio import write_wav_float
from daiw.guides.hum import hummed
from daiw.guides.reading import Guides, read_guides
from daiw.measure.pitch_track import HOP_S, track_pitch
from daiw.music.audio import Audio
from daiw.music.intent import Wishes
from daiw.music.time import Meter

RATE = 22_050
TUNE = [
    (60, 1), (62, 1), (64, 1), (60, 1), (64, 1), (65, 1), (67, 2), (67, 0.5), (69, 0.5), (67, 0.5), (65, 0.5), (64, 1), (60, 1),
    (60, 1), (55, 1), (60, 2),
]  # fmt: skip


def wav(tmp_path, sound: np.ndarray):
    return write_wav_float(tmp_path / "hum.wav", Audio(sound[None].astype(np.float32), RATE))


@pytest.mark.parametrize(
    "how",
    [
        {}, {"vibrato": 0.7}, {"glide_s": 0.12}, {"snr_db": 10.0, "vibrato": 0.5}, {"detuned": 0.35}, {"bpm": 72.0, "gap_s": 0.02},
    ],
)  # fmt: skip
def test_a_hummed_tune_is_heard(tmp_path, how):
    """Every pitch, every onset on the grid, and the tempo within 1 %: with vibrato, glides, noise, out of tune, legato."""
    found = hummed(wav(tmp_path, hum(TUNE, **how)), None, Meter())
    starts = np.cumsum([0, *(quarters * 480 for _, quarters in TUNE)])[:-1]
    assert [note.pitch for note in found.notes] == [pitch for pitch, _ in TUNE]
    assert [note.start for note in found.notes] == starts.astype(int).tolist()
    assert found.bpm == pytest.approx(how.get("bpm", 96.0), rel=0.01)
    assert all(a.end <= b.start for a, b in pairwise(found.notes))


@pytest.mark.parametrize("pitch", [45, 57, 69, 81])
def test_the_pitch_track_is_within_a_quarter_tone(pitch):
    track = track_pitch(hum([(pitch, 2.0)], vibrato=0.0, glide_s=0.0), RATE)
    voiced = track.semitones[int(0.3 / HOP_S) : int(1.3 / HOP_S)]
    assert np.isfinite(voiced).mean() > 0.95
    assert np.nanmax(np.abs(voiced - pitch)) < 0.25


def test_a_hum_becomes_the_song_s_tune(tmp_path):
    given, wishes = read_guides(Guides(hum=wav(tmp_path, hum(TUNE))), Wishes())
    assert [note.pitch for note in given.melody] == [pitch for pitch, _ in TUNE]
    assert str(wishes.key) == "C major"
    assert given.harmony


@pytest.mark.parametrize(
    ("sound", "complaint"),
    [
        (np.zeros(3 * RATE), "is silent; check the microphone"),
        (np.random.default_rng(1).standard_normal(4 * RATE) * 0.1, "no tune can be heard"),
        (hum([(60, 3.0)]), "one note can be heard"),
    ],
)
def test_what_is_no_tune_is_said(tmp_path, sound, complaint):
    with pytest.raises(PromptError, match=complaint):
        hummed(wav(tmp_path, sound), None, Meter())


def test_files_that_are_no_sound_are_named(tmp_path):
    (tmp_path / "hum.wav").write_bytes(b"RIFFnothing")
    with pytest.raises(FileFormatError, match=r"hum\.wav"):
        hummed(tmp_path / "hum.wav", None, Meter())
    long = Audio(np.zeros((1, 330 * 1000), np.float32), 1000)
    write_wav_float(tmp_path / "long.wav", long)
    with pytest.raises(PromptError, match="lasts 6 minutes; a hummed tune may last 5"):
        hummed(tmp_path / "long.wav", None, Meter())
