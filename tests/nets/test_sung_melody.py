"""A trained melody with words: the syllables are where the words want them, the pitches are the network's."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.composer.conftest import hand_made
from tests.nets.test_composer import SHAPE, tensors

from daiw.composer.reference import ReferenceComposer
from daiw.files.lyrics import parse_lyrics
from daiw.measure.melody import chord_tone_ratio, intervals, is_strong, stray_notes
from daiw.music.lyrics import HELD, Voice, timed
from daiw.music.score import Part
from daiw.music.styles.compose import ComposeStyle, MelodyStyle, VocalStyle
from daiw.nets.composer import NeuralComposer, load_composer
from daiw.nets.novelty import NoveltyIndex
from daiw.nets.picking import Chance
from daiw.nets.transformer import Weights
from daiw.singing.pronounce import pronounce_line
from daiw.verse.meter import stressed_on_strong
from daiw.verse.sections import assigned, said

STYLE = ComposeStyle(melody=MelodyStyle(range_low=58, range_high=80))
VOICE = Voice("voice_test", 50, 74, 55, 67)
FORM = "intro:4:0.3 verse:8:0.5 chorus:4:0.9 verse:8:0.6 chorus:4:0.95 outro:4:0.3"
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
ODD = (
    "love", "HOLD", "me", "1999", "MOTHER-IN-LAW", "rhythm", "shh", "café", "the", "of", "remember", "extraordinary", "night's", "🎉",
    "o'clock",
    "$5", "fire", "every", "and", "3rd", "hmm", "a", "window", "damn", "wor-ry",
)  # fmt: skip


def sung_plan(words=WORDS, form=FORM, lead="rest", meter="4/4", **options):
    plan = hand_made("C Am F G", form=form, meter=meter, **options)
    lines = assigned(said(parse_lyrics(words), pronounce_line), [section.name for section in plan.sections]) if words else ()
    sections = []
    for index, section in enumerate(plan.sections):
        sings = any(line.section == index for line in lines) if words else section.name != "intro"
        others = tuple(role for role in section.roles if role != "melody" or lead != "rest")
        sections.append(replace(section, roles=("vocal", *others, "backing") if sings else section.roles))
    return replace(plan, sections=tuple(sections), voice=VOICE, words=lines, lead=lead)


@pytest.fixture(scope="module")
def weights():
    return Weights(SHAPE, tensors())


def composer(weights, style=STYLE, **options):
    return NeuralComposer(weights, style, ReferenceComposer(style), Chance(candidates=2, out_of_key=-np.inf), **options)


def sung_lines(plan, notes):
    """The notes of every line, held ones included."""
    counts, found, place = [len(line.syllables) for line in plan.words], [], 0
    own = [i for i, note in enumerate(notes) if note.phonemes]
    for count in counts:
        last = own[place + count] if place + count < len(own) else len(notes)
        found.append(notes[own[place] : last])
        place += count
    return found


def check(plan, notes):
    """What holds whatever is drawn."""
    syllables = [syllable for line in plan.words for syllable in line.syllables]
    assert [(n.lyric, n.phonemes) for n in notes if n.phonemes] == [(s.text, s.phonemes) for s in syllables]
    assert {n.lyric for n in notes if not n.phonemes} <= {HELD}
    assert all(a.end <= b.start for a, b in pairwise(notes))
    assert all(note.duration > 0 for note in notes)
    assert notes[-1].end <= plan.timeline.end
    assert VOICE.low <= min(n.pitch for n in notes) <= max(n.pitch for n in notes) <= VOICE.comfort_high + 2
    assert [line.text for line in timed(plan.words, notes)] == [line.text for line in plan.words]
    lines = sung_lines(plan, notes)
    for line, sung in zip(plan.words, lines, strict=True):
        word_of = [syllable.word for syllable in line.syllables]
        at = -1
        for note, after in pairwise(sung):
            at += bool(note.phonemes)
            if not after.phonemes or word_of[at + 1] == word_of[at]:
                assert note.end == after.start  # neither a word nor a held vowel falls apart
    assert all(b[0].start - a[-1].end >= 120 for a, b in pairwise(lines))


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8", "2/4"])
def test_every_syllable_is_sung_as_written(weights, meter):
    plan = sung_plan(meter=meter, form="intro:4 verse:16 chorus:8 verse:16 chorus:8") if meter == "2/4" else sung_plan(meter=meter)
    check(plan, composer(weights).write(plan, "vocal", ()).notes)


@given(st.lists(st.lists(st.sampled_from(ODD), min_size=1, max_size=4), min_size=1, max_size=4), st.integers(0, 2**31), st.data())
@settings(max_examples=25, deadline=None)
def test_all_kinds_of_words_are_placed(weights, lines, seed, data):
    texts = [" ".join(words) for words in lines if set(words) != {"🎉"}] or ["love"]
    meter = data.draw(st.sampled_from(["4/4", "3/4", "6/8"]))
    words = "[Verse]\n" + "\n".join(texts) + "\n[Chorus]\n" + texts[0] + "\n[Chorus]"
    plan = sung_plan(words, form="verse:8:0.5 chorus:4:0.9 chorus:4:0.9", meter=meter, seed=seed)
    notes = composer(weights).write(plan, "vocal", ()).notes
    check(plan, notes)
    assert section_notes(plan, notes, 1) == section_notes(plan, notes, 2)


def section_notes(plan, notes, index):
    section, ticks = plan.sections[index], plan.meter.bar_ticks
    start = section.start_bar * ticks
    return [replace(n, start=n.start - start, velocity=1) for n in notes if start <= n.start < start + section.bars * ticks - ticks // 4]


def test_a_chorus_returns_with_its_words_and_its_tune(weights):
    plan = sung_plan()
    notes = composer(weights).write(plan, "vocal", ()).notes
    assert section_notes(plan, notes, 2)
    assert section_notes(plan, notes, 2) == section_notes(plan, notes, 4)


def test_a_chorus_returns_as_itself_by_rule_and_not_by_taste(weights, monkeypatch):
    monkeypatch.setattr("daiw.nets.sung_places.REMEMBERED", -1.0)  # so that placing it anew would shun the places it had
    plan = sung_plan("[Chorus]\nthe light is on\nthe night is gone\n[Chorus]", form="chorus:4 chorus:4")
    notes = composer(weights).write(plan, "vocal", ()).notes
    assert section_notes(plan, notes, 0) == section_notes(plan, notes, 1)
    assert len(section_notes(plan, notes, 0)) == len(notes) / 2


def test_a_chorus_in_a_higher_key_is_the_same_tune_higher(weights):
    plan = sung_plan("[Chorus]\nLeave a light on for me\nleave it on\n[Chorus]", form="chorus:4 chorus:4")
    from daiw.music.chord import Chord
    from daiw.music.pitch import Key

    up = {"C": "D", "Am": "Bm", "F": "G", "G": "A"}
    spans = tuple(replace(s, chord=Chord.parse(up[str(s.chord)])) if i >= 4 else s for i, s in enumerate(plan.harmony))
    keys = ((0, Key.parse("C major")), (4 * plan.meter.bar_ticks, Key.parse("D major")))
    plan = replace(plan, harmony=spans, timeline=replace(plan.timeline, keys=keys))
    notes = composer(weights).write(plan, "vocal", ()).notes
    first, second = section_notes(plan, notes, 0), section_notes(plan, notes, 1)
    assert [(n.start, n.duration, n.lyric) for n in first] == [(n.start, n.duration, n.lyric) for n in second]
    moved = {b.pitch - a.pitch for a, b in zip(first, second, strict=True)}
    assert moved == {2}


def returned(weights, seed):
    """Ticks of both verses of a song -> pitch, and the bars that its decision has varied and new."""
    plan = sung_plan(seed=seed)
    own = composer(weights)
    notes = own.write(plan, "vocal", ()).notes
    first, second = ({n.start: n.pitch for n in section_notes(plan, notes, index)} for index in (1, 3))
    (choice,) = [d.choice for d in own.decisions if d.subject == "return of bars 17-24"]
    bars = {
        way: {int(bar) - 17 for bar in found[1].split(", ")} if (found := re.search(rf"{way} in bars? ([\d, ]+)", choice)) else set()
        for way in ("varied", "new")
    }
    return plan, first, second, bars


def test_other_words_take_the_pitches_of_their_places_where_their_bars_do_not_change(weights):
    kept, varied, new = [], [], []
    for seed in range(1, 9):
        plan, first, second, bars = returned(weights, seed)
        for tick in set(first) & set(second):
            bar = tick // plan.meter.bar_ticks
            strong = is_strong(plan.meter, tick)
            where = new if bar in bars["new"] else varied if bar in bars["varied"] and not strong else kept
            where.append(first[tick] == second[tick])
    assert len(kept) >= 80
    assert np.mean(kept) > 0.95
    assert len(varied) >= 4
    assert len(new) >= 4
    assert np.mean([*varied, *new]) < 0.5


def test_the_seed_decides(weights):
    a, b, c = (composer(weights).write(sung_plan(seed=seed), "vocal", ()) for seed in (1, 1, 2))
    assert a == b
    assert [n.pitch for n in a.notes] != [n.pitch for n in c.notes]


def test_the_instrument_has_the_tune_where_nobody_sings(weights):
    plan = sung_plan()
    both = composer(weights)
    vocal = both.write(plan, "vocal", ())
    melody = both.write(plan, "melody", (vocal,))
    ticks = plan.meter.bar_ticks
    assert {plan.section_at(note.start // ticks).name for note in melody.notes} == {"intro", "outro"}
    assert not any(a.start < b.end and b.start < a.end for a in melody.notes for b in vocal.notes)
    assert composer(weights).write(plan, "melody", (vocal,)) == melody


@pytest.mark.parametrize("lead", ["double", "answer"])
def test_the_instrument_beside_the_voice_hears_this_voice(weights, lead):
    plan = sung_plan(lead=lead)
    both = composer(weights)
    vocal = both.write(plan, "vocal", ())
    melody = both.write(plan, "melody", (vocal,))
    ticks = plan.meter.bar_ticks
    along = [n for n in melody.notes if "vocal" in plan.section_at(n.start // ticks).roles]
    assert along
    if lead == "double":
        sung = {(n.start, n.pitch) for n in vocal.notes}
        assert {(n.start, n.pitch) for n in along} <= sung
    else:
        assert not any(a.start < b.end and b.start < a.end for a in along for b in vocal.notes)


def test_without_words_the_network_sings_on_a_vowel(weights):
    notes = composer(weights).write(sung_plan(words="", form="verse:8:0.4 chorus:8:0.9"), "vocal", ()).notes
    assert {note.lyric for note in notes} == {"Ooh", "Ah", HELD}
    assert notes != ReferenceComposer(STYLE).write(sung_plan(words="", form="verse:8:0.4 chorus:8:0.9"), "vocal", ()).notes


def test_tunes_that_were_trained_on_are_not_sung(weights):
    class Everything(NoveltyIndex):
        def known_runs(self, starts, pitches):
            return 1

    plan = sung_plan()
    strict = composer(weights, novelty=Everything(np.zeros(1, np.uint32)))
    notes = strict.write(plan, "vocal", ()).notes
    check(plan, notes)
    assert any("trained on" in decision.because and decision.subject.startswith("sung melody") for decision in strict.decisions)


def test_a_meter_that_the_model_does_not_know_is_the_references(weights):
    plan = sung_plan(meter="5/4")
    assert composer(weights).write(plan, "vocal", ()) == ReferenceComposer(STYLE).write(plan, "vocal", ())


def test_a_style_without_melismas_holds_its_vowels(weights):
    held = []
    for melisma in (0.0, 1.0):
        style = replace(STYLE, vocal=VocalStyle(melisma=melisma))
        plan = sung_plan("[Verse]\nstone\nriver\n[Chorus]\nalone\nhome", form="verse:8:0.5 chorus:8:0.9")
        held.append(sum(note.lyric == HELD for note in composer(weights, style).write(plan, "vocal", ()).notes))
    assert held[0] == 0 < held[1]


def test_the_shipped_network_sings_chord_tones_on_strong_beats():
    """In the mean of songs: one alone has about 43 such notes, and eight-bit networks draw others on another kind of processor."""
    found = []
    for plan in (sung_plan(seed=seed) for seed in range(1, 6)):
        notes = load_composer(STYLE, ReferenceComposer(STYLE)).write(plan, "vocal", ()).notes
        found.append(chord_tone_ratio(notes, plan, strong_only=True))
    assert np.mean(found) >= 0.75
    assert min(found) >= 0.6


@pytest.mark.parametrize("seed", [1, 2])
def test_the_shipped_network_sings_like_a_singer(seed):
    plan = sung_plan(seed=seed)
    shipped = load_composer(STYLE, ReferenceComposer(STYLE))
    notes = shipped.write(plan, "vocal", ()).notes
    check(plan, notes)
    syllables = [syllable for line in plan.words for syllable in line.syllables]
    onsets = [note.start for note in notes if note.phonemes]
    assert stressed_on_strong(zip(syllables, onsets, strict=True), plan.meter) >= 0.9
    assert len(stray_notes(notes, plan)) <= 0.02 * len(notes)
    steps = [abs(step) for step in intervals(notes)]
    assert np.mean([step > 7 for step in steps]) <= 0.05
    assert max(steps) <= 12
    assert np.mean([step == 0 for step in steps]) <= 0.45
    verse, chorus = (np.mean([n.pitch for n in section_notes(plan, notes, index)]) for index in (1, 2))
    assert chorus >= verse - 0.5
    told = [decision for decision in shipped.decisions if decision.subject.startswith("sung melody")]
    assert any(decision.alternatives for decision in told)
    assert isinstance(shipped.write(plan, "backing", (Part("vocal", notes),)), Part)
