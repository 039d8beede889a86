from dataclasses import replace
from itertools import pairwise

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from daiw.files.session import Session
from daiw.files.ustx import SHORTEST_TICKS, sung_notes, sung_track, sung_words, ustx_bytes
from daiw.music.score import Arrangement, Note, Timeline, Track


@pytest.fixture
def project(session):
    return yaml.safe_load(ustx_bytes(session).decode())


def test_the_sung_part_has_its_words(session, project):
    (part,) = project["voice_parts"]
    assert project["tracks"][part["track_no"]]["track_name"] == "melody"
    words = [note["lyric"] for note in part["notes"]]
    assert words[8:16] == ["the", "window", "+", "is", "open", "+", "tonight", "+"]
    assert set(words[:8] + words[16:]) == {"la"}
    melody = next(track for track in session.arrangement.tracks if track.role == "melody")
    written = [(note["position"], note["duration"], note["tone"]) for note in part["notes"]]
    assert written == [(note.start, note.duration, note.pitch) for note in melody.notes]


def test_tempo_and_meter_map(project):
    assert project["ustx_version"] == "0.6"
    assert project["resolution"] == 480
    assert project["tempos"] == [{"position": 0, "bpm": 96}, {"position": 7680, "bpm": 84.5}, {"position": 8160, "bpm": 71.25}]
    assert project["time_signatures"] == [
        {"bar_position": 0, "beat_per_bar": 4, "beat_unit": 4},
        {"bar_position": 4, "beat_per_bar": 3, "beat_unit": 4},
    ]


def test_the_other_stems_play_along(session, project):
    assert [(part["name"], part["relative_path"]) for part in project["wave_parts"]] == [("reverb", "stems/reverb.wav")]
    assert project["wave_parts"][0]["file_duration_ms"] == 18_000
    assert [track["track_name"] for track in project["tracks"]] == ["melody", "reverb"]


def test_without_words_the_vocal_sings_la(session):
    tune = (Note(0, 480, 60, 80), Note(480, 480, 62, 80))
    tracks = (Track("melody", "x", tune), Track("vocal", "x", tune), Track("lead", "x", tune))
    project = yaml.safe_load(ustx_bytes(replace(session, arrangement=Arrangement(tracks, session.arrangement.timeline))))
    assert project["tracks"][0]["track_name"] == "vocal"
    assert [note["lyric"] for note in project["voice_parts"][0]["notes"]] == ["la", "la"]


def test_drums_cannot_be_sung():
    drums = Track("kit", "x", (Note(0, 480, 36, 80),), drums=True)
    with pytest.raises(LookupError, match="drums"):
        sung_track(Session("x", Arrangement((drums,), Timeline(end=480))))


@given(st.lists(st.builds(Note, st.integers(0, 3000), st.integers(1, 2000), st.integers(0, 127), st.just(80)), min_size=1))
def test_one_voice_sings_one_note_at_a_time(notes):
    line = sung_notes(Track("vocal", "x", tuple(sorted(notes))))
    assert all(earlier.end <= later.start for earlier, later in pairwise(line))
    assert all(note.duration >= SHORTEST_TICKS for note in line)
    assert {note.start for note in line} <= {note.start for note in notes}


@given(st.lists(st.sampled_from(("", "_", "oh", "win-", "dow", "a-")), min_size=1, max_size=20))
def test_words_are_joined_and_lose_no_letter(syllables):
    words = sung_words([Note(0, 9, 60, 80, syllable) for syllable in syllables])
    assert len(words) == len(syllables)
    sung = "".join(word for word in words if not word.startswith("+"))
    assert sung.replace("la", "") == "".join(syllable.strip("-_") for syllable in syllables)
    assert sum(word == "+~" for word in words) == sum(syllable == "_" for syllable in syllables[1:])


@pytest.mark.parametrize("text", ['"q" : #\n- x', "null", "1e3", "é\u2028", "yes", "\\"])
def test_any_text_stays_a_text(session, text):
    assert yaml.safe_load(ustx_bytes(replace(session, title=text)))["name"] == text


def test_anything_with_notes_becomes_a_project(stranger):
    if all(track.drums or not track.notes for track in stranger.arrangement.tracks):
        pytest.skip("nothing to sing")
    project = yaml.safe_load(ustx_bytes(stranger))
    assert project["voice_parts"][0]["notes"]
    assert project["time_signatures"][0]["bar_position"] == 0
