import numpy as np
import pytest

from daiw.errors import FileFormatError
from daiw.tokens.sheet import Sheet
from daiw.train import corpus
from daiw.train.corpus import held_out, load_sheets, load_windows, save_sheets, save_windows
from daiw.train.windows import make_windows


def sheet(name, bars=20):
    notes = np.array([(12 * i, 60 + i % 5, 12) for i in range(4 * bars)], np.int32)
    return Sheet(name, "pop909", "4/4", bars, notes, np.array([(0, 0, 0)], np.int32), ((0, 2), (8, 3)), 97.5, True, (80.0,) * bars, -3)


def test_sheets_survive_the_shard(tmp_path):
    sheets = [sheet("pop909/001.0"), Sheet("pop909/002.0", "pop909", "3/4", 4, np.zeros((0, 3), np.int32))]
    save_sheets(tmp_path / "a.npz", sheets)
    for a, b in zip(load_sheets(tmp_path / "a.npz"), sheets, strict=True):
        assert (a.name, a.meter, a.sections, a.bpm, a.minor, a.level, a.shift) == (
            b.name,
            b.meter,
            b.sections,
            b.bpm,
            b.minor,
            b.level,
            b.shift,
        )
        np.testing.assert_array_equal(a.notes, b.notes)
        np.testing.assert_array_equal(a.chords, b.chords)


def test_windows_survive_the_shard_and_a_cut_one_is_refused(tmp_path):
    windows = make_windows([sheet("pop909/001.0"), sheet("pop909/003.0", 50)], hop=16, unreferred=False)
    path = tmp_path / "w.npz"
    save_windows(path, windows)
    assert load_windows(path).names == windows.names
    np.testing.assert_array_equal(load_windows(path).features, windows.features)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FileFormatError, match=r"w\.npz"):
        load_windows(path)


@pytest.mark.parametrize("share", range(2, 7))
def test_keys_and_duplicates_of_a_song_share_a_split(monkeypatch, share):
    monkeypatch.setattr(corpus, "VALIDATION_SHARE", share)
    for a, b in (("017", "018"), ("492", "666"), ("262", "805"), ("101", "103")):
        assert held_out(f"pop909/{a}.0") == held_out(f"pop909/{b}.0") == held_out(f"pop909/{b}.1")


def test_one_song_in_twenty_is_held_out():
    names = [f"pop909/{i:03}.0" for i in range(1, 910)]
    share = np.mean([held_out(name) for name in names])
    assert 0.02 < share < 0.09


def test_windows_overlap_by_the_hop_and_name_their_place():
    windows = make_windows([sheet("pop909/001.0", 64)], hop=16, unreferred=False)
    assert [name for name in windows.names if name.startswith("melody")] == [f"melody pop909/001.0@{first}" for first in (0, 16, 32)]
    assert len(windows.starts) == len(windows.names) + 1
