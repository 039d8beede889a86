"""Reading one file with our reader, mido, pretty_midi and symusic; run with `pytest -m bench -s tests/benchmarks/bench_midi.py`.

The file has 2,900 notes on four tracks with a tempo map.  Error: notes whose pitch, start or end differs from ours.
"""

import platform
from importlib.metadata import version
from statistics import median
from time import perf_counter

import pytest

from daiw.files.midi import midi_bytes, parse_arrangement, read_midi
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap

NOTES = 2900
RUNS = 15


def song() -> Arrangement:
    tracks = []
    for index, role in enumerate(("melody", "chords", "bass", "drums")):
        notes = tuple(Note(i * 120, 100, 36 + (i * 7 + index) % 48, 60 + i % 60) for i in range(NOTES // 4))
        tracks.append(Track(role, "gm", notes, 8 * index, drums=role == "drums"))
    return Arrangement(tuple(tracks), Timeline(TempoMap((Tempo(0, 90.0), Tempo(9600, 100.0)))))


def _mido(path):
    import mido

    found = []
    for track in mido.MidiFile(path).tracks:
        tick, held = 0, {}
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                held[message.note] = tick
            elif message.type in ("note_on", "note_off"):
                found.append((held.pop(message.note), tick, message.note))
    return found


def _pretty_midi(path):
    import pretty_midi

    pretty = pretty_midi.PrettyMIDI(path)
    return [
        (pretty.time_to_tick(note.start), pretty.time_to_tick(note.end), note.pitch) for part in pretty.instruments for note in part.notes
    ]


def _symusic(path):
    import symusic

    return [(note.start, note.end, note.pitch) for track in symusic.Score(path).tracks for note in track.notes]


def _daiw(path):
    return [(note.start, note.end, note.pitch) for track in read_midi(path).tracks for note in track.notes]


def _load_only(name, path):
    if name == "mido":
        import mido

        mido.MidiFile(path)
    elif name == "pretty_midi":
        import pretty_midi

        pretty_midi.PrettyMIDI(path)
    elif name == "symusic":
        import symusic

        symusic.Score(path)
    else:
        read_midi(path)


@pytest.mark.bench
def test_midi_reading(tmp_path):
    path = str(tmp_path / "song.mid")
    data = midi_bytes(song())
    (tmp_path / "song.mid").write_bytes(data)
    truth = sorted((note.start, note.end, note.pitch) for track in song().tracks for note in track.notes)
    readers = {"daiw": _daiw, "mido": _mido, "pretty_midi": _pretty_midi, "symusic": _symusic}
    times = {name: [] for name in readers}
    wrong = {name: len(set(truth) ^ set(read(path))) for name, read in readers.items()}  # also warms every import
    for _ in range(RUNS):
        for name in readers:
            start = perf_counter()
            _load_only(name, path)
            times[name].append(1000 * (perf_counter() - start))
    print(f"\n{platform.machine()}, Python {platform.python_version()}, {len(truth)} notes, {len(data)} bytes, n = {RUNS}, interleaved")
    print("| reader | version | median ms | min-max ms | notes wrong |\n|---|---|---|---|---|")
    for name, spent in sorted(times.items(), key=lambda item: median(item[1])):
        print(f"| {name} | {version(name)} | {median(spent):.2f} | {min(spent):.2f}-{max(spent):.2f} | {wrong[name]} |")
    assert wrong["daiw"] == 0
    assert median(times["daiw"]) < median(times["mido"])
    assert parse_arrangement(data).tracks[0].notes == song().tracks[0].notes
