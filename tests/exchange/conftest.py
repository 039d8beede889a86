import random

import pytest

from daiw.files.midi import midi_bytes, parse_arrangement
from daiw.files.musicxml import musicxml_bytes
from daiw.files.musicxml_read import parse_score
from daiw.files.session import Session
from daiw.music.pitch import Key
from daiw.music.score import Arrangement, Control, Note, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap

BAR = 1920


def played(chance, start, length, pitch, velocity=80):
    """A note as a player gives it: off the grid, shorter than written."""
    return Note(max(0, start + chance.randrange(-14, 20)), length - chance.randrange(10, 50), pitch, velocity + chance.randrange(-9, 10))


@pytest.fixture(scope="session")
def arrangement():
    """Eight bars of four humanised parts; no two notes of a key touch, so that MIDI keeps them all."""
    chance = random.Random(4)
    tune = [played(chance, bar * BAR + 240 * i, 240, 60 + chance.choice((0, 2, 4, 5, 7, 9))) for bar in range(8) for i in (0, 1, 2, 4, 6)]
    chords = [played(chance, bar * BAR, 1900, 48 + step) for bar in range(8) for step in (0, 4, 7, 16)]
    bass = [played(chance, bar * BAR + 480 * i, 470, 36 + chance.choice((0, 7))) for bar in range(8) for i in range(4)]
    kit = [
        played(chance, bar * BAR + 480 * i, 100, pitch) for bar in range(8) for i in range(4) for pitch in (42, 36 if i % 2 == 0 else 38)
    ]
    pedal = tuple(Control(bar * BAR + at, "cc", 64, value) for bar in range(8) for at, value in ((0, 127), (1800, 0)))
    tracks = (
        Track("melody", "flute", tuple(sorted(tune)), 73),
        Track("chords", "grand_piano", tuple(sorted(chords)), 0, controls=pedal),
        Track("bass", "finger_bass", tuple(sorted(bass)), 33),
        Track("drums", "standard_kit", tuple(sorted(kit)), 0, drums=True),
    )
    timeline = Timeline(
        TempoMap((Tempo(0, 92.0), Tempo(6 * BAR, 88.5))), ((0, Meter(4, 4)),), ((0, Key.parse("D dorian")),),
        ((0, "verse"), (4 * BAR, "chorus")), 8 * BAR,
    )  # fmt: skip
    return Arrangement(tracks, timeline)


@pytest.fixture(scope="session")
def exports(arrangement):
    """The arrangement in each format's own words."""
    return {
        "midi": parse_arrangement(midi_bytes(arrangement)),
        "musicxml": parse_score(musicxml_bytes(Session("x", arrangement)), "x").arrangement,
    }
