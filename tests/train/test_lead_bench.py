import numpy as np
import pytest

from daiw.music.decision import Decision
from daiw.music.score import Note, Part
from daiw.tokens.sheet import Sheet, no_events
from daiw.train import lead_bench

TUNE = (60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62)


def learnt(count):
    """A training song that begins with the first notes of TUNE."""
    notes = np.array([(12 * i, pitch + 3, 12) for i, pitch in enumerate(TUNE[:count])], np.int32)
    return Sheet("song", "pop909", "4/4", 4, notes, no_events())


@pytest.mark.parametrize(("count", "share"), [(14, 1.0), (11, 0.0)])
def test_songs_that_sing_a_training_melody_are_counted(monkeypatch, count, share, capsys):
    class Singer:
        def __init__(self, weights, style, fallback, chance, novelty):
            self.decisions = [Decision("compose", "known tunes", "3 refused", "3 of 70 lines held twelve notes.")]
            self.decisions.append(Decision("compose", "breath", "1", "9 of 9"))

        def write(self, plan, role, earlier):
            return Part(role, tuple(Note(480 * i, 480, pitch, 80) for i, pitch in enumerate(TUNE)))

    monkeypatch.setattr(lead_bench, "all_sheets", lambda corpus: [learnt(count)])
    monkeypatch.setattr(lead_bench, "held_out", lambda name: False)
    monkeypatch.setattr(lead_bench, "NeuralComposer", Singer)
    asked = []
    planned = lead_bench.melodic_plans

    def plans(each, planner):
        asked.append((each, planner))
        return planned(1)[:3]

    monkeypatch.setattr(lead_bench, "melodic_plans", plans)
    found = lead_bench.memorisation(None, None, 200)
    assert found["n"] == 3
    assert found["max"] == found["median"] == count
    assert found["share of 12 or more"] == share
    assert (found["lines refused"], found["lines drawn"]) == (9, 210)
    assert asked == [(13, "neural")]


def test_network_plans_are_the_networks():
    theory, network = (lead_bench.melodic_plans(1, planner)[:2] for planner in ("reference", "neural"))
    assert [[str(span.chord) for span in plan.harmony] for plan, _ in theory] != [
        [str(span.chord) for span in plan.harmony] for plan, _ in network
    ]
