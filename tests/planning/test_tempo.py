import itertools

import pytest

from daiw.music.emotion import Emotion
from daiw.music.plan import Section
from daiw.music.time import Meter, Tempo
from daiw.planning.tempo import tempo_map

SECTIONS = tuple(Section(name, name[0], start, 8, energy, Emotion(0, 0), 0.5, ("chords",)) for name, start, energy in
                 (("intro", 0, 0.2), ("verse", 8, 0.5), ("chorus", 16, 0.9), ("outro", 24, 0.3)))  # fmt: skip


def test_no_rubato_is_one_tempo():
    assert tempo_map(SECTIONS, 92.5, Meter(4, 4), 0.0).changes == (Tempo(0, 92.5),)


@pytest.mark.parametrize("meter", [Meter(4, 4), Meter(3, 4), Meter(6, 8)])
def test_the_last_two_bars_slow_down_beat_by_beat(meter):
    changes = tempo_map(SECTIONS, 100.0, meter, 0.4).changes
    end = 32 * meter.bar_ticks
    slowing = [change for change in changes if change.tick >= end - 2 * meter.bar_ticks]
    assert len(slowing) == 2 * meter.beats
    assert all(a.bpm > b.bpm for a, b in itertools.pairwise(slowing))
    assert 80 < slowing[-1].bpm < 95
    assert changes[0] == Tempo(0, 100.0)
    assert len(changes) == 1 + len(slowing)


def test_much_rubato_sways_with_the_sections():
    tempos = tempo_map(SECTIONS, 100.0, Meter(4, 4), 1.0)
    assert tempos.bpm(0) == 100.0
    assert tempos.bpm(16 * 1920) > tempos.bpm(8 * 1920) > 100.0
    assert tempos.bpm(16 * 1920) < 106.0


def test_a_short_last_section_keeps_its_tempo():
    short = (*SECTIONS[:3], Section("outro", "o", 24, 2, 0.3, Emotion(0, 0), 0.5, ("chords",)))
    assert tempo_map(short, 100.0, Meter(4, 4), 0.4).changes == (Tempo(0, 100.0),)
