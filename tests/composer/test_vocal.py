"""The sung tune and the voices around it."""

import itertools
from collections import defaultdict
from dataclasses import replace

import pytest

from daiw.composer.reference import ReferenceComposer
from daiw.composer.scale import chord_scale, key_at
from daiw.files.lyrics import parse_lyrics
from daiw.music.lyrics import HELD, Voice, timed
from daiw.music.rules import RuleBreak
from daiw.music.styles.compose import ComposeStyle, VocalStyle
from daiw.singing.pronounce import pronounce_line
from daiw.verse.meter import stressed_on_strong
from daiw.verse.sections import assigned, said

WORDS = """[Verse]
The last train has gone and I don't mind
The platform is quiet, the clock is kind
I count every window that used to be lit
And hum you the tune that we never could quit
[Chorus]
Leave a light on, leave a light on for me
I'm crossing the river, I'm under the sea
[Verse]
Your coat on the hook in 1999
A key in the door and a word on the line
I carry the silence you'd sung in before
Remember, remember, remember the door
[Chorus]
"""
VOICE = Voice("voice_test", 50, 74, 55, 67)
STYLE = ComposeStyle()


@pytest.fixture
def sung_plan(make_plan):
    def make(words=WORDS, form="intro:4:0.3 verse:8:0.5 chorus:4:0.9 verse:8:0.6 chorus:4:0.95", lead="rest", **kwargs):
        plan = make_plan("C Am F G", form=form, **kwargs)
        lines = assigned(said(parse_lyrics(words), pronounce_line), [section.name for section in plan.sections]) if words else ()
        voiced = []
        for index, section in enumerate(plan.sections):
            sings = any(line.section == index for line in lines) if words else section.name != "intro"
            others = tuple(role for role in section.roles if role != "melody" or lead != "rest")
            roles = ("vocal", *others, "backing", "double left") if sings else section.roles
            voiced.append(replace(section, roles=roles))
        return replace(plan, sections=tuple(voiced), voice=VOICE, words=lines, lead=lead)

    return make


def write(plan, role, style=STYLE, earlier=()):
    return ReferenceComposer(style).write(plan, role, earlier).notes


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
def test_every_syllable_has_a_note_and_is_sung_as_written(sung_plan, seed, meter):
    plan = sung_plan(seed=seed, meter=meter)
    notes = write(plan, "vocal")
    syllables = [syllable for line in plan.words for syllable in line.syllables]
    assert [(n.lyric, n.phonemes) for n in notes if n.phonemes] == [(s.text, s.phonemes) for s in syllables]
    assert all(a.end <= b.start for a, b in itertools.pairwise(notes))
    assert {n.lyric for n in notes if not n.phonemes} <= {HELD}
    assert VOICE.low <= min(n.pitch for n in notes) <= max(n.pitch for n in notes) <= VOICE.high
    assert max(n.pitch for n in notes) <= VOICE.comfort_high + 2


def test_words_can_be_timed_and_read_as_written(sung_plan):
    plan = sung_plan()
    lines = timed(plan.words, write(plan, "vocal"))
    assert [line.text for line in lines] == [line.text for line in plan.words]
    assert [" ".join(word.text for word in line.words) for line in lines] == [line.text for line in plan.words]
    starts = [word.start for line in lines for word in line.words]
    assert starts == sorted(starts)


@pytest.mark.parametrize("seed", range(3))
def test_a_chorus_returns_as_itself(sung_plan, seed):
    plan = sung_plan(seed=seed)
    bar = plan.meter.bar_ticks
    choruses = [section for section in plan.sections if section.name == "chorus"]
    tunes = []
    for section in choruses:
        start, end = section.start_bar * bar - 480, (section.start_bar + section.bars) * bar - 480
        tunes.append([(n.start - start, n.duration, n.pitch, n.lyric) for n in write(plan, "vocal") if start <= n.start < end])
    assert tunes[0]
    assert [row for row in tunes[0] if row[0] >= 480] == [row for row in tunes[1] if row[0] >= 480]


def test_a_verse_with_new_words_keeps_most_of_its_tune(sung_plan):
    shared = []
    for seed in range(8):
        plan = sung_plan(seed=seed)
        bar = plan.meter.bar_ticks
        verses = [section for section in plan.sections if section.name == "verse"]
        first, second = (
            {n.start - v.start_bar * bar: n.pitch for n in write(plan, "vocal") if 0 <= n.start - v.start_bar * bar < v.bars * bar}
            for v in verses
        )
        both = set(first) & set(second)
        shared.append(sum(first[tick] == second[tick] for tick in both) / max(len(first), len(second)))
    assert sorted(shared)[4] >= 0.6, shared


@pytest.mark.parametrize("seed", range(3))
def test_stressed_syllables_fall_on_beats(sung_plan, seed):
    plan = sung_plan(seed=seed)
    syllables = [syllable for line in plan.words for syllable in line.syllables]
    onsets = [note.start for note in write(plan, "vocal") if note.phonemes]
    assert stressed_on_strong(zip(syllables, onsets, strict=True), plan.meter) >= 0.8


def test_phrases_breathe(sung_plan):
    plan = sung_plan()
    notes = [note for note in write(plan, "vocal")]
    lines, place = [], 0
    sounding = [note for note in notes if note.phonemes]
    for line in plan.words:
        lines.append(sounding[place : place + len(line.syllables)])
        place += len(line.syllables)
    gaps = [(b[0].start - max(n.end for n in notes if n.start < b[0].start)) for _, b in itertools.pairwise(lines)]
    assert min(gaps) >= 60
    assert sorted(gaps)[len(gaps) // 2] >= 240


def test_without_words_a_vowel_is_sung_and_opens_where_it_is_loud(sung_plan):
    notes = write(sung_plan(words="", form="verse:8:0.4 chorus:8:0.9"), "vocal")
    by_text = defaultdict(set)
    for note in notes:
        by_text[note.lyric].add(note.phonemes)
    assert by_text == {"Ooh": {("UW1",)}, "Ah": {("AA1",)}, HELD: {()}}


def test_the_backing_follows_the_harmony_a_third_or_a_sixth_away(sung_plan):
    for backing, expected in (("thirds", lambda d: d > 0), ("sixths", lambda d: d < 0)):
        style = replace(STYLE, vocal=VocalStyle(backing=backing))
        plan = sung_plan()
        lead = {note.start: note for note in write(plan, "vocal", style)}
        harmony = write(plan, "backing", style)
        assert len(harmony) > 0.7 * len(lead)
        distances = [note.pitch - lead[note.start].pitch for note in harmony]
        assert sum(expected(d) for d in distances) >= 0.6 * len(distances)
        assert sum(abs(d) in (3, 4, 8, 9) for d in distances) >= 0.6 * len(distances)
        for note in harmony:
            chord = plan.chord_at(note.start).chord
            later = plan.chord_at(note.end - 1).chord
            assert note.pitch % 12 in chord_scale(key_at(plan, note.start), chord) | chord_scale(key_at(plan, note.start), later)
            assert (note.lyric, note.phonemes) == (lead[note.start].lyric, lead[note.start].phonemes)


def test_the_lead_rests_answers_or_doubles(sung_plan):
    vocal = write(sung_plan(), "vocal")
    first = vocal[0].start
    assert all(note.end <= first for note in write(sung_plan(), "melody"))
    doubled = [note for note in write(sung_plan(lead="double"), "melody") if note.start >= first]
    assert {(n.start, n.pitch) for n in doubled} == {(n.start, n.pitch) for n in vocal}
    assert not any(note.lyric or note.phonemes for note in doubled)
    answers = [note for note in write(sung_plan(lead="answer"), "melody") if note.start >= first]
    assert answers
    assert not any(v.start < note.end and v.end > note.start for note in answers for v in vocal)


def test_a_double_sings_the_same_line(sung_plan):
    plan = sung_plan()
    assert [(n.start, n.pitch, n.lyric) for n in write(plan, "double left")] == [(n.start, n.pitch, n.lyric) for n in write(plan, "vocal")]


def test_breath_pauses_put_a_silence_before_the_first_line_of_a_section(sung_plan):
    plan = sung_plan()
    broken = replace(plan, breaks=(RuleBreak("BreathPauses", "it is hard to say"),))
    bar = plan.meter.bar_ticks
    for section in plan.sections:
        if "vocal" not in section.roles:
            continue
        start = section.start_bar * bar
        first = {each: min(n.start for n in write(each, "vocal") if n.start >= start - 480) for each in (plan, broken)}
        assert first[broken] >= start + 480 > first[plan]
