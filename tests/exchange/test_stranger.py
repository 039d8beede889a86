"""What a stranger's file is as a song: roles, key, chords, sections."""

from dataclasses import replace

import pytest

from daiw.exchange.harmony import find_harmony, find_key
from daiw.exchange.stranger import new_take
from daiw.files.foreign import Foreign
from daiw.music.chord import Chord
from daiw.music.pitch import Key
from daiw.music.preset import About, Preset
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import Meter

BAR = 1920
PLAIN = Preset("plain", About("Plain", "x"))
SCALES = {"Eb major": (3, 5, 7, 8, 10, 0, 2), "F# minor": (6, 8, 9, 11, 1, 2, 4), "C major": (0, 2, 4, 5, 7, 9, 11)}


@pytest.mark.parametrize("name", SCALES)
def test_keys_are_heard(name):
    tonic, *rest = SCALES[name]
    third, fifth = rest[1], rest[3]
    order = (tonic, *rest, fifth, third, tonic, tonic)
    notes = [Note(480 * i, 480, 60 + pitch, 80) for i, pitch in enumerate(order)]
    assert find_key(notes) == Key.parse(name)
    assert find_key([]) == Key.parse("C major")


def block(name, start, length, octave=48):
    return [Note(start, length, octave + pitch, 80) for pitch in sorted(Chord.parse(name).pitch_classes)]


def test_chords_are_heard_by_bar_and_half_bar():
    notes = [*block("Fm", 0, BAR), *block("Db", BAR, 960), *block("Eb7", BAR + 960, 960), *block("Ab", 3 * BAR, BAR)]
    lows = [Note(0, BAR, 41, 80), Note(BAR, 960, 37, 80), Note(BAR + 960, 960, 39, 80), Note(3 * BAR, BAR, 44, 80)]
    spans = find_harmony([*notes, *lows], Key.parse("F minor"), Meter(4, 4), 4 * BAR)
    assert [(span.start, str(span.chord), span.numeral) for span in spans] == [
        (0, "Fm", "i"), (BAR, "Db", "VI"), (BAR + 960, "Eb7", "VII7"), (3 * BAR, "Ab", "III"),
    ]  # fmt: skip
    assert sum(span.duration for span in spans) == 4 * BAR


@pytest.mark.parametrize("root", ["B", "D", "F"])
def test_the_lowest_note_names_a_chord_that_could_be_any(root):
    notes = [Note(0, BAR, 60 + pitch, 80) for pitch in Chord.parse("Bdim7").pitch_classes]
    low = Note(0, BAR, 36 + Chord.parse(root).root.number, 80)
    (span,) = find_harmony([*notes, low], Key.parse("C major"), Meter(4, 4), BAR)
    assert str(span.chord) in (f"{root}dim7", f"{root}dim")


def test_parts_find_their_roles(arrangement):
    names = ("Track 1", "Track 2", "Track 3", "Kit")
    tracks = tuple(replace(track, role=name) for track, name in zip(arrangement.tracks, names, strict=True))
    foreign = Foreign("midi", "Tune", replace(arrangement, tracks=tracks), frozenset())
    take, placed = new_take(foreign, PLAIN, "tune.mid")
    assert [track.role for track in placed] == ["melody", "chords", "bass", "drums"]
    assert [track.notes for track in placed] == [track.notes for track in arrangement.tracks]
    assert [(section.name, section.start_bar, section.bars) for section in take.plan.sections] == [("verse", 0, 4), ("chorus", 4, 4)]
    assert take.plan.key == Key.parse("D dorian")
    assert take.plan.timeline.end == 8 * BAR
    assert take.plan.harmony[0].start == 0
    assert take.intent.prompt == "imported from tune.mid"


def test_names_win_and_no_role_comes_twice():
    notes = (Note(0, 480, 60, 80),)
    names = {"Lead vox": False, "bass drum": True, "Lead": False, "bass": False}
    tracks = tuple(Track(name, "gm", notes, drums=drums) for name, drums in names.items())
    take, placed = new_take(Foreign("midi", "", Arrangement(tracks, Timeline(end=480)), frozenset()), PLAIN, "x")
    assert [track.role for track in placed] == ["vocal", "drums", "melody", "bass"]
    assert take.plan.bars == 1
    assert take.plan.title == "Imported"


def test_without_markers_there_are_parts():
    notes = tuple(Note(BAR * i, 480, 60, 60 + i) for i in range(20))
    take, _ = new_take(Foreign("midi", "x", Arrangement((Track("a", "gm", notes),), Timeline()), frozenset()), PLAIN, "x")
    assert [(section.name, section.bars) for section in take.plan.sections] == [("part 1", 8), ("part 2", 8), ("part 3", 4)]
    assert take.plan.sections[-1].energy == max(section.energy for section in take.plan.sections) == 0.9
