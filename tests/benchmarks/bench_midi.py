"""Reading one MIDI file with daiw, mido, pretty_midi and symusic in one run, interleaved, and drawing the page of a long song.

The file has 2,900 notes on four tracks with a tempo.  Wrong notes: pitch, start or end differs from what was written.
symusic is C++ and checks less; daiw's reader is Python, checks every length and builds frozen notes.
"""

from importlib.metadata import version
from statistics import median
from time import perf_counter

from daiw.files.midi import midi_bytes, read_midi
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap

from .conftest import spread

NOTES = 2900
RUNS = 25


def song() -> Arrangement:
    tracks = []
    for index, role in enumerate(("melody", "chords", "bass", "drums")):
        notes = tuple(Note(i * 120, 100, 36 + (i * 7 + index) % 48, 60 + i % 60) for i in range(NOTES // 4))
        tracks.append(Track(role, "gm", notes, 8 * index, drums=role == "drums"))
    return Arrangement(tuple(tracks), Timeline(TempoMap((Tempo(0, 90.0),))))


def mido_notes(file):
    found = []
    for track in file.tracks:
        tick, held = 0, {}
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                held[message.note] = tick
            elif message.type in ("note_on", "note_off"):
                found.append((held.pop(message.note), tick, message.note))
    return found


def pretty_notes(pretty):
    tick = pretty.time_to_tick
    return [(tick(note.start), tick(note.end), note.pitch) for part in pretty.instruments for note in part.notes]


def track_notes(score):
    return [(note.start, note.end, note.pitch) for track in score.tracks for note in track.notes]


def test_midi_reading(tmp_path, publish):
    import mido
    import pretty_midi
    import symusic

    path = tmp_path / "song.mid"
    path.write_bytes(midi_bytes(song()))
    truth = set(track_notes(song()))
    readers = {
        "daiw": (read_midi, track_notes),
        "mido": (mido.MidiFile, mido_notes),
        "pretty_midi": (pretty_midi.PrettyMIDI, pretty_notes),
        "symusic": (symusic.Score, track_notes),
    }
    wrong = {name: len(truth ^ set(notes(read(str(path))))) for name, (read, notes) in readers.items()}
    spent: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(RUNS):
        for name, (read, _) in readers.items():
            began = perf_counter()
            read(str(path))
            spent[name].append(1000 * (perf_counter() - began))
    rows = [["reader", "median (extremes)", "against daiw", "wrong notes"]]
    for name, times in sorted(spent.items(), key=lambda item: median(item[1])):
        ratio = f"{median(times) / median(spent['daiw']):.2f} x"
        rows.append([f"{name} {version(name)}", spread(times, " ms"), ratio, str(wrong[name])])
    publish(f"Reading a MIDI file of {NOTES:,} notes", rows)
    assert wrong["daiw"] == 0
    assert median(spent["daiw"]) < median(spent["mido"]) < median(spent["pretty_midi"])
