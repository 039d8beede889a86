import hashlib
import tomllib
from dataclasses import replace

import numpy as np
import pytest

from daiw.composer.reference import ReferenceComposer
from daiw.files.preset import load_preset, preset_paths
from daiw.measure.melody import ambitus, chord_tone_ratio, longest_gap, repeat_share, stray_notes
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.nets.composer import BAND_PATH, INDEX_PATH, KIT_PATH, MODEL_FOLDER, WEIGHTS_PATH, load_composer
from daiw.nets.composer_rewrite import rewrite_melody
from daiw.nets.lead_breath import Breaths
from daiw.nets.text_match import words_of
from daiw.stages.plan import plan

HOPEFUL = Emotion(0.2, 0.1)


def song(name, emotion=HOPEFUL, bars=24, seed=2):
    preset = load_preset(preset_paths()[name])
    made = plan(Intent("", emotion, Wishes(bars=bars), seed=seed), preset.plan, preset=name)
    return made, load_composer(preset.compose, ReferenceComposer(preset.compose)), preset.compose


def test_the_card_names_the_files_that_are_there():
    card = tomllib.loads((MODEL_FOLDER / "card.toml").read_text(encoding="utf-8"))
    found = {name: hashlib.sha256((MODEL_FOLDER / name).read_bytes()).hexdigest() for name in card["files"]}
    assert list(found.values()) == card["sha256"]
    assert set(found) == {WEIGHTS_PATH.name, INDEX_PATH.name, KIT_PATH.name, BAND_PATH.name, "probe.npz", "match.npz"}
    assert sum((MODEL_FOLDER / name).stat().st_size for name in found) < 50 * 2**20


@pytest.mark.parametrize("name", ["pop", "waltz", "jazz", "hip-hop"])
def test_a_shipped_melody_is_a_tune(name):
    made, composer, style = song(name)
    notes = composer.write(made, "melody", ()).notes
    singing = [section for section in made.sections if "melody" in section.roles]
    assert len(notes) > 4 * len(singing)
    assert chord_tone_ratio(notes, made, strong_only=True) > 0.65
    assert len(stray_notes(notes, made)) <= 0.02 * len(notes)
    assert repeat_share(notes) < 0.5
    assert 7 <= ambitus(notes) <= 24
    assert min(style.melody.range_low, 60) <= min(note.pitch for note in notes)
    assert max(note.pitch for note in notes) <= style.melody.range_high + 5
    for section in singing:
        start = section.start_bar * made.meter.bar_ticks
        assert longest_gap(notes, start, start + section.bars * made.meter.bar_ticks) < 4 * made.meter.bar_ticks


@pytest.mark.parametrize("name", ["pop", "rock", "neo-soul"])
def test_a_shipped_melody_ends_with_one_held_chord_tone_on_the_last_bar_and_says_so(name):
    for seed, emotion in ((1, Emotion(0.6, 0.5)), (2, Emotion(0.4, -0.4))):
        made, composer, _ = song(name, emotion, seed=seed)
        notes = composer.write(made, "melody", ()).notes
        final = (made.bars - 1) * made.meter.bar_ticks
        (last,) = [note for note in notes if note.start >= final]
        assert last.start == final
        assert last.duration >= made.meter.bar_ticks // 2
        assert last.pitch % 12 in made.chord_at(final).chord.pitch_classes
        (told,) = [decision.choice for decision in composer.decisions if decision.subject == "end of the tune"]
        assert told == f"on the first beat of bar {made.bars}"


def test_an_excited_feeling_sings_higher_and_denser_than_a_calm_one():
    heights, densities = [], []
    for emotion in (Emotion(-0.6, -0.8), Emotion(0.7, 0.8)):
        lines = [song("pop", emotion, 16, seed) for seed in (1, 2)]
        notes = [(composer.write(made, "melody", ()).notes, made) for made, composer, _ in lines]
        heights.append(np.mean([note.pitch for line, _ in notes for note in line]))
        densities.append(np.mean([len(line) * made.timeline.tempos.bpm(0) / made.timeline.end for line, made in notes]))
    assert heights[1] > heights[0]
    assert densities[1] > 1.2 * densities[0]


def test_two_bars_can_be_sung_anew():
    made, composer, style = song("pop", bars=16)
    part = composer.write(made, "melody", ())
    first = next(section.start_bar for section in made.sections if "melody" in section.roles)
    changed = rewrite_melody(composer.weights, style, made, part, (first + 2, first + 4), 9)
    bar = made.meter.bar_ticks
    assert changed != part
    assert [note for note in changed.notes if not (first + 2) * bar <= note.start < (first + 4) * bar] == [
        note for note in part.notes if not (first + 2) * bar <= note.start < (first + 4) * bar
    ]
    assert not stray_notes(changed.notes, made)


def test_a_tune_sung_anew_breathes_and_ends_as_the_rest_does():
    """Where a phrase comes to rest, none of the new notes starts behind that point, and the song still ends on a held chord tone."""
    late = rested = 0
    for seed in range(8):
        made, composer, style = song("pop", bars=16, seed=seed)
        part, bar = composer.write(made, "melody", ()), made.meter.bar_ticks
        for section in made.sections:
            for first, rest in Breaths(made, style.melody).rests(section).items():
                end = section.start_bar + min(first + 4, section.bars)
                if rest and "melody" in section.roles and end < made.bars:
                    changed = rewrite_melody(composer.weights, style, made, part, (end - 2, end), seed)
                    rested += 1
                    late += any(end * bar - 480 * rest < note.start < end * bar for note in changed.notes)
        *_, last = rewrite_melody(composer.weights, style, made, part, (made.bars - 2, made.bars), seed + 9).notes
        assert last.start == (made.bars - 1) * bar
        assert last.duration >= bar // 2
        assert chord_tone_ratio([last], made) == 1
    assert rested >= 4
    assert late == 0


def test_the_lines_nearest_to_the_words_win_and_the_decision_says_so(monkeypatch):
    """Over eight songs: of one alone, two in ten have the busier line for the sadder words."""
    monkeypatch.setattr("daiw.nets.lead_cost.WORDS_WEIGHT", 50.0)  # so that nothing else counts
    notes, pitches = {}, {}
    for words in ("low, dark, sparse, slow and sad", "high, bright, busy, fast and joyful"):
        line = []
        for seed in range(1, 9):
            made, composer, _ = song("pop", bars=16, seed=seed)
            told = replace(composer, words=words_of(words), decisions=[])
            line += told.write(made, "melody", ()).notes
            assert any("far from the words" in text for decision in told.decisions for text in decision.alternatives)
        notes[words], pitches[words] = len(line), np.mean([note.pitch for note in line])
    sad, joyful = notes
    assert notes[joyful] > notes[sad]
    assert pitches[joyful] > pitches[sad]


def test_a_song_says_how_often_the_network_wrote_what_it_had_learnt():
    made, composer, _ = song("pop", bars=8)
    composer.write(made, "melody", ())
    (said,) = [decision for decision in composer.decisions if decision.subject == "known tunes"]
    refused, _, drawn = said.because.split()[:3]
    assert 0 <= int(refused) < int(drawn)
