import threading

import numpy as np
import pytest

from daiw.errors import OutputError, PluginError
from daiw.music.audio import Audio
from daiw.music.score import Arrangement, Control, Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap
from daiw.stages.render import render

RATE = 8000


def click(track: Track, timeline: Timeline, sample_rate: int) -> Audio:
    """A fake instrument: one frame of level velocity / 127 at each onset."""
    frames = [round(timeline.tempos.seconds(note.start) * sample_rate) for note in track.notes]
    samples = np.zeros((2, max(frames) + 10), np.float32)
    for frame, note in zip(frames, track.notes, strict=True):
        samples[:, frame] += note.velocity / 127.0
    return Audio(samples, sample_rate)


def constant(value: float):
    return lambda track, timeline, sample_rate: Audio(np.full((2, 100), value, np.float32), sample_rate)


def track(role: str, *starts: int, instrument: str = "click", controls: tuple[Control, ...] = ()) -> Track:
    return Track(role, instrument, tuple(Note(start, 10, 60, 127) for start in starts), controls=controls)


def song(*tracks: Track, **more) -> Arrangement:
    return Arrangement(tracks, Timeline(**more))


def test_stems_keep_the_order_and_names_of_tracks_and_share_one_length():
    stems = render(song(track("bass", 0), track("melody", 480, 4800)), {"click": click}, sample_rate=RATE)
    assert [stem.role for stem in stems] == ["bass", "melody"]
    assert len({stem.audio.frames for stem in stems}) == 1
    assert np.flatnonzero(stems[1].audio.samples[0]).tolist() == [RATE // 2, RATE * 5]


def test_tempo_changes_move_onsets():
    timeline = TempoMap((Tempo(0, 120.0), Tempo(480, 60.0)))
    (stem,) = render(song(track("x", 960), tempos=timeline), {"click": click}, sample_rate=RATE)
    assert np.flatnonzero(stem.audio.samples[0]).tolist() == [RATE * 3 // 2]


def test_inserts_act_on_their_role_only():
    double = lambda audio: Audio(audio.samples * np.float32(2.0), audio.sample_rate)  # noqa: E731
    stems = render(song(track("bass", 0), track("melody", 0)), {"click": click}, inserts={"bass": double}, sample_rate=RATE)
    assert [float(stem.audio.samples.max()) for stem in stems] == [2.0, 1.0]


def test_threads_give_the_same_stems_as_none():
    tracks = song(*(track(f"r{i}", 480 * i, 480 * i + 100) for i in range(6)))
    names = set()

    def watched(*arguments):
        names.add(threading.current_thread().name)
        return click(*arguments)

    alone = render(tracks, {"click": watched}, sample_rate=RATE, workers=1)
    assert names == {"MainThread"}
    together = render(tracks, {"click": watched}, sample_rate=RATE, workers=3)
    assert any(name.startswith("render") for name in names)
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a.audio.samples, b.audio.samples)


def test_a_track_without_notes_gives_no_stem():
    assert render(song(Track("x", "click", ())), {"click": click}) == ()


@pytest.mark.parametrize(
    ("renderer", "says"), [(constant(0.0), "stays silent"), (constant(np.nan), "not a number"), (constant(np.inf), "not a number")]
)
def test_a_broken_instrument_is_named(renderer, says):
    with pytest.raises(PluginError, match=f"x: the instrument 'bad'.*{says}"):
        render(song(track("x", 0, instrument="bad")), {"bad": renderer})


def test_a_track_that_turns_itself_down_may_be_silent():
    (stem,) = render(song(track("x", 0, instrument="mute", controls=(Control(0, "cc", 7, 0),))), {"mute": constant(0.0)})
    assert not stem.audio.samples.any()


def test_a_broken_chain_is_noticed():
    broken = lambda audio: Audio(audio.samples * np.float32(np.nan), audio.sample_rate)  # noqa: E731
    with pytest.raises(PluginError, match="not a number"):
        render(song(track("x", 0)), {"click": click}, inserts={"x": broken})


def test_an_unknown_instrument_is_named_with_those_there_are():
    with pytest.raises(PluginError, match="bass: no instrument named 'kazoo'; there are click"):
        render(song(track("bass", 0, instrument="kazoo")), {"click": click})


def test_a_song_of_years_is_refused_before_memory_is_asked_for():
    with pytest.raises(OutputError, match=r"lasts \d+ minutes on 1 tracks"):
        render(song(track("x", 10**9)), {"click": click})
