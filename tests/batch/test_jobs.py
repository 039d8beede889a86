import pytest

from daiw.batch.jobs import MOST_JOBS, numbered, read_batch, render_jobs
from daiw.errors import FileFormatError

TEXT = """
output = "out"

[[song]]
prompt = "the kitchen is empty"
presets = ["lofi", "jazz"]
seeds = [1, 2]
bars = 8

[[song]]
prompt = "--no dashes confuse it"
name = "Dashes!"
key = "F minor"
formats = ["mp3"]

[[render]]
midi = "in/*.mid"
presets = ["waltz"]
"""


@pytest.fixture
def batch(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.mid", "b.mid"):
        (tmp_path / "in" / name).write_bytes(b"MThd")
    path = tmp_path / "jobs.toml"
    path.write_text(TEXT)
    return path


def test_songs_cross_presets_and_seeds_and_patterns_find_files(batch):
    output, jobs = read_batch(batch)
    assert output == batch.parent / "out"
    kitchen = "the-kitchen-is-empty"
    songs = [f"{kitchen}-{preset}-{seed}" for preset in ("lofi", "jazz") for seed in (1, 2)]
    assert [job.name for job in jobs] == [*songs, "dashes", "a", "b"]
    assert jobs[1].command == ("make", "--preset=lofi", "--seed=2", "--bars=8", "--", "the kitchen is empty")
    assert jobs[4].command == ("make", "--seed=0", "--key=F minor", "--format=mp3", "--", "--no dashes confuse it")
    assert jobs[5].command == ("render", str(batch.parent / "in" / "a.mid"), "--preset=waltz")


def test_every_command_is_one_that_daiw_understands(batch):
    from daiw.batch.local import command_of
    from daiw.cli.main import parser

    for job in read_batch(batch)[1]:
        args = parser().parse_args(command_of(job, batch.parent / "x", force=True)[3:])
        assert args.force
        assert args.json
        assert getattr(args, "prompt", None) in (None, job.command[-1])


def test_a_job_is_another_when_its_options_or_its_file_change(batch):
    first = {job.name: job.digest() for job in read_batch(batch)[1]}
    (batch.parent / "in" / "a.mid").write_bytes(b"MThd more")
    batch.write_text(TEXT.replace("bars = 8", "bars = 9"))
    second = {job.name: job.digest() for job in read_batch(batch)[1]}
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {name for name in first if name.startswith("the-kitchen")} | {"a"}


def test_equal_names_are_numbered(tmp_path):
    files = [tmp_path / "x" / "song.mid", tmp_path / "y" / "song.mid"]
    assert [job.name for job in numbered(render_jobs(files))] == ["song", "song-2"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing to do"),
        ("[[song]]\npromt = 'x'", "promt"),
        ("[[song]]\nprompt = 3", "must be a text"),
        ("[[song]]\nprompt = 'x'\nseeds = ['1']", "whole number"),
        ("[[render]]\nmidi = 'nowhere/*.mid'", "no file matches 'nowhere"),
        ("[[song]\n", "is not valid TOML"),
        (f"[[song]]\nprompt = 'x'\nseeds = {list(range(MOST_JOBS + 1))}", "at most"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path, text, says):
    path = tmp_path / "jobs.toml"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=says) as caught:
        read_batch(path)
    assert "jobs.toml" in str(caught.value)
