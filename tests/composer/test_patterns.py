"""Tablature, pulses, scales, rhythms, motifs and phrase plans: the tables behind the parts."""

import itertools
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.composer import motif as motifs
from daiw.composer import rhythm as rhythms
from daiw.composer.bass import write_bass
from daiw.composer.chords import write_chords
from daiw.composer.motif import Motif, sample_motif
from daiw.composer.patterns import BASS_PATTERNS, CHORD_PATTERNS, bar_hits
from daiw.composer.phrase import lay_out, phrase_lengths
from daiw.composer.pulse import pulses, weight
from daiw.composer.rhythm import Feel, Rhythm, sample_bar, syncopation
from daiw.composer.scale import chord_scale
from daiw.music.chord import QUALITIES, Chord
from daiw.music.pitch import MODES, Key, PitchClass
from daiw.music.score import Note, Part
from daiw.music.styles.compose import BassPattern, BassStyle, ChordPattern, ChordsStyle, ComposeStyle, MelodyStyle
from daiw.music.time import Meter

meters = st.builds(Meter, st.integers(1, 15), st.sampled_from([2, 4, 8, 16]))
FEEL = Feel(1.4, 0.3)


def test_tables_and_styles_know_the_same_names():
    assert set(CHORD_PATTERNS) == set(get_args(ChordPattern))
    assert set(BASS_PATTERNS) == set(get_args(BassPattern))


@pytest.mark.parametrize("name", sorted({**CHORD_PATTERNS, **BASS_PATTERNS}))
def test_tablature_is_a_bar_long_and_uses_known_letters(name):
    for table, letters in ((CHORD_PATTERNS, "xXlht123456-."), (BASS_PATTERNS, "Rr5378wa-.")):
        if name in table:
            pattern = table[name]
            assert all(len(bar) in (12, 16) and set(bar) <= set(letters) for bar in pattern.bars)
            assert all(len(bar) == 12 and set(bar) <= set(letters) for bar in pattern.three)
            assert len(pattern.pulse) == 4
            assert len(pattern.triple) == 6


@given(meters, st.sampled_from(sorted({**CHORD_PATTERNS, **BASS_PATTERNS})), st.integers(0, 7))
def test_every_pattern_fills_every_meter(meter, name, index):
    for table in (CHORD_PATTERNS, BASS_PATTERNS):
        if name in table:
            hits = bar_hits(table[name], meter, index)
            assert hits
            assert all(0 <= hit.offset < hit.offset + hit.duration <= meter.bar_ticks for hit in hits)


@given(meters)
def test_pulses_fill_the_bar(meter):
    assert sum(pulses(meter)) == meter.bar_ticks
    assert weight(meter, 0) == weight(meter, 5 * meter.bar_ticks) == 3


def test_weights():
    assert [weight(Meter(4, 4), tick) for tick in (0, 480, 960, 240, 120)] == [3, 1, 2, 0, -1]
    assert [weight(Meter(6, 8), tick) for tick in (0, 720, 240)] == [3, 2, 0]
    assert [weight(Meter(3, 4), tick) for tick in (0, 480, 960)] == [3, 1, 1]


@given(
    st.sampled_from(["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]),
    st.sampled_from(sorted(MODES)),
    st.sampled_from(["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"]),
    st.sampled_from(sorted(QUALITIES)),
)
def test_a_chord_scale_holds_the_chord_and_little_else_from_outside(tonic, mode, root, quality):
    key, chord = Key(PitchClass.parse(tonic), mode), Chord(PitchClass.parse(root), quality)
    scale = chord_scale(key, chord)
    assert set(chord.pitch_classes) <= scale
    assert scale <= key.pitch_classes | set(chord.pitch_classes) | {chord.bass_number}


@pytest.mark.parametrize(
    ("key", "chord", "scale"),
    [("A minor", "E7", {0, 2, 4, 5, 8, 9, 11}), ("C major", "Fm", {0, 2, 4, 5, 7, 8, 11}), ("C major", "Bb", {0, 2, 4, 5, 7, 9, 10}),
     ("C major", "D7", {0, 2, 4, 6, 7, 9, 11}), ("C major", "Dm7", {0, 2, 4, 5, 7, 9, 11}), ("C major", "Ab", {0, 2, 3, 5, 7, 8, 11})],
)  # fmt: skip
def test_borrowed_tones_replace_their_neighbours(key, chord, scale):
    assert set(chord_scale(Key.parse(key), Chord.parse(chord))) == scale


@given(meters, st.integers(0, 99), st.floats(0.3, 2.5), st.floats(0, 1))
def test_sampled_bars_stay_in_the_bar(meter, seed, density, sync):
    bar = sample_bar(meter, Feel(density, sync, 0.2, 0.5), np.random.default_rng(seed))
    assert bar.onsets
    assert all(0 <= offset < meter.bar_ticks for offset, _ in bar.events)
    assert list(bar.events) == sorted(bar.events)


def mean_bar(feel: Feel, measure) -> float:
    return float(np.mean([measure(sample_bar(Meter(4, 4), feel, np.random.default_rng(seed))) for seed in range(40)]))


def test_density_and_syncopation_are_obeyed():
    count = lambda bar: len(bar.onsets)  # noqa: E731
    assert mean_bar(Feel(0.6, 0.2), count) < 3.2 < mean_bar(Feel(1.2, 0.2), count) < mean_bar(Feel(1.9, 0.2), count)
    off = lambda bar: syncopation(bar, Meter(4, 4))  # noqa: E731
    assert mean_bar(Feel(1.2, 0.0), off) + 0.15 < mean_bar(Feel(1.2, 0.7), off)


def test_operations_on_motifs():
    meter = Meter(4, 4)
    rhythm = Rhythm(((0, True), (480, True), (720, True), (960, True)), 1920)
    motif = Motif(rhythm, (0, 1, 2, -1))
    assert motifs.inverted(motif).heights == (0, -1, -2, 1)
    assert motifs.fragmented(motif, meter, 1).heights == (0, 1, 2, 1, 2, 3)
    assert motifs.augmented(motif).rhythm.onsets == (0, 960, 1440)
    assert rhythms.cadence(rhythm, meter, 480, early=False).events == ((0, True), (480, True), (720, True), (960, True), (1440, False))
    assert rhythms.cadence(rhythm, meter, 480, early=True).onsets == (0,)
    varied = rhythms.vary(rhythm, meter, np.random.default_rng(1))
    assert varied.onsets != rhythm.onsets
    assert abs(len(varied.onsets) - 4) == 1
    assert motifs.with_rhythm(motif, Rhythm(((0, True), (720, True)), 1920)).heights == (0, 2), "old places keep their height"
    with pytest.raises(ValueError, match="4 onsets need as many heights"):
        Motif(rhythm, (0, 1))


@given(meters, st.integers(0, 50), st.floats(0, 1), st.floats(0, 1))
def test_motifs_can_always_be_developed(meter, seed, leapiness, repetition):
    motif = sample_motif(meter, FEEL, leapiness, repetition, np.random.default_rng(seed))
    assert motif.heights[0] == 0
    for made in (motifs.inverted(motif), motifs.fragmented(motif, meter, 1), motifs.augmented(motif)):
        assert len(made.heights) == len(made.rhythm.onsets) >= 1
        assert all(0 <= onset < meter.bar_ticks for onset in made.rhythm.onsets)


@given(st.integers(1, 40))
def test_phrases_cover_the_section(bars):
    assert sum(phrase_lengths(bars)) == bars
    phrases = lay_out(bars, "period", 3, "full")
    assert [bar for phrase in phrases for bar in range(phrase.start, phrase.start + len(phrase.bars))] == list(range(bars))
    assert phrases[-1].cadence == "full"


def test_a_period_asks_and_answers_with_the_same_opening():
    question, answer = lay_out(8, "period", 0, "full")
    assert question.bars[:2] == answer.bars[:2]
    assert (question.cadence, answer.cadence) == ("half", "full")
    assert question.bars != answer.bars


def test_bass_follows_slash_chords_and_moves_to_the_kick(make_plan):
    plan = make_plan("C/E F/A G/B C", form="verse:4")
    style = ComposeStyle(bass=BassStyle(patterns=("roots",), approach=0.0))
    notes = write_bass(plan, style, ()).notes
    assert [next(n.pitch for n in notes if n.start == bar * 1920) % 12 for bar in range(4)] == [4, 9, 11, 0]
    funk = ComposeStyle(bass=BassStyle(patterns=("funk",), lock=1.0))
    kick = Part("drums", tuple(Note(bar * 1920 + tick, 60, 36, 100) for bar in range(4) for tick in (0, 480, 840, 1320)))
    free, locked = write_bass(plan, funk, ()).notes, write_bass(plan, funk, (kick,)).notes
    kicks = {note.start for note in kick.notes}
    assert sum(n.start in kicks for n in locked) > sum(n.start in kicks for n in free)


def test_a_walking_bass_steps_into_every_chord(make_plan):
    plan = make_plan("Dm7 G7 Cmaj7 A7", form="verse:16")
    notes = write_bass(plan, ComposeStyle(bass=BassStyle(patterns=("walking",), approach=1.0, low=28, high=55)), ()).notes
    assert len(notes) == 61, "four a bar, the last bar held"
    arrivals = [(a, b) for a, b in itertools.pairwise(notes) if b.start % 1920 == 0]
    assert np.mean([abs(b.pitch - a.pitch) in (1, 2, 5, 7) for a, b in arrivals]) > 0.9
    assert np.mean([a.pitch == b.pitch for a, b in itertools.pairwise(notes)]) < 0.1


def test_chords_change_with_the_harmony_inside_a_bar(make_plan):
    plan = make_plan("C F G C", form="chorus:4", meter="3/4")
    part = write_chords(plan, ComposeStyle(chords=ChordsStyle(patterns=("oom-pah",))), ())
    for note in part.notes:
        assert note.pitch % 12 in plan.chord_at(note.start).chord.pitch_classes
        assert plan.chord_at(note.end - 1) == plan.chord_at(note.start)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: MelodyStyle(density=9), "density must lie in 0.3..3, got 9"),
        (lambda: MelodyStyle(range_low=60, range_high=66), "needs an octave"),
        (lambda: ChordsStyle(patterns=()), "at least one way of playing chords"),
        (lambda: ChordsStyle(low=60, high=70), "16 semitones of room"),
        (lambda: BassStyle(approach=2), "approach must lie in 0..1, got 2"),
    ],
)
def test_styles_refuse_nonsense(make, text):
    with pytest.raises(ValueError, match=text):
        make()
