"""Each detector on lines small enough to judge by eye."""

import pytest

from daiw.measure import form, melody, voices
from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.score import Note, Part, Score, Timeline
from daiw.music.time import Meter

CUES = Cues(100, 0, 66, 0.5, 0.2, 80, 0.9, 0, 0, 1, 0.5)


def plan_of(*symbols: str, meter: Meter = Meter(4, 4), form: tuple[tuple[str, int], ...] = ()) -> Plan:  # noqa: B008
    spans = tuple(ChordSpan(i * meter.bar_ticks, meter.bar_ticks, Chord.parse(s), "?") for i, s in enumerate(symbols))
    sections, start = [], 0
    for letter, bars in form or (("A", len(symbols)),):
        sections.append(Section("verse", letter, start, bars, 0.5, Emotion(0, 0), 0.5, ("melody", "bass")))
        start += bars
    timeline = Timeline(end=len(symbols) * meter.bar_ticks)
    return Plan("", Key.parse("C major"), meter, timeline, "", tuple(sections), spans, ("melody", "bass"), CUES, 1)


def line(*pitches: int, step: int = 480, start: int = 0) -> tuple[Note, ...]:
    return tuple(Note(start + i * step, step, pitch, 80) for i, pitch in enumerate(pitches) if pitch)


def test_chord_tones_are_counted_on_all_and_on_strong_beats():
    notes = line(60, 62, 65, 64)  # C D F E over C: strong beats hold C and F
    assert melody.chord_tone_ratio(notes, plan_of("C")) == 0.5
    assert melody.chord_tone_ratio(notes, plan_of("C"), strong_only=True) == 0.5
    assert melody.chord_tone_ratio(line(50), plan_of("C/D")) == 1.0, "a slash bass belongs to the chord"
    assert melody.chord_tone_ratio((), plan_of("C")) == 0.0


@pytest.mark.parametrize(
    ("meter", "ticks"),
    [(Meter(4, 4), (0, 960)), (Meter(3, 4), (0,)), (Meter(6, 8), (0, 720)), (Meter(7, 8), (0,)), (Meter(2, 4), (0, 480))],
)
def test_strong_beats_of_meters(meter, ticks):
    assert melody.strong_ticks(meter) == ticks


def test_a_stray_note_is_in_neither_key_nor_chord():
    assert [note.pitch for note in melody.stray_notes(line(60, 61, 64, 68), plan_of("C"))] == [61, 68]
    assert melody.stray_notes(line(64, 68), plan_of("E7")) == (), "the chord excuses G#"
    assert melody.stray_notes(line(63, 64), plan_of("C"), approaches=True) == ()
    assert len(melody.stray_notes(line(63, 67), plan_of("C"), approaches=True)) == 1, "an approach must arrive"


def test_long_notes_rub_a_semitone_above_or_below_a_chord_tone():
    notes = line(60, 65, 71, 62, 66)  # over C: its root, a fourth over the third, a seventh under the root, a second, F# under the fifth
    assert melody.clashes(notes, plan_of("C", "C")) == (0.2, 0.4)
    assert melody.clashes(line(65, 71, step=240), plan_of("C")) == (0.0, 0.0), "too short"
    assert melody.clashes(line(66), plan_of("F")) == (1.0, 0.0), "between root and second"
    assert melody.clashes(line(63), plan_of("Csus2")) == (1.0, 0.0)
    assert melody.clashes(line(61), plan_of("Csus2")) == (1.0, 0.0), "between two tones it rubs from above"
    assert melody.clashes((), plan_of("C")) == (0.0, 0.0)


def test_what_a_line_dwells_on():
    notes = (*line(60, 62, 64), *line(60, step=480, start=1440))
    assert melody.dwelling(notes) == 0.75
    assert melody.dwelling(notes, 1) == 0.5
    assert melody.dwelling(()) == 0.0


def test_a_dissonance_must_move_by_step():
    assert melody.unresolved(line(65, 64), plan_of("C")) == ()
    assert [note.pitch for note in melody.unresolved(line(65, 60), plan_of("C"))] == [65]
    assert melody.unresolved(line(65, 60, step=120), plan_of("C")) == (), "too short to be heard as one"


def test_steps_leaps_and_repeats():
    notes = line(60, 62, 62, 70, 69)
    assert melody.intervals(notes) == (2, 0, 8, -1)
    assert melody.leap_share(notes) == 0.25
    assert melody.step_share(notes) == pytest.approx(2 / 3)
    assert melody.repeat_share(notes) == 0.25
    assert melody.recovered_leaps(notes) == 1.0
    assert melody.recovered_leaps(line(60, 67, 72)) == 0.5, "the second leap ends the line"
    assert melody.recovered_leaps(line(60, 62)) == 1.0
    assert melody.ambitus(notes) == 10
    assert melody.peak(line(60, 64, 62, 64)) == (64, 2)
    assert (melody.leap_share(()), melody.ambitus(()), melody.peak(())) == (0.0, 0, (0, 0))


def test_the_longest_gap_counts_both_ends():
    notes = line(60, 0, 0, 62)
    assert melody.longest_gap(notes, 0, 1920) == 960
    assert melody.longest_gap(notes, 0, 3840) == 1920
    assert melody.longest_gap((), 0, 1920) == 1920
    assert melody.longest_gap(line(60, start=1440), 0, 1920) == 1440


def test_entropy_groove_and_density():
    four = plan_of("C", "C")
    even = line(60, 62, 64, 65, 60, 62, 64, 65)
    assert melody.pitch_class_entropy(even, four) == pytest.approx(2.0)
    assert melody.pitch_class_entropy(line(60, 72, 60, 72), four) == 0.0
    assert melody.groove_similarity(even, four) == 1.0
    assert melody.groove_similarity(line(60, 62, 64, 65, 60, 0, 64, 0), four) == pytest.approx(1 - 2 / 16)
    assert melody.notes_per_bar(line(60, 62, 64, 65, 0, 0, 0, 0), four) == 4.0, "empty bars are left out"


def score_of(plan: Plan, **parts: tuple[Note, ...]) -> Score:
    return Score(tuple(Part(role, notes) for role, notes in parts.items()), plan.timeline)


def test_dead_bars_absences_and_intruders():
    plan = plan_of("C", "F", "G", "C")
    assert form.dead_bars(score_of(plan, melody=line(60, 62)), plan) == (1, 2, 3)
    held = (Note(0, 4 * 1920, 36, 80),)
    assert form.dead_bars(score_of(plan, bass=held), plan) == ()
    assert form.absent_roles(score_of(plan, melody=(), bass=held), plan) == (("melody", 0),)
    assert form.absent_roles(score_of(plan, melody=line(60)), plan, bars=1) == (("melody", 1), ("melody", 2), ("melody", 3))
    assert form.intruders(score_of(plan, pad=line(60)), plan) == (("pad", 0),)
    assert form.intruders(score_of(plan, melody=line(60)), plan) == ()


def test_similarity_of_sections():
    plan = plan_of("C", "F", "C", "F", form=(("A", 2), ("A", 1), ("A", 1)))
    first, short, other = plan.sections
    notes = line(60, 62, 64, 65, 69, 67, 65, 62, 60, 62, 64, 67)
    assert form.section_similarity(notes, plan, first, short) == 0.75, "only the shorter one's bars count"
    assert form.rhythm_similarity(notes, plan, first, short) == 1.0
    assert form.section_similarity(notes, plan, first, other) == 0.0
    assert form.section_similarity((), plan, first, other) == 1.0


def test_voices_against_each_other():
    plan = plan_of("C")
    tune, under = line(72, 71, 72, 74), line(71, 67, 64, 76)
    assert [pair[1].pitch for pair in voices.rubs(under, tune, plan)] == [72]
    assert voices.rubs(line(0, 70, 0, 0), tune, plan) == (), "a weak beat may rub"
    assert voices.rubs((Note(480, 960, 71, 80),), (Note(480, 960, 72, 80),), plan), "held into beat 3"
    assert voices.crossings(tune, under) == 0.25
    assert voices.contrary_motion(line(60, 62, 64), line(55, 53, 55)) == 0.5
    assert voices.contrary_motion((), tune) == 0.0


def test_voicings():
    assert voices.chords_of((*line(64, 60)[:1], Note(0, 480, 60, 80))) == [(0, (60, 64))]
    assert voices.movement([(60, 64, 67), (60, 65, 69), (60, 65)]) == 1.0
    assert voices.parallel_perfects([((64, 67), 0), ((65, 69), 2), ((67, 71), 4), ((67, 74), 5)]) == pytest.approx(2 / 3)
    assert voices.parallel_perfects([((64, 67), 0), ((60, 67), 0)]) == 0.0, "a bass that stays runs with nobody"
    assert voices.parallel_perfects([((64, 67), 0), ((65, 69), 2)]) == 1.0
    assert voices.parallel_perfects([((64, 67), 0), ((65, 70), 2)]) == 0.0
    assert voices.muddy([(40, 44, 52), (40, 52, 55)]) == 0.5
