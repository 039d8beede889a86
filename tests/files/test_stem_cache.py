import os
import subprocess
import sys
import time

import numpy as np
import pytest

from daiw.files.stem_cache import StemCache, StoredStem, cache_folder
from daiw.music.audio import Audio
from daiw.music.manifest import PluginRecord

RECORD = PluginRecord(
    "instrument",
    "keys",
    "/x/Keys.vst3",
    "Keys",
    "DAiW",
    "1.0",
    "ab" * 32,
    b"\x00\xffstate",
    {"cutoff_hz": 900.0, "on": True},
    remarks=("another version",),
)


def stem(seed=0, frames=4800, rate=44_100):
    samples = np.random.default_rng(seed).standard_normal((2, frames)).astype(np.float32)
    return StoredStem(Audio(samples, rate), (RECORD,))


def key(number):
    return f"{number:064x}"[::-1]


def test_what_is_kept_comes_back_bit_for_bit_with_its_plugins(tmp_path):
    cache = StemCache(tmp_path)
    assert cache.find(key(1)) is None
    cache.keep(key(1), stem(1))
    found = cache.find(key(1))
    np.testing.assert_array_equal(found.audio.samples, stem(1).audio.samples)
    assert found.audio.sample_rate == 44_100
    assert found.plugins == (RECORD,)
    assert cache.find(key(2)) is None


@pytest.mark.parametrize("harm", ["flip a sample", "cut short", "grow", "other words", "empty", "not json", "huge head"])
def test_a_damaged_entry_is_ignored_removed_and_replaced(tmp_path, harm):
    cache = StemCache(tmp_path)
    cache.keep(key(1), stem(1))
    (path,) = tmp_path.glob("*/*")
    raw = bytearray(path.read_bytes())
    if harm == "flip a sample":
        raw[-100] ^= 1
    damaged = {
        "flip a sample": bytes(raw), "cut short": bytes(raw[:-5]), "grow": bytes(raw) + b"\0\0\0\0", "empty": b"",
        "other words": raw.replace(b"daiw-stem-2", b"daiw-stem-9"), "not json": b"\xff\xfe" * 50, "huge head": b"[" * 100_000,
    }  # fmt: skip
    path.write_bytes(damaged[harm])
    assert cache.find(key(1)) is None
    assert not path.exists()
    cache.keep(key(1), stem(1))
    assert cache.find(key(1)) is not None


def test_it_stays_under_its_limit_and_forgets_what_was_unused_for_longest(tmp_path):
    one = len(stem().audio.samples.tobytes())
    cache = StemCache(tmp_path, most_bytes=round(4.7 * one))
    for number in range(4):
        cache.keep(key(number), stem(number))
        os.utime(next(tmp_path.glob(f"*/{key(number)}.stem")), (1000 + number, 1000 + number))
    assert cache.find(key(0)) is not None  # used now: no longer the oldest
    cache.keep(key(9), stem(9))
    assert cache.size_bytes() <= cache.most_bytes
    assert cache.find(key(1)) is None
    assert cache.find(key(0)) is not None
    assert cache.find(key(9)) is not None
    cache.keep(key(5), stem(5, frames=48_000))  # more than half of it
    assert cache.find(key(5)) is None


def test_what_a_killed_process_left_is_cleared(tmp_path):
    cache = StemCache(tmp_path)
    cache.keep(key(1), stem(1))
    old = next(tmp_path.iterdir()) / "tmpx.part"
    old.write_bytes(b"half")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    young = old.with_name("tmpy.part")
    young.write_bytes(b"half")
    cache.keep(key(2), stem(2))
    assert not old.exists()
    assert young.exists()


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = StemCache(tmp_path / "file" / "cache")
    cache.keep(key(1), stem(1))
    assert cache.find(key(1)) is None


WORK = """
import sys
import numpy as np
from pathlib import Path
from daiw.files.stem_cache import StemCache, StoredStem
from daiw.music.audio import Audio
cache = StemCache(Path(sys.argv[1]), most_bytes=400_000)
for turn in range(60):
    number = turn % 7
    name = f"{number:064x}"[::-1]
    found = cache.find(name)
    if found is not None:
        assert (found.audio.samples == number).all(), "a stranger's sound"
    cache.keep(name, StoredStem(Audio(np.full((2, 9000), number, np.float32), 48_000)))
"""


def test_two_processes_share_one_folder(tmp_path):
    running = [subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path)], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in running:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert StemCache(tmp_path).size_bytes() <= 400_000
    assert not list(tmp_path.glob("*/*.part"))


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("DAIW_CACHE", "off")
    assert cache_folder() is None
    monkeypatch.setenv("DAIW_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("DAIW_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "daiw" / "stems"
