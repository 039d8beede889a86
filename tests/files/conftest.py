import random

import pytest

from daiw.files.midi import midi_bytes, parse_arrangement
from daiw.files.session import AudioFile, Session
from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan
from daiw.music.score import Arrangement, Control, Note, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap

BAR = 1920
WORDS = ("", "", "la-", "<&>")


def _melody():
    pitches = (65, 68, 72, 70, 73, 72, 68, 67)
    words = ("the", "win-", "dow", "is", "o-", "pen", "to-", "night")
    tune = [Note(bar * BAR + 12 + 240 * i, 225, pitch, 60 + 8 * i) for bar in (0, 2) for i, pitch in enumerate(pitches)]
    sung = [
        Note(BAR + 480 * (i // 2) + 240 * (i % 2), 230, pitch, 90, word) for i, (pitch, word) in enumerate(zip(pitches, words, strict=True))
    ]
    triplets = [Note(3 * BAR + 160 * i + 5, 150, 72 - i, 80) for i in range(3)]
    return tuple(sorted([*tune, *sung, *triplets, Note(3 * BAR + 960, 1920 + 480, 65, 70)]))


def _chords():
    voiced = ((53, 60, 65, 68), (49, 56, 61, 65), (51, 58, 63, 67), (48, 55, 60, 64))
    return tuple(Note(bar * BAR + 3 * i, 1900, pitch, 70) for bar, chord in enumerate(voiced) for i, pitch in enumerate(chord))


@pytest.fixture
def session():
    """Four bars of 4/4, two of 3/4: four roles, a ritardando, lyrics, pedals, two stems."""
    markers = ((0, "verse"), (2 * BAR, 'chorus "big"'), (4 * BAR, "outro"))
    timeline = Timeline(
        TempoMap((Tempo(0, 96.0), Tempo(4 * BAR, 84.5), Tempo(4 * BAR + 480, 71.25))),
        ((0, Meter(4, 4)), (4 * BAR, Meter(3, 4))),
        ((0, Key.parse("F minor")),),
        markers,
        4 * BAR + 2 * 1440,
    )
    drums = tuple(Note(480 * beat, 60, pitch, 100) for beat in range(16) for pitch in ((36, 42) if beat % 2 == 0 else (38, 42)))
    pedal = (Control(0, "program", 0, 4), Control(0, "cc", 64, 127), Control(BAR - 10, "cc", 64, 0), Control(480, "bend", 0, -4095))
    tracks = (
        Track("bass", "finger-bass", tuple(Note(bar * BAR, 1800, 29 + bar, 95) for bar in range(4)), 33),
        Track("melody", "flute", _melody(), 73),
        Track("chords", "electric-piano", _chords(), 4, controls=pedal),
        Track("drums", "kit", drums, 0, drums=True),
    )
    names = ("Fm7", "Db", "Eb7sus4", "C7b9/G")
    spans = tuple(ChordSpan(bar * BAR, BAR, Chord.parse(name), "i") for bar, name in enumerate(names))
    cues = Cues(96, 0, 70, 0.5, 0.2, 80, 0.9, 0, 0, 1, 0.5)
    plan = Plan(
        "Window", timeline.keys[0][1], Meter(4, 4), timeline, "", (), (*spans, ChordSpan(4 * BAR, 2880, Chord.parse("Fm"), "i")),
        ("melody", "chords", "bass", "drums"), cues, 0, "lofi",
    )  # fmt: skip
    stems = (
        AudioFile("melody", "stems/melody.wav", 48_000 * 17, 48_000, 2),
        AudioFile("reverb", "stems/reverb.wav", 48_000 * 18, 48_000, 2),
    )
    return Session("Window & <door>", Arrangement(tracks, timeline), stems, plan, "an open window", "0.1.0")


@pytest.fixture(params=range(12))
def stranger(request):
    """A session out of a MIDI file that nobody planned: any meter, tempo and pitch, changes off every grid, awkward names."""
    chance = random.Random(request.param)

    def ticks(most):
        return sorted({0, *(chance.randrange(1, 20_000) for _ in range(chance.randrange(most)))})

    def notes():
        return (
            Note(chance.randrange(20_000), chance.randrange(1, 5000), chance.randrange(128), chance.randrange(1, 128), chance.choice(WORDS))
            for _ in range(chance.randrange(1, 50))
        )

    timeline = Timeline(
        TempoMap(tuple(Tempo(tick, chance.uniform(10, 400)) for tick in ticks(5))),
        tuple((tick, Meter(chance.randrange(1, 17), chance.choice((1, 2, 4, 8, 16, 32, 64)))) for tick in ticks(4)),
        tuple((tick, Key.parse(chance.choice(("C", "Gb minor", "D# dorian", "E# minor")))) for tick in ticks(3))
        if request.param % 4
        else (),
        tuple((tick, chance.choice(("a<b", '"q" \'`', "é"))) for tick in ticks(4)),
        chance.randrange(20_000),
    )
    controls = (Control(99, "bend", 0, -8192), Control(5000, "pressure", 0, 127), Control(7, "cc", 64, 1), Control(7, "program", 300, 9))
    tracks = tuple(
        Track(f't{i} "<&', "gm", tuple(sorted(notes())), drums=i == 1, controls=controls[: chance.randrange(5)])
        for i in range(chance.randrange(1, 5))
    )
    heard = parse_arrangement(midi_bytes(Arrangement(tracks, timeline)))
    return Session("T <&>", heard, (AudioFile("x", "stems/x &.wav", 1, 44_100, 1),), comment="c")
