"""Answers change the song, each in the direction that the question states."""

import dataclasses

import pytest

from daiw.files.preset import find_preset
from daiw.files.shipped import shipped
from daiw.music.emotion import Emotion, EmotionReading
from daiw.music.intent import Wishes
from daiw.music.interview import MEANINGS, Interview
from daiw.nets.emotion_heads import EmotionReader
from daiw.pipeline import arrange, compose, plan, understand
from daiw.stages.answers import mismatch
from daiw.stages.ask import next_question
from daiw.stages.questions import QUESTIONS
from daiw.studio import Studio

TOLD = Interview(
    event="my brother left for the army in March and I did not wave",
    mood="a stone in the chest",
    longing="to hear him laugh in the kitchen",
    sound="pop, 16 bars",
)
STUDIO = Studio()


def intent_of(told=TOLD, **answers):
    return understand(dataclasses.replace(told, **answers), studio=STUDIO)


def planned(told=TOLD, preset="pop", **answers):
    intent = intent_of(told, **answers)
    return plan(intent, find_preset(preset, [shipped("presets")]), studio=STUDIO)


def decisions(**answers):
    told = (*intent_of(**answers).decisions, *planned(**answers).decisions)
    return {(decision.subject, decision.choice) for decision in told}


def notes(song, preset="pop"):
    style = find_preset(preset, [shipped("presets")])
    return arrange(compose(song, style, studio=STUDIO), song, style, studio=STUDIO)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("event", "my sister came home from the army in March and we danced"),
        ("mood", "light as a kite in the wind"),
        ("longing", "to scream until the windows break"),
        ("resistance", "I am afraid of what my mother would say"),
        ("transformation", "wild and free and shaking with joy"),
        ("sound", "fast angry punk, 16 bars"),
        ("openness", "raw"),
        ("conflict", "torn"),
        ("arc", "descent"),
        ("meaning", "irony"),
    ],
)
def test_every_answer_leaves_a_decision_and_changes_the_notes(name, answer):
    assert decisions(**{name: answer}) != decisions()
    assert notes(planned(**{name: answer})) != notes(planned())


def test_wishes_are_read_in_the_answer_about_sound_alone():
    told = intent_of(event="we lost the house in 120 days, my waltz, three minutes of rock bottom", sound="jazz in F minor at 90 bpm")
    assert (told.wishes.preset, str(told.wishes.key), told.wishes.bpm) == ("jazz", "F minor", 90.0)
    assert told.wishes.minutes is None
    assert intent_of(sound="pop").wishes.preset == "pop"  # where the sound is asked for, pop is no soda


@pytest.mark.parametrize("meaning", MEANINGS)
def test_the_meaning_of_a_mismatch_moves_the_feeling_as_stated(meaning):
    plain, meant = intent_of().emotion, intent_of(meaning=meaning).emotion
    for axis in ("valence", "arousal", "dominance"):
        by = getattr(MEANINGS[meaning], axis)
        moved = getattr(meant, axis) - getattr(plain, axis)
        assert moved == pytest.approx(by, abs=1e-3) or abs(getattr(meant, axis)) == 1.0


def test_misdirection_ends_in_what_happened_and_a_mask_does_not():
    long = "pop, 64 bars"
    lying, smiling = planned(meaning="misdirection", sound=long), planned(meaning="mask", sound=long)
    assert lying.sections[0].emotion.valence > lying.sections[-1].emotion.valence + 0.3
    assert abs(smiling.sections[0].emotion.valence - smiling.sections[-1].emotion.valence) < abs(
        lying.sections[0].emotion.valence - lying.sections[-1].emotion.valence
    )
    assert planned(meaning="dissociation").arc == "static-reflection"
    assert planned(meaning="dissociation", arc="descent").arc == "descent"


@pytest.mark.parametrize(("name", "answer"), [("longing", "to scream until the windows break"), ("transformation", "shaking with joy")])
def test_what_is_longed_for_counts_where_the_truth_comes_out_too(name, answer):
    one, other = intent_of(meaning="misdirection"), intent_of(meaning="misdirection", **{name: answer})
    assert one.destination != other.destination
    assert any(answer in told.evidence for told in other.decisions if told.subject == "where it goes")


def energy_at_the_end(song):
    """Energy of the last chorus against the first."""
    choruses = [section.energy for section in song.sections if section.name == "chorus"]
    return choruses[-1] - choruses[0]


def test_a_song_that_goes_to_excitement_ends_with_more_energy_than_one_that_goes_to_rest():
    told = dataclasses.replace(TOLD, sound="pop, 64 bars", longing="", arc="static-reflection")
    storming = planned(told, transformation="screaming with rage, wild, furious")
    resting = planned(told, transformation="calm, asleep, at rest")
    assert energy_at_the_end(storming) > energy_at_the_end(resting) + 0.05
    assert storming.sections[-1].emotion.arousal > resting.sections[-1].emotion.arousal + 0.3


def test_who_shows_more_is_played_softer_sparser_and_looser_and_sings_with_more_breath():
    told = dataclasses.replace(TOLD, sound="pop, 64 bars", voice="vowels")
    songs = [planned(told, openness=name) for name in ("guarded", "honest", "raw")]
    for figure in ("velocity", "gate", "timing_ms"):
        values = [getattr(song.cues, figure) for song in songs]
        assert values == sorted(values, reverse=figure == "velocity")
        assert len(set(values)) == 3
    players = [sum(len(section.roles) for section in song.sections) for song in songs]
    assert players[0] >= players[1] >= players[2]
    assert players[0] > players[2]
    dominance = [song.sections[2].emotion.dominance for song in songs]
    assert dominance == sorted(dominance, reverse=True)
    loud = [[note.velocity for track in notes(song).tracks for note in track.notes] for song in (songs[0], songs[2])]
    assert sum(loud[0]) / len(loud[0]) > sum(loud[1]) / len(loud[1]) + 5


def test_who_is_torn_gets_more_dissonance_than_who_is_at_peace():
    values = [planned(conflict=name).cues.dissonance for name in ("at peace", "undecided", "torn")]
    assert values == sorted(values)
    assert values[2] > values[0] + 0.3
    assert planned(conflict="undecided").cues == planned().cues  # the middle is as the feeling has it


def test_options_outweigh_answers():
    told = dataclasses.replace(TOLD, arc="descent", voice="vowels", rule="BuriedVocals: far away")
    intent = understand(told, wishes=Wishes(arc="spiral", sung=False), studio=STUDIO)
    assert (intent.wishes.arc, intent.wishes.sung) == ("spiral", False)
    assert [each.rule for each in intent.wishes.breaks] == ["BuriedVocals"]


class Flat:
    """A reader to whom texts have the valence of the first word that it knows."""

    def __init__(self, **known):
        self.known = known

    def feel(self, text, *, bpm=None, genre_arousal=None):
        valence = next((value for word, value in self.known.items() if word in text), 0.0)
        return EmotionReading(Emotion(valence, 0.0), 1.0, 1.0, 1.0)


def test_a_mismatch_is_dark_words_with_a_bright_sound():
    reader = Flat(died=-0.8, sunny=0.7, party=0.6)
    assert mismatch(Interview(event="he died", sound="sunny pop"), reader)
    assert mismatch(Interview(event="he died", sound="in C major"), reader)  # a mode says it, too
    assert not mismatch(Interview(event="he died", sound="sunny pop in C minor"), reader)
    assert not mismatch(Interview(event="a party", sound="sunny pop"), reader)
    assert not mismatch(Interview(event="he died"), reader)
    assert mismatch(Interview(event="my brother died in March", sound="bright cheerful pop in C major"), EmotionReader())


def dialogue(answers, reader):
    told, asked, order = Interview(), [], []
    while question := next_question(told, asked, reader):
        order.append(question.name)
        answer = answers.get(question.name, "")
        if answer:
            told = dataclasses.replace(told, **{question.name: answer})
        else:
            asked.append(question.name)
        assert len(order) <= len(QUESTIONS)
    return order


def test_what_a_song_needs_is_asked_first_and_nothing_twice():
    order = dialogue({}, Flat())
    assert order[:3] == ["event", "mood", "longing"]
    assert len(order) == len(set(order)) == 10  # neither meaning nor rule
    dark = {"event": "he died", "sound": "sunny pop", "voice": "draft"}
    assert len(dialogue(dark, Flat(died=-0.8, sunny=0.7))) == 12


def test_a_question_that_was_answered_by_the_way_is_not_asked():
    assert "arc" in dialogue({"event": "he left"}, Flat())
    assert "arc" not in dialogue({"event": "he left and everything is falling apart"}, Flat())
    order = dialogue({"event": "he died", "sound": "sunny pop"}, Flat(died=-0.8, sunny=0.7))
    assert order.index("meaning") == order.index("sound") + 1
    assert "meaning" not in dialogue({"event": "he died", "sound": "slow pop"}, Flat(died=-0.8))
    assert "rule" in dialogue({"voice": "vowels"}, Flat())
    assert "rule" not in dialogue({"voice": "nobody"}, Flat())
