"""The same jobs over Ray; runs where Ray is installed (pip install "daiw[cluster]")."""

import sys
from importlib.util import find_spec

import pytest

from daiw.batch.cluster import RayCluster, run_there
from daiw.batch.jobs import Job
from daiw.batch.run import run_jobs
from daiw.errors import PluginError


def test_without_ray_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it is not installed
    with pytest.raises(PluginError, match=r'pip install "daiw\[cluster\]"'):
        RayCluster("local", 1)


def test_a_node_of_another_version_refuses():
    outcome, packed = run_there(Job("x", ("make", "--", "x")), (), "0.0.0", 0.0)
    assert outcome.state == "failed"
    assert "not 0.0.0" in outcome.error
    assert packed == b""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason='Ray is not installed (pip install "daiw[cluster]")')
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_a_local_cluster_makes_songs_and_brings_their_folders(tmp_path, song_folder):
    midi = tmp_path / "in.mid"
    midi.write_bytes((song_folder / "song.mid").read_bytes())
    jobs = (
        Job("song", ("make", "--bars=2", "--preset=lofi", "--", "rain")),
        Job("bad", ("make", "--preset=nonesuch", "--", "rain")),
        Job("in", ("render", str(midi)), (midi,)),
    )
    backend = RayCluster("local", 2)
    try:
        outcomes = run_jobs(jobs, tmp_path / "out", backend)
        again = run_jobs(jobs, tmp_path / "out", backend)
    finally:
        backend.close()
    assert [o.state for o in outcomes] == ["done", "failed", "done"]
    assert "nonesuch" in outcomes[1].error
    assert [o.state for o in again] == ["skipped", "failed", "skipped"]
    for name in ("song", "in"):
        assert (tmp_path / "out" / name / "master.wav").is_file()
        assert (tmp_path / "out" / name / "song.json").is_file()
