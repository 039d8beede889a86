"""Bars of a sung part written anew: the words stay, the tune does not, and who sings along follows."""

from dataclasses import replace

import pytest
from tests.composer.test_vocal import STYLE, VOICE, sung_plan

from daiw.composer.reference import ReferenceComposer
from daiw.composer.retake import Retake, retake
from daiw.editing.rewrite import echoed
from daiw.music.score import Part

__all__ = ["sung_plan"]


@pytest.fixture
def written(sung_plan):
    plan, parts = sung_plan(), ()
    for role in ("vocal", "backing", "double left"):
        parts = (*parts, ReferenceComposer(STYLE).write(plan, role, parts))
    return plan, {part.role: part for part in parts}


def test_a_sung_bar_keeps_its_words_and_rhythm_on_other_notes(written):
    plan, parts = written
    old, bars = parts["vocal"], (4, 8)
    new = retake(Retake(plan, STYLE, "vocal", bars, 7), old, ())
    ticks = plan.meter.bar_ticks
    within = [(a, b) for a, b in zip(old.notes, new.notes, strict=True) if bars[0] * ticks <= a.start < bars[1] * ticks]
    assert [(n.start, n.duration, n.lyric, n.phonemes) for n in new.notes] == [
        (n.start, n.duration, n.lyric, n.phonemes) for n in old.notes
    ]
    assert sum(a.pitch != b.pitch for a, b in within) >= 0.3 * len(within)
    assert all(a == b for a, b in zip(old.notes, new.notes, strict=True) if (a, b) not in within)
    assert all(VOICE.low <= note.pitch <= VOICE.high for note in new.notes)


def test_takes_and_harmony_follow_the_voice(written):
    plan, parts = written
    bars = (12, 16)
    vocal = retake(Retake(plan, STYLE, "vocal", bars, 3), parts["vocal"], ())
    double = retake(Retake(plan, STYLE, "double left", bars, 3), parts["double left"], (vocal,))
    assert [(n.start, n.pitch) for n in double.notes] == [(n.start, n.pitch) for n in vocal.notes]
    backing = retake(Retake(plan, STYLE, "backing", bars, 3), parts["backing"], (vocal,))
    lead = {note.start: note.pitch for note in vocal.notes}
    assert all(3 <= abs(note.pitch - lead[note.start]) <= 9 for note in backing.notes)


def test_a_returning_tune_keeps_its_own_words(written):
    plan, parts = written
    tune = parts["vocal"]
    ticks = plan.meter.bar_ticks
    chorus, again = (12, 16), (24, 28)
    renamed = [replace(note, lyric=f"{note.lyric}!") if note.start >= 16 * ticks else note for note in tune.notes]
    other = Part("vocal", tuple(renamed))
    new = retake(Retake(plan, STYLE, "vocal", chorus, 5), other, ())
    echo = echoed(plan, other, new, chorus, again)
    if echo is None:
        pytest.skip("the chorus has a different upbeat when it returns")
    words = [note.lyric for note in echo.notes if again[0] * ticks <= note.start < again[1] * ticks]
    assert words
    assert all(word.endswith("!") for word in words)
