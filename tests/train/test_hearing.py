import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.files.preset import find_preset
from daiw.measure.expression import expression_of
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.pipeline import arrange, compose, plan
from daiw.train.hearing import CUES, LOUDNESS_CUES, TEMPO_CUES, Piece, cues_of, key_fits, piece_of, top_line

MAJOR, MINOR = (0, 4, 7), (0, 3, 7)


def piece(scale=(60, 62, 64, 65, 67, 69, 71, 72), chord=MAJOR, bpm=60.0, velocity=80.0, bars=4, every=1.0):
    voice = [(i, 1.0, scale[i % len(scale)]) for i in range(4 * bars)]
    low = [(at, every, 48 + step) for at in np.arange(0, 4 * bars, every) for step in chord]
    return Piece(np.array(voice, float), np.array(low, float), 4.0 * bars, bpm, velocity)


def test_major_and_minor_are_heard():
    bright, dark = cues_of(piece()), cues_of(piece((60, 62, 63, 65, 67, 68, 70, 72), MINOR))
    assert bright["mode"] > 0 > dark["mode"]
    assert bright["brightness"] > dark["brightness"]
    assert (bright["major_chords"], bright["minor_chords"]) == (1.0, 0.25)  # an A over C major is A minor, too
    assert dark["minor_chords"] == 1.0
    assert cues_of(piece(chord=(0, 3, 6)))["diminished_chords"] > 0.9


def test_texture_rhythm_and_register_are_heard():
    slow, busy = cues_of(piece(every=1.0)), cues_of(piece(every=0.25))
    assert busy["onsets_a_quarter"] - slow["onsets_a_quarter"] == pytest.approx(np.log(4))
    assert slow["accompaniment_off_beat"] == 0.0
    assert busy["accompaniment_off_beat"] == 0.75
    assert slow["notes_an_onset"] == 3.0
    assert slow["accompaniment_pitch"] == pytest.approx(48 + 11 / 3)
    assert slow["voice_pitch"] == pytest.approx(66.25)
    assert slow["voice_rests"] == 0.0


def test_tempo_and_loudness_are_heard_or_unknown():
    fast, unknown = cues_of(piece(bpm=120.0)), cues_of(piece(bpm=0.0, velocity=0.0))
    assert fast["tempo"] == pytest.approx(np.log(120))
    assert fast["voice_notes_a_second"] == pytest.approx(np.log(120))
    assert {name for name in CUES if np.isnan(unknown[name])} == {*TEMPO_CUES, *LOUDNESS_CUES}


@given(st.integers(-11, 11))
def test_harmony_does_not_depend_on_the_key(shift):
    one = piece()
    higher = np.array([0, 0, shift])
    moved = Piece(one.voice + higher, one.accompaniment + higher, one.quarters, one.bpm, one.velocity)
    here, there = cues_of(one), cues_of(moved)
    for name in ("mode", "brightness", "entropy", "chromaticism", "roughness", "major_chords", "harmonic_motion", "voice_interval"):
        assert there[name] == pytest.approx(here[name], abs=1e-9), name
    assert there["voice_pitch"] - here["voice_pitch"] == pytest.approx(shift)


def test_a_players_timing_is_not_heard():
    one = piece()
    late = Piece(one.voice.copy(), one.accompaniment.copy(), one.quarters, one.bpm, one.velocity)
    late.voice[:, 0] += 0.03
    late.accompaniment[:, 0] += 0.03 * np.resize([-1, 0, 1, 1], len(one.accompaniment))
    assert cues_of(late)["accompaniment_off_beat"] == cues_of(one)["accompaniment_off_beat"] == 0.0
    assert cues_of(late)["onsets_a_quarter"] == cues_of(one)["onsets_a_quarter"]


def test_the_voice_is_its_highest_line():
    rows = np.array([(0, 1, 60), (0, 1, 67), (1, 1, 62)], float)
    assert top_line(rows)[:, 2].tolist() == [67.0, 62.0]


def test_too_little_is_not_judged():
    empty = np.zeros((0, 3))
    assert cues_of(Piece(empty, empty, 16.0, 60.0, 80.0)) is None
    assert cues_of(Piece(piece().voice, empty, 16.0, 60.0, 80.0)) is None


def test_a_key_of_nothing_is_neutral():
    assert key_fits(np.ones(12)) == (0.0, 0, "major")


def test_our_songs_have_every_cue():
    preset = find_preset("pop")
    outline = plan(Intent("", Emotion(0.5, 0.5, 0.0), Wishes(bars=8), seed=1), preset)
    played = arrange(compose(outline, preset), outline, preset)
    heard = piece_of(played)
    cues = cues_of(heard)
    assert tuple(cues) == CUES
    assert np.isfinite(list(cues.values())).all()
    assert heard.quarters == 32.0
    assert heard.bpm == pytest.approx(expression_of(played, outline.key).bpm)
    tune = next(track for track in played.tracks if track.role == "melody")
    assert len(heard.voice) == len(tune.notes)
    assert len(heard.voice) + len(heard.accompaniment) == sum(len(track.notes) for track in played.tracks if not track.drums)
