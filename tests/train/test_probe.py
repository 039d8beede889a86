import numpy as np
import pytest

from daiw.train.corpus import Windows
from daiw.train.probe import FREE, MOST, load_probe, select


@pytest.mark.parametrize("network", sorted(MOST))
def test_the_shipped_probe_holds_freely_given_music_only(network):
    probe = load_probe(network)
    assert 8 <= len(probe.names) <= MOST[network]
    assert all(any(source in name for source in FREE) for name in probe.names)
    assert not any("pop909" in name for name in probe.names)
    assert probe.starts[-1] == len(probe.targets if isinstance(probe, Windows) else probe.tokens)


def test_some_windows_are_those_windows():
    probe = load_probe("lead")
    some = select(probe, [3, 1])
    assert some.names == (probe.names[3], probe.names[1])
    assert (some.targets[: some.starts[1]] == probe.targets[probe.starts[3] : probe.starts[4]]).all()
    assert np.array_equal(some.controls[1], probe.controls[1])
