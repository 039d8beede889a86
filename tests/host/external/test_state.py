import numpy as np
import pytest

from daiw.errors import PluginFault
from daiw.host.external.pool import pool
from daiw.host.external.source import identity, spec_of
from daiw.host.instruments import Surroundings, open_instrument
from daiw.music.score import Note, Timeline, Track

pytestmark = pytest.mark.system
TRACK = Track("chords", "mine", (Note(0, 480, 57, 100),))


def play(manifests, saved=None):
    instrument = open_instrument("mine", manifests, Surroundings(manifests, {}, saved or {}))
    samples = instrument(TRACK, Timeline(), 48_000).samples
    return samples, instrument.plugins("chords")[0]


def test_a_state_gives_the_sound_it_was_taken_from(declare):
    dull, record = play(declare(more='params = { cutoff_hz = 300.0, wave = "Saw", level = 0.9 }'))
    manifests = declare(more='state = "warm.state"')
    (manifests["mine"].folder / "warm.state").write_bytes(record.state)
    again, other = play(manifests)
    np.testing.assert_array_equal(again, dull)
    assert other.state == record.state
    bright, _ = play(declare())
    assert not np.array_equal(bright[:, :1000], dull[:, :1000])


def test_parameters_win_over_the_state(declare):
    _, record = play(declare(more="params = { level = 0.9 }"))
    manifests = declare(more='state = "warm.state"\nparams = { level = 0.1 }')
    (manifests["mine"].folder / "warm.state").write_bytes(record.state)
    assert np.abs(play(manifests)[0]).max() == pytest.approx(0.1 * 0.5 * 100 / 127, rel=0.01)


@pytest.mark.parametrize(("state", "says"), [(b"garbage" * 9, "is no state of a VST3 plugin"), (b"", "")])
def test_a_state_that_is_none_is_refused(declare, state, says):
    manifests = declare(more='state = "bad.state"')
    (manifests["mine"].folder / "bad.state").write_bytes(state)
    if not says:
        assert np.abs(play(manifests)[0]).max() > 0
        return
    with pytest.raises(PluginFault, match=says) as caught:
        play(manifests)
    assert caught.value.kind == "state"


def test_a_state_that_the_plugin_does_not_take_is_refused(declare):
    _, record = play(declare(more="params = { level = 0.9 }"))
    head, _, tail = record.state.partition(b"<IComponent>")
    broken = head + b"<IComponent>12.AAAA" + tail[tail.index(b"</IComponent>") :]
    manifests = declare(more='state = "bad.state"')
    (manifests["mine"].folder / "bad.state").write_bytes(broken)
    with pytest.raises(PluginFault, match="was not taken"):
        play(manifests)


def test_a_vstpreset_gives_the_sound_it_was_taken_from(declare, rig, tmp_path):
    import subprocess
    import sys

    out = tmp_path / "x.vstpreset"
    code = f"""
import pedalboard
from pathlib import Path
from daiw.host.external.hosted import Hosted, hurry
hurry()
hosted = Hosted({str(rig / "RigSynth.vst3")!r})
hosted.apply(b"", "", {{"level": 0.9, "wave": "Saw"}})
Path({str(out)!r}).write_bytes(bytes(hosted.plugin.preset_data))
"""
    subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)
    manifests = declare(more='vstpreset = "x.vstpreset"')
    (manifests["mine"].folder / "x.vstpreset").write_bytes(out.read_bytes())
    np.testing.assert_array_equal(play(manifests)[0], play(declare(more='params = { level = 0.9, wave = "Saw" }'))[0])
    manifests = declare(more='vstpreset = "x.vstpreset"')
    (manifests["mine"].folder / "x.vstpreset").write_bytes(b"no preset")
    pool().close()
    with pytest.raises(PluginFault, match=r"the preset .*x\.vstpreset was refused"):
        play(manifests)


def test_a_song_keeps_its_sound_when_the_manifest_changes_and_says_when_the_plugin_has(declare):
    from dataclasses import replace

    first, record = play(declare(more="params = { level = 0.9 }"))
    later = declare(more="params = { level = 0.2 }")
    again, same = play(later, {"chords: instrument": record})
    np.testing.assert_array_equal(again, first)
    assert same.remarks == ()
    assert same.params == {"level": 0.9}
    _, other = play(later, {"chords: instrument": replace(record, version="1.0.0")})
    assert other.remarks == ("the song was made with version 1.0.0, this is 1.2.3: it may sound different",)
    _, build = play(later, {"chords: instrument": replace(record, sha256="0" * 64)})
    assert "another build" in build.remarks[0]


def test_an_identity_changes_with_parameters_and_state_and_with_nothing_else(declare):
    plain = identity(declare()["mine"])
    assert identity(declare()["mine"]) == plain
    assert identity(declare(more="params = { level = 0.3 }")["mine"]) != plain
    manifests = declare(more='state = "x"')
    (manifests["mine"].folder / "x").write_bytes(b"a")
    with_a = identity(manifests["mine"])
    (manifests["mine"].folder / "x").write_bytes(b"b")
    assert identity(manifests["mine"]) != with_a != plain
    assert spec_of(manifests["mine"]).state == b"b"
