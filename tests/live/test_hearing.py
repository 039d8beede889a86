import itertools

import pytest

from daiw.live.hearing import Ear, Heeded, name_chord, spliced
from daiw.live.messages import WriterOptions
from daiw.live.writer import prepare
from daiw.music.chord import QUALITIES, Chord
from daiw.music.pitch import PitchClass

BAR = 1920


@pytest.mark.parametrize("quality", ["", "m", "7", "maj7", "m7", "dim", "sus4", "m7b5"])
@pytest.mark.parametrize("root", range(12))
def test_every_common_chord_is_recognised_in_root_position(root, quality):
    found = name_chord([48 + root + interval for interval in QUALITIES[quality]])
    assert found is not None
    assert {pc % 12 for pc in found.pitch_classes} == {(root + interval) % 12 for interval in QUALITIES[quality]}
    assert found.bass_number == root


def test_two_notes_or_a_cluster_are_no_chord():
    assert name_chord((60, 67)) is None
    assert name_chord((60, 61, 62)) is None


def test_a_line_is_a_phrase_once_it_has_ended_and_chords_are_none():
    ear = Ear()
    for i, pitch in enumerate((60, 62, 64, 67)):
        ear.hear(240 * i, bytes([0x90, pitch, 80]))
        ear.hear(240 * i + 200, bytes([0x80, pitch, 0]))
        assert ear.playing
        assert ear.finished(240 * i + 240) == ()
    assert [note.pitch for note in ear.finished(240 * 4 + 480)] == [60, 62, 64, 67]
    assert ear.finished(99999) == ()
    for pitch in (60, 64, 67):
        ear.hear(5000, bytes([0x90, pitch, 80]))
    assert str(ear.chord()) == "C"
    for pitch in (60, 64, 67):
        ear.hear(5400, bytes([0x90, pitch, 0]))
    assert ear.finished(9000) == ()


@pytest.fixture(scope="module")
def base():
    return WriterOptions(preset="house", seed=2)


def test_held_chords_lead_the_next_bars(base):
    music = prepare(base)
    planned = music.bars(8, 4)
    chord = Chord(PitchClass.parse("Eb"), "maj7")
    assert music.heeded.lead(9 * BAR, chord, BAR)
    music.changed()
    led = music.bars(8, 4)
    assert led[0].chords == planned[0].chords
    assert [name for bar in led[1:] for _, name in bar.chords] == ["Ebmaj7"] * 3
    bass = [note.pitch % 12 for bar in led[1:] for note in bar.notes if note.channel == 4 and note.start % 480 == 0]
    chords = {note.pitch % 12 for bar in led[1:] for note in bar.notes if note.channel in (2, 3)}
    assert chords <= set(chord.pitch_classes)
    assert bass.count(3) >= len(bass) / 2
    assert music.heeded.lead(10 * BAR + 5, None, BAR)  # let go: the plan comes back at the next bar line
    music.changed()
    back = music.bars(8, 4)
    assert back[2].chords[0][1] == "Ebmaj7"
    assert [name for _, name in back[3].chords] == [name for _, name in planned[3].chords]


def test_a_motif_is_answered(base):
    music = prepare(base)
    ear = Ear()
    rhythm = (0, 240, 480, 960)
    for at, pitch in zip(rhythm, (67, 69, 71, 74), strict=True):
        ear.hear(8 * BAR + at, bytes([0x90, pitch, 90]))
        ear.hear(8 * BAR + at + 200, bytes([0x80, pitch, 0]))
    music.heeded.silent_from = 8 * BAR
    phrase = ear.finished(8 * BAR + 1800)
    answer = music.heeded.answer(8 * BAR + 1800, phrase, BAR)
    assert answer.start == 9 * BAR
    music.changed()
    asked, answered = music.bars(8, 2)
    assert [note for note in asked.notes if note.channel == 0 and note.start >= 8 * BAR + 60] == []
    tune = [note for note in answered.notes if note.channel == 0]
    assert [round((note.start - 9 * BAR) / 120) * 120 for note in tune] == list(rhythm)
    steps = [b.pitch - a.pitch for a, b in itertools.pairwise(tune)]
    assert all(step >= 0 for step in steps)
    assert sum(steps) > 0  # it rises, as the call did


def test_splicing_covers_the_song_without_gap(base):
    spans = prepare(base).rounds.at(0).plan.harmony
    for start, end in ((100, 5000), (0, None), (10**9, None), (3000, 3001)):
        made = spliced(spans, start, end, Chord(PitchClass.parse("C")))
        tick = made[0].start
        for span in made:
            assert span.start == tick
            tick += span.duration
        assert tick == spans[-1].start + spans[-1].duration


def test_nothing_heard_changes_nothing(base):
    music = prepare(base)
    before = music.bars(8, 2)
    music.heeded = Heeded()
    music.changed()
    assert [bar.notes for bar in music.bars(8, 2)] == [bar.notes for bar in before]


def test_somebody_who_plays_from_the_first_bar_on_has_it_to_himself(base):
    music = prepare(base)
    music.heeded.silent_from = 0
    music.changed()
    assert [note for bar in music.bars(0, 8) for note in bar.notes if note.channel == 0] == []
