import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.host.external.buffers import Buffers
from daiw.host.external.pool import Pool, pool
from daiw.host.external.shared import Arena
from daiw.host.instruments import open_instrument
from daiw.music.score import Note, Timeline, Track


def noise(channels: int, frames: int) -> np.ndarray:
    return np.random.default_rng(frames).standard_normal((channels, frames)).astype(np.float32)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5000), st.integers(0, 300)), min_size=1, max_size=5))
def test_what_is_put_is_found_whatever_was_there_before(exchanges):
    arena = Arena()
    for channels, frames, more in exchanges:
        sound = noise(channels, frames)
        arena.put(sound, frames + more)
        if frames:
            np.testing.assert_array_equal(arena.sound(channels, frames, frames + more), sound)
    arena.close()


def test_its_memory_is_kept_until_it_is_cleared():
    arena = Arena()
    arena.put(noise(2, 4000), 5000)
    assert arena.size == 2 * 5000 * 4
    arena.put(noise(1, 10), 10)
    assert arena.size == 2 * 5000 * 4
    arena.clear()
    assert arena.size == 0
    with pytest.raises(ValueError, match="2 x 4000 frames were announced"):
        arena.sound(2, 4000, 5000)
    arena.put(noise(2, 100), 100)
    np.testing.assert_array_equal(arena.sound(2, 100, 100), noise(2, 100))
    arena.close()


@pytest.mark.parametrize("claim", [(2, 200, 100), (-1, 10, 10), (2, 101, 101), (3, 100, 100)])
def test_a_false_claim_is_refused(claim):
    arena = Arena()
    arena.put(noise(2, 100), 100)
    with pytest.raises(ValueError, match="frames were announced"):
        arena.sound(*claim)
    arena.close()


def test_another_process_sees_it_without_a_name_in_any_folder():
    arena = Arena()
    arena.put(noise(1, 8), 8)
    job = "import sys; from daiw.host.external.shared import Arena; a = Arena(sys.argv[1]); a.room(1, 8)[:] *= 2.0"
    subprocess.run([sys.executable, "-c", job, arena.name], check=True, pass_fds=arena.inherited)
    np.testing.assert_array_equal(arena.sound(1, 8, 8), noise(1, 8) * 2)
    assert arena.path is None
    arena.close()


def test_a_closed_arena_leaves_the_file_alone_that_got_its_number(tmp_path):
    arena = Arena()
    (number,) = arena.inherited
    arena.close()
    files = []
    while not files or files[-1].fileno() < number:
        files.append((tmp_path / str(len(files))).open("wb"))
    files[-1].write(b"precious")
    files[-1].flush()
    arena.clear()
    arena.close()
    assert Path(files[-1].name).read_bytes() == b"precious"
    os.fstat(files[-1].fileno())
    for file in files:
        file.close()


def test_a_buffer_is_used_again_only_when_no_view_of_it_is_left():
    buffers = Buffers()
    first = buffers.array(2, 30_000)
    first[:] = 1.0
    part = first[:, 100:200].view()
    del first
    assert buffers.kept_bytes == 0
    second = buffers.array(2, 30_000)
    second[:] = 2.0
    np.testing.assert_array_equal(part, np.ones((2, 100), np.float32))
    del part
    assert buffers.kept_bytes == 2 * 30_000 * 4
    third = buffers.array(2, 29_000)
    assert buffers.kept_bytes == 0  # it is the first one's memory
    third[:] = 3.0
    assert float(second.max()) == 2.0


def test_what_is_kept_is_bounded_and_fits():
    buffers = Buffers(most_bytes=1_000_000)
    arrays = [buffers.array(2, 100_000) for _ in range(3)]
    del arrays
    assert buffers.kept_bytes == 800_000
    small = buffers.array(1, 1000)
    assert buffers.kept_bytes == 800_000  # far too large for it
    del small
    buffers.clear()
    assert buffers.kept_bytes == 0
    assert buffers.array(2, 0).shape == (2, 0)


def test_a_pool_at_rest_keeps_no_memory_for_sound(declare, monkeypatch):
    monkeypatch.setattr("daiw.host.external.pool.REST_S", 0.2)
    own = Pool()
    monkeypatch.setattr("daiw.host.external.sound.pool", lambda: own)
    instrument = open_instrument("mine", declare(more="hosting = { tail_s = 1.0 }"))
    first = instrument(Track("chords", "mine", (Note(0, 480, 60, 100),)), Timeline(), 48_000)
    (lease,) = own._everyone()
    assert lease.worker.arena.size > 0
    assert lease.plugin_s > 0.0
    deadline = time.monotonic() + 10.0
    while lease.worker.arena.size and time.monotonic() < deadline:
        time.sleep(0.05)
    assert lease.worker.arena.size == 0
    again = instrument(Track("chords", "mine", (Note(0, 480, 60, 100),)), Timeline(), 48_000)
    np.testing.assert_array_equal(first.samples, again.samples)
    assert own.started == 1
    own.close()


def test_too_much_memory_is_given_back_at_once(declare, monkeypatch):
    monkeypatch.setattr("daiw.host.external.pool.MOST_KEPT_BYTES", 1000)
    instrument = open_instrument("mine", declare(more="hosting = { tail_s = 1.0 }"))
    instrument(Track("chords", "mine", (Note(0, 480, 60, 100),)), Timeline(), 48_000)
    assert all(lease.worker.arena.size == 0 for lease in pool()._everyone())
