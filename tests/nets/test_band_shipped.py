from dataclasses import replace

import numpy as np
import pytest

from daiw.composer.reference import ReferenceComposer
from daiw.files.preset import load_preset, preset_paths
from daiw.music.drum_patterns import KIT
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.plan import Section
from daiw.music.score import Part
from daiw.music.time import Meter
from daiw.nets.composer import load_composer
from daiw.stages.compose import compose
from daiw.stages.plan import plan


def song(name, bars=16, seed=5, emotion=None):
    preset = load_preset(preset_paths()[name])
    made = plan(Intent("", emotion or Emotion(0.2, 0.3), Wishes(bars=bars, meter=Meter(4, 4)), seed=seed), preset.plan, preset=name)
    reference = ReferenceComposer(preset.compose)
    return made, load_composer(preset.compose, reference), reference


def chord_tones(notes, made):
    return np.mean([note.pitch % 12 in made.chord_at(note.start).chord.pitch_classes for note in notes])


@pytest.mark.parametrize("name", ["pop", "rock"])
def test_a_shipped_band_plays_the_plan(name):
    made, composer, reference = song(name)
    parts: tuple[Part, ...] = (reference.write(made, "melody", ()),)
    for role in ("chords", "bass", "drums"):
        parts = (*parts, composer.write(made, role, parts))
    played = {part.role: part.notes for part in parts}
    ticks = made.meter.bar_ticks
    for role in ("chords", "bass", "drums"):
        sounding = {note.start // ticks for note in played[role]}
        wanted = {
            bar for section in made.sections if role in section.roles for bar in range(section.start_bar, section.start_bar + section.bars)
        }
        assert sounding <= wanted, role
        assert len(sounding) >= 0.9 * len(wanted), role
    assert chord_tones(played["bass"], made) > 0.85
    assert chord_tones(played["chords"], made) > 0.85
    assert len({note.velocity for note in played["bass"]}) > 5


@pytest.mark.parametrize("name", ["funk", "rock"])
def test_a_shipped_drummer_keeps_the_backbeat_and_breathes(name):
    made, composer, _ = song(name)
    notes = composer.write(made, "drums", ()).notes
    snare = [note for note in notes if note.pitch == KIT["snare"] and note.velocity >= 60]
    beats = [note.start % 1920 // 480 for note in snare if note.start % 480 == 0]
    assert np.isin(beats, (1, 3)).mean() > 0.6
    late = np.array([note.late_ms[0] for note in notes if note.late_ms])
    assert 4.0 < late.std() < 22.0
    assert np.std([note.velocity for note in notes]) > 15


def test_a_score_by_the_trained_composer_is_the_same_twice_and_gives_its_reasons():
    made, composer, _ = song("indie-folk", 8)
    first = compose(made, composer)
    again = compose(made, song("indie-folk", 8)[1])
    assert first.parts == again.parts
    assert any(decision.subject.startswith("bass of bars") for decision in first.decisions)
    assert any("hand" in decision.because or "drummer" in decision.because for decision in first.decisions if decision.subject == "drums")


def test_pianists_strike_more_keys_in_a_loud_section_than_in_a_calm_one():
    ratios = []
    for seed in range(1, 7):
        made, composer, reference = song("pop", 16, seed)
        roles = ("melody", "chords", "bass")
        calm, loud = (
            Section("verse", letter, start, 8, energy, Emotion(0.2, 0.3), energy, roles)
            for letter, start, energy in (("A", 0, 0.34), ("B", 8, 0.95))
        )
        made = replace(made, sections=(calm, loud))
        keys = composer.write(made, "chords", (reference.write(made, "melody", ()),)).notes
        middle = 8 * made.meter.bar_ticks
        struck = [len({note.start for note in keys if (note.start >= middle) == late}) for late in (False, True)]
        ratios.append(struck[1] / struck[0])
    assert np.mean(ratios) > 1.2


@pytest.mark.parametrize(("name", "seed"), [("rock", 1), ("indie-folk", 2)])
def test_where_a_chord_begins_the_bass_has_the_chords_bass(name, seed):
    made, composer, reference = song(name, 16, seed)
    notes = composer.write(made, "bass", (reference.write(made, "melody", ()),)).notes
    starts = {span.start: span.chord.bass_number for span in made.harmony}
    firsts = [(note.pitch % 12, starts[note.start]) for note in notes if note.start in starts]
    assert len(firsts) > 6
    assert all(pitch == bass for pitch, bass in firsts)
