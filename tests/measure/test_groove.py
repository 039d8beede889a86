import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.measure.groove import PLAYERS, extract_groove
from daiw.music.drum_patterns import KIT
from daiw.music.groove import GROOVES, Groove
from daiw.music.score import Arrangement, Note, Part, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap
from daiw.planning.feel import Feel, perform

BARS = 16
END = BARS * 1920


def perform_all(groove, bpm, seed=0, humanize=0.4):
    """Sixteenths on the hats, quarters elsewhere, all performed in `groove`."""
    timeline = Timeline(TempoMap((Tempo(0, bpm),)), end=END)
    feel = Feel(groove, timeline.tempos, Meter(4, 4), 0.0, humanize, seed)
    drums = [Note(t, 20, KIT["closed hat"], 80) for t in range(0, END, 120)]
    drums += [Note(t, 20, KIT["kick"], 100) for t in range(0, END, 960)]
    drums += [Note(t, 20, KIT["snare"], 100 if t % 960 == 480 else 30) for t in range(480, END, 480)]
    lines = {role: [Note(t, 100, 60, 80) for t in range(0, END, 240)] for role in ("bass", "chords", "melody", "counter")}
    tracks = []
    for role, notes in {"drums": drums, **lines}.items():
        part = Part(role, tuple(sorted(notes)))
        played = perform(part, feel, 0.0, END)
        heard = [Note(s, max(1, e - s), n.pitch, n.velocity) for n, (s, e) in zip(part.notes, played, strict=True)]
        tracks.append(Track(role, "gm", tuple(sorted(heard)), drums=role == "drums"))
    return Arrangement(tuple(tracks), timeline)


@pytest.mark.parametrize("name", sorted(GROOVES))
def test_what_is_performed_is_read_back(name):
    groove = GROOVES[name]
    read = extract_groove(perform_all(groove, 90, humanize=0.2))
    assert read.swing_percent == pytest.approx(groove.swing_at(90), abs=1.5)
    if groove.swing_percent > 52:
        assert read.swing_steps == groove.swing_steps
    for player in PLAYERS:
        assert getattr(read, f"{player}_ms") == pytest.approx(getattr(groove, f"{player}_ms"), abs=3.5), player


@settings(max_examples=25, deadline=None)
@given(
    st.floats(53, 66), st.sampled_from([8, 16]), st.floats(-12, 20), st.floats(-12, 20), st.floats(-12, 20), st.floats(60, 110),
    st.integers(0, 999),
)  # fmt: skip
def test_any_groove_survives_the_round_trip(swing, steps, kick, snare, hat, bpm, seed):
    groove = Groove(swing, steps, kick_ms=kick, snare_ms=snare, hat_ms=hat, looseness=0.0)
    read = extract_groove(perform_all(groove, bpm, seed))
    assert read.swing_steps == steps
    assert read.swing_percent == pytest.approx(groove.swing_at(bpm), abs=1)
    for player, wanted in (("kick", kick), ("snare", snare), ("hat", hat)):
        assert getattr(read, f"{player}_ms") == pytest.approx(wanted, abs=2)


def test_looseness_and_ghosts_are_read():
    tight, loose = (extract_groove(perform_all(Groove(looseness=value), 100, humanize=0.4)) for value in (0.0, 0.6))
    assert tight.looseness < 0.1
    assert 0.3 < loose.looseness < 0.8
    assert loose.ghost_velocity == (30, 30)


def test_silence_is_straight_and_on_the_grid():
    assert extract_groove(Arrangement((), Timeline(end=1920))).swing_percent == 50
    assert extract_groove(Arrangement((), Timeline(end=1920))).snare_ms == 0
