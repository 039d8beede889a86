import numpy as np
import pytest

from daiw.train.corpus import Windows
from daiw.train.probe import FREE, MOST, both, load_probe, select


@pytest.mark.parametrize("network", sorted(MOST))
def test_the_shipped_probe_holds_freely_given_music_only(network):
    probe = load_probe(network)
    assert 8 <= len(probe.names) <= MOST[network]
    assert all(any(source in name for source in FREE) for name in probe.names)
    assert not any("pop909" in name for name in probe.names)
    assert probe.starts[-1] == len(probe.targets if isinstance(probe, Windows) else probe.tokens)


def test_forgetting_is_heard_in_bass_and_keys_alike():
    names = [name.split("/")[0] for name in load_probe("band").names]
    assert names.count("bass freedoom") >= 8
    assert names.count("keys lieder") >= 8


def test_some_windows_are_those_windows():
    probe = load_probe("lead")
    some = select(probe, [3, 1])
    assert some.names == (probe.names[3], probe.names[1])
    assert (some.targets[: some.starts[1]] == probe.targets[probe.starts[3] : probe.starts[4]]).all()
    assert np.array_equal(some.controls[1], probe.controls[1])


def test_two_sets_end_to_end_are_both():
    probe = load_probe("kit")
    first, second = select(probe, [0, 1]), select(probe, [2, 3])
    whole = both(first, second)
    assert whole.names == probe.names[:4]
    assert (whole.targets == probe.targets[: probe.starts[4]]).all()
    assert (whole.starts == probe.starts[:5]).all()
