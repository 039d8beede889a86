import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import FileFormatError
from daiw.files.score import mix_text, read_mix, read_score, score_text
from daiw.music.mixing import ChannelSettings, MixSettings
from daiw.music.score import Arrangement, Control, Note, Part, Score, Timeline, Track

TICKS = st.integers(0, 100_000)
LYRICS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
PHONEMES = st.lists(st.sampled_from(("HH", "AH0", "L", "OW1")), max_size=3).map(tuple)
NOTES = st.builds(Note, TICKS, st.integers(1, 5000), st.integers(0, 127), st.integers(1, 127), LYRICS, PHONEMES)
CONTROLS = st.builds(Control, TICKS, st.sampled_from(("cc", "bend", "program", "pressure")), st.integers(0, 100), st.integers(0, 100))


@st.composite
def music(draw):
    parts, tracks = [], []
    for role in draw(st.lists(st.sampled_from(("melody", "bass", "double left")), unique=True, max_size=3)):
        notes = tuple(draw(st.lists(NOTES, max_size=5)))
        played = tuple(draw(st.lists(NOTES, max_size=5)))
        sources = tuple(draw(st.integers(-1, len(notes) - 1)) for _ in played)
        controls = tuple(draw(st.lists(CONTROLS, max_size=3)))
        parts.append(Part(role, notes))
        tracks.append(Track(role, "strings", played, draw(st.integers(0, 127)), draw(st.booleans()), controls, 12.0, sources))
    return Score(tuple(parts), Timeline()), Arrangement(tuple(tracks), Timeline())


@given(music())
def test_score_file_gives_back_every_note(tmp_path_factory, made):
    score, arrangement = made
    path = tmp_path_factory.mktemp("score") / "score.json"
    path.write_text(score_text(score, arrangement), encoding="utf-8")
    read = read_score(path, Timeline())
    assert read == (score, arrangement)
    assert [track.sources for track in read[1].tracks] == [track.sources for track in arrangement.tracks]


@given(st.floats(-24, 24), st.floats(0, 1), st.booleans(), st.lists(st.tuples(TICKS, st.integers(1, 99), st.floats(0, 1))))
def test_mix_file_gives_back_every_bit(tmp_path_factory, gain, side, flipped, kicks):
    channel = ChannelSettings(role="bass", gain_db=gain, side_gain=side, flipped=flipped)
    settings = MixSettings(frames=9, dry_frames=7, length_frames=8, halvings=1, ride_db=(gain,), kicks=tuple(kicks), channels=(channel,))
    path = tmp_path_factory.mktemp("mix") / "mix.json"
    path.write_text(mix_text(settings), encoding="utf-8")
    assert read_mix(path) == settings


def test_one_note_a_line(tmp_path):
    text = score_text(
        Score((Part("melody", (Note(0, 480, 60, 80), Note(480, 240, 62, 70, "la"))),), Timeline()), Arrangement((), Timeline())
    )
    assert '    [0, 480, 60, 80],\n    [480, 240, 62, 70, "la"]\n' in text


GOOD = {
    "schema": "daiw-score-1",
    "parts": [{"role": "melody", "notes": [[0, 480, 60, 80]]}],
    "tracks": [
        {
            "role": "melody", "instrument": "strings", "program": 0, "drums": False, "bend_range": 2.0, "notes": [[3, 470, 60, 80]],
            "sources": [0], "controls": [],
        }
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda data: data.update(schema="daiw-score-2"), "schema 'daiw-score-2'"),
        (lambda data: data.pop("tracks"), "lacks the list 'tracks'"),
        (lambda data: data["parts"][0].pop("role"), "lacks the key 'role'"),
        (lambda data: data["parts"][0].update(notes=[[0, 480, 60]]), "a note is"),
        (lambda data: data["parts"][0].update(notes=[[0, 480, 60.5, 80]]), "whole numbers"),
        (lambda data: data["parts"][0].update(notes=[[0, 480, 160, 80]]), "pitch must be"),
        (lambda data: data["parts"][0].update(notes="abc"), "a note is"),
        (lambda data: data["tracks"][0].update(sources=[1]), "sources of melody"),
        (lambda data: data["tracks"][0].update(sources=[]), "sources of melody"),
        (lambda data: data["tracks"][0].update(controls=[[0, "shout", 1, 1]]), "no such control"),
        (lambda data: data["tracks"].append(7), "cannot be read"),
    ],
)
def test_broken_score_files_are_named(tmp_path, change, complaint):
    data = json.loads(json.dumps(GOOD))
    path = tmp_path / "score.json"
    path.write_text(json.dumps(data))
    read_score(path, Timeline())
    change(data)
    path.write_text(json.dumps(data))
    with pytest.raises(FileFormatError, match=complaint):
        read_score(path, Timeline())


def test_missing_or_garbled_files_are_named(tmp_path):
    with pytest.raises(FileFormatError, match=r"cannot read .*score\.json.*daiw remake"):
        read_score(tmp_path / "score.json", Timeline())
    (tmp_path / "mix.json").write_bytes(b"{\xff")
    with pytest.raises(FileFormatError, match="not valid JSON"):
        read_mix(tmp_path / "mix.json")
    (tmp_path / "mix.json").write_text('{"schema": "daiw-mix-1", "frames": "many"}')
    with pytest.raises(FileFormatError, match="frames must be a whole number"):
        read_mix(tmp_path / "mix.json")
