"""Small songs as MIDI files, for a folder like a person's."""

import numpy as np

from daiw.files.midi import write_midi
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap

CHORDS = ((60, 64, 67), (65, 69, 72), (67, 71, 74), (57, 60, 64))


def song(seed, bars=24, *, transpose=0, roles=("lead", "piano", "bass", "drums"), late=0, meter=Meter(4, 4), markers=()):  # noqa: B008
    rng = np.random.default_rng(seed)
    motif = [int(x) for x in rng.choice([60, 62, 64, 65, 67, 69], 8)]
    rhythm = sorted(int(x) for x in rng.choice(16, 6, replace=False))
    tracks = []
    bar = meter.bar_ticks
    for role in roles:
        notes = []
        for number in range(bars):
            chord = CHORDS[(number + seed) % 4]
            start = number * bar
            if role == "lead":
                turn = int(rng.integers(0, 3))
                notes += [
                    Note(start + 120 * place, 120, 12 + motif[(i + turn) % 8] + transpose, 90)
                    for i, place in enumerate(rhythm)
                    if 120 * place < bar
                ]
            elif role == "piano":
                notes += [Note(start + beat * 480, 400, pitch + transpose, 70) for beat in range(bar // 480) for pitch in chord]
            elif role == "bass":
                notes += [Note(start + beat * 480, 400, chord[0] - 24 + transpose, 80) for beat in range(bar // 480)]
            else:
                strokes = [(0, 36), (480, 38), (960, 36), (1440, 38), *((240 * i, 42) for i in range(8))]
                notes += [
                    Note(start + place + (late if place else 0), 60, pitch, 60 + pitch % 40) for place, pitch in strokes if place < bar
                ]
        tracks.append(Track(role, "gm", tuple(sorted(notes)), drums=role == "drums"))
    timeline = Timeline(TempoMap((Tempo(0, 100.0 + seed),)), ((0, meter),), (), tuple(markers), bars * bar)
    return Arrangement(tuple(tracks), timeline)


def folder_of(folder, count=8, **about):
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        write_midi(song(seed, **about), folder / f"song {seed}.mid")
    return folder
