import hashlib
import os
import resource
import signal
from pathlib import Path

import pytest

from daiw.errors import OutputError
from daiw.files import folder as folder_module
from daiw.files.folder import MANIFEST, check_target, file_hashes, free_name, new_folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_whole(tmp_path):
    with new_folder(tmp_path / "a" / "song") as inside:
        (inside / "x.txt").write_text("x")
        assert not (tmp_path / "a" / "song").exists()
    assert names(tmp_path / "a") == ["song"]
    assert (tmp_path / "a" / "song" / "x.txt").read_text() == "x"
    assert (tmp_path / "a" / "song").stat().st_mode & 0o700 == 0o700


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError])
def test_a_folder_that_fails_leaves_nothing(tmp_path, error):
    def fail():
        with new_folder(tmp_path / "a" / "b" / "song") as inside:
            (inside / "x.txt").write_text("x")
            raise error("no")

    with pytest.raises((error, OutputError)):
        fail()
    assert names(tmp_path) == []


def test_an_existing_folder_is_kept_unless_forced(tmp_path):
    target = tmp_path / "song"
    target.mkdir()
    (target / MANIFEST).write_text("old")
    with pytest.raises(OutputError, match="--force"):
        check_target(target, force=False)
    with new_folder(target, force=True) as inside:
        (inside / MANIFEST).write_text("new")
    assert (target / MANIFEST).read_text() == "new"
    assert names(tmp_path) == ["song"]


def test_a_failed_replacement_keeps_the_old_song(tmp_path):
    target = tmp_path / "song"
    target.mkdir()
    (target / MANIFEST).write_text("old")
    with pytest.raises(ValueError, match="no"), new_folder(target, force=True):
        raise ValueError("no")
    assert (target / MANIFEST).read_text() == "old"
    assert names(tmp_path) == ["song"]


def test_a_folder_that_is_no_song_is_never_replaced(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "draft.txt").write_text("years of work")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("thesis", "file", "link"):
        with pytest.raises(OutputError, match="is not a"):
            check_target(tmp_path / name, force=True)


def test_an_empty_folder_may_be_used(tmp_path):
    (tmp_path / "song").mkdir()
    with new_folder(tmp_path / "song") as inside:
        (inside / "x").write_text("")
    assert names(tmp_path / "song") == ["x"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_place_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="cannot write"):
        check_target(tmp_path / "song", force=False)


def test_a_place_inside_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot write"):
        check_target(tmp_path / "file" / "song", force=False)


def test_a_full_disk_leaves_nothing(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        with pytest.raises(OutputError, match="cannot write"), new_folder(tmp_path / "song") as inside:
            (inside / "big").write_bytes(b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert names(tmp_path) == []


def test_complaints_name_the_folder_that_was_asked_for(tmp_path):
    def fail():
        with new_folder(tmp_path / "song") as inside:
            raise OutputError(f"{inside}/mix.wav: no room")

    with pytest.raises(OutputError) as caught:
        fail()
    assert str(caught.value) == f"{tmp_path}/song/mix.wav: no room"


def test_free_names_count_up(tmp_path):
    assert free_name(tmp_path / "song").name == "song"
    (tmp_path / "song").mkdir()
    (tmp_path / "song-2").mkdir()
    assert free_name(tmp_path / "song").name == "song-3"


def test_hashes_cover_every_file(tmp_path):
    (tmp_path / "stems").mkdir()
    (tmp_path / "stems" / "bass.wav").write_bytes(b"abc")
    assert file_hashes(tmp_path) == {"stems/bass.wav": {"sha256": hashlib.sha256(b"abc").hexdigest(), "bytes": 3}}


@pytest.mark.parametrize("exchange", [True, False])
def test_a_song_is_replaced_with_and_without_exchange(tmp_path, monkeypatch, exchange):
    """Where names can be exchanged, nothing is renamed away first: there is always a song in its place."""
    (tmp_path / "song").mkdir()
    (tmp_path / "song" / "song.json").write_text("old")
    if exchange:
        one, other = tmp_path / "one", tmp_path / "other"
        one.mkdir()
        other.mkdir()
        if not folder_module._exchanged(one, other):
            pytest.skip("this system cannot exchange two names at once")
        one.rmdir()
        other.rmdir()
        monkeypatch.setattr(Path, "rename", lambda *_: pytest.fail("the old song was moved away"))
    else:
        monkeypatch.setattr(folder_module, "_exchanged", lambda *_: False)
    with new_folder(tmp_path / "song", force=True) as inside:
        (inside / "song.json").write_text("new")
    assert (tmp_path / "song" / "song.json").read_text() == "new"
    assert names(tmp_path) == ["song"]
