"""Those who sing with the voice: two harmonies, doubles, whispers and ad-libs, by style, by words and by wish."""

from dataclasses import replace

import numpy as np
import pytest

from daiw.composer.line import heard_chord
from daiw.composer.scale import chord_scale, key_at
from daiw.editing.rewrite import rewritten
from daiw.errors import PromptError
from daiw.files.lyrics import parse_lyrics
from daiw.files.preset import find_preset
from daiw.music.cells import bar_span, inside
from daiw.music.intent import Wishes
from daiw.music.lyrics import COMPANIONS
from daiw.music.take import Lock, Take
from daiw.pipeline import arrange, compose, plan, understand
from daiw.planning.voices import checked_company
from daiw.studio import Studio

WORDS = """[Verse]
The platform is quiet, the clock is kind
I count every window that used to be lit
[Chorus]
Leave a light on for me
I will follow the river
"""
ALL = ("harmonies", "doubles", "whispers", "ad-libs")


@pytest.fixture(scope="module")
def studio():
    return Studio(use_cache=False)


def made(studio, company, prompt="the last train has gone", preset="pop"):
    chosen = find_preset(preset)
    intent = understand(prompt, wishes=Wishes(preset=preset, bars=16, company=company), lyrics=parse_lyrics(WORDS), studio=studio)
    outline = plan(intent, chosen, studio=studio)
    return outline, compose(outline, chosen, studio=studio), chosen


@pytest.fixture(scope="module")
def everybody(studio):
    return made(studio, ALL)


def test_whoever_is_asked_for_sings_and_nobody_else(studio, everybody):
    outline, score, _ = everybody
    assert set(COMPANIONS) <= {part.role for part in score.parts if part.notes}
    alone = made(studio, ())[0]
    assert not set(COMPANIONS) & set(alone.roles)
    assert any(decision.subject == "backing voices" and decision.because == "You asked for them." for decision in outline.decisions)


def test_both_harmonies_follow_the_chords_in_thirds_and_sixths_and_never_meet(everybody):
    outline, score, _ = everybody
    voice = {note.start: note for note in score.part("vocal").notes}
    first, second = ({note.start: note for note in score.part(role).notes} for role in ("backing", "backing low"))
    assert len(second) > 0.7 * len(first) > 5
    for notes, sweet in ((first, 0.5), (second, 0.0)):  # where the first has the chord's third, the second has what the chord still lacks
        intervals = [abs(note.pitch - voice[start].pitch) for start, note in notes.items()]
        assert np.mean([interval in (3, 4, 8, 9) for interval in intervals]) >= sweet
        assert all(3 <= interval <= 9 for interval in intervals)
        for start, note in notes.items():
            chord = heard_chord(outline, start, note.duration)
            assert note.pitch % 12 in chord_scale(key_at(outline, start), chord)
            assert note.lyric == voice[start].lyric
            assert abs(note.pitch - voice[start].pitch) in (3, 4, 8, 9) or note.pitch % 12 in chord.pitch_classes
    for start in first.keys() & second.keys():
        assert first[start].pitch % 12 != second[start].pitch % 12


def test_adlibs_say_a_word_of_the_line_again_while_the_voice_rests(everybody):
    outline, score, _ = everybody
    sung, answers = score.part("vocal").notes, score.part("ad-libs").notes
    assert answers
    said = {note.phonemes for note in sung}
    for note in answers:
        assert note.phonemes in said
        assert not any(other.start < note.end and other.end > note.start for other in sung)
        assert note.pitch % 12 in heard_chord(outline, note.start, note.duration).pitch_classes


def test_the_whisper_is_whispered_in_the_midi_and_doubles_stand_apart(studio, everybody):
    outline, score, chosen = everybody
    arranged = arrange(score, outline, chosen, studio=studio)
    controls = {track.role: {c.number: c.value for c in track.controls if c.kind == "cc"} for track in arranged.tracks}
    assert controls["whisper"][17] == 127
    assert 17 not in controls["vocal"]
    assert all(controls[role][19] > 0 for role in COMPANIONS)
    assert all(track.instrument == "voice_heart" for track in arranged.tracks if track.role in COMPANIONS)


@pytest.mark.parametrize(
    ("prompt", "company"),
    [
        ("a slow song with whispered vocals", ("whispers",)),
        ("with vocals, lush vocal harmonies and ad-libs", ("harmonies", "ad-libs")),
        ("doubled vocals, no ad-libs", ("doubles",)),
        ("jazzy harmonies with vocals", None),
        ("somebody whispered my name", None),
    ],
)
def test_words_choose_who_sings_along(studio, prompt, company):
    assert understand(prompt, studio=studio).wishes.company == company


def test_styles_choose_too(studio):
    pop, soul = (find_preset(name).plan.vocal for name in ("pop", "neo-soul"))
    assert pop.second_from <= 1.0
    assert soul.whispers_to > 0.0
    assert find_preset("jazz").plan.vocal.adlibs_from > 1.0


def test_somebody_nobody_knows_is_refused():
    with pytest.raises(PromptError, match="yodels"):
        checked_company(["yodels"])


def test_a_voice_written_anew_takes_its_companions_along_unless_they_are_locked(studio, everybody):
    outline, score, chosen = everybody
    section = next(section for section in outline.sections if section.name == "chorus")
    bars = (section.start_bar, section.start_bar + section.bars)
    arranged = arrange(score, outline, chosen, studio=studio)
    intent = understand("the last train has gone", studio=studio)
    take = Take(intent=intent, preset=chosen, plan=outline, score=score, arrangement=arranged)
    new = rewritten(take, ("vocal",), (bars,), 5)
    span = bar_span(bars, outline.meter.bar_ticks)
    assert inside(new.part("vocal").notes, span) != inside(score.part("vocal").notes, span)
    lead = {note.start: note.pitch for note in new.part("vocal").notes}
    for role in ("double left", "whisper"):
        assert all(note.pitch == lead[note.start] for note in inside(new.part(role).notes, span))
    assert inside(new.part("backing").notes, span) != inside(score.part("backing").notes, span)
    locked = rewritten(replace(take, locks=(Lock("backing"),)), ("vocal",), (bars,), 5)
    assert locked.part("backing") == score.part("backing")
    assert locked.part("chords") == score.part("chords")
