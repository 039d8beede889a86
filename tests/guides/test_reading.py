"""What was given is there, to the note and to the tick: on paper, in the plan and as played."""

from dataclasses import replace

import numpy as np
import pytest
from tests.guides.conftest import tune_notes

from daiw.errors import FileFormatError, PromptError
from daiw.files.preset import find_preset
from daiw.guides.chords import parse_chords
from daiw.guides.reading import Guides, read_guides
from daiw.measure.key import key_of_chords, key_of_notes
from daiw.music.chord import Chord
from daiw.music.emotion import Emotion
from daiw.music.given import rounds
from daiw.music.intent import Intent, Wishes
from daiw.music.pitch import Key
from daiw.music.score import Note
from daiw.music.time import Meter
from daiw.pipeline import arrange, compose, plan
from daiw.planning.harmonise import harmonise
from daiw.studio import DEFAULT_COMPOSER

BAR = 1920


def song_of(guides: Guides, *, preset: str = "house", composer: str = DEFAULT_COMPOSER, **wishes: object):
    """Plan, score and arrangement of a song with guides, its sound left out."""
    given, wished = read_guides(guides, Wishes(**wishes))
    intent = Intent("we danced", Emotion(0.4, 0.3), wished, seed=2, given=given)
    style = find_preset(preset)
    outline = plan(intent, style, composer=composer)
    score = compose(outline, style, composer=composer, given=given)
    return outline, score, arrange(score, outline, style, given=given)


def played(arrangement, role):
    return next(track.notes for track in arrangement.tracks if track.role == role)


def test_a_tune_is_kept_note_for_note(midi):
    """Pitch, start, length and velocity of every note, off the grid too, in score and performance, in its own tempo and key."""
    notes = tune_notes(2, late=17)
    outline, score, arrangement = song_of(Guides(melody=midi("tune.mid", 97.0, melody=notes)))
    assert score.part("melody").notes == notes
    assert played(arrangement, "melody") == notes
    assert (str(outline.key), outline.bars, outline.timeline.tempos.bpm(0)) == ("D major", 8, 97.0)
    assert len(score.parts) >= 3


def test_a_tune_goes_round_in_a_longer_song(midi):
    outline, score, _ = song_of(Guides(melody=midi("tune.mid", melody=tune_notes())), bars=24)
    assert outline.bars == 24
    assert score.part("melody").notes == rounds(tune_notes(), 8 * BAR, 0, 24 * BAR)
    assert len(score.part("melody").notes) == 3 * len(tune_notes())


def test_a_tune_shorter_than_asked_is_never_cut(midi):
    with pytest.raises(PromptError, match="the tune lasts 8 bars and the song shall have 4"):
        song_of(Guides(melody=midi("tune.mid", melody=tune_notes())), bars=4)


def test_the_tune_is_found_among_other_tracks(midi):
    bass = tuple(Note(bar * BAR, BAR, 36, 90) for bar in range(8))
    chords = tuple(Note(bar * BAR, BAR, pitch, 70) for bar in range(8) for pitch in (72, 76, 79))
    path = midi("band.mid", piano=chords, lead=tune_notes(), bass=bass, drums=tuple(Note(i * 480, 60, 36, 90) for i in range(32)))
    given, _ = read_guides(Guides(melody=path), Wishes())
    assert given.melody == tune_notes()


CHORDS = "Ebmaj7 | Cm7 F7 | Bbm7/F | E7#9 A7 | Ab"
"""Five bars, so that it matters where they start again."""


@pytest.mark.parametrize("preset", ["house", "jazz", "lofi", "pop"])
@pytest.mark.parametrize("composer", ["reference", "neural"])
def test_chords_are_exact_in_every_bar_and_every_part(preset, composer):
    outline, score, _ = song_of(Guides(chords=CHORDS), preset=preset, composer=composer, bars=16)
    wanted = parse_chords(CHORDS)
    for section in outline.sections:
        for bar in range(section.bars):
            ticks = outline.meter.bar_ticks
            start = (section.start_bar + bar) * ticks
            heard = [span.chord for span in outline.harmony if start <= span.start < start + ticks]
            assert tuple(heard) == wanted[bar % len(wanted)]
    assert sum(span.duration for span in outline.harmony) == outline.timeline.end
    for role in ("chords", "pad"):
        for note in next((part.notes for part in score.parts if part.role == role), ()):
            chord = outline.chord_at(note.start).chord
            assert note.pitch % 12 in {*chord.pitch_classes, chord.bass_number}, (role, note)


def test_chords_under_a_given_tune_stay_with_it(midi):
    outline, score, _ = song_of(Guides(melody=midi("tune.mid", melody=tune_notes()), chords="C F Am G"), bars=16)
    assert [str(outline.chord_at(bar * BAR).chord) for bar in range(8)] == ["C", "F", "Am", "G"] * 2
    assert score.part("melody").notes[: len(tune_notes())] == tune_notes()


def test_a_groove_is_played_as_it_was_played(midi):
    """Strokes, velocities and micro-timing to the tick; the others get its swing."""
    swung = (
        tuple(
            Note(bar * BAR + beat * 480 + late, 60, pitch, velocity)
            for bar in range(2)
            for beat, late, pitch, velocity in ((0, 4, 36, 113), (1, 14, 38, 101), (2, 3, 36, 96), (3, 13, 38, 107))
        )
        + tuple(Note(i * 480 + 240 + 72, 50, 42, 60 + i) for i in range(8))
        + tuple(Note(i * 480 + 2, 50, 42, 80 + i) for i in range(8))
    )
    swung = tuple(sorted(swung))
    path = midi("groove.mid", 104.0, drums=swung)
    outline, _, arrangement = song_of(Guides(groove=path), bars=8)
    where = [section for section in outline.sections if "drums" in section.roles]
    assert where
    for section in where:
        first, end = section.start_bar * BAR, (section.start_bar + section.bars) * BAR
        assert [n for n in played(arrangement, "drums") if first <= n.start < end] == list(rounds(swung, 2 * BAR, first, end))
    given, _ = read_guides(Guides(groove=path), Wishes())
    assert given.feel.swing_percent == pytest.approx(65.0, abs=0.5)
    assert given.feel.swing_steps == 8
    assert given.feel.snare_ms == pytest.approx(16.2, abs=1.0)
    assert outline.timeline.tempos.bpm(0) == 104.0
    straight = song_of(Guides(), bars=8)[2]
    assert played(arrangement, "bass") != played(straight, "bass")


def test_guides_mix(midi):
    """Chords from one, groove from another, words for the rest."""
    drums = tuple(Note(i * 480, 60, 36 if i % 2 == 0 else 38, 90) for i in range(8))
    outline, _, arrangement = song_of(Guides(chords="Am F", groove=midi("beat.mid", 88.0, drums=drums)), bars=8, bpm=120.0)
    assert {str(span.chord) for span in outline.harmony} == {"Am", "F"}
    assert outline.timeline.tempos.bpm(0) == 120.0
    assert set(played(arrangement, "drums")) <= set(rounds(drums, 2 * BAR, 0, 8 * BAR))


def test_a_beginning_goes_on(midi):
    bass = tuple(Note(bar * BAR, BAR - 30, 36 + bar % 3, 88) for bar in range(8))
    path = midi("begun.mid", 101.0, lead=tune_notes(0, late=9), bass=bass)
    outline, score, arrangement = song_of(Guides(going_on=path))
    assert (outline.bars, outline.timeline.tempos.bpm(0), str(outline.key)) == (16, 101.0, "C major")
    for role, notes in (("melody", tune_notes(0, late=9)), ("bass", bass)):
        assert tuple(n for n in played(arrangement, role) if n.start < 8 * BAR - 200) == tuple(n for n in notes if n.start < 8 * BAR - 200)
    later = [note for note in score.part("melody").notes if note.start >= 8 * BAR]
    assert len(later) >= 8
    inside = sum(note.pitch % 12 in outline.key.pitch_classes for note in later)
    assert inside >= 0.9 * len(later)


def test_like_another_song(midi):
    path = midi("other.mid", 133.0, "3/4", lead=tuple(replace(n, start=n.start * 3 // 4) for n in tune_notes(-3)))
    outline, score, _ = song_of(Guides(like=path), bars=8)
    assert (outline.timeline.tempos.bpm(0), str(outline.key), str(outline.meter)) == (133.0, "A major", "3/4")
    assert score.part("melody").notes != tune_notes(-3)


def test_like_takes_over_how_high_and_how_busy_a_tune_is(midi):
    high = tuple(Note(240 * i, 200, 79 + (i * 5) % 7, 80) for i in range(128))
    low = tuple(Note(960 * i, 900, 57 + (i * 5) % 7, 80) for i in range(32))
    songs = [
        song_of(Guides(like=midi(name, 110.0, lead=notes)), preset="pop", bars=16) for name, notes in (("h.mid", high), ("l.mid", low))
    ]
    (busy, score), (calm, other) = [(outline, score.part("melody").notes) for outline, score, _ in songs]
    assert busy.cues.density > calm.cues.density + 0.4
    assert len(score) > 1.25 * len(other)
    assert np.mean([note.pitch for note in score]) > np.mean([note.pitch for note in other]) + 5
    assert any("density" in decision.evidence for decision in busy.decisions if decision.subject == "cues")


@pytest.mark.parametrize("semitones", range(-6, 6))
def test_the_key_is_found_in_every_key(semitones):
    assert key_of_notes(tune_notes(semitones)).tonic.number == semitones % 12
    assert key_of_notes(tune_notes(semitones)).mode == "major"


@pytest.mark.parametrize(
    ("chords", "key"), [("F C Am Bb", "F major"), ("Am F C G", "A minor"), ("C G Am F", "C major"), ("Dm Gm A7 Dm", "D minor")]
)
def test_the_key_of_chords(chords, key):
    assert str(key_of_chords([chord for bar in parse_chords(chords) for chord in bar])) == key


def test_the_harmoniser_fits_tune_and_cadence():
    """Strong notes are chord tones, the phrase ends at home, and no harmony is idle for the whole of it."""
    notes = tune_notes()[:14]  # the first phrase: four bars that close
    bars = harmonise(notes, Key.parse("C major"), Meter(), 4)
    assert str(bars[0][0]) == "C"
    assert str(bars[-1][-1]) == "C"
    assert len({str(chord) for bar in bars for chord in bar}) >= 3
    strong = [note for note in notes if note.start % 960 == 0]
    hits = 0
    for note in strong:
        bar = bars[note.start // BAR]
        chord = bar[min(len(bar) - 1, note.start % BAR // 960)] if len(bar) > 1 else bar[0]
        hits += note.pitch % 12 in chord.pitch_classes
    assert hits >= 0.85 * len(strong)
    drifting = [Note(0, 1920, 60, 80), Note(1920, 1920, 69, 80), Note(3840, 1920, 69, 80), Note(5760, 1920, 64, 80)]
    assert str(harmonise(drifting, Key.parse("C major"), Meter(), 4)[-1][-1]) == "C"
    minor = harmonise([replace(n, pitch=n.pitch - (n.pitch % 12 in (4, 9))) for n in notes], Key.parse("C minor"), Meter(), 4)
    assert str(minor[-1][-1]) == "Cm"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("F H7 C", "'H7' is not a chord symbol"),
        ("F | | C", "bar 2 of the chords is empty"),
        ("Cfoo", "no chord quality 'foo'"),
        ("", "empty"),
        ("% C", "not a chord"),
    ],
)
def test_chords_that_do_not_parse_are_named(text, complaint):
    with pytest.raises(PromptError, match=complaint):
        parse_chords(text)


def test_chord_bars_may_repeat():
    assert parse_chords("F | C G7/B | %")[2] == (Chord.parse("C"), Chord.parse("G7/B"))


def test_guides_that_cannot_be_followed_are_named(midi, tmp_path):
    one, kit = (Note(0, 480, 60, 90),), tuple(Note(i * 480, 60, 36, 90) for i in range(8))
    for guides, complaint in (
        (Guides(melody=midi("none.mid", melody=())), "has no notes; a melody needs some"),
        (Guides(melody=midi("one.mid", melody=one)), "has one note; a melody needs at least 3"),
        (Guides(melody=midi("kit.mid", drums=kit)), "has only drums; give it as --groove"),
        (Guides(going_on=midi("kit2.mid", drums=kit)), "has only drums"),
        (
            Guides(groove=midi("long.mid", 12.0, drums=tuple(Note(i * 480, 60, 36, 90) for i in range(480)))),
            "lasts 40 minutes; a groove may last 15",
        ),
        (Guides(melody=midi("a.mid", melody=tune_notes()), going_on=midi("b.mid", melody=tune_notes())), "both give a tune"),
    ):
        with pytest.raises(PromptError, match=complaint):
            read_guides(guides, Wishes())
    (tmp_path / "broken.mid").write_bytes(b"MThd\0\0")
    with pytest.raises(FileFormatError, match=r"broken\.mid"):
        read_guides(Guides(melody=tmp_path / "broken.mid"), Wishes())
