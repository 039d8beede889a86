"""What the knobs do to the music, without ports."""

import itertools
import threading
import time
from multiprocessing import Pipe

import numpy as np
import pytest

from daiw.errors import PromptError
from daiw.live.composing import Composing
from daiw.live.feeling import KNOBS
from daiw.live.messages import WriterOptions
from daiw.live.rounds import Rounds
from daiw.live.writer import TRAINED, Writer, prepare
from daiw.music.chord import Chord
from daiw.music.pitch import Key

PRESETS = ("house", "lofi")


@pytest.fixture(params=PRESETS)
def music(request) -> Composing:
    made = prepare(WriterOptions(preset=request.param, seed=3))
    made.bars(8, 1)
    return made


def notes_a_bar(bars):
    return np.mean([len(bar.notes) for bar in bars])


def velocity(bars):
    return np.mean([note.velocity for bar in bars for note in bar.notes])


def chord_size(bars):
    return np.mean([len(Chord.parse(name).intervals) for bar in bars for _, name in bar.chords])


def at(music, name, value, first=8, count=8):
    music.move(name, value)
    return music.bars(first, count)


def test_density_moves_the_number_of_notes(music):
    counts = [notes_a_bar(at(music, "density", value)) for value in (0.0, 0.5, 1.0)]
    assert counts[0] < counts[1] < counts[2]


def test_arousal_moves_notes_loudness_and_tempo(music):
    calm, excited = (at(music, "arousal", value) for value in (-0.9, 0.9))
    assert notes_a_bar(calm) < notes_a_bar(excited)
    assert velocity(calm) + 5 < velocity(excited)
    assert calm[-1].tempos[-1][1] + 10 < excited[-1].tempos[-1][1]


def test_vulnerability_softens(music):
    assert velocity(at(music, "vulnerability", 1.0)) + 3 < velocity(at(music, "vulnerability", 0.0))


def test_tension_adds_storeys_to_the_chords(music):
    sizes = [chord_size(at(music, "tension", value)) for value in (0.0, 0.5, 1.0)]
    assert sizes[0] <= sizes[1] < sizes[2]
    assert sizes[0] <= 3.0


def test_valence_darkens_and_brightens_on_the_same_tonic(music):
    keys = [Key.parse(at(music, "valence", value)[0].key) for value in (-1.0, 0.0, 1.0)]
    assert len({key.tonic.number for key in keys}) == 1
    assert keys[0].minor_third
    assert not keys[2].minor_third


@pytest.mark.parametrize("name", [name for name in KNOBS if name != "valence"])
def test_no_other_knob_moves_the_key(music, name):
    keys = {at(music, name, value)[0].key for value in (KNOBS[name].low, KNOBS[name].high)}
    assert len(keys) == 1


def test_a_key_that_was_asked_for_stays_whatever_valence_does():
    music = prepare(WriterOptions(preset="pop", key="A minor"))
    assert {at(music, "valence", value)[0].key for value in (-1.0, 1.0)} == {"A minor"}


def test_bars_lead_on_for_ever_and_a_chorus_returns():
    music = prepare(WriterOptions(preset="pop", seed=3))
    seen = {}
    for first in range(0, 96, 12):
        bars = music.bars(first, 12)
        assert [bar.start for bar in bars] == [1920 * bar for bar in range(first, first + 12)]
        assert all(bar.notes or bar.held for bar in bars)
        for bar in bars:
            seen.setdefault(bar.section, []).append(bar.start // 1920)
    assert len(seen["chorus"]) >= 16
    first = music.rounds.at(0)
    choruses = [section for section in first.plan.sections if section.name == "chorus"]
    assert len(choruses) > 1

    def tune(section):
        bars = music.bars(section.start_bar, section.bars)
        return [(note.start - bars[0].start) // 240 for bar in bars for note in bar.notes if note.channel == 0]

    one, two = tune(choruses[0]), tune(choruses[1])
    shared = len(set(one) & set(two)) / max(1, len(set(one) | set(two)))
    assert shared > 0.7


def test_the_end_comes_home_and_stops(music):
    first = music.end_after(9)
    bars = music.bars(first, 64)
    assert bars[-1].last
    assert not any(bar.last for bar in bars[:-1])
    assert 2 <= len(bars) <= 8


def test_the_same_hands_play_the_same_notes():
    def play():
        music = prepare(WriterOptions(preset="lofi", seed=9))
        first = music.bars(0, 4)
        music.move("arousal", 0.7)
        return first + music.bars(4, 4)

    assert play() == play()


def test_the_tempo_glides(music):
    music.move("arousal", 1.0)
    bars = music.bars(8, 8, bpm=60.0)
    tempos = [bpm for bar in bars for _, bpm in bar.tempos]
    assert all(abs(after / before - 1) <= 0.0301 for before, after in itertools.pairwise(tempos))
    assert tempos[-1] > tempos[0]


def test_tunes_are_refined_when_the_hand_rests(music):
    music.move("valence", 1.0)
    music.bars(8, 4)
    if music.unrefined:
        music.refine()
        music.bars(8, 4)
    assert not music.unrefined


def test_the_trained_composer_writes_the_chords_a_round_ahead():
    """Progressions are those of `daiw make --composer neural`; parts stay the reference's, which is quick enough for a knob."""
    from dataclasses import replace

    from daiw.composer.reference import ReferenceComposer
    from daiw.pipeline import plan

    trained = prepare(WriterOptions(preset="jazz", seed=3, composer="neural"))
    rounds = trained.rounds
    first, second = rounds.at(0), rounds.at(rounds.at(0).bars)
    for found in (first, second):
        wished = replace(rounds.intent, seed=3 + found.number)
        assert found.plan.harmony == plan(wished, trained.preset, composer="neural").harmony
        assert found.plan.harmony != plan(wished, trained.preset, composer="reference").harmony
    assert isinstance(trained.composer, ReferenceComposer)


def test_rounds_are_planned_beside_the_playing():
    """The next round is under way before it is asked for, on another thread; its errors reach whoever asks."""
    made = prepare(WriterOptions(preset="lofi", seed=9)).rounds
    plans, planned = [made.at(0).plan, made.at(made.at(0).bars).plan], []

    def plan(intent):
        planned.append((intent.seed, threading.current_thread() is threading.main_thread()))
        if intent.seed == 11:
            raise PromptError("nothing")
        return plans[intent.seed - 9]

    rounds = Rounds(made.intent, plan, ahead=True)
    first = rounds.at(0)
    while len(planned) < 3:
        time.sleep(0.01)
    assert planned == [(9, True), (9, True), (10, False)]
    assert rounds.at(first.bars).plan == plans[1]
    with pytest.raises(PromptError):
        rounds.at(first.bars + rounds.at(first.bars).bars)


def test_what_the_network_does_not_write_is_said():
    ours, theirs = Pipe()
    writer = Writer(theirs, WriterOptions(preset="lofi", composer="neural"))
    writer._introduce()
    told = []
    while ours.poll(0):
        told.append(ours.recv())
    assert [message.value for message in told if message.what == "remark"] == [TRAINED]
