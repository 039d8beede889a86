"""Answers on disk: written as they are said, read back to the letter; whatever else lies there is one line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.errors import DaiwError, FileFormatError, OutputError
from daiw.files.interview import InterviewFile, read_interview, write_interview
from daiw.music.interview import Interview, choices_of

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@st.composite
def interviews(draw):
    free = {name: draw(texts) for name in ("event", "mood", "longing", "resistance", "transformation", "sound")}
    chosen = {name: draw(st.sampled_from(("", *choices_of(name)))) for name in ("openness", "conflict", "arc", "voice", "meaning")}
    skipped = draw(st.lists(st.sampled_from(("mood", "sound", "rule")), unique=True))
    return InterviewFile(Interview(**free, **chosen), tuple(skipped))


@given(interviews())
@settings(deadline=None)
def test_what_is_written_is_read_back(tmp_path_factory, told):
    path = tmp_path_factory.mktemp("answers") / "a.toml"
    write_interview(told, path)
    assert read_interview(path) == told
    assert [other.name for other in path.parent.iterdir()] == ["a.toml"]


def test_the_file_explains_itself(tmp_path):
    write_interview(InterviewFile(Interview(event='she said "no"', openness="raw")), tmp_path / "a.toml")
    text = (tmp_path / "a.toml").read_text()
    assert "# what happened" in text
    assert "# guarded, honest, raw" in text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "schema"),
        ('schema = "daiw-interview-9"', "daiw-interview-9"),
        ('schema = "daiw-interview-1"\nevnt = "x"', "evnt"),
        ('schema = "daiw-interview-1"\nevent = 3', "event"),
        ('schema = "daiw-interview-1"\nopenness = "loud"', "guarded, honest, raw"),
        ('schema = "daiw-interview-1"\nrule = "Nothing: at all"', "Nothing"),
        ('schema = "daiw-interview-1"\nskipped = "mood"', "skipped"),
        ("schema = ", "TOML"),
        ("x" * 300_000, "bytes"),
    ],
)
def test_anything_else_is_one_line_that_says_what_is_wrong(tmp_path, text, complaint):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(FileFormatError, match=complaint) as error:
        read_interview(tmp_path / "a.toml")
    assert "a.toml" in str(error.value)
    assert "\n" not in str(error.value)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_noise_is_refused(tmp_path_factory, noise):
    path = tmp_path_factory.mktemp("noise") / "a.toml"
    path.write_bytes(noise)
    with pytest.raises(DaiwError):
        read_interview(path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        write_interview(InterviewFile(), tmp_path / "nowhere" / "a.toml")
