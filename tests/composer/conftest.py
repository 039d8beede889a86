"""Plans made by hand, small enough to read."""

from collections.abc import Callable

import pytest

from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.score import Timeline
from daiw.music.time import Meter, Tempo, TempoMap

ROLES = ("melody", "chords", "bass", "drums", "pad", "counter")


def hand_made(chords: str, *, key: str = "C major", meter: str = "4/4", form: str = "verse:4", seed: int = 1, energy: float = 0.5) -> Plan:
    """One chord a bar, repeated to fill `form`, a list of name:bars[:energy]; equal names share a letter."""
    numerator, denominator = (int(part) for part in meter.split("/"))
    measure = Meter(numerator, denominator)
    symbols = [Chord.parse(text) for text in chords.split()]
    letters: dict[str, str] = {}
    sections: list[Section] = []
    bar = 0
    for entry in form.split():
        name, bars, *own = entry.split(":")
        letter = letters.setdefault(name, chr(65 + len(letters)))
        level = float(own[0]) if own else energy
        sections.append(Section(name, letter, bar, int(bars), level, Emotion(0.2, 0.1), level, ROLES))
        bar += int(bars)
    tonic = Key.parse(key)
    spans = []
    for section in sections:
        for index in range(section.bars):
            start = (section.start_bar + index) * measure.bar_ticks
            spans.append(ChordSpan(start, measure.bar_ticks, symbols[index % len(symbols)], "?"))
    end = bar * measure.bar_ticks
    timeline = Timeline(TempoMap((Tempo(0, 96.0),)), ((0, measure),), ((0, tonic),), (), end)
    cues = Cues(96.0, 0.4, 67.0, 0.5, 0.2, 80.0, 0.9, 0.0, 0.0, 1.2, 0.5)
    return Plan("by hand", tonic, measure, timeline, "static-reflection", tuple(sections), tuple(spans), ROLES, cues, seed)


@pytest.fixture
def make_plan() -> Callable[..., Plan]:
    return hand_made
