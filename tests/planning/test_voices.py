"""Who sings where, and what a singer is told beside the notes."""

from dataclasses import replace

import pytest
from tests.composer.conftest import hand_made
from tests.composer.test_vocal import VOICE

from daiw.errors import PromptError
from daiw.music.emotion import Emotion
from daiw.music.plan import Section
from daiw.music.rules import VOCAL_RULES, RuleBreak
from daiw.music.score import Note
from daiw.music.styles.plan import VoicesStyle
from daiw.planning.voice_controls import BREATH, BREATHS, DRIFT, EFFORT, FORMANT, SPREAD, breath, effort, smile, voice_controls
from daiw.planning.voices import with_voices

ROLES = ("melody", "chords", "drums")


def section(name, bar, energy, arousal=0.0, dominance=0.0, valence=0.0):
    return Section(name, name[0].upper(), bar, 4, energy, Emotion(valence, arousal, dominance), 0.5, ROLES)


SECTIONS = (
    section("intro", 0, 0.2),
    section("verse", 4, 0.5),
    section("chorus", 8, 0.9),
    section("solo", 12, 0.7),
    section("outro", 16, 0.2),
)


def seats(style=VoicesStyle(), breaks=(), **kwargs):  # noqa: B008
    sections, roles = with_voices(SECTIONS, ROLES, style, (), breaks, **kwargs)
    return {each.name: each.roles for each in sections}, roles


def test_the_voice_leads_and_the_tunes_instrument_plays_where_nobody_sings():
    here, roles = seats()
    assert roles == ("vocal", "melody", "chords", "drums", "backing")
    assert here["verse"] == ("vocal", "chords", "drums")
    assert here["intro"] == here["solo"] == here["outro"] == ROLES


def test_harmony_sings_in_choruses_with_enough_energy():
    assert "backing" in seats(VoicesStyle(backing_from=0.8))[0]["chorus"]
    assert "backing" not in seats(VoicesStyle(backing_from=0.95))[0]["chorus"]
    assert "backing" not in seats()[0]["verse"]


def test_doubles_come_with_energy_or_with_the_broken_rule():
    assert "double left" in seats(VoicesStyle(doubled_from=0.85))[0]["chorus"]
    assert "double left" not in seats(VoicesStyle(doubled_from=0.85))[0]["verse"]
    assert "double right" in seats(breaks=(RuleBreak("DoubledVocal", "alone"),))[0]["verse"]
    assert "double right" not in seats(breaks=(RuleBreak("DoubledVocal", "alone"),), companions=False)[0]["verse"]


def test_a_lead_that_answers_or_doubles_stays_in_the_section():
    assert "melody" in seats(VoicesStyle(lead="answer"))[0]["verse"]


def test_effort_and_breath_follow_the_feeling():
    calm, wild = section("verse", 0, 0.3, -0.7, -0.4), section("verse", 0, 0.8, 0.7, 0.4)
    assert effort(wild) > 64 > effort(calm)
    assert breath(calm) > breath(wild)


def controls(role="vocal", breaks=()):
    plan = hand_made("C", form="verse:4")
    plan = replace(
        plan,
        voice=VOICE,
        breaks=breaks,
        sections=tuple(replace(s, roles=("vocal", "backing", "double left", "double right")) for s in plan.sections),
    )
    found = {}
    for control in voice_controls(plan, role, (Note(0, 480, 60, 80),)):
        found[control.number] = control.value
    return found


def test_a_voice_as_it_is_gets_effort_breath_and_the_size_of_its_mouth_alone():
    assert set(controls()) == {BREATH, EFFORT, FORMANT}
    glad, sad = (smile(section("verse", 0, 0.5, valence=valence)) for valence in (0.8, -0.8))
    assert glad > 64 > sad


def test_takes_beside_the_voice_stand_apart():
    assert controls("double left")[SPREAD] > controls("backing")[SPREAD] > 0


def test_rules_broken_on_the_voice_are_controls():
    half, full = (controls(breaks=(RuleBreak("PitchImperfection", "honest", amount),))[DRIFT] for amount in (0.5, 1.0))
    assert 0 < half < full == 127
    assert controls(breaks=(RuleBreak("BreathPauses", "hard to say"),))[BREATHS] > 64
    sides = [controls(role, (RuleBreak("ConflictingTimbres", "wrong"),)).get(FORMANT) for role in ("double left", "vocal", "double right")]
    assert sides[0] < 64 < sides[2]
    assert sides[1] == controls()[FORMANT]


@pytest.mark.parametrize("rule", sorted(VOCAL_RULES))
def test_a_rule_is_broken_with_a_reason_or_not_at_all(rule):
    assert RuleBreak.parse(f"{rule.lower()} 0.4: because it is so") == RuleBreak(rule, "because it is so", 0.4)
    for text in (rule, f"{rule}:", f"{rule} 0: why", f"{rule} 2: why", f"{rule} much: why"):
        with pytest.raises(PromptError):
            RuleBreak.parse(text)
